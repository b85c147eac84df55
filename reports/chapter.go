package reports

// chapter is the part of the page that a figure stands in, in the page's order.
type chapter int

const (
	chapterEffects chapter = iota
	chapterDifferences
	chapterCurves
	chapterRun
	chapterHeatmaps
	chapterTogether
	chapterCost
	chapterEmbedding
)

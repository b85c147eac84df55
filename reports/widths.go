package reports

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
)

const (
	mostWidths       = 6   // embedding widths side by side
	widthDots        = 300 // symbols in each of their maps
	widthSimilar     = 24  // symbols in each of their heat maps
	widthNear        = 5   // neighbours that are compared
	widthNearSymbols = 20  // rows of the table of neighbours
)

// usableWidths leaves out tables that cannot be drawn or are over other symbols than the first, and keeps the narrowest
// and the widest where there are too many.
func usableWidths(es []Embedding) []Embedding {
	var out []Embedding
	for _, e := range usableEmbeddings(es) {
		if len(out) == 0 || slices.Equal(e.Symbols, out[0].Symbols) {
			out = append(out, e)
		}
	}
	if n := len(out); n > mostWidths {
		out = append(out[:mostWidths-1], out[n-1])
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// widthFigures show the best trial of each embedding width side by side: maps, and cosine similarities of the same symbols.
func (s *study) widthFigures(es []Embedding) []figure {
	if es = usableWidths(es); es == nil {
		return nil
	}
	return []figure{s.widthMaps(es), s.widthSimilarities(es)}
}

// widthMaps are the maps, each turned to lie like that of the widest table.
func (s *study) widthMaps(es []Embedding) figure {
	f := figure{Name: "embedding-widths", Chapter: chapterEmbedding, Columns: min(len(es), 3)}
	f.Height = 200 * float64((len(es)+f.Columns-1)/f.Columns)
	first := es[len(es)-1]
	like := flatten(first.Vectors)
	f.Table = table{Columns: []string{"trial", "width", "symbol", "x", "y"}}
	for i, e := range es {
		p := smallMap(e, first, like, i)
		f.Panels = append(f.Panels, p)
		m := flatten(e.Vectors)
		if m.problem != "" || like.problem != "" {
			continue
		}
		m = m.alignTo(like)
		for _, k := range e.byCount()[:min(len(e.Symbols), widthDots)] {
			f.Table.add(e.Trial, len(e.Vectors[0]), e.Symbols[k], m.xy[k][0], m.xy[k][1])
		}
	}
	_, classes := first.classes()
	f.Legend = legendOf(classes)
	narrow, wide := es[0], es[len(es)-1]
	chosen := wide.chosen()
	same := sharedNeighbors(narrow, wide, chosen)
	f.Title = fmt.Sprintf("Of each symbol's %d nearest, %.0f %% are the same in %s and in %s", widthNear, 100*same,
		count(len(narrow.Vectors[0]), "number"), thousands(int64(len(wide.Vectors[0]))))
	f.Caption = []string{fmt.Sprintf("The best configuration's median trial of each width, by its first two principal components, turned to lie like the widest. "+
		"The share is over %s, by cosine in all dimensions, in one or two by distance; %.0f %% would be shared by chance.", count(len(chosen), "symbol"), 100*chanceShared(wide)), s.source()}
	f.Alt = f.Title + "."
	return f
}

// widthSimilarities are the heat maps, over the same symbols in the order of the widest table.
func (s *study) widthSimilarities(es []Embedding) figure {
	f := figure{Name: "similarity-widths", Chapter: chapterEmbedding, Columns: min(len(es), 3)}
	f.Height = 210 * float64((len(es)+f.Columns-1)/f.Columns)
	wide := es[len(es)-1]
	chosen := wide.chosen()
	chosen = chosen[:min(len(chosen), widthSimilar)]
	order := seriate(similarities(wide, chosen))
	f.Bar = colorBar{Title: "cosine similarity", Diverges: true, Scale: axis{Min: -1, Max: 1}}
	f.Table = table{Columns: []string{"trial", "width", "a", "b", "cosine"}}
	n := len(order)
	for i, e := range es {
		h := cells{}
		span := axis{Scale: category, Min: -0.5, Max: float64(n) - 0.5, Blank: true}
		sim := similarities(e, chosen)
		y := span
		if i%f.Columns == 0 {
			y.Blank = false
		}
		for r, a := range order {
			y.Marks = append(y.Marks, mark{At: float64(n - 1 - r), Label: clip(symbolLabel(e.Symbols[chosen[a]]), 60, sans(tickSize-2, false))})
			for c, b := range order {
				h.Cells = append(h.Cells, cell{X: c, Y: n - 1 - r, Fill: f.Bar.at(sim[a][b]),
					Of: fmt.Sprintf("%s and %s: %s", e.Symbols[chosen[a]], e.Symbols[chosen[b]], minus(fmt.Sprintf("%.3f", sim[a][b])))})
				f.Table.add(e.Trial, len(e.Vectors[0]), e.Symbols[chosen[a]], e.Symbols[chosen[b]], sim[a][b])
			}
		}
		f.Panels = append(f.Panels, panel{Title: e.Label, NoGrid: true, X: span, Y: y, Layers: []plot.Plotter{bundle{e.Label, []plot.Plotter{h}}}})
	}
	f.Title = fmt.Sprintf("What is alike among %s, by width of the embedding", count(n, "symbol"))
	f.Caption = []string{"The same symbols in the same order everywhere: that in which the widest table's like ones stand together.", s.source()}
	f.Alt = f.Title + ". In order: " + strings.Join(orderOf(wide, chosen, order), " ") + "."
	return f
}

func orderOf(e Embedding, chosen, order []int) []string {
	var out []string
	for _, a := range order {
		out = append(out, e.Symbols[chosen[a]])
	}
	return out
}

// similarities are the cosines among chosen symbols.
func similarities(e Embedding, chosen []int) [][]float64 {
	sim := make([][]float64, len(chosen))
	for i, a := range chosen {
		sim[i] = make([]float64, len(chosen))
		for j, b := range chosen {
			sim[i][j] = cosine(e.Vectors[a], e.Vectors[b])
		}
	}
	return sim
}

// sharedNeighbors is the share of the chosen symbols' nearest neighbours that two tables have in common.
func sharedNeighbors(a, b Embedding, chosen []int) float64 {
	shared, all := 0, 0
	for _, i := range chosen {
		x, y := a.nearest(i, widthNear), b.nearest(i, widthNear)
		for _, n := range x {
			all++
			if slices.ContainsFunc(y, func(m neighbor) bool { return m.index == n.index }) {
				shared++
			}
		}
	}
	return float64(shared) / float64(max(all, 1))
}

// chanceShared is the share that two unrelated tables would have in common.
func chanceShared(e Embedding) float64 { return float64(widthNear) / float64(max(len(e.Symbols)-1, 1)) }

// widthTable lists the nearest symbols at each width.
func widthTable(es []Embedding) *pageTable {
	if es = usableWidths(es); es == nil {
		return nil
	}
	t := &pageTable{Title: "Nearest symbols at each width, in all dimensions", Folded: true, Columns: columns("<symbol")}
	for _, e := range es {
		t.Columns = append(t.Columns, columns("<"+e.Label)...)
	}
	wide := es[len(es)-1]
	chosen := wide.chosen()
	for _, i := range chosen[:min(len(chosen), widthNearSymbols)] {
		row := []string{visible(wide.Symbols[i])}
		for _, e := range es {
			var names []string
			for _, n := range e.nearest(i, 3) {
				names = append(names, visible(e.Symbols[n.index]))
			}
			row = append(row, strings.Join(names, ", "))
		}
		t.Rows = append(t.Rows, pageRow{Cells: row})
	}
	return t
}

package reports

import (
	"cmp"
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	mostDots   = 2000 // symbols drawn as dots, the most frequent ones
	mostLabels = 150  // symbols that may be labelled, where there are more than labelAll
	labelAll   = 80
	mostSmall  = 4 // maps of other replicates
)

// embeddingFigure maps the symbols of the first embedding, with small maps of the others beside it.
func embeddingFigure(s *study, es []Embedding) figure {
	f := figure{Name: "embedding", Chapter: chapterEmbedding, Columns: 1, Height: 400}
	e := es[0]
	m := flatten(e.Vectors)
	f.Table = e.table(m.xy, e.byCount())
	f.Title = fmt.Sprintf("Where the network puts %s symbols", thousands(int64(len(e.Symbols))))
	if m.problem != "" {
		f.Height = 200
		f.Panels = []panel{{Empty: m.problem}}
		f.Caption, f.Alt = []string{s.source()}, "No map: "+m.problem+"."
		return f
	}
	drawn := e.byCount()[:min(len(e.Symbols), mostDots)]
	p := mapPanel(e, m, drawn, false)
	p.X.Label, p.Y.Label = m.axisNames(e)
	f.Panels = []panel{p}
	small := es[1:min(len(es), mostSmall+1)]
	for i, o := range small {
		f.Panels = append(f.Panels, smallMap(o, e, m, i))
	}
	f.Side = len(small)
	_, classes := e.classes()
	f.Legend = legendOf(classes)
	f.Caption = embeddingCaption(s, es, m, len(drawn), len(small))
	f.Alt = fmt.Sprintf("Map of %d symbols. The most frequent: %s.", len(e.Symbols), strings.Join(e.sample(20), " "))
	return f
}

// symbolClass is what a map colours alike.
type symbolClass struct {
	Name  string
	Color color.NRGBA
}

const (
	otherClass = "other"    // of classes beyond those that colours can tell apart
	noClass    = "no class" // of symbols that have none
)

// classes gives each symbol its class, by number. There are as many as there are colours, the largest if there are more;
// what is in none, or in another, is grey.
func (e Embedding) classes() ([]int, []symbolClass) {
	of := e.Classes
	if len(of) != len(e.Symbols) {
		of = e.ownClasses()
	}
	sizes := map[string]int{}
	for _, c := range of {
		if c != "" && c != otherClass {
			sizes[c]++
		}
	}
	names := slices.SortedFunc(maps.Keys(sizes), func(a, b string) int { return cmp.Or(sizes[b]-sizes[a], cmp.Compare(a, b)) })
	names = names[:min(len(names), len(okabeIto))]
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(classRank(a), classRank(b)), cmp.Compare(a, b)) })
	var out []symbolClass
	for k, n := range names {
		out = append(out, symbolClass{n, okabeIto[k]})
	}
	number := map[string]int{}
	numbers := make([]int, len(of))
	for i, c := range of {
		k := slices.Index(names, c)
		if k < 0 {
			grey := symbolClass{otherClass, ruleGrey}
			if c == "" {
				grey = symbolClass{noClass, paleGrey}
			}
			var known bool
			if k, known = number[grey.Name]; !known {
				k = len(out)
				number[grey.Name] = k
				out = append(out, grey)
			}
		}
		numbers[i] = k
	}
	return numbers, out
}

// legendOf shows the classes' colours, where there are several.
func legendOf(classes []symbolClass) []legendEntry {
	var out []legendEntry
	for _, c := range classes {
		out = append(out, legendEntry{Text: c.Name, Color: c.Color, Look: lookDot})
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// bands divide the words of a vocabulary by frequency.
var bands = [...]struct {
	upTo int
	name string
}{{10, "10 most frequent"}, {100, "11th to 100th"}, {1000, "101st to 1,000th"}, {math.MaxInt, "rarer"}}

func classRank(name string) int {
	for i, b := range bands {
		if b.name == name {
			return i
		}
	}
	return slices.Index([]string{"vowel", "consonant", "boundary"}, name)
}

// ownClasses are vowel, consonant and boundary for letters, bands of frequency otherwise.
func (e Embedding) ownClasses() []string {
	out := make([]string, len(e.Symbols))
	letters := len(e.Symbols) > 0 && !slices.ContainsFunc(e.Symbols, func(s string) bool { return utf8.RuneCountInString(s) > 1 && s != "<unk>" })
	for rank, i := range e.byCount() {
		switch s := strings.ToLower(e.Symbols[i]); {
		case letters && i == 0:
			out[i] = "boundary"
		case letters && strings.ContainsAny(s, "aeiouäöüáéíóúàèìòùâêîôû"):
			out[i] = "vowel"
		case letters && len(s) == 1 && s[0] >= 'a' && s[0] <= 'z':
			out[i] = "consonant"
		case letters:
			out[i] = "other"
		default:
			for _, b := range bands {
				if rank < b.upTo {
					out[i] = b.name
					break
				}
			}
		}
	}
	return out
}

// byCount returns the symbols' indices, the most frequent first; without counts in the vocabulary's order.
func (e Embedding) byCount() []int {
	out := make([]int, min(len(e.Symbols), len(e.Vectors)))
	for i := range out {
		out[i] = i
	}
	if len(e.Counts) == len(e.Symbols) {
		slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(e.Counts[b], e.Counts[a]) })
	}
	return out
}

// sample is the labels of the n most frequent symbols.
func (e Embedding) sample(n int) []string {
	var out []string
	for _, i := range e.byCount()[:min(n, len(e.byCount()))] {
		out = append(out, e.Symbols[i])
	}
	return out
}

// mapPanel draws symbols as dots in their class's colour, with labels where there is room.
func mapPanel(e Embedding, m flat, drawn []int, small bool) panel {
	of, classes := e.classes()
	p := panel{Equal: true, X: axis{Ticks: 4}, Y: axis{Ticks: 4}}
	var xs, ys []float64
	byClass := map[int]plotter.XYs{}
	said := map[int][]string{}
	top := 0
	for _, i := range drawn {
		q := plotter.XY{X: m.xy[i][0], Y: m.xy[i][1]}
		xs, ys = append(xs, q.X), append(ys, q.Y)
		byClass[of[i]] = append(byClass[of[i]], q)
		said[of[i]] = append(said[of[i]], e.Symbols[i])
		top = max(top, of[i])
	}
	p.X.cover(0.06, xs...)
	p.Y.cover(0.06, ys...)
	many := len(drawn) > labelAll
	radius, opacity := 2.6, 1.0
	if many {
		radius, opacity = 1.3, 0.55
	}
	if small {
		radius = min(radius, 1.8)
	}
	for k := top; k >= 0; k-- { // rare ones below
		if len(byClass[k]) == 0 {
			continue
		}
		look := dots{Points: byClass[k], Color: classes[k].Color, Radius: radius, Of: said[k]}
		if many && len(byClass[k]) > 300 {
			// Hundreds of dots: squares in one path and one paler colour keep the SVG small.
			look.Shape, look.Radius, look.Color = box, radius*0.8, paler(look.Color, 1-opacity)
		}
		p.Layers = append(p.Layers, bundle{cmp.Or(classes[k].Name, "symbols"), []plot.Plotter{look}})
	}
	labels := placedLabels{Size: tickSize + 0.5, Radius: radius, Leaders: !many || small}
	n := len(drawn)
	if many {
		n = min(n, mostLabels)
		labels.Size, labels.Halo = 7.5, true
	}
	if small {
		labels.Size = 6.5
		labels.Leaders = false
		n = min(n, 40)
	}
	for rank, i := range drawn[:n] {
		labels.Labels = append(labels.Labels, label{
			At:   plotter.XY{X: m.xy[i][0], Y: m.xy[i][1]},
			Text: symbolLabel(e.Symbols[i]), Color: classes[of[i]].Color, Weight: -float64(rank),
		})
	}
	p.Layers = append(p.Layers, labels)
	if m.direct && len(e.Vectors[drawn[0]]) == 1 {
		p.Equal = false
		p.Y = axis{Blank: true, Min: -1, Max: 1}
	}
	return p
}

// smallMap is the map of another replicate, turned so that it lies like the first.
func smallMap(o, first Embedding, m flat, number int) panel {
	title := o.Label
	if title == "" {
		title = "replicate " + strconv.Itoa(number+2)
	}
	f := flatten(o.Vectors)
	if f.problem != "" {
		return panel{Title: title, Empty: f.problem}
	}
	if slices.Equal(o.Symbols, first.Symbols) {
		f = f.alignTo(m)
	}
	drawn := o.byCount()
	p := mapPanel(o, f, drawn[:min(len(drawn), 300)], true)
	p.Title = title
	p.X.Blank, p.Y.Blank, p.NoGrid = true, true, true
	p.Layers = append([]plot.Plotter{frame{}}, p.Layers...)
	return p
}

// frame draws the panel's edges.
type frame struct{}

// Plot implements plot.Plotter.
func (frame) Plot(c draw.Canvas, _ *plot.Plot) {
	c.StrokeLines(stroke{Color: paleGrey, Width: 0.6}.style(), []vg.Point{
		c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
}

// axisNames are the labels of a map's axes.
func (m flat) axisNames(e Embedding) (x, y string) {
	if m.direct {
		return "first number of the embedding", "second number of the embedding"
	}
	name := func(k int) string {
		return fmt.Sprintf("principal component %d (%.1f %% of the variance)", k+1, 100*m.explained[k])
	}
	return name(0), name(1)
}

func embeddingCaption(s *study, es []Embedding, m flat, drawn, small int) []string {
	e := es[0]
	out := []string{}
	if e.Trial != "" {
		which := "Trial " + e.Trial
		if e.Label != "" {
			which += " (" + e.Label + ")"
		}
		out = append(out, which+".")
	}
	dim := len(e.Vectors[0])
	switch {
	case m.direct:
		out = append(out, fmt.Sprintf("The %s of each symbol as they were learned; one unit is as long on both axes.", map[bool]string{true: "one number", false: "two numbers"}[dim == 1]))
	default:
		out = append(out, fmt.Sprintf("%d numbers a symbol, shown by the first two principal components, which hold %.0f %% of the variance: what is near here may be far in all %d dimensions.",
			dim, 100*(m.explained[0]+m.explained[1]), dim))
	}
	if n := len(e.Symbols); drawn < n {
		out = append(out, fmt.Sprintf("Components from all %s symbols; the %s most frequent are drawn, the most frequent labelled where there is room.", thousands(int64(n)), thousands(int64(drawn))))
	} else if n > labelAll {
		out = append(out, "The most frequent are labelled where there is room.")
	}
	if e.Note != "" {
		out = append(out, e.Note)
	}
	if small > 0 {
		out = append(out, "Small: other replicates of the same configuration, turned and mirrored to lie like the large one.")
	}
	return append(out, s.source())
}

// table holds symbols with their places.
func (e Embedding) table(xy [][2]float64, symbols []int) table {
	t := table{Columns: []string{"symbol", "class", "count", "x", "y"}}
	of, classes := e.classes()
	for _, i := range symbols {
		n := ""
		if len(e.Counts) == len(e.Symbols) {
			n = strconv.FormatInt(e.Counts[i], 10)
		}
		t.add(e.Symbols[i], classes[of[i]].Name, n, xy[i][0], xy[i][1])
	}
	return t
}

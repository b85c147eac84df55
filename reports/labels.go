package reports

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// endLabel names a line at its right end, or a rule across the panel.
type endLabel struct {
	At     plotter.XY // an X of NaN stands for the panel's right edge
	Text   string
	Color  color.NRGBA
	Bold   bool
	Weight int // of two that cannot both have room the heavier stays
}

// endLabels stand in the margin to the right of a panel, each as near to its height as its neighbours allow.
type endLabels struct {
	Labels []endLabel
	Width  float64 // the widest margin, points; longer texts end in an ellipsis
}

const endGap = 12 // from the panel's edge to the text, points; the leader lines run there

// GlyphBoxes implements plot.GlyphBoxer: it reserves the margin, also where plot.Align lines panels up.
func (e endLabels) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	w := vg.Length(0)
	for _, l := range e.Labels {
		w = max(w, textWidth(l.Text, sans(tickSize, l.Bold)))
	}
	if w == 0 {
		return nil
	}
	return []plot.GlyphBox{{X: 1, Y: 0.5, Rectangle: vg.Rectangle{
		Max: vg.Point{X: min(w, vg.Points(e.Width)) + endGap + 1, Y: 0.1},
	}}}
}

// Plot implements plot.Plotter.
func (e endLabels) Plot(c draw.Canvas, p *plot.Plot) {
	const height = tickSize * 1.2
	var ls []endLabel
	for _, l := range e.Labels {
		if usable(l.At.Y, scaleOf(p.Y)) && l.Text != "" {
			ls = append(ls, l)
		}
	}
	room := int((c.Max.Y - c.Min.Y) / height)
	if len(ls) > room {
		slices.SortStableFunc(ls, func(a, b endLabel) int { return cmp.Compare(b.Weight, a.Weight) })
		ls = ls[:max(room, 0)]
	}
	slices.SortStableFunc(ls, func(a, b endLabel) int { return cmp.Compare(a.At.Y, b.At.Y) })
	want := make([]float64, len(ls))
	for i, l := range ls {
		want[i] = min(max(float64(c.Y(p.Y.Norm(l.At.Y))), float64(c.Min.Y)), float64(c.Max.Y))
	}
	for i, y := range dodge(want, height, float64(c.Min.Y), float64(c.Max.Y)) {
		l := ls[i]
		from := vg.Point{X: c.Max.X, Y: vg.Length(want[i])}
		if usable(l.At.X, scaleOf(p.X)) {
			from.X = min(max(c.X(p.X.Norm(l.At.X)), c.Min.X), c.Max.X) + 5
		}
		from.X = min(from.X, c.Max.X+5)
		to := vg.Point{X: c.Max.X + endGap - 2, Y: vg.Length(y)}
		if from.X < c.Max.X-3 { // a line that ends early: level to the edge, then to its label
			c.StrokeLines(stroke{Color: faint(l.Color, 0.5), Width: 0.5, Dash: 2}.style(),
				[]vg.Point{from, {X: c.Max.X + 2, Y: from.Y}, to})
		} else if math.Abs(y-want[i]) > 1.5 {
			c.StrokeLines(stroke{Color: faint(l.Color, 0.7), Width: 0.5}.style(), []vg.Point{{X: c.Max.X + 2, Y: from.Y}, to})
		}
		f := sans(tickSize, l.Bold)
		writeText(c, f, legible(l.Color), vg.Point{X: c.Max.X + endGap, Y: vg.Length(y)}, left, middle,
			clip(l.Text, vg.Points(e.Width), f))
	}
}

// legible darkens a colour until text in it has contrast 4.5 against white.
func legible(c color.NRGBA) color.NRGBA {
	c.A = 0xFF
	for range 20 {
		if 1.05/(luminance(c)+0.05) >= 4.5 {
			break
		}
		c.R, c.G, c.B = uint8(float64(c.R)*0.9), uint8(float64(c.G)*0.9), uint8(float64(c.B)*0.9)
	}
	return c
}

// dodge moves ascending places apart until neighbours are at least height from each other and all lie within
// [lo, hi], moving them as little as possible in all (groups that touch share their mean shift). Where there is no
// room for all they overlap evenly.
func dodge(want []float64, height, lo, hi float64) []float64 {
	n := len(want)
	if n == 0 {
		return nil
	}
	height = min(height, (hi-lo)/float64(max(n-1, 1)))
	type group struct {
		sum   float64 // of want[i] - i*height within the group
		n     int
		first int
	}
	start := func(g group) float64 {
		y := g.sum / float64(g.n)
		return min(max(y, lo), hi-float64(g.n-1)*height)
	}
	var groups []group
	for i, w := range want {
		groups = append(groups, group{sum: w, n: 1, first: i})
		for len(groups) > 1 {
			a, b := groups[len(groups)-2], groups[len(groups)-1]
			if start(a)+float64(a.n)*height <= start(b) {
				break
			}
			a.sum += b.sum - float64(b.n)*float64(a.n)*height
			a.n += b.n
			groups = append(groups[:len(groups)-2], a)
		}
	}
	out := make([]float64, n)
	for _, g := range groups {
		y := start(g)
		for i := range g.n {
			out[g.first+i] = y + float64(i)*height
		}
	}
	return out
}

// label is a text that belongs to a point.
type label struct {
	At     plotter.XY
	Text   string
	Color  color.NRGBA
	Weight float64 // the heaviest are placed first
}

// placedLabels are labels beside their points, at the first free one of eight positions, or farther away with a
// leader line; those that find no place are left out, the lightest first.
type placedLabels struct {
	Labels  []label
	Size    float64       // of the text, points
	Radius  float64       // of the points' own marks
	Halo    bool          // a pale ground behind the texts, where there are dots all over
	Avoid   plotter.XYs   // other marks that no label may cover
	Lines   []plotter.XYs // lines that no label should cross
	Leaders bool
}

// directions of the eight positions around a point, the preferred ones first.
var directions = [...][2]float64{{1, 0}, {0.8, 0.8}, {0.8, -0.8}, {-1, 0}, {0, 1}, {0, -1}, {-0.8, 0.8}, {-0.8, -0.8}}

// Plot implements plot.Plotter.
func (l placedLabels) Plot(c draw.Canvas, p *plot.Plot) {
	for _, q := range l.place(c, p) {
		if q.leader {
			c.StrokeLines(stroke{Color: faint(q.label.Color, 0.6), Width: 0.5}.style(), []vg.Point{q.point, q.anchor})
		}
		if l.Halo {
			b := q.box
			c.FillPolygon(faint(white, 0.72), []vg.Point{b.Min, {X: b.Max.X, Y: b.Min.Y}, b.Max, {X: b.Min.X, Y: b.Max.Y}})
		}
		writeText(c, sans(l.Size, false), legible(q.label.Color), vg.Point{X: q.box.Min.X + 1, Y: q.box.Min.Y + vg.Points(l.Size)*0.22}, left, baseline, q.label.Text)
	}
}

// placed is a label that found its place.
type placed struct {
	label  label
	box    vg.Rectangle
	point  vg.Point // of the mark
	anchor vg.Point // where a leader ends
	leader bool
}

// place finds the places of the labels on a canvas. It is deterministic.
func (l placedLabels) place(c draw.Canvas, p *plot.Plot) []placed {
	order := slices.Clone(l.Labels)
	slices.SortStableFunc(order, func(a, b label) int { return cmp.Compare(b.Weight, a.Weight) })
	taken := newOccupied(c)
	r := vg.Points(l.Radius)
	at := func(q plotter.XY) (vg.Point, bool) {
		pt := vg.Point{X: c.X(p.X.Norm(q.X)), Y: c.Y(p.Y.Norm(q.Y))}
		return pt, drawable(q, p) && c.Contains(pt)
	}
	markBox := func(pt vg.Point) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: pt.X - r, Y: pt.Y - r}, Max: vg.Point{X: pt.X + r, Y: pt.Y + r}}
	}
	for _, q := range l.Labels {
		if pt, ok := at(q.At); ok {
			taken.add(markBox(pt))
		}
	}
	for _, q := range l.Avoid {
		if pt, ok := at(q); ok {
			taken.add(markBox(pt))
		}
	}
	for _, ln := range l.Lines {
		taken.addLine(ln, at)
	}
	rings := []vg.Length{r + 1.5}
	if l.Leaders {
		rings = append(rings, r+6, r+12, r+20)
	}
	var out []placed
	for _, q := range order {
		pt, ok := at(q.At)
		if !ok || q.Text == "" {
			continue
		}
		w, h := textWidth(q.Text, sans(l.Size, false))+2, vg.Points(l.Size)*1.06
	search:
		for ri, d := range rings {
			for _, dir := range directions {
				anchor := vg.Point{X: pt.X + vg.Length(dir[0])*d, Y: pt.Y + vg.Length(dir[1])*d}
				box := boxAt(anchor, dir, w, h)
				if taken.inside(box) && !taken.hits(box) && (ri == 0 || !taken.crosses(pt, anchor, r)) {
					taken.add(box)
					if ri > 0 {
						taken.addSegment(pt, anchor)
					}
					out = append(out, placed{label: q, box: box, point: pt, anchor: anchor, leader: ri > 0})
					break search
				}
			}
		}
	}
	return out
}

// boxAt is the box of size w by h whose nearest side or corner lies at the anchor, seen in the given direction.
func boxAt(anchor vg.Point, dir [2]float64, w, h vg.Length) vg.Rectangle {
	minPt := vg.Point{X: anchor.X - w/2, Y: anchor.Y - h/2}
	switch {
	case dir[0] > 0:
		minPt.X = anchor.X
	case dir[0] < 0:
		minPt.X = anchor.X - w
	}
	switch {
	case dir[1] > 0:
		minPt.Y = anchor.Y - h/4
	case dir[1] < 0:
		minPt.Y = anchor.Y - h*3/4
	}
	if dir[0] == 0 {
		minPt.Y = anchor.Y
		if dir[1] < 0 {
			minPt.Y = anchor.Y - h
		}
	}
	return vg.Rectangle{Min: minPt, Max: vg.Point{X: minPt.X + w, Y: minPt.Y + h}}
}

// occupied holds the boxes that are taken, in tiles so that thousands of marks cost little.
type occupied struct {
	bounds vg.Rectangle
	tiles  map[[2]int][]vg.Rectangle
}

const tileSize = 24 // points

func newOccupied(c draw.Canvas) *occupied {
	return &occupied{bounds: c.Rectangle, tiles: map[[2]int][]vg.Rectangle{}}
}

func (o *occupied) each(b vg.Rectangle, f func(key [2]int)) {
	for x := int(math.Floor(float64(b.Min.X / tileSize))); x <= int(math.Floor(float64(b.Max.X/tileSize))); x++ {
		for y := int(math.Floor(float64(b.Min.Y / tileSize))); y <= int(math.Floor(float64(b.Max.Y/tileSize))); y++ {
			f([2]int{x, y})
		}
	}
}

func (o *occupied) add(b vg.Rectangle) {
	o.each(b, func(k [2]int) { o.tiles[k] = append(o.tiles[k], b) })
}

// addLine takes the places along a line, in steps of two points.
func (o *occupied) addLine(ln plotter.XYs, at func(plotter.XY) (vg.Point, bool)) {
	for i := 1; i < len(ln); i++ {
		a, okA := at(ln[i-1])
		b, okB := at(ln[i])
		if !okA || !okB {
			continue
		}
		o.addSegment(a, b)
	}
}

func (o *occupied) addSegment(a, b vg.Point) {
	along(a, b, func(box vg.Rectangle) { o.add(box) })
}

// crosses reports whether a leader from a mark of radius r to b would run over something else.
func (o *occupied) crosses(a, b vg.Point, r vg.Length) bool {
	hit := false
	along(a, b, func(box vg.Rectangle) {
		if math.Hypot(float64(box.Min.X-a.X), float64(box.Min.Y-a.Y)) > float64(r)*1.5+1.5 {
			hit = hit || o.hits(box)
		}
	})
	return hit
}

// along visits small boxes along a segment, two points apart.
func along(a, b vg.Point, visit func(vg.Rectangle)) {
	n := int(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y))/2) + 1
	for j := range n + 1 {
		t := vg.Length(j) / vg.Length(n)
		pt := vg.Point{X: a.X + t*(b.X-a.X), Y: a.Y + t*(b.Y-a.Y)}
		visit(vg.Rectangle{Min: vg.Point{X: pt.X - 0.5, Y: pt.Y - 0.5}, Max: vg.Point{X: pt.X + 0.5, Y: pt.Y + 0.5}})
	}
}

func (o *occupied) hits(b vg.Rectangle) bool {
	hit := false
	o.each(b, func(k [2]int) {
		for _, t := range o.tiles[k] {
			hit = hit || (t.Min.X < b.Max.X && b.Min.X < t.Max.X && t.Min.Y < b.Max.Y && b.Min.Y < t.Max.Y)
		}
	})
	return hit
}

func (o *occupied) inside(b vg.Rectangle) bool {
	return b.Min.X >= o.bounds.Min.X && b.Max.X <= o.bounds.Max.X && b.Min.Y >= o.bounds.Min.Y && b.Max.Y <= o.bounds.Max.Y
}

package reports

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The marks of a panel. Each is a plain value without pointers, so that a figure can be hashed, and a plot.Plotter
// that takes what it is given: NaN, infinities, nothing at all.

// dashes are the second channel beside colour; number 0 is a solid line.
var dashes = [...][]vg.Length{nil, {5, 2}, {1.5, 2}, {6, 2, 1.5, 2}, {9, 3}, {3, 1.5}}

// stroke is a style of line.
type stroke struct {
	Color color.NRGBA
	Width float64 // points
	Dash  int     // index into dashes, modulo their number
}

func (s stroke) style() draw.LineStyle {
	return draw.LineStyle{Color: s.Color, Width: vg.Points(s.Width), Dashes: dashes[s.Dash%len(dashes)]}
}

// line joins points; a point that cannot be drawn breaks it in two, and a piece of a single point is a short dash.
type line struct {
	Points plotter.XYs
	Stroke stroke
	Shift  float64 // to the right, points
	Of     string  // what it is the line of, for those who point at it
	Mute   bool    // its points say nothing to them: dots stand there
}

// Plot implements plot.Plotter.
func (l line) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	for _, piece := range pieces(l.Points, p) {
		var pts []vg.Point
		for _, q := range piece {
			pt := vg.Point{X: x(q.X) + vg.Points(l.Shift), Y: y(q.Y)}
			if !l.Mute && c.Contains(pt) {
				trace(c, pt, q, l.Of)
			}
			pts = append(pts, pt)
		}
		if len(pts) == 1 && c.Contains(pts[0]) {
			pts = []vg.Point{{X: pts[0].X - 1, Y: pts[0].Y}, {X: pts[0].X + 1, Y: pts[0].Y}}
		}
		c.StrokeLines(l.Stroke.style(), c.ClipLinesXY(pts)...)
	}
}

// places are the functions from data to canvas, like plot.Transforms, but nothing lies farther away than a clipping
// algorithm can compute with.
func places(c draw.Canvas, p *plot.Plot) (x, y func(float64) vg.Length) {
	const far = 1e5 // points: a thousand pages
	x = func(v float64) vg.Length { return min(max(c.X(p.X.Norm(v)), -far), far) }
	y = func(v float64) vg.Length { return min(max(c.Y(p.Y.Norm(v)), -far), far) }
	return x, y
}

// pieces splits points where one cannot be drawn on the panel's axes.
func pieces(points plotter.XYs, p *plot.Plot) []plotter.XYs {
	var out []plotter.XYs
	var cur plotter.XYs
	for _, q := range points {
		if drawable(q, p) {
			cur = append(cur, q)
		} else if len(cur) > 0 {
			out, cur = append(out, cur), nil
		}
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}

// drawable reports whether a point has a place on the panel's axes.
func drawable(q plotter.XY, p *plot.Plot) bool {
	return usable(q.X, scaleOf(p.X)) && usable(q.Y, scaleOf(p.Y))
}

// scaleOf is the kind of an axis that panel.plot has set up.
func scaleOf(a plot.Axis) scaleKind {
	k, _ := a.Scale.(scaleKind)
	return k
}

// ribbon fills between two lines: the polygon of the upper one and the lower one reversed, in as many pieces as there
// are gaps.
type ribbon struct {
	X, Low, High []float64
	Color        color.NRGBA
}

// Plot implements plot.Plotter.
func (r ribbon) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	var low, high []vg.Point
	flush := func() {
		if len(low) > 1 {
			slices.Reverse(low)
			c.FillPolygon(r.Color, c.ClipPolygonXY(append(high, low...)))
		}
		low, high = nil, nil
	}
	for i, at := range r.X {
		l := r.Low[i]
		if scaleOf(p.Y) == logarithmic && l <= 0 {
			l = p.Y.Min // an interval that reaches below zero has no lower end on a log axis
		}
		if !usable(at, scaleOf(p.X)) || !usable(l, scaleOf(p.Y)) || !usable(r.High[i], scaleOf(p.Y)) {
			flush()
			continue
		}
		low = append(low, vg.Point{X: x(at), Y: y(l)})
		high = append(high, vg.Point{X: x(at), Y: y(r.High[i])})
	}
	flush()
}

// shape is the form of a dot.
type shape int

const (
	disc shape = iota
	ring
	diamond
	cross
	box
)

// dots are points of one look.
type dots struct {
	Points plotter.XYs
	Color  color.NRGBA
	Radius float64 // points
	Shape  shape
	Shift  float64  // to the right, points: replicates and series at the same x stand side by side
	Of     []string // what each is of, for those who point at it; may be empty
}

// Plot implements plot.Plotter. All discs and boxes go into one path, which keeps an SVG of thousands of them small.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	var at []vg.Point
	for i, q := range d.Points {
		if pt := (vg.Point{X: x(q.X) + vg.Points(d.Shift), Y: y(q.Y)}); drawable(q, p) && c.Contains(pt) {
			of := ""
			if i < len(d.Of) {
				of = d.Of[i]
			}
			trace(c, pt, q, of)
			at = append(at, pt)
		}
	}
	drawDots(c, at, d.Color, vg.Points(d.Radius), d.Shape)
}

// drawDots draws marks at places of the canvas.
func drawDots(c draw.Canvas, at []vg.Point, col color.NRGBA, r vg.Length, s shape) {
	if len(at) == 0 {
		return
	}
	c.SetLineStyle(draw.LineStyle{Color: col, Width: max(r*0.4, 0.8)})
	if s == disc && col.A < 0xFF {
		for _, pt := range at { // one by one: where translucent discs overlap it is darker
			var path vg.Path
			path.Move(vg.Point{X: pt.X + r, Y: pt.Y})
			path.Arc(pt, r, 0, 2*math.Pi)
			path.Close()
			c.SetColor(col)
			c.Fill(path)
		}
		return
	}
	var path vg.Path
	for _, pt := range at {
		switch s {
		case disc, ring:
			path.Move(vg.Point{X: pt.X + r, Y: pt.Y})
			path.Arc(pt, r, 0, 2*math.Pi)
			path.Close()
		case diamond:
			d := r * 1.25
			path.Move(vg.Point{X: pt.X, Y: pt.Y + d})
			path.Line(vg.Point{X: pt.X + d, Y: pt.Y})
			path.Line(vg.Point{X: pt.X, Y: pt.Y - d})
			path.Line(vg.Point{X: pt.X - d, Y: pt.Y})
			path.Close()
		case box:
			path.Move(vg.Point{X: pt.X - r, Y: pt.Y - r})
			path.Line(vg.Point{X: pt.X + r, Y: pt.Y - r})
			path.Line(vg.Point{X: pt.X + r, Y: pt.Y + r})
			path.Line(vg.Point{X: pt.X - r, Y: pt.Y + r})
			path.Close()
		case cross:
			path.Move(vg.Point{X: pt.X - r, Y: pt.Y - r})
			path.Line(vg.Point{X: pt.X + r, Y: pt.Y + r})
			path.Move(vg.Point{X: pt.X - r, Y: pt.Y + r})
			path.Line(vg.Point{X: pt.X + r, Y: pt.Y - r})
		}
	}
	switch s {
	case ring, cross, diamond:
		if s != cross {
			c.SetColor(white)
			c.Fill(path)
			c.SetColor(col)
		}
		c.Stroke(path)
	case disc, box:
		c.Fill(path)
	}
}

// interval is one error bar with caps, upright or, with Flat, lying.
type interval struct {
	At, Low, High float64 // At on the one axis, Low and High on the other
	Flat          bool
	Stroke        stroke
	Shift         float64 // to the right, points
}

// Plot implements plot.Plotter. What reaches past the panel is cut off there, without a cap.
func (b interval) Plot(c draw.Canvas, p *plot.Plot) {
	along, across := p.Y, p.X
	if b.Flat {
		along, across = p.X, p.Y
	}
	k := scaleOf(along)
	if !usable(b.At, scaleOf(across)) || !usable(b.High, k) || math.IsNaN(b.Low) || math.IsInf(b.Low, 0) || b.High < b.Low {
		return
	}
	low := b.Low
	if !usable(low, k) {
		low = along.Min
	}
	const half = 3 // of a cap's width
	x, y := places(c, p)
	at := func(v float64) vg.Point {
		if b.Flat {
			return vg.Point{X: x(v), Y: y(b.At)}
		}
		return vg.Point{X: x(b.At) + vg.Points(b.Shift), Y: y(v)}
	}
	l, h := at(low), at(b.High)
	d := vg.Point{X: half}
	if b.Flat {
		d = vg.Point{Y: half}
	}
	c.StrokeLines(b.Stroke.style(), c.ClipLinesXY([]vg.Point{l, h})...)
	for _, e := range []vg.Point{l, h} {
		if c.Contains(e) && (e != l || usable(b.Low, k)) {
			c.StrokeLines(b.Stroke.style(), []vg.Point{e.Sub(d), e.Add(d)})
		}
	}
}

// rule is a line across the whole panel, lying at Y or, with Upright, standing at X.
type rule struct {
	At      float64
	Upright bool
	Stroke  stroke
}

// Plot implements plot.Plotter.
func (r rule) Plot(c draw.Canvas, p *plot.Plot) {
	if r.Upright {
		if x := c.X(p.X.Norm(r.At)); usable(r.At, scaleOf(p.X)) && c.ContainsX(x) {
			c.StrokeLine2(r.Stroke.style(), x, c.Min.Y, x, c.Max.Y)
		}
		return
	}
	if y := c.Y(p.Y.Norm(r.At)); usable(r.At, scaleOf(p.Y)) && c.ContainsY(y) {
		c.StrokeLine2(r.Stroke.style(), c.Min.X, y, c.Max.X, y)
	}
}

// lost marks diverged trials with crosses along the panel's upper edge: they have a place on x and no value on y.
type lost struct {
	X []float64
}

// Plot implements plot.Plotter. Trials at the same x stand one below the other.
func (l lost) Plot(c draw.Canvas, p *plot.Plot) {
	seen := map[float64]int{}
	var at []vg.Point
	for _, v := range l.X {
		x := c.X(p.X.Norm(v))
		if !usable(v, scaleOf(p.X)) || !c.ContainsX(x) {
			continue
		}
		at = append(at, vg.Point{X: x, Y: c.Max.Y - 5 - vg.Length(seen[v])*8})
		seen[v]++
	}
	drawDots(c, at, vermilion, 2.8, cross)
}

// cell is one field of a table of colours, at column X and row Y.
type cell struct {
	X, Y  int
	Fill  color.NRGBA
	Lines []string // centred, the first one larger
	Empty bool     // drawn as an outline only
	Best  bool     // framed
	Dot   bool     // marked in its corner
	Of    string   // what it says to those who point at it, "": its lines
}

// told is the cell for those who point at it.
func (e cell) told() string {
	if e.Of != "" {
		return e.Of
	}
	return strings.Join(e.Lines, " ")
}

// cells is a heat map on category axes.
type cells struct {
	Cells []cell
	Size  float64 // of the larger text, points; 0: no text
}

// Plot implements plot.Plotter.
func (h cells) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	rect := func(e cell, inset vg.Length) []vg.Point {
		x0, x1 := x(float64(e.X)-0.5)+inset, x(float64(e.X)+0.5)-inset
		y0, y1 := y(float64(e.Y)-0.5)+inset, y(float64(e.Y)+0.5)-inset
		return []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}}
	}
	gap := vg.Length(0.75)
	if w := x(1) - x(0); w < 14 {
		gap = 0.1
	}
	for _, e := range h.Cells {
		r := rect(e, gap)
		trace(c, vg.Point{X: (r[0].X + r[2].X) / 2, Y: (r[0].Y + r[2].Y) / 2}, plotter.XY{X: float64(e.X), Y: float64(e.Y)}, e.told())
		if e.Empty {
			c.StrokeLines(stroke{Color: paleGrey, Width: 0.6, Dash: 2}.style(), rect(e, 2*gap))
			if h.Size > 0 {
				h.write(c, e, r)
			}
			continue
		}
		exactly(c, func() {
			c.FillPolygon(e.Fill, r[:4])
			if h.Size > 0 {
				h.write(c, e, r)
			}
			if e.Dot {
				drawDots(c, []vg.Point{{X: r[2].X - 7, Y: r[2].Y - 7}}, onColor(e.Fill), 2.4, disc)
			}
		})
	}
	for _, e := range h.Cells { // frames last: no neighbour covers them
		if e.Best {
			r := rect(e, gap)
			c.StrokeLines(draw.LineStyle{Color: ink, Width: 2.2}, append(r, r[1])) // once round the first corner: it closes
		}
	}
}

// write centres the lines of a cell in the rectangle r.
func (h cells) write(c draw.Canvas, e cell, r []vg.Point) {
	col := inkSoft
	if !e.Empty {
		col = onColor(e.Fill)
	}
	total := vg.Length(0)
	for i := range e.Lines {
		total += vg.Length(h.lineSize(i)) * 1.2
	}
	mid := vg.Point{X: (r[0].X + r[2].X) / 2, Y: (r[0].Y + r[2].Y) / 2}
	top := mid.Y + total/2
	for i, l := range e.Lines {
		size := vg.Length(h.lineSize(i)) * 1.2
		writeText(c, sans(h.lineSize(i), e.Best && i == 0), col, vg.Point{X: mid.X, Y: top - size/2}, centre, middle, l)
		top -= size
	}
}

func (h cells) lineSize(i int) float64 {
	if i == 0 {
		return h.Size
	}
	return max(h.Size*0.82, 6)
}

package reports

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one pair of axes with what is drawn on them.
type panel struct {
	Title  string
	X, Y   axis
	Layers []plot.Plotter // drawn in this order; values without pointers
	Equal  bool           // one unit is as long on x as on y
	NoGrid bool
	Empty  string // why there is nothing to draw; then nothing else is
}

// plot makes a gonum plot of the panel. The ranges are set already: nothing that gonum/plot does with them can panic.
func (p panel) plot() *plot.Plot {
	g := plot.New()
	if p.Empty != "" {
		p.X, p.Y = axis{Blank: true, Max: 1}, axis{Blank: true, Max: 1}
	}
	g.BackgroundColor = nil
	for _, a := range []struct {
		to   *plot.Axis
		from axis
	}{{&g.X, p.X}, {&g.Y, p.Y}} {
		if !(a.from.Max > a.from.Min) {
			a.from.cover(0)
		}
		a.to.Min, a.to.Max = a.from.Min, a.from.Max
		a.to.Scale = a.from.Scale
		a.to.Tick.Marker = ticker{a.from}
		a.to.Tick.Label = styled(a.to.Tick.Label, tickSize, ink)
		a.to.Padding = 0
		if a.from.Upright {
			a.to.Tick.Label.Rotation = math.Pi / 2
			a.to.Padding = 3 // gonum/plot forgets the descent of turned labels
			a.to.Tick.Label.XAlign, a.to.Tick.Label.YAlign = draw.XRight, draw.YCenter
		}
		a.to.Tick.LineStyle = draw.LineStyle{Color: ruleGrey, Width: 0.6}
		a.to.Tick.Length = 4
		a.to.LineStyle = draw.LineStyle{Color: ruleGrey, Width: 0.6}
		a.to.Label.TextStyle = styled(a.to.Label.TextStyle, labelSize, ink)
		a.to.Label.Padding = 4
		if !a.from.Bare {
			a.to.Label.Text = printable(a.from.Label)
		}
		if a.from.Scale == category || a.from.Blank {
			a.to.Tick.Length = 0
			a.to.Tick.Width = 0
			a.to.Width = 0
		}
	}
	if p.Title != "" {
		g.Add(strip{printable(p.Title)})
	}
	if p.Empty != "" {
		g.Add(notice{printable(p.Empty)})
		return g
	}
	if !p.NoGrid {
		grid := plotter.NewGrid()
		grid.Horizontal = draw.LineStyle{Color: gridGrey, Width: 0.6}
		grid.Vertical = draw.LineStyle{Color: gridGrey, Width: 0.6}
		if p.X.Scale == category {
			grid.Vertical.Color = nil
		}
		if p.Y.Scale == category {
			grid.Horizontal.Color = nil
		}
		g.Add(grid)
	}
	g.Add(p.Layers...)
	return g
}

// strip is the title of a panel, centred over its data.
type strip struct{ Text string }

// Plot implements plot.Plotter.
func (s strip) Plot(c draw.Canvas, _ *plot.Plot) {
	f := sans(labelSize, true)
	writeText(c, f, ink, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: c.Max.Y + 5}, centre, baseline, clip(s.Text, c.Max.X-c.Min.X+20, f))
}

// GlyphBoxes implements plot.GlyphBoxer: room above the panel.
func (strip) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{X: 0.5, Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{X: 0.1, Y: labelSize + 6}}}}
}

// notice is the drawing of an empty panel: a frame with the reason in it.
type notice struct{ Text string }

// Plot implements plot.Plotter.
func (n notice) Plot(c draw.Canvas, _ *plot.Plot) {
	c.StrokeLines(stroke{Color: paleGrey, Width: 0.8, Dash: 1}.style(), []vg.Point{
		c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}, c.Min})
	f := sans(labelSize, false)
	lines := wrap(n.Text, (c.Max.X-c.Min.X)*0.9, f)
	at := c.Center()
	at.Y += vg.Length(len(lines)-1) / 2 * f.Size * 1.3
	for _, l := range lines {
		writeText(c, f, inkSoft, at, centre, middle, l)
		at.Y -= f.Size * 1.3
	}
}

// equalize widens the range of one axis until a unit is as long on x as on y, given the size of the data's canvas.
func (p *panel) equalize(size vg.Point) {
	w, h := p.X.Max-p.X.Min, p.Y.Max-p.Y.Min
	if size.X <= 0 || size.Y <= 0 || !(w > 0) || !(h > 0) {
		return
	}
	if perX, perY := w/float64(size.X), h/float64(size.Y); perX < perY {
		d := (perY*float64(size.X) - w) / 2
		p.X.Min, p.X.Max = p.X.Min-d, p.X.Max+d
	} else {
		d := (perX*float64(size.Y) - h) / 2
		p.Y.Min, p.Y.Max = p.Y.Min-d, p.Y.Max+d
	}
}

package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawingVersion enters every fingerprint: raise it when the same figure is drawn differently, so that pictures made
// by an older program are drawn again.
const drawingVersion = 3

// figureWidth is the width of every picture, points: 7.6 inches, about 730 pixels of the page.
const figureWidth = 548

// figure is one picture: a title, panels, a legend, a caption, and the table it was drawn from. It is a plain value:
// equal figures have equal fingerprints.
type figure struct {
	Name    string // of the files, without extension
	Chapter chapter
	Title   string // the finding or the question
	Alt     string // what is seen, for those who do not see it
	Caption []string
	Panels  []panel
	Columns int     // of the small multiples; 0: as many as panels, at most three
	XLabel  string  // of all panels together, where they share it
	Side    int     // the last Side panels stand small in a column to the right of the others
	Height  float64 // of the panels together, points
	Legend  []legendEntry
	Bar     colorBar
	Table   table
}

// legendEntry is one entry of the row under the title.
type legendEntry struct {
	Text  string
	Color color.NRGBA
	Look  look
	Dash  int
}

// look is what a legend shows beside a text.
type look int

const (
	lookLine look = iota
	lookDot
	lookBand
	lookRing
	lookCross
	lookDiamond
	lookBar
	lookFrame
	lookEmpty
)

// colorBar explains the colours of a heat map.
type colorBar struct {
	Title    string
	Scale    axis
	Diverges bool // blue-white-red instead of viridis
	Reversed bool // dark is high
}

// fingerprint identifies what the figure shows and how it is drawn.
func (f figure) fingerprint() string {
	h := sha256.New()
	for _, row := range append([][]string{f.Table.Columns}, f.Table.Rows...) { // by hand: %#v takes seconds for a million cells
		for _, c := range row {
			h.Write(strconv.AppendInt(nil, int64(len(c)), 10))
			h.Write([]byte(c))
		}
		h.Write([]byte{'\n'})
	}
	f.Table = table{}
	fmt.Fprintf(h, "%d %#v", drawingVersion, f)
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// layout is where the parts of a figure lie, in points from the lower left corner.
type layout struct {
	title, caption []string
	legend         [][]placedEntry
	width, height  vg.Length
	top, bottom    vg.Length // of the panels
}

type placedEntry struct {
	legendEntry
	x, width vg.Length
}

const (
	margin     = 10
	swatch     = 16 // width of a legend's sample
	entryGap   = 14
	legendLead = tickSize * 1.6
	titleLead  = titleSize * 1.25
	captLead   = captionSize * 1.35
	barWidth   = 62 // of a colour bar with its ticks and title
)

func (f figure) layout() layout {
	l := layout{width: figureWidth}
	inner := l.width - 2*margin
	l.title = wrap(printable(f.Title), inner, sans(titleSize, true))
	l.caption = wrap(printable(strings.Join(f.Caption, " ")), inner, sans(captionSize, false))
	x := vg.Length(0)
	for _, e := range f.Legend {
		e.Text = clip(printable(e.Text), inner-swatch-8, sans(tickSize, false))
		w := swatch + 4 + textWidth(e.Text, sans(tickSize, false))
		if len(l.legend) == 0 || x+w > inner {
			l.legend = append(l.legend, nil)
			x = 0
		}
		row := len(l.legend) - 1
		l.legend[row] = append(l.legend[row], placedEntry{e, margin + x, w})
		x += w + entryGap
	}
	l.bottom = margin
	if len(l.caption) > 0 {
		l.bottom += vg.Length(len(l.caption))*captLead + 8
	}
	l.top = l.bottom + vg.Points(f.Height)
	l.height = l.top + 6 + vg.Length(len(l.legend))*legendLead + vg.Length(len(l.title))*titleLead + margin
	if len(l.legend) > 0 {
		l.height += 4
	}
	return l
}

// draw draws the figure on a white canvas of the layout's size.
func (f figure) draw(c draw.Canvas, l layout) {
	y := l.height - margin
	for _, t := range l.title {
		writeText(c, sans(titleSize, true), ink, vg.Point{X: margin, Y: y}, left, top, t)
		y -= titleLead
	}
	y -= 4
	for _, row := range l.legend {
		for _, e := range row {
			e.draw(c, vg.Point{X: e.x, Y: y - legendLead/2})
		}
		y -= legendLead
	}
	area := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: margin, Y: l.bottom}, Max: vg.Point{X: l.width - margin, Y: l.top}}}
	f.drawPanels(area)
	y = l.bottom - 8
	for _, t := range l.caption {
		y -= captLead
		writeText(c, sans(captionSize, false), inkSoft, vg.Point{X: margin, Y: y + 3}, left, baseline, t)
	}
}

// drawPanels draws the small multiples, the side column and the colour bar.
func (f figure) drawPanels(area draw.Canvas) {
	if f.Bar.Title != "" {
		area.Max.X -= barWidth
	}
	if f.XLabel != "" {
		area.Min.Y += labelSize + 8
	}
	main, side := f.Panels, []panel(nil)
	if f.Side > 0 && f.Side < len(f.Panels) {
		cut := len(f.Panels) - f.Side
		main, side = f.Panels[:cut], f.Panels[cut:]
	}
	if len(side) > 0 {
		column := area
		column.Min.X = area.Max.X - (area.Max.X-area.Min.X)*0.23
		area.Max.X = column.Min.X - 8
		drawGrid(column, side, 1, max(len(side), 3))
	}
	cols := f.Columns
	if cols == 0 {
		cols = min(max(len(main), 1), 3)
	}
	rows := (len(main) + cols - 1) / cols
	data := drawGrid(area, main, cols, rows)
	if f.XLabel != "" {
		writeText(area, sans(labelSize, false), ink, vg.Point{X: (data.Min.X + data.Max.X) / 2, Y: area.Min.Y - 6}, centre, top, printable(f.XLabel))
	}
	if f.Bar.Title != "" {
		f.Bar.draw(draw.Canvas{Canvas: area.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: area.Max.X + 14, Y: data.Min.Y}, Max: vg.Point{X: area.Max.X + barWidth, Y: data.Max.Y}}})
	}
}

// drawGrid draws panels in columns and rows whose data areas are of one size, and returns the extent of these areas
// together.
func drawGrid(area draw.Canvas, panels []panel, cols, rows int) vg.Rectangle {
	data := vg.Rectangle{Min: area.Max, Max: area.Min}
	if len(panels) == 0 || rows < 1 {
		return area.Rectangle
	}
	panels = append([]panel(nil), panels...)
	tiles := draw.Tiles{Cols: cols, Rows: rows, PadX: 10, PadY: 10}
	var canvases [][]draw.Canvas
	var plots [][]*plot.Plot
	for pass := range 3 { // a range widened for equal units may change the ticks' widths, and with them the areas
		plots = make([][]*plot.Plot, rows)
		for r := range plots {
			plots[r] = make([]*plot.Plot, cols)
		}
		for i, p := range panels {
			plots[i/cols][i%cols] = p.plot()
		}
		canvases = plot.Align(plots, tiles, area)
		again := false
		for i := range panels {
			if p := &panels[i]; p.Equal && p.Empty == "" && pass < 2 {
				d := plots[i/cols][i%cols].DataCanvas(canvases[i/cols][i%cols])
				p.equalize(d.Size())
				again = true
			}
		}
		if !again {
			break
		}
	}
	for i := range panels {
		p, c := plots[i/cols][i%cols], canvases[i/cols][i%cols]
		d := p.DataCanvas(c)
		if to := drawingOf(area); to != nil {
			to.panel(d.Rectangle, panels[i].X, panels[i].Y)
		}
		p.Draw(c)
		data.Min.X, data.Min.Y = min(data.Min.X, d.Min.X), min(data.Min.Y, d.Min.Y)
		data.Max.X, data.Max.Y = max(data.Max.X, d.Max.X), max(data.Max.Y, d.Max.Y)
	}
	return data
}

// draw draws one entry; at is the left end of its middle line.
func (e placedEntry) draw(c draw.Canvas, at vg.Point) {
	mid := vg.Point{X: at.X + swatch/2, Y: at.Y}
	end := vg.Point{X: at.X + swatch, Y: at.Y}
	boxed := func(h vg.Length) []vg.Point {
		return []vg.Point{{X: at.X + 1, Y: at.Y - h}, {X: end.X - 1, Y: at.Y - h}, {X: end.X - 1, Y: at.Y + h}, {X: at.X + 1, Y: at.Y + h}, {X: at.X + 1, Y: at.Y - h}}
	}
	switch e.Look {
	case lookLine:
		c.StrokeLines(stroke{Color: e.Color, Width: 1.6, Dash: e.Dash}.style(), []vg.Point{at, end})
	case lookDot:
		drawDots(c, []vg.Point{mid}, e.Color, 3, disc)
	case lookRing:
		drawDots(c, []vg.Point{mid}, e.Color, 3, ring)
	case lookDiamond:
		drawDots(c, []vg.Point{mid}, e.Color, 3, diamond)
	case lookCross:
		drawDots(c, []vg.Point{mid}, e.Color, 2.8, cross)
	case lookBand:
		c.FillPolygon(e.Color, boxed(4))
	case lookFrame:
		c.StrokeLines(draw.LineStyle{Color: e.Color, Width: 2}, append(boxed(4), boxed(4)[1]))
	case lookEmpty:
		c.StrokeLines(stroke{Color: paleGrey, Width: 0.6, Dash: 2}.style(), boxed(4))
	case lookBar:
		s := stroke{Color: e.Color, Width: 1.2}.style()
		c.StrokeLines(s, []vg.Point{{X: mid.X, Y: mid.Y - 5}, {X: mid.X, Y: mid.Y + 5}},
			[]vg.Point{{X: mid.X - 3, Y: mid.Y - 5}, {X: mid.X + 3, Y: mid.Y - 5}},
			[]vg.Point{{X: mid.X - 3, Y: mid.Y + 5}, {X: mid.X + 3, Y: mid.Y + 5}})
		drawDots(c, []vg.Point{mid}, e.Color, 2.6, disc)
	}
	writeText(c, sans(tickSize, false), ink, vg.Point{X: end.X + 4, Y: at.Y}, left, middle, e.Text)
}

// at is the colour of a value.
func (b colorBar) at(v float64) color.NRGBA {
	t := b.Scale.Scale.Normalize(b.Scale.Min, b.Scale.Max, v)
	if b.Reversed {
		t = 1 - t
	}
	if b.Diverges {
		return diverging(t)
	}
	return viridis(t)
}

// draw draws the bar, its ticks and its title in a canvas of its own.
func (b colorBar) draw(c draw.Canvas) {
	const steps = 64
	x0, x1 := c.Min.X, c.Min.X+11
	h := c.Max.Y - c.Min.Y
	place := func(v float64) vg.Length {
		return c.Min.Y + vg.Length(b.Scale.Scale.Normalize(b.Scale.Min, b.Scale.Max, v))*h
	}
	exactly(c, func() {
		for i := range steps {
			t := (float64(i) + 0.5) / steps
			if b.Reversed {
				t = 1 - t
			}
			col := viridis(t)
			if b.Diverges {
				col = diverging(t)
			}
			lo := c.Min.Y + h*vg.Length(i)/steps
			hi := min(lo+h/steps+0.4, c.Max.Y) // overlapping a little: no seams
			c.FillPolygon(col, []vg.Point{{X: x0, Y: lo}, {X: x1, Y: lo}, {X: x1, Y: hi}, {X: x0, Y: hi}})
		}
	})
	for _, t := range b.Scale.ticks(b.Scale.Min, b.Scale.Max) {
		y := place(t.Value)
		if t.Label == "" || y < c.Min.Y-0.1 || y > c.Max.Y+0.1 {
			continue
		}
		c.StrokeLine2(draw.LineStyle{Color: ruleGrey, Width: 0.6}, x1, y, x1+3, y)
		writeText(c, sans(captionSize, false), ink, vg.Point{X: x1 + 5, Y: y}, left, middle, t.Label)
	}
	f := sans(tickSize, false)
	writeUpward(c, f, ink, vg.Point{X: c.Max.X - 4, Y: (c.Min.Y + c.Max.Y) / 2}, clip(printable(b.Title), h, f))
}

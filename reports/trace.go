package reports

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// bundle is layers that belong together under a name: in an SVG a group, which a script can hide and whose values it
// can show.
type bundle struct {
	Name   string
	Layers []plot.Plotter
}

// Plot implements plot.Plotter.
func (s bundle) Plot(c draw.Canvas, p *plot.Plot) {
	if d := drawingOf(c); d != nil {
		d.begin(s.Name)
		defer d.end()
	}
	for _, l := range s.Layers {
		l.Plot(c, p)
	}
}

// drawingOf is the drawing that a canvas is a part of, nil if it is of another kind.
func drawingOf(c vg.Canvas) *drawing {
	for {
		switch of := c.(type) {
		case *drawing:
			return of
		case draw.Canvas: // cropped
			c = of.Canvas
		default:
			return nil
		}
	}
}

// mostTraced bounds the values of one picture that can be pointed at; the data beside it hold all.
const mostTraced = 6000

// tracing is what a drawing keeps of where its values lie.
type tracing struct {
	panels []tracedPanel
	axes   [2]axis // of the last panel
	open   bool    // within a series
	points int
}

// tracedPanel is one panel of a picture as its script reads it. Lengths are points from the upper left corner.
type tracedPanel struct {
	Box    [4]json.Number `json:"box"` // left, top, right, bottom
	X      string         `json:"x"`
	Y      string         `json:"y"`
	Series []tracedSeries `json:"series"`
}

type tracedSeries struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Points [][]any `json:"points"` // x, y, the values there in words, and of what
}

// panel begins a panel whose data lie in a rectangle.
func (d *drawing) panel(box vg.Rectangle, x, y axis) {
	l, b := d.place(box.Min)
	r, t := d.place(box.Max)
	d.traced.axes = [2]axis{x, y}
	d.traced.panels = append(d.traced.panels, tracedPanel{Box: [4]json.Number{jsonLength(l), jsonLength(t), jsonLength(r), jsonLength(b)},
		X: x.Label, Y: y.Label, Series: []tracedSeries{}})
}

func jsonLength(v vg.Length) json.Number { return json.Number(short(v)) }

// begin begins a series.
func (d *drawing) begin(name string) {
	t := &d.traced
	if len(t.panels) == 0 {
		d.panel(vg.Rectangle{}, axis{}, axis{})
	}
	p := &t.panels[len(t.panels)-1]
	id := d.name + "-p" + strconv.Itoa(len(t.panels)-1) + "-s" + strconv.Itoa(len(p.Series))
	p.Series = append(p.Series, tracedSeries{ID: id, Name: name, Points: [][]any{}})
	t.open = true
	d.body.WriteString(`<g class="series" id="` + xmlText(id) + `" data-name="` + xmlText(name) + "\">\n<title>" + xmlText(name) + "</title>\n")
}

func (d *drawing) end() {
	d.traced.open = false
	d.body.WriteString("</g>\n")
}

// trace keeps where a value lies, on a canvas that can, within a series. of says what has it.
func trace(c draw.Canvas, at vg.Point, q plotter.XY, of string) {
	d := drawingOf(c)
	if d == nil || !d.traced.open || d.traced.points >= mostTraced {
		return
	}
	d.traced.points++
	panel := &d.traced.panels[len(d.traced.panels)-1]
	s := &panel.Series[len(panel.Series)-1]
	x, y := d.place(at)
	point := []any{jsonLength(x), jsonLength(y), d.traced.axes[0].words(q.X), d.traced.axes[1].words(q.Y)}
	if of != "" {
		point = append(point, of)
	}
	s.Points = append(s.Points, point)
}

// words is a value of the axis as a reader is told it.
func (a axis) words(v float64) string {
	if a.Scale == category {
		for _, m := range a.Marks {
			if math.Abs(m.At-v) < 0.5 {
				return strings.ReplaceAll(m.Label, "\n", ", ")
			}
		}
	}
	if a.Percent {
		return strconv.FormatFloat(100*v, 'g', 5, 64) + " %"
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return group(strconv.FormatFloat(v, 'f', 0, 64), 5)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// chart is the places of all values as JSON, nil if there are none.
func (d *drawing) chart() ([]byte, error) {
	if d.traced.points == 0 {
		return nil, nil
	}
	return json.Marshal(struct {
		Width  json.Number   `json:"width"`
		Height json.Number   `json:"height"`
		Panels []tracedPanel `json:"panels"`
	}{jsonLength(d.width), jsonLength(d.height), d.traced.panels})
}

// exactly draws with colours that stand for values, which a dark screen must not change.
func exactly(c draw.Canvas, draw func()) {
	d := drawingOf(c)
	if d == nil {
		draw()
		return
	}
	was := d.exact
	d.exact = true
	draw()
	d.exact = was
}

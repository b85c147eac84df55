package reports

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// leastParallel is how many parameters parallel coordinates are for: fewer have better pictures.
const leastParallel = 3

// mostParallel is how many axes stand side by side.
const mostParallel = 9

// parallelFigure draws each configuration as a line through its values, in the colour of its metric. ok is false with
// fewer than three parameters.
func (s *study) parallelFigure() (f figure, ok bool) {
	if len(s.dimensions) < leastParallel || s.mixed {
		return figure{}, false
	}
	var data []float64
	for _, c := range s.configs {
		if usable(c.mean, linear) {
			data = append(data, c.mean)
		}
	}
	if len(data) < 2 {
		return figure{}, false
	}
	shown := s.dimensions[:min(len(s.dimensions), mostParallel-1)]
	f = figure{Name: "parallel", Chapter: chapterHeatmaps, Columns: 1, Height: 260, Table: s.parallelTable()}
	metric := axis{Label: s.metric.axisLabel(), Percent: s.metric.Share, Scale: s.yScale(data)}
	metric.cover(0, bulk(data, s.metric)...)
	f.Bar = colorBar{Title: s.metric.axisLabel(), Reversed: s.metric.Maximize, Scale: metric}
	x := axis{Scale: category, Min: -0.5, Max: float64(len(shown)) + 0.5}
	p := panel{NoGrid: true, Y: axis{Blank: true, Min: -0.02, Max: 1.02}}
	var axes []parallelAxis
	for i, d := range shown {
		x.Marks = append(x.Marks, mark{At: float64(i), Label: clip(printable(d.Name), 90, sans(tickSize, false))})
		a := s.axis(d)
		if d.Scale == category {
			a.Min, a.Max = a.Min+0.5, a.Max-0.5
			if len(d.Values) == 1 {
				a.Min, a.Max = -0.5, 0.5
			}
		}
		if d.With != nil { // the axis of a small picture has no room for what is tied to it
			for k := range a.Marks {
				a.Marks[k].Label, _, _ = strings.Cut(a.Marks[k].Label, "\n")
			}
		}
		axes = append(axes, parallelAxis{At: float64(i), Axis: a})
	}
	x.Marks = append(x.Marks, mark{At: float64(len(shown)), Label: clip(printable(s.metric.Label), 90, sans(tickSize, false))})
	axes = append(axes, parallelAxis{At: float64(len(shown)), Axis: metric})
	p.X = x
	p.Layers = append(s.parallelLines(shown, axes, f.Bar), parallelAxes{axes})
	f.Panels = []panel{p}
	f.Title = s.parallelTitle(shown)
	f.Caption = []string{"Each line is a configuration; the darker, the better. Where many have one value, lines lie side by side."}
	if len(data) < len(s.configs) {
		f.Caption = append(f.Caption, "Grey: stopped early, failed or not finished, without a mean.")
	}
	if s.best >= 0 {
		f.Caption = append(f.Caption, "Thick: the best, "+s.label(s.configs[s.best])+".")
	}
	if off := len(data) - len(bulk(data, s.metric)); off > 0 {
		f.Caption = append(f.Caption, fmt.Sprintf("%s beyond the end of the last axis and drawn at it.", map[bool]string{true: "1 configuration lies", false: fmt.Sprintf("%d configurations lie", off)}[off == 1]))
	}
	if n := len(s.dimensions) - len(shown); n > 0 {
		f.Caption = append(f.Caption, count(n, "further parameter")+" not shown.")
	}
	f.Caption = append(f.Caption, s.source())
	f.Alt = f.Title + "."
	return f, true
}

// parallelLines are the configurations' lines, the best last, on top.
func (s *study) parallelLines(shown []dimension, axes []parallelAxis, bar colorBar) []plot.Plotter {
	order := s.byRank()
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b int) int { // what has no value lies below
		return cmp.Compare(map[bool]int{true: 1}[usable(s.configs[a].mean, linear)], map[bool]int{true: 1}[usable(s.configs[b].mean, linear)])
	})
	const beside = 0.05 // of an axis, over which those with the same value spread
	opacity := min(0.9, max(0.25, 40/float64(len(s.configs))))
	var out []plot.Plotter
	for place, i := range order {
		c := s.configs[i]
		var pts plotter.XYs
		for k, d := range shown {
			y := axes[k].place(d.at(c))
			if len(d.Values) < len(s.configs) {
				y += beside * (float64(place)/float64(max(len(order)-1, 1)) - 0.5)
			}
			pts = append(pts, plotter.XY{X: float64(k), Y: y})
		}
		l := line{Stroke: stroke{Color: paleGrey, Width: 0.8}, Of: s.told(c)}
		if usable(c.mean, linear) {
			pts = append(pts, plotter.XY{X: float64(len(shown)), Y: axes[len(shown)].place(c.mean)})
			l.Stroke = stroke{Color: faint(bar.at(min(max(c.mean, bar.Scale.Min), bar.Scale.Max)), opacity), Width: 1}
		}
		if i == s.best {
			l.Stroke = stroke{Color: vermilion, Width: 2.4}
		}
		l.Points = pts
		out = append(out, l)
	}
	return []plot.Plotter{bundle{"configurations", out}}
}

func (s *study) parallelTitle(shown []dimension) string {
	if s.best < 0 {
		return fmt.Sprintf("%s in %s parameters", count(len(s.configs), "configuration"), thousands(int64(len(shown))))
	}
	lead := s.byRank()
	lead = lead[:min(max(3, len(lead)/10), len(lead))]
	var same []string
	for _, d := range shown {
		v := s.configs[lead[0]].params[d.Name]
		if len(lead) >= 3 && len(d.Values) > 1 && !slices.ContainsFunc(lead, func(i int) bool { return s.configs[i].params[d.Name] != v }) {
			same = append(same, d.Name+" "+v.String())
		}
	}
	if len(same) > 0 {
		return fmt.Sprintf("The best %d all have %s", len(lead), and(same))
	}
	return fmt.Sprintf("The best of %s: %s", count(len(s.configs), "configuration"), s.label(s.configs[s.best]))
}

func (s *study) parallelTable() table {
	t := table{Columns: []string{"configuration"}}
	for _, d := range s.dimensions {
		t.Columns = append(t.Columns, d.Name)
		t.Columns = append(t.Columns, d.With...)
	}
	t.Columns = append(t.Columns, s.metric.Name, "low", "high", "n", "rank")
	for _, i := range s.byRank() {
		c := s.configs[i]
		row := []any{c.Configuration.Configuration}
		for _, d := range s.dimensions {
			for _, n := range append([]string{d.Name}, d.With...) {
				row = append(row, c.params[n])
			}
		}
		t.add(append(row, c.mean, c.low, c.high, c.N, c.Rank)...)
	}
	return t
}

// parallelAxis is one of the upright axes of parallel coordinates.
type parallelAxis struct {
	At   float64 // on x
	Axis axis
}

// place is where a value lies along the axis, 0 to 1; NaN where it has none.
func (a parallelAxis) place(v float64) float64 {
	if !usable(v, a.Axis.Scale) {
		return math.NaN()
	}
	return min(max(a.Axis.Scale.Normalize(a.Axis.Min, a.Axis.Max, v), 0), 1)
}

// parallelAxes draws the axes with their ticks, on top of the lines.
type parallelAxes struct{ Axes []parallelAxis }

// Plot implements plot.Plotter.
func (a parallelAxes) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := places(c, p)
	f := sans(captionSize, false)
	for _, ax := range a.Axes {
		at := x(ax.At)
		c.StrokeLine2(draw.LineStyle{Color: ruleGrey, Width: 1}, at, y(0), at, y(1))
		end := vg.Length(math.Inf(-1))
		for _, t := range ax.Axis.ticks(ax.Axis.Min, ax.Axis.Max) {
			v := ax.place(t.Value)
			if math.IsNaN(v) || t.Value < ax.Axis.Min || t.Value > ax.Axis.Max {
				continue
			}
			c.StrokeLine2(draw.LineStyle{Color: ruleGrey, Width: 0.8}, at-3, y(v), at+3, y(v))
			label := clip(t.Label, 70, f)
			if label == "" || y(v) < end+f.Size {
				continue
			}
			end = y(v)
			w := textWidth(label, f)
			pad := []vg.Point{{X: at + 4, Y: y(v) - 4.5}, {X: at + 7 + w, Y: y(v) - 4.5}, {X: at + 7 + w, Y: y(v) + 4.5}, {X: at + 4, Y: y(v) + 4.5}}
			c.FillPolygon(color.NRGBA{0xFF, 0xFF, 0xFF, 0xE6}, pad) // so that lines do not run through it
			writeText(c, f, ink, vg.Point{X: at + 5.5, Y: y(v)}, left, middle, label)
		}
	}
}

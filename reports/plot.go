package reports

import (
	"cmp"
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sweep/results"
)

// What a Chart can have on x beside the hyperparameters.
const (
	BySteps      = "step"
	ByExamples   = "examples"
	BySeconds    = "seconds"
	ByParameters = "parameters"
)

// ChartOptions say what a Chart shows: the input's metric over X, a hyperparameter or one of the constants, with a line for
// each value of By, a hyperparameter, or "" for one line.
type ChartOptions struct {
	X, By      string
	LogX, LogY bool
	Title      string // "": made from the others
}

// UnknownNameError reports that a chart is to show something that the sweep does not have.
type UnknownNameError struct {
	Name  string
	Known []string
}

func (e *UnknownNameError) Error() string {
	return fmt.Sprintf("there is no %q to draw; the sweep has %s", e.Name, strings.Join(e.Known, ", "))
}

// Chart is one picture in the words of who asked for it.
type Chart struct {
	figure figure
	lines  []chartLine
	joined bool // there is something between one point of a line and the next
	x, y   axis
}

// chartLine is one line of a chart: means with their intervals, NaN where there is none.
type chartLine struct {
	name    string
	x, mean []float64
	low     []float64
	high    []float64
	n       []int
	of      []string
	trials  plotter.XYs
	told    []string
	color   color.NRGBA
}

// NewChart draws the input's metric as options say. Over a hyperparameter a point is the configuration that is best in all
// that is neither X nor By, with the 95 % interval of its mean; over steps, examples or seconds a line is the mean of the
// best configuration with that value of By.
func NewChart(in Input, o ChartOptions) (Chart, error) {
	s := newStudyOf(in)
	known := s.swept()
	if o.By != "" && !slices.Contains(known, o.By) {
		return Chart{}, &UnknownNameError{o.By, known}
	}
	c := Chart{y: axis{Label: s.metric.axisLabel(), Percent: s.metric.Share}}
	switch {
	case o.X == BySteps || o.X == ByExamples || o.X == BySeconds:
		if len(s.points) == 0 && len(in.Points) > 0 {
			return Chart{}, &NoCurveError{in.Sweep.Metric, curveMetrics(in.Points)}
		}
		c.overTraining(s, o)
	case o.X == ByParameters || slices.Contains(known, o.X):
		c.overValues(s, o)
	default:
		return Chart{}, &UnknownNameError{o.X, append(known, BySteps, ByExamples, BySeconds, ByParameters)}
	}
	c.lines = slices.DeleteFunc(c.lines, func(l chartLine) bool { return lastUsable(l.points()) < 0 })
	if err := c.scale(s, o); err != nil {
		return Chart{}, err
	}
	c.draw(s, o)
	return c, nil
}

// NoPlaceError reports values that have no place on the axis that was asked for.
type NoPlaceError struct {
	Axis   string // "x" or "y"
	What   string
	Reason string
}

func (e *NoPlaceError) Error() string {
	return fmt.Sprintf("%s cannot be logarithmic: %s %s", e.Axis, e.What, e.Reason)
}

// scale makes the axes logarithmic that are to be, if all that is drawn has a place there.
func (c *Chart) scale(s *study, o ChartOptions) error {
	positive := func(values func(chartLine) []float64) bool {
		for _, l := range c.lines {
			if slices.ContainsFunc(values(l), func(v float64) bool { return v <= 0 }) {
				return false
			}
		}
		return true
	}
	if o.LogX {
		switch {
		case c.x.Scale == category:
			return &NoPlaceError{"x", o.X, "has values that are no numbers"}
		case !positive(func(l chartLine) []float64 { return l.x }):
			return &NoPlaceError{"x", o.X, "has values that are not positive"}
		}
		c.x.Scale = logarithmic
	}
	if o.LogY {
		if !positive(func(l chartLine) []float64 { return l.mean }) {
			return &NoPlaceError{"y", s.metric.Name, "has values that are not positive"}
		}
		c.y.Scale = logarithmic
	}
	return nil
}

// NoCurveError reports a metric that was measured at the end only.
type NoCurveError struct {
	Metric string
	Curves []string // metrics that have one
}

func (e *NoCurveError) Error() string {
	if len(e.Curves) == 0 {
		return fmt.Sprintf("no trial has reported %s, or anything else, on the way", e.Metric)
	}
	return fmt.Sprintf("no trial has reported %s on the way; curves are there of %s", e.Metric, strings.Join(e.Curves, ", "))
}

// curveMetrics lists the metrics of points.
func curveMetrics(points []results.Point) []string {
	seen := map[string]bool{}
	for _, p := range points {
		seen[p.Metric] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// swept lists the names of all parameters that differ among the configurations.
func (s *study) swept() []string {
	var out []string
	for _, d := range s.dimensions {
		out = append(out, d.Name)
		out = append(out, d.With...)
	}
	return out
}

// overValues collects the points over a hyperparameter, or over the number of the model's parameters.
func (c *Chart) overValues(s *study, o ChartOptions) {
	at := func(k config) float64 { return float64(k.parameters) }
	c.x = axis{Label: "trainable parameters"}
	if o.X != ByParameters {
		d := s.dimension(o.X)
		at = d.at
		c.x = s.axis(d)
	}
	for _, group := range s.grouped(o.By) {
		l := chartLine{name: group.name}
		best := map[float64]config{}
		for _, i := range group.index {
			k := s.configs[i]
			x := at(k)
			if b, ok := best[x]; usable(k.mean, linear) && (!ok || s.metric.better(k.mean, b.mean)) {
				best[x] = k
			}
		}
		var xs []float64
		for x := range best {
			xs = append(xs, x)
		}
		slices.Sort(xs)
		for _, x := range xs {
			k := best[x]
			l.add(x, k.mean, k.low, k.high, k.N, s.told(k))
			for _, t := range k.trials {
				if len(k.trials) > 1 && t.State == "complete" && usable(t.value, linear) {
					l.trials = append(l.trials, plotter.XY{X: x, Y: t.value})
					l.told = append(l.told, t.named())
				}
			}
		}
		c.lines = append(c.lines, l)
	}
}

// overTraining collects learning curves.
func (c *Chart) overTraining(s *study, o ChartOptions) {
	c.x = axis{Label: map[string]string{BySteps: "step", ByExamples: "training examples seen", BySeconds: "seconds of training"}[o.X], Whole: o.X != BySeconds}
	for _, group := range s.grouped(o.By) {
		index := slices.SortedStableFunc(slices.Values(group.index), func(a, b int) int {
			return cmp.Compare(s.place(a), s.place(b))
		})
		if len(index) == 0 {
			continue
		}
		k := s.configs[index[0]]
		l := chartLine{name: group.name}
		v := s.curve(k, o.X == ByExamples, mostCurvePoints)
		for i := range v.x {
			x := v.x[i]
			if o.X == BySeconds {
				x = s.secondsAt(k, int64(x))
			}
			l.add(x, v.mean[i], v.low[i], v.high[i], v.n[i], "")
		}
		c.lines = append(c.lines, l)
	}
}

// place orders configurations by rank, those without one last.
func (s *study) place(i int) int {
	if r := s.configs[i].rank; r > 0 {
		return r
	}
	return len(s.configs) + 1 + i
}

// secondsAt is the mean time at which a configuration's trials came to a step.
func (s *study) secondsAt(k config, step int64) float64 {
	sum, n := 0.0, 0
	for _, t := range k.trials {
		for _, q := range s.points[t.Trial.Trial] {
			if q.Step == step {
				sum, n = sum+q.Seconds, n+1
				break
			}
		}
	}
	return sum / float64(n)
}

// sure reports whether some mean of the line has an interval.
func (l chartLine) sure() bool {
	return slices.ContainsFunc(l.low, func(v float64) bool { return usable(v, linear) })
}

func (l *chartLine) add(x, mean, low, high float64, n int, of string) {
	l.x, l.mean, l.low, l.high = append(l.x, x), append(l.mean, mean), append(l.low, low), append(l.high, high)
	l.n, l.of = append(l.n, n), append(l.of, of)
}

func (l chartLine) points() plotter.XYs {
	var out plotter.XYs
	for i, x := range l.x {
		out = append(out, plotter.XY{X: x, Y: l.mean[i]})
	}
	return out
}

// chartGroup is the configurations with one value of a parameter.
type chartGroup struct {
	name  string
	index []int
}

// grouped divides the configurations by a parameter, in the order of its values; "" leaves them together.
func (s *study) grouped(by string) []chartGroup {
	if by == "" {
		g := chartGroup{}
		for i := range s.configs {
			g.index = append(g.index, i)
		}
		return []chartGroup{g}
	}
	var out []chartGroup
	for _, v := range s.dimension(by).Values {
		g := chartGroup{name: by + " " + v.String()}
		for i, c := range s.configs {
			if c.params[by] == v {
				g.index = append(g.index, i)
			}
		}
		out = append(out, g)
	}
	return out
}

// draw makes the figure of the lines.
func (c *Chart) draw(s *study, o ChartOptions) {
	f := figure{Name: "plot", Columns: 1, Height: 280, Title: o.Title, Table: c.table(s, o)}
	over := o.X
	if o.X == ByParameters {
		over = "the number of parameters"
	}
	if f.Title == "" {
		f.Title = capital(s.metric.Label) + " over " + over
		if o.By != "" {
			f.Title += ", by " + o.By
		}
	}
	training := o.X == BySteps || o.X == ByExamples || o.X == BySeconds
	f.Caption = c.caption(s, o, training)
	f.Alt = f.Title + "."
	if len(c.lines) == 0 {
		f.Panels = []panel{{Empty: "no data: no trial has ended with a " + s.metric.Label + " yet"}}
		c.figure = f
		return
	}
	var xs, ys []float64
	for _, l := range c.lines {
		xs = append(xs, l.x...)
		ys = append(append(append(ys, l.mean...), l.low...), l.high...)
		for _, q := range l.trials {
			ys = append(ys, q.Y)
		}
	}
	if training && !o.LogY { // the steep beginning is not what is asked for; the data hold it
		ys = c.late(s)
	}
	if c.x.Marks == nil || o.LogX {
		c.x.cover(map[bool]float64{true: 0.01, false: 0.08}[training], xs...)
	}
	c.y.cover(0.06, ys...)
	if slices.ContainsFunc(c.lines, func(l chartLine) bool {
		return slices.ContainsFunc(l.mean, func(v float64) bool { return v > c.y.Max || v < c.y.Min })
	}) {
		f.Caption = slices.Insert(f.Caption, 1, "What lies outside the frame is in the CSV; --log y shows more of it.")
	}
	colors := seriesColors(len(c.lines), o.By != "" && s.dimension(o.By).Numeric)
	p := panel{X: c.x, Y: c.y}
	c.joined = c.x.Scale != category && o.X != ByParameters
	spread := min(9, 26/float64(len(c.lines))) // side by side at one value
	if o.X == ByParameters {
		spread = 0
	}
	var ends []endLabel
	for i := range c.lines {
		l := &c.lines[i]
		l.color = colors[i]
		p.Layers = append(p.Layers, bundle{cmp.Or(l.name, s.metric.Label), l.layers(i, training, c.joined, spread*(float64(i)-float64(len(c.lines)-1)/2))})
		if last := lastUsable(l.points()); l.name != "" {
			ends = append(ends, endLabel{At: plotter.XY{X: math.NaN(), Y: l.mean[last]}, Text: l.name, Color: l.color, Weight: 1})
		}
	}
	p.Layers = append(p.Layers, endLabels{Labels: ends, Width: 150})
	f.Panels = []panel{p}
	c.figure = f
}

// late are the values of learning curves after their first tenth.
func (c *Chart) late(s *study) []float64 {
	var out []float64
	for _, l := range c.lines {
		skip := len(l.mean) / 10
		for i := skip; i < len(l.mean); i++ {
			out = append(out, l.mean[i], l.low[i], l.high[i])
		}
	}
	return bulk(slices.DeleteFunc(out, func(v float64) bool { return !usable(v, linear) }), s.metric)
}

// layers draw a line: over training as a band, else its points, joined where there is something in between.
func (l *chartLine) layers(number int, training, joined bool, shift float64) []plot.Plotter {
	st := stroke{Color: l.color, Width: 1.6, Dash: number}
	if training {
		return []plot.Plotter{ribbon{X: l.x, Low: l.low, High: l.high, Color: faint(l.color, 0.16)}, line{Points: l.points(), Stroke: st}}
	}
	var out []plot.Plotter
	if joined {
		out = append(out, line{Points: l.points(), Stroke: st, Mute: true, Shift: shift})
	}
	out = append(out, dots{Points: l.trials, Color: faint(l.color, 0.4), Radius: 2, Shift: shift + 4.5, Of: l.told})
	for i, x := range l.x {
		out = append(out, interval{At: x, Low: l.low[i], High: l.high[i], Stroke: stroke{Color: l.color, Width: 1.2}, Shift: shift})
	}
	return append(out, dots{Points: l.points(), Color: l.color, Radius: 3.2, Shift: shift, Of: l.of})
}

func (c *Chart) caption(s *study, o ChartOptions, training bool) []string {
	var out []string
	switch {
	case !slices.ContainsFunc(c.lines, chartLine.sure):
		out = append(out, "One training each: no interval.")
	case training:
		out = append(out, fmt.Sprintf("Bands: 95 %% t intervals over n = %s replicates.", s.nRange()))
	default:
		out = append(out, fmt.Sprintf("Bars: 95 %% intervals of means of n = %s replicates, which are the faint points.", s.nRange()))
	}
	var rest []string
	for _, d := range s.dimensions {
		if names := append([]string{d.Name}, d.With...); !slices.Contains(names, o.X) && !slices.Contains(names, o.By) {
			rest = append(rest, d.Name)
		}
	}
	if len(rest) > 0 && o.X != ByParameters {
		out = append(out, "Each point has the best "+and(rest)+" there.")
		if training {
			out[len(out)-1] = "Each line is the best configuration over " + and(rest) + "."
		}
	}
	return append(append(out, s.heldFixed()), s.sourced()...)
}

func (c *Chart) table(s *study, o ChartOptions) table {
	t := table{Columns: []string{cmp.Or(o.By, "line"), o.X, s.metric.Name, "low", "high", "n"}}
	for _, l := range c.lines {
		for i := range l.x {
			x := any(l.x[i])
			if c.x.Scale == category {
				x = c.x.words(l.x[i])
			}
			t.add(strings.TrimPrefix(l.name, o.By+" "), x, l.mean[i], l.low[i], l.high[i], l.n[i])
		}
	}
	return t
}

// PNG is the chart at twice a screen's resolution.
func (c Chart) PNG() ([]byte, error) { return c.figure.png(pngDPI) }

// SVG is the chart as SVG.
func (c Chart) SVG() ([]byte, error) { return c.figure.svg() }

// CSV is the numbers behind the chart.
func (c Chart) CSV() ([]byte, error) { return c.figure.Table.csv() }

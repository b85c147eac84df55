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
)

// effect is what draws one dimension: lines of configurations that differ in it only.
type effect struct {
	s      *study
	d      dimension
	others []dimension
	series []series
}

// series is the configurations with the same place in every other dimension, along this one.
type series struct {
	label string
	at    []value // in the other dimensions
	index []int   // of the configurations, ascending along the dimension
	best  bool    // holds the best configuration
}

// effects draws one figure for each dimension.
func (s *study) effects() []figure {
	var out []figure
	for i, d := range s.dimensions {
		e := effect{s: s, d: d}
		e.others = append(e.others, s.dimensions[:i]...)
		e.others = append(e.others, s.dimensions[i+1:]...)
		e.group()
		out = append(out, e.figure())
	}
	return out
}

// group forms the series.
func (e *effect) group() {
	index := map[string]int{}
	for i, c := range e.s.configs {
		var at []value
		var names []string
		key := ""
		for _, o := range e.others {
			at = append(at, c.params[o.Name])
			names = append(names, o.Name+" "+c.params[o.Name].String())
			key += fmt.Sprintf("%q ", c.params[o.Name].text) // in full: what a label shows is cut
		}
		j, ok := index[key]
		if !ok {
			j = len(e.series)
			index[key] = j
			e.series = append(e.series, series{label: strings.Join(names, ", "), at: at})
		}
		e.series[j].index = append(e.series[j].index, i)
		e.series[j].best = e.series[j].best || i == e.s.best
	}
	for j := range e.series {
		slices.SortStableFunc(e.series[j].index, func(a, b int) int {
			return cmp.Compare(e.d.at(e.s.configs[a]), e.d.at(e.s.configs[b]))
		})
	}
	slices.SortStableFunc(e.series, func(a, b series) int {
		for k, o := range e.others {
			if o.Numeric && a.at[k].num != b.at[k].num {
				return cmp.Compare(a.at[k].num, b.at[k].num)
			}
			if i, j := slices.Index(o.Values, a.at[k]), slices.Index(o.Values, b.at[k]); i != j {
				return cmp.Compare(i, j)
			}
		}
		return 0
	})
}

// scattered reports whether there are no lines to draw: a search, where hardly two configurations agree in all the
// other parameters.
func (e *effect) scattered() bool {
	return len(e.others) > 0 && 2*len(e.series) > len(e.s.configs)
}

// fileSafe turns a parameter's name into part of a file name.
func fileSafe(name string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, name)
	s = strings.TrimLeft(s, ".")
	if s == "" {
		s = "_"
	}
	return s[:min(len(s), 80)]
}

func (e *effect) figure() figure {
	s := e.s
	f := figure{
		Name: "effect-" + fileSafe(e.d.Name), Chapter: chapterEffects, Title: e.title(), Columns: 1, Height: 250, Table: e.table(),
	}
	data := e.values()
	if len(data) == 0 {
		f.Panels = []panel{{Empty: "no data: no trial has finished with a " + s.metric.Label + " yet"}}
		f.Caption = append([]string{e.lostSentence()}, s.sourced()...)
		f.Alt = "No data yet."
		return f
	}
	in, out := near(s.references(), data)
	y := axis{Label: s.metric.axisLabel(), Percent: s.metric.Share, Scale: s.yScale(data)}
	shown := data
	for _, r := range in {
		shown = append(shown, r.value)
	}
	y.cover(0.07, append(shown, e.bounds(data)...)...)
	x := s.axis(e.d)
	if len(e.others) == 2 && !e.scattered() {
		x.widen(0.08) // narrow panels: what stands beside a value needs a larger share
	}
	f.Panels = e.panels(x, y, in)
	if n := len(f.Panels); n > 1 {
		f.Columns = min(n, 3)
		f.Height = 30 + 200*math.Ceil(float64(n)/float64(f.Columns))
		f.XLabel = x.Label
	}
	f.Legend = e.legend()
	f.Caption = append(f.Caption, e.captions()...)
	if len(in) > 0 {
		f.Caption = append(f.Caption, dashedSentence(in))
	}
	f.Caption = append(f.Caption, s.offScale(out), e.heldFixed(), e.lostSentence())
	f.Caption = append(f.Caption, s.sourced()...)
	f.Caption = slices.DeleteFunc(f.Caption, func(t string) bool { return t == "" })
	f.Alt = e.alt(in)
	return f
}

// values are all finite values of means and of replicates that came to their end.
func (e *effect) values() []float64 {
	var out []float64
	for _, c := range e.s.configs {
		for _, t := range c.trials {
			if c.drawn(t) && usable(t.value, linear) {
				out = append(out, t.value)
			}
		}
		if usable(c.mean, linear) {
			out = append(out, c.mean)
		}
	}
	return out
}

// drawn reports whether a replicate has a dot of its own beside the configuration's mean. A stopped one's value is not that of
// an end, and would stretch the scale; once new seeds have confirmed what a search has chosen, its own seeds are in no mean.
func (c config) drawn(t trial) bool {
	confirmed := slices.ContainsFunc(c.trials, func(o trial) bool { return bool(o.Confirms) && o.State == "complete" && usable(o.value, linear) })
	return t.State != "stopped" && (!confirmed || bool(t.Confirms))
}

// bounds are the ends of the intervals, as far as they do not squash the data: with two replicates an interval is
// twelve standard errors wide.
func (e *effect) bounds(data []float64) []float64 {
	lo, hi := slices.Min(data), slices.Max(data)
	reach := max(1.5*(hi-lo), 0.02*math.Abs(hi))
	var out []float64
	for _, c := range e.s.configs {
		for _, v := range []float64{c.low, c.high} {
			if usable(v, linear) {
				out = append(out, min(max(v, lo-reach), hi+reach))
			}
		}
	}
	return out
}

// yScale is logarithmic where the values of a perplexity differ by a factor of three and more.
func (s *study) yScale(data []float64) scaleKind {
	lo, hi := slices.Min(data), slices.Max(data)
	if lo > 0 && (s.metric.Perplexity && hi/lo > 3 || !s.metric.Share && hi/lo > 100) {
		return logarithmic
	}
	return linear
}

// panels draws the series: in one panel, or as small multiples over the other dimension with the fewest values.
func (e *effect) panels(x, y axis, refs []reference) []panel {
	layers, labels := e.s.baselineLayers(refs)
	if len(e.others) != 2 || e.scattered() {
		marks, ends := e.lines(e.series, len(e.others) < 2, 1)
		return []panel{{X: x, Y: y, Layers: append(append(layers, marks...), endLabels{Labels: append(labels, ends...), Width: 150})}}
	}
	over := e.facet()
	var out []panel
	for i, v := range e.others[over].Values {
		var part []series
		for _, r := range e.series {
			if r.at[over] == v {
				part = append(part, r)
			}
		}
		marks, _ := e.lines(part, false, 0.4)
		p := panel{Title: e.others[over].Name + " " + v.String(), X: x, Y: y, Layers: append(slices.Clone(layers), marks...)}
		if i%3 != 0 {
			p.Y.Bare = true
		}
		if i%3 == min(len(e.others[over].Values), 3)-1 {
			p.Layers = append(p.Layers, endLabels{Labels: labels, Width: 90})
		}
		p.X.Ticks, p.X.Label = 4, ""
		out = append(out, p)
	}
	return out
}

// facet is the index of the other dimension that small multiples are made over.
func (e *effect) facet() int {
	if len(e.others[1].Values) < len(e.others[0].Values) {
		return 1
	}
	return 0
}

// colored is the other dimension that the lines of one panel stand for, -1: none.
func (e *effect) colored() int {
	switch {
	case e.scattered() || len(e.others) == 0:
		return -1
	case len(e.others) == 1:
		return 0
	case len(e.others) == 2:
		return 1 - e.facet()
	}
	return -1
}

// look is the colour and the dash of a series.
func (e *effect) look(r series) (color.NRGBA, int) {
	k := e.colored()
	if k < 0 {
		if r.best || len(e.series) == 1 {
			return blue, 0
		}
		return paleGrey, 0
	}
	o := e.others[k]
	i := slices.Index(o.Values, r.at[k])
	return seriesColors(len(o.Values), o.Numeric)[i], e.dash(i)
}

// dash is the dash of the i-th colour: the best one's line is solid.
func (e *effect) dash(i int) int {
	k := e.colored()
	best := -1
	for _, r := range e.series {
		if r.best {
			best = slices.Index(e.others[k].Values, r.at[k])
		}
	}
	switch {
	case i == best:
		return 0
	case i < best:
		return 1 + i
	}
	return i + max(0, -best)
}

// lines draws series, with their names in the right margin if they are wanted. roomy is how much of the usual distance
// there is between what stands side by side at one value.
func (e *effect) lines(rs []series, named bool, roomy float64) (layers []plot.Plotter, ends []endLabel) {
	s := e.s
	var diverged []float64
	rs = slices.Clone(rs)
	slices.SortStableFunc(rs, func(a, b series) int { // the best on top
		if a.best != b.best && a.best {
			return 1
		} else if a.best != b.best {
			return -1
		}
		return 0
	})
	spread := 0.0
	if len(rs) > 1 && e.colored() >= 0 {
		spread = roomy * min(9, 26/float64(len(rs)))
	}
	beside := 6.5 * roomy
	if spread > 0 {
		beside = min(beside, spread*0.5)
	}
	for _, r := range rs {
		var own []plot.Plotter
		col, dash := e.look(r)
		shift := spread * (e.place(r) - float64(len(rs)-1)/2)
		var means plotter.XYs
		for _, i := range r.index {
			c := s.configs[i]
			at := e.d.at(c)
			for _, t := range c.trials {
				if t.State == "diverged" {
					diverged = append(diverged, at)
				}
			}
			if c.diverged == 0 || usable(c.mean, linear) {
				means = append(means, plotter.XY{X: at, Y: c.mean})
			}
			if len(c.trials) > 1 && len(e.others) < 3 {
				for k, t := range c.trials {
					if !c.drawn(t) {
						continue
					}
					// To the right of the mean's bar, which would cover them, and side by side.
					side := shift + beside + roomy*min(2.4, 12/float64(len(c.trials)))*float64(k)
					own = append(own, dots{Points: plotter.XYs{{X: at, Y: t.value}}, Color: faint(col, 0.4), Radius: 2, Shift: side,
						Of: []string{t.named()}})
				}
			}
		}
		width := 1.0
		if r.best || len(e.series) == 1 {
			width = 1.8
		}
		if e.d.Numeric && !e.scattered() {
			own = append(own, line{Points: means, Stroke: stroke{Color: col, Width: width, Dash: dash}, Shift: shift, Mute: true})
		}
		for _, i := range r.index {
			c := s.configs[i]
			at := e.d.at(c)
			p := plotter.XYs{{X: at, Y: c.mean}}
			of := []string{s.told(c)}
			if len(e.others) < 3 || r.best {
				own = append(own, interval{At: at, Low: c.low, High: c.high, Stroke: stroke{Color: col, Width: 1.2}, Shift: shift})
			}
			switch {
			case c.diverged > 0: // shown, not ranked
				own = append(own, dots{Points: p, Color: col, Radius: 3, Shape: ring, Shift: shift, Of: of})
			case i == s.best:
				own = append(own, dots{Points: p, Color: col, Radius: 4.2, Shift: shift, Of: of})
			default:
				own = append(own, dots{Points: p, Color: col, Radius: 3, Shift: shift, Of: of})
			}
		}
		layers = append(layers, bundle{Name: cmp.Or(r.label, s.metric.Label), Layers: own})
		if last := lastUsable(means); named && last >= 0 && r.label != "" && !e.scattered() {
			at := plotter.XY{X: math.NaN(), Y: means[last].Y}
			if k := len(e.d.Values) - 1; e.d.Numeric && means[last].X < e.d.Values[k].num {
				at.X = means[last].X // the line ends early: a leader runs to its name
			}
			ends = append(ends, endLabel{At: at, Text: r.label, Color: col, Bold: r.best, Weight: 2})
		}
	}
	layers = append(layers, lost{X: diverged})
	return layers, ends
}

// place is the number of a series among those it shares a panel with, by its colour.
func (e *effect) place(r series) float64 {
	if k := e.colored(); k >= 0 {
		return float64(slices.Index(e.others[k].Values, r.at[k]))
	}
	return 0
}

func lastUsable(ps plotter.XYs) int {
	for i := len(ps) - 1; i >= 0; i-- {
		if usable(ps[i].Y, linear) {
			return i
		}
	}
	return -1
}

func (e *effect) legend() []legendEntry {
	var out []legendEntry
	if k := e.colored(); k >= 0 && len(e.others) == 2 {
		o := e.others[k]
		cols := seriesColors(len(o.Values), o.Numeric)
		for i, v := range o.Values {
			out = append(out, legendEntry{Text: o.Name + " " + v.String(), Color: cols[i], Look: lookLine, Dash: e.dash(i)})
		}
	}
	mark, which := ink, ""
	switch {
	case len(e.series) == 1:
		mark = blue
	case e.colored() < 0 && e.s.best < 0:
		mark = paleGrey
	case e.scattered():
		mark, which = blue, ", the best configuration"
	case e.colored() < 0:
		mark, which = blue, ", the others at their best"
	}
	switch {
	case e.s.intervals() && (len(e.others) < 3 || e.s.best >= 0):
		out = append(out, legendEntry{Text: "mean and 95 % interval" + which, Color: mark, Look: lookBar})
	case e.s.replicates > 1: // intervals of so many lines would hide each other
		out = append(out, legendEntry{Text: "mean" + which, Color: mark, Look: lookDot})
	default:
		out = append(out, legendEntry{Text: "one training" + which, Color: mark, Look: lookDot})
	}
	if which != "" && e.othersDrawn() {
		out = append(out, legendEntry{Text: "all other configurations", Color: paleGrey, Look: lookDot})
	}
	if e.s.replicates > 1 && len(e.others) < 3 {
		out = append(out, legendEntry{Text: "one replicate", Color: faint(mark, 0.4), Look: lookDot})
	}
	if e.anyDiverged() {
		out = append(out, legendEntry{Text: "diverged", Color: vermilion, Look: lookCross})
		for _, c := range e.s.configs {
			if c.diverged > 0 && usable(c.mean, linear) {
				out = append(out, legendEntry{Text: "mean without its diverged replicates", Color: mark, Look: lookRing})
				break
			}
		}
	}
	return out
}

// othersDrawn reports whether there is a mean outside the series of the best.
func (e *effect) othersDrawn() bool {
	return slices.ContainsFunc(e.series, func(r series) bool {
		return !r.best && slices.ContainsFunc(r.index, func(i int) bool { return usable(e.s.configs[i].mean, linear) })
	})
}

// intervals reports whether any configuration has one.
func (s *study) intervals() bool {
	return slices.ContainsFunc(s.configs, func(c config) bool { return !math.IsNaN(c.low) && !math.IsNaN(c.high) })
}

func (e *effect) anyDiverged() bool {
	return slices.ContainsFunc(e.s.configs, func(c config) bool { return c.diverged > 0 })
}

// table holds every mean, every replicate and the baselines.
func (e *effect) table() table {
	s := e.s
	t := table{Columns: []string{"kind", e.d.Name}}
	dims := append(slices.Clone(e.d.With), names(e.others)...)
	t.Columns = append(t.Columns, dims...)
	t.Columns = append(t.Columns, "configuration", "trial", "replicate", "state", s.metric.Name, "low", "high", "n", "best", "tied_with_best")
	row := func(kind string, c *config, rest ...any) {
		cells := []any{kind}
		for _, d := range append([]string{e.d.Name}, dims...) {
			if c == nil {
				cells = append(cells, "")
			} else {
				cells = append(cells, c.params[d])
			}
		}
		t.add(append(cells, rest...)...)
	}
	for _, r := range e.series {
		for _, i := range r.index {
			c := &s.configs[i]
			row("mean", c, c.Configuration.Configuration, "", "", "", c.mean, c.low, c.high, c.N, bool(c.Best), bool(c.TiedWithBest))
			for _, tr := range c.trials {
				row("replicate", c, c.Configuration.Configuration, tr.Trial.Trial, tr.Replicate, tr.State, tr.value, "", "", "", "", "")
			}
		}
	}
	for _, r := range s.references() {
		row("baseline "+r.label, nil, "", "", "", "", r.value, "", "", "", "", "")
	}
	return t
}

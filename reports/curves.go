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

	"sweep/internal/stats"
	"sweep/results"
)

// mostCurves is how many configurations keep a colour of their own; the others are drawn grey.
const mostCurves = 7

// curve is the learning curve of one configuration over its replicates.
type curve struct {
	x, mean, low, high []float64 // low and high NaN with fewer than two replicates
	n                  []int
	last               int // index of the last usable mean, -1: none
	places             int // at which something was measured; of more than x holds the others are left out
}

// How many points of learning curves are drawn, and lie in the data beside the picture, of all configurations together and
// of each at least.
const (
	mostCurvePoints  = 60_000
	leastCurvePoints = 120
)

// curvesFigure draws metric against training.
func (s *study) curvesFigure() figure {
	f := figure{Name: "curves", Chapter: chapterCurves, Columns: 1, Height: 270}
	byExamples := s.varies("batch_size") && !s.program // a program counts steps of its own, and no examples
	unit := "optimiser steps"
	switch {
	case s.program:
		unit = "step"
	case byExamples:
		unit = "training examples seen"
	}
	curves := make([]curve, len(s.configs))
	any := false
	most := max(mostCurvePoints/max(len(s.configs), 1), leastCurvePoints)
	for i := range s.configs {
		curves[i] = s.curve(s.configs[i], byExamples, most)
		any = any || curves[i].last >= 0
	}
	f.Table = s.curveTable(curves, byExamples)
	f.Title = s.curvesTitle(curves)
	if !any {
		f.Title = "How did the trainings go?"
		f.Panels = []panel{{Empty: "no data: no training has reported its " + s.metric.Label + " yet"}}
		f.Caption, f.Alt = s.sourced(), "No data yet."
		return f
	}
	p := panel{X: axis{Label: unit, Whole: true}, Y: axis{Label: s.metric.axisLabel(), Percent: s.metric.Share}}
	finals, all := s.curveValues(curves)
	in, out := near(s.references(), finals)
	cut := s.curveRange(&p.Y, finals, all, in)
	var xs []float64
	for _, c := range curves {
		xs = append(xs, c.x...)
	}
	p.X.cover(0, append(xs, 0)...)
	if p.X.Min < 0 { // a single point at 0
		p.X.Min = 0
	}
	layers, labels := s.baselineLayers(in)
	p.Layers = layers
	shown, colors := s.curveColors(curves)
	off := s.curvesOff(curves, p.Y)
	whole := false // some line ends in the figure over the whole part
	for i, c := range curves {
		if !slices.Contains(shown, i) {
			p.Layers = append(p.Layers, line{Points: c.points(), Stroke: stroke{Color: paleGrey, Width: 0.8}})
		}
	}
	for k := len(shown) - 1; k >= 0; k-- { // the best on top
		c := curves[shown[k]]
		w := 1.3
		if shown[k] == s.best {
			w = 2
		}
		own := []plot.Plotter{
			ribbon{X: c.x, Low: c.low, High: c.high, Color: faint(colors[k], 0.16)},
			line{Points: c.points(), Stroke: stroke{Color: colors[k], Width: w, Dash: s.curveDash(shown, k)}},
		}
		if mean := s.configs[shown[k]].mean; c.last >= 0 && usable(mean, linear) { // over the whole part
			own = append(own, dots{Points: plotter.XYs{{X: c.x[c.last], Y: mean}}, Color: colors[k], Radius: 3, Shape: diamond, Of: []string{s.atEnd()}})
			whole = true
		}
		p.Layers = append(p.Layers, bundle{s.short(s.configs[shown[k]]), own})
		if c.last >= 0 && !slices.Contains(off, shown[k]) {
			labels = append(labels, endLabel{At: plotter.XY{X: c.x[c.last], Y: s.endOf(c, s.configs[shown[k]])},
				Text: s.short(s.configs[shown[k]]), Color: colors[k], Bold: shown[k] == s.best, Weight: 3})
		}
	}
	diverged := s.divergedMarks(&p, byExamples)
	p.Layers = append(p.Layers, endLabels{Labels: labels, Width: 150})
	f.Panels = []panel{p}
	f.Legend = s.curveLegend(whole, diverged > 0)
	f.Caption = s.curveCaption(curves, len(shown), cut, whole, diverged)
	if !cut && slices.ContainsFunc(shown, func(i int) bool { return curves[i].leaves(p.Y) }) {
		f.Caption = append(f.Caption, "Bands reach beyond the frame.")
	}
	if t := s.curvesOffScale(off, curves, out); t != "" {
		f.Caption = append(f.Caption, t)
	}
	f.Caption = append(f.Caption, s.sourced()...)
	f.Alt = s.curveAlt(curves, shown, unit)
	return f
}

// varies reports whether the configurations differ in a parameter.
func (s *study) varies(name string) bool {
	return slices.ContainsFunc(s.dimensions, func(d dimension) bool { return d.Name == name || slices.Contains(d.With, name) })
}

// curve is a configuration's mean over its replicates, at most places of it.
func (s *study) curve(c config, byExamples bool, most int) curve {
	all := s.measurements(c, byExamples)
	out := curve{last: -1, places: len(all)}
	for _, m := range peaks(all, most) {
		x := m.place
		mean, half, n := meanInterval(m.values)
		if usable(mean, linear) {
			out.last = len(out.x)
		}
		out.x = append(out.x, float64(x))
		out.mean = append(out.mean, mean)
		low := mean - half
		if s.metric.Loss || s.metric.Perplexity { // never negative, whatever a symmetric interval says
			low = max(low, 0)
		}
		out.low = append(out.low, low)
		out.high = append(out.high, mean+half)
		out.n = append(out.n, n)
	}
	return out
}

// thinned reports whether some of the places are left out.
func (c curve) thinned() bool { return len(c.x) < c.places }

// points are the curve's means.
func (c curve) points() plotter.XYs {
	var out plotter.XYs
	for i, x := range c.x {
		out = append(out, plotter.XY{X: x, Y: c.mean[i]})
	}
	return out
}

// meanInterval is the mean of the finite values and half the width of its 95 % t interval, NaN with fewer than two.
func meanInterval(values []float64) (mean, half float64, n int) {
	var finite []float64
	for _, v := range values {
		if usable(v, linear) {
			finite = append(finite, v)
		}
	}
	mean, half = stats.Mean(finite), math.NaN()
	if iv, ok := stats.MeanInterval(finite); ok {
		half = (iv.High - iv.Low) / 2
	}
	return mean, half, len(finite)
}

// endOf is where a curve's label belongs: at the diamond of the whole part, or at the line's end without one.
func (s *study) endOf(c curve, k config) float64 {
	if usable(k.mean, linear) {
		return k.mean
	}
	return c.mean[c.last]
}

// exploded is how many times the median of the curves' ends a loss is that says nothing about the others.
const exploded = 20

// curveValues are the last values of the curves and of the whole part, and all values, of the ranked configurations;
// where none is ranked, of all. A loss or perplexity that exploded is among neither, so that it does not set the scale.
func (s *study) curveValues(curves []curve) (finals, all []float64) {
	counts := func(i int) bool { return curves[i].last >= 0 || usable(s.configs[i].mean, linear) }
	var chosen []int
	for i, c := range s.configs {
		if c.rank > 0 && counts(i) {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) == 0 {
		for i := range s.configs {
			if counts(i) {
				chosen = append(chosen, i)
			}
		}
	}
	ends := make([]float64, len(chosen))
	for k, i := range chosen {
		ends[k] = s.endOf(curves[i], s.configs[i])
	}
	limit := math.Inf(1)
	if (s.metric.Loss || s.metric.Perplexity) && len(ends) > 0 {
		sorted := slices.Sorted(slices.Values(ends))
		if median := sorted[(len(sorted)-1)/2]; median > 0 {
			limit = exploded * median
		}
	}
	for k, i := range chosen {
		if ends[k] > limit {
			continue
		}
		c := curves[i]
		if c.last >= 0 && c.mean[c.last] <= limit {
			finals = append(finals, c.mean[c.last])
		}
		if usable(s.configs[i].mean, linear) {
			finals = append(finals, s.configs[i].mean)
		}
		for _, v := range c.mean {
			if usable(v, linear) {
				all = append(all, v)
			}
		}
	}
	return finals, append(all, finals...)
}

// curvesOff are the configurations whose curves end outside the frame.
func (s *study) curvesOff(curves []curve, y axis) []int {
	var out []int
	for _, i := range s.byRank() {
		if c := curves[i]; c.last >= 0 {
			if v := s.endOf(c, s.configs[i]); v < y.Min || v > y.Max {
				out = append(out, i)
			}
		}
	}
	return out
}

// curvesOffScale says which configurations and baselines the picture leaves out.
func (s *study) curvesOffScale(off []int, curves []curve, refs []reference) string {
	const most = 4 // named; a search may have dozens
	var out []reference
	for _, i := range off[:min(len(off), most)] {
		out = append(out, reference{label: s.label(s.configs[i]) + ":", value: s.endOf(curves[i], s.configs[i])})
	}
	t := s.offScale(append(out, refs...))
	if n := len(off) - most; n > 0 {
		t = strings.TrimSuffix(t, ".") + ", and " + count(n, "more configuration") + "."
	}
	return t
}

// leaves reports whether the band of a curve is cut by the frame.
func (c curve) leaves(y axis) bool {
	for i := range c.low {
		if usable(c.low[i], linear) && usable(c.high[i], linear) && (c.low[i] < y.Min || c.high[i] > y.Max) {
			return true
		}
	}
	return false
}

// curveRange sets the range of y so that the ends of the curves can be told apart: the steep beginning may lie
// outside. It reports whether it does.
func (s *study) curveRange(y *axis, finals, all []float64, refs []reference) bool {
	lo, hi := slices.Min(finals), slices.Max(finals)
	floor, ceiling := math.Inf(-1), math.Inf(1)
	switch span := max(3*(hi-lo), 0.15*math.Abs(hi)); {
	case s.metric.Perplexity && lo > 0:
		y.Scale = logarithmic
		ceiling = hi * min(max(1.5, math.Pow(hi/lo, 3)), 10)
	case s.metric.Maximize:
		floor = lo - span
	default:
		ceiling = hi + span
	}
	values := slices.Clone(finals)
	cut := false
	for _, v := range all {
		if v < floor || v > ceiling {
			cut = true
			continue
		}
		values = append(values, v)
	}
	if cut {
		values = append(values, max(slices.Min(all), floor), min(slices.Max(all), ceiling))
	}
	for _, r := range refs {
		values = append(values, r.value)
	}
	y.cover(0.04, values...)
	if (s.metric.Loss || s.metric.Perplexity) && y.Max > 0 {
		y.Min = max(y.Min, 0)
	}
	return cut
}

// curveDash is the dash of the k-th of the coloured curves: the best one's line is solid.
func (s *study) curveDash(shown []int, k int) int {
	switch best := slices.Index(shown, s.best); {
	case k == best:
		return 0
	case k < best:
		return 1 + k
	case best < 0:
		return 1 + k
	}
	return k
}

// curveColors chooses the configurations that are drawn in colour, and their colours.
func (s *study) curveColors(curves []curve) ([]int, []color.NRGBA) {
	var shown []int
	for _, i := range s.byRank() {
		// Of many, those that were stopped early have no rank, and a colour would say that they stand out.
		unranked := len(s.configs) > mostCurves && s.best >= 0 && s.configs[i].rank == 0
		if curves[i].last >= 0 && len(shown) < mostCurves && !unranked {
			shown = append(shown, i)
		}
	}
	if s.ordered() && len(s.configs) <= mostCurves {
		d := s.dimensions[0]
		slices.SortFunc(shown, func(a, b int) int { return cmp.Compare(d.at(s.configs[a]), d.at(s.configs[b])) })
		return shown, seriesColors(len(shown), true)
	}
	return shown, seriesColors(len(shown), false)
}

// divergedMarks puts a cross at the last finite point of every diverged trial, and returns how many diverged.
func (s *study) divergedMarks(p *panel, byExamples bool) int {
	n := 0
	var at plotter.XYs
	var edge []float64
	for _, c := range s.configs {
		for _, t := range c.trials {
			if t.State != "diverged" {
				continue
			}
			n++
			x, y := 0.0, math.NaN()
			for _, q := range s.points[t.Trial.Trial] {
				if v := orNaN(q.Value); usable(v, linear) {
					x, y = float64(q.Step), v
					if byExamples {
						x = float64(q.Examples)
					}
				}
			}
			if usable(y, p.Y.Scale) && y <= p.Y.Max && y >= p.Y.Min {
				at = append(at, plotter.XY{X: x, Y: y})
			} else {
				edge = append(edge, x)
			}
		}
	}
	p.Layers = append(p.Layers, dots{Points: at, Color: vermilion, Radius: 3, Shape: cross}, lost{X: edge})
	return n
}

func (s *study) curveLegend(whole, diverged bool) []legendEntry {
	out := []legendEntry{{Text: "mean over replicates", Color: ink, Look: lookLine}}
	if s.replicates > 1 {
		out = append(out, legendEntry{Text: "95 % interval", Color: faint(ink, 0.16), Look: lookBand})
	} else {
		out[0].Text = "one training"
	}
	if whole {
		out = append(out, legendEntry{Text: s.atEnd(), Color: ink, Look: lookDiamond})
	}
	if diverged {
		out = append(out, legendEntry{Text: "diverged", Color: vermilion, Look: lookCross})
	}
	return out
}

// atEnd is what the diamond at a curve's end shows. The built-in trainer measures its curves on a sample of the part; of a
// program nothing is known but what it reported.
func (s *study) atEnd() string {
	if s.program {
		return "what is compared: the trials' results"
	}
	return "at the end, over the whole " + partName(s.metric.Name)
}

// partName is "validation part" for val/loss.
func partName(metric string) string {
	switch {
	case len(metric) > 4 && metric[:4] == "val/":
		return "validation part"
	case len(metric) > 5 && metric[:5] == "test/":
		return "test part"
	}
	return "part"
}

func (s *study) curvesTitle(curves []curve) string {
	if s.best >= 0 && curves[s.best].last > 0 {
		// Over the last fifth: more than one percent of perplexity, or of whatever the metric's unit is.
		c := curves[s.best]
		end, before := c.mean[c.last], c.mean[max(c.last-max(len(c.x)/5, 1), 0)]
		gain := math.Abs(end-before) / max(math.Abs(end), 1e-12)
		if s.metric.Loss {
			gain = math.Abs(end - before)
		}
		if s.metric.better(end, before) && gain > 0.01 {
			return "Learning curves: the best was still improving when it ended"
		}
		return "Learning curves: the best had levelled off when it ended"
	}
	return "Learning curves"
}

func (s *study) curveCaption(curves []curve, shown int, cut, whole bool, diverged int) []string {
	var out []string
	if s.replicates > 1 {
		out = append(out, fmt.Sprintf("Lines are means, bands 95 %% t intervals, over n = %s replicates at each point.", s.nRange()))
	} else {
		out = append(out, "One training a configuration: no band.")
	}
	switch {
	case whole && s.program:
		out = append(out, "Lines are what the program reported on its way, the diamonds the results by which configurations are compared.")
	case whole:
		out = append(out, "Lines are measured on a fixed sample of the "+partName(s.metric.Name)+", the diamonds at their ends on all of it.")
	}
	if n := len(curves) - shown; n > 0 && len(curves) > mostCurves {
		which := "best"
		if s.best < 0 {
			which = "first"
		}
		out = append(out, fmt.Sprintf("The %s %d are coloured, the other %d grey.", which, shown, n))
	}
	if k := s.shortKey(); k != "" {
		out = append(out, k)
	}
	if cut {
		out = append(out, "The steep beginning lies outside the frame; the data behind the picture hold it.")
	}
	if diverged > 0 {
		out = append(out, count(diverged, "trial")+" diverged.")
	}
	if slices.ContainsFunc(curves, curve.thinned) {
		out = append(out, "Of long curves the peaks of each stretch are drawn; `sweep export` gives every point.")
	}
	return out
}

func (s *study) curveAlt(curves []curve, shown []int, unit string) string {
	t := capital(s.metric.Label) + " against " + unit + "."
	for _, i := range shown {
		if c := curves[i]; c.last > 0 {
			t += fmt.Sprintf(" %s: from %s to %s.", s.label(s.configs[i]), s.metric.format(c.mean[0]), s.metric.format(c.mean[c.last]))
		}
	}
	return t
}

// curveTable holds every point of every trial, not only the means; of curves that are thinned those at the places that are
// drawn.
func (s *study) curveTable(curves []curve, byExamples bool) table {
	t := table{Columns: []string{"configuration"}}
	for _, d := range s.dimensions {
		t.Columns = append(t.Columns, d.Name)
		t.Columns = append(t.Columns, d.With...)
	}
	t.Columns = append(t.Columns, "trial", "replicate", "state", "step", "examples", "seconds", s.metric.Name, "whole_part")
	for i, c := range s.configs {
		drawn := map[int64]bool{}
		for _, x := range curves[i].x {
			drawn[int64(x)] = true
		}
		head := []any{c.Configuration.Configuration}
		for _, d := range s.dimensions {
			for _, n := range append([]string{d.Name}, d.With...) {
				head = append(head, c.params[n])
			}
		}
		for _, tr := range c.trials {
			for _, q := range s.points[tr.Trial.Trial] {
				if curves[i].thinned() && !drawn[place(q, byExamples)] {
					continue
				}
				t.add(append(slices.Clone(head), tr.Trial.Trial, tr.Replicate, tr.State, q.Step, q.Examples, q.Seconds, q.Value, "")...)
			}
			if usable(tr.value, linear) {
				t.add(append(slices.Clone(head), tr.Trial.Trial, tr.Replicate, tr.State, tr.Steps, tr.Examples, tr.Seconds, tr.value, "1")...)
			}
		}
	}
	return t
}

// pointsOf sorts the points of one metric by trial and step. A perplexity that was not reported is made from the
// loss.
func pointsOf(all []results.Point, m metric) map[string][]results.Point {
	pick := func(name string) map[string][]results.Point {
		out := map[string][]results.Point{}
		for _, q := range all {
			if q.Metric == name {
				out[q.Trial] = append(out[q.Trial], q)
			}
		}
		return out
	}
	out := pick(m.Name)
	if len(out) == 0 && m.Perplexity {
		loss := map[string]string{"val/perplexity": "val/loss", "test/perplexity": "test/loss", "train/perplexity": "train/loss"}[m.Name]
		out = pick(loss)
		for _, qs := range out {
			for i, q := range qs {
				if q.Value != nil {
					v := math.Exp(*q.Value)
					qs[i].Value = &v
				}
			}
		}
	}
	for _, qs := range out {
		slices.SortStableFunc(qs, func(a, b results.Point) int { return cmp.Compare(a.Step, b.Step) })
	}
	return out
}

package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"sweep/internal/stats"
	"sweep/results"
)

// vowelMetric is what the trainer tells of embeddings of characters: the mean distance among vowels over that of all
// pairs of letters.
const vowelMetric = "vowels/ratio"

// shuffled is the parameter of the control.
const shuffled = "shuffle_targets"

// vowelCurve is the ratio of one configuration's replicates over the steps.
type vowelCurve struct {
	config     config
	curve      curve
	each       []plotter.XYs // by replicate
	start, end []float64     // by replicate
}

// vowelCurves are those of the best configuration and, if there is one, of its control: the same in everything but that
// targets are shuffled.
func (s *study) vowelCurves(all []results.Point) []vowelCurve {
	if s.best < 0 {
		return nil
	}
	best := s.configs[s.best]
	out := []vowelCurve{newVowelCurve(best, all)}
	if len(out[0].each) == 0 {
		return nil
	}
	for _, c := range s.configs {
		if c.params[shuffled].text != "true" || best.params[shuffled].text == "true" || !s.sameBut(shuffled, c, best) {
			continue
		}
		if v := newVowelCurve(c, all); len(v.each) > 0 {
			return append(out, v)
		}
	}
	return out
}

// sameBut reports whether two configurations differ in one parameter only.
func (s *study) sameBut(name string, a, b config) bool {
	for _, d := range s.dimensions {
		for _, n := range append([]string{d.Name}, d.With...) {
			if n != name && a.params[n] != b.params[n] {
				return false
			}
		}
	}
	return true
}

func newVowelCurve(c config, all []results.Point) vowelCurve {
	v := vowelCurve{config: c, curve: curve{last: -1}}
	at := map[int64][]float64{}
	for _, t := range c.trials {
		if t.State != "complete" {
			continue
		}
		line := vowelPoints(all, t.Trial.Trial)
		if len(line) < 2 {
			continue
		}
		v.each = append(v.each, line)
		v.start, v.end = append(v.start, line[0].Y), append(v.end, line[len(line)-1].Y)
		for _, q := range line {
			at[int64(q.X)] = append(at[int64(q.X)], q.Y)
		}
	}
	var steps []int64
	for step := range at {
		steps = append(steps, step)
	}
	slices.Sort(steps)
	for _, step := range steps {
		mean, half, n := meanInterval(at[step])
		v.curve.x = append(v.curve.x, float64(step))
		v.curve.mean = append(v.curve.mean, mean)
		v.curve.low, v.curve.high = append(v.curve.low, max(mean-half, 0)), append(v.curve.high, mean+half)
		v.curve.n = append(v.curve.n, n)
	}
	v.curve.last = len(steps) - 1
	return v
}

// vowelPoints are a trial's points of the metric, by step.
func vowelPoints(all []results.Point, trial string) plotter.XYs {
	var out plotter.XYs
	for _, q := range all {
		if q.Trial == trial && q.Metric == vowelMetric && usable(orNaN(q.Value), linear) {
			out = append(out, plotter.XY{X: float64(q.Step), Y: *q.Value})
		}
	}
	slices.SortStableFunc(out, func(a, b plotter.XY) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(out, func(a, b plotter.XY) bool { return a.X == b.X })
}

// fell is the mean change of the replicates from their first point to their last, and whether its 95 % interval is
// below 0.
func (v vowelCurve) fell() (change float64, sure bool) {
	var d []float64
	for i, s := range v.start {
		d = append(d, v.end[i]-s)
	}
	iv, ok := stats.MeanInterval(d)
	return stats.Mean(d), ok && iv.High < 0
}

// closer counts the trainings of the best configuration whose vowels end closer together than they began.
func closer(vs []vowelCurve) (n, all int) {
	if len(vs) == 0 {
		return 0, 0
	}
	for i, s := range vs[0].start {
		if vs[0].end[i] < s {
			n++
		}
	}
	return n, len(vs[0].start)
}

// vowelsFigure draws the ratio over the steps, that of the control beside it. ok is false where there is none.
func (s *study) vowelsFigure(vs []vowelCurve) (f figure, ok bool) {
	if len(vs) == 0 {
		return f, false
	}
	f = figure{Name: "vowels", Chapter: chapterEmbedding, Columns: 1, Height: 270, Title: vowelTitle(vs)}
	x, place := stepAxis(vs)
	p := panel{X: x, Y: axis{Label: "distance among vowels / among all letters"}}
	colors := []color.NRGBA{blue, vermilion}
	names := []string{"as the text has it", "targets shuffled"}
	if len(vs) == 1 {
		names[0] = "mean"
	}
	values := []float64{1}
	var labels []endLabel
	f.Table = table{Columns: []string{"configuration", shuffled, "trial", "replicate", "step", vowelMetric}}
	p.Layers = append(p.Layers, rule{At: 1, Stroke: stroke{Color: ruleGrey, Width: 0.8, Dash: 1}})
	labels = append(labels, endLabel{At: plotter.XY{X: math.NaN(), Y: 1}, Text: "like any letters", Color: inkSoft, Weight: 1})
	for k, v := range vs {
		for _, l := range v.each {
			line := line{Stroke: stroke{Color: faint(colors[k], 0.22), Width: 0.7}}
			for _, q := range l {
				values = append(values, q.Y)
				line.Points = append(line.Points, plotter.XY{X: place(q.X), Y: q.Y})
			}
			p.Layers = append(p.Layers, line)
		}
	}
	for k := len(vs) - 1; k >= 0; k-- {
		c := vs[k].curve
		xs := make([]float64, len(c.x))
		mean := line{Stroke: stroke{Color: colors[k], Width: 2, Dash: k}}
		for i := range c.x {
			xs[i] = place(c.x[i])
			mean.Points = append(mean.Points, plotter.XY{X: xs[i], Y: c.mean[i]})
		}
		values = append(append(values, c.low...), c.high...)
		p.Layers = append(p.Layers, ribbon{X: xs, Low: c.low, High: c.high, Color: faint(colors[k], 0.16)}, mean)
		labels = append(labels, endLabel{At: plotter.XY{X: xs[c.last], Y: c.mean[c.last]}, Bold: k == 0, Color: colors[k], Weight: 3 - k,
			Text: fmt.Sprintf("%s: %.2f", names[k], c.mean[c.last])})
	}
	p.Y.cover(0.05, values...)
	p.Y.Min = max(p.Y.Min, 0)
	p.Layers = append(p.Layers, endLabels{Labels: labels, Width: 130})
	f.Panels = []panel{p}
	f.Legend = vowelLegend(vs, colors)
	f.Caption, f.Alt = s.vowelCaption(vs), vowelAlt(vs, names)
	for _, v := range vs {
		v.addRows(&f.Table)
	}
	return f, true
}

// addRows notes every point of every trial.
func (v vowelCurve) addRows(t *table) {
	k := 0
	for _, r := range v.config.trials {
		if r.State != "complete" || k == len(v.each) {
			continue
		}
		for _, q := range v.each[k] {
			t.add(v.config.Configuration.Configuration, v.config.params[shuffled].text == "true", r.Trial.Trial, r.Replicate, int64(q.X), q.Y)
		}
		k++
	}
}

// stepAxis is a logarithmic axis of steps with a place for step 0 to the left of step 1, and where a step lies on it.
func stepAxis(vs []vowelCurve) (axis, func(step float64) float64) {
	const zero = 0.4
	place := func(step float64) float64 { return max(step, zero) }
	a := axis{Label: "optimiser steps (logarithmic, the start at its left)", Scale: logarithmic}
	last := 1.0
	started := false
	for _, v := range vs {
		last = max(last, v.curve.x[v.curve.last])
		started = started || v.curve.x[0] == 0
	}
	first := vs[0].curve.x[0]
	if started {
		first = zero
		a.Marks = append(a.Marks, mark{At: zero, Label: "0"})
	} else {
		a.Label = "optimiser steps (logarithmic)"
	}
	for step := 1.0; step <= last; step *= 10 {
		if step >= first {
			a.Marks = append(a.Marks, mark{At: step, Label: si(step, step/100)})
		}
	}
	if at := a.Marks[len(a.Marks)-1].At; last >= 2*at {
		a.Marks = append(a.Marks, mark{At: last, Label: si(last, last/100)})
	}
	a.cover(0, first, last)
	return a, place
}

func vowelTitle(vs []vowelCurve) string {
	v := vs[0]
	_, sure := v.fell()
	was, is := stats.Mean(v.start), stats.Mean(v.end)
	title := fmt.Sprintf("The distance among vowels goes from %.2f to %.2f of that among all letters", was, is)
	if sure {
		title = fmt.Sprintf("Vowels draw together: the distance among them falls from %.2f to %.2f of that among all letters", was, is)
	}
	if len(vs) < 2 {
		return title
	}
	if apart(v.end, vs[1].end) {
		return title + fmt.Sprintf("; with targets shuffled it ends at %.2f", stats.Mean(vs[1].end))
	}
	return title + "; that is not told from the control with targets shuffled"
}

// apart reports whether the mean of a is below that of b by more than chance explains (95 %, Welch).
func apart(a, b []float64) bool {
	c, ok := stats.Welch(a, b) // b minus a
	return ok && c.Low > 0
}

func vowelLegend(vs []vowelCurve, colors []color.NRGBA) []legendEntry {
	out := []legendEntry{{Text: "mean over replicates", Color: colors[0], Look: lookLine}}
	if len(vs) > 1 {
		out[0].Text = "mean, targets as the text has them"
		out = append(out, legendEntry{Text: "mean, targets shuffled", Color: colors[1], Look: lookLine, Dash: 1})
	}
	return append(out, legendEntry{Text: "95 % interval", Color: faint(ink, 0.16), Look: lookBand},
		legendEntry{Text: "one replicate", Color: faint(ink, 0.4), Look: lookLine})
}

func (s *study) vowelCaption(vs []vowelCurve) []string {
	out := []string{fmt.Sprintf("Mean Euclidean distance of the pairs of a, e, i, o, u over that of all pairs of letters, in all dimensions; n = %d replicates.", len(vs[0].each))}
	if len(vs) > 1 {
		out = append(out, "Control: the same training, in which every letter is to be guessed from what came before another one, so that only frequencies are left to learn.")
	}
	return append(out, s.source())
}

func vowelAlt(vs []vowelCurve, names []string) string {
	t := "Ratio against steps."
	for k, v := range vs {
		t += fmt.Sprintf(" %s: from %.2f to %.2f.", capital(names[k]), stats.Mean(v.start), stats.Mean(v.end))
	}
	return t
}

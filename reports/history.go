package reports

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// tried is one configuration as a search has met it: the mean over the seeds that the search saw, and what it had spent
// when the last of them was in.
type tried struct {
	config  int // index into configs
	value   float64
	whole   bool    // all its trainings went to their end
	trials  int     // trained so far, this configuration's included
	seconds float64 // of training so far
	best    float64 // so far, NaN before the first
}

// tries lists the configurations in the order in which they were drawn. Seeds that were kept for the confirmation are left
// out.
func (s *study) tries() []tried {
	type entry struct {
		config   int
		position int // of its first trial
	}
	var order []entry
	for i, c := range s.configs {
		if len(c.trials) > 0 {
			order = append(order, entry{i, slices.MinFunc(c.trials, func(a, b trial) int { return a.position - b.position }).position})
		}
	}
	slices.SortStableFunc(order, func(a, b entry) int { return a.position - b.position })
	var out []tried
	trials, spent, best := 0, 0.0, math.NaN()
	for _, e := range order {
		t := tried{config: e.config, whole: true}
		sum, n := 0.0, 0
		for _, tr := range s.configs[e.config].trials {
			if tr.Confirms || tr.State == "waiting" || tr.State == "running" {
				continue
			}
			trials++
			spent += tr.Seconds
			t.whole = t.whole && tr.State == "complete"
			if usable(tr.value, linear) {
				sum, n = sum+tr.value, n+1
			}
		}
		if n == 0 {
			continue
		}
		t.value, t.trials, t.seconds = sum/float64(n), trials, spent
		if t.whole && (math.IsNaN(best) || s.metric.better(t.value, best)) {
			best = t.value
		}
		t.best = best
		out = append(out, t)
	}
	return out
}

// searched counts the trainings of a configuration that the search saw.
func searched(c config) int {
	n := 0
	for _, t := range c.trials {
		if !t.Confirms {
			n++
		}
	}
	return n
}

// leastTried is how many configurations make a history.
const leastTried = 5

// historyFigure draws the best so far of a search, by configuration and by seconds of training. ok is false for what is
// no search.
func (s *study) historyFigure(method string) (f figure, ok bool) {
	ts := s.tries()
	if method == "" || method == "grid" || s.mixed || len(ts) < leastTried {
		return figure{}, false
	}
	f = figure{Name: "history", Chapter: chapterRun, Columns: 2, Height: 230}
	f.Table = table{Columns: []string{"number", "configuration", "label", s.metric.Name, "whole", "best_so_far", "trials", "seconds"}}
	var ys []float64
	for k, t := range ts {
		c := s.configs[t.config]
		f.Table.add(k+1, c.Configuration.Configuration, s.label(c), t.value, t.whole, t.best, t.trials, t.seconds)
		ys = append(ys, t.value)
	}
	y := axis{Label: s.metric.axisLabel(), Percent: s.metric.Share, Scale: s.yScale(ys)}
	y.cover(0.06, bulk(ys, s.metric)...)
	byNumber := s.historyPanel(ts, y, axis{Label: "configurations tried", Whole: true}, func(k int) float64 { return float64(k + 1) })
	bySeconds := s.historyPanel(ts, y, axis{Label: "seconds of training, all workers together"}, func(k int) float64 { return ts[k].seconds })
	bySeconds.Y.Bare = true
	f.Panels = []panel{byNumber, bySeconds}
	f.Legend = []legendEntry{{Text: "best so far", Color: blue, Look: lookLine}, {Text: "one configuration", Color: inkSoft, Look: lookDot}}
	if slices.ContainsFunc(ts, func(t tried) bool { return !t.whole }) {
		f.Legend = append(f.Legend, legendEntry{Text: "stopped early: never the best", Color: ruleGrey, Look: lookRing})
	}
	f.Title = s.historyTitle(ts)
	f.Caption = s.historyCaption(ts, y)
	f.Alt = f.Title + fmt.Sprintf(". %s tried.", count(len(ts), "configuration"))
	return f, true
}

// bulk leaves out what is so much worse than the middle that the best could not be told apart beside it.
func bulk(values []float64, m metric) []float64 {
	if len(values) == 0 || m.Maximize {
		return values
	}
	sorted := slices.Sorted(slices.Values(values))
	low, middle := sorted[0], sorted[(len(sorted)-1)/2]
	most := middle + 2*max(middle-low, 0.01*math.Abs(middle))
	out := slices.DeleteFunc(sorted, func(v float64) bool { return v > most })
	return out
}

// historyPanel draws the tries over one measure of what they took.
func (s *study) historyPanel(ts []tried, y, x axis, at func(int) float64) panel {
	var steps, whole, early plotter.XYs
	var wholeOf, earlyOf []string
	xs := []float64{0}
	for k, t := range ts {
		q := plotter.XY{X: at(k), Y: t.value}
		xs = append(xs, q.X)
		if t.whole {
			whole, wholeOf = append(whole, q), append(wholeOf, s.label(s.configs[t.config]))
		} else {
			early, earlyOf = append(early, q), append(earlyOf, s.label(s.configs[t.config]))
		}
		if math.IsNaN(t.best) {
			continue
		}
		if n := len(steps); n > 0 && t.best != steps[n-1].Y {
			steps = append(steps, plotter.XY{X: q.X, Y: steps[n-1].Y})
		}
		steps = append(steps, plotter.XY{X: q.X, Y: t.best})
	}
	x.cover(0.03, xs...)
	x.Min = max(x.Min, 0)
	return panel{X: x, Y: y, Layers: []plot.Plotter{
		bundle{"stopped early", []plot.Plotter{dots{Points: early, Color: ruleGrey, Radius: 2, Shape: ring, Of: earlyOf}}},
		bundle{"configurations", []plot.Plotter{dots{Points: whole, Color: faint(inkSoft, 0.7), Radius: 2.2, Of: wholeOf}}},
		bundle{"best so far", []plot.Plotter{line{Points: steps, Stroke: stroke{Color: blue, Width: 1.8}, Of: "best so far"}}},
	}}
}

func (s *study) historyTitle(ts []tried) string {
	last := ts[len(ts)-1].best
	if math.IsNaN(last) {
		return "No configuration has been trained to its end yet"
	}
	found := slices.IndexFunc(ts, func(t tried) bool { return t.best == last })
	return fmt.Sprintf("The best of the search was found after %d of %s", found+1, count(len(ts), "configuration"))
}

func (s *study) historyCaption(ts []tried, y axis) []string {
	var out []string
	if slices.ContainsFunc(s.configs, func(c config) bool { return searched(c) > 1 }) {
		out = append(out, "Each point is the mean over the seeds that the search saw.")
	}
	off := 0
	for _, t := range ts {
		if t.value > y.Max || t.value < y.Min {
			off++
		}
	}
	if off > 0 {
		out = append(out, count(off, "configuration")+" lie outside the frame; the data behind the picture hold them.")
	}
	if slices.ContainsFunc(s.configs, func(c config) bool {
		return slices.ContainsFunc(c.trials, func(t trial) bool { return bool(t.Confirms) })
	}) {
		out = append(out, "The lowest of many noisy values flatters itself: the answer goes by new seeds, which are not shown here.")
	} else if last := ts[len(ts)-1].best; !math.IsNaN(last) {
		out = append(out, "The best of many noisy values flatters itself.")
	}
	return append(out, s.source())
}

package reports

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// startFigure draws the races. ok is false where no start is compared with a random one.
func (s *study) startFigure() (f figure, ok bool) {
	rs := s.races()
	if len(rs) == 0 {
		return figure{}, false
	}
	f = figure{Name: "start", Chapter: chapterCurves, Columns: 1, Height: 66 + 30*float64(len(rs))}
	f.Table = table{Columns: []string{"configuration", "label", "random_start", "replicate", "trial", "random_trial", "target", "random_steps", "steps", "share", "steps_there_were"}}
	x := axis{Label: "steps to the random start's best, % of the steps that it took itself"}
	y := axis{Scale: category, Min: 0.5, Max: float64(len(rs)) + 0.5}
	p := panel{Layers: []plot.Plotter{rule{At: 100, Upright: true, Stroke: stroke{Color: inkSoft, Width: 1}}}}
	var pairs, means, never plotter.XYs
	values := []float64{0, 100}
	for k, r := range rs {
		at := float64(len(rs) - k)
		y.Marks = append(y.Marks, mark{At: at, Label: rowLabel(s.raceLabel(s.configs[r.config]))})
		for i, l := range r.laps {
			jitter, apart := -0.25, 0.16 // replicates stand below their mean, a little apart
			if math.IsNaN(r.mean) {
				jitter, apart = 0, 0.5
			}
			if len(r.laps) > 1 {
				jitter += apart * (float64(i)/float64(len(r.laps)-1) - 0.5)
			}
			there := any("")
			v := 100 * l.share()
			if math.IsNaN(v) {
				v = 100 * l.most / l.randomSteps
				never = append(never, plotter.XY{X: v, Y: at + jitter})
			} else {
				there = l.steps
				pairs = append(pairs, plotter.XY{X: v, Y: at + jitter})
			}
			values = append(values, v)
			share := any("")
			if there != "" {
				share = l.share()
			}
			f.Table.add(s.configs[r.config].Configuration.Configuration, s.label(s.configs[r.config]), s.configs[r.random].Configuration.Configuration,
				l.replicate, l.trial, l.random, l.target, l.randomSteps, there, share, l.most)
		}
		if !math.IsNaN(r.mean) {
			means = append(means, plotter.XY{X: 100 * r.mean, Y: at})
		}
		if !math.IsNaN(r.low) {
			p.Layers = append(p.Layers, interval{At: at, Low: 100 * r.low, High: 100 * r.high, Flat: true, Stroke: stroke{Color: ink, Width: 2}})
			values = append(values, max(0, 100*r.low), min(300, 100*r.high))
		}
	}
	x.cover(0.04, values...)
	x.Min = 0
	p.X, p.Y = x, y
	p.Layers = append(p.Layers, dots{Points: pairs, Color: faint(blue, 0.55), Radius: 2.2}, dots{Points: never, Color: vermilion, Radius: 3, Shape: cross},
		dots{Points: means, Color: ink, Radius: 3.4})
	f.Panels = []panel{p}
	f.Legend = []legendEntry{{Text: "one replicate against the random start of its seed", Color: blue, Look: lookDot}}
	if len(means) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "mean, 95 % interval", Color: ink, Look: lookDot})
	}
	if len(never) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "not reached when it ended", Color: vermilion, Look: lookCross})
	}
	f.Title = s.startTitle(rs)
	f.Caption = s.startCaption()
	var said []string
	for _, r := range rs {
		said = append(said, s.raceSentence(r))
	}
	f.Alt = strings.Join(said, " ")
	return f, true
}

// startTitle is the finding about the fastest of those that are sooner beyond doubt, or that there are none.
func (s *study) startTitle(rs []race) string {
	var means, clear []race
	for _, r := range rs {
		if !math.IsNaN(r.mean) {
			means = append(means, r)
		}
		if r.high < 1 {
			clear = append(clear, r)
		}
	}
	fastest := func(rs []race) race {
		return slices.MinFunc(rs, func(a, b race) int { return cmp.Compare(a.mean, b.mean) })
	}
	switch {
	case len(means) == 0:
		return "No start from vectors was, in every replicate, as good as the random start became"
	case len(clear) > 0:
		r := fastest(clear)
		return fmt.Sprintf("%s: %s fewer steps to the random start's best", s.raceLabel(s.configs[r.config]), wholePercent(1-r.mean))
	}
	r := fastest(means)
	who := s.raceLabel(s.configs[r.config])
	switch {
	case math.IsNaN(r.low):
		return fmt.Sprintf("%s: %s of the random start's steps to reach its best", who, wholePercent(r.mean))
	case r.low > 1:
		return fmt.Sprintf("No start from vectors is sooner than the random start; %s takes %s of its steps", who, wholePercent(r.mean))
	}
	return "No start from vectors reaches the random start's best clearly sooner"
}

func (s *study) startCaption() []string {
	out := []string{"The target is the best point of the random start's curve with the same seed and otherwise the same parameters; between the points of a curve its steps are read off a straight line. Each interval is by itself."}
	for _, p := range s.fixed {
		if p.name == "lr_schedule" && p.value.text != "constant" {
			out = append(out, "The learning rate falls towards the end of every training, and much of the gain with it: the share says less than at a constant rate.")
		}
	}
	if names := s.raceNames(); len(names) > 1 {
		out = append(out, "Labels: "+strings.Join(names, " / ")+".")
	}
	return append(out, s.source())
}

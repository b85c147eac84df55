package reports

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"sweep/internal/stats"
	"sweep/results"
)

// mostDifferences is how many configurations are compared with the best in one picture.
const mostDifferences = 16

// difference is one configuration against the best.
type difference struct {
	config    int
	by        float64 // in nats for losses and perplexities, otherwise in the metric's unit; positive: worse
	low, high float64 // 95 % interval, NaN without
	bound     float64 // lower bound at 95 % for all configurations at once; tied if it is not above 0
	n         int
	tied      bool
}

// differences compares the ranked configurations with the best. Where the answer was found with one pooled residual
// variance the intervals use it, otherwise Welch's.
func (s *study) differences(answer results.Answer) []difference {
	if s.best < 0 {
		return nil
	}
	best := s.inNats(s.configs[s.best])
	ranked := 0
	for _, c := range s.configs {
		if c.rank > 0 {
			ranked++
		}
	}
	var quantiles stats.Quantiles
	var out []difference
	for _, i := range s.byRank() {
		c := s.configs[i]
		if i == s.best || c.rank == 0 || len(out) == mostDifferences {
			continue
		}
		own := s.inNats(c)
		if len(own) == 0 || len(best) == 0 {
			continue
		}
		d := difference{config: i, by: stats.Mean(own) - stats.Mean(best), n: len(own), tied: bool(c.TiedWithBest),
			low: math.NaN(), high: math.NaN(), bound: math.NaN()}
		if s.metric.Maximize {
			d.by = -d.by
		}
		se, df := math.NaN(), math.NaN()
		switch {
		case answer.Method == stats.ByBlocks && answer.Residual != nil && answer.DF != nil:
			se, df = *answer.Residual*math.Sqrt(1/float64(len(own))+1/float64(len(best))), *answer.DF
		case answer.Method != stats.ByNothing:
			if w, ok := stats.Welch(best, own); ok {
				se, df = w.SE, w.DF
			}
		}
		if usable(se, linear) && df > 0 {
			half := se * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(0.975)
			d.low, d.high = d.by-half, d.by+half
			d.bound = d.by - se*quantiles.Best(ranked, df)
		}
		out = append(out, d)
	}
	return out
}

// inNats are a configuration's values on the scale on which differences are taken: logarithms of perplexities.
func (s *study) inNats(c config) []float64 {
	var out []float64
	for _, t := range c.trials {
		v := t.value
		if s.metric.Perplexity {
			v = math.Log(v)
		}
		if usable(v, linear) && t.State == "complete" {
			out = append(out, v)
		}
	}
	return out
}

// differenceFigure shows which of the leading configurations are truly apart from the best. ok is false where there
// is nothing to compare.
func (s *study) differenceFigure(answer results.Answer) (f figure, ok bool) {
	ds := s.differences(answer)
	if len(ds) == 0 {
		return figure{}, false
	}
	f = figure{Name: "difference", Chapter: chapterDifferences, Columns: 1, Height: 60 + 20*float64(len(ds)+1)}
	unit, shown := s.differenceUnit()
	f.Table = table{Columns: []string{"configuration", "label", "difference_from_best", "low", "high", "bound_all_at_once", "n", "tied_with_best", "shown_" + unit}}
	x := axis{Label: "worse than the best by (" + unit + ")"}
	y := axis{Scale: category, Min: -0.5, Max: float64(len(ds)) + 0.5}
	values := []float64{0}
	p := panel{}
	var apart, alike, unjudged plotter.XYs
	best := s.configs[s.best]
	y.Marks = append(y.Marks, mark{At: float64(len(ds)), Label: rowLabel(s.short(best))})
	f.Table.add(best.Configuration.Configuration, s.label(best), 0.0, "", "", "", best.N, true, 0.0)
	for k, d := range ds {
		c := s.configs[d.config]
		at := float64(len(ds) - 1 - k)
		lo, hi, by := shown(d.low), shown(d.high), shown(d.by)
		values = append(values, by)
		if usable(lo, linear) && usable(hi, linear) {
			values = append(values, lo, hi)
		}
		if bound := shown(d.bound); by-bound < 4*(hi-lo) {
			values = append(values, bound)
		}
		col := ink
		switch {
		case math.IsNaN(d.low):
			unjudged = append(unjudged, plotter.XY{X: by, Y: at})
		case d.tied:
			col = blue
			alike = append(alike, plotter.XY{X: by, Y: at})
		default:
			apart = append(apart, plotter.XY{X: by, Y: at})
		}
		p.Layers = append(p.Layers,
			interval{At: at, Low: shown(d.bound), High: by, Flat: true, Stroke: stroke{Color: faint(col, 0.6), Width: 0.7}},
			interval{At: at, Low: lo, High: hi, Flat: true, Stroke: stroke{Color: col, Width: 2}})
		y.Marks = append(y.Marks, mark{At: at, Label: rowLabel(s.short(c))})
		f.Table.add(c.Configuration.Configuration, s.label(c), d.by, d.low, d.high, d.bound, d.n, d.tied, by)
	}
	x.cover(0.06, values...)
	p.X, p.Y = x, y
	p.Layers = append([]plot.Plotter{rule{At: 0, Upright: true, Stroke: stroke{Color: inkSoft, Width: 1}}}, p.Layers...)
	p.Layers = append(p.Layers, bundle{"configurations", []plot.Plotter{
		dots{Points: apart, Color: ink, Radius: 3.2}, dots{Points: unjudged, Color: ruleGrey, Radius: 3.2},
		dots{Points: alike, Color: blue, Radius: 3.2, Shape: ring},
		dots{Points: plotter.XYs{{X: 0, Y: float64(len(ds))}}, Color: ink, Radius: 3.4, Shape: diamond}}})
	f.Panels = []panel{p}
	f.Title = s.differenceTitle(ds)
	f.Legend = []legendEntry{{Text: "the best", Color: ink, Look: lookDiamond}}
	if len(apart) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "apart from the best", Color: ink, Look: lookDot})
	}
	if len(alike) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "cannot be told apart from it", Color: blue, Look: lookRing})
	}
	if len(unjudged) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "not judged: no interval", Color: ruleGrey, Look: lookDot})
	}
	f.Caption = s.differenceCaption(ds, best, answer)
	f.Alt = f.Title + "."
	for _, d := range ds {
		f.Alt += fmt.Sprintf(" %s: %s.", s.label(s.configs[d.config]), formatPlain(shown(d.by), 0.01)+" "+unit)
	}
	return f, true
}

// rowLabel is a configuration's name beside its row.
func rowLabel(name string) string {
	name = printable(name)
	if r := []rune(name); len(r) > 36 {
		name = string(r[:35]) + "…"
	}
	return name
}

// differenceUnit is the unit that differences are shown in, and how they are brought into it.
func (s *study) differenceUnit() (string, func(float64) float64) {
	switch {
	case s.metric.Perplexity || s.metric.Loss:
		return "% of perplexity", func(d float64) float64 { return 100 * math.Expm1(d) }
	case s.metric.Share:
		return "percentage points", func(d float64) float64 { return 100 * d }
	}
	return s.metric.Label, func(d float64) float64 { return d }
}

func (s *study) differenceTitle(ds []difference) string {
	best := s.label(s.configs[s.best])
	if !slices.ContainsFunc(ds, func(d difference) bool { return !math.IsNaN(d.low) }) {
		return "How far are the others from the best, " + best + "?"
	}
	tied, others := 0, 0 // also those for which the picture has no room
	for i, c := range s.configs {
		if i == s.best || c.rank == 0 {
			continue
		}
		others++
		if c.TiedWithBest {
			tied++
		}
	}
	which := "others"
	if others < len(s.configs)-1 { // some were stopped early, or diverged
		which = "others that were ranked"
	}
	switch tied {
	case 0:
		return "All " + which + " can be told apart from the best, " + best
	case others:
		return "None of the " + which + " can be told apart from the best, " + best
	}
	return fmt.Sprintf("%d of %d others can be told apart from the best, %s", others-tied, others, best)
}

func (s *study) differenceCaption(ds []difference, best config, answer results.Answer) []string {
	out := []string{fmt.Sprintf("The best: %s, %s %s, n = %d.", s.label(best), s.metric.Label, s.metric.format(best.mean), best.N)}
	if slices.ContainsFunc(ds, func(d difference) bool { return !math.IsNaN(d.low) }) {
		how := "one pooled residual variance over configurations and seeds"
		if answer.Method != "blocks" {
			how = "Welch's variances"
		}
		out = append(out, "Thick bars: 95 % intervals of each difference by itself, with "+how+
			"; thin lines: down to the bound of Hsu's comparison with the best, 95 % for all at once. Where it does not stay above 0 the two cannot be told apart.")
	} else {
		out = append(out, "One training each: no interval, so nothing can be said to be apart.")
	}
	if n := len(s.configs) - 1 - len(ds); n > 0 {
		out = append(out, fmt.Sprintf("%d more not shown.", n))
	}
	if k := s.shortKey(); k != "" {
		out = append(out, k)
	}
	return append(out, s.source())
}

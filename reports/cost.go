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

// costFigure draws quality against what it costs: parameters, and seconds of training.
func (s *study) costFigure() figure {
	f := figure{Name: "cost", Chapter: chapterCost, Height: 250, Table: s.costTable()}
	var y []float64
	for _, c := range s.configs {
		if usable(c.mean, linear) {
			y = append(y, c.mean)
		}
	}
	if len(y) == 0 {
		f.Title = "What does quality cost?"
		f.Panels = []panel{{Empty: "no data: no trial has finished with a " + s.metric.Label + " yet"}}
		f.Caption, f.Alt = s.sourced(), "No data yet."
		return f
	}
	refs, _ := near(s.references(), y)
	refs = slices.DeleteFunc(refs, func(r reference) bool { return r.parameters <= 0 || r.model == "unigram" })
	const perTrial = "seconds of training (mean of complete trials)"
	seconds := func(c config) float64 { return c.seconds }
	parameters := func(c config) float64 { return float64(c.parameters) }
	if len(s.configs) > 1 && s.sameParameters() || s.program {
		refs = nil
		f.Panels = []panel{s.costPanel(perTrial, seconds, y, nil)}
	} else {
		f.Panels = []panel{
			s.costPanel("trainable parameters", parameters, y, refs),
			s.costPanel(perTrial, seconds, y, refs),
		}
		f.Panels[1].Y.Bare = true
	}
	f.Columns = len(f.Panels)
	f.Title = s.costTitle()
	f.Legend = []legendEntry{{Text: "configuration" + s.labelledBy() + ", mean", Color: blue, Look: lookDot}}
	if s.intervals() && (len(s.configs) <= 12 || s.best >= 0) {
		f.Legend[0] = legendEntry{Text: "configuration" + s.labelledBy() + ", mean and 95 % interval", Color: blue, Look: lookBar}
	}
	bySeconds, byParameters := s.front(seconds), s.front(parameters)
	if drawn := len(bySeconds) > 1 || len(f.Panels) > 1 && len(byParameters) > 1; drawn { // one point is no line
		f.Legend = append(f.Legend, legendEntry{Text: "Pareto front", Color: okabeIto[2], Look: lookLine, Dash: 1})
		f.Caption = append(f.Caption, "On the Pareto front nothing is both cheaper and better.")
	}
	if len(refs) > 0 {
		f.Legend = append(f.Legend, legendEntry{Text: "count model (its counts are its parameters)", Color: ruleGrey, Look: lookDiamond})
	}
	if s.replicates > 1 {
		f.Caption = append(f.Caption, fmt.Sprintf("n = %s replicates.", s.nRange()))
	} else {
		f.Caption = append(f.Caption, "One training each.")
	}
	if len(s.configs) > 12 && !s.mixed {
		which := "front"
		if len(bySeconds) < 2 && (len(f.Panels) < 2 || len(byParameters) < 2) {
			which = "best"
		}
		f.Caption = append(f.Caption, "Only the "+which+" is labelled.")
	}
	if s.best >= 0 && len(s.configs) > 1 {
		f.Caption = append(f.Caption, "The best: "+s.label(s.configs[s.best])+".")
		if c := s.cheapest(); c != s.best {
			f.Caption = append(f.Caption, "The cheapest that cannot be told from it: "+s.label(s.configs[c])+".")
		}
	}
	f.Caption = append(f.Caption, s.sourced()...)
	f.Alt = f.Title + "."
	for _, i := range s.byRank()[:min(len(s.configs), 12)] {
		c := s.configs[i]
		f.Alt += fmt.Sprintf(" %s: %s", s.label(c), s.metric.format(c.mean))
		if c.parameters > 0 {
			f.Alt += " with " + thousands(c.parameters) + " parameters"
		}
		f.Alt += " in " + spent(c.seconds) + "."
	}
	return f
}

// labelledBy says what the labels beside the points are.
func (s *study) labelledBy() string {
	if len(s.dimensions) == 0 {
		return ""
	}
	return " (" + strings.Join(names(s.dimensions), " / ") + ")"
}

func (s *study) sameParameters() bool {
	return !slices.ContainsFunc(s.configs, func(c config) bool { return c.parameters != s.configs[0].parameters })
}

// costPanel draws the configurations' means against one kind of cost.
func (s *study) costPanel(name string, cost func(config) float64, values []float64, refs []reference) panel {
	p := panel{X: axis{Label: name, Ticks: 4}, Y: axis{Label: s.metric.axisLabel(), Percent: s.metric.Share, Scale: s.yScale(values)}}
	var xs []float64
	for _, c := range s.configs {
		if v := cost(c); usable(v, logarithmic) && usable(c.mean, linear) {
			xs = append(xs, v)
		}
	}
	if name == "trainable parameters" {
		for _, r := range refs {
			xs = append(xs, float64(r.parameters))
		}
	}
	if len(xs) == 0 {
		return panel{Empty: "no data: " + name + " not known"}
	}
	if slices.Max(xs)/slices.Min(xs) > 3 {
		p.X.Scale = logarithmic
	}
	p.X.cover(0.12, xs...)
	ys := slices.Clone(values)
	for _, r := range refs {
		ys = append(ys, r.value)
	}
	for _, c := range s.configs {
		if reach := max(1.5*(slices.Max(values)-slices.Min(values)), 0.02*math.Abs(values[0])); usable(c.low, linear) && usable(c.high, linear) {
			ys = append(ys, max(c.low, slices.Min(values)-reach), min(c.high, slices.Max(values)+reach))
		}
	}
	p.Y.cover(0.08, ys...)
	front := s.front(cost)
	var steps, means plotter.XYs
	var of []string
	for k, i := range front {
		c := s.configs[i]
		if k > 0 { // a staircase: until the next one nothing better is to be had
			steps = append(steps, plotter.XY{X: cost(c), Y: s.configs[front[k-1]].mean})
		}
		steps = append(steps, plotter.XY{X: cost(c), Y: c.mean})
	}
	p.Layers = append(p.Layers, line{Points: steps, Stroke: stroke{Color: okabeIto[2], Width: 1.3, Dash: 1}, Mute: true})
	labels := placedLabels{Size: tickSize, Radius: 3.5, Leaders: true, Lines: []plotter.XYs{steps}}
	for i, c := range s.configs {
		at := plotter.XY{X: cost(c), Y: c.mean}
		if !usable(at.X, p.X.Scale) || !usable(at.Y, p.Y.Scale) {
			continue
		}
		if len(s.configs) <= 12 || i == s.best {
			p.Layers = append(p.Layers, interval{At: at.X, Low: c.low, High: c.high, Stroke: stroke{Color: faint(blue, 0.55), Width: 1}})
			labels.Lines = append(labels.Lines, plotter.XYs{{X: at.X, Y: max(c.low, p.Y.Min)}, {X: at.X, Y: min(c.high, p.Y.Max)}})
		}
		means = append(means, at)
		of = append(of, s.told(c))
		weight := 1.0
		if slices.Contains(front, i) {
			weight = 2
		}
		if i == s.best {
			weight = 3
		}
		if len(s.configs) > 12 && !s.mixed && !slices.Contains(front, i) && i != s.best {
			labels.Avoid = append(labels.Avoid, at)
			continue
		}
		labels.Labels = append(labels.Labels, label{At: at, Text: printable(s.values(c)), Color: blue, Weight: weight})
	}
	p.Layers = append(p.Layers, bundle{"configurations", []plot.Plotter{dots{Points: means, Color: blue, Radius: 3.2, Of: of}}})
	if name == "trainable parameters" {
		for _, r := range refs {
			at := plotter.XY{X: float64(r.parameters), Y: r.value}
			p.Layers = append(p.Layers, bundle{r.label, []plot.Plotter{dots{Points: plotter.XYs{at}, Color: ruleGrey, Radius: 3.2, Shape: diamond}}})
			labels.Labels = append(labels.Labels, label{At: at, Text: r.short, Color: inkSoft, Weight: 2.5})
		}
	}
	p.Layers = append(p.Layers, labels)
	return p
}

// front returns the configurations that nothing else beats in both cost and mean, the cheapest first: none where means
// do not mean the same.
func (s *study) front(cost func(config) float64) []int {
	if s.mixed {
		return nil
	}
	var order []int
	for i, c := range s.configs {
		if usable(c.mean, linear) && usable(cost(c), logarithmic) && c.diverged == 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if d := cmp.Compare(cost(s.configs[a]), cost(s.configs[b])); d != 0 {
			return d
		}
		if s.metric.better(s.configs[a].mean, s.configs[b].mean) {
			return -1
		}
		return 1
	})
	var out []int
	best := math.NaN()
	for _, i := range order {
		if m := s.configs[i].mean; math.IsNaN(best) || s.metric.better(m, best) {
			best = m
			out = append(out, i)
		}
	}
	return out
}

// cheapest is the index of the configuration with the fewest parameters among the best and those tied with it.
func (s *study) cheapest() int {
	out := s.best
	for i, c := range s.configs {
		if bool(c.TiedWithBest) && c.parameters > 0 && c.parameters < s.configs[out].parameters {
			out = i
		}
	}
	return out
}

// bestAlike reports whether another configuration comes to the very figure of the best.
func (s *study) bestAlike() bool {
	return slices.ContainsFunc(s.configs, func(c config) bool {
		return c.Configuration.Configuration != s.configs[s.best].Configuration.Configuration && c.rank > 0 && equal(c.mean, s.configs[s.best].mean)
	})
}

func (s *study) costTitle() string {
	if s.best < 0 || len(s.configs) == 1 || s.bestAlike() {
		return "What does " + s.metric.Label + " cost?"
	}
	best, cheapest := s.configs[s.best], s.configs[s.cheapest()]
	switch timed := best.seconds > 0; {
	case best.parameters <= 0 && !timed:
		return "What does " + s.metric.Label + " cost?"
	case best.parameters <= 0:
		return "The best takes " + spent(best.seconds) + " of training"
	}
	if cheapest.parameters < best.parameters {
		return fmt.Sprintf("The best has %s parameters; one that cannot be told from it has %s",
			si(float64(best.parameters), float64(best.parameters)/100), si(float64(cheapest.parameters), float64(cheapest.parameters)/100))
	}
	return fmt.Sprintf("The best has %s parameters and takes %s of training", si(float64(best.parameters), float64(best.parameters)/100), spent(best.seconds))
}

// spent is a duration that never reads as none: a program may be done within milliseconds.
func spent(seconds float64) string {
	if seconds > 0 && seconds < 0.05 {
		return "less than 0.1 s"
	}
	return duration(seconds)
}

func (s *study) costTable() table {
	t := table{Columns: []string{"kind", "label", "parameters", "seconds", s.metric.Name, "low", "high", "n", "front_parameters", "front_seconds"}}
	byParams := s.front(func(c config) float64 { return float64(c.parameters) })
	bySeconds := s.front(func(c config) float64 { return c.seconds })
	for i, c := range s.configs {
		t.add("configuration "+c.Configuration.Configuration, s.label(c), c.parameters, c.seconds, c.mean, c.low, c.high, c.N,
			slices.Contains(byParams, i), slices.Contains(bySeconds, i))
	}
	for _, r := range s.references() {
		t.add("baseline", r.label, r.parameters, "", r.value, "", "", "", "", "")
	}
	return t
}

package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// closeRate is how near to the best, in nats, a rate has to come to be as good for practical purposes: 1 % of perplexity.
const closeRate = 0.01

// rateLine is the best learning rate by width, of configurations that agree in everything else.
type rateLine struct {
	label  string
	points []ratePoint
}

// ratePoint is the best rate at one width, and the range of rates around it that come close.
type ratePoint struct {
	width, best, low, high float64
	value                  float64 // of the metric at best
	tried                  int     // rates
	edge                   bool    // best is the lowest or the highest rate tried
}

// rateLines finds the best rates. There are none unless learning_rate and hidden_size vary on their own, at least two widths
// and three rates, and the metric is a loss or a perplexity.
func (s *study) rateLines() (lines []rateLine) {
	var width, rate dimension
	var others []dimension
	for _, d := range s.dimensions {
		switch d.Name {
		case "hidden_size":
			width = d
		case "learning_rate":
			rate = d
		default:
			others = append(others, d)
		}
	}
	if s.mixed || !width.Numeric || !rate.Numeric || len(width.Values) < 2 || len(rate.Values) < 3 || !(s.metric.Loss || s.metric.Perplexity) {
		return nil
	}
	index := map[string]int{}
	for _, c := range s.configs {
		var names []string
		for _, o := range others {
			names = append(names, o.Name+" "+c.params[o.Name].String())
		}
		label := strings.Join(names, ", ")
		if _, ok := index[label]; !ok {
			index[label] = len(lines)
			lines = append(lines, rateLine{label: label})
		}
	}
	for label, i := range index {
		for _, v := range width.Values {
			if p, ok := s.bestRate(v, label, others); ok {
				lines[i].points = append(lines[i].points, p)
			}
		}
	}
	return slices.DeleteFunc(lines, func(l rateLine) bool { return len(l.points) < 2 })
}

// bestRate compares the rates at one width.
func (s *study) bestRate(width value, label string, others []dimension) (p ratePoint, ok bool) {
	nats := func(v float64) float64 {
		if s.metric.Perplexity {
			return math.Log(v)
		}
		return v
	}
	var at []config
	for _, c := range s.configs {
		var names []string
		for _, o := range others {
			names = append(names, o.Name+" "+c.params[o.Name].String())
		}
		if c.params["hidden_size"] == width && strings.Join(names, ", ") == label && usable(c.mean, linear) {
			at = append(at, c)
		}
	}
	if len(at) < 2 {
		return p, false
	}
	best := slices.MinFunc(at, func(a, b config) int {
		if a.mean < b.mean {
			return -1
		}
		return 1
	})
	p = ratePoint{width: width.num, best: best.params["learning_rate"].num, value: best.mean, tried: len(at)}
	p.low, p.high = p.best, p.best
	least, most := p.best, p.best
	for _, c := range at {
		least, most = min(least, c.params["learning_rate"].num), max(most, c.params["learning_rate"].num)
		if nats(c.mean)-nats(best.mean) <= closeRate {
			p.low, p.high = min(p.low, c.params["learning_rate"].num), max(p.high, c.params["learning_rate"].num)
		}
	}
	p.edge = p.best == least || p.best == most
	return p, true
}

// ratesFigure shows whether one learning rate serves all widths. ok is false where rates and widths are not both searched.
func (s *study) ratesFigure() (f figure, ok bool) {
	lines := s.rateLines()
	if len(lines) == 0 || len(lines) > len(okabeIto) {
		return figure{}, false
	}
	f = figure{Name: "rate-hidden_size", Chapter: chapterHeatmaps, Columns: 1, Height: 240}
	f.Table = table{Columns: []string{"line", "hidden_size", "best_learning_rate", "low", "high", s.metric.Name, "rates"}}
	x, y := axis{Label: s.withUnit("hidden_size"), Scale: logarithmic}, axis{Label: "best learning_rate", Scale: logarithmic}
	var xs, ys []float64
	var p panel
	var findings []string
	onEdge, all := 0, 0
	for i, l := range lines {
		var points plotter.XYs
		least, most := math.Inf(1), 0.0
		for _, q := range l.points {
			// Lines that lie on one another are set a little apart.
			at := plotter.XY{X: q.width * math.Pow(1.03, float64(i)), Y: q.best}
			points = append(points, at)
			xs, ys = append(xs, at.X), append(ys, q.best, q.low, q.high)
			p.Layers = append(p.Layers, interval{At: at.X, Low: q.low, High: q.high, Stroke: stroke{Color: okabeIto[i], Width: 1.6}})
			least, most = min(least, q.best), max(most, q.best)
			all++
			if q.edge {
				onEdge++
			}
			f.Table.add(l.label, q.width, q.best, q.low, q.high, q.value, q.tried)
		}
		p.Layers = append(p.Layers, line{Points: points, Stroke: stroke{Color: faint(okabeIto[i], 0.6), Width: 1.4}},
			dots{Points: points, Color: okabeIto[i], Radius: 3.2})
		name := l.label
		if name == "" {
			name = "best rate"
		}
		f.Legend = append(f.Legend, legendEntry{Text: name, Color: okabeIto[i], Look: lookDot})
		span := scalarText(least)
		if most > least {
			span += " to " + scalarText(most)
		}
		if l.label != "" {
			span += " with " + strings.TrimPrefix(l.label, "parametrization ")
		}
		findings = append(findings, span)
	}
	for _, d := range s.dimensions {
		for _, v := range d.Values {
			switch d.Name {
			case "hidden_size":
				x.Marks = append(x.Marks, mark{At: v.num, Label: v.String()})
			case "learning_rate":
				ys = append(ys, v.num)
				y.Marks = append(y.Marks, mark{At: v.num, Label: v.String()})
			}
		}
	}
	x.cover(0.08, xs...)
	y.cover(0.12, ys...)
	p.X, p.Y = x, y
	f.Panels = []panel{p}
	f.Title = "Best learning rate over hidden sizes: " + strings.Join(findings, "; ")
	f.Caption = []string{fmt.Sprintf("Dots: the rate with the lowest %s at each size. Bars: from the lowest to the highest rate that comes within 1 %% of its perplexity. n = %s.", s.metric.Label, s.nRange())}
	if onEdge > 0 {
		if onEdge == all {
			f.Title += ", all at the edge of what was tried"
		}
		f.Caption = append(f.Caption, fmt.Sprintf("In %d of %d cases the best rate is the lowest or the highest that was tried: a better one may lie beyond.", onEdge, all))
	}
	f.Caption = append(f.Caption, s.heldFixed())
	f.Caption = append(f.Caption, s.sourced()...)
	f.Alt = f.Title + "."
	return f, true
}

// scalarText writes a number as parameters are shown.
func scalarText(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

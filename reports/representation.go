package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/plotter"
)

// representations is the parameter that says how a symbol is shown to the network.
const representations = "representation"

// Widths says how many inputs a configuration's network has, by the configuration's id.
type Widths map[string]int

// representationFigure ranks the ways of showing a symbol to the network, with the inputs and the trained numbers of
// each: one panel for the sweep, and one for a sweep of the same question over another text. ok is false where
// representations are not compared.
func (s *study) representationFigure(widths Widths, beside []*study) (f figure, ok bool) {
	if !s.varies(representations) || len(s.ranked()) < 2 {
		return figure{}, false
	}
	f = figure{Name: representations, Chapter: chapterEffects, Columns: 1, Title: s.representationTitle(beside)}
	f.Table = table{Columns: []string{"sweep", "corpus", "configuration", "label", "inputs", "parameters", s.metric.Name, "low", "high", "n"}}
	rows := 0
	for _, part := range append([]*study{s}, beside...) {
		p := part.representationPanel(widths, &f.Table)
		if len(beside) > 0 {
			p.Title = part.corpus
		}
		f.Panels = append(f.Panels, p)
		rows = max(rows, len(part.ranked()))
	}
	f.Columns = len(f.Panels)
	f.Height = 60 + 30*float64(rows)
	f.Legend = []legendEntry{{Text: "mean and 95 % interval", Color: ink, Look: lookDot}, {Text: "the best", Color: blue, Look: lookDot}}
	f.Caption = []string{s.replicatesSentence(), "Below each name: inputs of the network, and the numbers that are trained. A one-hot input is no weaker model: " +
		"its hidden layer holds a free vector for every symbol and position."}
	for _, other := range beside {
		f.Caption = append(f.Caption, fmt.Sprintf("Of %s: n = %s, sweep %s.", other.corpus, other.nRange(), orUnnamed(other.name)))
	}
	f.Caption = append(f.Caption, s.sourced()...)
	f.Alt = f.Title + "."
	for _, r := range f.Table.Rows {
		f.Alt += fmt.Sprintf(" %s, %s: %s.", r[1], r[3], r[6])
	}
	return f, true
}

// representationPanel is the ranked configurations of one sweep, the best on top.
func (s *study) representationPanel(widths Widths, t *table) panel {
	ranked := s.ranked()
	x, y := axis{Label: s.metric.axisLabel(), Percent: s.metric.Share}, axis{Scale: category, Min: -0.5, Max: float64(len(ranked)) - 0.5}
	var p panel
	var values []float64
	for k, c := range ranked {
		at := float64(len(ranked) - 1 - k)
		color := ink
		if c.rank == 1 {
			color = blue
		}
		lines := []string{rowLabel(s.shownAs(c))}
		if n := widths[c.Configuration.Configuration]; n > 0 {
			lines = append(lines, count(n, "input"))
		}
		trained := thousands(c.parameters)
		if c.parameters >= 1e5 {
			trained = si(float64(c.parameters), float64(c.parameters)/100)
		}
		lines = append(lines, trained+" trained")
		y.Marks = append(y.Marks, mark{At: at, Label: strings.Join(lines, "\n")})
		var points plotter.XYs
		for _, r := range c.trials {
			if usable(r.value, linear) {
				points = append(points, plotter.XY{X: r.value, Y: at - 0.22})
				values = append(values, r.value)
			}
		}
		values = append(values, c.mean, c.low, c.high)
		p.Layers = append(p.Layers, dots{Points: points, Color: faint(color, 0.4), Radius: 2},
			interval{At: at, Low: c.low, High: c.high, Flat: true, Stroke: stroke{Color: color, Width: 2}},
			dots{Points: plotter.XYs{{X: c.mean, Y: at}}, Color: color, Radius: 3.4})
		t.add(s.name, s.corpus, c.Configuration.Configuration, s.label(c), widths[c.Configuration.Configuration], c.parameters, c.mean, c.low, c.high, c.N)
	}
	x.Scale = s.yScale(values)
	x.cover(0.06, values...)
	p.X, p.Y = x, y
	return p
}

// shownAs names a configuration by its representation, and by what else tells it from the others.
func (s *study) shownAs(c config) string {
	name := c.params[representations].String()
	for _, d := range s.dimensions {
		if v := c.params[d.Name]; d.Name != representations && v.there {
			name += ", " + v.String()
		}
	}
	return name
}

func (s *study) representationTitle(beside []*study) string {
	var parts []string
	for _, part := range append([]*study{s}, beside...) {
		best := part.shownAs(part.ranked()[0])
		if part.corpus != "" && len(beside) > 0 {
			best += " of " + part.corpus
		}
		parts = append(parts, best)
	}
	return "Lowest " + s.metric.Label + ": " + strings.Join(parts, "; ")
}

// ranked lists the configurations that have a rank, the best first.
func (s *study) ranked() []config {
	all := slices.DeleteFunc(slices.Clone(s.configs), func(c config) bool { return c.rank == 0 })
	slices.SortStableFunc(all, func(a, b config) int { return cmp.Compare(a.rank, b.rank) })
	return all
}

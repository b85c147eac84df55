package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

// Importance divides what differs between the configurations among the hyperparameters.
type Importance struct {
	Shares  []Share
	N       int      // configurations
	Method  string   // how it was computed, for a caption
	Doubts  []string // sentences on how far to trust it
	Partial bool     // of a search: shares of how the best differ, not of the variance
}

// Share is what one hyperparameter, or several together, make of the differences.
type Share struct {
	Of        []string
	Several   bool     // what they do together, beyond what each does alone
	Value     float64  // of 1
	Low, High *float64 // 95 % interval, nil: none
}

// mostShares is how many shares the picture has room for.
const mostShares = 14

// importanceFigure draws the shares, the largest first. ok is false without any.
func (s *study) importanceFigure(m *Importance) (f figure, ok bool) {
	if m == nil || len(m.Shares) == 0 {
		return figure{}, false
	}
	f = figure{Name: "importance", Chapter: chapterEffects, Columns: 1}
	f.Table = table{Columns: []string{"hyperparameter", "together", "share", "low", "high"}}
	shares := slices.Clone(m.Shares)
	slices.SortStableFunc(shares, func(a, b Share) int { return cmp.Compare(b.Value, a.Value) })
	for _, h := range shares {
		f.Table.add(strings.Join(h.Of, " x "), len(h.Of), h.Value, h.Low, h.High)
	}
	more := len(shares) - mostShares
	shares = shares[:min(len(shares), mostShares)]
	rows := len(shares)
	f.Height = 50 + 20*float64(rows)
	y := axis{Scale: category, Min: -0.5, Max: float64(rows) - 0.5}
	xs := []float64{0}
	p := panel{}
	var alone, together plotter.XYs
	var aloneOf, togetherOf []string
	for k, h := range shares {
		at := float64(rows - 1 - k)
		name := strings.Join(h.Of, " × ")
		y.Marks = append(y.Marks, mark{At: at, Label: rowLabel(name)})
		xs = append(xs, h.Value)
		told := name + ": " + formatPercent(h.Value, 0.001)
		if h.Low != nil && h.High != nil {
			xs = append(xs, *h.Low, *h.High)
			told += ", 95 % interval " + formatPercent(*h.Low, 0.001) + " to " + formatPercent(*h.High, 0.001)
			p.Layers = append(p.Layers, interval{At: at, Low: *h.Low, High: *h.High, Flat: true, Stroke: stroke{Color: faint(blue, 0.6), Width: 1.6}})
		}
		q := plotter.XY{X: h.Value, Y: at}
		if h.Several {
			together, togetherOf = append(together, q), append(togetherOf, told)
		} else {
			alone, aloneOf = append(alone, q), append(aloneOf, told)
		}
	}
	x := axis{Label: "share of the variance between configurations", Percent: true}
	if m.Partial {
		x.Label = "share of what sets the best tenth apart"
	}
	x.cover(0.04, xs...)
	x.Min, x.Max = -0.015*x.Max, min(x.Max, 1.02) // a little room before 0, so that no dot touches a name
	p.X, p.Y = x, y
	p.Layers = append(p.Layers, bundle{"one hyperparameter", []plot.Plotter{dots{Points: alone, Color: blue, Radius: 3.6, Of: aloneOf}}})
	f.Legend = []legendEntry{{Text: "one hyperparameter", Color: blue, Look: lookDot}}
	if len(together) > 0 {
		p.Layers = append(p.Layers, bundle{"together", []plot.Plotter{dots{Points: together, Color: blue, Radius: 3.2, Shape: ring, Of: togetherOf}}})
		f.Legend = append(f.Legend, legendEntry{Text: "what several do together", Color: blue, Look: lookRing})
	}
	f.Panels = []panel{p}
	f.Title = importanceTitle(shares)
	f.Caption = []string{fmt.Sprintf("%s, over %s by %s.", capital(m.Method), count(m.N, "configuration"), s.metric.Label)}
	if slices.ContainsFunc(shares, func(h Share) bool { return h.Low != nil }) {
		from := "the scatter of the seeds"
		if m.Partial {
			from = "configurations drawn anew, with replacement"
		}
		f.Caption = append(f.Caption, "Bars: 95 % intervals, from "+from+".")
	}
	if !m.Partial && len(shares) > 1 {
		f.Caption = append(f.Caption, "Of the differences between all of them, the bad ones too: between the best something else may matter.")
	}
	if more > 0 {
		f.Caption = append(f.Caption, fmt.Sprintf("%s not shown.", count(more, "smaller share")))
	}
	f.Caption = append(append(f.Caption, m.Doubts...), s.source())
	f.Alt = f.Title + "."
	for _, h := range shares {
		f.Alt += " " + strings.Join(h.Of, " and ") + " " + formatPercent(h.Value, 0.01) + "."
	}
	return f, true
}

// importanceTitle says whether one comes first: only if its interval lies above the next one's.
func importanceTitle(shares []Share) string {
	if len(shares) == 1 {
		return "What makes the difference"
	}
	first, second := shares[0], shares[1]
	name := strings.Join(first.Of, " and ")
	if first.Low != nil && second.High != nil && *first.Low > *second.High {
		return fmt.Sprintf("%s matters most: %s of the differences", name, formatPercent(first.Value, 0.01))
	}
	return fmt.Sprintf("Which matters most cannot be told: %s and %s lead", name, strings.Join(second.Of, " and "))
}

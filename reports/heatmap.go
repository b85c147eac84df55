package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// mostCells is how many values one side of a heat map may have; beyond that nobody reads it.
const mostCells = 24

// heatmaps draws one figure for each pair of dimensions that is filled well enough to be a table.
func (s *study) heatmaps() []figure {
	var out []figure
	for i, a := range s.dimensions {
		for _, b := range s.dimensions[i+1:] {
			if h := (heatmap{s: s, a: a, b: b}); h.worthwhile() {
				out = append(out, h.figure())
			}
		}
	}
	return out
}

// heatmap is the table of two dimensions: a along x, b upward.
type heatmap struct {
	s    *study
	a, b dimension
}

// field is one cell before it is drawn.
type field struct {
	x, y     int
	mean     float64
	n        int
	diverged int
	configs  []int
	best     bool
}

// worthwhile reports whether enough of the table is there: a random search fills a diagonal only, and may stop most of it
// early. Of a mixed sweep it
// takes both dimensions that there are, since an average over texts or vocabularies means nothing.
func (h heatmap) worthwhile() bool {
	na, nb := len(h.a.Values), len(h.b.Values)
	if na > mostCells || nb > mostCells || na < 2 || nb < 2 || h.s.mixed && len(h.s.dimensions) > 2 {
		return false
	}
	absent := func(v value) bool { return !v.there }
	if slices.ContainsFunc(h.a.Values, absent) || slices.ContainsFunc(h.b.Values, absent) {
		return false // a conditional parameter: most of the table cannot be
	}
	filled := map[[2]int]bool{}
	for _, c := range h.s.configs {
		if h.s.search && c.diverged == 0 && !usable(c.mean, linear) {
			continue
		}
		filled[[2]int{slices.Index(h.a.Values, c.params[h.a.Name]), slices.Index(h.b.Values, c.params[h.b.Name])}] = true
	}
	return 10*len(filled) >= 3*na*nb && (!h.s.search || len(filled) > max(na, nb))
}

// slice returns the configurations that agree with the best in every other dimension, if these fill at least half of
// what all of them would; otherwise all configurations, to be averaged. held are the other dimensions.
func (h heatmap) slice() (in []int, held []dimension, averaged bool) {
	s := h.s
	for _, d := range s.dimensions {
		if d.Name != h.a.Name && d.Name != h.b.Name {
			held = append(held, d)
		}
	}
	cells := map[[2]value]bool{}
	inSlice := map[[2]value]bool{}
	var all []int
	for i, c := range s.configs {
		key := [2]value{c.params[h.a.Name], c.params[h.b.Name]}
		all = append(all, i)
		cells[key] = true
		same := s.best >= 0
		for _, d := range held {
			same = same && c.params[d.Name] == s.configs[s.best].params[d.Name]
		}
		if same {
			in = append(in, i)
			inSlice[key] = true
		}
	}
	if len(held) == 0 || 2*len(inSlice) < len(cells) {
		return all, held, len(held) > 0
	}
	return in, held, false
}

// fields computes the cells that hold at least one configuration.
func (h heatmap) fields(in []int) []field {
	s := h.s
	index := map[[2]int]int{}
	var out []field
	for _, i := range in {
		c := s.configs[i]
		k := [2]int{slices.Index(h.a.Values, c.params[h.a.Name]), slices.Index(h.b.Values, c.params[h.b.Name])}
		j, ok := index[k]
		if !ok {
			j = len(out)
			index[k] = j
			out = append(out, field{x: k[0], y: k[1], mean: math.NaN()})
		}
		f := &out[j]
		f.configs = append(f.configs, i)
		f.diverged += c.diverged
		f.best = f.best || i == s.best
		if usable(c.mean, linear) && c.N > 0 {
			total := c.mean * float64(c.N)
			if f.n > 0 {
				total += f.mean * float64(f.n)
			}
			f.n += c.N
			f.mean = total / float64(f.n)
		}
	}
	return out
}

func (h heatmap) figure() figure {
	s := h.s
	in, held, averaged := h.slice()
	fields := h.fields(in)
	f := figure{Name: "heatmap-" + fileSafe(h.a.Name) + "-" + fileSafe(h.b.Name), Chapter: chapterHeatmaps, Columns: 1,
		Height: 60 + min(46*float64(len(h.b.Values)), 420), Table: h.table(fields)}
	f.Title = h.title(fields, averaged)
	f.Bar = colorBar{Title: s.metric.axisLabel(), Reversed: !s.metric.Maximize, Scale: axis{Percent: s.metric.Share}}
	var data []float64
	for _, e := range fields {
		if usable(e.mean, linear) {
			data = append(data, e.mean)
		}
	}
	if len(data) == 0 {
		f.Bar = colorBar{}
		f.Panels = []panel{{Empty: "no data: no trial has finished with a " + s.metric.Label + " yet"}}
		f.Caption, f.Alt = s.sourced(), "No data yet."
		return f
	}
	f.Bar.Scale.Scale = s.yScale(data)
	f.Bar.Scale.cover(0, data...)
	p := panel{NoGrid: true, X: s.categories(h.a), Y: s.categories(h.b), Layers: []plot.Plotter{bundle{s.metric.Label, []plot.Plotter{h.cells(fields, f.Bar)}}}}
	f.Panels = []panel{p}
	f.Legend = h.legend(fields)
	f.Caption = h.caption(fields, held, averaged)
	f.Alt = h.alt(fields)
	return f
}

// categories is the axis of a dimension as equal steps.
func (s *study) categories(d dimension) axis {
	a := axis{Label: s.withUnit(d.Name), Scale: category, Min: -0.5, Max: float64(len(d.Values)) - 0.5}
	for i, v := range d.Values {
		l := printable(v.String())
		if r := []rune(l); len(r) > 14 {
			l = string(r[:13]) + "…"
		}
		a.Marks = append(a.Marks, mark{At: float64(i), Label: l})
	}
	if len(d.Values) > 10 { // every second label, every third, ...
		every := (len(d.Values) + 9) / 10
		for i := range a.Marks {
			if i%every != 0 {
				a.Marks[i].Label = ""
			}
		}
	}
	return a
}

func (h heatmap) cells(fields []field, bar colorBar) cells {
	out := cells{Size: 10.5}
	if n := max(len(h.a.Values), len(h.b.Values)); n > 8 {
		out.Size = 7
		if n > 14 {
			out.Size = 0
		}
	}
	rows := h.rowBests(fields)
	there := map[[2]int]bool{}
	for k, e := range fields {
		there[[2]int{e.x, e.y}] = true
		c := cell{X: e.x, Y: e.y, Best: e.best, Dot: rows[k] && !e.best}
		switch {
		case usable(e.mean, linear):
			c.Fill = bar.at(e.mean)
			c.Lines = []string{h.s.metric.format(e.mean), "n = " + strconv.Itoa(e.n)}
			if e.diverged > 0 {
				c.Lines[1] += fmt.Sprintf(", %d ×", e.diverged)
			}
		case e.diverged > 0:
			c.Empty, c.Lines = true, []string{"×", h.outcome(e)}
		default:
			c.Empty, c.Lines = true, []string{"–", h.outcome(e)}
		}
		out.Cells = append(out.Cells, c)
	}
	for x := range h.a.Values {
		for y := range h.b.Values {
			if !there[[2]int{x, y}] {
				out.Cells = append(out.Cells, cell{X: x, Y: y, Empty: true, Lines: []string{"not run"}})
			}
		}
	}
	return out
}

// outcome says why a cell has no mean.
func (h heatmap) outcome(e field) string {
	if e.diverged > 0 {
		return "diverged"
	}
	states := map[string]bool{}
	for _, i := range e.configs {
		for _, t := range h.s.configs[i].trials {
			states[t.State] = true
		}
	}
	switch {
	case states["waiting"] || states["running"] || states["interrupted"]:
		return "not finished"
	case states["stopped"]:
		return "stopped"
	case states["failed"]:
		return "failed"
	}
	return "not finished"
}

// rowBests marks, for each value of a, the best value of b: a rate for each size; several where they are equal. Where
// nothing is ranked it marks nothing.
func (h heatmap) rowBests(fields []field) []bool {
	out := make([]bool, len(fields))
	if len(h.b.Values) < 3 || h.s.best < 0 {
		return out
	}
	for x := range h.a.Values {
		best, n := -1, 0
		for k, e := range fields {
			if e.x != x || !usable(e.mean, linear) {
				continue
			}
			n++
			if best < 0 || h.s.metric.better(e.mean, fields[best].mean) {
				best = k
			}
		}
		if n < 2 {
			continue
		}
		for k, e := range fields {
			out[k] = out[k] || e.x == x && equal(e.mean, fields[best].mean)
		}
	}
	return out
}

func (h heatmap) legend(fields []field) []legendEntry {
	var out []legendEntry
	if slices.ContainsFunc(fields, func(e field) bool { return e.best }) {
		out = append(out, legendEntry{Text: "the best of the sweep", Color: ink, Look: lookFrame})
	}
	if slices.Contains(h.rowBests(fields), true) {
		out = append(out, legendEntry{Text: "best " + h.b.Name + " for its " + h.a.Name, Color: ink, Look: lookDot})
	}
	var empty []string
	if len(fields) < len(h.a.Values)*len(h.b.Values) {
		empty = append(empty, "not run")
	}
	for _, e := range fields {
		if why := h.outcome(e); !usable(e.mean, linear) && !slices.Contains(empty, why) {
			empty = append(empty, why)
		}
	}
	if len(empty) > 0 {
		out = append(out, legendEntry{Text: strings.Join(empty, " or "), Look: lookEmpty})
	}
	return out
}

// title says whether the best value of the one depends on the other.
func (h heatmap) title(fields []field, averaged bool) string {
	s := h.s
	rows := h.rowBests(fields)
	wins := map[int]int{} // at how many of a's values a value of b is the best, or equal to it
	compared := map[int]bool{}
	marked := 0
	for k, e := range fields {
		if rows[k] {
			wins[e.y]++
			compared[e.x] = true
			marked++
		}
	}
	var always []string // of b's values
	for y, v := range h.b.Values {
		if wins[y] == len(h.a.Values) {
			always = append(always, v.String())
		}
	}
	switch {
	case averaged || len(compared) < len(h.a.Values) || len(fields) < len(h.a.Values)*len(h.b.Values):
		return capital(s.metric.Label) + " by " + h.a.Name + " and " + h.b.Name
	case len(always) == len(h.b.Values):
		return fmt.Sprintf("No best %s: %s is equal for all of them at every %s", h.b.Name, s.metric.Label, h.a.Name)
	case len(always) > 1:
		return fmt.Sprintf("%s %s are equal: the %s %s at every %s", h.b.Name, and(always), s.metric.superlative(), s.metric.Label, h.a.Name)
	case len(always) == 1 && marked > len(compared):
		return fmt.Sprintf("%s %s has the %s %s at every %s, though others equal it at some", h.b.Name, always[0], s.metric.superlative(), s.metric.Label, h.a.Name)
	case len(always) == 1:
		return fmt.Sprintf("%s %s has the %s %s at every %s", h.b.Name, always[0], s.metric.superlative(), s.metric.Label, h.a.Name)
	}
	return fmt.Sprintf("The best %s is not the same at every %s", h.b.Name, h.a.Name)
}

func (h heatmap) caption(fields []field, held []dimension, averaged bool) []string {
	s := h.s
	out := []string{"Each cell: mean " + s.metric.Label + " and the number n of trainings behind it."}
	once := !slices.ContainsFunc(fields, func(e field) bool { return e.n > 1 })
	if once {
		out = append(out, "One training a cell: small differences may be chance.")
	}
	switch {
	case averaged:
		out = append(out, "Averaged over "+and(names(held))+".")
	case len(held) > 0:
		var at []string
		for _, d := range held {
			at = append(at, d.Name+" "+s.configs[s.best].params[d.Name].String())
		}
		out = append(out, "The others at their best: "+and(at)+".")
	}
	if slices.ContainsFunc(fields, func(e field) bool { return e.diverged > 0 }) {
		out = append(out, "×: diverged trials, which are not in the mean.")
	}
	if t := s.heldFixed(); t != "" {
		out = append(out, t)
	}
	return append(out, s.sourced()...)
}

func (h heatmap) alt(fields []field) string {
	t := fmt.Sprintf("Heat map of %s by %s and %s.", h.s.metric.Label, h.a.Name, h.b.Name)
	for _, e := range fields[:min(len(fields), 25)] {
		t += fmt.Sprintf(" %s, %s: %s.", h.a.Values[e.x], h.b.Values[e.y], h.s.metric.format(e.mean))
	}
	return t
}

func (h heatmap) table(fields []field) table {
	t := table{Columns: []string{h.a.Name, h.b.Name, h.s.metric.Name, "n", "diverged", "configurations"}}
	for _, e := range fields {
		t.add(h.a.Values[e.x], h.b.Values[e.y], e.mean, e.n, e.diverged, len(e.configs))
	}
	return t
}

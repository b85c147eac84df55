package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sweep/runner"
	"sweep/sweeps"
)

// layout places the lines of a terminal in columns:
//
//	hidden_size  learning_rate  replicate  state               val/perplexity     time
//	         50          0.004          1  complete                     135.2   11.2 s
//	        100          0.002          1  ━━━━━━━━━━━╸────── 61 %      141.9   12.4 s
//	3 of 9 trials                          ━━━━━━━━╸───────── 45 %          2m05s left
//
// A terminal that is too narrow for them gets shorter headers, then shorter bars, then fewer columns.
type layout struct {
	columns []column
	metric  string
	label   int // width of the columns together
	state   int // width of state and bar
	value   int // width of the metric, 0: left out
	time    int // width of the time, 0: left out
	paint   palette
}

// column is one that tells trials apart.
type column struct {
	name  string
	width int
	least int // the width of its values
}

const (
	leastState    = len("interrupted")
	mostState     = 30
	goodState     = 16
	leastValue    = 8
	timeWidth     = 7
	leastTerminal = 20
	margin        = 2 // left of the columns, for the mark
	gap           = 2 // between columns
)

// replicateColumn is the header of what no parameter tells.
const replicateColumn = "replicate"

// columnsOf returns the columns that tell the trials of a plan apart: the parameters that differ among them, in their
// order, and the replicate.
func columnsOf(plan []sweeps.Trial) []column {
	var order []string
	differ := make(map[string]bool)
	first := make(map[string]sweeps.Value)
	widest := make(map[string]int)
	for i, t := range plan {
		for _, s := range t.Params {
			v, seen := first[s.Name]
			if !seen {
				first[s.Name] = s.Value
				order = append(order, s.Name)
			}
			differ[s.Name] = differ[s.Name] || i > 0 && !v.Same(s.Value) // absent differs, too
			widest[s.Name] = max(widest[s.Name], utf8.RuneCountInString(s.Value.String()))
		}
		if t.Replicate > 1 {
			differ[replicateColumn] = true
			widest[replicateColumn] = max(widest[replicateColumn], len(fmt.Sprint(t.Replicate)))
		}
	}
	if _, isParameter := first[replicateColumn]; !isParameter {
		order = append(order, replicateColumn)
	}
	var cs []column
	for _, name := range order {
		if differ[name] || len(plan) == 1 && name == replicateColumn {
			cs = append(cs, column{name: name, width: max(utf8.RuneCountInString(name), widest[name]), least: max(1, widest[name])})
		}
	}
	return cs
}

// cell is what a trial has in a column.
func cell(t sweeps.Trial, name string) string {
	if v, ok := t.Params.Lookup(name); ok {
		return printable(v.String())
	}
	if name == replicateColumn {
		return fmt.Sprint(t.Replicate)
	}
	return ""
}

// newLayout fits the columns of trials into width.
func newLayout(width, trials int, columns []column, metric string, paint palette) layout {
	width = max(width, leastTerminal)
	l := layout{columns: slices.Clone(columns), metric: cmp.Or(metric, "value"), time: timeWidth, paint: paint}
	l.value = max(leastValue, utf8.RuneCountInString(l.metric))
	room := width - 1 - margin // a full line would wrap on some terminals
	least := len(fmt.Sprintf("%d of %d trials", trials, trials))
	used := func() int {
		l.label = -gap
		for _, c := range l.columns {
			l.label += gap + c.width
		}
		l.label = max(l.label, least)
		return l.wide()
	}

	l.state = goodState
	if used() > room {
		l.value = max(leastValue, utf8.RuneCountInString(l.shortMetric()))
	}
	for used() > room && l.shrinkHeader() {
	}
	l.state = 0
	l.state = min(mostState, max(leastState, room-used()))
	if over := used() - room; over > 0 { // the columns are cut where they stand
		l.label = max(least, l.label-over)
	}
	if l.wide() > room {
		l.value, l.time = 0, 0
		l.label = max(0, min(l.label, room-gap-l.state))
	}
	return l
}

// wide is the width of a line without its margin.
func (l layout) wide() int {
	w := l.label + gap + l.state
	if l.time > 0 {
		w += gap + l.value + gap + l.time
	}
	return w
}

// shrinkHeader makes the widest header that is wider than its values one character shorter.
func (l *layout) shrinkHeader() bool {
	widest := -1
	for i, c := range l.columns {
		if c.width > c.least && (widest < 0 || c.width > l.columns[widest].width) {
			widest = i
		}
	}
	switch {
	case l.value > leastValue && (widest < 0 || l.value >= l.columns[widest].width):
		l.value--
	case widest >= 0:
		l.columns[widest].width--
	default:
		return false
	}
	return true
}

// shortMetric is perplexity of val/perplexity.
func (l layout) shortMetric() string { return l.metric[strings.LastIndex(l.metric, "/")+1:] }

// header names the columns.
func (l layout) header() string {
	cells := make([]string, len(l.columns))
	for i, c := range l.columns {
		cells[i] = right(cut(c.name, c.width), c.width)
	}
	metric := l.metric
	if utf8.RuneCountInString(metric) > l.value {
		metric = l.shortMetric()
	}
	return l.paint.faint(l.line(" ", strings.Join(cells, "  "), left("state", l.state), metric, "time"))
}

// finished is the line of a finished trial, and a second one if there is an error to tell.
func (l layout) finished(e runner.Event, value string) string {
	mark, color := "✓", l.paint.green
	switch e.State {
	case sweeps.Failed:
		mark, color = "✗", l.paint.red
	case sweeps.Diverged, sweeps.Stopped:
		mark, color = "!", l.paint.yellow
	case sweeps.Waiting:
		mark, color = "·", l.paint.faint
	}
	s := l.line(color(mark), l.labels(e.Trial), color(left(ending(e.State), l.state)), value, seconds(e.Seconds))
	if e.Err != "" {
		s += "\n    " + color(cut(printable(firstLine(e.Err)), l.wide()-len("  ")))
	}
	return s
}

// running is the line of a trial in training.
func (l layout) running(e runner.Event, value string) string {
	state := l.paint.faint(left(cut(reached(e), l.state), l.state))
	if e.Trial.Steps > 0 {
		state = l.bar(fraction(e))
	}
	return l.line(" ", l.labels(e.Trial), state, value, seconds(e.Seconds))
}

// whole is the line of the sweep.
func (l layout) whole(ended, trials int, part float64, remaining string) string {
	text := left(cut(fmt.Sprintf("%d of %d trials", ended, trials), l.label), l.label)
	s := "  " + text + "  " + l.bar(part)
	if l.time > 0 && remaining != "" {
		s += right(remaining, gap+l.value+gap+l.time)
	}
	return s
}

// line joins the columns. mark, label and state are padded already.
func (l layout) line(mark, label, state, value, time string) string {
	s := mark + " " + left(cut(label, l.label), l.label) + "  " + state
	if l.time > 0 {
		s += "  " + right(cut(value, l.value), l.value) + "  " + right(time, l.time)
	}
	return s
}

func (l layout) labels(t sweeps.Trial) string {
	cells := make([]string, len(l.columns))
	for i, c := range l.columns {
		cells[i] = right(cell(t, c.name), c.width)
	}
	return strings.Join(cells, "  ")
}

// bar draws a part of 1, with its percentage, as wide as the state column.
func (l layout) bar(part float64) string {
	text := right(share(part), len(" 100 %"))
	n := max(1, l.state-len(text))
	halves := int(part * float64(2*n))
	full := strings.Repeat("━", halves/2)
	rest := n - halves/2
	if halves%2 == 1 {
		full += "╸"
		rest--
	}
	return l.paint.cyan(full) + l.paint.faint(strings.Repeat("─", rest)) + text
}

// palette colours text, or leaves it as it is.
type palette bool

func (p palette) green(s string) string  { return p.in("32", s) }
func (p palette) yellow(s string) string { return p.in("33", s) }
func (p palette) red(s string) string    { return p.in("31", s) }
func (p palette) cyan(s string) string   { return p.in("36", s) }
func (p palette) faint(s string) string  { return p.in("2", s) }

func (p palette) in(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// left and right pad s with spaces to n characters.
func left(s string, n int) string  { return s + pad(s, n) }
func right(s string, n int) string { return pad(s, n) + s }

func pad(s string, n int) string { return strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s))) }

// printable replaces what a terminal would obey instead of showing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '·'
		}
		return r
	}, s)
}

// cut shortens s to at most n characters.
func cut(s string, n int) string {
	switch {
	case utf8.RuneCountInString(s) <= n:
		return s
	case n < 1:
		return ""
	}
	return string([]rune(s)[:n-1]) + "…"
}

package reports

import (
	"fmt"
	"math"
	"strings"
)

// marksOfText are what stands for a line's points on a terminal.
const marksOfText = "ox+*#@%&=~"

// Text draws the chart for a terminal, in so many columns and rows at most; the lines' names stand below.
func (c Chart) Text(columns, rows int) string {
	var b strings.Builder
	fmt.Fprintln(&b, c.figure.Title)
	if len(c.lines) == 0 {
		fmt.Fprintln(&b, c.figure.Panels[0].Empty)
		return b.String()
	}
	x, y := c.figure.Panels[0].X, c.figure.Panels[0].Y
	var means []float64
	for _, l := range c.lines {
		for _, v := range l.mean {
			if v >= y.Min && v <= y.Max {
				means = append(means, v)
			}
		}
	}
	y.cover(0.04, means...) // the intervals are left out
	x.Ticks, y.Ticks = max(columns/14, 2), max(rows/5, 2)
	left := 0
	yTicks := y.ticks(y.Min, y.Max)
	for _, t := range yTicks {
		left = max(left, len([]rune(firstLine(t.Label))))
	}
	width, height := max(columns-left-3, 10), max(rows-5, 5)
	shown := newScreen(width, height)
	place := func(a axis, v float64, n int) int {
		return int(math.Round(a.Scale.Normalize(a.Min, a.Max, v) * float64(n-1)))
	}
	for i, l := range c.lines {
		mark := rune(marksOfText[i%len(marksOfText)])
		pts := l.points()
		for k := 1; k < len(pts); k++ {
			if !usable(pts[k-1].Y, y.Scale) || !usable(pts[k].Y, y.Scale) || !c.joined {
				continue
			}
			shown.join(place(x, pts[k-1].X, width), place(y, pts[k-1].Y, height), place(x, pts[k].X, width), place(y, pts[k].Y, height))
		}
		for _, q := range pts {
			if usable(q.X, x.Scale) && usable(q.Y, y.Scale) {
				shown.set(place(x, q.X, width), place(y, q.Y, height), mark)
			}
		}
	}
	labels := map[int]string{}
	for _, t := range yTicks {
		if t.Label != "" && t.Value >= y.Min && t.Value <= y.Max {
			labels[place(y, t.Value, height)] = firstLine(t.Label)
		}
	}
	fmt.Fprintln(&b, y.Label)
	for r := height - 1; r >= 0; r-- {
		tick := " │"
		if labels[r] != "" {
			tick = " ┤"
		}
		fmt.Fprintf(&b, "%*s%s%s\n", left, labels[r], tick, strings.TrimRight(string(shown.rows[r]), " "))
	}
	fmt.Fprintf(&b, "%*s └%s\n", left, "", strings.Repeat("─", width))
	fmt.Fprintf(&b, "%*s  %s\n", left, "", ticksOfText(x, width, place))
	fmt.Fprintf(&b, "%*s  %s\n", left, "", strings.Split(x.Label, ";")[0])
	for i, l := range c.lines {
		if l.name != "" {
			fmt.Fprintf(&b, "%c %s\n", marksOfText[i%len(marksOfText)], l.name)
		}
	}
	return b.String()
}

// ticksOfText is the line of labels below the axis, without those that would run into others.
func ticksOfText(x axis, width int, place func(axis, float64, int) int) string {
	out := []rune(strings.Repeat(" ", width))
	end := -1
	for _, t := range x.ticks(x.Min, x.Max) {
		label := []rune(firstLine(t.Label))
		if len(label) == 0 || t.Value < x.Min || t.Value > x.Max {
			continue
		}
		from := min(max(place(x, t.Value, width)-len(label)/2, 0), width-len(label))
		if from <= end || from < 0 {
			continue
		}
		copy(out[from:], label)
		end = from + len(label)
	}
	return strings.TrimRight(string(out), " ")
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// screen is characters in rows, the first one at the bottom.
type screen struct{ rows [][]rune }

func newScreen(width, height int) screen {
	f := screen{}
	for range height {
		f.rows = append(f.rows, []rune(strings.Repeat(" ", width)))
	}
	return f
}

// set puts a mark at a place, if that is in the field.
func (f screen) set(x, y int, mark rune) {
	if y >= 0 && y < len(f.rows) && x >= 0 && x < len(f.rows[y]) {
		f.rows[y][x] = mark
	}
}

// join draws a dotted line between two places, without its ends, where nothing stands yet.
func (f screen) join(x0, y0, x1, y1 int) {
	n := max(abs(x1-x0), abs(y1-y0))
	for i := 1; i < n; i++ {
		x, y := x0+(x1-x0)*i/n, y0+(y1-y0)*i/n
		if y >= 0 && y < len(f.rows) && x >= 0 && x < len(f.rows[y]) && f.rows[y][x] == ' ' {
			f.rows[y][x] = '·'
		}
	}
}

func abs(n int) int { return max(n, -n) }

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// jsonFlag gives a verb the flag --json.
func (a *app) jsonFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.json, "json", false, "one JSON object a line, for programs")
}

// printJSON writes one object on one line.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printEach writes one object a line.
func printEach[T any](a *app, rows []T) error {
	for _, r := range rows {
		if err := a.printJSON(r); err != nil {
			return err
		}
	}
	return nil
}

// table writes rows in aligned columns; cells that are numbers stand to the right where their header asks for it
// with a leading '>'.
type table struct {
	header []string
	rows   [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// leaveOut drops those of some columns in which no row says anything: "-", 0 or nothing in all of them.
func (t *table) leaveOut(headers ...string) {
	for i := len(t.header) - 1; i >= 0; i-- {
		if !slices.Contains(headers, t.header[i]) || len(t.rows) == 0 ||
			slices.ContainsFunc(t.rows, func(cells []string) bool { return !slices.Contains([]string{"", "-", "0"}, cells[i]) }) {
			continue
		}
		t.header = slices.Delete(t.header, i, i+1)
		for r := range t.rows {
			t.rows[r] = slices.Delete(t.rows[r], i, i+1)
		}
	}
}

func (t *table) write(w io.Writer) error {
	for _, r := range t.rows {
		for i, c := range r {
			r[i] = visible(c)
		}
	}
	right := make([]bool, len(t.header))
	width := make([]int, len(t.header))
	header := make([]string, len(t.header))
	for i, h := range t.header {
		header[i] = strings.TrimPrefix(h, ">")
		right[i] = header[i] != h
		header[i] = visible(header[i])
		width[i] = len([]rune(header[i]))
	}
	for _, r := range t.rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for _, r := range append([][]string{header}, t.rows...) {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if right[i] {
				c = pad + c
			} else {
				c += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(c)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// pairs writes names and values in two columns.
func pairs(w io.Writer, kv ...string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(kv); i += 2 {
		fmt.Fprintf(tw, "%s\t%s\n", visible(kv[i]), visible(kv[i+1]))
	}
	return tw.Flush()
}

// visible shows what a terminal would obey, or not show, as an escape: \x1b. Texts of records and imported files may hold
// anything. Newlines and tabs stay.
func visible(s string) string {
	hidden := func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r)
	}
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1: // not UTF-8
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == utf8.RuneError || !hidden(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[n:]
	}
	return b.String()
}

// number writes a figure with the digits that people read: 135.2, 0.312, 4.91, "-" for none.
func number(v *float64) string {
	if v == nil || math.IsNaN(*v) {
		return "-"
	}
	return figure(*v)
}

// figure rounds to four significant digits, whole numbers above a thousand.
func figure(v float64) string {
	a := math.Abs(v)
	switch {
	case a == 0:
		return "0"
	case a >= 1e9 || math.IsInf(a, 0):
		return strconv.FormatFloat(v, 'g', 4, 64)
	case a >= 1000:
		return grouped(int64(math.Round(v)))
	case a < 1e-3:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	digits := max(0, 3-int(math.Floor(math.Log10(a*1.00005)))) // 999.96 is 1000 by then
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// grouped writes 1381550 as 1,381,550.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seconds writes a duration the way a stopwatch does: 8.1 s, 2m05s, 1h02m.
func seconds(s float64) string {
	switch {
	case s < 60:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", int(s)/60, int(s)%60)
	}
	return fmt.Sprintf("%dh%02dm", int(s)/3600, int(s)/60%60)
}

// plural writes "1 trial", "3 trials".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(int64(n)) + " " + noun + "s"
}

// orderedObject is a JSON object whose keys keep the order in which they were added.
type orderedObject struct {
	keys   []string
	values []any
}

func (o *orderedObject) add(key string, value any) {
	o.keys = append(o.keys, key)
	o.values = append(o.values, value)
}

// MarshalJSON writes the object.
func (o *orderedObject) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, k := range o.keys {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.values[i])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

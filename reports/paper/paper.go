// Package paper writes tables of results the way papers and notebooks take them: Markdown, LaTeX and CSV. What stands in a
// table, and which of it is marked, is decided in results; here it is spelled so that each format reads it back as it was.
package paper

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"sweep/internal/spreadsheet"
	"sweep/results"
	"sweep/sweeps"
)

// style is how one text format spells the parts of a cell.
type style struct {
	escape                        func(string) string
	bold, underline, small, minus func(string) string
	empty                         string
}

// number rounds all figures of a table alike: to two digits of the half-width of its narrower intervals (their lower
// quartile), or, where there is none, to four significant digits of its smaller means.
func number(t results.Crosstab) func(float64) string {
	var halves, sizes []float64
	for _, line := range t.Cells {
		for _, c := range line {
			if c.Mean != nil && *c.Mean != 0 {
				sizes = append(sizes, math.Abs(*c.Mean))
			}
			if c.Low != nil && c.High != nil && *c.High > *c.Low {
				halves = append(halves, (*c.High-*c.Low)/2)
			}
		}
	}
	decimals := 0
	switch {
	case len(halves) > 0:
		decimals = 1 - exponent(quartile(halves))
	case len(sizes) > 0:
		decimals = 3 - exponent(quartile(sizes))
	}
	decimals = max(0, min(9, decimals))
	return func(v float64) string {
		if math.Abs(v) >= 1e9 {
			return strconv.FormatFloat(v, 'g', 4, 64)
		}
		s := strconv.FormatFloat(v, 'f', decimals, 64)
		if strings.Trim(s, "-0.") == "" {
			s = strings.TrimPrefix(s, "-") // what rounds to nothing has no sign
		}
		return s
	}
}

func exponent(v float64) int { return int(math.Floor(math.Log10(v))) }

func quartile(vs []float64) float64 {
	slices.Sort(vs)
	return vs[len(vs)/4]
}

// cell writes mean, interval and n, or why there is no mean.
func (s style) cell(c results.Cell, write func(float64) string) string {
	mark := ""
	if c.Diverged > 0 {
		mark = s.escape(results.Dagger)
	}
	switch {
	case c.Configuration == "":
		return s.empty
	case c.Mean == nil:
		return s.escape(c.State) + mark
	}
	mean := s.minus(write(*c.Mean))
	switch {
	case bool(c.Best):
		mean = s.bold(mean)
	case c.Tied():
		mean = s.underline(mean)
	}
	rest := "n = " + strconv.Itoa(c.N)
	if c.Low != nil && c.High != nil {
		rest = "[" + s.minus(write(*c.Low)) + ", " + s.minus(write(*c.High)) + "], " + rest
	}
	return mean + mark + " " + s.small(rest)
}

// heading names a value of a parameter; a configuration that lacks it stands under "none".
func heading(v sweeps.Value) string {
	if v.Kind() == 0 {
		return "none"
	}
	return v.String()
}

func same(s string) string { return s }

// oneLine keeps a name with line ends or other control characters in its cell.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cell is a value as a cell of CSV.
func cell(v sweeps.Value) string {
	if text, ok := v.Text(); ok {
		return spreadsheet.Text(text)
	}
	return v.String()
}

// CSV writes one line a cell, with all digits: a cell has a mean, an interval, marks and more, which one line a row of the
// table would spread over columns whose names no program could rely on. Combinations that the sweep does not have are there,
// too, with the state missing. Parameters are named param.NAME, as in exports.
func CSV(w io.Writer, t results.Crosstab) error {
	out := csv.NewWriter(w)
	header := []string{"param." + t.Rows}
	if t.Cols != "" {
		header = append(header, "param."+t.Cols)
	}
	for _, name := range t.Chosen {
		header = append(header, "param."+name)
	}
	header = append(header, "metric", "n", "mean", "sd", "low", "high", "best", "tied_with_best", "diverged", "state", "configuration")
	if err := out.Write(header); err != nil {
		return err
	}
	for i, line := range t.Cells {
		for j, c := range line {
			cells := []string{cell(t.RowValues[i])}
			if t.Cols != "" {
				cells = append(cells, cell(t.ColValues[j]))
			}
			for _, name := range t.Chosen {
				v, _ := c.Chosen.Lookup(name)
				cells = append(cells, cell(v))
			}
			state := c.State
			if c.Configuration == "" {
				state = "missing"
			}
			cells = append(cells, t.Metric, strconv.Itoa(c.N), exact(c.Mean), exact(c.SD), exact(c.Low), exact(c.High),
				flag(c.Best), flag(c.TiedWithBest), strconv.Itoa(c.Diverged), state, c.Configuration)
			if err := out.Write(cells); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func exact(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func flag(f results.Flag) string {
	if f {
		return "1"
	}
	return "0"
}

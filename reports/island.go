package reports

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"

	"sweep/results"
)

// The islands of JSON in the page, which its script reads. The page is whole without them.

// island is a script element of data, which an attribute binds to what it belongs to. The encoder escapes "<", so that
// no text ends the element.
func island(class, attribute, of string, data any) template.HTML {
	b, err := json.Marshal(data)
	if err != nil {
		return "" // numbers that JSON lacks are left out before; it is the page without this that is written
	}
	return template.HTML(fmt.Sprintf("<script type=\"application/json\" class=\"%s\" %s=\"%s\">%s</script>\n",
		class, attribute, template.HTMLEscapeString(of), b)) // both are escaped
}

// rowsIsland is the exact values of a table. A cell of a row is a number, a string or null.
type rowsIsland struct {
	Columns []columnIsland `json:"columns"`
	Rows    [][]any        `json:"rows"`
	Axes    []pageAxis     `json:"axes,omitempty"`
}

type columnIsland struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	Text bool   `json:"text,omitempty"`
}

// pageAxis is one axis of parallel coordinates.
type pageAxis struct {
	Column int      `json:"column"`
	Scale  string   `json:"scale"`            // linear, log or category
	Values []string `json:"values,omitempty"` // of a category, in their order
	Goal   string   `json:"goal,omitempty"`   // of the metric: minimize or maximize
}

// island is the table's exact values, "" where its rows have none.
func (t pageTable) island() template.HTML {
	if len(t.Rows) == 0 || len(t.Rows[0].Values) == 0 {
		return ""
	}
	out := rowsIsland{Axes: t.Axes}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, columnIsland{Key: cmp.Or(c.Key, c.Name), Name: c.Name, Text: c.Text})
	}
	for _, r := range t.Rows {
		out.Rows = append(out.Rows, r.Values)
	}
	return island("rows", "data-table", t.ID, out)
}

// size is about how many bytes the table takes in the page.
func (t pageTable) size() int {
	n := len(t.Island) + 300
	for _, r := range t.Rows {
		for _, c := range r.Cells {
			n += len(c) + len(`<td class="t"></td>`)
		}
		n += len("<tr></tr>\n")
	}
	return n
}

// key names the columns for filters, by what stands above them.
func (t *pageTable) key(of map[string]string) {
	for i := range t.Columns {
		t.Columns[i].Key = of[t.Columns[i].Name]
	}
}

// sweptDimensions is every parameter that varies, each beside those that depend on it.
func (s *study) sweptDimensions() []dimension {
	var out []dimension
	for _, d := range s.dimensions {
		out = append(out, d)
		for _, n := range d.With {
			out = append(out, s.dimension(n))
		}
	}
	return out
}

// exact is a number as an island holds it: nil where JSON has no such number.
func exact(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// exact is a value of the dimension as an island holds it.
func (d dimension) exact(v value) any {
	switch {
	case d.Numeric && v.number:
		return exact(v.num)
	case v.there:
		return v.text
	}
	return v.String()
}

// pageAxis is the dimension as an axis, its values in a column.
func (d dimension) pageAxis(column int) pageAxis {
	a := pageAxis{Column: column, Scale: "linear"}
	switch d.Scale {
	case logarithmic:
		a.Scale = "log"
	case category:
		a.Scale = "category"
		for _, v := range d.Values {
			a.Values = append(a.Values, fmt.Sprint(d.exact(v)))
		}
	}
	return a
}

// metricAxis is the sweep's metric as an axis: logarithmic for a perplexity, whose ratios are what counts, if it ranges widely.
func (s *study) metricAxis(column int, trials []results.Trial) pageAxis {
	a := pageAxis{Column: column, Scale: "linear", Goal: "minimize"}
	if s.metric.Maximize {
		a.Goal = "maximize"
	}
	var values []float64
	for _, t := range trials {
		if v := orNaN(t.Value); usable(v, linear) {
			values = append(values, v)
		}
	}
	if len(values) > 0 && slices.Min(values) > 0 && slices.Max(values) > 5*slices.Min(values) {
		a.Scale = "log"
	}
	return a
}

// behindTable is the first rows of a picture's data, for those who would rather read than look.
func behindTable(of table) pageTable {
	const mostCells = 600
	n := min(len(of.Rows), mostBehind, mostCells/max(len(of.Columns), 1))
	t := pageTable{Folded: true, Title: "As a table: " + count(len(of.Rows), "row")}
	if n < len(of.Rows) {
		t.Title = fmt.Sprintf("As a table: the first %d of %s rows", n, thousands(int64(len(of.Rows))))
	}
	for i, name := range of.Columns {
		text := false
		for _, r := range of.Rows[:n] {
			if _, err := strconv.ParseFloat(r[i], 64); err != nil && r[i] != "" {
				text = true
			}
		}
		t.Columns = append(t.Columns, pageColumn{Name: name, Text: text})
	}
	for _, r := range of.Rows[:n] {
		t.Rows = append(t.Rows, pageRow{Cells: r})
	}
	return t
}

package reports

import (
	"bytes"
	"encoding/csv"
	"math"
	"strconv"

	"sweep/internal/spreadsheet"
)

// table is the data of a picture, as its CSV holds it.
type table struct {
	Columns []string
	Rows    [][]string
}

// add appends a row. Strings are kept from being formulas; numbers are written in full, NaN and infinities as empty
// cells.
func (t *table) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			row[i] = spreadsheet.Text(c)
		case float64:
			row[i] = number(c)
		case *float64:
			if c != nil {
				row[i] = number(*c)
			}
		case int:
			row[i] = strconv.Itoa(c)
		case *int:
			if c != nil {
				row[i] = strconv.Itoa(*c)
			}
		case int64:
			row[i] = strconv.FormatInt(c, 10)
		case bool:
			row[i] = "0"
			if c {
				row[i] = "1"
			}
		case value:
			row[i] = spreadsheet.Text(c.text)
			if c.number {
				row[i] = c.text
			}
		}
	}
	t.Rows = append(t.Rows, row)
}

// number writes a float as short as it can be read back exactly.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// csv writes the table as RFC 4180 with \n line ends.
func (t table) csv() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = spreadsheet.Text(c)
	}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	if err := w.WriteAll(t.Rows); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

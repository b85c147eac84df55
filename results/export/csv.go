package export

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"sweep/internal/spreadsheet"
)

// CSV writes a table as RFC 4180 with a header and \n line ends. Numbers are as short as they can be read back exactly;
// null is an empty cell. A text that a spreadsheet would take for a formula gets an apostrophe in front.
func CSV(w io.Writer, t Table) error {
	c := csv.NewWriter(w)
	cells := make([]string, len(t.Columns))
	for i, column := range t.Columns {
		cells[i] = column.Name
	}
	if err := c.Write(cells); err != nil {
		return err
	}
	for row := range t.Rows {
		for i, v := range row {
			cells[i] = plain(v)
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return spreadsheet.Text(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if !finite(v) {
			return ""
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

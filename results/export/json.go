package export

import (
	"bytes"
	"encoding/json"
	"io"
)

// JSON writes a table as JSON lines: an object a row, with every column in order. NaN and infinities, which JSON does not
// have, are null.
func JSON(w io.Writer, t Table) error {
	names := make([][]byte, len(t.Columns))
	for i, c := range t.Columns {
		name, err := json.Marshal(c.Name)
		if err != nil {
			return err
		}
		names[i] = append(name, ':')
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	for row := range t.Rows {
		line.Reset()
		line.WriteByte('{')
		for i, v := range row {
			if i > 0 {
				line.WriteByte(',')
			}
			line.Write(names[i])
			if f, ok := v.(float64); ok && !finite(f) {
				v = nil
			}
			if err := e.Encode(v); err != nil {
				return err
			}
			line.Truncate(line.Len() - 1) // the encoder's line end
		}
		line.WriteString("}\n")
		if _, err := w.Write(line.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

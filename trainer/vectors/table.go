package vectors

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// column is one feature of a table.
type column struct {
	name   string
	cells  []string
	lines  []int          // of the cells
	values []float64      // if it is numeric
	codes  map[string]int // if it is categorical: places of the categories, in the order of their bytes
}

// table reads a table of features. Numeric columns are taken as they are; a column of words becomes a column for each
// of them, 1 where it stands; an empty cell among words is none of them.
func (s *source) table(set *Set, keep func(string) bool) error {
	words, columns, err := s.cells()
	if err != nil {
		return err
	}
	for i := range columns {
		if err := s.code(&columns[i]); err != nil {
			return err
		}
		names := []string{columns[i].name}
		if columns[i].codes != nil {
			names = make([]string, len(columns[i].codes))
			for category, at := range columns[i].codes {
				names[at] = columns[i].name + "=" + category
			}
		}
		set.Columns = append(set.Columns, names...)
		if len(set.Columns) > maxColumns {
			return &Error{Message: fmt.Sprintf("%s: column %s has too many different words: more than %d columns in all", s.name, columns[i].name, maxColumns),
				Hint: "leave out columns that name things rather than sort them"}
		}
	}
	set.Dim, set.Rows = len(set.Columns), int64(len(words))
	row := make([]float32, set.Dim)
	for r, word := range words {
		if !keep(word) {
			continue
		}
		clear(row)
		at := 0
		for _, c := range columns {
			if c.codes == nil {
				row[at] = float32(c.values[r])
				at++
				continue
			}
			if place, ok := c.codes[c.cells[r]]; ok {
				row[at+place] = 1
			}
			at += len(c.codes)
		}
		if err := set.add(word, row); err != nil {
			return err
		}
	}
	return nil
}

// cells reads the whole table.
func (s *source) cells() (words []string, columns []column, err error) {
	record, err := s.records()
	if err != nil {
		return nil, nil, err
	}
	header, err := record()
	if err == io.EOF {
		return nil, nil, &Error{Message: s.name + " holds no vectors", Hint: expected}
	}
	if err != nil {
		return nil, nil, err
	}
	if len(header) < 2 {
		return nil, nil, s.wrong("", "a table of features has a word and at least one feature a line")
	}
	for i, name := range header[1:] {
		if name = strings.TrimSpace(name); name == "" {
			name = fmt.Sprintf("column %d", i+2)
		}
		columns = append(columns, column{name: name})
	}
	for {
		fields, err := record()
		if err == io.EOF {
			return words, columns, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if len(fields) != len(header) {
			return nil, nil, s.wrong("", "%d columns where the first line has %d", len(fields), len(header))
		}
		words = append(words, fields[0])
		for i := range columns {
			columns[i].cells = append(columns[i].cells, strings.TrimSpace(fields[i+1]))
			columns[i].lines = append(columns[i].lines, s.line)
		}
	}
}

// records returns a function that returns the next line that is not empty, cut into fields. Between tabs quotation marks
// are characters like any other.
func (s *source) records() (func() ([]string, error), error) {
	all, err := io.ReadAll(io.LimitReader(s.r, maxTable+1))
	if err != nil {
		return nil, s.unreadable(err)
	}
	if len(all) > maxTable {
		return nil, &Error{Message: fmt.Sprintf("%s: a table of features of more than %d bytes", s.name, maxTable)}
	}
	if s.ctx.Err() != nil {
		return nil, context.Cause(s.ctx)
	}
	all = bytes.TrimPrefix(all, []byte("\ufeff"))
	first, _, _ := bytes.Cut(all, []byte("\n"))
	if !bytes.Contains(first, []byte("\t")) {
		return s.commas(csv.NewReader(bytes.NewReader(all))), nil
	}
	return func() ([]string, error) {
		for len(all) > 0 {
			var line []byte
			line, all, _ = bytes.Cut(all, []byte("\n"))
			s.line++
			if line = bytes.TrimSuffix(line, []byte("\r")); len(line) > 0 {
				return strings.Split(string(line), "\t"), nil
			}
		}
		return nil, io.EOF
	}, nil
}

func (s *source) commas(r *csv.Reader) func() ([]string, error) {
	r.FieldsPerRecord = -1
	return func() ([]string, error) {
		fields, err := r.Read()
		switch e, ok := err.(*csv.ParseError); {
		case ok:
			s.line = e.Line
			return nil, s.wrong("", "%v", e.Err)
		case err != nil:
			return nil, err
		}
		s.line, _ = r.FieldPos(0)
		return fields, nil
	}
}

// code decides whether a column is numeric or categorical, and prepares either. One that is both is a mistake.
func (s *source) code(c *column) error {
	number, word := -1, -1 // the first cell of each kind
	for r, cell := range c.cells {
		x, err := strconv.ParseFloat(cell, 64)
		s.line = c.lines[r]
		switch {
		case cell == "":
		case overflow(err) || err == nil && (!finite(x) || !finite(float64(float32(x)))):
			return s.wrong("", "column %s: %s is not finite", c.name, cell)
		case err != nil && word < 0:
			word = r
		case err == nil && number < 0:
			number = r
		}
		c.values = append(c.values, x)
	}
	both := func(r int) error {
		s.line = c.lines[r]
		return s.wrong("write numbers throughout, or words throughout", "column %s holds both numbers and words: %s here, %s in line %d",
			c.name, clip([]byte(c.cells[r])), clip([]byte(c.cells[number+word-r])), c.lines[number+word-r])
	}
	switch {
	case number < 0 && word < 0:
		return &Error{Message: fmt.Sprintf("%s: column %s is empty", s.name, c.name), Hint: "leave it out"}
	case number >= 0 && word >= 0:
		return both(max(number, word))
	case number >= 0:
		if r := slices.Index(c.cells, ""); r >= 0 {
			s.line = c.lines[r]
			return s.wrong("", "column %s has no number here", c.name)
		}
		return nil
	}
	c.values = nil
	categories := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(c.cells))), func(s string) bool { return s == "" })
	c.codes = make(map[string]int, len(categories))
	for i, category := range categories {
		c.codes[category] = i
	}
	return nil
}

// Package export writes what the record holds of a sweep as tables that other programs read: CSV, JSON lines and Parquet.
// A table has the columns of its view, v_trials or v_points, in the view's order; the object params becomes a column
// param.NAME for each hyperparameter. It reads no record and decides nothing about files.
package export

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"

	"sweep/results"
	"sweep/sweeps"
)

// Kind says what the cells of a column hold.
type Kind uint8

// The kinds of columns, and the Go type of their cells.
const (
	Text    Kind = iota // string
	Integer             // int64
	Real                // float64
	Truth               // bool
)

// Column is one column of a table. Cells of a nullable one may be nil.
type Column struct {
	Name     string
	Kind     Kind
	Nullable bool
}

// Table is a table on its way to a file.
type Table struct {
	Columns []Column
	// Rows yields a cell for each column; the slice is good until the next row.
	Rows iter.Seq[[]any]
}

// prefix begins the names of columns that hold hyperparameters.
const prefix = "param."

// Trials is v_trials of these trials. A hyperparameter that a trial does not have is null.
func Trials(trials []results.Trial) (Table, error) {
	var params space
	values := make([]sweeps.Values, len(trials))
	for i, t := range trials {
		if err := json.Unmarshal(t.Params, &values[i]); err != nil {
			return Table{}, fmt.Errorf("params of trial %s: %w", t.Trial, err)
		}
		params.add(values[i])
	}
	fields := fieldsOf[results.Trial]()
	var t Table
	for _, f := range fields {
		if f.params {
			t.Columns = append(t.Columns, params.columns()...)
		} else {
			t.Columns = append(t.Columns, f.column)
		}
	}
	t.Rows = func(yield func([]any) bool) {
		row := make([]any, 0, len(t.Columns))
		for i := range trials {
			row = row[:0]
			v := reflect.ValueOf(&trials[i]).Elem()
			for _, f := range fields {
				if f.params {
					row = params.cells(row, values[i])
				} else {
					row = append(row, f.cell(v))
				}
			}
			if !yield(row) {
				return
			}
		}
	}
	return t, nil
}

// Points is v_points of these points.
func Points(points []results.Point) Table {
	fields := fieldsOf[results.Point]()
	var t Table
	for _, f := range fields {
		t.Columns = append(t.Columns, f.column)
	}
	t.Rows = func(yield func([]any) bool) {
		row := make([]any, len(fields))
		for i := range points {
			v := reflect.ValueOf(&points[i]).Elem()
			for j, f := range fields {
				row[j] = f.cell(v)
			}
			if !yield(row) {
				return
			}
		}
	}
	return t
}

// field is one field of a row type.
type field struct {
	index  int
	column Column
	params bool // it is the object of hyperparameters
}

// fieldsOf lists the fields of a row type: their JSON names are the view's columns. It panics on a type that no view has.
func fieldsOf[Row any]() []field {
	var out []field
	for i, f := range reflect.VisibleFields(reflect.TypeFor[Row]()) {
		c := Column{Name: f.Tag.Get("json")}
		of := f.Type
		if of.Kind() == reflect.Pointer {
			c.Nullable, of = true, of.Elem()
		}
		switch of.Kind() {
		case reflect.String:
			c.Kind = Text
		case reflect.Int, reflect.Int64, reflect.Uint64, reflect.Bool: // a truth value is 0 or 1 in a view
			c.Kind = Integer
		case reflect.Float64:
			c.Kind = Real
		case reflect.Slice: // tags are an array as text, as in the view
			if of != reflect.TypeFor[results.Tags]() {
				out = append(out, field{i, c, true})
				continue
			}
			c.Kind = Text
		default:
			panic("export: a view with a column of type " + f.Type.String())
		}
		out = append(out, field{i, c, false})
	}
	return out
}

func (f field) cell(row reflect.Value) any {
	v := row.Field(f.index)
	if f.column.Nullable {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if tags, ok := v.Interface().(results.Tags); ok {
		return tags.String()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Float64:
		return v.Float()
	case reflect.Uint64: // a seed, which SQLite keeps as a signed number, too
		return int64(v.Uint())
	case reflect.Bool:
		if v.Bool() {
			return int64(1)
		}
		return int64(0)
	}
	return v.Int()
}

package export

import (
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// SchemaVersion is what Parquet files say under the key sweep.schema. Columns may be added without a new one.
const SchemaVersion = "1"

const (
	schemaKey    = "sweep.schema"
	rowsPerGroup = 1 << 17
	rowsPerWrite = 1 << 10
)

// Parquet writes a table as one Parquet file, compressed by Zstandard.
func Parquet(w io.Writer, t Table) error {
	out := parquet.NewWriter(w, schema(t.Columns), parquet.Compression(&zstd.Codec{}), parquet.KeyValueMetadata(schemaKey, SchemaVersion),
		parquet.MaxRowsPerRowGroup(rowsPerGroup))
	rows := make([]parquet.Row, 0, rowsPerWrite)
	flush := func() error {
		_, err := out.WriteRows(rows)
		rows = rows[:0]
		return err
	}
	for row := range t.Rows {
		r := make(parquet.Row, len(row))
		for i, v := range row {
			level := 0 // of definition: 1 for a nullable cell that is there
			if t.Columns[i].Nullable && v != nil {
				level = 1
			}
			if v == nil && !t.Columns[i].Nullable {
				return fmt.Errorf("column %s is null in a row", t.Columns[i].Name)
			}
			r[i] = parquet.ValueOf(v).Level(0, level, i)
		}
		if rows = append(rows, r); len(rows) == rowsPerWrite {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}

var goTypes = map[Kind]reflect.Type{
	Text: reflect.TypeFor[string](), Integer: reflect.TypeFor[int64](), Real: reflect.TypeFor[float64](), Truth: reflect.TypeFor[bool](),
}

// schema declares the columns by way of a struct: a parquet.Group would sort them by name.
func schema(columns []Column) *parquet.Schema {
	fields := make([]reflect.StructField, len(columns))
	for i, c := range columns {
		tag := c.Name
		if c.Nullable {
			tag += ",optional"
		}
		if c.Kind == Text {
			tag += ",dict"
		}
		fields[i] = reflect.StructField{Name: fmt.Sprintf("C%d", i), Type: goTypes[c.Kind], Tag: reflect.StructTag(fmt.Sprintf("parquet:%q", tag))}
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
}

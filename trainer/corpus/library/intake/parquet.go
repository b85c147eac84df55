package intake

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// readParquet calls add for every row of one column of a Parquet file.
func readParquet(path, column string, add func(text []byte, null bool) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return &SourceError{err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return &SourceError{err}
	}
	var own error // of add, told apart from what is wrong with the file
	defer func() {
		if p := recover(); p != nil { // the library does not expect every kind of damage
			err = fmt.Errorf("%v", p)
		}
		switch {
		case own != nil:
			err = own
		case err != nil:
			err = fmt.Errorf("cannot read %s as Parquet: %w", path, err)
		}
	}()
	if err := footer(f, info.Size()); err != nil {
		return err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return err
	}
	leaf, err := textColumn(file.Schema(), column)
	if err != nil {
		own = fmt.Errorf("%s: %w", path, err)
		return own
	}
	if err := readable(file, leaf); err != nil {
		own = fmt.Errorf("%s: the column %q: %w", path, column, err)
		return own
	}
	row := int64(0)
	for _, group := range file.RowGroups() {
		err := eachValue(group.ColumnChunks()[leaf.ColumnIndex], func(v parquet.Value) error {
			row++
			text := v.ByteArray()
			if !v.IsNull() && !utf8.Valid(text) {
				own = fmt.Errorf("%s: row %d of column %q: invalid UTF-8; convert the text to UTF-8", path, row, column)
			} else {
				own = add(text, v.IsNull())
			}
			return own
		})
		if err != nil {
			return err
		}
	}
	if row != file.NumRows() {
		return fmt.Errorf("it has %d rows and should have %d", row, file.NumRows())
	}
	return nil
}

// footer looks at the end of a file, "length of the footer, PAR1", because parquet-go makes room for any length.
func footer(f io.ReaderAt, size int64) error {
	const tail = 8
	var b [tail]byte
	if size < tail {
		return fmt.Errorf("it has %d bytes", size)
	}
	if _, err := f.ReadAt(b[:], size-tail); err != nil {
		return err
	}
	if string(b[4:]) != "PAR1" {
		return errors.New("it does not end as one")
	}
	if n := int64(binary.LittleEndian.Uint32(b[:4])); n > size-tail {
		return fmt.Errorf("its footer would have %d bytes", n)
	}
	return nil
}

// textColumn finds a column by name and makes sure that each row holds at most one text.
func textColumn(schema *parquet.Schema, column string) (parquet.LeafColumn, error) {
	leaf, ok := schema.Lookup(column)
	if !ok {
		leaf, ok = schema.Lookup(strings.Split(column, ".")...)
	}
	if !ok {
		var names []string
		for _, path := range schema.Columns() {
			names = append(names, strings.Join(path, "."))
		}
		return leaf, fmt.Errorf("no column %q; there is %s", column, listed(names))
	}
	if leaf.MaxRepetitionLevel > 0 {
		return leaf, fmt.Errorf("the column %q holds lists, and a document is one text", column)
	}
	kind := leaf.Node.Type().Kind()
	logical := ""
	if l := leaf.Node.Type().LogicalType(); l != nil {
		logical = l.String()
	}
	switch logical {
	case "", "STRING", "ENUM", "JSON":
		if kind == parquet.ByteArray {
			return leaf, nil
		}
	}
	return leaf, fmt.Errorf("the column %q holds %s and no text", column, leaf.Node.Type())
}

// readable refuses LZ4. parquet-go v0.32.0 may take other bytes for those of an LZ4 page (its issue 608, open), and never
// ends over a damaged one.
func readable(file *parquet.File, leaf parquet.LeafColumn) error {
	for _, group := range file.Metadata().RowGroups {
		switch codec := group.Columns[leaf.ColumnIndex].MetaData.Codec; codec {
		case format.Lz4, format.Lz4Raw:
			return fmt.Errorf("compressed with %v, which is not read; write it with snappy or zstd", codec)
		}
	}
	return nil
}

// eachValue calls use for every row of a column, in order. The value is valid until use returns.
func eachValue(column parquet.ColumnChunk, use func(parquet.Value) error) (err error) {
	pages := column.Pages()
	defer func() { err = errors.Join(err, pages.Close()) }()
	var values [256]parquet.Value
	for {
		page, err := pages.ReadPage()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		err = eachOf(page.Values(), values[:], use)
		parquet.Release(page)
		if err != nil {
			return err
		}
	}
}

func eachOf(r parquet.ValueReader, buf []parquet.Value, use func(parquet.Value) error) error {
	for {
		n, err := r.ReadValues(buf)
		for _, v := range buf[:n] {
			if err := use(v); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

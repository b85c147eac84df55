// Package intake turns local files of several forms into one text of the user's library: plain text, a document a line
// (also .gz and .zst), JSON lines, and Parquet.
//
// The text is UTF-8 with one document a line. Line ends within a document become a space, those around it go; records
// without a text (null) and those that hold only white space are left out and counted. Nothing else is changed. Bytes
// that are no UTF-8, a field or a column that is not there and records of another kind are errors that say where.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/library"
)

// Options says what to import and under which name.
type Options struct {
	Name    string
	Files   []string // in the order of the text
	Field   string   // of JSON lines, at the top of each object; "" means "text"
	Column  string   // of Parquet, the names of a nested one joined by dots; "" means "text"
	Replace bool     // an imported corpus of that name
}

// SourceError tells of a file that cannot be read, not of the library.
type SourceError struct{ Err error }

// Error gives the system's error, which names the file.
func (e *SourceError) Error() string { return "import: " + e.Err.Error() }

// Unwrap returns the system's error.
func (e *SourceError) Unwrap() error { return e.Err }

// Import writes the text of all files into the library. On an error, what was there of that name before stays.
func Import(ctx context.Context, lib *library.Library, o Options) (library.Entry, error) {
	if err := o.validate(); err != nil {
		return library.Entry{}, err
	}
	return lib.Write(o.Name, o.Replace, func(w io.Writer) (library.Manifest, error) {
		var m library.Manifest
		for _, file := range o.Files {
			t := &taker{ctx: ctx, w: w, m: &m}
			before := m.Documents
			origin, err := o.origin(ctx, file)
			if err == nil {
				err = t.take(origin)
			}
			if err != nil {
				return m, err
			}
			origin.Documents = m.Documents - before
			m.Sources = append(m.Sources, origin)
		}
		if m.Documents == 0 {
			return m, fmt.Errorf("%s: no document to import; records without a text: %d, with white space only: %d",
				strings.Join(o.Files, ", "), m.Nulls, m.Empty)
		}
		return m, nil
	})
}

// validate refuses what can be refused before a file is read.
func (o Options) validate() error {
	if len(o.Files) == 0 {
		return errors.New("no file to import")
	}
	if !library.ValidName(o.Name) {
		return fmt.Errorf("the name %q: use lower-case letters, digits, - and _, a letter or digit first, 64 at most", o.Name)
	}
	if slices.ContainsFunc(corpus.List(), func(b corpus.Builtin) bool { return b.Name == o.Name }) {
		return fmt.Errorf("the name %q is that of a built-in corpus; choose another", o.Name)
	}
	if _, isPublic := library.Lookup(o.Name); isPublic {
		return fmt.Errorf("the name %q is that of a public corpus (sweep data get); choose another", o.Name)
	}
	is := func(k kind) bool {
		return slices.ContainsFunc(o.Files, func(f string) bool { return kindOf(f) == k })
	}
	if o.Field != "" && !is(jsonLines) {
		return fmt.Errorf("the field %q: none of the files holds JSON lines (.jsonl, .ndjson, .json)", o.Field)
	}
	if o.Column != "" && !is(table) {
		return fmt.Errorf("the column %q: none of the files is Parquet (.parquet)", o.Column)
	}
	return nil
}

// kind is the form of a file.
type kind int

const (
	plain kind = iota
	jsonLines
	table
)

// kindOf tells it by the end of the name.
func kindOf(file string) kind {
	base := strings.TrimSuffix(strings.TrimSuffix(file, ".gz"), ".zst")
	switch filepath.Ext(base) {
	case ".jsonl", ".ndjson", ".json":
		return jsonLines
	case ".parquet":
		return table
	}
	return plain
}

// origin says what a file is before it is read, and hashes it as it lies there.
func (o Options) origin(ctx context.Context, file string) (library.Origin, error) {
	origin := library.Origin{Path: file}
	switch kindOf(file) {
	case jsonLines:
		origin.Field = orText(o.Field)
	case table:
		origin.Field = orText(o.Column)
	}
	f, err := os.Open(file)
	if err != nil {
		return origin, &SourceError{err}
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return origin, &SourceError{err}
	case info.IsDir():
		return origin, fmt.Errorf("%s is a directory; name the files: %s", file, filepath.Join(file, "*.txt"))
	case !info.Mode().IsRegular():
		return origin, fmt.Errorf("%s is no regular file", file)
	}
	h := sha256.New()
	for origin.Size < info.Size() {
		if ctx.Err() != nil {
			return origin, context.Cause(ctx)
		}
		n, err := io.CopyN(h, f, 1<<24)
		origin.Size += n
		if err != nil && err != io.EOF {
			return origin, &SourceError{err}
		}
		if err == io.EOF {
			break
		}
	}
	origin.SHA256 = hex.EncodeToString(h.Sum(nil))
	return origin, nil
}

func orText(name string) string {
	if name == "" {
		return "text"
	}
	return name
}

// taker writes documents and counts them.
type taker struct {
	ctx     context.Context
	w       io.Writer
	m       *library.Manifest
	records int64 // looked at
	line    []byte
}

// take reads one file.
func (t *taker) take(o library.Origin) error {
	switch kindOf(o.Path) {
	case jsonLines:
		return corpus.ReadLines(o.Path, func(n int, s []byte) error {
			text, null, err := fieldOf(s, o.Field)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", o.Path, n, err)
			}
			return t.add([]byte(text), null)
		})
	case table:
		return readParquet(o.Path, o.Field, t.add)
	}
	return corpus.ReadLines(o.Path, func(_ int, s []byte) error { return t.add(s, false) })
}

// add writes the document of one record.
func (t *taker) add(text []byte, null bool) error {
	if t.records++; t.records&0xfff == 0 && t.ctx.Err() != nil {
		return context.Cause(t.ctx)
	}
	if null {
		t.m.Nulls++
		return nil
	}
	line, joined := oneLine(t.line[:0], text)
	t.line = line
	if len(bytes.TrimSpace(line)) == 0 {
		t.m.Empty++
		return nil
	}
	if joined {
		t.m.Joined++
	}
	t.m.Documents++
	t.line = append(line, '\n')
	_, err := t.w.Write(t.line)
	return err
}

// oneLine appends text to dst as one line: a run of line ends becomes a space, those around the text go, and so does a
// byte order mark before it. joined says that there were line ends within.
func oneLine(dst, text []byte) (line []byte, joined bool) {
	const ends = "\r\n"
	text = bytes.Trim(bytes.TrimPrefix(text, []byte("\ufeff")), ends)
	for {
		i := bytes.IndexAny(text, ends)
		if i < 0 {
			return append(dst, text...), joined
		}
		joined = true
		dst = append(append(dst, text[:i]...), ' ')
		text = bytes.TrimLeft(text[i:], ends)
	}
}

package intake

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/library"
)

func put(t *testing.T, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t *testing.T, text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, text string) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(text), nil)
}

// parqueted is a Parquet file of rows.
func parqueted[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	half := len(rows) / 2
	_, err1 := w.Write(rows[:half])
	err2 := w.Flush() // two row groups
	_, err3 := w.Write(rows[half:])
	if err := errors.Join(err1, err2, err3, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type row struct {
	ID   int64
	Text *string `parquet:"text,optional,zstd,dict"`
	Meta struct {
		Title string `parquet:"title"`
	} `parquet:"meta"`
	Tags  []string `parquet:"tags"`
	Raw   []byte   `parquet:"a.b"`
	Cents int64    `parquet:"cents,decimal(2:10)"`
}

func rows(texts ...*string) []row {
	rs := make([]row, len(texts))
	for i, s := range texts {
		rs[i] = row{ID: int64(i), Text: s, Tags: []string{"a", "b"}, Raw: []byte("raw bytes")}
		rs[i].Meta.Title = "a title"
	}
	return rs
}

type squeezed struct {
	Text string `parquet:"text,lz4"`
}

func str(s string) *string { return &s }

func importing(t *testing.T, o Options) (*library.Library, library.Entry, error) {
	t.Helper()
	lib := library.At(filepath.Join(t.TempDir(), "data"))
	if o.Name == "" {
		o.Name = "mine"
	}
	e, err := Import(t.Context(), lib, o)
	return lib, e, err
}

// Files of every form that hold the same documents give the same text, counts and hash.
func TestForms(t *testing.T) {
	const want = "the cat sat\nna\u00efve  dogs \nthe last, in two lines\n"
	text := "\ufeffthe cat sat\r\n\nna\u00efve  dogs \n \t\nthe last, in two lines"
	lines := `{"text":"the cat sat","id":1}` + "\n" + `{"id":2,"text":null}` + "\r\n" + `{"text":"na\u00efve  dogs \n"}` + "\n\n" +
		`{"text":" "}` + "\n" + `{"text":"\nthe last,\r\n\nin two lines\r"}`
	table := rows(str("the cat sat"), nil, str("na\u00efve  dogs \n"), str(" "), str("\nthe last,\r\n\nin two lines\r"))
	for name, c := range map[string]struct {
		content       []byte
		nulls, joined int64
	}{
		"a.txt":       {[]byte(text), 0, 0},
		"a":           {[]byte(text), 0, 0},
		"a.txt.gz":    {gzipped(t, text), 0, 0},
		"a.zst":       {zstandard(t, text), 0, 0},
		"a.jsonl":     {[]byte(lines), 1, 1},
		"a.ndjson.gz": {gzipped(t, lines), 1, 1},
		"a.json.zst":  {zstandard(t, lines), 1, 1},
		"a.parquet":   {parqueted(t, table), 1, 1},
	} {
		file := put(t, name, c.content)
		_, e, err := importing(t, Options{Files: []string{file}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := os.ReadFile(e.Path)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		sum := sha256.Sum256(c.content)
		m := e.Manifest
		if m.Documents != 3 || m.Nulls != c.nulls || m.Empty != 1 || m.Joined != c.joined {
			t.Errorf("%s: counted %+v", name, *m)
		}
		if s := m.Sources[0]; s.Path != file || s.SHA256 != hex.EncodeToString(sum[:]) || s.Size != int64(len(c.content)) || s.Documents != 3 {
			t.Errorf("%s: source %+v", name, s)
		}
		if err := e.Verify(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// Several files make one text, in the order in which they are named; the corpus reads what was imported.
func TestSeveralFiles(t *testing.T) {
	t.Setenv("SWEEP_CACHE", t.TempDir())
	lib, err := library.Default()
	if err != nil {
		t.Fatal(err)
	}
	many := make([]*string, 3000)
	for i := range many {
		many[i] = str(strings.Repeat("word ", i%7+1))
	}
	files := []string{
		put(t, "b.txt", []byte(strings.Repeat("first\n", 20))),
		put(t, "a.jsonl", []byte(`{"body":"second"}`)),
		put(t, "c.parquet", parqueted(t, rows(many...), parquet.PageBufferSize(1000))),
	}
	e, err := Import(t.Context(), lib, Options{Name: "mixed", Files: files, Field: "body"})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []library.Origin{{Documents: 20}, {Documents: 1, Field: "body"}, {Documents: 3000, Field: "text"}} {
		if got := e.Manifest.Sources[i]; got.Documents != want.Documents || got.Field != want.Field || got.Path != files[i] {
			t.Errorf("source %d is %+v", i, got)
		}
	}
	d, err := corpus.Open(t.Context(), corpus.Options{Corpus: "mixed"})
	if err != nil || d.Train.Documents()+d.Val.Documents()+d.Test.Documents() != 3021 {
		t.Errorf("%v, %v", d, err)
	}
}

func TestColumns(t *testing.T) {
	content := parqueted(t, rows(str("a"), str("b")))
	for column, want := range map[string]string{"meta.title": "a title\na title\n", "a.b": "raw bytes\nraw bytes\n"} {
		_, e, err := importing(t, Options{Files: []string{put(t, "a.parquet", content)}, Column: column})
		if err != nil {
			t.Errorf("%s: %v", column, err)
			continue
		}
		if got, err := os.ReadFile(e.Path); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v", column, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	good := put(t, "good.txt", []byte("a b\n"))
	table := parqueted(t, rows(str("a"), str("b"), str("c"), str("na\xefve")))
	for name, c := range map[string]struct {
		o     Options
		texts []string
	}{
		"no file":        {Options{}, []string{"no file to import"}},
		"no such file":   {Options{Files: []string{"nowhere.txt"}}, []string{"nowhere.txt"}},
		"directory":      {Options{Files: []string{filepath.Dir(good)}}, []string{"is a directory", "*.txt"}},
		"bad name":       {Options{Name: "My Text", Files: []string{good}}, []string{`"My Text"`, "lower-case"}},
		"built-in name":  {Options{Name: "gostd", Files: []string{good}}, []string{"built-in"}},
		"public name":    {Options{Name: "tinyshakespeare", Files: []string{good}}, []string{"public corpus"}},
		"needless field": {Options{Files: []string{good}, Field: "text"}, []string{"JSON lines"}},
		"needless col":   {Options{Files: []string{good}, Column: "text"}, []string{"Parquet"}},
		"no document":    {Options{Files: []string{put(t, "a.jsonl", []byte(`{"text":null}`+"\n"+`{"text":" "}`))}}, []string{"no document", "without a text: 1", "white space only: 1"}},
		"latin 1":        {Options{Files: []string{good, put(t, "latin1.txt", []byte("good\nna\xefve\n"))}}, []string{"latin1.txt:2:3: invalid UTF-8"}},
		"no JSON":        {Options{Files: []string{put(t, "a.jsonl", []byte("{\"text\":\"a\"}\nplain\n"))}}, []string{`a.jsonl:2: no JSON object: "plain"`}},
		"array":          {Options{Files: []string{put(t, "a.json", []byte("[\n"))}}, []string{"a.json:1: no JSON object"}},
		"no field":       {Options{Files: []string{put(t, "a.jsonl", []byte(`{"id":1,"body":"a"}`))}}, []string{`a.jsonl:1: no field "text"; there is body, id`}},
		"field's case":   {Options{Files: []string{put(t, "a.jsonl", []byte(`{"Text":"a"}`))}}, []string{"there is Text"}},
		"no text":        {Options{Files: []string{put(t, "a.jsonl", []byte(`{"text":[1,2]}`))}}, []string{`holds [1,2] and no text`}},
		"no column":      {Options{Files: []string{put(t, "a.parquet", table)}, Column: "txt"}, []string{`no column "txt"; there is`, "ID", "text", "meta.title", "tags"}},
		"group":          {Options{Files: []string{put(t, "a.parquet", table)}, Column: "meta"}, []string{`no column "meta"; there is`}},
		"number":         {Options{Files: []string{put(t, "a.parquet", table)}, Column: "ID"}, []string{"holds INT(64,true) and no text"}},
		"decimal":        {Options{Files: []string{put(t, "a.parquet", table)}, Column: "cents"}, []string{"holds DECIMAL"}},
		"list":           {Options{Files: []string{put(t, "a.parquet", table)}, Column: "tags"}, []string{"lists"}},
		"bad row":        {Options{Files: []string{put(t, "a.parquet", table)}}, []string{`a.parquet: row 4 of column "text": invalid UTF-8`}},
		"LZ4":            {Options{Files: []string{put(t, "l.parquet", parqueted(t, []squeezed{{"a"}, {"b"}}))}}, []string{"LZ4_RAW, which is not read"}},
		"no Parquet":     {Options{Files: []string{put(t, "b.parquet", []byte("a b\nc d\n"))}}, []string{"cannot read", "b.parquet as Parquet"}},
		"cut Parquet":    {Options{Files: []string{put(t, "b.parquet", table[:len(table)-20])}}, []string{"cannot read"}},
		"empty Parquet":  {Options{Files: []string{put(t, "b.parquet", nil)}}, []string{"cannot read"}},
		"long footer":    {Options{Files: []string{put(t, "b.parquet", []byte("PAR1\xff\xff\xff\xffPAR1"))}}, []string{"its footer would have 4294967295 bytes"}},
		"cut gzip":       {Options{Files: []string{put(t, "a.gz", gzipped(t, "a b\n")[:20])}}, []string{"cannot read", "a.gz"}},
	} {
		lib, _, err := importing(t, c.o)
		if err == nil {
			t.Errorf("%s: imported", name)
			continue
		}
		for _, s := range c.texts {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: error %q does not say %q", name, err, s)
			}
		}
		if held, err := lib.List(); err != nil || len(held) > 0 {
			t.Errorf("%s: the library holds %v, %v", name, held, err)
		}
		if files, _ := filepath.Glob(filepath.Join(lib.Dir(), ".*")); len(files) > 0 {
			t.Errorf("%s: left behind: %q", name, files)
		}
	}
}

// A column that ends before its table is damage, not the end of the text.
func TestShortColumn(t *testing.T) {
	type one struct {
		Text string `parquet:"text"`
	}
	content := parqueted(t, slices.Repeat([]one{{"a b"}}, 1000))
	said := []byte{0x16, 0xd0, 0x0f} // field of 64 bits, 1000 rows, as Thrift's compact form has it
	if bytes.Count(content, said) != 1 {
		t.Fatalf("the number of rows stands in %d places", bytes.Count(content, said))
	}
	content = bytes.Replace(content, said, []byte{0x16, 0xd2, 0x0f}, 1)
	_, _, err := importing(t, Options{Files: []string{put(t, "a.parquet", content)}})
	if err == nil || !strings.Contains(err.Error(), "it has 1000 rows and should have 1001") {
		t.Errorf("got %v", err)
	}
}

func TestInterrupt(t *testing.T) {
	stopped := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	lib := library.At(t.TempDir())
	if _, err := Import(ctx, lib, Options{Name: "mine", Files: []string{put(t, "a.txt", []byte("a\n"))}}); !errors.Is(err, stopped) {
		t.Errorf("got %v, want the cause of the context", err)
	}
}

func FuzzField(f *testing.F) {
	f.Add([]byte(`{"text":"a\nb"}`))
	f.Add([]byte(`{"text":null}`))
	f.Add([]byte(`{"text":"\ud800"}`))
	f.Fuzz(func(t *testing.T, s []byte) {
		text, null, err := fieldOf(s, "text")
		if err != nil || null {
			return
		}
		line, joined := oneLine(nil, []byte(text))
		if bytes.ContainsAny(line, "\r\n") || utf8.Valid(s) && !utf8.Valid(line) || joined && !strings.ContainsAny(text, "\r\n") {
			t.Errorf("%q gives %q, %v", s, line, joined)
		}
	})
}

// Whatever is in a Parquet file, reading it ends with texts or with an error.
func FuzzParquet(f *testing.F) {
	f.Add(parqueted(f, rows(str("a"), nil, str("b c"), str("d"))))
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "a.parquet")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = readParquet(path, "text", func(text []byte, null bool) error {
			if !utf8.Valid(text) || null && len(text) > 0 {
				t.Errorf("%q, null %v", text, null)
			}
			return nil
		})
	})
}

package corpus

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// write puts a text into a file of a temporary folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t *testing.T, o Options) *Data {
	t.Helper()
	d, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// threeParts returns options for the three texts.
func threeParts(t *testing.T, o Options, train, val, test string) Options {
	t.Helper()
	o.Corpus, o.ValCorpus, o.TestCorpus = write(t, "train.txt", train), write(t, "val.txt", val), write(t, "test.txt", test)
	return o
}

// spell writes the symbols of a part.
func spell(d *Data, p Part) string {
	var s []string
	for _, i := range p.Symbols() {
		s = append(s, d.Vocab.Symbol(int(i)))
	}
	return strings.Join(s, " ")
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

// expectOptionError opens and wants an error of that option which holds all the texts.
func expectOptionError(t *testing.T, o Options, option string, texts ...string) {
	t.Helper()
	d, err := Open(t.Context(), o)
	var bad *OptionError
	if !errors.As(err, &bad) {
		t.Errorf("%+v: got %v, %v, want an OptionError", o, d, err)
		return
	}
	if bad.Option != option {
		t.Errorf("%v: of option %s, want %s", err, bad.Option, option)
	}
	for _, s := range texts {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q does not say %q", err, s)
		}
	}
}

// expectMessage wants an error that says text.
func expectMessage(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want an error that says %q", err, text)
	}
}

// Files of any kind that hold the same lines give the same text.
func TestFileKinds(t *testing.T) {
	text := "the cat sat\n\nthe dog  sat\ton it\r\nno line end"
	want := "the cat sat </s> the dog sat on it </s> no line end </s>"
	for name, content := range map[string]string{
		"a.txt":       text,
		"a.tokens":    "\ufeff" + text,
		"a.txt.gz":    gzipped(t, text),
		"a.zst":       zstandard(t, text),
		"a.jsonl":     `{"text":"the cat sat"}` + "\n" + `{"id":7,"text":"the dog sat\non it"}` + "\n\n" + `{"text":"no line end"}` + "\n" + `{"text":""}`,
		"a.jsonl.gz":  gzipped(t, `{"text":"the cat sat"}`+"\n"+`{"text":"the dog\u0020sat on it"}`+"\r\n"+`{"text":"no line end"}`),
		"a.jsonl.zst": zstandard(t, `{"text":"the cat sat"}`+"\n"+`{"text":"the dog sat on it"}`+"\n"+`{"text":"no line end"}`),
	} {
		other := write(t, "other.txt", "the cat sat\n")
		d := mustOpen(t, Options{Corpus: write(t, name, content), ValCorpus: other, TestCorpus: other})
		if got := spell(d, d.Train); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestPattern(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b.txt": "second\n", "a.txt": "first\n", "c.text": "never\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "d.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	other := write(t, "other.txt", "first second\n")
	d := mustOpen(t, Options{Corpus: filepath.Join(dir, "*.txt"), ValCorpus: other, TestCorpus: other})
	if got, want := spell(d, d.Train), "first </s> second </s>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if d.Sources[0].Files != 2 {
		t.Errorf("%d files, want 2", d.Sources[0].Files)
	}
}

// The hash of a source is that of the text: it does not depend on name and compression, but on every byte.
func TestSourceHash(t *testing.T) {
	text := strings.Repeat("a b c\n", 20)
	hash := func(name, content string) string {
		return mustOpen(t, Options{Corpus: write(t, name, content)}).Sources[0].Hash
	}
	plain := hash("a.txt", text)
	if plain != hash("b.zst", zstandard(t, text)) {
		t.Error("compression changed the hash")
	}
	if plain == hash("a.txt", text+"a b\n") {
		t.Error("another text has the same hash")
	}
}

func TestBadText(t *testing.T) {
	text := strings.Repeat("a b c\n", 20)
	good := write(t, "good.txt", text)
	dir := t.TempDir()
	for _, c := range []struct {
		o      Options
		option string
		texts  []string
	}{
		{Options{Corpus: "gostdd"}, "corpus", []string{`no corpus and no file "gostdd"`, "did you mean gostd"}},
		{Options{Corpus: "somewhere/else.txt"}, "corpus", []string{`"somewhere/else.txt"`, "give gostd, names, synthetic, the path of a text"}},
		{Options{Corpus: filepath.Join(dir, "*.txt")}, "corpus", []string{"no file matches"}},
		{Options{Corpus: "a[.txt"}, "corpus", []string{"no pattern"}},
		{Options{Corpus: dir}, "corpus", []string{"is a directory", "*.txt"}},
		{Options{Corpus: os.DevNull}, "corpus", []string{"is a device"}},
		{Options{Corpus: good, ValCorpus: "none.txt"}, "val_corpus", []string{`no file "none.txt"`}},
		{Options{Corpus: good, TestCorpus: dir}, "test_corpus", []string{"is a directory"}},
		{Options{Corpus: write(t, "empty.txt", "\n \n\r\n")}, "corpus", []string{"holds no text"}},
		{Options{Corpus: write(t, "empty.gz", gzipped(t, ""))}, "corpus", []string{"holds no text"}},
		{Options{Corpus: write(t, "plain.gz", text)}, "corpus", []string{"cannot read", "plain.gz", "gzip"}},
		{Options{Corpus: write(t, "cut.gz", gzipped(t, text)[:30])}, "corpus", []string{"cannot read", "cut.gz"}},
		{Options{Corpus: write(t, "plain.zst", text)}, "corpus", []string{"cannot read", "plain.zst"}},
		{Options{Corpus: write(t, "a.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n")}, "corpus", []string{`a.jsonl:2: no "text"`, "an object"}},
		{Options{Corpus: write(t, "a.jsonl", "{\"text\":7}\n")}, "corpus", []string{"a.jsonl:1: no JSON object with a text"}},
		{Options{Corpus: write(t, "a.jsonl", "plain\n")}, "corpus", []string{"a.jsonl:1:"}},
		{Options{Corpus: write(t, "latin1.txt", "good\nna\xefve\n"), Level: Char}, "corpus", []string{"latin1.txt:2:3: invalid UTF-8"}},
		{Options{Corpus: write(t, "latin1.txt", "good\nna\xefve\n")}, "corpus", []string{"latin1.txt:2:3: invalid UTF-8"}},
		{Options{Corpus: write(t, "few.txt", "a\nb\nc\n")}, "corpus", []string{"too few documents to split (3)", "none is left for the test part"}},
		{Options{Corpus: write(t, "one.txt", "a\n"), ValCorpus: good}, "corpus", []string{"too few documents to split (1)", "the test part"}},
		{Options{Corpus: write(t, "marked.txt", "a </s>\n"+text)}, "corpus", []string{"holds the word </s>"}},
		{Options{Corpus: good, VocabFrom: "trian"}, "vocab_from", []string{`no file "trian"`, "did you mean train"}},
	} {
		expectOptionError(t, c.o, c.option, c.texts...)
	}
}

func TestUnreadableFile(t *testing.T) {
	path := write(t, "secret.txt", "a b\n")
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		f.Close()
		t.Skip("this user may read every file")
	}
	expectOptionError(t, Options{Corpus: path}, "corpus", "cannot read", "permission denied")
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		o     Options
		texts []string
	}{
		{Options{}, []string{"corpus: is required", "gostd"}},
		{Options{Corpus: "a", Level: "wrod"}, []string{`level: "wrod" is none of word, char; did you mean word`}},
		{Options{Corpus: "a", Boundary: "both"}, []string{`boundary: "both" is none of predict, stream, none`}},
		{Options{Corpus: "a", VocabSize: -1}, []string{"vocab_size: -1 is negative"}},
		{Options{Corpus: "a", VocabSize: 1}, []string{"vocab_size: 1 leaves no symbol"}},
		{Options{Corpus: "a", MinCount: -1}, []string{"min_count: -1 is negative"}},
		{Options{Corpus: "names", MinCount: 2}, []string{"min_count: 2 would leave characters out"}},
		{Options{Corpus: "a", MinCount: 2, VocabFrom: "words.txt"}, []string{"min_count: 2 has no meaning"}},
		{Options{Corpus: "a", ValCorpus: "gostd"}, []string{"val_corpus: takes a path"}},
		{Options{Corpus: "a", Level: "x", Boundary: "y"}, []string{"level: ", "boundary: "}}, // all at once
	} {
		err := c.o.Validate()
		var bad *OptionError
		if !errors.As(err, &bad) {
			t.Errorf("%+v: got %v, want an OptionError", c.o, err)
			continue
		}
		for _, s := range c.texts {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%+v: error %q does not say %q", c.o, err, s)
			}
		}
	}
	good := Options{Corpus: "gostd", Level: Char, Boundary: None, VocabSize: 2, MinCount: 1, VocabFrom: "all"}
	if err := good.Validate(); err != nil {
		t.Errorf("good options: %v", err)
	}
}

func TestDefaults(t *testing.T) {
	want := Options{Corpus: "names", SplitSeed: 1, Level: Char, Boundary: Predict, VocabFrom: "train"}
	if got := mustOpen(t, Options{Corpus: "names"}).Options; got != want {
		t.Errorf("names: got %+v, want %+v", got, want)
	}
	if got := (Options{Corpus: "text.txt"}).WithDefaults().Level; got != Word {
		t.Errorf("a path has level %q, want word", got)
	}
}

// A line may be longer than any buffer.
func TestLongLine(t *testing.T) {
	long := strings.Repeat("word ", 200_000)
	other := write(t, "other.txt", "word\n")
	d := mustOpen(t, Options{Corpus: write(t, "long.txt", long+"\nword\n"), ValCorpus: other, TestCorpus: other})
	if d.Train.Documents() != 2 || d.Train.Len() != 200_003 {
		t.Errorf("%d documents of %d symbols, want 2 of 200,003", d.Train.Documents(), d.Train.Len())
	}
}

var errStopped = errors.New("stopped by the test")

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStopped)
	if _, err := Open(ctx, Options{Corpus: write(t, "a.txt", strings.Repeat("a\n", 10_000))}); !errors.Is(err, errStopped) {
		t.Errorf("got %v, want the cause of the context", err)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n c"))
	f.Add([]byte("\xef\xbb\xbfa\r\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var lines []string
		err := splitLines(bytes.NewReader(text), func(n int, s []byte) error {
			if len(s) == 0 || bytes.ContainsRune(s, '\n') {
				t.Errorf("line %d is %q", n, s)
			}
			lines = append(lines, string(s))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		// The same by the plainest means.
		var want []string
		for i, s := range strings.Split(string(text), "\n") {
			s = strings.TrimSuffix(s, "\r")
			if i == 0 {
				s = strings.TrimPrefix(s, "\ufeff")
			}
			if s != "" {
				want = append(want, s)
			}
		}
		if strings.Join(lines, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q: got %q, want %q", text, lines, want)
		}
	})
}

// Whatever is in a file, Open returns Data that holds together or an error of the option.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("a b c\nb c d\n"), false)
	f.Add([]byte(`{"text":"a b"}`+"\n"+`{"text":"\ud800 \u0000"}`), true)
	f.Fuzz(func(t *testing.T, text []byte, jsonl bool) {
		name := "a.txt"
		if jsonl {
			name = "a.jsonl"
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, level := range []string{Word, Char} {
			d, err := Open(t.Context(), Options{Corpus: path, ValCorpus: path, TestCorpus: path, Level: level})
			var bad *OptionError
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("%v is no OptionError", err)
			}
			if err != nil {
				continue
			}
			for i := range d.Train.Len() {
				if s := d.Train.Target(i); s < 0 || int(s) >= d.Vocab.Size() {
					t.Fatalf("symbol %d of a vocabulary of %d", s, d.Vocab.Size())
				}
			}
		}
	})
}

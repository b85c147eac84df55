package corpus

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/trainer/corpus/library"
)

// ownLibrary gives the test a library of its own, with one imported text.
func ownLibrary(t *testing.T, name, text string) *library.Library {
	t.Helper()
	t.Setenv("SWEEP_CACHE", t.TempDir())
	l, err := library.Default()
	if err != nil {
		t.Fatal(err)
	}
	if name != "" {
		_, err = l.Write(name, false, func(w io.Writer) (library.Manifest, error) {
			_, err := io.WriteString(w, text)
			return library.Manifest{}, err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A name of the library stands for its text, as the corpus and as one of the other parts.
func TestNamed(t *testing.T) {
	text := strings.Repeat("the cat sat\nthe dog sat on it\n", 20)
	l := ownLibrary(t, "mine", text)
	named := mustOpen(t, Options{Corpus: "mine"})
	file := mustOpen(t, Options{Corpus: write(t, "mine.txt", text)})
	if named.SplitHash != file.SplitHash || named.VocabHash != file.VocabHash || named.Sources[0].Hash != file.Sources[0].Hash {
		t.Error("the name and a file of the same text differ")
	}
	if s := named.Sources[0]; named.Name != "mine" || s.Name != "mine" || s.Detail != "imported" {
		t.Errorf("%s, %+v", named.Name, s)
	}
	if d := mustOpen(t, Options{Corpus: write(t, "train.txt", text), ValCorpus: "mine"}); d.Val.Documents() != 40 {
		t.Errorf("as val_corpus it has %d documents", d.Val.Documents())
	}
	// The library is what is trusted, not what lies in its place.
	if err := os.WriteFile(l.Path("mine"), []byte(strings.Replace(text, "cat", "bat", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, Options{Corpus: "mine"}, "corpus", l.Path("mine"), "is damaged", "import it again with --replace")
	if err := os.WriteFile(l.Path("mine"), []byte("na\xefve"+text[5:]), 0o600); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, Options{Corpus: "mine"}, "corpus", "is damaged")
}

func TestNamedRefusals(t *testing.T) {
	l := ownLibrary(t, "mine", "a b\n")
	expectOptionError(t, Options{Corpus: "tinyshakespeare"}, "corpus", "tinyshakespeare has not been fetched yet; sweep data get tinyshakespeare")
	expectOptionError(t, Options{Corpus: "names", TestCorpus: "makemore-names"}, "test_corpus", "sweep data get makemore-names")
	expectOptionError(t, Options{Corpus: "tinyshakespear"}, "corpus", `no corpus and no file "tinyshakespear"`, "did you mean tinyshakespeare")
	expectOptionError(t, Options{Corpus: "mime"}, "corpus", "did you mean mine")
	p, _ := library.Lookup("tinyshakespeare")
	if err := os.WriteFile(l.Path(p.Name), make([]byte, p.Size), 0o600); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, Options{Corpus: p.Name}, "corpus", "is damaged", "sweep data get tinyshakespeare")
	q, _ := library.Lookup("google-analogies")
	if err := os.WriteFile(l.Path(q.Name), make([]byte, q.Size), 0o600); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, Options{Corpus: q.Name}, "corpus", "no text to learn from")
	// A name that is a file, too, could mean either.
	t.Chdir(t.TempDir())
	if err := os.WriteFile("mine", []byte(strings.Repeat("c d\n", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, Options{Corpus: "mine"}, "corpus", "is a file here and the name of a corpus", "."+string(filepath.Separator)+"mine")
	mustOpen(t, Options{Corpus: "./mine"})
}

// Where there is no cache directory, files are read as ever.
func TestNoCacheDirectory(t *testing.T) {
	for _, name := range []string{"SWEEP_CACHE", "HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("text", []byte(strings.Repeat("c d\n", 20)), 0o600); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, Options{Corpus: "text"})
	expectOptionError(t, Options{Corpus: "tinyshakespeare"}, "corpus", "SWEEP_CACHE")
	expectOptionError(t, Options{Corpus: "gostdd"}, "corpus", "did you mean gostd")
}

// The level that a public corpus is cut at by default.
func TestNamedLevel(t *testing.T) {
	for name, want := range map[string]string{"makemore-names": Char, "tinyshakespeare": Word} {
		if got := (Options{Corpus: name}).WithDefaults().Level; got != want {
			t.Errorf("%s: level %q, want %q", name, got, want)
		}
	}
}

// The public corpora as they lie beside the project, under their names.
func TestPublic(t *testing.T) {
	l := ownLibrary(t, "", "")
	if err := l.Make(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file           string
		symbols, tests int
	}{
		"makemore-names":  {"names-makemore/names.txt", 27, 3203},
		"tinyshakespeare": {"tinyshakespeare/input.txt", 17000, 3278},
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", filepath.FromSlash(c.file)))
		if err != nil {
			t.Skipf("%s does not lie beside the project", c.file)
		}
		if err := os.WriteFile(l.Path(name), text, 0o600); err != nil {
			t.Fatal(err)
		}
		d := mustOpen(t, Options{Corpus: name})
		if d.Vocab.Size() != c.symbols || d.Test.Documents() != c.tests || !strings.Contains(d.Sources[0].Detail, "commit") {
			t.Error(name, fmt.Sprint(d.Vocab.Size(), d.Test.Documents()), d.Sources)
		}
	}
}

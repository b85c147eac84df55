package corpus

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Parts that were written and are read back are the same, to the last hash.
func TestExport(t *testing.T) {
	goTree(t, manyPackages(40))
	jsonl := write(t, "a.jsonl", `{"text":"over\ntwo  lines"}`+"\n"+`{"text":"and <unk> lines"}`+"\n")
	for name, o := range map[string]Options{
		"names":             {Corpus: "names"},
		"gostd":             {Corpus: "gostd", VocabSize: 20},
		"gostd, characters": {Corpus: "gostd", Level: Char, VocabFrom: "all"},
		"a path":            {Corpus: write(t, "text.txt", numbered(50)), Boundary: Stream},
		"JSON":              {Corpus: jsonl, ValCorpus: jsonl, TestCorpus: jsonl, Lowercase: true},
	} {
		d := mustOpen(t, o)
		dir := filepath.Join(t.TempDir(), "new")
		if err := d.Export(t.Context(), dir); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back := d.Options
		back.Corpus, back.ValCorpus, back.TestCorpus = filepath.Join(dir, "train.txt"), filepath.Join(dir, "val.txt"), filepath.Join(dir, "test.txt")
		got := mustOpen(t, back)
		if got.SplitHash != d.SplitHash || got.VocabHash != d.VocabHash {
			t.Errorf("%s: split or vocabulary changed", name)
		}
		for k, p := range []Part{got.Train, got.Val, got.Test} {
			want := []Part{d.Train, d.Val, d.Test}[k]
			if diff := cmp.Diff(want.Symbols(), p.Symbols()); diff != "" || p.Documents() != want.Documents() {
				t.Errorf("%s: part %d changed", name, k)
			}
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 3 {
			t.Errorf("%s: %d files, want 3 (%v)", name, len(files), err)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	jsonl := write(t, "a.jsonl", `{"text":"ab"}`+"\n"+`{"text":"a\nb"}`+"\n")
	d := mustOpen(t, Options{Corpus: jsonl, ValCorpus: jsonl, TestCorpus: jsonl, Level: Char})
	dir := filepath.Join(t.TempDir(), "new")
	err := d.Export(t.Context(), dir)
	expectMessage(t, err, `a.jsonl:2: the document holds "\n"`)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("a folder was made although nothing could be written")
	}

	path := write(t, "text.txt", numbered(50))
	d = mustOpen(t, Options{Corpus: path})
	if err := os.WriteFile(path, []byte(numbered(51)), 0o600); err != nil {
		t.Fatal(err)
	}
	expectMessage(t, d.Export(t.Context(), dir), "has changed since it was opened")

	if err := os.WriteFile(path, []byte(numbered(50)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Export(t.Context(), filepath.Join(path, "below")); err == nil {
		t.Error("exported below a file")
	}
}

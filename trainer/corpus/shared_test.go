package corpus

import (
	"os"
	"path/filepath"
	"testing"
)

// sharedFile returns a file of the data that lies beside the project, and skips where it is absent.
func sharedFile(t *testing.T, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s not found: data beside the project is needed", filepath.Join(parts...))
	}
	return path
}

// The split of the lectures: a boundary is predicted at the end of each name and contexts are padded, so there is one
// example for each byte of the files.
func TestMakemore(t *testing.T) {
	o := Options{
		Corpus:     sharedFile(t, "names-makemore", "split_seed42_train.txt"),
		ValCorpus:  sharedFile(t, "names-makemore", "split_seed42_dev.txt"),
		TestCorpus: sharedFile(t, "names-makemore", "split_seed42_test.txt"),
		Level:      Char,
	}
	d := mustOpen(t, o)
	if got, want := [3]int{d.Train.Len(), d.Val.Len(), d.Test.Len()}, [3]int{182_625, 22_655, 22_866}; got != want {
		t.Errorf("got %v examples, want %v", got, want)
	}
	if d.Vocab.Size() != 27 {
		t.Errorf("%d symbols, want 27", d.Vocab.Size())
	}
}

// The lectures count 32,033 names and 228,146 bigrams.
func TestMakemoreNames(t *testing.T) {
	d := mustOpen(t, Options{Corpus: sharedFile(t, "names-makemore", "names.txt"), Level: Char})
	examples, docs := 0, 0
	for _, p := range []Part{d.Train, d.Val, d.Test} {
		examples += p.Len()
		docs += p.Documents()
	}
	if examples != 228_146 || docs != 32_033 {
		t.Errorf("%d examples of %d names, want 228,146 of 32,033", examples, docs)
	}
}

// Tiny Shakespeare is known for its 65 characters; one of them is the line end, which is the boundary here.
func TestTinyShakespeare(t *testing.T) {
	d := mustOpen(t, Options{Corpus: sharedFile(t, "tinyshakespeare", "input.txt"), Level: Char})
	if d.Vocab.Size() != 65 {
		t.Errorf("%d symbols, want 65", d.Vocab.Size())
	}
	if got := d.Vocab.Symbol(0); got != "</s>" {
		t.Errorf("the boundary is %q, want </s> beside the full stop of the text", got)
	}
}

// Brown: 1,161,192 tokens; lower-cased, the words that occur more than three times and <unk> are 16,690, as in the
// reproduction of the paper's table. The boundary is counted too.
func TestBrown(t *testing.T) {
	path := sharedFile(t, "brown", "brown.tokens.txt.gz")
	d := mustOpen(t, Options{Corpus: path, Boundary: None, MinCount: 4, VocabFrom: "all", Lowercase: true})
	if got := d.Train.Len() + d.Val.Len() + d.Test.Len(); got != 1_161_192 {
		t.Errorf("%d tokens, want 1,161,192", got)
	}
	if d.Vocab.Size() != 16_691 {
		t.Errorf("%d symbols, want 16,691", d.Vocab.Size())
	}
	for word, want := range map[string]int{"cat": 23, "dog": 75, "train": 82, "newspaper": 65} { // counted with grep
		index, _ := d.Vocab.Index(word)
		got := 0
		for _, p := range []Part{d.Train, d.Val, d.Test} {
			for _, s := range p.Symbols() {
				if int(s) == index {
					got++
				}
			}
		}
		if got != want {
			t.Errorf("%s occurs %d times, want %d", word, got, want)
		}
	}
	words := mustOpen(t, Options{Corpus: path})
	if words.Vocab.Size() != DefaultVocabSize {
		t.Errorf("%d symbols, want %d", words.Vocab.Size(), DefaultVocabSize)
	}
}

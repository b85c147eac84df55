package ngram

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// shared returns the path of a file of the data that lies beside the module, and skips the test where it does not.
func shared(t testing.TB, name ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("shared data not found: %v", err)
	}
	return path
}

// read opens a corpus of three texts. o.Corpus and its like are set here.
func read(t testing.TB, dir string, o corpus.Options, train, val, test string) *corpus.Data {
	t.Helper()
	for _, part := range []struct {
		path *string
		text string
	}{{&o.Corpus, train}, {&o.ValCorpus, val}, {&o.TestCorpus, test}} {
		f, err := os.CreateTemp(dir, "*.txt")
		if err != nil {
			t.Fatal(err)
		}
		*part.path = f.Name()
		if _, err := f.WriteString(part.text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return open(t, o)
}

func open(t testing.TB, o corpus.Options) *corpus.Data {
	t.Helper()
	d, err := corpus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A sample is a small random text, cut in one of the ways that a corpus can be cut.
type sample struct {
	*corpus.Data
	vocab int
}

func drawSample(t *testing.T, r *rapid.T, dir string) sample {
	boundary := rapid.SampledFrom([]string{corpus.Predict, corpus.Stream, corpus.None}).Draw(r, "boundary")
	o := corpus.Options{
		Level:    corpus.Word,
		Boundary: boundary,
		MinCount: rapid.IntRange(0, 2).Draw(r, "min count"),
		// Symbols that training lacks are in the vocabulary now and then.
		VocabFrom: rapid.SampledFrom([]string{"train", "all"}).Draw(r, "vocabulary from"),
	}
	line := rapid.Custom(func(r *rapid.T) string {
		words := rapid.SampledFrom([]string{"a", "b", "b", "c", "c", "c", "d", "e"})
		return strings.Join(rapid.SliceOfN(words, 1, 9).Draw(r, "line"), " ")
	})
	draw := func(name string) string {
		return strings.Join(rapid.SliceOfN(line, 1, 12).Draw(r, name), "\n") + "\n"
	}
	// x twice, so that some word is left whatever MinCount says, and a test of five symbols for the longest window.
	d := read(t, dir, o, draw("train")+"x x\n", draw("val"), draw("test")+"a b c d x\n")
	return sample{d, d.Vocab.Size()}
}

// models returns one of each kind and order over the training part.
func (s sample) models() []Model {
	models := []Model{Uniform(s.vocab), Unigram(s.Train, s.vocab)}
	for order := 1; order <= 5; order++ {
		models = append(models,
			AddK(s.Train, s.vocab, order, 0.1),
			Interpolated(s.Train, s.Val, s.vocab, order),
			KneserNey(s.Train, s.vocab, order))
	}
	return models
}

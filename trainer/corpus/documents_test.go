package corpus

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestHolds asks a part for documents that it has, for beginnings, ends and joints of them, and for others.
func TestHolds(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return f
	}
	train := file("train", "anna\nan\nnana\n")
	other := file("other", "nan\n")
	for _, boundary := range []string{Predict, Stream, None} {
		d, err := Open(t.Context(), Options{Corpus: train, ValCorpus: other, TestCorpus: other, Level: Char, Boundary: boundary})
		if err != nil {
			t.Fatal(err)
		}
		index := map[rune]int32{}
		for i := range d.Vocab.Size() {
			for _, r := range d.Vocab.Symbol(i) {
				index[r] = int32(i)
			}
		}
		encode := func(words ...string) (texts [][]int32) {
			for _, w := range words {
				var text []int32
				for _, r := range w {
					text = append(text, index[r])
				}
				texts = append(texts, text)
			}
			return texts
		}
		var documents [][]int32
		for i := range d.Train.Documents() {
			documents = append(documents, d.Train.DocumentSymbols(i))
		}
		if want := encode("anna", "an", "nana"); !slices.EqualFunc(documents, want, slices.Equal) {
			t.Errorf("%s: documents %v, want %v", boundary, documents, want)
		}
		got := d.Train.Holds(encode("an", "ann", "nan", "nana", "annaan", "", "an", "anna"))
		if want := []bool{true, false, false, true, false, false, true, true}; !slices.Equal(got, want) {
			t.Errorf("%s: holds %v, want %v", boundary, got, want)
		}
	}
	if got := (Part{}).Holds([][]int32{{1}}); got[0] {
		t.Error("an empty part holds a text")
	}
}

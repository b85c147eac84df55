package reports

import (
	"math"
	"strings"
	"testing"
)

// The layout keeps groups together better than two principal components can: it says so, and it is the same every time.
func TestLayout(t *testing.T) {
	e := words(300, 30)
	n, err := layOut(t.Context(), e)
	if err != nil || n == nil {
		t.Fatal(n, err)
	}
	if len(n.drawn) != 300 || n.trust < n.trustPCA || n.trust > 1 {
		t.Errorf("%d symbols, trustworthiness %.3f, of principal components %.3f", len(n.drawn), n.trust, n.trustPCA)
	}
	again, err := layOut(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.xy {
		if n.xy[i] != again.xy[i] {
			t.Fatalf("symbol %d lies at %v, then at %v", i, n.xy[i], again.xy[i])
		}
	}
	e.Note = "Classes: kinds.tsv."
	in := hiddenSweep(3)
	in.Embeddings = []Embedding{e}
	f := tsneFigure(newStudyOf(in), e, n)
	caption := strings.Join(f.Caption, " ")
	for _, want := range []string{"perplexity 30", "no random number", "Trustworthiness at k = 12", "by principal components", "Classes: kinds.tsv.", "all 30 dimensions"} {
		if !strings.Contains(caption, want) {
			t.Errorf("the caption lacks %q: %s", want, caption)
		}
	}
	if len(f.Table.Rows) != 300 || len(f.Legend) != 3 {
		t.Errorf("%d rows, %d entries in the legend", len(f.Table.Rows), len(f.Legend))
	}
	w, err := Write(t.Context(), t.TempDir(), in)
	if err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(w.Pictures, " "); !strings.Contains(all, "tsne.png") {
		t.Errorf("no picture of it in %s", all)
	}
}

// Only the 2,000 most frequent are laid out, and nothing where there is nothing to lay out.
func TestLayoutOfManyAndFew(t *testing.T) {
	for name, e := range map[string]Embedding{"two numbers": letters(2, 1), "few symbols": words(20, 5), "one place": {
		Symbols: make([]string, 40), Vectors: make([][]float32, 40)}} {
		if name == "one place" {
			for i := range e.Vectors {
				e.Vectors[i] = []float32{1, 2, 3}
			}
		}
		if n, err := layOut(t.Context(), e); n != nil || err != nil {
			t.Errorf("%s: laid out, %v", name, err)
		}
	}
	e := words(2100, 3)
	e.Vectors[1] = []float32{float32(math.NaN()), 0, 0}
	n, err := layOut(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.drawn) != mostDots || !math.IsNaN(n.xy[1][0]) || math.IsNaN(n.xy[0][0]) {
		t.Errorf("%d are drawn, a symbol without a vector lies at %v", len(n.drawn), n.xy[1])
	}
}

package nplm

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// TestNoiseOfText has an interval over documents that holds what differs by document, and none of what both share.
func TestNoiseOfText(t *testing.T) {
	file := filepath.Join(t.TempDir(), "names.txt")
	if err := os.WriteFile(file, []byte(strings.Repeat("emma\nolivia\nava\nsofia\nmia\n", 200)), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := corpus.Open(t.Context(), corpus.Options{Corpus: file, Level: "char"})
	if err != nil {
		t.Fatal(err)
	}
	var a, even, uneven trainer.Losses
	for i := range d.Val.Len() {
		shared := float32(i%5) + float32(d.Val.Document(i)%7)
		a.Val = append(a.Val, shared)
		even.Val = append(even.Val, shared+0.25)
		uneven.Val = append(uneven.Val, shared+0.01+4*float32(d.Val.Document(i)%2)-2)
	}
	n, ok := NoiseOfText([]trainer.Losses{a, a}, []trainer.Losses{even}, d.Val)
	if !ok || n.Documents != d.Val.Documents() || math.Abs(n.Difference-0.25) > 1e-6 || n.High-n.Low > 1e-6 {
		t.Errorf("the same difference in every document: %+v, %v", n, ok)
	}
	n, ok = NoiseOfText([]trainer.Losses{a}, []trainer.Losses{uneven}, d.Val)
	if !ok || !(n.Low < 0 && n.High > 0) {
		t.Errorf("a difference that turns round from document to document: %+v, %v", n, ok)
	}
	if _, ok := NoiseOfText([]trainer.Losses{a}, []trainer.Losses{{Val: a.Val[1:]}}, d.Val); ok {
		t.Error("losses of another part are compared")
	}
}

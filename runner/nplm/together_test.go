package nplm

import (
	"math"
	"testing"

	"sweep/trainer"
)

// TestJoin mixes a network that is sure of one half of the targets with counts that are sure of the other.
func TestJoin(t *testing.T) {
	const n = 400
	network, counts := trainer.Losses{SplitHash: "s", VocabHash: "v"}, CountLosses{Model: "kneser-ney", Order: 4, Losses: trainer.Losses{SplitHash: "s", VocabHash: "v"}}
	var ex Examples
	for i := range n {
		a, b, longest := float32(1), float32(5), uint8(1)
		if i%2 == 1 {
			a, b, longest = 5, 1, 3
		}
		network.Val, counts.Val = append(network.Val, a), append(counts.Val, b)
		network.Test, counts.Test = append(network.Test, a), append(counts.Test, b)
		ex.Document, ex.Longest = append(ex.Document, int32(i/10)), append(ex.Longest, longest)
	}
	got, err := Join([]trainer.Losses{network, network}, []CountLosses{counts}, ex)
	if err != nil {
		t.Fatal(err)
	}
	m := got.Mixings[0]
	want := 2 / (math.Exp(-1) + math.Exp(-5)) // the weight is one half
	if math.Abs(m.Weight-0.5) > 1e-6 || math.Abs(m.Mixed/want-1) > 1e-6 || math.Abs(m.EvenTest/want-1) > 1e-6 || m.Replicates != 2 {
		t.Errorf("%+v, want perplexity %g at weight one half", m, want)
	}
	if m.Mixed >= m.NetworkTest || m.Mixed >= m.CountTest || math.Abs(m.NetworkTest-math.Exp(3)) > 1e-4 {
		t.Errorf("%+v: the mixture is under both parts", m)
	}
	if len(got.Contexts) != 2 || got.Contexts[0].Longest != 1 || got.Contexts[1].Longest != 3 || got.Contexts[0].Share != 0.5 {
		t.Fatalf("classes %+v", got.Contexts)
	}
	if c := got.Contexts[0]; c.Mean[0] != 1 || c.Mean[1] != 5 || c.Gap.High >= 0 {
		t.Errorf("where nothing was seen the network wins: %+v", c)
	}
	ex.Vocab, ex.Distinct = 10, []int64{10, 30, 50}
	if g := ex.Grams(); len(g) != 2 || g[0] != (Grams{2, "10^2 = 100", 30, 0.5}) || g[1] != (Grams{3, "10^3 = 1,000", 50, 0.5}) {
		t.Errorf("n-grams %+v", g)
	}
	if got.Withheld != nil {
		t.Errorf("pairs withheld from a text that nobody knows: %+v", got.Withheld)
	}
	ex.Withheld = make([]bool, n)
	ex.Withheld[0], ex.Withheld[2] = true, true // both in the first document
	got, err = Join([]trainer.Losses{network}, []CountLosses{counts}, ex)
	if err != nil {
		t.Fatal(err)
	}
	if w := got.Withheld; w == nil || w.Mean[0] != 1 || w.Mean[1] != 5 || w.Share != 2.0/n {
		t.Fatalf("withheld: %+v", w)
	}
	clear(ex.Document) // of one document nothing is known but the mean
	if got, err = Join([]trainer.Losses{network}, []CountLosses{counts}, ex); err != nil {
		t.Fatal(err)
	}
	for _, c := range append(got.Contexts, *got.Withheld) {
		if !math.IsNaN(c.Gap.Low) || !math.IsNaN(c.Gap.High) || !math.IsNaN(c.Interval[0].Low) {
			t.Errorf("an interval over a single document: %+v", c)
		}
	}
	counts.SplitHash = "another"
	if _, err := Join([]trainer.Losses{network}, []CountLosses{counts}, ex); err == nil {
		t.Error("losses over another split were mixed")
	}
}

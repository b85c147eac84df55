package ngram

import (
	"math"
	"testing"

	"sweep/trainer/corpus"
)

func drawnText(t *testing.T) (*corpus.Data, *corpus.Language) {
	t.Helper()
	d := open(t, corpus.Options{Corpus: corpus.Synthetic, VocabSize: 400, SyntheticTokens: 200_000})
	l, ok := d.Language()
	if !ok {
		t.Fatal("a synthetic text has no language")
	}
	return d, l
}

func TestClassModelsSumToOne(t *testing.T) {
	d, l := drawnText(t)
	for _, m := range []Model{Entropy(LawOf(l)), Class(d.Train, l.Classes, 1, 0.5), Class(d.Train, l.Classes, 4, 0.5)} {
		context := make([]int32, m.Order()-1)
		for i := range 300 {
			d.Val.Context(i, context)
			sum := 0.0
			for w := range int32(d.Vocab.Size()) {
				sum += m.Prob(context, w)
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("%s %d behind %v: %g", m.Name(), m.Order(), context, sum)
			}
		}
	}
}

// A context that no sentence has, and that training never showed, is still followed by something.
func TestClassModelsNeverFail(t *testing.T) {
	d, l := drawnText(t)
	for _, m := range []Model{Entropy(LawOf(l)), Class(d.Train, l.Classes, 4, 0.5)} {
		the, _ := d.Vocab.Index("the")
		if p := m.Prob([]int32{int32(the), int32(the), int32(the)}, 0); !(p > 0 && p < 1) {
			t.Errorf("%s gives %g behind the the the", m.Name(), p)
		}
	}
}

// What walk sees is what Prob says, and the likeliest symbol is the likeliest.
func TestClassModelsWalk(t *testing.T) {
	d, l := drawnText(t)
	for _, m := range []Model{Entropy(LawOf(l)), Class(d.Train, l.Classes, 3, 0.5)} {
		context := make([]int32, m.Order()-1)
		i := 100
		m.walk(d.Val, 100, 150, func(target int32, prob float64, best int32) {
			d.Val.Context(i, context)
			if target != d.Val.Target(i) || prob != m.Prob(context, target) {
				t.Errorf("%s, example %d: symbol %d with %g", m.Name(), i, target, prob)
			}
			for w := range int32(d.Vocab.Size()) {
				if m.Prob(context, w) > m.Prob(context, best) {
					t.Errorf("%s, example %d: %d is likelier than %d", m.Name(), i, w, best)
					break
				}
			}
			i++
		})
	}
}

// The entropy is under everything that was counted; who knows the classes comes close, and who does not stays far away.
func TestEntropyIsTheFloor(t *testing.T) {
	d, l := drawnText(t)
	loss := func(m Model) float64 {
		f, err := Evaluate(t.Context(), m, d.Val, d.Vocab.Unk())
		if err != nil {
			t.Fatal(err)
		}
		return f.Loss
	}
	floor, class, counts := loss(Entropy(LawOf(l))), loss(Class(d.Train, l.Classes, 4, 0.5)), loss(KneserNey(d.Train, d.Vocab.Size(), 4))
	t.Logf("entropy by the rules %.4f; on validation %.4f, class 4-gram %.4f, Kneser-Ney 4-gram %.4f", l.Entropy(), floor, class, counts)
	if d := math.Abs(floor - l.Entropy()); d > 0.03 {
		t.Errorf("the text of validation is %.3f nats from the entropy", d)
	}
	if class <= floor || class > floor+0.01 {
		t.Errorf("the class 4-gram loses %.4f, the floor is %.4f", class, floor)
	}
	if counts < floor+0.2 {
		t.Errorf("Kneser-Ney loses %.4f, hardly more than the floor, %.4f: the text is too easy", counts, floor)
	}
}

// Without a class for most, the class bigram is what counting by hand gives.
func TestClassByHand(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{VocabFrom: "all"}, "a b a b b\n", "a\n", "b\n")
	classes := make([]int32, d.Vocab.Size())
	for i := range classes {
		if i > 0 {
			classes[i] = 1
		}
	}
	m := Class(d.Train, classes, 2, 0.5)
	b, _ := d.Vocab.Index("b")
	// Behind class 1 stand class 1 four times and class 0 once; of class 1, b is 3 of 5.
	if got, want := m.Prob([]int32{int32(b)}, int32(b)), (4+0.5)/(5+1)*(3+0.5)/(5+1); math.Abs(got-want) > 1e-12 {
		t.Errorf("P(b | b) = %g, want %g", got, want)
	}
	if n := m.Parameters(); n != 3+3 {
		t.Errorf("%d numbers, want 3 shares and 3 transitions", n)
	}
}

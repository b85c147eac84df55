package ngram

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// drawContext draws symbols in any order, so most long contexts were never seen.
func drawContext(r *rapid.T, vocab, length int) []int32 {
	return rapid.SliceOfN(rapid.Int32Range(0, int32(vocab-1)), length, length).Draw(r, "context")
}

func TestProbabilitiesSumToOne(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		contexts := [][]int32{make([]int32, 4), drawContext(r, s.vocab, 4)}
		for i := range s.Val.Len() {
			context := make([]int32, 4)
			s.Val.Context(i, context)
			contexts = append(contexts, context)
		}
		for _, m := range s.models() {
			for _, context := range contexts {
				checkSum(r, m, context, s.vocab)
			}
		}
	})
}

func checkSum(t rapid.TB, m Model, context []int32, vocab int) {
	t.Helper()
	sum := 0.0
	for w := range vocab {
		p := m.Prob(context, int32(w))
		if !(p > 0 && p <= 1+1e-12) {
			t.Fatalf("%s of order %d: P(%d | %v) = %g", m.Name(), m.Order(), w, context, p)
		}
		sum += p
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Fatalf("%s of order %d: after %v the sum is %.12f", m.Name(), m.Order(), context, sum)
	}
}

func TestModelsFollowTheirDefinitions(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		order := rapid.IntRange(1, 5).Draw(r, "order")
		n := newNaive(s.Train, s.vocab, order)
		counts := n.kneserNeyCounts(s.Train, order)
		addK := AddK(s.Train, s.vocab, order, 0.3)
		kn := KneserNey(s.Train, s.vocab, order)
		inter := Interpolated(s.Train, s.Val, s.vocab, order).(*interpolated)
		check := func(context []int32, w int32) {
			near(r, "add-k", context, w, addK.Prob(context, w), n.addK(context, w, 0.3))
			near(r, "kneser-ney", context, w, kn.Prob(context, w), n.kneserNey(counts, context, w))
			near(r, "interpolated", context, w, inter.Prob(context, w), n.interpolated(inter.weights, context, w))
		}
		for _, p := range []corpus.Part{s.Train, s.Test} {
			context := make([]int32, order-1)
			for i := range min(p.Len(), 30) {
				p.Context(i, context)
				check(context, p.Target(i))
			}
		}
		context := drawContext(r, s.vocab, order-1)
		for w := range s.vocab {
			check(context, int32(w))
		}
	})
}

func near(t rapid.TB, what string, context []int32, w int32, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-12*want {
		t.Fatalf("%s: P(%d | %v) = %.15g, want %.15g", what, w, context, got, want)
	}
}

// TestShortTexts holds that a text without a single whole window, or without anything, leaves a distribution.
func TestShortTexts(t *testing.T) {
	for _, boundary := range []string{corpus.Predict, corpus.Stream, corpus.None} {
		d := read(t, t.TempDir(), corpus.Options{Boundary: boundary}, "a b\n", "b\n", "a\n")
		for _, train := range []corpus.Part{d.Train, {}} {
			s := sample{&corpus.Data{Train: train, Val: d.Val}, d.Vocab.Size()}
			for _, m := range s.models() {
				for _, context := range [][]int32{{0, 0, 0, 0}, {0, 0, 1, 2}, {2, 1, 2, 1}} {
					checkSum(t, m, context, s.vocab)
				}
			}
		}
	}
}

// TestLongContext holds that only the last symbols of a context count.
func TestLongContext(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b c a b d\nb c a\n", "a b\n", "a b\n")
	for _, m := range (sample{d, d.Vocab.Size()}).models() {
		short := []int32{3, 1, 2, 3}[5-m.Order():]
		long := append([]int32{0, 4, 4}, short...)
		if got, want := m.Prob(long, 2), m.Prob(short, 2); got != want {
			t.Errorf("%s of order %d: %g after %v, %g after %v", m.Name(), m.Order(), got, long, want, short)
		}
	}
}

// TestTrigramByHand holds the counts that a padded text gives to figures worked out on paper.
func TestTrigramByHand(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b\na b\na c\n", "a b\n", "a b\n")
	index := func(s string) int32 { return int32(d.Vocab.Lookup(s)) }
	a, b, c := index("a"), index("b"), index("c")
	counts := Count(d.Train, d.Vocab.Size(), 3)
	// Bigrams: . a, a b, a c, b ., c . ; trigrams: . . a, . a b, . a c, a b ., a c .
	if got := []int64{counts.Distinct(1), counts.Distinct(2), counts.Distinct(3)}; got[0] != 4 || got[1] != 5 || got[2] != 5 {
		t.Errorf("distinct n-grams: %v, want 4, 5, 5", got)
	}
	// Two of three documents go on with b after ". a"; the vocabulary has 4 symbols.
	if got, want := counts.AddK(3, 1).Prob([]int32{0, a}, b), (2+1.)/(3+4); got != want {
		t.Errorf("add-1: %g, want %g", got, want)
	}
	// Order 1, different symbols before: a, b, c one each, the boundary two (b and c). n1 to n3 are 3, 1, 0, so Y is 3/5,
	// D1 = 1 - 2(3/5)/3 = 0.6, and D2 is made up, 1.
	one := (1-0.6)/5 + (3*0.6+1)/5*(1./4)
	// Order 2: one symbol before each bigram, so D1 is made up, 0.5. After a: b and c.
	two := (1-0.5)/2 + (2*0.5)/2*one
	// Order 3: "..a" 3, ".ab" and "ab." 2, ".ac" and "ac." 1. n1 to n4 are 2, 2, 1, 0, so Y is 1/3, D1 = 1 - 2/3 and
	// D2 = 2 - 3(1/3)/2. After ". a": b twice, c once.
	want := (2-1.5)/3 + (1.5+1./3)/3*two
	if got := counts.KneserNey(3).Prob([]int32{0, a}, b); math.Abs(got-want) > 1e-15 {
		t.Errorf("kneser-ney: %.15g, want %.15g", got, want)
	}
	if got := counts.Unigram().Prob(nil, c); got != 1./9 { // three boundaries, three a, two b, one c
		t.Errorf("unigram: %g, want 1/9", got)
	}
}

func TestNotesOfTheUnigram(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{VocabFrom: "all"}, "a a\n", "b\n", "a\n")
	m := Unigram(d.Train, d.Vocab.Size())
	// a a . and b as if it had occurred once
	if got := m.Prob(nil, int32(d.Vocab.Lookup("b"))); got != 1./4 {
		t.Errorf("P(b) = %g, want 1/4", got)
	}
	want := "1 of 3 symbols do not occur in the training part; each counts as if it did once"
	if got := m.Notes(); len(got) != 1 || got[0] != want {
		t.Errorf("notes %q, want %q", got, want)
	}
	if got := Unigram(d.Test, 2).Notes(); got != nil {
		t.Errorf("notes %q where every symbol occurs", got)
	}
}

func TestNotesOfKneserNey(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{Boundary: corpus.None}, "a b b c c c d d d d e\n", "a\n", "a\n")
	// Counts 1, 2, 3, 4, 1: n1 to n4 are 2, 1, 1, 1 and Y is 1/2, so D1 = 1-1/2, D2 = 2-3/2, D3 = 3-2.
	m := KneserNey(d.Train, d.Vocab.Size(), 1)
	if notes := m.Notes(); notes != nil {
		t.Errorf("notes %q where every discount can be had", notes)
	}
	rest := (0.5 + 0.5 + 1 + 1 + 0.5) / 11
	if got, want := m.Prob(nil, int32(d.Vocab.Lookup("d"))), (4-1.)/11+rest/float64(d.Vocab.Size()); math.Abs(got-want) > 1e-15 {
		t.Errorf("P(d) = %.15g, want %.15g", got, want)
	}
	want := "the discount of counts of 3 and more at order 2 is made up, 1.5: 5, 1, 1, 0 n-grams occur 1, 2, 3, 4 times"
	notes := KneserNey(d.Train, d.Vocab.Size(), 2).Notes()
	if len(notes) == 0 || notes[len(notes)-1] != want {
		t.Errorf("notes %q, want the last to be %q", notes, want)
	}
}

func TestParameters(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b\na b\na c\n", "a b\n", "a b\n")
	c := Count(d.Train, d.Vocab.Size(), 3)
	for _, want := range []struct {
		model Model
		count int64
	}{
		{Uniform(4), 0}, {c.Unigram(), 4}, {c.AddK(3, 1), 5 + 1}, {c.KneserNey(2), 4 + 5 + 6}, {c.KneserNey(3), 4 + 5 + 5 + 9},
		// Contexts: the empty one 9 times; ., a 3, b 2, c 1; .., .a 3, ab 2, ac 1: classes {8-15}, {2-3, 1}, {2-3, 1}.
		{c.Interpolated(d.Val, 3), 4 + 5 + 5 + 1 + 2 + 2},
	} {
		if got := want.model.Parameters(); got != want.count {
			t.Errorf("%s of order %d: %d parameters, want %d", want.model.Name(), want.model.Order(), got, want.count)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b\n", "a\n", "b\n")
	vocab := d.Vocab.Size()
	for name, call := range map[string]func(){
		"order 0":                     func() { KneserNey(d.Train, vocab, 0) },
		"order above the counts":      func() { Count(d.Train, vocab, 2).KneserNey(3) },
		"k 0":                         func() { AddK(d.Train, vocab, 2, 0) },
		"k NaN":                       func() { AddK(d.Train, vocab, 2, math.NaN()) },
		"empty vocabulary":            func() { Uniform(0) },
		"symbol above the vocabulary": func() { KneserNey(d.Train, vocab, 2).Prob([]int32{0}, int32(vocab)) },
		"symbol below the vocabulary": func() { Uniform(vocab).Prob(nil, -1) },
		"context too short":           func() { AddK(d.Train, vocab, 3, 1).Prob([]int32{0}, 0) },
		"vocabulary too small":        func() { Unigram(d.Train, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			call()
		})
	}
}

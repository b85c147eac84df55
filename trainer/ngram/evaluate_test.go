package ngram

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// TestEvaluateIsBruteForce holds the likeliest symbol, found along the chain of contexts, and the figures made of it to
// the whole distribution in every place.
func TestEvaluateIsBruteForce(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		for _, m := range s.models()[1:] { // uniform has no likeliest symbol
			got, err := Evaluate(t.Context(), m, s.Test, s.Vocab.Unk())
			if err != nil {
				r.Fatal(err)
			}
			want := bruteForce(m, s.Test, s.vocab, s.Vocab.Unk())
			for _, f := range []struct {
				name      string
				got, want float64
			}{
				{"loss", got.Loss, want.Loss}, {"perplexity", got.Perplexity, want.Perplexity},
				{"accuracy", got.Accuracy, want.Accuracy}, {"perplexity known", got.PerplexityKnown, want.PerplexityKnown},
			} {
				if !(math.Abs(f.got-f.want) <= 1e-12*f.want || math.IsNaN(f.got) && math.IsNaN(f.want)) {
					r.Fatalf("%s of order %d: %s %.15g, want %.15g", m.Name(), m.Order(), f.name, f.got, f.want)
				}
			}
		}
	})
}

func bruteForce(m Model, p corpus.Part, vocab, unk int) Figures {
	loss, known, examples, hits := 0.0, 0.0, 0, 0
	context := make([]int32, m.Order()-1)
	first := firstWhole(p.Padded(), p.Len(), m.Order())
	for i := first; i < p.Len(); i++ {
		p.Context(i, context)
		target := p.Target(i)
		l := -math.Log(m.Prob(context, target))
		loss += l
		if int(target) == unk {
			continue
		}
		known += l
		examples++
		if target == likeliest(m, context, vocab) {
			hits++
		}
	}
	f := Figures{Loss: loss / float64(p.Len()-first), Accuracy: float64(hits) / float64(examples)}
	f.Perplexity, f.PerplexityKnown = math.Exp(f.Loss), math.Exp(known/float64(examples))
	return f
}

// likeliest returns the first of the likeliest symbols.
func likeliest(m Model, context []int32, vocab int) int32 {
	best, top := int32(0), 0.0
	for w := range int32(vocab) {
		if p := m.Prob(context, w); p > top {
			best, top = w, p
		}
	}
	return best
}

// TestFirstOfEquals holds a follower and the likeliest symbol of the shorter context to the order of the vocabulary.
func TestFirstOfEquals(t *testing.T) {
	for lower, want := range map[int32]int32{1: 1, 3: 2} {
		l := layer{
			grams: &grams{first: []int32{0, 1}, symbol: []int32{2}, suffix: []int32{0}},
			prob:  []float64{0.25}, below: []float64{0.25}, rest: []float64{0.5},
			best: make([]int32, 1), top: make([]float64, 1),
		}
		l.settle(0, lower, 0.75) // 0.25 + 0.5*0.25 = 0.5*0.75
		if l.best[0] != want || l.top[0] != 0.375 {
			t.Errorf("symbol 2 against %d: %d with %g, want %d with 0.375", lower, l.best[0], l.top[0], want)
		}
	}
}

func TestUniform(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b\n", "a b\n", "b\n")
	got, err := Evaluate(t.Context(), Uniform(8), d.Test, -1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Loss-math.Log(8)) > 1e-14 || math.Abs(got.Perplexity-8) > 1e-13 || got.Accuracy != 1./8 || got.Examples != 2 {
		t.Errorf("%+v", got)
	}
}

// chunks is a text of several chunks, with documents across their borders, in which a symbol depends on the last two.
func chunks(t testing.TB, boundary string) *corpus.Data {
	var b strings.Builder
	x, last, before := uint32(1), 0, 0
	for range 3*chunk + 100 {
		x = x*1664525 + 1013904223
		word := int(x >> 24 % 6)
		if x>>20%4 > 0 {
			word = (2*last + before) % 6
		}
		before, last = last, word
		b.WriteByte("abcdef"[word])
		b.WriteByte(" \n   "[x>>16%5])
	}
	text := b.String()
	return read(t, t.TempDir(), corpus.Options{Level: corpus.Word, Boundary: boundary}, text[:len(text)/4], text, "a\n")
}

func TestSameBitsOnAnyNumberOfCores(t *testing.T) {
	d := chunks(t, corpus.Predict)
	m := KneserNey(d.Train, d.Vocab.Size(), 4)
	evaluate := func(cores int) Figures {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		f, err := Evaluate(t.Context(), m, d.Val, d.Vocab.Unk())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	one := evaluate(1)
	for _, cores := range []int{2, 3, 8} {
		if got := evaluate(cores); got != one {
			t.Errorf("%d cores: %+v, one core: %+v", cores, got, one)
		}
	}
}

// TestChunksJoin holds that an example is judged alike wherever the chunk begins that it lies in.
func TestChunksJoin(t *testing.T) {
	for _, boundary := range []string{corpus.Predict, corpus.Stream, corpus.None} {
		d := chunks(t, boundary)
		vocab := d.Vocab.Size()
		for _, m := range []Model{AddK(d.Train, vocab, 3, 1), KneserNey(d.Train, vocab, 5)} {
			context := make([]int32, m.Order()-1)
			for from := firstWhole(d.Val.Padded(), d.Val.Len(), m.Order()); from < 50; from++ {
				i := from
				m.walk(d.Val, from, from+7, func(target int32, prob float64, _ int32) {
					d.Val.Context(i, context)
					if want := m.Prob(context, target); prob != want {
						t.Fatalf("%s, %s from %d: example %d has %g, want %g", boundary, m.Name(), from, i, prob, want)
					}
					i++
				})
			}
			got, err := Evaluate(t.Context(), m, d.Val, -1)
			if err != nil {
				t.Fatal(err)
			}
			if got.Examples <= 2*chunk {
				t.Fatalf("%d examples are no test of chunks", got.Examples)
			}
			if want := bruteForce(m, d.Val, vocab, -1); math.Abs(got.Loss-want.Loss) > 1e-12 || got.Accuracy != want.Accuracy {
				t.Errorf("%s, %s: %+v, want %+v", boundary, m.Name(), got, want)
			}
		}
	}
}

func TestEvaluateErrors(t *testing.T) {
	d := chunks(t, corpus.Predict)
	m := Unigram(d.Train, d.Vocab.Size())
	if _, err := Evaluate(t.Context(), m, corpus.Part{}, -1); !errors.Is(err, ErrNoExample) {
		t.Errorf("empty part: %v", err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := Evaluate(ctx, m, d.Val, -1); !errors.Is(err, cause) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNothingKnown(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{MinCount: 2, Boundary: corpus.None}, "a a b\n", "c d\n", "a\n")
	f, err := Evaluate(t.Context(), Unigram(d.Train, d.Vocab.Size()), d.Val, d.Vocab.Unk())
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(f.Accuracy) || !math.IsNaN(f.PerplexityKnown) || math.IsNaN(f.Loss) {
		t.Errorf("%+v", f)
	}
}

func TestExp(t *testing.T) {
	for x := -30.0; x < 60; x += 0.001 {
		if got, want := exp(x), math.Exp(x); math.Abs(got-want) > 4e-16*want {
			t.Fatalf("exp(%g) = %.17g, want %.17g", x, got, want)
		}
	}
	if exp(0) != 1 || !math.IsNaN(exp(math.NaN())) {
		t.Errorf("exp(0) = %g, exp(NaN) = %g", exp(0), exp(math.NaN()))
	}
}

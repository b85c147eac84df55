package ngram

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// objective is what expectation maximisation raises: the log-likelihood of the examples and of the two imagined ones of
// each weight.
func (e *evidence) objective(w []weights) float64 {
	sum := 0.0
	p := make([]float64, e.order+1)
	for at := 0; at < len(e.share); at += e.order {
		e.mix(w, at, p)
		sum += math.Log(p[e.order])
	}
	for n := range w {
		for b := range w[n] {
			sum += math.Log(w[n][b]) + math.Log(1-w[n][b])
		}
	}
	return sum
}

// TestEveryPassGains holds expectation maximisation to its theorem: no pass makes the examples less likely.
func TestEveryPassGains(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		order := rapid.IntRange(1, 5).Draw(r, "order")
		e := newEvidence(Count(s.Train, s.vocab, order), order, s.Val)
		w := make([]weights, order+1)
		for n := range w {
			for b := range w[n] {
				w[n][b] = rapid.Float64Range(0.01, 0.99).Draw(r, "weight")
			}
		}
		last := math.Inf(-1)
		for pass := range 8 {
			objective := e.objective(w)
			if objective < last-1e-9 {
				r.Fatalf("pass %d: from %.12g to %.12g", pass, last, objective)
			}
			last = objective
			e.improve(w)
		}
	})
}

// TestWeightsAreTheBest holds that the fitted weights cannot be moved for the better.
func TestWeightsAreTheBest(t *testing.T) {
	d := chunks(t, corpus.Predict)
	c := Count(d.Train, d.Vocab.Size(), 3)
	w := fit(c, 3, d.Val)
	e := newEvidence(c, 3, d.Val)
	best := e.objective(w)
	moved := 0
	for n := 1; n <= 3; n++ {
		for b := range w[n] {
			if w[n][b] == 0.5 {
				continue // a class that the text does not have
			}
			moved++
			for _, step := range []float64{-0.05, 0.05} {
				v := append([]weights(nil), w...)
				v[n][b] = min(max(v[n][b]+step, 1e-3), 1-1e-3)
				if got := e.objective(v); got > best+1e-5*float64(d.Val.Len()) {
					t.Errorf("order %d, class %d: %g at %g, %g at %g", n, b, best, w[n][b], got, v[n][b])
				}
			}
		}
	}
	if moved < 5 {
		t.Errorf("only %d weights were fitted", moved)
	}
}

func TestFittedIsMarked(t *testing.T) {
	d := read(t, t.TempDir(), corpus.Options{}, "a b c\na b d\n", "a b\n", "a c\n")
	m := Interpolated(d.Train, d.Val, d.Vocab.Size(), 3)
	for _, part := range []struct {
		name string
		part corpus.Part
		want bool
	}{{"val", d.Val, true}, {"test", d.Test, false}} {
		f, err := Evaluate(t.Context(), m, part.part, -1)
		if err != nil {
			t.Fatal(err)
		}
		if f.Fitted != part.want {
			t.Errorf("%s: fitted is %v", part.name, f.Fitted)
		}
	}
	if f, err := Evaluate(t.Context(), KneserNey(d.Train, d.Vocab.Size(), 3), d.Val, -1); err != nil || f.Fitted {
		t.Errorf("kneser-ney: %+v, %v", f, err)
	}
	if got := Interpolated(d.Train, corpus.Part{}, d.Vocab.Size(), 2).Notes(); len(got) != 1 || got[0] != "the validation part holds no example: all interpolation weights are one half" {
		t.Errorf("notes without validation: %q", got)
	}
}

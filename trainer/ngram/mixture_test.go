package ngram

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// TestLosses agrees with Prob, target by target, and marks those without a whole context.
func TestLosses(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		for _, m := range s.models() {
			losses, err := Losses(t.Context(), m, s.Val)
			if err != nil || len(losses) != s.Val.Len() {
				t.Fatalf("%d losses, %v; want %d", len(losses), err, s.Val.Len())
			}
			first := firstWhole(s.Val.Padded(), s.Val.Len(), m.Order())
			for i, got := range losses {
				if i < first {
					if got == got {
						t.Fatalf("%s of order %d: loss %g before a whole context", m.Name(), m.Order(), got)
					}
					continue
				}
				context := make([]int32, max(m.Order()-1, 0))
				s.Val.Context(i, context)
				if want := -math.Log(m.Prob(context, s.Val.Target(i))); math.Abs(float64(got)-want) > 1e-5*max(1, want) {
					t.Fatalf("%s of order %d: loss %g of target %d, want %g", m.Name(), m.Order(), got, i, want)
				}
			}
		}
	})
}

// TestLongestGrams compares with a search through the training part.
func TestLongestGrams(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		s := drawSample(t, r, dir)
		const order = 4
		gram := func(p corpus.Part, i, n int) string {
			context := make([]int32, n-1)
			p.Context(i, context)
			return fmt.Sprint(context, p.Target(i))
		}
		seen := map[string]bool{}
		for n := 2; n <= order; n++ {
			for i := firstWhole(s.Train.Padded(), s.Train.Len(), n); i < s.Train.Len(); i++ {
				seen[gram(s.Train, i, n)] = true
			}
		}
		got := Count(s.Train, s.vocab, order).LongestGrams(s.Val, order)
		for i := firstWhole(s.Val.Padded(), s.Val.Len(), order); i < s.Val.Len(); i++ {
			want := 1
			for want < order && seen[gram(s.Val, i, want+1)] {
				want++
			}
			if int(got[i]) != want {
				t.Fatalf("example %d: longest n-gram %d, want %d", i, got[i], want)
			}
		}
	})
}

// TestMixture finds the best weight of a fine grid, and never loses more than the average of its parts.
func TestMixture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, share := range []float64{0.1, 0.5, 0.9} {
		first, second := make([]float32, 5000), make([]float32, 5000)
		for i := range first {
			first[i], second[i] = float32(rng.ExpFloat64()), float32(4+rng.ExpFloat64())
			if rng.Float64() > share {
				first[i], second[i] = second[i], first[i]
			}
		}
		first[7], second[9] = float32(math.NaN()), float32(math.NaN())
		second[11] = 5000 // as good as impossible
		got := FitMixture(first, second)
		loss := func(w float64) float64 {
			mean, _ := MeanLoss(Mixture{w}.Losses(first, second))
			return mean
		}
		best := loss(got.Weight)
		for w := 0.001; w < 1; w += 0.001 {
			if l := loss(w); l < best-1e-6 {
				t.Errorf("share %g: weight %.4f loses %.7f, and %.4f only %.7f", share, got.Weight, best, w, l)
			}
		}
		if math.Abs(got.Weight-share) > 0.1 {
			t.Errorf("weight %.3f of the model that is right in a share of %g", got.Weight, share)
		}
		a, n := MeanLoss(first)
		if b, _ := MeanLoss(second); n != 4999 || best > min(a, b) {
			t.Errorf("the mixture loses %g, its parts %g and %g (%d targets)", best, a, b, n)
		}
	}
	if w := FitMixture([]float32{1, 1}, []float32{2, 2}).Weight; w < 1-1e-8 {
		t.Errorf("weight %g of the model that is always better", w)
	}
	if w := FitMixture(nil, nil).Weight; w != 0.5 {
		t.Errorf("weight %g of nothing", w)
	}
}

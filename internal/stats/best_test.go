package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestIntervalCoversNineteenTimesInTwenty(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const runs = 4000
	covered := 0
	for range runs {
		x := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		if iv, ok := MeanInterval(x); ok && iv.Low <= 0 && 0 <= iv.High {
			covered++
		}
	}
	// Four standard errors of the share: 4 * sqrt(0.95 * 0.05 / 4000) = 0.014.
	if share := float64(covered) / runs; math.Abs(share-0.95) > 0.014 {
		t.Errorf("coverage %.3f, want 0.95", share)
	}
}

// experiment draws k groups of n values: a group's mean, an effect of the seed that all share, and noise.
func experiment(rng *rand.Rand, n int, sd float64, means ...float64) []Group {
	shared := make([]float64, n)
	for j := range shared {
		shared[j] = 3 * sd * rng.NormFloat64()
	}
	groups := make([]Group, len(means))
	for i, m := range means {
		x := make([]float64, n)
		for j := range x {
			x[j] = m + shared[j] + sd*rng.NormFloat64()
		}
		groups[i] = seeded(x)
	}
	return groups
}

func lowest(groups []Group) int {
	best := 0
	for i, g := range groups {
		if Mean(g.Values) < Mean(groups[best].Values) {
			best = i
		}
	}
	return best
}

func TestTrueBestStaysAmongTheTied(t *testing.T) {
	// The worst case for comparisons with the best: all means are equal, and group 0 is as much the best as any.
	rng := rand.New(rand.NewPCG(3, 4))
	var q Quantiles
	const runs = 2000
	kept := 0
	for range runs {
		groups := experiment(rng, 5, 1, 0, 0, 0, 0)
		if q.WithBest(groups, lowest(groups)).Tied[0] {
			kept++
		}
	}
	// 95 % by construction; Welch's rule, which some draws fall under, is close to it. Four standard errors: 0.0195.
	if share := float64(kept) / runs; math.Abs(share-0.95) > 0.0195 {
		t.Errorf("a group that is no worse than any was kept %.3f of the time, want 0.95", share)
	}
}

func TestDetectableIsDetectedFourTimesInFive(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const runs, n, sd = 3000, 5, 1.0
	df := float64(n - 1)
	// Two groups: the pooled residual has n - 1 degrees of freedom, and the residual variance of the model is sd^2.
	size := sd * math.Sqrt(2.0/n) * Shift(twoSided(df), df)
	shown := 0
	for range runs {
		groups := experiment(rng, n, sd, 0, size)
		b, ok := NewBlocks(groups)
		if !ok {
			t.Fatal("no blocks")
		}
		if b.Compare(groups[0], groups[1]).Low > 0 {
			shown++
		}
	}
	// Four standard errors of a share of 0.8: 0.029.
	if share := float64(shown) / runs; math.Abs(share-Power) > 0.029 {
		t.Errorf("shown %.3f of the time, want %.2f", share, Power)
	}
}

func TestSharedSeedEffectsDrop(t *testing.T) {
	// The same noise with and without an effect of the seed leaves the same residual.
	plain := []Group{seeded([]float64{1, 2, 4}), seeded([]float64{2, 5, 3}), seeded([]float64{9, 7, 8})}
	shifted := []Group{seeded([]float64{101, 52, 34}), seeded([]float64{102, 55, 33}), seeded([]float64{109, 57, 38})}
	a, okA := NewBlocks(plain)
	b, okB := NewBlocks(shifted)
	if !okA || !okB || math.Abs(a.SD-b.SD) > 1e-12 || a.DF != 4 {
		t.Errorf("residuals %+v and %+v", a, b)
	}
}

func TestHowTiesAreJudged(t *testing.T) {
	var q Quantiles
	clear := []Group{seeded([]float64{1, 1.1, 0.9}), seeded([]float64{5, 5.2, 4.9}), seeded([]float64{1.0, 1.15, 0.95})}
	r := q.WithBest(clear, 0)
	if r.Method != ByBlocks || !r.Tied[0] || r.Tied[1] || !r.Tied[2] || !(r.Detectable > 0) || r.DF != 4 {
		t.Errorf("blocks: %+v", r)
	}
	t.Run("uneven spread", func(t *testing.T) {
		g := []Group{seeded([]float64{1, 1.01, 0.99}), seeded([]float64{5, 9, 1.5})}
		if r := q.WithBest(g, 0); r.Method != ByWelch || !r.Tied[1] {
			t.Errorf("%+v", r)
		}
	})
	t.Run("other counts", func(t *testing.T) {
		g := []Group{seeded([]float64{1, 1.1, 0.9}), seeded([]float64{50, 50.1})}
		if r := q.WithBest(g, 0); r.Method != ByWelch || r.Tied[1] || !(r.Detectable > 0) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("other seeds", func(t *testing.T) {
		g := []Group{seeded([]float64{1, 1.1}), {Values: []float64{5, 5.1}, Seeds: []uint64{7, 8}}}
		if r := q.WithBest(g, 0); r.Method != ByWelch {
			t.Errorf("%+v", r)
		}
	})
	t.Run("one replicate", func(t *testing.T) {
		g := []Group{seeded([]float64{1}), seeded([]float64{50})}
		if r := q.WithBest(g, 0); r.Method != ByNothing || !r.Tied[1] || !math.IsNaN(r.Detectable) {
			t.Errorf("one replicate tells nothing apart: %+v", r)
		}
	})
	t.Run("one group", func(t *testing.T) {
		if r := q.WithBest(clear[:1], 0); r.Method != ByNothing || !r.Tied[0] {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no spread at all", func(t *testing.T) {
		g := []Group{seeded([]float64{1, 1}), seeded([]float64{2, 2}), seeded([]float64{1, 1})}
		if r := q.WithBest(g, 0); r.Tied[1] || !r.Tied[2] {
			t.Errorf("%+v", r)
		}
	})
}

func TestQuantilesAreTheSameEveryTime(t *testing.T) {
	var a, b Quantiles
	if x, y := a.Best(9, 16), b.Best(9, 16.2); x != y {
		t.Errorf("%v and %v", x, y)
	}
	if a.Best(1, 5) != 0 {
		t.Error("one group is compared with nothing")
	}
}

func TestExtremes(t *testing.T) {
	if m := Mean([]float64{1e308, 1e308, 1e308}); m != 1e308 {
		t.Errorf("mean of the largest values is %v", m)
	}
	if s := SD([]float64{1e200, -1e200}); math.IsInf(s, 0) || math.Abs(s/1e200-math.Sqrt2) > 1e-12 {
		t.Errorf("sd %v", s)
	}
	if !math.IsNaN(Mean(nil)) || !math.IsNaN(SD([]float64{1})) {
		t.Error("nothing has a mean")
	}
	if _, ok := MeanInterval([]float64{1}); ok {
		t.Error("one value has an interval")
	}
	if _, ok := Paired(seeded([]float64{1, 2}), Group{Values: []float64{1}, Seeds: []uint64{2}}); ok {
		t.Error("one pair has a test")
	}
	if p, _ := Paired(seeded([]float64{1, 1}), seeded([]float64{1, 2})); !math.IsNaN(p.Correlation) {
		t.Errorf("correlation with a constant is %v", p.Correlation)
	}
}

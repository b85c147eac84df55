package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// simulations of each coverage: its standard error is then 0.0015.
const simulations = 20_000

// TestCoverage: the 95 % intervals cover what they are for, within 1.5 %, with five replicates: of one mean (t), whatever
// the shape of the noise, and of a difference whose sides have other spreads and counts (Welch) or common seeds (blocks).
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	sample := func(n int, draw func() float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = draw()
		}
		return x
	}
	skewed := func() float64 { // log-normal, skewness 0.95, mean 0
		const s = 0.3
		return math.Exp(s*rng.NormFloat64()) - math.Exp(s*s/2)
	}
	for _, c := range []struct {
		name   string
		covers func() bool
	}{
		{"normal", func() bool {
			iv, _ := MeanInterval(sample(5, rng.NormFloat64))
			return iv.Low <= 0 && 0 <= iv.High
		}},
		{"skewed", func() bool {
			iv, _ := MeanInterval(sample(5, skewed))
			return iv.Low <= 0 && 0 <= iv.High
		}},
		{"unequal variances", func() bool {
			d, _ := Welch(sample(5, rng.NormFloat64), sample(8, func() float64 { return 4 * rng.NormFloat64() }))
			return d.Low <= 0 && 0 <= d.High
		}},
		{"blocks", func() bool {
			g := experiment(rng, 3, 1, 0, 0, 1, 2)
			b, _ := NewBlocks(g)
			d := b.Compare(g[0], g[1])
			return d.Low <= 0 && 0 <= d.High
		}},
	} {
		covered := 0
		for range simulations {
			if c.covers() {
				covered++
			}
		}
		share := float64(covered) / simulations
		t.Logf("%s: %.4f", c.name, share)
		if share < 0.935 || share > 0.965 {
			t.Errorf("%s: coverage %.4f", c.name, share)
		}
	}
}

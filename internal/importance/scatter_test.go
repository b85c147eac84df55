package importance

import (
	"math"
	"math/rand/v2"
	"testing"
)

// truth is a function of three factors, the last of which does nothing. Its shares are 0.8736, 0.1165 and 0.0099 of the
// pair a b.
func truth(l []int) float64 {
	return 2*float64(l[0]) + 0.7*float64(l[1]) + 0.3*float64(l[0]*l[1])
}

func TestIntervalsOfExactHoldTheTruth(t *testing.T) {
	levels := []int{4, 3, 3}
	want := parts(exact(t, single(levels, truth)))
	const runs = 60
	for _, c := range []struct {
		replicates int
		noise      float64
		growing    bool // along a, from 0.3 to 2.3 times
	}{{2, 0.3, false}, {3, 1, false}, {3, 0.3, true}} {
		rng := rand.New(rand.NewPCG(3, uint64(c.replicates)))
		held := make([]float64, len(want))
		for i := range runs {
			seeds := make([]float64, c.replicates)
			for j := range seeds {
				seeds[j] = 5 * rng.NormFloat64()
			}
			d := cellsOf(levels, func(l []int) (x []float64) {
				sd := c.noise
				if c.growing {
					sd *= 0.3 + 2*float64(l[0])/3
				}
				for _, s := range seeds {
					x = append(x, truth(l)+s+sd*rng.NormFloat64())
				}
				return x
			})
			r, err := Exact(d.factors, d.cells, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			check(t, r)
			for k, s := range shares(r) {
				if s.Interval.Low <= want[k]+1e-12 && want[k] <= s.Interval.High {
					held[k] += 1. / runs
				}
			}
		}
		t.Logf("%+v: %.3f", c, held)
		for k, h := range held {
			// Four standard errors of a share of 0.9 in 60 runs are 0.15.
			if h < 0.75 {
				t.Errorf("%+v: share %d, %.4f, is held %.3f of the time", c, k, want[k], h)
			}
		}
	}
}

func TestNoiseIsTheReplicates(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	// Nothing but noise: all of the variance is expected of it, and no interval leaves 0 or the whole out.
	r := exact(t, cellsOf([]int{6, 6}, func([]int) []float64 {
		return []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
	}))
	if r.Noise < 0.6 {
		t.Errorf("noise %v", r.Noise)
	}
	for _, s := range shares(r)[:3] {
		if s.Interval.Low > 0 {
			t.Errorf("share of %v in %v", s.Of, *s.Interval)
		}
	}
	// Without any, the shares are known.
	r = exact(t, cellsOf([]int{2, 3}, func(l []int) []float64 {
		v := truth([]int{l[0], l[1], 0})
		return []float64{v + 1, v - 4, v}
	}))
	for _, s := range r.Main {
		if s.Interval.High-s.Interval.Low > 1e-12 {
			t.Errorf("share of %v in %v though seeds explain all", s.Of, *s.Interval)
		}
	}
	if r.Noise > 1e-12 {
		t.Errorf("noise %v", r.Noise)
	}
}

func TestUnevenReplicates(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	uneven := func(least, most int) Result {
		cell := 0
		return exact(t, cellsOf([]int{3, 4}, func(l []int) (x []float64) {
			n := most
			if cell++; cell%2 == 0 {
				n = least
			}
			for range n {
				x = append(x, float64(l[0])+0.1*rng.NormFloat64())
			}
			return x
		}))
	}
	if r := uneven(1, 2); r.Main[0].Interval == nil || r.Main[0].Interval.Low < 0.8 {
		t.Errorf("half of the cells have two replicates: %+v", r.Main)
	}
	if r := uneven(2, 5); r.Main[0].Interval == nil || math.Abs(r.Main[0].Value-1) > 0.1 {
		t.Errorf("%+v", r.Main)
	}
	cell := 0
	r := exact(t, cellsOf([]int{3, 4}, func([]int) []float64 {
		if cell++; cell == 1 {
			return []float64{1, 2}
		}
		return []float64{float64(cell)}
	}))
	if r.Main[0].Interval != nil || r.Noise != 0 {
		t.Errorf("one cell's replicates judge all: %+v", r)
	}
}

package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap returns the 95 % interval (Efron's percentiles over Draws draws) of a figure of n observations, by drawing n of
// them again with replacement: of gets their numbers, in a slice that is used again. Draws of which it makes NaN do not
// count. The same seed gives the same interval; ok is false with fewer than two observations, or if no draw counts.
func Bootstrap(seed uint64, n int, of func(drawn []int) float64) (iv Interval, ok bool) {
	if n < 2 {
		return Interval{}, false
	}
	rng := rand.New(rand.NewPCG(seed, 0x5eed)) //nolint:gosec // a simulation, not a secret
	drawn := make([]int, n)
	var values []float64
	for range Draws {
		for i := range drawn {
			drawn[i] = rng.IntN(n)
		}
		if v := of(drawn); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return percentiles(values), len(values) > 0
}

// Middle returns the middle 95 % of values; NaN without any.
func Middle(values []float64) Interval { return percentiles(slices.Clone(values)) }

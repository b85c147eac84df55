package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Shift returns how far, in standard errors, a true difference must lie from zero for its t statistic to exceed the
// critical value with 80 % power: the shift of the noncentral t distribution.
func Shift(critical, df float64) float64 {
	p := newPower(df)
	// Without the spread of the estimated error it would be critical + 0.84; that spread only adds.
	low, high := critical, critical+2
	for p.exceeds(critical, high) < Power {
		low, high = high, 2*high
	}
	for range 60 {
		mid := (low + high) / 2
		if p.exceeds(critical, mid) < Power {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// power integrates over the distribution of S, where df S^2 is chi-squared: values of S with their weights.
type power struct{ s, weight []float64 }

func newPower(df float64) power {
	const nodes = 64
	p := power{make([]float64, nodes), make([]float64, nodes)}
	quad.Legendre{}.FixedLocations(p.s, p.weight, 0, 1)
	chi := distuv.ChiSquared{K: df}
	for i, u := range p.s {
		p.s[i] = math.Sqrt(chi.Quantile(u) / df)
	}
	return p
}

// exceeds returns the chance that (Z + shift) / S exceeds critical, Z standard normal.
func (p power) exceeds(critical, shift float64) float64 {
	var chance float64
	for i, s := range p.s {
		chance += p.weight[i] * distuv.UnitNormal.CDF(shift-critical*s)
	}
	return chance
}

// mostReplicates is where the search for a number of replicates ends.
const mostReplicates = 10_000

// Replicates returns how many replicates of each of k groups it takes for a group that is worse than the best by difference
// to be told apart from it with 80 % power at 5 %, given the residual standard deviation of configuration + seed. ok is
// false if 10,000 are not enough.
func (q *Quantiles) Replicates(k int, sd, difference float64) (n int, ok bool) {
	enough := func(n int) bool {
		df := float64((k - 1) * (n - 1))
		return sd*math.Sqrt(2/float64(n))*Shift(q.Best(k, df), df) <= difference
	}
	if k < 2 || !(difference > 0) || !enough(mostReplicates) {
		return 0, false
	}
	low, high := 1, mostReplicates // not enough, enough
	for high-low > 1 {
		if mid := (low + high) / 2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

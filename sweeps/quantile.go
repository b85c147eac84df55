package sweeps

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Quantiles, like math.Exp, may differ in their last bit between processors (assembly on some, products fused into sums
// on others). Distribution.At rounds what comes out of them, so that the same spec draws the same values everywhere.

// tiny keeps quantiles of distributions without ends finite: half the distance between two values of u.
const tiny = 0x1p-54

// normalQuantile is the quantile of the standard normal distribution.
func normalQuantile(u float64) float64 {
	u = min(max(u, tiny), 1-0x1p-53)
	return math.Sqrt2 * math.Erfinv(2*u-1)
}

// betaQuantile is the quantile of the beta distribution, a and b above 0.
func betaQuantile(u, a, b float64) float64 {
	u = min(max(u, 0), 1)
	if x := mathext.InvRegIncBeta(a, b, u); !math.IsNaN(x) {
		return min(max(x, 0), 1)
	}
	return betaBisect(u, a, b)
}

// betaBisect finds the quantile by halving, for shapes where Newton's steps leave the interval.
func betaBisect(u, a, b float64) float64 {
	low, high := 0.0, 1.0
	for range 1100 { // past the smallest number
		mid := low + (high-low)/2
		if mid == low || mid == high {
			break
		}
		if mathext.RegIncBeta(a, b, mid) < u {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

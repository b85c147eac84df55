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
	return mathext.InvRegIncBeta(a, b, min(max(u, 0), 1))
}

package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// Shift returns how far, in standard errors, a true difference must lie from zero for its t statistic to exceed the
// critical value with 80 % power: the shift of the noncentral t distribution.
func Shift(critical, df float64) float64 {
	// Without the spread of the estimated error it would be critical + 0.84; that spread only adds.
	low, high := critical, critical+2
	for exceeds(critical, df, high) < Power {
		low, high = high, 2*high
	}
	for range 60 {
		mid := (low + high) / 2
		if exceeds(critical, df, mid) < Power {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// exceeds returns the chance that (Z + shift) / S exceeds critical, Z standard normal, df S^2 chi-squared: the mean
// of the normal's chance over the distribution of S, integrated over its quantiles.
func exceeds(critical, df, shift float64) float64 {
	chi := distuv.ChiSquared{K: df}
	return quad.Fixed(func(u float64) float64 {
		s := math.Sqrt(chi.Quantile(u) / df)
		return distuv.UnitNormal.CDF(shift - critical*s)
	}, 0, 1, 64, quad.Legendre{}, 0)
}

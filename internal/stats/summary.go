package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence of every interval, and 1 - Level the risk of every test.
const Level = 0.95

// Power is the chance with which a difference of the size called detectable is shown.
const Power = 0.80

// Interval is a confidence interval.
type Interval struct{ Low, High float64 }

// Mean returns the arithmetic mean, NaN of nothing.
func Mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	// Dividing first keeps values near the largest float from overflowing the sum.
	n := float64(len(x))
	var m float64
	for _, v := range x {
		m += v / n
	}
	// One step of refinement takes the rounding of the first pass away.
	var rest float64
	for _, v := range x {
		rest += (v - m) / n
	}
	return m + rest
}

// SD returns the standard deviation of a sample, by n - 1; NaN of fewer than two values.
func SD(x []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	m := Mean(x)
	// hypot scales as it goes, so that squares neither overflow nor vanish.
	var norm float64
	for _, v := range x {
		norm = math.Hypot(norm, v-m)
	}
	return norm / math.Sqrt(float64(len(x)-1))
}

// MeanInterval returns the 95 % t interval of the mean; ok is false with fewer than two values.
func MeanInterval(x []float64) (iv Interval, ok bool) {
	if len(x) < 2 {
		return Interval{}, false
	}
	n := float64(len(x))
	m, half := Mean(x), twoSided(n-1)*SD(x)/math.Sqrt(n)
	return Interval{m - half, m + half}, true
}

// twoSided returns the t quantile of a two-sided 95 % interval.
func twoSided(df float64) float64 { return student(df).Quantile(1 - (1-Level)/2) }

// pValue returns the two-sided p of a t statistic.
func pValue(t, df float64) float64 {
	if math.IsInf(t, 0) {
		return 0
	}
	return 2 * student(df).Survival(math.Abs(t))
}

func student(df float64) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df} }

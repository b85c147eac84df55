package trainer

import (
	"math"
	"testing"
)

func TestExponential(t *testing.T) {
	worst := 0.0
	for x := -740.0; x < 709; x += 0.0371 {
		want := math.Exp(x)
		if want < 0x1p-1022 {
			continue // few bits are left
		}
		worst = max(worst, math.Abs(exponential(x)/want-1))
	}
	if worst > 4e-16 {
		t.Errorf("largest relative error %g", worst)
	}
	if exponential(0) != 1 || exponential(-1000) != 0 || !math.IsInf(exponential(710), 1) || !math.IsNaN(exponential(math.NaN())) {
		t.Error("special values")
	}
}

func TestCosinePi(t *testing.T) {
	for i := range 1001 {
		x := float64(i) / 1000
		if got, want := cosinePi(x), math.Cos(math.Pi*x); math.Abs(got-want) > 1e-15 {
			t.Errorf("cos(%g pi) = %g, want %g", x, got, want)
		}
	}
}

func TestIntegerPower(t *testing.T) {
	for _, n := range []int64{0, 1, 2, 3, 17, 1000, 45_005} {
		if got, want := integerPower(0.999, n), math.Pow(0.999, float64(n)); math.Abs(got/want-1) > 1e-12 {
			t.Errorf("0.999^%d = %g, want %g", n, got, want)
		}
	}
}

package kernel

import (
	"math"
	"os"
	"testing"
)

// exhaustive is the environment variable that makes the tests of this file go through all 2^32 floats, which takes many
// minutes: SWEEP_EXHAUSTIVE=1 go test -count=1 -v -timeout 2h -run AllFloats ./trainer/internal/kernel
const exhaustive = "SWEEP_EXHAUSTIVE"

// overAll calls f for float32 values of every exponent and both signs, ascending by bits, in blocks of 4096: all of
// them, or one in 4099 (an odd number, so that the low bits vary too).
func overAll(f func(x []float32)) {
	step := uint64(4099)
	if os.Getenv(exhaustive) != "" {
		step = 1
	}
	block := make([]float32, 0, 4096)
	for u := uint64(0); u < 1<<32; u += step {
		block = append(block, math.Float32frombits(uint32(u)))
		if len(block) == cap(block) {
			f(block)
			block = block[:0]
		}
	}
	f(block)
}

// ulps is the distance of got from want in units of the last place of a float32 near want.
func ulps(got float32, want float64) float64 {
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e, -125)-24)
}

// samePaths wants the given bits of plain Go from f, which works in place, on every other path.
func samePaths(t *testing.T, name string, x, want []float32, f func(x []float32)) {
	t.Helper()
	old := active
	defer func() { active = old }()
	y := make([]float32, len(x))
	for p := avx2; p <= neon; p++ {
		if !supported(p) {
			continue
		}
		active = p
		copy(y, x)
		f(y)
		for i := range y {
			if !same(y[i], want[i]) {
				t.Fatalf("%s of %s at %b = %b, want %b", name, Name(), x[i], y[i], want[i])
			}
		}
	}
}

func TestExpAllFloats(t *testing.T) {
	var worst float64
	var at float32
	zero, sum, y := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096)
	overAll(func(x []float32) {
		for i, x := range x {
			got, want := Exp(x), math.Exp(float64(x))
			y[i] = got
			switch {
			case x != x:
				if got == got {
					t.Fatalf("exp(NaN) = %g", got)
				}
			case x < -87:
				if math.Float32bits(got) != 0 {
					t.Fatalf("exp(%g) = %g, want exactly 0", x, got)
				}
			case want > math.MaxFloat32:
				if !math.IsInf(float64(got), 1) {
					t.Fatalf("exp(%g) = %g, want +Inf", x, got)
				}
			default:
				if e := ulps(got, want); !(e <= worst) {
					worst, at = e, x
				}
			}
		}
		samePaths(t, "exp", x, y, func(x []float32) { ExpRows(x, 0, 1, len(x), zero, nil, sum) })
	})
	t.Logf("largest error of exp: %.4f ulp at %b", worst, at)
	if !(worst < 1) {
		t.Errorf("exp(%g): %.3f ulp, want < 1", at, worst)
	}
	if Exp(0) != 1 || Exp(float32(math.Copysign(0, -1))) != 1 {
		t.Error("exp(0) is not 1")
	}
}

func TestTanhAllFloats(t *testing.T) {
	var worst float64
	var at float32
	y := make([]float32, 4096)
	overAll(func(x []float32) {
		for i, x := range x {
			got := Tanh1(x)
			y[i] = got
			if x != x {
				if got == got {
					t.Fatalf("tanh(NaN) = %g", got)
				}
				continue
			}
			if e := ulps(got, math.Tanh(float64(x))); !(e <= worst) {
				worst, at = e, x
			}
			if got > 1 || got < -1 || math.Signbit(float64(got)) != math.Signbit(float64(x)) {
				t.Fatalf("tanh(%g) = %g", x, got)
			}
			if i%64 == 0 && Tanh1(-x) != -got {
				t.Fatalf("tanh is not odd at %g", x)
			}
		}
		samePaths(t, "tanh", x, y, Tanh)
	})
	t.Logf("largest error of tanh: %.4f ulp at %b", worst, at)
	if !(worst < 2.7) {
		t.Errorf("tanh(%g): %.3f ulp, want < 2.7", at, worst)
	}
	if Tanh1(tanhMax) != 1 || Tanh1(float32(math.Inf(-1))) != -1 {
		t.Error("tanh does not saturate at 1")
	}
}

// TestExpBorders tests each float around the limits, which the stride of the others steps over.
func TestExpBorders(t *testing.T) {
	const top = float32(0x1.62e42ep6) // the float32 below ln(MaxFloat32) = 88.722839
	if e := Exp(top); !(ulps(e, math.Exp(float64(top))) < 1) {
		t.Errorf("Exp(%b) = %g, want the largest finite exponential", top, e)
	}
	if e := Exp(math.Nextafter32(top, 100)); !math.IsInf(float64(e), 1) {
		t.Errorf("just above: %g, want +Inf", e)
	}
	if e := Exp(-87); e == 0 || e < 0x1p-126 {
		t.Errorf("Exp(-87) = %g, want a normal number", e)
	}
	if e := Exp(math.Nextafter32(-87, -100)); e != 0 {
		t.Errorf("just below -87: %g, want 0", e)
	}
}

package kernel

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// guard fills what a kernel must not touch; it is no value that any of them computes.
var guard = math.Float32frombits(0x7f123456)

// same reports whether x and y have the same bits, or are both NaN.
func same(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

// random returns n values of mixed sizes, with infinities, NaN, zeros of both signs and subnormals among them where
// odd is set.
func random(r *rand.Rand, n int, odd bool) []float32 {
	s := make([]float32, n)
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 1e-40, -3e-39, 1e-30, 3e38, -3e38,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	for i := range s {
		s[i] = float32(r.NormFloat64())
		if odd && r.IntN(6) == 0 {
			s[i] = special[r.IntN(len(special))]
		}
	}
	return s
}

// framed returns a copy of s that lies between guards at an odd offset, and a check that they still stand.
func framed(t *testing.T, s []float32) (in []float32, check func()) {
	t.Helper()
	const before, after = 17, 33
	f := make([]float32, before+len(s)+after)
	for i := range f {
		f[i] = guard
	}
	copy(f[before:], s)
	return f[before : before+len(s)], func() {
		t.Helper()
		for i, x := range f {
			if (i < before || i >= before+len(s)) && math.Float32bits(x) != math.Float32bits(guard) {
				t.Fatalf("element %d of %d was overwritten", i-before, len(s))
			}
		}
	}
}

// everyPath runs f on every path of this machine and restores the path in use.
func everyPath(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	old := active
	t.Cleanup(func() { active = old })
	for p := range pathNames {
		if !supported(path(p)) {
			continue
		}
		t.Run(pathNames[p], func(t *testing.T) {
			active = path(p)
			f(t)
		})
	}
}

func TestUse(t *testing.T) {
	old := active
	t.Cleanup(func() { active = old })
	t.Setenv(Variable, "")
	if err := Use("generic"); err != nil || Name() != "generic" {
		t.Fatalf("Use(generic): %v, Name %q", err, Name())
	}
	if err := Use(""); err != nil || Name() != best().String() {
		t.Fatalf(`Use(""): %v, Name %q, want %q`, err, Name(), best())
	}
	t.Setenv(Variable, "generic")
	if err := Use(""); err != nil || Name() != "generic" {
		t.Fatalf(`Use("") under %s=generic: %v, Name %q`, Variable, err, Name())
	}
	t.Setenv(Variable, "sse9")
	for _, name := range []string{"", "neon"} {
		err := Use(name)
		if err == nil || !strings.Contains(err.Error(), "unknown path") {
			t.Errorf("Use(%q) under %s=sse9: got %v, want an unknown path", name, Variable, err)
		}
	}
	if Name() != "generic" {
		t.Errorf("a failed Use changed the path to %q", Name())
	}
	if atStart() != best() {
		t.Errorf("start with an unknown path: got %v, want %v", atStart(), best())
	}
}

// TestFMA compares with exact rational arithmetic, on values chosen so that rounding twice would show.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	value := func() float32 {
		switch r.IntN(4) {
		case 0: // few digits: exact ties are common
			return float32(math.Ldexp(float64(r.IntN(1<<13)-1<<12), r.IntN(60)-30))
		case 1: // small: subnormal results
			return float32(math.Ldexp(r.Float64()-0.5, -60-r.IntN(80)))
		}
		return math.Float32frombits(r.Uint32())
	}
	twice := 0
	for range 300_000 {
		x, y, z := value(), value(), value()
		if r.IntN(3) == 0 { // z half a unit in the last place of the product, or next to it
			z = float32(float64(x) * float64(y) * math.Ldexp(1, 24+r.IntN(3)))
		}
		got := fma32(x, y, z)
		naive := float32(float64(x)*float64(y) + float64(z))
		if math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0) || math.IsInf(float64(z), 0) || x != x || y != y || z != z {
			if !same(got, naive) {
				t.Fatalf("fma32(%g, %g, %g) = %g, want %g", x, y, z, got, naive)
			}
			continue
		}
		e := new(big.Float).SetPrec(700)
		e.Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		e.Add(e, big.NewFloat(float64(z)))
		want, _ := e.Float32()
		if want == 0 && e.Sign() == 0 {
			want = naive // the sign of an exact zero
		}
		if !same(got, want) {
			t.Fatalf("fma32(%b, %b, %b) = %b, want %b", x, y, z, got, want)
		}
		if !same(naive, want) {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no case in which rounding twice goes wrong: the test shows nothing")
	}
}

func TestSqrt(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 10_000 {
		x := math.Float32frombits(r.Uint32() >> 1)
		if !(x <= math.MaxFloat32) {
			continue
		}
		want, _ := new(big.Float).SetPrec(200).Sqrt(big.NewFloat(float64(x))).Float32()
		if Sqrt(x) != want {
			t.Fatalf("Sqrt(%g) = %g, want %g", x, Sqrt(x), want)
		}
	}
}

// stride is the step between tested floats: an odd number that reaches every exponent, or 1 when all are asked for.
func stride() uint64 {
	if os.Getenv("SWEEP_EXHAUSTIVE") != "" {
		return 1
	}
	return 4099
}

// ulps is the distance of got from want in units of the last place of a float32 near want.
func ulps(got float32, want float64) float64 {
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e, -125)-24)
}

// overAll calls f for float32 values of every exponent and both signs, in ascending order of bits and blocks of 4096.
func overAll(f func(x []float32)) {
	block := make([]float32, 0, 4096)
	for u := uint64(0); u < 1<<32; u += stride() {
		block = append(block, math.Float32frombits(uint32(u)))
		if len(block) == cap(block) {
			f(block)
			block = block[:0]
		}
	}
	f(block)
}

// TestExpError publishes the largest error; SWEEP_EXHAUSTIVE=1 goes through all 2^32 floats of the path in use.
func TestExpError(t *testing.T) {
	var worst float64
	var at float32
	y, sum, zero := make([]float32, 4096), make([]float32, 4096), make([]float32, 4096)
	overAll(func(x []float32) {
		copy(y, x)
		ExpRows(y, 0, 1, len(x), zero, nil, sum)
		for i, x := range x {
			want := math.Exp(float64(x))
			switch got := y[i]; {
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
	})
	t.Logf("largest error of exp: %.4f ulp at %g (%s)", worst, at, Name())
	if !(worst < 1) {
		t.Errorf("exp(%g): %.3f ulp, want < 1", at, worst)
	}
	if Exp(0) != 1 || Exp(float32(math.Copysign(0, -1))) != 1 {
		t.Error("exp(0) is not 1")
	}
}

// TestTanhError is like TestExpError.
func TestTanhError(t *testing.T) {
	var worst float64
	var at float32
	y := make([]float32, 4096)
	overAll(func(x []float32) {
		copy(y, x)
		Tanh(y[:len(x)])
		for i, x := range x {
			got := y[i]
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
			if o := Tanh1(-x); i%64 == 0 && o != -got {
				t.Fatalf("tanh is not odd: %g at %g, %g at %g", got, x, o, -x)
			}
		}
	})
	t.Logf("largest error of tanh: %.4f ulp at %g (%s)", worst, at, Name())
	if !(worst < 5) {
		t.Errorf("tanh(%g): %.3f ulp, want < 5", at, worst)
	}
	if Tanh1(tanhMax) != 1 || Tanh1(float32(math.Inf(-1))) != -1 {
		t.Error("tanh does not saturate at 1")
	}
}

func TestLog(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	check := func(x float64) {
		t.Helper()
		want := math.Log(x)
		if x < 0x1p-1022 { // math.Log is wrong there on amd64
			want = math.Log(x*0x1p60) - 60*math.Ln2
		}
		u := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
		if got := Log(x); math.Abs(got-want) > 2*u {
			t.Fatalf("Log(%g) = %g, want %g", x, got, want)
		}
	}
	for i := range 300_000 {
		check(math.Float64frombits(r.Uint64() >> 2)) // every exponent below 2^513, subnormal ones included
		check(1 + (r.Float64()-0.5)*math.Ldexp(1, -i%50))
		check(r.ExpFloat64())
	}
	for _, x := range []float64{5e-324, 1e-310, 1, 2, 17000, math.MaxFloat64, math.Sqrt2, math.Sqrt2 / 2} {
		check(x)
	}
	if Log(1) != 0 || !math.IsInf(Log(0), -1) || !math.IsInf(Log(math.Inf(1)), 1) || !math.IsNaN(Log(-1)) || !math.IsNaN(Log(math.NaN())) {
		t.Error("a special value of Log is wrong")
	}
	// The bits are part of every recorded loss: these hold on all platforms.
	for x, want := range map[float64]uint64{3: 0x3ff193ea7aad030a, 0.1: 0xc0026bb1bbb55515, 17000: 0x40237b603d469faf} {
		if got := math.Float64bits(Log(x)); got != want {
			t.Errorf("Log(%g) = %#x, want %#x", x, got, want)
		}
	}
}

func ExampleGemm() {
	a := []float32{1, 2, 3, 4}       // 2 x 2
	b := []float32{1, 0, 1, 0, 1, 1} // 2 x 3
	dst := make([]float32, 6)
	Gemm(dst, 3, a, 2, 1, b, 3, 2, 2, 3, false)
	fmt.Println(dst)
	Gemm(dst, 3, a, 1, 2, b, 3, 2, 2, 3, true) // plus the transpose of a times b
	fmt.Println(dst)
	// Output:
	// [1 2 3 3 4 7]
	// [2 5 7 5 8 13]
}

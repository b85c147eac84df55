package kernel

import (
	"math"
	"math/rand/v2"
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

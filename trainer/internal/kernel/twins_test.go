package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A twin runs one function on copies of random inputs: fast on the path in use, plain in plain Go.
// All slices are compared afterwards: outputs must be equal, inputs untouched.
type twin struct {
	name        string
	slices      func(r *rand.Rand, n, rows, ld int, odd bool) [][]float32
	fast, plain func(s [][]float32, n, rows, ld int)
}

func vectors(count int) func(*rand.Rand, int, int, int, bool) [][]float32 {
	return func(r *rand.Rand, n, _, _ int, odd bool) [][]float32 {
		s := make([][]float32, count)
		for i := range s {
			s[i] = random(r, n, odd)
		}
		return s
	}
}

// block makes a matrix, some vectors of lanes and one of rows.
func block(lanes int) func(*rand.Rand, int, int, int, bool) [][]float32 {
	return func(r *rand.Rand, n, rows, ld int, odd bool) [][]float32 {
		s := [][]float32{random(r, max(0, rows-1)*ld+n, odd)}
		for range lanes {
			s = append(s, random(r, n, odd))
		}
		return append(s, random(r, rows, odd))
	}
}

var rates = adamRates{beta1: 0.9, beta1c: 0.1, beta2: 0.999, beta2c: 0.001, eps: 1e-8, c2: 3, decay: 0.01, step: 0.02}

var twins = []twin{
	{"Tanh", vectors(1),
		func(s [][]float32, _, _, _ int) { Tanh(s[0]) },
		func(s [][]float32, _, _, _ int) { tanhGeneric(s[0]) }},
	{"TanhGrad", func(r *rand.Rand, n, rows, ld int, odd bool) [][]float32 {
		return append(block(1)(r, n, rows, ld, odd), random(r, max(0, rows-1)*ld+n, odd))
	},
		func(s [][]float32, n, rows, ld int) { TanhGrad(s[0], s[3], ld, rows, n, s[1]) },
		func(s [][]float32, n, rows, ld int) { tanhGradGeneric(s[0], s[3], ld, rows, n, s[1]) }},
	{"Mul", vectors(2),
		func(s [][]float32, _, _, _ int) { Mul(s[0], s[1]) },
		func(s [][]float32, _, _, _ int) { mulGeneric(s[0], s[1]) }},
	{"SGD", vectors(2),
		func(s [][]float32, _, _, _ int) { SGD(s[0], s[1], 0.1, 0.01) },
		func(s [][]float32, _, _, _ int) { sgdGeneric(s[0], s[1], 0.1, 0.01) }},
	{"Adam", vectors(4),
		func(s [][]float32, _, _, _ int) {
			Adam(s[0], s[1], s[2], s[3], 0.02, 0.9, 0.999, 1e-8, 1.5, 3, 0.01)
		},
		func(s [][]float32, _, _, _ int) {
			one, beta1, beta2 := float32(1), float32(0.9), float32(0.999)
			a := rates
			a.beta1c, a.beta2c, a.step = one-beta1, one-beta2, float32(0.02)*1.5
			adamGeneric(s[0], s[1], s[2], s[3], a)
		}},
	{"ExpRows", block(2),
		func(s [][]float32, n, rows, ld int) { ExpRows(s[0], ld, rows, n, s[2], nil, s[1]) },
		func(s [][]float32, n, rows, ld int) { expRowsGeneric(s[0], ld, rows, n, s[2], nil, s[1]) }},
	{"ExpRows weighted", block(2),
		func(s [][]float32, n, rows, ld int) { ExpRows(s[0], ld, rows, n, s[2], s[3], s[1]) },
		func(s [][]float32, n, rows, ld int) { expRowsGeneric(s[0], ld, rows, n, s[2], s[3], s[1]) }},
	{"MaxRows", block(1),
		func(s [][]float32, n, rows, ld int) { MaxRows(s[0], ld, rows, n, s[1]) },
		func(s [][]float32, n, rows, ld int) { maxRowsGeneric(s[0], ld, rows, n, s[1]) }},
	{"ScaleLanes", block(1),
		func(s [][]float32, n, rows, ld int) { ScaleLanes(s[0], ld, rows, n, s[1]) },
		func(s [][]float32, n, rows, ld int) { scaleLanesGeneric(s[0], ld, rows, n, s[1]) }},
	{"Transpose", func(r *rand.Rand, n, rows, ld int, odd bool) [][]float32 {
		return [][]float32{random(r, max(0, n-1)*(rows+3)+rows, odd), random(r, max(0, rows-1)*ld+n, odd)}
	},
		func(s [][]float32, n, rows, ld int) { Transpose(s[0], rows+3, s[1], ld, rows, n, nil) },
		func(s [][]float32, n, rows, ld int) {
			if rows > 0 {
				transposeGeneric(s[0], rows+3, s[1], ld, rows, n, nil)
			}
		}},
	{"Transpose scaled", func(r *rand.Rand, n, rows, ld int, odd bool) [][]float32 {
		return [][]float32{random(r, max(0, n-1)*(rows+3)+rows, odd), random(r, max(0, rows-1)*ld+n, odd), random(r, n, odd)}
	},
		func(s [][]float32, n, rows, ld int) { Transpose(s[0], rows+3, s[1], ld, rows, n, s[2]) },
		func(s [][]float32, n, rows, ld int) {
			if rows > 0 {
				transposeGeneric(s[0], rows+3, s[1], ld, rows, n, s[2])
			}
		}},
}

func (w twin) compare(t *testing.T, r *rand.Rand, n, rows, ld int, odd bool) {
	t.Helper()
	want := w.slices(r, n, rows, ld, odd)
	got, checks := make([][]float32, len(want)), []func(){}
	for i, s := range want {
		f, check := framed(t, s)
		got[i], checks = f, append(checks, check)
	}
	w.fast(got, n, rows, ld)
	if n > 0 {
		w.plain(want, n, rows, ld)
	}
	for i := range want {
		checks[i]()
		for j := range want[i] {
			if !same(got[i][j], want[i][j]) {
				t.Fatalf("%s n=%d rows=%d ld=%d: slice %d, element %d = %b, want %b",
					w.name, n, rows, ld, i, j, got[i][j], want[i][j])
			}
		}
	}
}

// TestTwins covers every length from 0 to 66 with some heights, and a few that are cut into several calls.
func TestTwins(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		for _, w := range twins {
			t.Run(w.name, func(t *testing.T) {
				r := rand.New(rand.NewPCG(7, 7))
				for n := range 67 {
					for _, rows := range []int{0, 1, 2, 7, 8, 19} {
						for _, odd := range []bool{false, true} {
							w.compare(t, r, n, rows, n+r.IntN(4), odd)
						}
					}
				}
				w.compare(t, r, 100, 1100, 101, false)
				w.compare(t, r, 140_001, 1, 140_001, true)
			})
		}
	})
}

func TestDot(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(8, 8))
		for _, n := range append([]int{100_003}, span(0, 100)...) {
			a, b := random(r, n, n%5 == 4), random(r, n, false)
			var lanes [16]float32
			for i := range a {
				lanes[i%16] = fma32(a[i], b[i], lanes[i%16])
			}
			// the tree, written out: 8, 4, 2, 1
			for l := range 8 {
				lanes[l] += lanes[l+8]
			}
			x0, x1, x2, x3 := lanes[0]+lanes[4], lanes[1]+lanes[5], lanes[2]+lanes[6], lanes[3]+lanes[7]
			want := (x0 + x2) + (x1 + x3)
			if got := Dot(a, b); !same(got, want) {
				t.Fatalf("n=%d: Dot = %b, want %b", n, got, want)
			}
		}
	})
}

func span(from, to int) []int {
	s := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}

func TestNoAllocation(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(9, 9))
		a, b, dst := random(r, 40*40, false), random(r, 40*40, false), make([]float32, 40*40)
		lanes := make([]float32, 40)
		if n := testing.AllocsPerRun(10, func() {
			var small [40]float32 // must stay on the stack
			Gemm(dst, 40, a, 40, 1, b, 40, 40, 40, 40, false)
			Gemm(small[:], 40, a, 40, 1, b, 40, 1, 40, 40, false)
			ExpRows(dst, 40, 40, 40, lanes, a, lanes)
			MaxRows(dst, 40, 40, 40, lanes)
			ScaleLanes(dst, 40, 40, 40, lanes)
			Transpose(dst, 40, a, 40, 40, 40, lanes)
			Tanh(dst)
			TanhGrad(dst, a, 40, 40, 40, lanes)
			SGD(dst, a, 0.1, 0)
			Adam(dst, b, a, a, 0.1, 0.9, 0.999, 1e-8, 1, 1, 0)
			lanes[0] = Dot(dst, a) + small[0]
		}); n != 0 {
			t.Errorf("%g allocations", n)
		}
	})
}

// TestRowsDefinition holds the plain twins to their doc comments on a case worked by hand.
func TestRowsDefinition(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		z := []float32{1, 5, -200, 3, 2, 0}
		lanes := []float32{0, 4, 0}
		MaxRows(z, 3, 2, 3, lanes)
		wantList(t, "MaxRows", lanes, 3, 5, 0)
		sum := []float32{0, 0, 7}
		ExpRows(z, 3, 2, 3, []float32{1, 5, 0}, []float32{2, 4}, sum)
		wantList(t, "ExpRows", z, 2, 2, 0, 4*Exp(2), 4*Exp(-3), 4)
		wantList(t, "ExpRows sum", sum, 2+4*Exp(2), 2+4*Exp(-3), 11)
		ScaleLanes(z, 3, 2, 3, []float32{0.5, 1, 0})
		wantList(t, "ScaleLanes", z, 1, 2, 0, 2*Exp(2), 4*Exp(-3), 0)
		dst := make([]float32, 6)
		Transpose(dst, 2, []float32{1, 2, 3, 4, 5, 6}, 3, 2, 3, nil)
		wantList(t, "Transpose", dst, 1, 4, 2, 5, 3, 6)
		Transpose(dst, 2, []float32{1, 2, 3, 4, 5, 6}, 3, 2, 3, []float32{1, 2, -1})
		wantList(t, "Transpose scaled", dst, 1, 4, 4, 10, -3, -6)
		TanhGrad(dst, []float32{0, 0.5, -0.5, 1, 0, 0}, 3, 2, 3, []float32{1, 2, 4})
		wantList(t, "TanhGrad", dst, 1, 6, 12, 0, -6, -24)
	})
}

func wantList(t *testing.T, name string, got []float32, want ...float32) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

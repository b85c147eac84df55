package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomPairs returns n random pairs, among them zeros, infinities, NaN and numbers below the normal ones if odd is set.
func randomPairs(r *rand.Rand, n int, odd bool) []uint32 {
	x := random(r, 2*n, odd)
	s := make([]uint32, n)
	if n > 0 {
		packRowsGeneric(s, n, x, 2*n, 1, 2*n)
	}
	return s
}

// TestPack compares both packings with their definitions, at every length, and leaves what lies around alone.
func TestPack(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(21, 21))
		for n := range 100 {
			for _, rows := range []int{0, 1, 2, 5, 8} {
				lds := n + r.IntN(3)
				src := random(r, max(0, rows-1)*lds+n, n%2 == 1)
				for name, f := range map[string][2]func(dst []uint32, ldd int, src []float32, lds, rows, n int){
					"PackRows":    {PackRows, packRowsGeneric},
					"PackColumns": {PackColumns, packColumnsGeneric},
				} {
					ldd := n + 3
					got, want := make([]uint32, (rows+1)*ldd), make([]uint32, (rows+1)*ldd)
					for i := range got {
						got[i], want[i] = 0xdeadbeef, 0xdeadbeef
					}
					f[0](got, ldd, src, lds, rows, n)
					f[1](want, ldd, src, lds, rows, n)
					for i := range want {
						if !samePair(got[i], want[i]) {
							t.Fatalf("%s n=%d rows=%d: pair %d = %x, want %x", name, n, rows, i, got[i], want[i])
						}
					}
				}
			}
		}
	})
}

// samePair reports whether both halves are the same numbers, or NaN both.
func samePair(x, y uint32) bool { return same(first(x), first(y)) && same(second(x), second(y)) }

// TestGemmPairs compares the product with its definition: for every height and width of tile, strides either way.
func TestGemmPairs(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(22, 22))
		for rows := range 30 {
			for _, lanes := range []int{0, 1, 15, 16, 33, 48, 70, 112, 128} {
				k := r.IntN(90)
				odd := rows%5 == 4
				ars, aks := k, 1
				if rows%2 == 1 {
					ars, aks = 1, rows
				}
				a, b := randomPairs(r, rows*k, odd), randomPairs(r, k*lanes, odd)
				ldd := lanes + r.IntN(3)
				want := random(r, max(0, rows-1)*ldd+lanes, odd)
				got, check := framed(t, want)
				GemmPairs(got, ldd, a, ars, aks, b, lanes, rows, k, lanes, rows%3 == 0)
				if rows > 0 && lanes > 0 {
					gemmPairsGeneric(want, ldd, a, ars, aks, b, lanes, rows, k, lanes, rows%3 == 0)
				}
				compare(t, fmt.Sprintf("GemmPairs %d x %d x %d", rows, k, lanes), got, want, check)
			}
		}
	})
}

// TestPairsAreRounded multiplies numbers that bfloat16 holds, and requires the bits of the product of single ones.
func TestPairsAreRounded(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(23, 23))
		const rows, k, lanes = 7, 51, 40 // odd k: the last pair is half empty
		round := func(s []float32) {
			for i, x := range s {
				s[i] = math.Float32frombits(uint32(bfloat16(x)) << 16)
			}
		}
		a, b := random(r, rows*k, false), random(r, k*lanes, false)
		round(a)
		round(b)
		got, want := make([]float32, rows*lanes), make([]float32, rows*lanes)
		Gemm(want, lanes, a, k, 1, b, lanes, rows, k, lanes, false)
		const half = (k + 1) / 2
		pa, pb := make([]uint32, rows*half), make([]uint32, half*lanes)
		PackRows(pa, half, a, k, rows, k)
		PackColumns(pb, lanes, b, lanes, k, lanes)
		GemmPairs(got, lanes, pa, half, 1, pb, lanes, rows, half, lanes, false)
		compare(t, "GemmPairs", got, want, func() {})
	})
}

func TestBfloat16(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, want float32 }{
		{1, 1}, {1 + 1./256, 1}, {1 + 3./256, 1 + 2./128}, {1 + 1./255, 1 + 1./128}, {-3.14159, -3.140625},
		{math.MaxFloat32, inf}, {inf, inf}, {1e-40, 0}, {0, 0},
	} {
		if got := math.Float32frombits(uint32(bfloat16(c.x)) << 16); got != c.want {
			t.Errorf("bfloat16(%g) = %g, want %g", c.x, got, c.want)
		}
	}
	if x := math.Float32frombits(uint32(bfloat16(float32(math.NaN()))) << 16); x == x {
		t.Errorf("bfloat16(NaN) = %g", x)
	}
	row := []uint32{0, 0}
	SetPair(row, 0, 1)
	SetPair(row, 3, -2)
	SetPair(row, 1, 5)
	if first(row[0]) != 1 || second(row[0]) != 5 || first(row[1]) != 0 || second(row[1]) != -2 {
		t.Errorf("pairs %x", row)
	}
}

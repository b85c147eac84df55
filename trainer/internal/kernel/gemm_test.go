package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// A product is one call of Gemm.
type product struct {
	rows, k, lanes     int
	ldd, ars, aks, ldb int
	add, odd           bool
}

// compare runs the product on the path in use and in plain Go and wants the same bits, and nothing else touched.
func (p product) compare(t *testing.T, r *rand.Rand) {
	t.Helper()
	size := func(n, ld, m int) int {
		if n == 0 || m == 0 {
			return 0
		}
		return (n-1)*ld + m
	}
	a := random(r, size(p.rows, p.ars, 1)+max(0, p.k-1)*p.aks, p.odd)
	b := random(r, size(p.k, p.ldb, p.lanes), p.odd)
	want := random(r, size(p.rows, p.ldd, p.lanes), p.odd)
	got, check := framed(t, want)
	if p.rows > 0 && p.lanes > 0 {
		gemmGeneric(want, p.ldd, a, p.ars, p.aks, b, p.ldb, p.rows, p.k, p.lanes, p.add)
	}
	Gemm(got, p.ldd, a, p.ars, p.aks, b, p.ldb, p.rows, p.k, p.lanes, p.add)
	check()
	for i := range want {
		if !same(got[i], want[i]) {
			t.Fatalf("%+v: element %d (row %d, lane %d) = %b, want %b", p, i, i/p.ldd, i%p.ldd, got[i], want[i])
		}
	}
}

// TestGemmBits covers every number of rows and of lanes from 0 to 66 with a few lengths of k each, plain and transposed
// a, padded strides, and shapes that are cut into blocks.
func TestGemmBits(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(4, 4))
		for rows := range 67 {
			for lanes := range 67 {
				k := r.IntN(9)
				p := product{rows: rows, k: k, lanes: lanes, ldd: lanes + r.IntN(3), ars: k + r.IntN(3), aks: 1,
					ldb: lanes + r.IntN(3), add: r.IntN(2) == 0, odd: r.IntN(4) == 0}
				if r.IntN(2) == 0 {
					p.ars, p.aks = 1, rows+r.IntN(3)
				}
				p.ldd = max(p.ldd, 1)
				p.compare(t, r)
			}
		}
		for k := range 67 {
			for _, lanes := range []int{1, 15, 16, 17, 47, 64, 66} {
				p := product{rows: 1 + r.IntN(66), k: k, lanes: lanes, ldd: lanes, ars: k + 1, aks: 1, ldb: lanes, odd: k%4 == 0}
				p.compare(t, r)
			}
		}
		for _, p := range []product{
			{rows: 64, k: 201, lanes: 128, ldd: 128, ars: 208, aks: 1, ldb: 128},
			{rows: 7, k: 700, lanes: 96, ldd: 96, ars: 1, aks: 7, ldb: 100, add: true},
			{rows: 13, k: 1100, lanes: 20, ldd: 32, ars: 1100, aks: 1, ldb: 32, odd: true},
			{rows: 3, k: 40, lanes: 240, ldd: 240, ars: 2, aks: 3, ldb: 0, add: true}, // b is one row, again and again
			{rows: 5, k: 9, lanes: 33, ldd: 33, ars: 0, aks: 0, ldb: 33},
			{rows: 2, k: 1 << 13, lanes: 8, ldd: 8, ars: 1 << 13, aks: 1, ldb: 8},
			{rows: 3000, k: 130, lanes: 16, ldd: 16, ars: 130, aks: 1, ldb: 16}, // more than one call
		} {
			p.compare(t, r)
		}
	})
}

// TestGemmAdd splits a product over k at every place.
func TestGemmAdd(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 5))
		const rows, k, lanes = 9, 40, 50
		a, b := random(r, rows*k, false), random(r, k*lanes, false)
		want, got := make([]float32, rows*lanes), make([]float32, rows*lanes)
		Gemm(want, lanes, a, k, 1, b, lanes, rows, k, lanes, false)
		for cut := range k + 1 {
			Gemm(got, lanes, a, k, 1, b, lanes, rows, cut, lanes, false)
			Gemm(got, lanes, a[min(cut, k-1):], k, 1, b[min(cut, k-1)*lanes:], lanes, rows, k-cut, lanes, true)
			for i := range want {
				if !same(got[i], want[i]) {
					t.Fatalf("cut at %d: element %d = %b, want %b", cut, i, got[i], want[i])
				}
			}
		}
	})
}

// TestGemmOracle compares with gonum, which sums in another order and rounds more often.
func TestGemmOracle(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(6, 6))
		for _, trans := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			const rows, k, lanes = 45, 101, 70
			a, b := random(r, rows*k, false), random(r, k*lanes, false)
			got, want := make([]float32, rows*lanes), make([]float32, rows*lanes)
			ga := blas32.General{Rows: rows, Cols: k, Stride: k, Data: a}
			ars, aks := k, 1
			if trans == blas.Trans {
				ga = blas32.General{Rows: k, Cols: rows, Stride: rows, Data: a}
				ars, aks = 1, rows
			}
			blas32.Gemm(trans, blas.NoTrans, 1, ga, blas32.General{Rows: k, Cols: lanes, Stride: lanes, Data: b}, 0,
				blas32.General{Rows: rows, Cols: lanes, Stride: lanes, Data: want})
			Gemm(got, lanes, a, ars, aks, b, lanes, rows, k, lanes, false)
			for i := range want {
				if d := math.Abs(float64(got[i] - want[i])); d > 2e-5 { // sums of 101 products of size 1: about 10
					t.Fatalf("element %d = %g, gonum %g", i, got[i], want[i])
				}
			}
		}
	})
}

// TestGemmShapes wants a panic where a slice does not hold its shape.
func TestGemmShapes(t *testing.T) {
	s := func(n int) []float32 { return make([]float32, n) }
	for name, f := range map[string]func(){
		"dst short":     func() { Gemm(s(5), 3, s(4), 2, 1, s(6), 3, 2, 2, 3, false) },
		"a short":       func() { Gemm(s(6), 3, s(3), 2, 1, s(6), 3, 2, 2, 3, false) },
		"b short":       func() { Gemm(s(6), 3, s(4), 2, 1, s(5), 3, 2, 2, 3, false) },
		"rows overlap":  func() { Gemm(s(6), 2, s(4), 2, 1, s(6), 3, 2, 2, 3, false) },
		"negative size": func() { Gemm(s(6), 3, s(4), 2, 1, s(6), 3, 2, -1, 3, false) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

// FuzzGemm tries shapes and strides.
func FuzzGemm(f *testing.F) {
	f.Add(uint8(64), uint16(101), uint8(128), uint8(0), uint8(11), uint8(0), true, false, uint64(1))
	f.Add(uint8(27), uint16(32), uint8(27), uint8(5), uint8(0), uint8(1), false, true, uint64(2))
	f.Add(uint8(1), uint16(1), uint8(1), uint8(0), uint8(0), uint8(0), false, false, uint64(3))
	f.Fuzz(func(t *testing.T, rows uint8, k uint16, lanes, padD, padA, padB uint8, add, trans bool, seed uint64) {
		p := product{rows: int(rows), k: int(k % 600), lanes: int(lanes), add: add, odd: seed%2 == 0}
		p.ldd, p.ldb = max(1, p.lanes+int(padD)), p.lanes+int(padB)
		p.ars, p.aks = p.k+int(padA), 1
		if trans {
			p.ars, p.aks = 1, p.rows+int(padA)
		}
		old := active
		defer func() { active = old }()
		for i := range pathNames {
			if supported(path(i)) {
				active = path(i)
				p.compare(t, rand.New(rand.NewPCG(seed, 0)))
			}
		}
	})
}

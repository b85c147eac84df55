package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// benchPaths runs a benchmark on every path of this machine.
func benchPaths(b *testing.B, f func(b *testing.B)) {
	old := active
	defer func() { active = old }()
	for p := range pathNames {
		if supported(path(p)) {
			b.Run("path="+pathNames[p], func(b *testing.B) {
				active = path(p)
				f(b)
			})
		}
	}
}

func filled(n int) []float32 {
	s := Make(n)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range s {
		s[i] = float32(r.NormFloat64())
	}
	return s
}

// BenchmarkGemm has the shapes of the trainer: words with 50, 100 and 200 hidden neurons (rows of U padded to hp), and
// characters with 200.
func BenchmarkGemm(b *testing.B) {
	type shape struct {
		use                string
		rows, k, lanes     int
		ldd, ars, aks, ldb int
		add                bool
	}
	var shapes []shape
	for _, h := range []int{50, 100, 200} {
		hp := (h + 16) / 16 * 16
		shapes = append(shapes,
			shape{fmt.Sprintf("Z/h=%d", h), 96, h + 1, 128, 128, hp, 1, 128, false},
			shape{fmt.Sprintf("dA/h=%d", h), h, 96, 128, 128, 1, hp, 128, true},
			shape{fmt.Sprintf("dU/h=%d", h), 96, 128, hp, hp, 128, 1, hp, false})
	}
	shapes = append(shapes,
		shape{"hidden/h=200", 200, 91, 128, 128, 96, 1, 128, false},
		shape{"Z64/h=100", 64, 101, 64, 64, 112, 1, 64, false},
		shape{"dAsampled/h=100", 100, 640, 128, 128, 1, 112, 128, false},
		shape{"dUsampled/h=100", 640, 128, 112, 112, 128, 1, 112, false},
		shape{"charsHidden/h=200", 200, 31, 32, 32, 32, 1, 32, false},
		shape{"charsZ/h=200", 27, 201, 32, 32, 1, 32, 32, false},
		shape{"charsdA/h=200", 200, 27, 32, 32, 32, 1, 32, false},
		shape{"charsdX/h=200", 30, 200, 32, 32, 1, 32, 32, false},
		shape{"charsdU/h=200", 201, 32, 32, 32, 32, 1, 32, false},
		shape{"charsdW/h=200", 200, 32, 32, 32, 32, 1, 32, false})
	for _, s := range shapes {
		b.Run("use="+s.use, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				dst := filled((s.rows-1)*s.ldd + s.lanes)
				x := filled((s.rows-1)*s.ars + (s.k-1)*s.aks + 1)
				y := filled((s.k-1)*s.ldb + s.lanes)
				for b.Loop() {
					Gemm(dst, s.ldd, x, s.ars, s.aks, y, s.ldb, s.rows, s.k, s.lanes, s.add)
				}
				reportFlops(b, 2*float64(s.rows)*float64(s.k)*float64(s.lanes))
			})
		})
	}
}

// reportElements adds the nanoseconds of one element.
func reportElements(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/element")
}

func BenchmarkRows(b *testing.B) {
	const rows, lanes = 96, 128
	z, shift, sum, ones := filled(rows*lanes), Make(lanes), Make(lanes), Make(lanes)
	for i := range ones {
		ones[i] = 1
	}
	fresh, zeros := filled(rows*lanes), Make(rows*lanes)
	for _, f := range []struct {
		name string
		run  func()
	}{
		{"ExpRows", func() { ExpRows(z, lanes, rows, lanes, shift, nil, sum) }},
		{"ExpRowsWeighted", func() { ExpRows(z, lanes, rows, lanes, shift, fresh, sum) }},
		{"MaxRows", func() { MaxRows(fresh, lanes, rows, lanes, sum) }},
		{"ScaleLanes", func() { ScaleLanes(fresh, lanes, rows, lanes, ones) }},
		{"Transpose", func() { Transpose(z, rows, fresh, lanes, rows, lanes, nil) }},
		{"Tanh", func() { Tanh(z) }},
		{"TanhGrad", func() { TanhGrad(z, zeros, lanes, rows, lanes, ones) }}, // by 1, else z would shrink to subnormal numbers
		{"SGD", func() { SGD(z, fresh, 1e-9, 0) }},
		{"Dot", func() { sum[0] = Dot(z, fresh) }},
	} {
		b.Run("f="+f.name, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				for i := range z {
					z[i] = fresh[i]
				}
				clear(sum)
				for b.Loop() {
					f.run()
				}
				reportElements(b, rows*lanes)
			})
		})
	}
}

func BenchmarkAdam(b *testing.B) {
	for _, n := range []int{6_000, 1_000_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				w, m, v, g := filled(n), Make(n), Make(n), filled(n)
				for b.Loop() {
					Adam(w, m, v, g, 1e-3, 0.9, 0.999, 1e-8, 1, 1, 0)
				}
				reportElements(b, n)
			})
		})
	}
}

func BenchmarkLog(b *testing.B) {
	x := 3.7
	for b.Loop() {
		x = 3 + Log(x)*1e-3
	}
}

// BenchmarkGemmPairs has the output layer's shapes for words with 100 hidden neurons; %peak is of single numbers.
func BenchmarkGemmPairs(b *testing.B) {
	for _, s := range []struct {
		use                string
		rows, k, lanes     int
		ldd, ars, aks, ldb int
	}{
		{"Z", 64, 51, 128, 144, 56, 1, 144},
		{"dA", 100, 32, 128, 144, 1, 112, 144},
		{"dU", 64, 64, 112, 112, 72, 1, 112},
	} {
		b.Run("use="+s.use, func(b *testing.B) {
			benchPaths(b, func(b *testing.B) {
				dst := filled((s.rows-1)*s.ldd + s.lanes)
				x := make([]uint32, (s.rows-1)*s.ars+(s.k-1)*s.aks+1)
				y := make([]uint32, (s.k-1)*s.ldb+s.lanes)
				for b.Loop() {
					GemmPairs(dst, s.ldd, x, s.ars, s.aks, y, s.ldb, s.rows, s.k, s.lanes, false)
				}
				reportFlops(b, 4*float64(s.rows)*float64(s.k)*float64(s.lanes))
			})
		})
	}
}

package vectors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// symmetric returns a random symmetric matrix of a rank.
func symmetric(n, rank int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	a := make([]float64, n*n)
	for r := range rank {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64() * math.Pow(0.97, float64(r))
		}
		sign := 1.0
		if r%3 == 2 {
			sign = -1
		}
		for i := range n {
			for j := range n {
				a[i*n+j] += sign * x[i] * x[j]
			}
		}
	}
	return a
}

func TestEigen(t *testing.T) {
	for _, c := range []struct{ n, rank int }{{1, 1}, {2, 2}, {3, 3}, {5, 2}, {8, 0}, {30, 30}, {64, 10}, {300, 300}} {
		t.Run(fmt.Sprintf("n=%d,rank=%d", c.n, c.rank), func(t *testing.T) {
			a := symmetric(c.n, c.rank, uint64(c.n))
			checkEigen(t, a, c.n)
		})
	}
	t.Run("diagonal", func(t *testing.T) { checkEigen(t, []float64{3, 0, 0, 0, -1, 0, 0, 0, 7}, 3) })
	t.Run("equal", func(t *testing.T) { checkEigen(t, []float64{2, 1, 1, 1, 2, 1, 1, 1, 2}, 3) })
	t.Run("tiny", func(t *testing.T) { checkEigen(t, []float64{2e-300, 1e-300, 1e-300, 2e-300}, 2) })
}

// checkEigen holds the solver against gonum's values, and the vectors against their definition.
func checkEigen(t *testing.T, a []float64, n int) {
	t.Helper()
	values, vectors, ok := eigen(append([]float64(nil), a...), n)
	if !ok {
		t.Fatal("the iteration did not end")
	}
	var want mat.EigenSym
	if !want.Factorize(mat.NewSymDense(n, append([]float64(nil), a...)), true) {
		t.Fatal("gonum found nothing")
	}
	scale := 0.0
	for _, v := range want.Values(nil) {
		scale = max(scale, math.Abs(v))
	}
	near := func(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(scale, 1e-300) }
	for i, v := range want.Values(nil) {
		if got := values[n-1-i]; !near(got, v) {
			t.Errorf("value %d is %g, gonum has %g", n-1-i, got, v)
		}
	}
	for i := range n {
		v := vectors[i*n:][:n]
		largest := 0
		for j := range n {
			if math.Abs(v[j]) > math.Abs(v[largest]) {
				largest = j
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if got := dot(v, vectors[j*n:][:n]); math.Abs(got-want) > 1e-9 {
				t.Fatalf("vectors %d and %d have product %g", i, j, got)
			}
			if got := dot(a[j*n:][:n], v); !near(got, values[i]*v[j]) {
				t.Fatalf("vector %d: a v is %g, value times v %g", i, got, values[i]*v[j])
			}
		}
		if v[largest] <= 0 {
			t.Errorf("vector %d: its largest number is %g", i, v[largest])
		}
	}
	// Where a value stands apart, the vector is gonum's up to its sign.
	var theirs mat.Dense
	want.VectorsTo(&theirs)
	for i := range n {
		apart := math.Inf(1)
		for j := range n {
			if j != i {
				apart = min(apart, math.Abs(values[i]-values[j]))
			}
		}
		if apart < 1e-4*scale || scale < 1e-200 {
			continue
		}
		dot := 0.0
		for j := range n {
			dot += vectors[i*n+j] * theirs.At(j, n-1-i)
		}
		if math.Abs(math.Abs(dot)-1) > 1e-9 {
			t.Errorf("vector %d has product %g with gonum's", i, dot)
		}
	}
}

func BenchmarkEigen(b *testing.B) {
	for _, n := range []int{50, 300, 768} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			a := symmetric(n, n, 1)
			for b.Loop() {
				eigen(append([]float64(nil), a...), n)
			}
		})
	}
}

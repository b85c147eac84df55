package vectors

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// plane returns n vectors of dim numbers that lie near a plane away from the origin.
func plane(n, dim int) []float32 {
	rng := rand.New(rand.NewPCG(8, 9))
	a, b := make([]float64, dim), make([]float64, dim)
	for k := range dim {
		a[k], b[k] = rng.NormFloat64(), rng.NormFloat64()
	}
	var rows []float32
	for range n {
		x, y := 3*rng.NormFloat64(), rng.NormFloat64()
		for k := range dim {
			rows = append(rows, float32(5+x*a[k]+y*b[k]+0.01*rng.NormFloat64()))
		}
	}
	return rows
}

// put returns all vectors of a projection at a spread.
func put(p *Projection, n int, spread float64) []float32 {
	out := make([]float32, n*p.Width)
	for i := range n {
		p.Put(out[i*p.Width:], i, spread)
	}
	return out
}

func TestProject(t *testing.T) {
	const n, dim = 40, 7
	rows := plane(n, dim)
	for _, width := range []int{1, 2, 5, 7, 12} {
		p, err := Project(rows, dim, width)
		if err != nil {
			t.Fatal(err)
		}
		if p.Width != min(width, dim) {
			t.Errorf("%d of %d numbers asked for: %d", width, dim, p.Width)
		}
		out := put(p, n, 0.3)
		sum, squares := 0.0, 0.0
		for _, x := range out {
			sum += float64(x)
			squares += float64(x) * float64(x)
		}
		if sd := math.Sqrt(squares / float64(len(out))); math.Abs(sd-0.3) > 1e-6 || math.Abs(sum) > 1e-4 {
			t.Errorf("width %d: standard deviation %g about %g, want 0.3 about 0", width, sd, sum/float64(len(out)))
		}
	}
	// Two components of a plane keep all distances, up to the scale.
	p, err := Project(rows, dim, 2)
	if err != nil || p.Share < 0.999 {
		t.Fatalf("share %g, %v", p.Share, err)
	}
	out := put(p, n, 1)
	distance := func(rows []float32, dim, i, j int) float64 {
		sum := 0.0
		for k := range dim {
			d := float64(rows[i*dim+k]) - float64(rows[j*dim+k])
			sum += d * d
		}
		return math.Sqrt(sum)
	}
	scale := distance(out, 2, 0, 1) / distance(rows, dim, 0, 1)
	for i := range n {
		for j := range i {
			if a, b := distance(out, 2, i, j), scale*distance(rows, dim, i, j); math.Abs(a-b) > 0.02*b+0.02*scale {
				t.Fatalf("distance of %d and %d is %g, want %g", i, j, a, b)
			}
		}
	}
}

// TestComponents holds the projection against gonum's principal components.
func TestComponents(t *testing.T) {
	const n, dim, width = 60, 9, 4
	rng := rand.New(rand.NewPCG(2, 3))
	rows := make([]float32, n*dim)
	for i := range rows {
		rows[i] = float32(rng.NormFloat64() * float64(1+i%dim))
	}
	p, err := Project(rows, dim, width)
	if err != nil {
		t.Fatal(err)
	}
	wide := make([]float64, len(rows))
	for i, x := range rows {
		wide[i] = float64(x)
	}
	var pc stat.PC
	if !pc.PrincipalComponents(mat.NewDense(n, dim, wide), nil) {
		t.Fatal("gonum found nothing")
	}
	var axes mat.Dense
	pc.VectorsTo(&axes)
	centre := centred(rows, n, dim)
	for k := range width {
		sign := 0.0
		for i := range n {
			want := 0.0
			for j := range dim {
				want += centre[i*dim+j] * axes.At(j, k)
			}
			got := p.values[i*p.Width+k]
			if sign == 0 {
				sign = math.Copysign(1, got*want)
			}
			if math.Abs(got-sign*want) > 1e-9*10 {
				t.Fatalf("vector %d, component %d: %g, gonum has %g", i, k, got, sign*want)
			}
		}
	}
}

// TestRank leaves out components that are only rounding errors: few vectors span few dimensions.
func TestRank(t *testing.T) {
	p, err := Project(plane(4, 20)[:4*20], 20, 10)
	if err != nil || p.Width != 3 {
		t.Errorf("four vectors: %d components, %v; want 3", p.Width, err)
	}
	for _, rows := range [][]float32{{1, 2, 3, 1, 2, 3}, {1, 2, 3}} {
		for _, width := range []int{2, 5} {
			if _, err := Project(rows, 3, width); !errors.Is(err, ErrEqual) {
				t.Errorf("%v to %d: %v, want ErrEqual", rows, width, err)
			}
		}
	}
}

// TestProjectBits requires the very bits, which must be the same on every machine.
func TestProjectBits(t *testing.T) {
	const want = "da1b0fc33353243c"
	rng := rand.New(rand.NewPCG(4, 5))
	rows := make([]float32, 50*40) // no sums of products, which this test itself could get different
	for i := range rows {
		rows[i] = float32(rng.IntN(2001)-1000) / 256
	}
	p, err := Project(rows, 40, 12)
	if err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	for _, x := range put(p, 50, 0.3) {
		fmt.Fprintf(h, "%08x", math.Float32bits(x))
	}
	if got := fmt.Sprintf("%x", h.Sum64()); got != want {
		t.Errorf("bits %s, want %s", got, want)
	}
}

package sampler

import (
	"math"
	"slices"
	"testing"
)

// TestSobolNumbers holds the sequence before scrambling against SciPy's (scipy.stats.qmc.Sobol, scramble=False).
func TestSobolNumbers(t *testing.T) {
	for _, c := range []struct {
		n    uint32
		from int
		want []float64
	}{
		{1, 0, []float64{0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
		{5, 0, []float64{0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375}},
		{12, 0, []float64{0.3125, 0.1875, 0.3125, 0.5625, 0.9375, 0.4375, 0.0625, 0.0625}},
		{100, 63, []float64{0.6484375}},
		{77, 40, []float64{0.8203125}},
	} {
		var got []float64
		for d := range c.want {
			got = append(got, unscrambled(c.from+d).point(c.n))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("point %d from dimension %d: %v, want %v", c.n, c.from, got, c.want)
		}
	}
}

// TestSobolFillsEvenly has each of 64 slices of a dimension hold one of 64 points, and each of 8 x 8 cells of the first two
// dimensions, scrambled as they are.
func TestSobolFillsEvenly(t *testing.T) {
	s := Space{Dims: make([]Dimension, 70)}
	for seed := range uint64(3) {
		q := NewSobol(s, seed)
		for d := range sobolDims {
			var slice [64]int
			for n := range 64 {
				slice[int(q.point(n)[d]*64)]++
			}
			if slice != [64]int(slices.Repeat([]int{1}, 64)) {
				t.Fatalf("seed %d, dimension %d: %v", seed, d, slice)
			}
		}
		var cell [64]int
		for n := range 64 {
			p := q.point(n)
			cell[int(p[0]*8)*8+int(p[1]*8)]++
		}
		if cell != [64]int(slices.Repeat([]int{1}, 64)) {
			t.Errorf("seed %d: cells %v", seed, cell)
		}
	}
	if a, b := NewSobol(s, 1).point(5), NewSobol(s, 2).point(5); a[0] == b[0] || a[69] == b[69] {
		t.Error("another seed gives the same point")
	}
}

// TestSobolUnderConstraints: where one point in twenty is admitted, all are those of the sequence in its order, however many
// are asked for, and a sampler that is shown a history goes on as the one that made it.
func TestSobolUnderConstraints(t *testing.T) {
	space := Space{Dims: []Dimension{{}, {}, {Levels: 4}}}
	space.Clear = func(p Point) {
		if p[0] < 0.5 {
			p[2] = Absent
		}
	}
	admit := func(p Point) bool { return math.Mod(p[0]*7+p[1]*3, 1) < 0.05 }
	q, h, n := NewSobol(space, 1), &History{}, 0
	for h.Len() < 400 {
		for !admit(q.point(n)) {
			n++
		}
		asked := q
		if h.Len()%100 == 50 { // as in a later session
			asked = NewSobol(space, 1)
		}
		p, ok := asked.Ask(h, admit)
		if !ok || !p.same(q.point(n)) {
			t.Fatalf("point %d is %v, want number %d of the sequence, %v", h.Len(), p, n, q.point(n))
		}
		if again, _ := asked.Ask(h, admit); !again.same(p) {
			t.Fatalf("asked again, point %d is %v, not %v", h.Len(), again, p)
		}
		h.Add(p)
		n++
	}
	if n < 10*h.Len() {
		t.Errorf("%d of %d points were admitted", h.Len(), n)
	}
	if p, _ := q.Ask(&History{}, anyPoint); !p.same(q.point(0)) {
		t.Errorf("another history begins with %v", p)
	}
}

// TestSobolGoesOnAfterAGap: where all that are looked at are refused, a point comes from elsewhere, and the sequence goes on
// behind them.
func TestSobolGoesOnAfterAGap(t *testing.T) {
	q, h := NewSobol(Space{Dims: make([]Dimension, 2)}, 1), &History{}
	p, ok := q.Ask(h, func(p Point) bool {
		for n := range tries {
			if p.same(q.point(n)) {
				return false
			}
		}
		return true
	})
	h.Add(p)
	if next, _ := q.Ask(h, anyPoint); !ok || !next.same(q.point(tries)) {
		t.Errorf("after a gap comes %v, want %v", next, q.point(tries))
	}
}

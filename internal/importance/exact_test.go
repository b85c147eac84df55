package importance

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type design struct {
	factors []Factor
	cells   []Cell
}

// cellsOf makes a complete grid of a function of the levels, with as many replicates as it returns.
func cellsOf(levels []int, f func(l []int) []float64) (d design) {
	n := 1
	for i, l := range levels {
		d.factors = append(d.factors, Factor{string(rune('a' + i)), l})
		n *= l
	}
	for c := range n {
		l := make([]int, len(levels))
		for i := len(levels) - 1; i >= 0; i-- {
			l[i] = c % levels[i]
			c /= levels[i]
		}
		d.cells = append(d.cells, Cell{l, f(l)})
	}
	return d
}

// single makes a grid with one replicate a cell.
func single(levels []int, f func(l []int) float64) design {
	return cellsOf(levels, func(l []int) []float64 { return []float64{f(l)} })
}

// parts returns all shares of a result, the higher interactions last.
func parts(r Result) (values []float64) {
	for _, s := range shares(r) {
		values = append(values, s.Value)
	}
	return values
}

func shares(r Result) (all []Share) {
	all = append(append(all, r.Main...), r.Pairs...)
	if r.Method == ByExact {
		all = append(all, r.Higher)
	}
	return all
}

// check fails the test unless every share is a number from 0 to 1 within its interval, and all add up to 1, or to 0 if
// the result is flat.
func check(t *testing.T, r Result) {
	t.Helper()
	total := 0.0
	for _, s := range shares(r) {
		total += s.Value
		if !(s.Value >= 0 && s.Value <= 1) {
			t.Errorf("share of %v is %v", s.Of, s.Value)
		}
		if iv := s.Interval; iv != nil && !(0 <= iv.Low && iv.Low <= s.Value && s.Value <= iv.High && iv.High <= 1) {
			t.Errorf("share of %v is %v in %v", s.Of, s.Value, *iv)
		}
	}
	want := 1.0
	if r.Flat {
		want = 0
	}
	if math.Abs(total-want) > 1e-12 {
		t.Errorf("shares add up to %v, want %v", total, want)
	}
	if !(r.Noise >= 0 && r.Noise <= 1) {
		t.Errorf("noise %v", r.Noise)
	}
}

func exact(t *testing.T, d design) Result {
	t.Helper()
	r, err := Exact(d.factors, d.cells, 1)
	if err != nil {
		t.Fatal(err)
	}
	check(t, r)
	return r
}

func near(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("%v, want %v", got, want)
			return
		}
	}
}

func TestExactByHand(t *testing.T) {
	sign := func(l int) float64 { return float64(2*l - 1) }
	for _, c := range []struct {
		name   string
		levels []int
		f      func(l []int) float64
		want   []float64 // main, pairs, higher
	}{
		// Means of rows 1.5 and 5.5, of columns 2 and 5, grand 3.5: effects of 2, 1.5 and 1 squared.
		{"1 2 / 3 8", []int{2, 2}, func(l []int) float64 { return [][]float64{{1, 2}, {3, 8}}[l[0]][l[1]] },
			[]float64{16. / 29, 9. / 29, 4. / 29, 0}},
		// (4 + 1 + 9)/3 around a mean of 2, and 2 squared.
		{"additive", []int{3, 2}, func(l []int) float64 { return []float64{0, 1, 5}[l[0]] + 4*float64(l[1]) },
			[]float64{14. / 26, 12. / 26, 0, 0}},
		// With levels of -1 and 1 the products are orthogonal: their coefficients squared.
		{"three", []int{2, 2, 2}, func(l []int) float64 {
			a, b, c := sign(l[0]), sign(l[1]), sign(l[2])
			return 7 + 3*a + 2*b + a*b + 2*a*b*c
		}, []float64{9. / 18, 4. / 18, 0, 1. / 18, 0, 0, 4. / 18}},
		{"one factor", []int{3}, func(l []int) float64 { return float64(l[0]) }, []float64{1, 0}},
		{"one level", []int{1, 3}, func(l []int) float64 { return float64(l[1]) }, []float64{0, 1, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			near(t, parts(exact(t, single(c.levels, c.f))), c.want, 1e-14)
		})
	}
}

// brute is the variance of each subset of factors (a bit each), by the definition: the part of a subset is the mean over
// all other factors, less the parts of its own subsets.
func brute(levels []int, cells []Cell) []float64 {
	same := func(a, b Cell, subset int) bool {
		for i := range levels {
			if subset>>i&1 == 1 && a.Levels[i] != b.Levels[i] {
				return false
			}
		}
		return true
	}
	part := make([][]float64, 1<<len(levels)) // subset x cell
	variance := make([]float64, len(part))
	for s := range part {
		part[s] = make([]float64, len(cells))
		for c, at := range cells {
			n := 0.0
			for _, other := range cells {
				if same(at, other, s) {
					part[s][c] += other.Replicates[0]
					n++
				}
			}
			part[s][c] /= n
			for below := range s {
				if below&s == below {
					part[s][c] -= part[below][c]
				}
			}
			variance[s] += part[s][c] * part[s][c] / float64(len(cells))
		}
	}
	return variance
}

func TestExactAsByDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, levels := range [][]int{{5}, {2, 3}, {4, 1, 3}, {2, 3, 4}, {3, 2, 2, 4}} {
		d := cellsOf(levels, func(l []int) []float64 {
			return []float64{10 + float64(l[0]) + rng.NormFloat64()}
		})
		variance := brute(levels, d.cells)
		total := sum(variance[1:])
		var want []float64
		higher := 1.0
		for i := range levels {
			want = append(want, variance[1<<i]/total)
		}
		for i := range levels {
			for j := i + 1; j < len(levels); j++ {
				want = append(want, variance[1<<i|1<<j]/total)
			}
		}
		higher -= sum(want)
		got := parts(exact(t, d))
		near(t, got, append(want, higher), 1e-12)
		for i, l := range levels {
			if l == 1 && got[i] != 0 {
				t.Errorf("a factor of one level has share %v", got[i])
			}
		}
	}
}

func TestExactOfExtremes(t *testing.T) {
	for _, unit := range []float64{1e-300, 1, 1e307} {
		r := exact(t, single([]int{2, 2}, func(l []int) float64 { return unit * float64(1+2*l[0]+l[1]) }))
		near(t, parts(r), []float64{0.8, 0.2, 0, 0}, 1e-12)
	}
	r := exact(t, single([]int{2, 2}, func(l []int) float64 { return math.MaxFloat64 * float64(2*l[0]-1) }))
	near(t, parts(r), []float64{1, 0, 0, 0}, 1e-12)
}

func TestExactWithoutDifferences(t *testing.T) {
	for _, levels := range [][]int{{}, {1}, {1, 1}, {3, 2}, {7, 7}} {
		for _, v := range []float64{0, 0.1, -3} {
			r := exact(t, cellsOf(levels, func([]int) []float64 { return []float64{v, v} }))
			if !r.Flat || r.Noise != 0 {
				t.Errorf("levels %v, all %v: %+v", levels, v, r)
			}
		}
	}
}

func TestExactInAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	d := cellsOf([]int{3, 2, 2}, func([]int) []float64 {
		return []float64{rng.Float64(), rng.Float64(), rng.Float64()}
	})
	want := exact(t, d)
	rng.Shuffle(len(d.cells), func(i, j int) { d.cells[i], d.cells[j] = d.cells[j], d.cells[i] })
	if diff := cmp.Diff(want, exact(t, d)); diff != "" {
		t.Error(diff)
	}
	other, err := Exact(d.factors, d.cells, 2)
	if err != nil || cmp.Equal(want, other) {
		t.Errorf("another seed gives the same intervals: %v", err)
	}
}

func TestExactNames(t *testing.T) {
	r := exact(t, single([]int{2, 2, 2}, func(l []int) float64 { return float64(l[0]) }))
	var got []string
	for _, s := range shares(r) {
		got = append(got, strings.Join(s.Of, " "))
		if s.Interval != nil {
			t.Errorf("%v has an interval without replicates", s.Of)
		}
	}
	if d := cmp.Diff(strings.Split("a,b,c,a b,a c,b c,", ","), got); d != "" {
		t.Error(d)
	}
}

func TestExactRefuses(t *testing.T) {
	good := single([]int{2, 2}, func(l []int) float64 { return float64(l[0]) })
	for _, c := range []struct {
		want  string
		spoil func(cells []Cell) []Cell
	}{
		{"3 cells do not make a complete grid", func(c []Cell) []Cell { return c[:3] }},
		{"1 cells do not", func(c []Cell) []Cell { return c[:1] }},
		{"levels [0 0] occur twice", func(c []Cell) []Cell { c[1].Levels = c[0].Levels; return c }},
		{"cell 3: factor b has no level 2", func(c []Cell) []Cell { c[3].Levels = []int{0, 2}; return c }},
		{"1 levels for 2 factors", func(c []Cell) []Cell { c[3].Levels = []int{0}; return c }},
		{"cell 0: no value", func(c []Cell) []Cell { c[0].Replicates = nil; return c }},
		{"cell 2: value NaN", func(c []Cell) []Cell { c[2].Replicates = []float64{1, math.NaN()}; return c }},
		{"cell 2: value -Inf", func(c []Cell) []Cell { c[2].Replicates = []float64{math.Inf(-1)}; return c }},
	} {
		_, err := Exact(good.factors, c.spoil(slices.Clone(good.cells)), 1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if _, err := Exact([]Factor{{"a", 0}}, nil, 1); err == nil {
		t.Error("a factor without levels is accepted")
	}
}

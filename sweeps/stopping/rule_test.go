package stopping

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// board makes one of curves; each run has the first of its numbers as a curve of its own.
func board(curves ...[]float64) *Board {
	b := &Board{}
	for _, c := range curves {
		b.Log(b.Add(), c...)
	}
	return b
}

func TestLadder(t *testing.T) {
	for _, c := range []struct {
		minIter, maxIter, s int
		eta                 float64
		last                int
		want                []int
	}{
		{1, 0, 0, 3, 30, []int{1, 3, 9, 27}},
		{3, 0, 0, 3, 27, []int{3, 9}}, // the end is no rung
		{1, 9, 0, 3, 0, []int{1, 3}},
		{0, 27, 2, 3, 0, []int{3, 9}},
		{0, 27, 9, 3, 0, []int{1, 3, 9}},
		{0, 5, 2, 2, 0, []int{1, 2}},
		{1, 0, 0, 1.2, 6, []int{1, 2, 3, 4, 5}}, // those that round to one number are one
		{0, 2, 1, 3, 0, nil},
	} {
		if got := Ladder(c.minIter, c.maxIter, c.s, c.eta, c.last); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestBandsAreThoseOfWandB: W&B's own example of its rule (min_iter absent, max_iter 5, eta 2, s 2: bands 1 and 2), with
// runs a and e ended and b, c, d running. It stops b, which is worse than 8 at band 1, and c, worse than 7 at band 2.
func TestBandsAreThoseOfWandB(t *testing.T) {
	r := NewBands(0, 5, 2, 2, true)
	b := board([]float64{10, 9}, []float64{10, 10}, []float64{10, 8, 8}, []float64{10, 7, 7}, []float64{10, 6, 6})
	for run, want := range []Verdict{Stop, Stop, Stop, Go, Go} {
		if run == 0 {
			continue // ended
		}
		if got := r.Decide(b, run, b.Logged(run)); got != want {
			t.Errorf("run %d: %v, want %v", run, got, want)
		}
	}
}

func TestBandsLaterOnTheThresholdTightens(t *testing.T) {
	r := NewBands(1, 0, 0, 3, true)
	b := board([]float64{5, 5})
	if r.Next(b, 0, 0) != 2 || r.Next(b, 0, 2) != 3 {
		t.Error("a run is judged whenever it logs, from its first band on")
	}
	if r.Decide(b, 0, 2) != Go {
		t.Error("the only run is the best")
	}
	for range 3 {
		b.Log(b.Add(), 4, 4)
	}
	b.Log(0, 1) // better now, but strict looks at the band
	if r.Decide(b, 0, 3) != Stop {
		t.Error("three others were better at the band")
	}
	if NewBands(1, 0, 0, 3, false).Decide(b, 0, 3) != Go {
		t.Error("not strict: the best value so far counts")
	}
}

func TestMedian(t *testing.T) {
	r := Median{From: 2, Enough: 2}
	b := board([]float64{4, 2, 1}, []float64{6, 4, 2}, []float64{9, 8}, []float64{9, 4})
	if r.Decide(b, 2, 2) != Go {
		t.Error("no run has ended yet")
	}
	b.Finish(0)
	b.Finish(1)
	// The means up to the second value are 3 and 5, their median is 4.
	if r.Decide(b, 2, 2) != Stop || r.Decide(b, 3, 2) != Go {
		t.Error("8 is worse than the median 4, and 4 is not")
	}
	b.Log(b.Add(), math.NaN())
	b.Finish(4)
	b.Log(b.Add(), math.NaN())
	b.Finish(5)
	if r.Decide(b, 2, 2) != Stop { // the median of 3, 5 and two that are worse than all
		t.Error("8 is worse than the median, 5")
	}
	if r.Next(b, 2, 0) != 2 || r.Next(b, 2, 2) != 3 {
		t.Error("runs are judged from the second value on, at each")
	}
}

func TestHalvingStops(t *testing.T) {
	r := Halving{Rungs: []int{1, 3}, Eta: 3}
	b := &Board{}
	arrive := func(v float64) Verdict {
		run := b.Add()
		r.Next(b, run, 0)
		b.Log(run, v)
		return r.Decide(b, run, 1)
	}
	for i, c := range []struct {
		v    float64
		want Verdict
	}{{5, Go}, {6, Stop}, {4, Go}, {4.5, Stop}, {4.4, Stop}, {4.3, Go}} { // with six, the best two go on
		if got := arrive(c.v); got != c.want {
			t.Errorf("arrival %d, %v: %v, want %v", i+1, c.v, got, c.want)
		}
	}
}

func TestHalvingPromotes(t *testing.T) {
	r := Halving{Rungs: []int{1, 3}, Eta: 3, Promotes: true}
	b := &Board{}
	for i, v := range []float64{5, 4, 6} {
		if _, _, ok := r.Promote(b, false); ok {
			t.Fatalf("one is promoted of %d", i)
		}
		run := b.Add()
		if r.Next(b, run, 0) != 1 {
			t.Fatal("the first rung is 1")
		}
		b.Log(run, v)
		if r.Decide(b, run, 1) != Hold {
			t.Fatal("runs wait at a rung")
		}
		b.Hold(run)
	}
	run, k, ok := r.Promote(b, false)
	if !ok || run != 1 || k != 1 {
		t.Fatalf("run %d from %d, %v", run, k, ok)
	}
	b.Resume(run)
	if r.Next(b, run, 1) != 3 || r.Next(b, run, 3) != 0 {
		t.Error("after the rung 1 comes 3, after that the end")
	}
	if _, _, ok := r.Promote(b, false); ok {
		t.Error("one of three is enough")
	}
	b.Log(run, 3, 3)
	b.Hold(run)
	if run, k, ok := r.Promote(b, true); !ok || run != 1 || k != 3 {
		t.Errorf("at the end the best of the highest rung goes on: run %d from %d, %v", run, k, ok)
	}
}

// TestBadNumbersPoisonNothing: decisions on others are the same with NaN and with the worst number, and none is better.
func TestBadNumbersPoisonNothing(t *testing.T) {
	for name, r := range map[string]Rule{
		"stops": Halving{Rungs: []int{1, 3, 9}, Eta: 3}, "promotes": Halving{Rungs: []int{1, 3, 9}, Eta: 3, Promotes: true},
		"median": Median{From: 1, Enough: 1}, "brackets": Halving{Rungs: []int{1, 3, 9}, Eta: 3, Promotes: true, Brackets: 3},
	} {
		play := func(bad float64) (out []int) {
			rng := rand.New(rand.NewPCG(1, 1))
			b := &Board{}
			for run := range 40 {
				b.Add()
				k := r.Next(b, run, 0)
				for b.Logged(run) < k {
					v := rng.Float64()
					if run%5 == 0 {
						v = bad
					}
					b.Log(run, v)
				}
				verdict := r.Decide(b, run, k)
				if run%5 != 0 {
					out = append(out, int(verdict))
				}
				switch verdict {
				case Hold:
					b.Hold(run)
				case Stop:
					b.Finish(run)
				}
				if run, _, ok := r.Promote(b, false); ok {
					b.Resume(run)
					out = append(out, 100+run)
					if run%5 == 0 {
						t.Errorf("%s: run %d of bad values is promoted", name, run)
					}
				}
				if run%7 == 6 {
					b.Finish(run)
				}
			}
			return out
		}
		want := play(1e300)
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if got := play(bad); !slices.Equal(got, want) && name != "median" { // to which 1e300 is a number
				t.Errorf("%s with %v: %v, want %v", name, bad, got, want)
			}
		}
	}
}

// TestLadderEnds, whatever the factor: neither the number of bands nor the time that it takes to count them is without bounds.
func TestLadderEnds(t *testing.T) {
	for _, eta := range []float64{1 + 1e-15, 1 + 1e-10, 1.0001, 1.01} {
		for _, l := range [][]int{Ladder(1, 0, 0, eta, 0), Ladder(0, math.MaxInt32, math.MaxInt32, eta, 0)} {
			if len(l) > mostBands || !slices.IsSorted(l) {
				t.Errorf("eta %v: %d bands", eta, len(l))
			}
		}
	}
	if l := Ladder(0, math.MaxInt32, math.MaxInt32, 1.01, 0); len(l) < 1500 || l[0] != 1 {
		t.Errorf("%d bands at an eta of 1.01, the first at %d", len(l), l[0])
	}
}

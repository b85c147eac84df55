package sampler

import (
	"math"
	"testing"
)

// mixed is a space with every kind of dimension.
var mixed = Space{Dims: []Dimension{{}, {Levels: 5, Ordered: true}, {Levels: 3}, {Levels: 200, Ordered: true}}}

func samplers(s Space, seed uint64) map[string]Sampler {
	return map[string]Sampler{
		"random": Random{s, seed}, "sobol": NewSobol(s, seed), "tpe": TPE{s, seed}, "gp": GP{s, seed},
	}
}

// bowl is lowest at 0.7 of each numeric dimension of mixed and at level 1 of the third.
func bowl(p Point) float64 {
	v := 0.0
	for d, x := range p {
		switch dim := mixed.Dims[d]; {
		case math.IsNaN(x):
		case dim.Levels > 0 && !dim.Ordered:
			if x != 1 {
				v += 0.2
			}
		default:
			z := dim.position(x) - 0.7
			v += z * z
		}
	}
	return v
}

func anyPoint(Point) bool { return true }

// search asks for n points, with some always pending, and returns the history.
func search(t *testing.T, s Sampler, n, pending int, value func(Point) float64) *History {
	t.Helper()
	h := &History{}
	for i := range n {
		p, ok := s.Ask(h, anyPoint)
		if !ok {
			t.Fatal("no point")
		}
		for d, x := range p {
			dim := mixed.Dims[d]
			if dim.Levels == 0 && (x < 0 || x > 1) || dim.Levels > 0 && (x != math.Trunc(x) || x < 0 || x >= float64(dim.Levels)) {
				t.Fatalf("coordinate %d of point %d is %v", d, i, x)
			}
		}
		h.Add(p)
		if i >= pending {
			h.Tell(i-pending, Observation{Value: value(h.Point(i - pending)), N: 1})
		}
	}
	return h
}

func TestSameHistorySamePoint(t *testing.T) {
	for name, s := range samplers(mixed, 3) {
		a, b := search(t, s, 40, 3, bowl), search(t, samplers(mixed, 3)[name], 40, 3, bowl)
		other := search(t, samplers(mixed, 4)[name], 40, 3, bowl)
		same := 0
		for i := range a.Len() {
			for d := range mixed.Dims {
				if a.Point(i)[d] != b.Point(i)[d] {
					t.Fatalf("%s: point %d is %v and %v", name, i, a.Point(i), b.Point(i))
				}
			}
			if a.Point(i)[0] == other.Point(i)[0] {
				same++
			}
		}
		if same > 2 {
			t.Errorf("%s: another seed gave %d equal points", name, same)
		}
	}
}

func TestSearchFindsTheBottom(t *testing.T) {
	lowest := func(name string) float64 {
		sum := 0.0
		for seed := range uint64(5) {
			h := search(t, samplers(mixed, seed)[name], 60, 2, bowl)
			sum += h.found[h.ranked()[0]].Value / 5
		}
		return sum
	}
	random := lowest("random")
	for _, name := range []string{"tpe", "gp"} {
		if m := lowest(name); m > random/4 {
			t.Errorf("%s: the lowest of 60 is %.4f on average, that of random %.4f", name, m, random)
		}
	}
}

func TestBadValuesDoNoHarm(t *testing.T) {
	broken := func(p Point) float64 {
		switch {
		case p[0] < 0.2:
			return math.NaN()
		case p[0] < 0.3:
			return math.Inf(1)
		case p[0] < 0.4:
			return 1e300
		}
		return bowl(p)
	}
	for name, s := range samplers(mixed, 1) {
		h := search(t, s, 60, 2, broken)
		if v := broken(h.Point(h.ranked()[0])); !finite(v) {
			t.Errorf("%s: the best value is %v", name, v)
		}
		if name != "tpe" && name != "gp" {
			continue
		}
		bad := 0
		for i := 40; i < 60; i++ {
			if h.Point(i)[0] < 0.4 {
				bad++
			}
		}
		if bad > 5 {
			t.Errorf("%s: %d of the last 20 points lie where values are bad", name, bad)
		}
	}
	t.Run("nothing but bad ones", func(t *testing.T) {
		for _, s := range samplers(mixed, 1) {
			search(t, s, 30, 2, func(Point) float64 { return math.NaN() })
		}
	})
	t.Run("all alike", func(t *testing.T) {
		for _, s := range samplers(mixed, 1) {
			search(t, s, 30, 2, func(Point) float64 { return 7 })
		}
	})
}

func TestSmallSpaceIsUsedUp(t *testing.T) {
	small := Space{Dims: []Dimension{{Levels: 4, Ordered: true}, {Levels: 3}}}
	for name, s := range samplers(small, 1) {
		h := &History{}
		seen := map[[2]float64]bool{}
		fresh := func(p Point) bool { return !seen[[2]float64{p[0], p[1]}] }
		for i := range 12 {
			p, ok := s.Ask(h, fresh)
			if !ok {
				t.Fatalf("%s: no point after %d of 12", name, i)
			}
			seen[[2]float64{p[0], p[1]}] = true
			h.Add(p)
			h.Tell(i, Observation{Value: p[0]})
		}
		if p, ok := s.Ask(h, fresh); ok {
			t.Errorf("%s: a thirteenth point, %v", name, p)
		}
	}
}

func TestAbsentCoordinates(t *testing.T) {
	conditional := mixed
	conditional.Clear = func(p Point) {
		if p[2] != 1 {
			p[3] = Absent
		}
	}
	for name, s := range samplers(conditional, 1) {
		h := &History{}
		for i := range 50 {
			p, ok := s.Ask(h, anyPoint)
			if !ok || math.IsNaN(p[3]) != (p[2] != 1) {
				t.Fatalf("%s: point %v", name, p)
			}
			h.Add(p)
			h.Tell(i, Observation{Value: bowl(p)})
		}
	}
}

func TestReplicatesOutweighLuck(t *testing.T) {
	// Two of many points lead: a single lucky one among poor neighbours, and one of ten replicates among fair ones. With room
	// for only one, the second is good.
	s := Space{Dims: []Dimension{{}}}
	h := &History{}
	for i := range 10 {
		x := float64(i) / 10
		v := 5.0
		if i >= 7 {
			v = 3
		}
		h.Tell(h.Add(Point{x}), Observation{Value: v, N: 1})
	}
	lucky := h.Add(Point{0.25})
	h.Tell(lucky, Observation{Value: 1, N: 1})
	solid := h.Add(Point{0.85})
	h.Tell(solid, Observation{Value: 1.1, N: 10})
	if got := (TPE{Space: s}).leaders(h, 1)[0]; got != solid {
		t.Errorf("point %d leads, want %d", got, solid)
	}
}

func TestIncumbentIsNotTheLuckiest(t *testing.T) {
	// Values fall towards 0.7 with little noise, but one point far from there was lucky.
	s := Space{Dims: []Dimension{{}}}
	h := &History{}
	for i := range 30 {
		x := float64(i) / 30
		h.Tell(h.Add(Point{x}), Observation{Value: 10*math.Abs(x-0.7) + 0.3*math.Sin(float64(7*i)), N: 1})
	}
	h.Tell(h.Add(Point{0.2}), Observation{Value: -0.5, N: 1})
	if got := h.Point(Incumbent(s, h))[0]; math.Abs(got-0.7) > 0.07 {
		t.Errorf("the incumbent lies at %.2f", got)
	}
	h.Tell(h.Add(Point{0.2}), Observation{Value: -0.5, N: 1000}) // now it is no luck
	if got := h.Point(Incumbent(s, h))[0]; got != 0.2 {
		t.Errorf("the incumbent lies at %.2f with a thousand replicates at 0.2", got)
	}
}

func TestThinnedDensity(t *testing.T) {
	for _, n := range []int{0, 10, mostBad, mostBad + 1, 10 * mostBad} {
		member := make([]bool, n)
		for i := range member {
			member[i] = true
		}
		thin(member)
		left, newest := 0, 0
		for i, in := range member {
			if in {
				left++
				if i >= n-mostBad/2 {
					newest++
				}
			}
		}
		if left != min(n, mostBad) || newest != min(n, mostBad/2) {
			t.Errorf("of %d points %d are left, %d of them of the newest", n, left, newest)
		}
	}
}

func TestRanking(t *testing.T) {
	h := &History{}
	for _, o := range []Observation{
		{Value: math.NaN()}, {Value: 3}, {Value: 0.5, Reached: 3}, {Value: 1}, {Value: 2, Reached: 9}, {Value: 1.5, Reached: 9}, {Value: math.Inf(1)},
	} {
		h.Tell(h.Add(Point{0}), o)
	}
	h.Add(Point{1}) // pending
	want := []int{3, 1, 5, 4, 2, 0, 6}
	for i, n := range h.ranked() {
		if n != want[i] {
			t.Fatalf("order %v, want %v", h.ranked(), want)
		}
	}
}

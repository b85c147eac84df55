package importance

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ped(t *testing.T, dims []Dimension, configs []Configuration, o Options) Result {
	t.Helper()
	r, err := PED(dims, configs, o)
	if err != nil {
		t.Fatal(err)
	}
	check(t, r)
	return r
}

// named makes dimensions a, b, ... of so many levels each.
func named(levels ...int) (dims []Dimension) {
	for i, l := range levels {
		dims = append(dims, Dimension{Name: string(rune('a' + i)), Levels: l})
	}
	return dims
}

// random draws n points uniformly and what f makes of them.
func random(rng *rand.Rand, n, dims int, f func(x []float64) float64) (configs []Configuration) {
	for range n {
		x := make([]float64, dims)
		for i := range x {
			x[i] = rng.Float64()
		}
		configs = append(configs, Configuration{x, []float64{f(x)}})
	}
	return configs
}

// functions of three dimensions: one dominates, one is weak, one does nothing.
var functions = map[string]func(x []float64) float64{
	"bowl":   func(x []float64) float64 { return math.Pow(x[0]-0.3, 2) + 0.2*math.Pow(x[1]-0.6, 2) },
	"linear": func(x []float64) float64 { return x[0] - 0.3*x[1] },
	"wall":   func(x []float64) float64 { return 5*math.Round(x[0]) + 2*math.Abs(x[1]-0.5) },
}

func TestPEDRanks(t *testing.T) {
	for name, f := range functions {
		for _, levels := range []int{0, 2, 6, 1000} {
			if name != "linear" && levels == 2 {
				continue // two levels cannot tell a minimum in between
			}
			rng := rand.New(rand.NewPCG(6, uint64(levels)))
			r := ped(t, named(levels, levels, levels), random(rng, 300, 3, f), Options{})
			a, b, c := r.Main[0], r.Main[1], r.Main[2]
			if name == "wall" {
				a, b = b, a // which half is the best needs one bit, where in the other half more
			}
			if !(a.Value > b.Value && b.Value > c.Value) || r.Top != 30 || r.N != 300 {
				t.Errorf("%s, %d levels: %+v", name, levels, r)
			}
			if a.Interval.Low < c.Interval.High || c.Interval.Low > 0 {
				t.Errorf("%s, %d levels: intervals %v %v %v", name, levels, *a.Interval, *b.Interval, *c.Interval)
			}
			if !(r.Noise > 0 && r.Noise < 0.2) {
				t.Errorf("%s, %d levels: noise %v", name, levels, r.Noise)
			}
		}
	}
}

func TestIntervalsOfPEDHoldTheTruth(t *testing.T) {
	dims := named(0, 0, 0)
	noisy := func(rng *rand.Rand) func(x []float64) float64 {
		return func(x []float64) float64 { return functions["bowl"](x) + 0.02*rng.NormFloat64() }
	}
	rng := rand.New(rand.NewPCG(7, 7))
	s := newSample(dims, random(rng, 200_000, 3, noisy(rng)), 0.1)
	want := make([]float64, 3)
	s.divergences(s.once(), want)
	normalise(want)
	const runs = 12
	for _, n := range []int{30, 80} {
		var held [3]float64
		for i := range runs {
			r := ped(t, dims, random(rng, n, 3, noisy(rng)), Options{Seed: uint64(i)})
			for k, s := range r.Main {
				if s.Interval.Low <= want[k] && want[k] <= s.Interval.High {
					held[k] += 1. / runs
				}
			}
		}
		t.Logf("%d points: %.3f of %.4f", n, held, want)
		for k, h := range held {
			// Four standard errors of a share of 0.95 in 12 runs are 0.25.
			if h < 0.7 {
				t.Errorf("%d points: share %d, %.4f, is held %.3f of the time", n, k, want[k], h)
			}
		}
	}
}

func TestPEDByHand(t *testing.T) {
	// Ten configurations, six of which have the hyperparameter, three of each category; of the two best both have the
	// first. All: 3.5/7 and 3.5/7, the prior having half an observation each. Best: 2.5/3 and 0.5/3. The divergence is
	// 2 (1/3)^2 / (1/2) = 4/9; the weight 1^2 / 0.6.
	absent := math.NaN()
	var configs []Configuration
	for i, v := range []float64{0, 0, 1, absent, 0, 1, absent, absent, 1, absent} {
		configs = append(configs, Configuration{[]float64{v}, []float64{float64(i)}})
	}
	s := newSample([]Dimension{{"a", 2, true}}, configs, 0.2)
	got := make([]float64, 1)
	if top := s.divergences(s.once(), got); top != 2 {
		t.Errorf("%d are the best", top)
	}
	near(t, got, []float64{4. / 9 / 0.6}, 1e-14)
}

func TestTheBest(t *testing.T) {
	for _, c := range []struct {
		n, ties int // ties: how many share each value
		gamma   float64
		want    int
	}{{100, 1, 0.07, 7}, {30, 1, 0.1, 3}, {31, 1, 0.1, 4}, {100, 4, 0.1, 12}, {5, 1, 0.1, 1}, {10, 10, 0.1, 10}} {
		i := 0
		configs := random(rand.New(rand.NewPCG(1, 2)), c.n, 1, func([]float64) float64 { i++; return float64((i - 1) / c.ties) })
		if r := ped(t, named(0), configs, Options{Gamma: c.gamma}); r.Top != c.want {
			t.Errorf("%+v: %d are the best", c, r.Top)
		}
	}
}

func TestLevelsByPosition(t *testing.T) {
	for levels := 2; levels <= 50; levels++ {
		g := newGrid(Dimension{Levels: levels})
		for k := range levels {
			ends := g.at(float64(k) / float64(levels-1))
			middle := g.at((float64(k) + 0.5) / float64(levels))
			if ends != k || middle != k {
				t.Errorf("level %d of %d is at %d and %d", k, levels, ends, middle)
			}
		}
		if between := g.at(0.5 / float64(levels-1)); levels == 2 && between != 0 {
			t.Errorf("half-way is at %d", between)
		}
	}
}

func TestDensitiesAddUpToOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 200 {
		g := newGrid(Dimension{Levels: 1 + rng.IntN(60), Categorical: rng.IntN(2) == 0})
		counts, p := make([]int, g.points), make([]float64, g.points)
		for range 1 + rng.IntN(40) {
			counts[rng.IntN(g.points)]++
		}
		g.density(counts, p)
		near(t, []float64{sum(p)}, []float64{1}, 1e-12)
		for _, v := range p {
			if !(v > 0) {
				t.Errorf("density %v of %v", p, counts)
			}
		}
	}
}

func TestPEDIsTheSameEveryTime(t *testing.T) {
	configs := random(rand.New(rand.NewPCG(9, 9)), 60, 3, functions["bowl"])
	want := ped(t, named(0, 4, 0), configs, Options{Seed: 3})
	if d := cmp.Diff(want, ped(t, named(0, 4, 0), configs, Options{Seed: 3, Gamma: 0.1})); d != "" {
		t.Error(d)
	}
	other := ped(t, named(0, 4, 0), configs, Options{Seed: 4})
	near(t, parts(other), parts(want), 0)
	if cmp.Equal(other, want) {
		t.Error("another seed gives the same intervals")
	}
}

func TestDivergedAreWorst(t *testing.T) {
	configs := random(rand.New(rand.NewPCG(10, 10)), 100, 2, func(x []float64) float64 { return x[0] })
	for i, c := range configs {
		if c.At[0] > 0.6 {
			configs[i].Replicates = []float64{math.NaN(), math.Inf(-1), math.Inf(1)}[i%3 : i%3+1]
		}
		if c.At[0] > 0.9 {
			configs[i].Replicates = nil
		}
	}
	r := ped(t, named(0, 0), configs, Options{})
	if r.Top != 10 || r.Main[0].Value < 0.9 {
		t.Errorf("%+v", r)
	}
	// Where fewer than a tenth are finite, those are the best.
	for i, c := range configs {
		if c.At[0] > 0.05 {
			configs[i].Replicates = []float64{1, math.NaN()}
		}
	}
	if r := ped(t, named(0, 0), configs, Options{}); r.Top >= 10 || r.Top == 0 || r.Main[0].Value < 0.5 {
		t.Errorf("%+v", r)
	}
}

func TestPEDWithoutDifferences(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	bowl := functions["bowl"]
	for name, c := range map[string]struct {
		dims    []Dimension
		configs []Configuration
	}{
		"none":           {named(0, 0, 0), nil},
		"no dimension":   {nil, random(rng, 20, 0, func([]float64) float64 { return rng.Float64() })},
		"one":            {named(0, 0, 0), random(rng, 1, 3, bowl)},
		"all equal":      {named(0, 3, 0), random(rng, 30, 3, func([]float64) float64 { return 0.1 })},
		"all diverged":   {named(0, 3, 0), random(rng, 30, 3, func([]float64) float64 { return math.NaN() })},
		"one level each": {[]Dimension{{"a", 1, false}, {"b", 1, true}}, random(rng, 9, 2, func(x []float64) float64 { return x[0] })},
		"absent":         {named(0), random(rng, 9, 1, func(x []float64) float64 { x[0] = math.NaN(); return rng.Float64() })},
		"the same":       {named(0), random(rng, 9, 1, func(x []float64) float64 { x[0] = 0.4; return rng.Float64() })},
	} {
		if name == "one level each" {
			for i := range c.configs {
				c.configs[i].At = []float64{0.5, 0}
			}
		}
		if r := ped(t, c.dims, c.configs, Options{}); !r.Flat || r.Noise != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	// One that does not vary beside one that does.
	r := ped(t, named(0, 0), random(rng, 5, 2, func(x []float64) float64 { x[1] = 0.4; return x[0] }), Options{})
	near(t, parts(r), []float64{1, 0}, 0)
}

func TestPEDRefuses(t *testing.T) {
	dims := []Dimension{{"a", 0, false}, {"b", 3, true}}
	one := func(at ...float64) []Configuration { return []Configuration{{at, []float64{1}}} }
	for _, c := range []struct {
		want    string
		dims    []Dimension
		configs []Configuration
		gamma   float64
	}{
		{"gamma 1 is not", dims, nil, 1},
		{"gamma -0.1 is not", dims, nil, -0.1},
		{"gamma NaN is not", dims, nil, math.NaN()},
		{"dimension b has -1 levels", named(0, -1), nil, 0},
		{"dimension k has 0 levels", []Dimension{{"k", 0, true}}, nil, 0},
		{"configuration 0: 1 values for 2 dimensions", dims, one(0), 0},
		{"configuration 0: dimension a has no value 1.5", dims, one(1.5, 0), 0},
		{"dimension a has no value +Inf", dims, one(math.Inf(1), 0), 0},
		{"dimension b has no value 3", dims, one(0, 3), 0},
		{"dimension b has no value 0.5", dims, one(0, 0.5), 0},
	} {
		for name, f := range map[string]func([]Dimension, []Configuration, Options) (Result, error){"PED": PED, "Of": Of} {
			if _, err := f(c.dims, c.configs, Options{Gamma: c.gamma}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
	}
}

func BenchmarkPED(b *testing.B) {
	dims := named(0, 0, 0, 8, 8, 4, 4, 4, 2, 2)
	configs := random(rand.New(rand.NewPCG(12, 12)), 1000, len(dims), functions["bowl"])
	for b.Loop() {
		if _, err := PED(dims, configs, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

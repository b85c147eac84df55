package importance

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// grid3 is a complete grid of a number of three values and a category of two, with two replicates each.
func grid3() ([]Dimension, []Configuration) {
	var configs []Configuration
	for i, u := range []float64{0.1, 0.5, 0.9} {
		for k := range 2 {
			v := float64(i*i) + 0.5*float64(k)
			configs = append(configs, Configuration{[]float64{u, float64(k)}, []float64{v, v + 0.1*float64(i-k)}})
		}
	}
	return []Dimension{{"width", 0, false}, {"kind", 4, true}}, configs
}

func TestOfPicks(t *testing.T) {
	dims, configs := grid3()
	for _, c := range []struct {
		name, method, why string
		spoil             func(c []Configuration) []Configuration
	}{
		{"complete", ByExact, "", func(c []Configuration) []Configuration { return c }},
		{"one missing", ByPED, "not every combination of the values was run", func(c []Configuration) []Configuration { return c[1:] }},
		{"one twice", ByPED, "a combination of values occurs more than once", func(c []Configuration) []Configuration { return append(c, c[2]) }},
		{"absent", ByPED, "some configurations do not have all hyperparameters", func(c []Configuration) []Configuration {
			c[3].At = []float64{0.5, math.NaN()}
			return c
		}},
		{"diverged", ByPED, "some configurations have no finite objective", func(c []Configuration) []Configuration {
			c[3].Replicates = []float64{1, math.Inf(1)}
			return c
		}},
		{"none", ByPED, "there are no configurations", func([]Configuration) []Configuration { return nil }},
		{"one", ByExact, "", func(c []Configuration) []Configuration { return c[:1] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			given := c.spoil(slices.Clone(configs))
			r, err := Of(dims, given, Options{Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			check(t, r)
			if r.Method != c.method || r.Why != c.why || r.N != len(given) || len(r.Main) != 2 || r.Main[1].Of[0] != "kind" {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestOfIsExact(t *testing.T) {
	dims, configs := grid3()
	got, err := Of(dims, configs, Options{Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	factors := []Factor{{"width", 3}, {"kind", 2}}
	var cells []Cell
	for i, c := range configs {
		cells = append(cells, Cell{[]int{i / 2, i % 2}, c.Replicates})
	}
	want, err := Exact(factors, cells, 5)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestOfRandom(t *testing.T) {
	r, err := Of(named(0, 0, 0), random(rand.New(rand.NewPCG(1, 2)), 80, 3, functions["bowl"]), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Method != ByPED || r.Why != "not every combination of the values was run" {
		t.Errorf("%+v", r)
	}
}

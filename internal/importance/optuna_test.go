package importance

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// optunaCase is a design with Optuna's shares; testdata/optuna/cases.py is the script.
type optunaCase struct {
	Name   string
	Gamma  float64
	Dims   []Dimension
	At     [][]*float64 // null where a configuration does not have the hyperparameter
	Loss   []float64
	Shares []float64
}

func optunaCases(t *testing.T) (cases []optunaCase) {
	t.Helper()
	b, err := os.ReadFile("testdata/optuna/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func (c optunaCase) configurations() (configs []Configuration) {
	for i, at := range c.At {
		configs = append(configs, Configuration{Replicates: c.Loss[i : i+1]})
		for _, v := range at {
			if v == nil {
				v = new(float64)
				*v = math.NaN()
			}
			configs[i].At = append(configs[i].At, *v)
		}
	}
	return configs
}

// smoothed replaces the counts of categories by Optuna's kernels, of which every category seen gives a part to all
// others, however many were counted.
func smoothed(counts []int, p []float64) {
	n := sum(counts)
	kernels := 1.0 // one of the prior
	for _, c := range counts {
		if c > 0 {
			kernels++
		}
	}
	each := float64(len(counts))
	for i := range p {
		p[i] = 1 / each / float64(n+1)
		for j, c := range counts {
			own := 0.0
			if i == j {
				own = 1
			}
			p[i] += float64(c) / float64(n+1) * (1/kernels + own) / (1 + each/kernels)
		}
	}
}

func TestAsOptuna(t *testing.T) {
	for _, c := range optunaCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			s := newSample(c.Dims, c.configurations(), c.Gamma)
			categories := false
			for i, d := range c.Dims {
				if d.Categorical {
					s.grids[i].density, categories = smoothed, true
				}
			}
			got := make([]float64, len(c.Dims))
			s.divergences(s.once(), got)
			normalise(got)
			near(t, got, c.Shares, 1e-8) // Optuna adds 1e-12 to each density
			if !categories {
				near(t, parts(ped(t, c.Dims, c.configurations(), Options{Gamma: c.Gamma})), got, 0)
			}
		})
	}
}

func TestCategoriesAreNotKeptDown(t *testing.T) {
	for _, c := range optunaCases(t) {
		if c.Name != "categories" {
			continue
		}
		// The objective is the sum of 0.3 (log10 rate + 2)^2 over four decades, variance 0.13; of 0, 2, 2.5 or 3 by the
		// kind, 1.3; and of 0.4 if on, 0.04.
		r := ped(t, c.Dims, c.configurations(), Options{})
		rate, kind := r.Main[0].Value, r.Main[1].Value
		if kind < 2*rate || c.Shares[1] > c.Shares[0] {
			t.Errorf("rate %.3f and kind %.3f, Optuna's %.3f", rate, kind, c.Shares)
		}
	}
}

package importance

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"sweep/internal/stats"
)

// Dimension is one hyperparameter of an incomplete design.
type Dimension struct {
	Name string
	// Levels counts the values of a list: categories, or numbers at even distances over [0,1], for which k/(Levels-1)
	// and (k+1/2)/Levels both mean the k-th. 0 means a range.
	Levels      int
	Categorical bool // the levels have no order
}

// Configuration is one point of a design with what was measured there.
type Configuration struct {
	// At holds a value for each dimension: a position in [0,1] (the quantile of the prior), or the number of a category
	// from 0. NaN means that the configuration does not have the hyperparameter.
	At []float64
	// Replicates are the objective's values, lower being better; their mean counts. Not finite, or none, is worst.
	Replicates []float64
}

// Options are those of PED and Of. The zero value is usable.
type Options struct {
	Gamma float64 // share of the configurations that is the best, between 0 and 1; 0 means 0.1
	Seed  uint64  // of the bootstrap
}

func (o Options) gamma() float64 {
	if o.Gamma == 0 {
		return 0.1 // the paper's, and Optuna's
	}
	return o.Gamma
}

// PED judges each hyperparameter by how much the distribution of its values among the best configurations differs from
// that among all: PED-ANOVA (Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance
// in Arbitrary Subspaces", IJCAI 2023), with the whole design as the subspace. The difference is Pearson's divergence, the mean over all of
// (p_best/p_all - 1)^2, of one-dimensional Parzen estimates on a grid of at most 50 points; categories are counted. It is
// what the dimension alone explains of the variance of "is among the best", so that it measures what it takes to be
// good, and not, as Exact, what moves the objective anywhere.
//
// A hyperparameter that some configurations do not have is judged among those that do. Its divergence is weighed by
// b^2/a, where a is the share of all and b the share of the best that have it, which is a if having it makes no
// difference: the variance within the part of the space where it exists, as in conditional PED-ANOVA (Baba, Ozaki and
// Watanabe, 2026, arXiv:2601.20800). Whether it exists is credited to the hyperparameter that it depends on.
//
// Ties with the last of the best are among the best. A hyperparameter of which one value occurs has share 0. For the
// intervals see sample.draw.
func PED(dims []Dimension, configs []Configuration, o Options) (Result, error) {
	if err := checkDesign(dims, configs, o); err != nil {
		return Result{}, err
	}
	s := newSample(dims, configs, o.gamma())
	r := Result{Method: ByPED, N: len(configs)}
	for _, d := range dims {
		r.Main = append(r.Main, Share{Of: []string{d.Name}})
	}
	values := make([]float64, len(dims))
	r.Top = s.divergences(s.once(), values)
	total := sum(values)
	r.Flat = !normalise(values)
	var draws [][]float64
	if !r.Flat {
		rng := rand.New(rand.NewPCG(o.Seed, 0x5eed)) //nolint:gosec // a simulation, not a secret
		r.Noise = min(1, sum(s.chance(rng, stats.Draws/5, s.once))/total)
		draws = s.draw(rng)
	}
	r.fill(values, draws)
	return r, nil
}

func checkDesign(dims []Dimension, configs []Configuration, o Options) error {
	var problems []error
	if g := o.gamma(); !(g > 0 && g < 1) {
		problems = append(problems, fmt.Errorf("importance: gamma %v is not between 0 and 1", o.Gamma))
	}
	for _, d := range dims {
		if d.Levels < 0 || d.Categorical && d.Levels == 0 {
			problems = append(problems, fmt.Errorf("importance: dimension %s has %d levels", d.Name, d.Levels))
		}
	}
	for i, c := range configs {
		if len(c.At) != len(dims) {
			problems = append(problems, fmt.Errorf("importance: configuration %d: %d values for %d dimensions", i, len(c.At), len(dims)))
			continue
		}
		for k, v := range c.At {
			if !math.IsNaN(v) && !dims[k].holds(v) {
				problems = append(problems, fmt.Errorf("importance: configuration %d: dimension %s has no value %v", i, dims[k].Name, v))
			}
		}
	}
	return errors.Join(problems...)
}

func (d Dimension) holds(v float64) bool {
	if d.Categorical {
		return v >= 0 && v < float64(d.Levels) && v == math.Trunc(v)
	}
	return v >= 0 && v <= 1
}

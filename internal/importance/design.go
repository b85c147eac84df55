package importance

import (
	"fmt"
	"math"
	"slices"

	"sweep/internal/stats"
)

// Of returns Exact's shares if the configurations make a complete grid of the values that occur in them, every
// combination once and all with finite replicates; else PED's, with the reason in Why. The method is in Method.
func Of(dims []Dimension, configs []Configuration, o Options) (Result, error) {
	if err := checkDesign(dims, configs, o); err != nil {
		return Result{}, err
	}
	factors, cells, why := complete(dims, configs)
	if why == "" {
		return Exact(factors, cells, o.Seed)
	}
	r, err := PED(dims, configs, o)
	r.Why = why
	return r, err
}

// complete returns the grid that the configurations make, or why they make none.
func complete(dims []Dimension, configs []Configuration) (factors []Factor, cells []Cell, why string) {
	n := len(configs)
	for _, c := range configs {
		if slices.ContainsFunc(c.At, math.IsNaN) {
			return nil, nil, "some configurations do not have all hyperparameters"
		}
		if !finite(stats.Mean(c.Replicates)) {
			return nil, nil, "some configurations have no finite objective"
		}
	}
	if n == 0 {
		return nil, nil, "there are no configurations"
	}
	cells = make([]Cell, n)
	seen := map[string]bool{}
	size := 1.0
	for d, dim := range dims {
		values := make([]float64, n)
		for i, c := range configs {
			values[i] = c.At[d]
		}
		slices.Sort(values)
		values = slices.Compact(values)
		size *= float64(len(values))
		factors = append(factors, Factor{dim.Name, len(values)})
		for i, c := range configs {
			level, _ := slices.BinarySearch(values, c.At[d])
			cells[i].Levels = append(cells[i].Levels, level)
		}
	}
	for i, c := range cells {
		key := fmt.Sprint(c.Levels)
		if seen[key] {
			return nil, nil, "a combination of values occurs more than once"
		}
		seen[key] = true
		cells[i].Replicates = configs[i].Replicates
	}
	if size != float64(n) {
		return nil, nil, "not every combination of the values was run"
	}
	return factors, cells, ""
}

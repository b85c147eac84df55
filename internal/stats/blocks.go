package stats

import (
	"math"
	"slices"
)

// Blocks is what the model "configuration + seed" (randomised blocks) leaves unexplained.
type Blocks struct {
	N  int     // replicates of each group
	SD float64 // residual standard deviation, pooled over all groups
	DF float64 // (groups - 1)(N - 1)
}

// NewBlocks fits the model; ok is false unless there are at least two groups with the same seeds, two or more.
func NewBlocks(groups []Group) (b Blocks, ok bool) {
	if len(groups) < 2 || len(groups[0].Seeds) < 2 {
		return Blocks{}, false
	}
	seeds := groups[0].Seeds
	n, k := len(seeds), len(groups)
	table := make([][]float64, k) // group x seed
	block := make([][]float64, n) // seed x group
	for i, g := range groups {
		if len(g.Seeds) != n || len(slices.Compact(slices.Sorted(slices.Values(g.Seeds)))) != n {
			return Blocks{}, false
		}
		for j, s := range seeds {
			v, ok := g.at(s)
			if !ok {
				return Blocks{}, false
			}
			table[i] = append(table[i], v)
			block[j] = append(block[j], v)
		}
	}
	var norm float64
	means := make([]float64, n)
	for j := range block {
		means[j] = Mean(block[j])
	}
	grand := Mean(means)
	for _, row := range table {
		m := Mean(row)
		for j, v := range row {
			norm = math.Hypot(norm, (v-m)-(means[j]-grand))
		}
	}
	df := float64((k - 1) * (n - 1))
	return Blocks{N: n, SD: norm / math.Sqrt(df), DF: df}, true
}

// Compare returns the difference of two means of the model's groups.
func (b Blocks) Compare(a, c Group) Difference {
	return difference(Mean(c.Values)-Mean(a.Values), b.SE(), b.DF)
}

// SE is the standard error of the difference of two groups' means.
func (b Blocks) SE() float64 { return b.SD * math.Sqrt(2/float64(b.N)) }

// Uneven reports whether the largest standard deviation among the groups exceeds three times the smallest, which is
// too much for one pooled variance. Rounding is not taken for a difference.
func Uneven(groups []Group) bool {
	low, high := math.Inf(1), 0.0
	for _, g := range groups {
		s := SD(g.Values)
		low, high = min(low, s), max(high, s)
	}
	return high > 3*low
}

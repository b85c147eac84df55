package embeddings

import (
	"cmp"
	"math"
	"slices"
)

// Ranks returns the ranks of values, from 1; equal values share the mean of theirs.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(values[a], values[b]), a-b) })
	ranks := make([]float64, len(values))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && values[order[to]] == values[order[from]] {
			to++
		}
		for _, i := range order[from:to] {
			ranks[i] = float64(from+to+1) / 2 // the mean of from+1 ... to
		}
		from = to
	}
	return ranks
}

// Spearman returns the rank correlation of x and y, which are of one length: Pearson's of their ranks, so that ties are
// right. It is NaN with fewer than two values, or if all of x or of y are equal.
func Spearman(x, y []float64) float64 { return pearson(Ranks(x), Ranks(y)) }

func pearson(x, y []float64) float64 {
	n := float64(len(x))
	var mx, my float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	var xx, yy, xy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += float64(dx * dx)
		yy += float64(dy * dy)
		xy += float64(dx * dy)
	}
	if !(xx > 0 && yy > 0) {
		return math.NaN()
	}
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}

package importance

import (
	"slices"

	"sweep/internal/stats"
)

// split writes the variance over cells of each main effect, of each pair's interaction and of the rest to parts, in the
// order of t.freedom. values holds one value a cell.
func (t *table) split(values, parts []float64) {
	clear(parts)
	if slices.Min(values) == slices.Max(values) {
		return // what is left after the mean is taken away would be rounding
	}
	n := float64(len(values))
	grand := stats.Mean(values)
	rest := 0.0
	for _, v := range values {
		rest += (v - grand) * (v - grand) / n
	}
	main := make([][]float64, len(t.levels)) // factor x level: the level's mean, less the grand mean
	for i, levels := range t.levels {
		main[i] = make([]float64, levels)
		for c, v := range values {
			main[i][t.level[i][c]] += (v - grand) * float64(levels) / n
		}
		parts[i] = meanSquare(main[i])
		rest -= parts[i]
	}
	for k, p := range t.pairs {
		a, b := p[0], p[1]
		joint := make([]float64, t.levels[a]*t.levels[b])
		for c, v := range values {
			joint[t.level[a][c]*t.levels[b]+t.level[b][c]] += (v - grand) * float64(len(joint)) / n
		}
		for i := range joint {
			joint[i] -= main[a][i/t.levels[b]] + main[b][i%t.levels[b]]
		}
		at := len(t.levels) + k
		parts[at] = meanSquare(joint)
		rest -= parts[at]
	}
	for i, df := range t.freedom {
		if df == 0 {
			parts[i] = 0 // what is there is rounding
		}
	}
	if last := len(parts) - 1; t.freedom[last] > 0 {
		parts[last] = max(0, rest)
	}
}

func meanSquare(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return s / float64(len(x))
}

func sum[T int | float64](x []T) T {
	var s T
	for _, v := range x {
		s += v
	}
	return s
}

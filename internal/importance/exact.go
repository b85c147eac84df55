package importance

// Factor is one axis of a complete grid.
type Factor struct {
	Name   string
	Levels int // at least 1
}

// Cell is one combination of levels with what was measured there.
type Cell struct {
	Levels []int // of each factor, from 0
	// Replicates are the objective's values, at least one; their mean is the cell's value. If all cells have the same
	// number, the j-th of each is taken to share a seed, whose effect on all cells is left out of the noise.
	Replicates []float64
}

// Exact splits the variance over the cells of a complete grid, every level weighing the same, into the main effect of
// each factor, the interaction of each pair, and the rest: the functional analysis of variance of Hooker (2007) and of
// Hutter, Hoos and Leyton-Brown (2014), computed from the cells themselves and not from a model of them. The cells may
// come in any order; it is an error if one is missing, occurs twice, or has a value that is not finite.
//
// The intervals answer how the shares would differ with other replicates. Configurations themselves are not drawn: a
// complete grid holds all there are, a draw of its cells leaves holes in it, and a draw of its levels answers for other
// levels than those chosen. So each draw gives every configuration a new mean, of replicates drawn from its own; see
// scatter.draw. Without replicates there are no intervals.
func Exact(factors []Factor, cells []Cell, seed uint64) (Result, error) {
	t, err := newTable(factors, cells)
	if err != nil {
		return Result{}, err
	}
	r := Result{Method: ByExact, N: len(cells)}
	for _, f := range factors {
		r.Main = append(r.Main, Share{Of: []string{f.Name}})
	}
	for _, p := range t.pairs {
		r.Pairs = append(r.Pairs, Share{Of: []string{factors[p[0]].Name, factors[p[1]].Name}})
	}
	parts := make([]float64, len(t.freedom))
	t.split(t.mean, parts)
	total := sum(parts)
	r.Flat = !normalise(parts)
	var draws [][]float64
	if s, ok := newScatter(t); ok && !r.Flat {
		r.Noise = min(1, s.variance*float64(r.N-1)/float64(r.N)/total)
		draws = s.draw(seed)
	}
	r.fill(parts, draws)
	return r, nil
}

package importance

import (
	"cmp"
	"math"
	"slices"

	"sweep/internal/stats"
)

// sample is a design as PED sees it.
type sample struct {
	gamma  float64
	grids  []grid
	point  [][]int   // dimension x configuration: the point of its grid, -1 where it is absent
	loss   []float64 // of each configuration, +Inf the worst
	order  []int     // configurations, the best first
	counts [2][]int  // of the dimension at hand: all and the best at each point
	p      [2][]float64
}

func newSample(dims []Dimension, configs []Configuration, gamma float64) *sample {
	s := &sample{gamma: gamma, loss: make([]float64, len(configs)), order: make([]int, len(configs))}
	for i, c := range configs {
		s.order[i] = i
		s.loss[i] = stats.Mean(c.Replicates)
		if !finite(s.loss[i]) {
			s.loss[i] = math.Inf(1)
		}
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(s.loss[a], s.loss[b]) })
	for d, dim := range dims {
		g := newGrid(dim)
		points := make([]int, len(configs))
		for i, c := range configs {
			points[i] = -1
			if !math.IsNaN(c.At[d]) {
				points[i] = g.at(c.At[d])
			}
		}
		s.grids, s.point = append(s.grids, g), append(s.point, points)
	}
	return s
}

// divergences writes what each dimension explains to values, if every configuration occurs so many times. It returns how
// many are among the best, which no configuration without a finite objective is.
func (s *sample) divergences(times []int, values []float64) (top int) {
	n := sum(times)
	want := int(math.Ceil(s.gamma*float64(n) - 1e-9)) // 0.07 of 100 are 7, though the product is above
	cut := math.Inf(-1)
	for _, c := range s.order {
		if math.IsInf(s.loss[c], 1) || top >= want && s.loss[c] > cut {
			break
		}
		if times[c] > 0 {
			top += times[c]
			cut = s.loss[c]
		}
	}
	for d, g := range s.grids {
		for k := range s.counts {
			s.counts[k] = zeros(s.counts[k], g.points)
			s.p[k] = zeros(s.p[k], g.points)
		}
		all, best := 0, 0
		for c, at := range s.point[d] {
			if at < 0 {
				continue
			}
			all += times[c]
			s.counts[0][at] += times[c]
			if s.loss[c] <= cut {
				best += times[c]
				s.counts[1][at] += times[c]
			}
		}
		values[d] = 0
		if best > 0 && varied(s.counts[0]) {
			having := float64(best) / float64(top)
			values[d] = having * having * float64(n) / float64(all) * s.divergence(g)
		}
	}
	return top
}

// once counts every configuration as it is.
func (s *sample) once() []int {
	times := make([]int, len(s.loss))
	for i := range times {
		times[i] = 1
	}
	return times
}

// divergence is Pearson's, of the best from all, for the counts at hand.
func (s *sample) divergence(g grid) float64 {
	g.density(s.counts[0], s.p[0])
	g.density(s.counts[1], s.p[1])
	d := 0.0
	for i, all := range s.p[0] {
		d += (s.p[1][i] - all) * (s.p[1][i] - all) / all
	}
	return d
}

// varied reports whether more than one point is counted.
func varied(counts []int) bool {
	seen := 0
	for _, c := range counts {
		if c > 0 {
			seen++
		}
	}
	return seen > 1
}

// zeros returns n zeros, in x if there is room.
func zeros[T int | float64](x []T, n int) []T {
	x = slices.Grow(x[:0], n)[:n]
	clear(x)
	return x
}

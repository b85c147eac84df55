package sampler

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// GP models values by a Gaussian process and takes the point of the highest expected improvement over the best
// posterior mean: the mean of what is true at the points that were tried, not the luckiest value that was seen there.
// Pending points enter with the value that the model expects.
type GP struct {
	Space Space
	Seed  uint64
}

const (
	drawn    = 512 // points at random among which the search for the highest improvement begins
	climbs   = 6   // of the best of them, from which it goes on
	mostData = 400 // points that enter a model: the better and the newer ones
)

// Ask implements Sampler.
func (g GP) Ask(h *History, admit func(Point) bool) (Point, bool) {
	rng := stream(g.Seed, h.Len())
	if h.done() < startup {
		return g.Space.anywhere(rng, admit)
	}
	m, ok := fit(g.Space, h, chosen(h))
	if !ok {
		return g.Space.anywhere(rng, admit)
	}
	best := math.Inf(1)
	for i := range m.points {
		mean, _ := m.predict(m.points[i])
		best = min(best, mean)
	}
	for i, told := range h.told {
		if !told {
			m.believe(h.points[i])
		}
	}
	for _, c := range g.improving(m, best, h, rng) {
		if admit(c.point) {
			return c.point, true
		}
	}
	return g.Space.anywhere(rng, admit)
}

// chosen lists the points that a model of a history is made of.
func chosen(h *History) []int {
	ranked := h.ranked()
	if len(ranked) <= mostData {
		return slices.Sorted(slices.Values(ranked))
	}
	in := make(map[int]bool, mostData)
	for _, i := range ranked[:mostData/2] {
		in[i] = true
	}
	for i := h.Len() - 1; len(in) < mostData && i >= 0; i-- {
		if h.told[i] {
			in[i] = true
		}
	}
	var out []int
	for i := range h.points {
		if in[i] {
			out = append(out, i)
		}
	}
	return out
}

// prospect is a point with what is expected of it.
type prospect struct {
	point Point
	gain  float64
}

// improving returns points from the highest expected improvement down.
func (g GP) improving(m *process, best float64, h *History, rng *rand.Rand) []prospect {
	all := make([]prospect, 0, 2*drawn)
	// A point on the way has all coordinates: those without a meaning there may have one at a neighbour.
	consider := func(p Point) prospect {
		cleared := slices.Clone(p)
		g.Space.clear(cleared)
		gain := m.improvement(cleared, best)
		all = append(all, prospect{cleared, gain})
		return prospect{p, gain}
	}
	everywhere := Space{Dims: g.Space.Dims}
	var starts []prospect
	for range drawn {
		starts = append(starts, consider(everywhere.random(rng)))
	}
	slices.SortStableFunc(starts, byGain)
	starts = starts[:climbs]
	for _, i := range h.ranked()[:min(climbs, h.done())] {
		p := everywhere.random(rng)
		for d, x := range h.points[i] {
			if !math.IsNaN(x) {
				p[d] = x
			}
		}
		starts = append(starts, consider(p))
	}
	for _, at := range starts {
		g.climb(at, consider, rng)
	}
	slices.SortStableFunc(all, byGain)
	return all
}

func byGain(a, b prospect) int { return -cmp.Compare(a.gain, b.gain) }

// climb goes from a point to the best of its neighbours for as long as that improves it.
func (g GP) climb(at prospect, consider func(Point) prospect, rng *rand.Rand) {
	for range 20 {
		next := at
		for d, dim := range g.Space.Dims {
			for _, x := range neighbours(dim, at.point[d], rng) {
				p := slices.Clone(at.point)
				p[d] = x
				if c := consider(p); c.gain > next.gain {
					next = c
				}
			}
		}
		if next.gain <= at.gain {
			return
		}
		at = next
	}
}

// neighbours returns other coordinates near x: steps of several sizes, or every other level where none is nearer.
func neighbours(dim Dimension, x float64, rng *rand.Rand) []float64 {
	var out []float64
	switch {
	case dim.Levels == 0:
		for _, step := range []float64{0.2, 0.05, 0.01} {
			z := step * rng.NormFloat64()
			out = append(out, min(max(x+z, 0), 1), min(max(x-z, 0), 1))
		}
	case dim.Ordered:
		for _, step := range []float64{1, 2, math.Round(float64(dim.Levels) / 5)} {
			for _, y := range []float64{x - step, x + step} {
				if y >= 0 && y < float64(dim.Levels) && y != x {
					out = append(out, y)
				}
			}
		}
	default:
		for l := range dim.Levels {
			if y := float64(l); y != x {
				out = append(out, y)
			}
		}
	}
	return out
}

// improvement is by how much a point is expected to be below best, where it is.
func (m *process) improvement(p Point, best float64) float64 {
	mean, sd := m.predict(p)
	if sd <= 0 {
		return 0
	}
	z := (best - mean) / sd
	return sd * (z*distuv.UnitNormal.CDF(z) + distuv.UnitNormal.Prob(z))
}

// Incumbent returns the number of the point that a Gaussian process expects to be the best of those that are told: where
// values are noisy, a better guess than the lowest value. Without a model it is the point with the lowest value.
func Incumbent(s Space, h *History) int {
	ranked := h.ranked()
	m, ok := fit(s, h, chosen(h))
	if !ok {
		return ranked[0]
	}
	at, lowest := ranked[0], math.Inf(1)
	for _, i := range h.whole(ranked) {
		if mean, _ := m.predict(h.points[i]); mean < lowest {
			at, lowest = i, mean
		}
	}
	return at
}

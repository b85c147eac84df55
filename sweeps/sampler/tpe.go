package sampler

import (
	"cmp"
	"math"
	"slices"
)

// TPE is the tree-structured Parzen estimator of Bergstra et al. (2011) over all dimensions at once (multivariate): it
// divides the points into the best few and the others, estimates the density of each, draws candidates from that of the
// best and takes the one whose ratio of densities is highest. Pending points count among the others (the constant
// liar), so that points that are tried at one time differ.
//
// Two things are ours. Which of the leading points are good is decided by means over their neighbourhoods rather than by
// values that were lucky; and kernels are never narrower than a tenth of a dimension, which keeps the search from
// settling on the few points that happened to come first.
type TPE struct {
	Space Space
	Seed  uint64
}

// The settings are Optuna 5's defaults (which begins with 10 points) but for the first and the last three.
const (
	startup    = 6 // points at random before the first estimate
	candidates = 24
	mostGood   = 25 // the best tenth are good, but no more than this
	fresh      = 25 // the newest points have full weight; those before, the less the older they are
	rounds     = 20 // draws of candidates before the estimate is given up

	narrowest = 0.1 // standard deviation of a kernel, at least this
	leading   = 40  // points with the best values among which the good ones are found
	hearsay   = 4.0 // replicates that a neighbourhood counts as, at most
)

// Ask implements Sampler.
func (t TPE) Ask(h *History, admit func(Point) bool) (Point, bool) {
	rng := stream(t.Seed, h.Len())
	if h.done() < startup {
		return t.Space.anywhere(rng, admit)
	}
	good, bad := t.split(h)
	l, g := newMixture(t.Space, h, good), newMixture(t.Space, h, bad)
	type candidate struct {
		point Point
		score float64
	}
	found := make([]candidate, candidates)
	for range rounds {
		for i := range found {
			p := l.draw(rng)
			t.Space.clear(p)
			found[i] = candidate{p, l.logDensity(p) - g.logDensity(p)}
		}
		slices.SortStableFunc(found, func(a, b candidate) int { return -cmp.Compare(a.score, b.score) })
		for _, c := range found {
			if admit(c.point) {
				return c.point, true
			}
		}
	}
	return t.Space.anywhere(rng, admit)
}

// split returns which points are good and which are not, by number.
func (t TPE) split(h *History) (good, bad []bool) {
	n := h.Len()
	good, bad = make([]bool, n), make([]bool, n)
	for i := range bad {
		bad[i] = true
	}
	few := min(int(math.Ceil(0.1*float64(h.done()))), mostGood)
	for _, i := range t.leaders(h, few) {
		good[i], bad[i] = true, false
	}
	thin(bad)
	return good, bad
}

// mostBad is how many of the others make up a density; more would make it slower and hardly different.
const mostBad = 1000

// thin leaves of many points the newer half of mostBad and as many that are spread evenly over those before.
func thin(member []bool) {
	var numbers []int
	for i, in := range member {
		if in {
			numbers = append(numbers, i)
		}
	}
	old := numbers[:max(0, len(numbers)-mostBad/2)]
	if len(numbers) <= mostBad {
		return
	}
	for _, i := range old {
		member[i] = false
	}
	for k := range mostBad / 2 {
		member[old[k*len(old)/(mostBad/2)]] = true
	}
}

// leaders returns the best points of a history by what is expected of them: a point's own value, as much as it has
// replicates, and what its neighbourhood makes likely, which counts as up to hearsay replicates. Only points that already
// lead by their own value are considered, and values in the worse half count as the median, so that a disaster next door
// is no argument.
func (t TPE) leaders(h *History, few int) []int {
	ranked := h.ranked()
	whole := h.whole(ranked)
	lead := min(len(whole), max(leading, few+few/2))
	if lead <= few {
		return ranked[:few]
	}
	v := newVicinity(t.Space, h, thinned(whole, lead))
	expected := make(map[int]float64, lead)
	for i, n := range whole[:lead] {
		mean, weight := v.mean(i)
		own, weight := float64(max(h.found[n].N, 1)), min(weight, hearsay)
		expected[n] = (own*v.values[i] + weight*mean) / (own + weight)
	}
	out := slices.Clone(whole[:lead])
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(expected[a], expected[b]) })
	return out[:few]
}

// mostAround is how many points besides the leading ones are looked at as neighbours.
const mostAround = 100

// thinned keeps the first of some ranked points and, of many others, some that are evenly spread over the ranks.
func thinned(ranked []int, first int) []int {
	rest := ranked[first:]
	if len(rest) <= mostAround {
		return ranked
	}
	out := slices.Clone(ranked[:first])
	for i := range mostAround {
		out = append(out, rest[i*len(rest)/mostAround])
	}
	return out
}

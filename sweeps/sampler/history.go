package sampler

import (
	"cmp"
	"math"
	"slices"
)

// Observation is what was found at a point.
type Observation struct {
	Value float64 // mean over N replicates, smaller is better; NaN and infinities are worse than every number
	N     int     // replicates behind Value; its noise has the variance of one divided by N. 0 counts as 1
	// Reached is how far a point got that was stopped early; 0: it was tried to the end.
	Reached float64
}

// History holds the points that were chosen, in order, and what is known of each.
type History struct {
	points []Point
	found  []Observation
	told   []bool
	order  []int // those that are told, the best first
	// sorted lists, for each dimension, the points that have it by their coordinate, equal ones by number.
	sorted [][]int
}

// Add puts a point at the end of the history and returns its number, from 0. It is pending until it is told.
func (h *History) Add(p Point) int {
	n := len(h.points)
	h.points = append(h.points, slices.Clone(p))
	h.found = append(h.found, Observation{})
	h.told = append(h.told, false)
	if h.sorted == nil {
		h.sorted = make([][]int, len(p))
	}
	for d, x := range p {
		if math.IsNaN(x) {
			continue
		}
		i, _ := slices.BinarySearchFunc(h.sorted[d], x, func(other int, x float64) int {
			return cmp.Or(cmp.Compare(h.points[other][d], x), -1) // equal ones stand before
		})
		h.sorted[d] = slices.Insert(h.sorted[d], i, n)
	}
	return n
}

// Tell says what was found at point n. It may be told again.
func (h *History) Tell(n int, o Observation) {
	if h.told[n] {
		i, _ := h.place(n)
		h.order = slices.Delete(h.order, i, i+1)
	}
	h.told[n], h.found[n] = true, o
	i, _ := h.place(n)
	h.order = slices.Insert(h.order, i, n)
}

// place is where point n stands in the order.
func (h *History) place(n int) (int, bool) {
	return slices.BinarySearchFunc(h.order, n, func(a, b int) int {
		return cmp.Or(compareFound(h.found[a], h.found[b]), cmp.Compare(a, b))
	})
}

// Len returns how many points there are, pending ones included.
func (h *History) Len() int { return len(h.points) }

// Point returns point n.
func (h *History) Point(n int) Point { return h.points[n] }

// ranked returns the numbers of the points that are told, the best first: those that were tried to the end by value, then
// those that were stopped, the farther ones first, then those without a finite value. It must not be changed.
func (h *History) ranked() []int { return h.order }

// done is how many points are told.
func (h *History) done() int { return len(h.order) }

// whole returns the start of ranked points that were tried to the end and have a finite value.
func (h *History) whole(ranked []int) []int {
	for i, n := range ranked {
		if o := h.found[n]; o.Reached != 0 || !finite(o.Value) {
			return ranked[:i]
		}
	}
	return ranked
}

func compareFound(a, b Observation) int {
	fa, fb := finite(a.Value), finite(b.Value)
	switch {
	case fa != fb:
		if fa {
			return -1
		}
		return 1
	case !fa:
		return 0
	}
	ra, rb := a.Reached, b.Reached
	if ra == 0 {
		ra = math.Inf(1)
	}
	if rb == 0 {
		rb = math.Inf(1)
	}
	return cmp.Or(-cmp.Compare(ra, rb), cmp.Compare(a.Value, b.Value))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

package sampler

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Dimension is one direction of a space.
type Dimension struct {
	Levels  int       // how many values there are; 0: a continuum, the numbers in [0, 1]
	Ordered bool      // neighbouring levels are alike; a continuum always is
	Weights []float64 // how likely each level is before anything is known; nil: all alike
}

// Space is what is searched. Its numbers are positions, not values: in [0, 1] where all parts of a continuum are equally
// likely before anything is known, and 0, 1, ... for levels.
type Space struct {
	Dims []Dimension
	// Clear, when set, makes those coordinates of a point absent that have no meaning given the others.
	Clear func(Point)
}

// Point has one coordinate a dimension. One that is absent is NaN.
type Point []float64

// same reports whether two points have the same coordinates, and lack the same.
func (p Point) same(q Point) bool {
	return slices.EqualFunc(p, q, func(x, y float64) bool { return x == y || math.IsNaN(x) && math.IsNaN(y) })
}

// Absent is the coordinate of a dimension that a point does not have.
var Absent = math.NaN()

// Size returns how many points the space has, +Inf with a continuum among its dimensions.
func (s Space) Size() float64 {
	size := 1.0
	for _, d := range s.Dims {
		if d.Levels == 0 {
			return math.Inf(1)
		}
		size *= float64(d.Levels)
	}
	return size
}

// position maps a coordinate into [0, 1], a level to the middle of its cell.
func (d Dimension) position(x float64) float64 {
	if d.Levels == 0 {
		return x
	}
	return (x + 0.5) / float64(d.Levels)
}

// coordinate is the inverse of position for any u in [0, 1).
func (d Dimension) coordinate(u float64) float64 {
	if d.Levels == 0 {
		return u
	}
	if d.Weights != nil {
		for i, w := range d.Weights {
			if u -= w; u < 0 {
				return float64(i)
			}
		}
		return float64(d.lastLikely())
	}
	return math.Min(math.Floor(u*float64(d.Levels)), float64(d.Levels-1))
}

// lastLikely is the last level that has a weight, for a u that rounding has put past the end.
func (d Dimension) lastLikely() int {
	last := 0
	for i, w := range d.Weights {
		if w > 0 {
			last = i
		}
	}
	return last
}

// at returns the point of n numbers in [0, 1), one a dimension.
func (s Space) at(u func(dim int) float64) Point {
	p := make(Point, len(s.Dims))
	for i, d := range s.Dims {
		p[i] = d.coordinate(u(i))
	}
	s.clear(p)
	return p
}

func (s Space) clear(p Point) {
	if s.Clear != nil {
		s.Clear(p)
	}
}

// random draws a point as likely as it is before anything is known.
func (s Space) random(rng *rand.Rand) Point { return s.at(func(int) float64 { return rng.Float64() }) }

// all calls yield with every point of a space of levels until it returns false. The point is used again.
func (s Space) all(yield func(Point) bool) {
	at := make(Point, len(s.Dims))
	for {
		p := append(Point(nil), at...)
		s.clear(p)
		if !yield(p) {
			return
		}
		i := len(at) - 1
		for ; i >= 0; i-- {
			if at[i]++; int(at[i]) < s.Dims[i].Levels {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

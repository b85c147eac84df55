package sampler

import "math"

// vicinity tells what is found around points.
type vicinity struct {
	dims      int
	unordered []bool
	at        []float64 // positions in units of reach, or levels; point by point
	values    []float64 // of each point; those in the worse half are the median
	weights   []float64 // replicates
}

const (
	reach  = 0.25 // standard deviation of the weights of neighbours, in a dimension
	unlike = 4.0  // squared distance, in reaches, of two levels without an order, and of having a dimension and not
	far    = 6.0  // squared distance at which a point no longer counts
)

// newVicinity takes points in the order of their values, the best first.
func newVicinity(s Space, h *History, numbers []int) vicinity {
	v := vicinity{dims: len(s.Dims), at: make([]float64, 0, len(numbers)*len(s.Dims))}
	median := h.found[numbers[len(numbers)/2]].Value
	for _, d := range s.Dims {
		v.unordered = append(v.unordered, d.Levels > 0 && !d.Ordered)
	}
	for _, n := range numbers {
		for d, x := range h.points[n] {
			if !v.unordered[d] {
				x = s.Dims[d].position(x) / reach
			}
			v.at = append(v.at, x)
		}
		v.values = append(v.values, min(h.found[n].Value, median))
		v.weights = append(v.weights, float64(max(h.found[n].N, 1)))
	}
	return v
}

// mean returns the mean value around point i, itself apart, and the weight behind it: replicates, each by its nearness.
func (v vicinity) mean(i int) (mean, weight float64) {
	a := v.at[i*v.dims:][:v.dims]
	sum := 0.0
	for j := range v.values {
		if j == i {
			continue
		}
		if d := v.apart(a, v.at[j*v.dims:][:v.dims]); d < far {
			w := v.weights[j] * math.Exp(-d/2)
			weight += w
			sum += w * v.values[j]
		}
	}
	if weight == 0 {
		return 0, 0
	}
	return sum / weight, weight
}

// apart is the squared distance of two points in reaches, or something beyond far.
func (v vicinity) apart(a, b []float64) float64 {
	square := 0.0
	for d, x := range a {
		z := x - b[d]
		switch {
		case z == 0 || x != x && b[d] != b[d]: //nolint:gocritic // NaN is absent
		case v.unordered[d] || z != z: //nolint:gocritic // one of them is absent
			square += unlike
		default:
			square += z * z
		}
		if square >= far {
			return far
		}
	}
	return square
}

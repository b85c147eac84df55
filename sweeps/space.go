package sweeps

import (
	"cmp"
	"math"
	"slices"

	"sweep/sweeps/sampler"
)

// searchSpace is a spec's parameters as a sampler sees them: an axis a parameter, or a group that advances together.
// Constants and derived parameters have none.
type searchSpace struct {
	spec *Spec
	axes []searchAxis
	sampler.Space
}

// searchAxis is one dimension.
type searchAxis struct {
	members []int     // indices of parameters
	rows    [][]Value // of levels: the members' values; nil for a continuum
}

// mostLevels is the greatest range of whole numbers whose values are told apart as levels.
const mostLevels = 1 << 20

func (s *Spec) searchSpace() *searchSpace {
	sp := &searchSpace{spec: s}
	for i, p := range s.Parameters {
		members := s.zippedWith(i)
		if p.Derive != nil || members[0] != i || p.Dist.Listed() && len(p.Dist.Values) == 1 {
			continue
		}
		d := p.Dist
		axis, dim := searchAxis{members: members}, sampler.Dimension{}
		switch {
		case d.Listed():
			axis.rows = s.rows(members)
			dim = sampler.Dimension{Levels: len(axis.rows), Ordered: arrange(axis.rows)}
			if d.Type == weighted {
				dim.Weights = weightsOf(d, axis.rows, s.Parameters[i])
			}
		case d.Type == intUniform && d.Max-d.Min < mostLevels:
			dim = sampler.Dimension{Levels: int(d.Max-d.Min) + 1, Ordered: true}
		}
		sp.axes = append(sp.axes, axis)
		sp.Dims = append(sp.Dims, dim)
	}
	if slices.ContainsFunc(s.Parameters, func(p Parameter) bool { return len(p.When) > 0 }) {
		sp.Clear = sp.clearAbsent
	}
	return sp
}

// arrange sorts rows whose first values are numbers, and reports whether they are.
func arrange(rows [][]Value) bool {
	for _, r := range rows {
		if _, ok := r[0].Float(); !ok {
			return false
		}
	}
	slices.SortStableFunc(rows, func(a, b []Value) int {
		x, _ := a[0].Float()
		y, _ := b[0].Float()
		return cmp.Compare(x, y)
	})
	return true
}

// weightsOf adds up the probabilities of equal values.
func weightsOf(d Distribution, rows [][]Value, p Parameter) []float64 {
	weights := make([]float64, len(rows))
	for i, v := range d.Values {
		for j, r := range rows {
			if r[0].Same(p.converted(v)) {
				weights[j] += d.Probabilities[i]
				break
			}
		}
	}
	return weights
}

// values returns a value for each parameter; those of absent coordinates and derived ones are absent.
func (sp *searchSpace) values(p sampler.Point) []Value {
	values := make([]Value, len(sp.spec.Parameters))
	for i, q := range sp.spec.Parameters {
		if q.Derive == nil && q.Dist.Listed() && len(q.Dist.Values) == 1 {
			values[i] = q.converted(q.Dist.Values[0])
		}
	}
	for d, axis := range sp.axes {
		x := p[d]
		if math.IsNaN(x) {
			continue
		}
		first := sp.spec.Parameters[axis.members[0]]
		switch {
		case axis.rows != nil:
			for j, m := range axis.members {
				values[m] = axis.rows[int(x)][j]
			}
		case sp.Dims[d].Levels > 0:
			values[axis.members[0]] = first.converted(IntValue(int64(first.Dist.Min) + int64(x)))
		default:
			values[axis.members[0]] = first.converted(first.Dist.At(x))
		}
	}
	return values
}

// point finds the point of a configuration; ok is false where it lies outside the space. A continuum's coordinate is found
// from the value that came of it, so that a configuration has one point, whether it was drawn or read from the record.
func (sp *searchSpace) point(params Values) (p sampler.Point, ok bool) {
	p = make(sampler.Point, len(sp.axes))
	for d, axis := range sp.axes {
		q := sp.spec.Parameters[axis.members[0]]
		v, present := params.Lookup(q.Name)
		if !present {
			p[d] = sampler.Absent
			continue
		}
		x, isNumber := v.Float()
		switch {
		case axis.rows != nil:
			i := slices.IndexFunc(axis.rows, func(row []Value) bool { return sp.has(params, axis, row) })
			if i < 0 {
				return nil, false
			}
			p[d] = float64(i)
		case !isNumber:
			return nil, false
		case sp.Dims[d].Levels > 0:
			p[d] = x - q.Dist.Min
			if p[d] < 0 || p[d] >= float64(sp.Dims[d].Levels) {
				return nil, false
			}
		default:
			if !q.Dist.within(x) {
				return nil, false
			}
			p[d] = q.Dist.share(x)
		}
	}
	return p, true
}

// has reports whether a configuration has a row's values.
func (sp *searchSpace) has(params Values, axis searchAxis, row []Value) bool {
	for j, m := range axis.members {
		if v, ok := params.Lookup(sp.spec.Parameters[m].Name); ok && !v.Same(row[j]) {
			return false
		}
	}
	return true
}

// clearAbsent makes the coordinates of parameters absent whose when does not hold.
func (sp *searchSpace) clearAbsent(p sampler.Point) {
	params, problem := sp.spec.complete(sp.values(p))
	if problem != nil {
		return // reported when the point is judged
	}
	for d, axis := range sp.axes {
		if !slices.ContainsFunc(axis.members, func(m int) bool {
			_, ok := params.Lookup(sp.spec.Parameters[m].Name)
			return ok
		}) {
			p[d] = sampler.Absent
		}
	}
}

// within reports whether a range may give the number x.
func (d Distribution) within(x float64) bool {
	low, high, bounded := d.Bounds()
	if bounded && d.Q > 0 {
		low, _ = d.quantised(low).Float()
		high, _ = d.quantised(high).Float()
	}
	return !bounded || low <= x && x <= high
}

// share is the share of the distribution below x, found by halving: quantile is its inverse and rises.
func (d Distribution) share(x float64) float64 {
	bottom, top, _ := d.Bounds()
	bottom, top = max(bottom, -math.MaxFloat64), min(top, math.MaxFloat64)
	low, high := 0.0, 1.0
	for range 40 { // to 1e-12: values have seven digits
		u := (low + high) / 2
		if d.quantile(u, bottom, top) < x {
			low = u
		} else {
			high = u
		}
	}
	return (low + high) / 2
}

// Axis is one direction of what a spec leaves open: a parameter that has more than one value, or several that advance
// together.
type Axis struct {
	Names   []string
	Levels  int  // how many values there are; 0: a range
	Ordered bool // numbers, which have neighbours; else names
}

// Axes returns the directions of a spec, in the order of declaration.
func (s *Spec) Axes() []Axis {
	sp := s.searchSpace()
	out := make([]Axis, len(sp.axes))
	for i, a := range sp.axes {
		for _, m := range a.members {
			out[i].Names = append(out[i].Names, s.Parameters[m].Name)
		}
		out[i].Levels, out[i].Ordered = sp.Dims[i].Levels, sp.Dims[i].Levels == 0 || sp.Dims[i].Ordered
	}
	return out
}

// At returns where a configuration lies along each axis: the number of its level, from 0 in the order of size; of a range the
// share of the distribution below it; NaN where it does not have the parameter. ok is false if it lies outside the spec's
// space.
func (s *Spec) At(params Values) (at []float64, ok bool) { return s.searchSpace().point(params) }

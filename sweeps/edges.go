package sweeps

import (
	"math"
	"slices"
)

// Edge is a parameter of a configuration that lies at the end of its axis.
type Edge struct {
	Name    string
	High    bool // at the upper end; else at the lower
	Refined bool // Refine looks beyond it
}

// nearEdge is the share of a range that counts as its edge.
const nearEdge = 0.03

// Edges returns the numeric parameters of a configuration that lie at the end of a range, or of a list of at least three
// values, unless the trainer takes nothing beyond.
func (s *Spec) Edges(params Values) []Edge {
	sp := s.searchSpace()
	at, ok := sp.point(params)
	if !ok {
		return nil
	}
	var out []Edge
	for d, axis := range sp.axes {
		dim := sp.Dims[d]
		if math.IsNaN(at[d]) || dim.Levels > 0 && (!dim.Ordered || dim.Levels < 3) {
			continue
		}
		u := at[d]
		if dim.Levels > 0 {
			u /= float64(dim.Levels - 1)
		}
		low := u <= nearEdge
		if !low && u < 1-nearEdge {
			continue
		}
		p := s.Parameters[axis.members[0]]
		e := Edge{Name: p.Name, High: !low}
		together := len(axis.members) > 1 // which Refine leaves as they are
		e.Refined = !together && s.refinedBeyond(p, axis.rows, params, e.High)
		v, _ := params.Lookup(p.Name)
		if e.Refined || !p.limited() || together && !p.atLimit(v, e.High) {
			out = append(out, e)
		}
	}
	return out
}

// refinedBeyond reports whether Refine looks beyond an end of what a parameter was tried with.
func (s *Spec) refinedBeyond(p Parameter, rows [][]Value, best Values, high bool) bool {
	if rows == nil {
		from, to, ok := s.refinedBounds(p, best)
		low, top, _ := p.Dist.Bounds()
		return ok && (!high && from < low || high && to > top)
	}
	return slices.ContainsFunc(s.refinedList(p, rows, best), func(v Value) bool {
		x, _ := v.Float()
		first, _ := rows[0][0].Float()
		last, _ := rows[len(rows)-1][0].Float()
		return !high && x < first || high && x > last
	})
}

// atLimit reports whether the trainer takes nothing beyond v.
func (p Parameter) atLimit(v Value, high bool) bool {
	x, _ := v.Float()
	switch {
	case !p.limited():
		return false
	case high:
		return x >= p.limits[1]
	}
	return x <= p.limits[0]
}

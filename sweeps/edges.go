package sweeps

import "math"

// Edge is a parameter of a configuration that lies at the end of its axis.
type Edge struct {
	Name string
	High bool // at the upper end; else at the lower
}

// nearEdge is the share of a range that counts as its edge.
const nearEdge = 0.03

// Edges returns the numeric parameters of a configuration that lie at the end of a range, or of a list of at least three
// values, beyond which the trainer would take more.
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
		p := s.Parameters[axis.members[0]]
		if low := u <= nearEdge; low || u >= 1-nearEdge {
			if v, _ := params.Lookup(p.Name); !p.atLimit(v, !low) {
				out = append(out, Edge{p.Name, !low})
			}
		}
	}
	return out
}

// atLimit reports whether the trainer takes nothing beyond v.
func (p Parameter) atLimit(v Value, high bool) bool {
	x, _ := v.Float()
	switch {
	case p.limits == [2]float64{}:
		return false
	case high:
		return x >= p.limits[1]
	}
	return x <= p.limits[0]
}

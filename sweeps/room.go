package sweeps

import "math"

// room is how far a parameter's numbers may go.
type room struct {
	low, high float64
	open      bool // low itself is not taken
}

// room returns what the trainer takes of a parameter. Where it sets no limits, as of a program's parameters, numbers keep
// the sign that they were tried with: nothing says that a count may be 0 or a rate below it. least is the lowest tried.
func (p Parameter) room(least float64) room {
	switch {
	case p.limited():
		return room{p.limits[0], p.limits[1], p.open}
	case least >= 0:
		return room{0, math.Inf(1), least > 0}
	}
	return room{math.Inf(-1), math.Inf(1), false}
}

// limited reports whether the trainer says how far the parameter's numbers may go.
func (p Parameter) limited() bool { return p.limits != [2]float64{} }

// holds reports whether x may be taken.
func (r room) holds(x float64) bool { return x <= r.high && (x > r.low || x == r.low && !r.open) }

// nearest is x where that may be taken, else the limit that it lies beyond; halfway there from what is taken if the limit
// is not.
func (r room) nearest(x, taken float64) float64 {
	switch {
	case r.holds(x):
		return x
	case x > r.high:
		return r.high
	case r.open:
		return (r.low + taken) / 2
	}
	return r.low
}

// rounded is x with three digits, unless that leaves the room.
func (r room) rounded(x float64) float64 {
	if y := decimalRound(x, 3); r.holds(y) {
		return y
	}
	return x
}

// value is x as it is written: a whole number, or one of three digits.
func (r room) value(x float64, whole bool) Value {
	if whole {
		return IntValue(int64(math.Round(x)))
	}
	return FloatValue(r.rounded(x))
}

// accepts reports whether the trainer takes a configuration with another value of one parameter: what it takes of one may
// depend on the others. What keeps it from saying so, such as a corpus that is gone, counts as yes.
func (s *Spec) accepts(params Values, name string, v Value) bool {
	if s.resolve == nil {
		return true
	}
	values := make([]Value, len(s.Parameters))
	for i, p := range s.Parameters {
		switch {
		case p.Derive != nil: // which follows from the others
		case p.Name == name:
			values[i] = p.converted(v)
		default:
			w, _ := params.Lookup(p.Name)
			values[i] = p.converted(w)
		}
	}
	params, problem := s.complete(values)
	if problem != nil {
		return false
	}
	_, err := s.resolve(params)
	if err == nil {
		return true
	}
	_, refused := valueErrors(err)
	return !refused
}

package export

import (
	"math"

	"sweep/sweeps"
)

// space is the hyperparameters of some trials in the order in which they first appear.
type space struct {
	names []string
	index map[string]int
	seen  []kinds
}

// kinds says what values of one hyperparameter there are.
type kinds struct{ whole, large, real, text, truth bool }

// add takes a trial's values into account.
func (s *space) add(vs sweeps.Values) {
	if s.index == nil {
		s.index = map[string]int{}
	}
	for _, v := range vs {
		at, ok := s.index[v.Name]
		if !ok {
			at = len(s.names)
			s.index[v.Name] = at
			s.names = append(s.names, v.Name)
			s.seen = append(s.seen, kinds{})
		}
		k := &s.seen[at]
		switch v.Value.Kind() {
		case sweeps.Int:
			i, _ := v.Value.Int()
			k.whole = true
			k.large = k.large || int64(float64(i)) != i || i == math.MaxInt64
		case sweeps.Float:
			k.real = true
		case sweeps.String:
			k.text = true
		case sweeps.Bool:
			k.truth = true
		}
	}
}

// kind is that of a column which holds all values as they are: whole numbers and others together are real, anything else
// mixed is text.
func (k kinds) kind() Kind {
	switch {
	case k.text, k.truth && (k.whole || k.real), k.real && k.large:
		return Text
	case k.truth:
		return Truth
	case k.real:
		return Real
	case k.whole:
		return Integer
	}
	return Text
}

func (s *space) columns() []Column {
	out := make([]Column, len(s.names))
	for i, name := range s.names {
		out[i] = Column{prefix + name, s.seen[i].kind(), true}
	}
	return out
}

// cells appends a trial's values to row.
func (s *space) cells(row []any, vs sweeps.Values) []any {
	first := len(row)
	for range s.names {
		row = append(row, nil)
	}
	for _, v := range vs {
		at := s.index[v.Name]
		row[first+at] = cell(v.Value, s.seen[at].kind())
	}
	return row
}

func cell(v sweeps.Value, k Kind) any {
	switch k {
	case Integer:
		if i, ok := v.Int(); ok {
			return i
		}
	case Real:
		if f, ok := v.Float(); ok {
			return f
		}
	case Truth:
		if b, ok := v.Bool(); ok {
			return b
		}
	case Text:
		if v.Kind() != 0 {
			return v.String()
		}
	}
	return nil
}

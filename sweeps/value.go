package sweeps

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Kind says which of the four types a hyperparameter's value has.
type Kind uint8

// The kinds of values.
const (
	Int Kind = iota + 1
	Float
	String
	Bool
)

// String names the kind as messages do: "a whole number", "a number", "a string", "true or false".
func (k Kind) String() string {
	switch k {
	case Int:
		return "a whole number"
	case Float:
		return "a number"
	case String:
		return "a string"
	case Bool:
		return "true or false"
	}
	return "nothing"
}

// Value is one hyperparameter's value: an int, a float, a string or a bool. The zero Value is absent.
// Values are comparable with ==.
type Value struct {
	kind Kind
	i    int64
	f    float64
	s    string
}

// IntValue returns a whole number.
func IntValue(i int64) Value { return Value{kind: Int, i: i} }

// FloatValue returns a number, which must be finite.
func FloatValue(f float64) Value { return Value{kind: Float, f: f} }

// StringValue returns a string.
func StringValue(s string) Value { return Value{kind: String, s: s} }

// BoolValue returns a truth value.
func BoolValue(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.i = 1
	}
	return v
}

// Kind returns the value's kind, zero for the absent value.
func (v Value) Kind() Kind { return v.kind }

// Int returns a whole number; a float without fraction counts as one. ok is false for anything else.
func (v Value) Int() (i int64, ok bool) {
	switch {
	case v.kind == Int:
		return v.i, true
	case v.kind == Float && v.f == math.Trunc(v.f) && math.Abs(v.f) < 1<<53:
		return int64(v.f), true
	}
	return 0, false
}

// Float returns a number; a whole number counts as one. ok is false for anything else.
func (v Value) Float() (f float64, ok bool) {
	switch v.kind {
	case Int:
		return float64(v.i), true
	case Float:
		return v.f, true
	}
	return 0, false
}

// Text returns a string value. ok is false for anything else.
func (v Value) Text() (s string, ok bool) { return v.s, v.kind == String }

// Bool returns a truth value. ok is false for anything else.
func (v Value) Bool() (b, ok bool) { return v.i == 1, v.kind == Bool }

// Same reports whether two values are equal as the identity of trials sees it: 3e6 and 3000000 are.
func (v Value) Same(w Value) bool {
	x, ok := v.Float()
	if y, also := w.Float(); ok && also {
		return x == y
	}
	return v == w
}

// String writes the value as people type it and as JSON does: 200, 0.002, 1e-7, tanh, true. The absent value is "".
func (v Value) String() string {
	switch v.kind {
	case Int:
		return strconv.FormatInt(v.i, 10)
	case Float:
		if b, err := appendNumber(nil, v.f); err == nil {
			return string(b)
		}
		return strconv.FormatFloat(v.f, 'g', -1, 64) // NaN and infinities
	case String:
		return v.s
	case Bool:
		return strconv.FormatBool(v.i == 1)
	}
	return ""
}

// MarshalJSON writes the value as a JSON scalar; the absent value is null.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Int:
		return strconv.AppendInt(nil, v.i, 10), nil
	case Float:
		return json.Marshal(v.f)
	case String:
		return json.Marshal(v.s)
	case Bool:
		return strconv.AppendBool(nil, v.i == 1), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads a JSON scalar; a number without point and exponent is a whole number.
func (v *Value) UnmarshalJSON(b []byte) error {
	if !gjson.ValidBytes(b) {
		return fmt.Errorf("sweeps: %s is not one value", b)
	}
	return v.take(gjson.ParseBytes(b))
}

// textOf is a parsed text. Of one half of a surrogate pair gjson loses the escape that comes after it.
func textOf(r gjson.Result) string {
	if !strings.Contains(r.Raw, `\u`) {
		return r.Str
	}
	var s string
	_ = json.Unmarshal([]byte(r.Raw), &s) // it is valid
	return s
}

// take takes a parsed value.
func (v *Value) take(r gjson.Result) error {
	switch r.Type {
	case gjson.Null:
		*v = Value{}
	case gjson.String:
		*v = StringValue(textOf(r))
	case gjson.True, gjson.False:
		*v = BoolValue(r.Bool())
	case gjson.Number:
		if i, err := strconv.ParseInt(r.Raw, 10, 64); err == nil {
			*v = IntValue(i)
			return nil
		}
		f, err := strconv.ParseFloat(r.Raw, 64)
		if err != nil {
			return err
		}
		*v = FloatValue(f)
	default:
		return fmt.Errorf("sweeps: %s is not a scalar", r.Raw)
	}
	return nil
}

// Setting is one named value.
type Setting struct {
	Name  string
	Value Value
}

// Values are a configuration's hyperparameters in the order of the spec. Names are unique.
type Values []Setting

// Lookup returns the value of a name, and whether it is there.
func (vs Values) Lookup(name string) (Value, bool) {
	for _, s := range vs {
		if s.Name == name {
			return s.Value, true
		}
	}
	return Value{}, false
}

// MarshalJSON writes an object whose keys keep the order of vs.
func (vs Values) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, s := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		k, err := json.Marshal(s.Name)
		if err != nil {
			return nil, err
		}
		v, err := s.Value.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, k...), ':'), v...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON reads an object of scalars and keeps the order of its keys.
func (vs *Values) UnmarshalJSON(b []byte) error {
	if !gjson.ValidBytes(b) {
		return errNoJSON
	}
	object := gjson.ParseBytes(b)
	if !object.IsObject() {
		return errNoObject
	}
	*vs = (*vs)[:0]
	var err error
	object.ForEach(func(name, r gjson.Result) bool {
		var v Value
		if err = v.take(r); err != nil {
			err = fmt.Errorf("read values: %s: %w", textOf(name), err)
			return false
		}
		*vs = append(*vs, Setting{textOf(name), v})
		return true
	})
	return err
}

var (
	errNoJSON   = errors.New("read values: they are not JSON")
	errNoObject = errors.New("read values: they are not an object")
)

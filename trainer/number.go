package trainer

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// number is a float64 that JSON holds to the bit. One that is not finite, for which JSON has no number, is a string of
// the 16 hexadecimal digits of its bits: +Inf is "7ff0000000000000".
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	x := float64(n)
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Appendf(nil, `"%016x"`, math.Float64bits(x)), nil
	}
	return json.Marshal(x)
}

func (n *number) UnmarshalJSON(b []byte) error {
	if b[0] != '"' {
		return json.Unmarshal(b, (*float64)(n))
	}
	var digits string
	if err := json.Unmarshal(b, &digits); err != nil {
		return err
	}
	bits, err := strconv.ParseUint(digits, 16, 64)
	if err != nil {
		return fmt.Errorf("read number: %w", err)
	}
	*n = number(math.Float64frombits(bits))
	return nil
}

// pointFields are a Point's without its methods.
type pointFields Point

// pointJSON is a Point as JSON holds it: the outer value hides the inner one.
type pointJSON struct {
	pointFields
	Value number `json:"value"`
}

// MarshalJSON writes a value that is not finite, such as the perplexity of a loss above 709 nats, as a string of the 16
// hexadecimal digits of its bits.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{pointFields(p), number(p.Value)})
}

// UnmarshalJSON reads what MarshalJSON writes, to the same bits.
func (p *Point) UnmarshalJSON(b []byte) error {
	at := pointJSON{pointFields(*p), number(p.Value)}
	if err := json.Unmarshal(b, &at); err != nil {
		return err
	}
	*p = Point(at.pointFields)
	p.Value = float64(at.Value)
	return nil
}

package sweeps

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// canonical is JSON in the one spelling of RFC 8785: keys sorted by their UTF-16 code units, numbers as ECMAScript
// writes them, no spaces. Hashes are taken over it.
type canonical []byte

// appendValues writes the object of vs. Names must be unique.
func appendValues(b canonical, vs Values) (canonical, error) {
	if byName := func(a, b Setting) int { return compareUTF16(a.Name, b.Name) }; !slices.IsSortedFunc(vs, byName) {
		vs = slices.Clone(vs)
		slices.SortFunc(vs, byName)
	}
	b = append(b, '{')
	for i, s := range vs {
		if i > 0 {
			if s.Name == vs[i-1].Name {
				return nil, fmt.Errorf("write canonical JSON: key %q twice", s.Name)
			}
			b = append(b, ',')
		}
		var err error
		if b, err = appendString(b, s.Name); err != nil {
			return nil, err
		}
		if b, err = appendValue(append(b, ':'), s.Value); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return append(b, '}'), nil
}

// appendValue writes a value; 3000000 and 3e6 are the same bytes. Whole numbers beyond 2^53 would lose digits and are
// an error, as are infinities.
func appendValue(b canonical, v Value) (canonical, error) {
	switch v.kind {
	case Int:
		if v.i < -maxWhole || v.i > maxWhole {
			return nil, fmt.Errorf("write canonical JSON: %d is beyond %d", v.i, int64(maxWhole))
		}
		return strconv.AppendInt(b, v.i, 10), nil
	case Float:
		return appendNumber(b, v.f)
	case String:
		return appendString(b, v.s)
	case Bool:
		return strconv.AppendBool(b, v.i == 1), nil
	}
	return append(b, "null"...), nil
}

// appendNumber writes x as ECMAScript's Number::toString does: the shortest digits that give x back, without
// exponent from 1e-6 up to below 1e21, else as 1e+21 and 1e-7.
func appendNumber(b canonical, x float64) (canonical, error) {
	switch a := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return nil, fmt.Errorf("write canonical JSON: %v is not a number", x)
	case x == 0:
		return append(b, '0'), nil // -0, too
	case a >= 1e-6 && a < 1e21:
		return strconv.AppendFloat(b, x, 'f', -1, 64), nil
	}
	// Go writes at least two digits of an exponent, ECMAScript does not.
	digits, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', -1, 64), "e")
	sign, exponent := exponent[:1], strings.TrimLeft(exponent[1:], "0")
	return append(b, digits+"e"+sign+exponent...), nil
}

// appendString escapes the quote, the backslash and control characters, nothing else.
func appendString(b canonical, s string) (canonical, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("write canonical JSON: %q is not UTF-8", s)
	}
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case strings.IndexByte("\b\t\n\f\r", c) >= 0:
			b = append(b, '\\', "btn?fr"[c-'\b'])
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(b, '"'), nil
}

func compareUTF16(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return cmp.Compare(a, b)
	}
	return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

package sweeps

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Expression is arithmetic over parameters: 2 * embedding_dim, or hidden_size <= 8 * embedding_dim. It knows
// or, and, not; <, <=, >, >=, ==, !=, which chain as in 1 <= a < b; +, -, *, /, // (rounded down), %, **; numbers,
// 'strings', true and false; and the functions min, max, abs, floor, ceil, round, sqrt, log, log2 and exp.
type Expression struct {
	Source string
	root   term
	names  []string // parameters that it names, each once
	at     place
}

// Constraint is an expression that a configuration must satisfy.
type Constraint = Expression

// modelSize is the name under which constraints see the model's parameter count.
const modelSize = "parameters"

// errAbsent says that an expression names a parameter that the configuration does not have.
var errAbsent = errors.New("sweeps: absent parameter")

// eval returns the expression's value. lookup gives a parameter's; where it has none, the error is errAbsent.
func (e *Expression) eval(lookup func(string) (Value, bool)) (Value, error) { return e.root(lookup) }

// term evaluates a part of an expression.
type term func(lookup func(string) (Value, bool)) (Value, error)

// numberValue is a whole number where f is one.
func numberValue(f float64) Value {
	if f == math.Trunc(f) && math.Abs(f) <= float64(maxWhole) {
		return IntValue(int64(f))
	}
	return FloatValue(f)
}

// logical is "or" where stop is true, "and" where it is false: the right side counts only if the left is not stop.
func logical(left, right term, stop bool) term {
	return func(lookup func(string) (Value, bool)) (Value, error) {
		b, err := truthOf(left, lookup)
		if err != nil || b == stop {
			return BoolValue(b), err
		}
		b, err = truthOf(right, lookup)
		return BoolValue(b), err
	}
}

func truthOf(t term, lookup func(string) (Value, bool)) (bool, error) {
	v, err := t(lookup)
	if err != nil {
		return false, err
	}
	b, ok := v.Bool()
	if !ok {
		return false, fmt.Errorf("%s is not true or false", describe(v))
	}
	return b, nil
}

func compare(operator string, a, b Value) (bool, error) {
	switch operator {
	case "==":
		return a.Same(b), nil
	case "!=":
		return !a.Same(b), nil
	}
	x, okX := a.Float()
	y, okY := b.Float()
	if !okX || !okY {
		return false, fmt.Errorf("%s %s %s compares what is not numbers", describe(a), operator, describe(b))
	}
	switch operator {
	case "<":
		return x < y, nil
	case "<=":
		return x <= y, nil
	case ">":
		return x > y, nil
	}
	return x >= y, nil
}

func literal(v Value) term {
	return func(func(string) (Value, bool)) (Value, error) { return v, nil }
}

func arithmetic(operator string, left, right term) term {
	return func(lookup func(string) (Value, bool)) (Value, error) {
		xs, err := numbers(lookup, left, right)
		if err != nil {
			return Value{}, err
		}
		x, y := xs[0], xs[1]
		switch operator {
		case "+":
			x += y
		case "-":
			x -= y
		case "*":
			x *= y
		case "/":
			x /= y
		case "//":
			x = math.Floor(x / y)
		case "%":
			x -= y * math.Floor(x/y)
		case "**":
			x = math.Pow(x, y)
		}
		return finite(x)
	}
}

// finite refuses what a division by zero or an overflow left. Fifteen digits hide the noise of 0.1 + 0.2.
func finite(x float64) (Value, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Value{}, errors.New("the result is not a finite number")
	}
	return numberValue(decimalRound(x, 15)), nil
}

func numbers(lookup func(string) (Value, bool), terms ...term) ([]float64, error) {
	xs := make([]float64, len(terms))
	for i, t := range terms {
		v, err := t(lookup)
		if err != nil {
			return nil, err
		}
		x, ok := v.Float()
		if !ok {
			return nil, fmt.Errorf("%s is not a number", describe(v))
		}
		xs[i] = x
	}
	return xs, nil
}

// functions of an expression; those of arity 0 take one argument or more.
var functions = map[string]struct {
	arity int
	f     func(xs []float64) float64
}{
	"min":   {0, slices.Min[[]float64]},
	"max":   {0, slices.Max[[]float64]},
	"abs":   {1, func(xs []float64) float64 { return math.Abs(xs[0]) }},
	"floor": {1, func(xs []float64) float64 { return math.Floor(xs[0]) }},
	"ceil":  {1, func(xs []float64) float64 { return math.Ceil(xs[0]) }},
	"round": {1, func(xs []float64) float64 { return math.RoundToEven(xs[0]) }},
	"sqrt":  {1, func(xs []float64) float64 { return math.Sqrt(xs[0]) }},
	"log":   {1, func(xs []float64) float64 { return math.Log(xs[0]) }},
	"log2":  {1, func(xs []float64) float64 { return math.Log2(xs[0]) }},
	"exp":   {1, func(xs []float64) float64 { return math.Exp(xs[0]) }},
}

// expression reads an expression from a spec.
func (d *decoder) expression(n *node, path string) (*Expression, bool) {
	if n.kind != scalarNode || n.value.Kind() == 0 {
		d.wrongKind(n, path, "an expression", "write it as one string")
		return nil, false
	}
	e, err := parseExpression(n.value.String())
	if err != nil {
		d.amiss(n.place, path, "names, numbers, + - * / ** %, comparisons, and, or, not", "%s is not an expression: %v", quote(n.value.String()), err)
		return nil, false
	}
	e.at = n.place
	return e, true
}

func (d *decoder) derive(p *Parameter, n *node, path string) {
	p.Derive, _ = d.expression(n, path)
}

func (d *decoder) constraints(n *node, path string) {
	d.each(n, path, "expressions", func(item *node, at string) {
		if e, ok := d.expression(item, at); ok {
			d.spec.Constraints = append(d.spec.Constraints, *e)
		}
	})
}

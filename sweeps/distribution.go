package sweeps

import (
	"math"
	"strconv"
)

// Distribution says which values a parameter may take, and how likely each is. Which fields count depends on Type.
type Distribution struct {
	// Type is W&B's name: constant, categorical, categorical_w_probabilities, int_uniform, uniform, q_uniform,
	// log_uniform, q_log_uniform, log_uniform_values, q_log_uniform_values, inv_log_uniform,
	// inv_log_uniform_values, normal, q_normal, log_normal, q_log_normal, beta, q_beta.
	Type          string
	Values        []Value   // of constant (one) and categorical
	Probabilities []float64 // of categorical_w_probabilities, as many as Values
	// Min and Max are the bounds as the spec gives them: exponents for log_uniform, q_log_uniform and
	// inv_log_uniform, values for all others.
	Min, Max  float64
	Mu, Sigma float64 // of the normal ones; of log_normal they are of the logarithm
	A, B      float64 // of beta
	Q         float64 // step of the q_ ones: a value is round(x/Q)*Q
	Count     int     // points of a grid over a range, ends included; 0: not given
}

// The types of distributions that other parts of the package single out.
const (
	constant     = "constant"
	categorical  = "categorical"
	weighted     = "categorical_w_probabilities"
	intUniform   = "int_uniform"
	uniform      = "uniform"
	quantUniform = "q_uniform"
	logUniform   = "log_uniform"
)

// form is what a type of distribution is made of.
type form struct {
	name      string
	keys      []string // that belong to it, the required ones first
	required  int      // how many of keys must be given
	log       bool     // uniform in the logarithm
	exponents bool     // the bounds are of the logarithm
	inverse   bool     // the bounds are of 1/x
}

// forms are W&B's distributions.
var forms = []form{
	{name: constant, keys: []string{"value"}, required: 1},
	{name: categorical, keys: []string{"values"}, required: 1},
	{name: weighted, keys: []string{"values", "probabilities"}, required: 2},
	{name: intUniform, keys: []string{"min", "max", "count"}, required: 2},
	{name: uniform, keys: []string{"min", "max", "count"}, required: 2},
	{name: quantUniform, keys: []string{"min", "max", "q", "count"}, required: 2},
	{name: logUniform, keys: []string{"min", "max", "count"}, required: 2, log: true, exponents: true},
	{name: "q_log_uniform", keys: []string{"min", "max", "q", "count"}, required: 2, log: true, exponents: true},
	{name: "log_uniform_values", keys: []string{"min", "max", "count"}, required: 2, log: true},
	{name: "q_log_uniform_values", keys: []string{"min", "max", "q", "count"}, required: 2, log: true},
	{name: "inv_log_uniform", keys: []string{"min", "max", "count"}, required: 2, log: true, exponents: true, inverse: true},
	{name: "inv_log_uniform_values", keys: []string{"min", "max", "count"}, required: 2, log: true},
	{name: "normal", keys: []string{"mu", "sigma"}},
	{name: "q_normal", keys: []string{"mu", "sigma", "q"}},
	{name: "log_normal", keys: []string{"mu", "sigma"}},
	{name: "q_log_normal", keys: []string{"mu", "sigma", "q"}},
	{name: "beta", keys: []string{"a", "b"}},
	{name: "q_beta", keys: []string{"a", "b", "q"}},
}

// formOf returns the form of a type of distribution; ok is false for an unknown name.
func formOf(name string) (f form, ok bool) {
	for _, f := range forms {
		if f.name == name {
			return f, true
		}
	}
	return form{}, false
}

func formNames() []string {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = f.name
	}
	return names
}

// Listed reports whether the values are given one by one: a constant or a choice.
func (d Distribution) Listed() bool {
	return d.Type == constant || d.Type == categorical || d.Type == weighted
}

// Discrete reports whether the values can be counted without saying how many points a range has.
func (d Distribution) Discrete() bool {
	return d.Listed() || d.Type == intUniform || d.Type == quantUniform
}

// Bounds returns the least and the greatest value of a number, infinite where there is none; ok is false for a list.
func (d Distribution) Bounds() (low, high float64, ok bool) {
	f, _ := formOf(d.Type)
	switch d.Type {
	case constant, categorical, weighted:
		return 0, 0, false
	case "normal", "q_normal":
		low, high = math.Inf(-1), math.Inf(1)
	case "log_normal", "q_log_normal":
		low, high = 0, math.Inf(1)
	case "beta", "q_beta":
		low, high = 0, 1
	default:
		low, high = d.Min, d.Max
		if f.inverse {
			low, high = -high, -low
		}
		if f.exponents {
			low, high = math.Exp(low), math.Exp(high)
		}
	}
	return low, high, true
}

// At returns the value at u, the share of the distribution below it: its quantile. For u uniform on [0,1) the values
// are a sample. A continuous value is rounded to seven digits of its size or of the range's, whichever is finer: more
// is noise, and would make the same draw differ between processors.
func (d Distribution) At(u float64) Value {
	switch d.Type {
	case constant:
		return d.Values[0]
	case categorical:
		return d.Values[min(int(u*float64(len(d.Values))), len(d.Values)-1)]
	case weighted:
		for i, p := range d.Probabilities {
			if u -= p; u < 0 {
				return d.Values[i]
			}
		}
		return d.Values[d.lastLikely()]
	case intUniform:
		return IntValue(int64(min(math.Floor(d.Min+u*(d.Max-d.Min+1)), d.Max)))
	}
	low, high, _ := d.Bounds()
	low, high = max(low, -math.MaxFloat64), min(high, math.MaxFloat64)
	x := min(max(d.quantile(u, low, high), low), high)
	if d.Q > 0 {
		return d.quantised(x)
	}
	return FloatValue(min(max(round(x, d.width(low, high)), low), high))
}

// lastLikely is the last value that has a probability, for a u that rounding has put past the end.
func (d Distribution) lastLikely() int {
	last := 0
	for i, p := range d.Probabilities {
		if p > 0 {
			last = i
		}
	}
	return last
}

// quantile is the inverse of the distribution function, before quantisation.
func (d Distribution) quantile(u, low, high float64) float64 {
	switch d.Type {
	case "normal", "q_normal":
		return d.Mu + d.Sigma*normalQuantile(u)
	case "log_normal", "q_log_normal":
		return math.Exp(d.Mu + d.Sigma*normalQuantile(u))
	case "beta", "q_beta":
		return betaQuantile(u, d.A, d.B)
	}
	f, _ := formOf(d.Type)
	if !f.log {
		return low*(1-u) + high*u // high - low might overflow
	}
	a, b := d.Min, d.Max
	if !f.exponents {
		a, b = math.Log(a), math.Log(b)
	} else if f.inverse {
		a, b = -b, -a
	}
	return math.Exp(a + u*(b-a))
}

// width is the size of what is told apart: the range, or the spread.
func (d Distribution) width(low, high float64) float64 {
	switch d.Type {
	case "normal":
		return d.Sigma
	case "log_normal":
		return math.Inf(1)
	}
	return high - low
}

// quantised returns the multiple of Q next to x, a whole number if Q is one.
func (d Distribution) quantised(x float64) Value {
	steps := math.RoundToEven(x / d.Q)
	if math.IsInf(steps, 0) || math.IsInf(steps*d.Q, 0) {
		return FloatValue(x) // so large that steps of Q are lost in it anyway
	}
	x = decimalRound(steps*d.Q, 15)
	if d.Q == math.Trunc(d.Q) && math.Abs(x) <= float64(maxWhole) {
		return IntValue(int64(x))
	}
	return FloatValue(x)
}

// round keeps seven digits of x, or of width if that is smaller.
func round(x, width float64) float64 {
	digits := 7
	if width > 0 && !math.IsInf(width, 0) && x != 0 {
		digits += max(0, int(math.Floor(math.Log10(math.Abs(x)))-math.Floor(math.Log10(width))))
	}
	return decimalRound(x, digits)
}

// decimalRound keeps the first digits of x, exactly rounded.
func decimalRound(x float64, digits int) float64 {
	if digits >= 17 || x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return x // rounded up past the largest number
	}
	return r
}

package optuna

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"sweep/results"
	"sweep/sweeps"
)

// mostListed is how many steps of a range are written one by one.
const mostListed = 1000

// spec describes the space of a study in the language of specs, so that what matters in it can be weighed. It is nil where
// that language does not have the study's names.
func (s *Study) spec(x results.Import) []byte {
	type object = map[string]any
	parameters := &bytes.Buffer{}
	for _, p := range s.space() {
		if parameters.Len() > 0 {
			parameters.WriteByte(',')
		}
		name, err := json.Marshal(p.Name)
		if err != nil {
			return nil
		}
		form, err := json.Marshal(p.form())
		if err != nil {
			return nil
		}
		parameters.Write(name)
		parameters.WriteByte(':')
		parameters.Write(form)
	}
	source, err := json.Marshal(object{
		"name": x.Sweep, "description": "The space of " + x.Source.Name + ", which Optuna has searched", "method": "tpe",
		"program": x.Source.Name, "confirm": "none", "metric": object{"name": x.Metric, "goal": sweeps.Metric{Maximize: x.Maximize}.Goal()},
		"budget": object{"configurations": max(1, len(x.Trials))}, "parameters": json.RawMessage("{" + parameters.String() + "}"),
	})
	if err != nil {
		return nil
	}
	if _, err := sweeps.Load(x.Sweep+".yaml", source, sweeps.Trainer{}); err != nil {
		return nil
	}
	var lines bytes.Buffer
	if err := json.Indent(&lines, source, "", "  "); err != nil {
		return nil
	}
	return append(lines.Bytes(), '\n')
}

// ranged is a parameter with all its distributions put together.
type ranged struct {
	Name string
	Distribution
	seen []float64 // values of steps, as Optuna has computed them
}

// space puts the distributions together that each parameter had, in the order in which they came up. Bounds may change
// within a study.
func (s *Study) space() []ranged {
	var out []ranged
	for _, t := range s.Trials {
		for _, p := range t.Params {
			i := slices.IndexFunc(out, func(r ranged) bool { return r.Name == p.Name })
			if i < 0 {
				i = len(out)
				out = append(out, ranged{Name: p.Name, Distribution: p.Distribution})
			}
			if !out[i].fits(p.Distribution) {
				continue
			}
			if p.Distribution.Step > 0 && !slices.Contains(out[i].seen, p.Internal) {
				out[i].seen = append(out[i].seen, p.Internal)
			}
			out[i].Low, out[i].High = min(out[i].Low, p.Distribution.Low), max(out[i].High, p.Distribution.High)
		}
	}
	return out
}

// form is a distribution in the language of specs.
func (r ranged) form() any {
	type object = map[string]any
	switch {
	case r.Kind == Categorical:
		var values []sweeps.Value
		for _, c := range r.Choices {
			if v, err := choiceValue(c); err == nil {
				values = append(values, v)
			}
		}
		return object{"values": values}
	case r.Low == r.High:
		return object{"value": r.value(r.Low)}
	case r.Log && r.Kind == Int:
		return object{"distribution": "q_log_uniform_values", "min": r.Low, "max": r.High, "q": 1}
	case r.Log:
		return object{"distribution": "log_uniform_values", "min": r.Low, "max": r.High}
	case r.Kind == Int && r.Step <= 1:
		return object{"distribution": "int_uniform", "min": int64(r.Low), "max": int64(r.High)}
	}
	if n := math.Floor((r.High-r.Low)/r.Step + 1e-9); r.Step > 0 && n < mostListed {
		var values []sweeps.Value
		for k := 0.0; k <= n; k++ {
			values = append(values, r.value(r.Low+k*r.Step))
		}
		return object{"values": values}
	}
	return object{"distribution": "uniform", "min": r.Low, "max": r.High}
}

// value is a number of the range.
func (r ranged) value(x float64) sweeps.Value {
	if r.Kind == Int {
		return sweeps.IntValue(int64(x))
	}
	for _, y := range r.seen {
		if math.Abs(y-x) < 1e-9*r.Step {
			return sweeps.FloatValue(y)
		}
	}
	return sweeps.FloatValue(decimal(x))
}

// decimal takes away what floating point adds to a multiple of a decimal step: 0.30000000000000004 is 0.3.
func decimal(x float64) float64 {
	if short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64); err == nil {
		return short
	}
	return x
}

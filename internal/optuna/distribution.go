package optuna

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"sweep/sweeps"
)

// Distribution is the range of a parameter. A Choice has Choices, the others have bounds, which belong to it.
type Distribution struct {
	Kind      Kind
	Low, High float64
	Log       bool
	Step      float64 // 0: none
	Choices   []json.RawMessage
}

// Kind is what a distribution gives.
type Kind int

// The kinds of distributions.
const (
	Float Kind = iota + 1
	Int
	Categorical
)

// classes are the names under which Optuna writes distributions, those of its earlier versions too.
var classes = map[string]struct {
	kind Kind
	log  bool
}{
	"FloatDistribution": {kind: Float}, "UniformDistribution": {kind: Float}, "LogUniformDistribution": {Float, true},
	"DiscreteUniformDistribution": {kind: Float}, "IntDistribution": {kind: Int}, "IntUniformDistribution": {kind: Int},
	"IntLogUniformDistribution": {Int, true}, "CategoricalDistribution": {kind: Categorical},
}

// attributes are what a distribution is made of, in Optuna's words.
type attributes struct {
	Step    *number           `json:"step"`
	Q       *number           `json:"q,omitempty"` // of earlier versions, for step
	Low     number            `json:"low"`
	High    number            `json:"high"`
	Log     bool              `json:"log"`
	Choices []json.RawMessage `json:"choices,omitempty"`
}

// ParseDistribution reads a distribution as Optuna writes it.
func ParseDistribution(text string) (Distribution, error) {
	var d struct {
		Name       string     `json:"name"`
		Attributes attributes `json:"attributes"`
	}
	if err := json.Unmarshal(strict([]byte(text)), &d); err != nil {
		return Distribution{}, fmt.Errorf("read distribution %.80q: %w", text, err)
	}
	class, ok := classes[d.Name]
	if !ok {
		return Distribution{}, fmt.Errorf("unknown distribution %q", d.Name)
	}
	a := d.Attributes
	out := Distribution{Kind: class.kind, Low: float64(a.Low), High: float64(a.High), Log: class.log || a.Log, Choices: a.Choices}
	for _, step := range []*number{a.Step, a.Q} {
		if step != nil {
			out.Step = float64(*step)
		}
	}
	if out.Kind == Categorical && len(out.Choices) == 0 {
		return out, fmt.Errorf("a categorical distribution without choices")
	}
	return out, nil
}

// MarshalText writes the distribution as Optuna does.
func (d Distribution) MarshalText() ([]byte, error) {
	type object map[string]any
	switch d.Kind {
	case Categorical:
		return json.Marshal(object{"name": "CategoricalDistribution", "attributes": object{"choices": d.Choices}})
	case Int:
		return json.Marshal(object{"name": "IntDistribution", "attributes": object{
			"log": d.Log, "step": int64(max(1, d.Step)), "low": int64(d.Low), "high": int64(d.High)}})
	}
	var step any
	if d.Step > 0 {
		step = d.Step
	}
	return json.Marshal(object{"name": "FloatDistribution", "attributes": object{"step": step, "low": d.Low, "high": d.High, "log": d.Log}})
}

// fits reports whether Optuna takes both distributions for one parameter.
func (d Distribution) fits(e Distribution) bool {
	return d.Kind == e.Kind && d.Log == e.Log && (d.Kind != Categorical || slices.EqualFunc(d.Choices, e.Choices, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }))
}

// Value returns what the objective was given. None becomes "None", and a choice that is no scalar its JSON.
func (p Param) Value() (sweeps.Value, error) {
	x := p.Internal
	switch p.Distribution.Kind {
	case Int:
		if x != math.Trunc(x) || math.Abs(x) > 1<<53 {
			return sweeps.Value{}, fmt.Errorf("%s is no whole number: %v", p.Name, x)
		}
		return sweeps.IntValue(int64(x)), nil
	case Float:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return sweeps.Value{}, fmt.Errorf("%s is no number: %v", p.Name, x)
		}
		return sweeps.FloatValue(x), nil
	}
	if x < 0 || x >= float64(len(p.Distribution.Choices)) || x != math.Trunc(x) {
		return sweeps.Value{}, fmt.Errorf("%s: there is no choice %v among %d", p.Name, x, len(p.Distribution.Choices))
	}
	return choiceValue(p.Distribution.Choices[int(x)])
}

// choiceValue reads one choice of a list.
func choiceValue(raw json.RawMessage) (sweeps.Value, error) {
	if len(raw) > 0 && (raw[0] == '[' || raw[0] == '{') {
		var b bytes.Buffer
		err := json.Compact(&b, raw)
		return sweeps.StringValue(b.String()), err
	}
	var v sweeps.Value
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("read choice %.80q: %w", raw, err)
	}
	if v.Kind() == 0 {
		return sweeps.StringValue("None"), nil
	}
	if i, ok := v.Int(); v.Kind() == sweeps.Int && ok && (i > 1<<53 || i < -1<<53) {
		return sweeps.StringValue(v.String()), nil
	}
	return v, nil
}

package sweeps

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// convert turns v into the kind, where nothing is lost: 3e6 is a whole number, 1 is a number. Kind zero takes any.
func convert(v Value, k Kind) (Value, bool) {
	switch k {
	case 0:
		return v, true
	case Int:
		i, ok := v.Int()
		return IntValue(i), ok
	case Float:
		f, ok := v.Float()
		return FloatValue(f), ok
	}
	return v, v.Kind() == k
}

// judge returns v as the parameter takes it, or says what is wrong with it.
func (p Param) judge(v Value) (_ Value, message, hint string) {
	w, ok := convert(v, p.Kind)
	if !ok {
		return v, fmt.Sprintf("%s takes %s, not %s", p.Name, p.Kind, describe(v)), p.kindHint(v)
	}
	if f, ok := w.Float(); ok {
		if message := p.outside(f, w.String()); message != "" {
			return v, message, ""
		}
	}
	if s, ok := w.Text(); ok && p.Choices != nil && !slices.Contains(p.Choices, s) {
		hint := "one of " + strings.Join(p.Choices, ", ")
		if s := suggest(s, p.Choices); s != "" {
			hint = "did you mean " + s
		}
		return v, fmt.Sprintf("%s cannot be %s", p.Name, quote(s)), hint
	}
	if p.Check != nil {
		if err := p.Check(w); err != nil {
			return v, p.Name + ": " + err.Error(), ""
		}
	}
	return w, "", ""
}

// outside says how x leaves the parameter's range; it is empty if x does not.
func (p Param) outside(x float64, written string) string {
	if p.Min == 0 && p.Max == 0 {
		return ""
	}
	switch {
	case p.OpenMin && x <= p.Min:
		return fmt.Sprintf("%s must be above %v, not %s", p.Name, p.Min, written)
	case x < p.Min:
		return fmt.Sprintf("%s must be at least %v, not %s", p.Name, p.Min, written)
	case x > p.Max && p.Max >= p.Min:
		return fmt.Sprintf("%s must be at most %v, not %s", p.Name, p.Max, written)
	}
	return ""
}

// kindHint says how to write what was probably meant.
func (p Param) kindHint(v Value) string {
	s, isText := v.Text()
	switch {
	case p.Kind == String:
		return "quote it: " + quote(v.String())
	case p.Kind == Bool && isText:
		return truthHint(s)
	case p.Kind == Bool:
		return "write true or false"
	case isText && floatForm.MatchString(s):
		return "write it without quotes: " + s
	case isText && listForm.MatchString(s):
		return "a list is written [" + s + "]; a decimal point is a point"
	}
	return ""
}

// listForm is numbers with commas between them.
var listForm = regexp.MustCompile(`^[-+.\deE]+(,\s*[-+.\deE]+)+$`)

// param returns the trainer's parameter of a name. A trainer that takes any name has one of any kind.
func (t Trainer) param(name string) (Param, bool) {
	if t.Params == nil {
		return Param{Name: name}, true
	}
	i := slices.IndexFunc(t.Params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return t.Params[i], true
}

func (t Trainer) names() []string {
	names := make([]string, len(t.Params))
	for i, p := range t.Params {
		names[i] = p.Name
	}
	return names
}

// names holds the parameters against those of the trainer.
func (c *checker) names() {
	s := c.spec
	for i := range s.Parameters {
		p := &s.Parameters[i]
		path := "parameters." + p.Name
		param, ok := c.t.param(p.Name)
		if !ok {
			c.fail(p.key, path, didYouMean(p.Name, c.t.names()), "unknown parameter %s", quote(p.Name))
			continue
		}
		p.kind, p.limits, p.open = param.Kind, [2]float64{param.Min, param.Max}, param.OpenMin
		c.listed(p, param, path)
		c.ranged(p, param, path)
	}
	for _, param := range c.t.Params {
		if param.Required && s.parameter(param.Name) == nil && s.parameters != (place{}) {
			c.fail(s.parameters, "parameters."+param.Name, param.Doc, "parameter %s is missing", param.Name)
		}
	}
}

// listed judges the values of a list, and drops the second of two equal ones.
func (c *checker) listed(p *Parameter, param Param, path string) {
	zipped := slices.ContainsFunc(c.spec.Zip, func(names []string) bool { return slices.Contains(names, p.Name) })
	for i, v := range p.Dist.Values {
		w, message, hint := param.judge(v)
		if message != "" {
			c.fail(p.values[i], path, hint, "%s", message)
			continue
		}
		p.Dist.Values[i] = w
		if !zipped && p.Dist.Type == categorical && slices.ContainsFunc(p.Dist.Values[:i], w.Same) {
			c.warn(p.values[i], path, "", "%s is listed twice; it is trained once", describe(w))
		}
	}
}

// ranged judges the ends of a range and the kind of what is drawn from it.
func (c *checker) ranged(p *Parameter, param Param, path string) {
	d := p.Dist
	low, high, isRange := d.Bounds()
	if _, known := formOf(d.Type); !isRange || !known || c.broken(p) {
		return
	}
	if param.Kind == String || param.Kind == Bool {
		c.fail(p.at, path, "list values", "%s takes %s, not a range", p.Name, param.Kind)
		return
	}
	for _, end := range []struct {
		x  float64
		at place
	}{{low, p.low}, {high, p.high}} {
		if end.at == (place{}) || math.IsInf(end.x, 0) {
			continue // the draws of a distribution without ends are judged one by one
		}
		if message := param.outside(end.x, FloatValue(decimalRound(end.x, 7)).String()); message != "" {
			c.fail(end.at, path, "", "%s", message)
		}
	}
	c.drawn(p, param, path)
}

// broken reports whether the bounds of p are known to be wrong, so that nothing should be said of what lies between.
func (c *checker) broken(p *Parameter) bool {
	return slices.ContainsFunc(slices.Concat(c.shape, c.problems), func(q Problem) bool {
		return q.Path == "parameters."+p.Name || strings.HasPrefix(q.Path, "parameters."+p.Name+".")
	}) || p.Dist.Q < 0 || p.low == place{} && p.Dist.needsBounds()
}

func (d Distribution) needsBounds() bool {
	f, _ := formOf(d.Type)
	return slices.Contains(f.keys, "min")
}

// drawn checks the kind of what a range gives.
func (c *checker) drawn(p *Parameter, param Param, path string) {
	d := p.Dist
	whole := d.Type == intUniform || d.Q >= 1 && d.Q == math.Trunc(d.Q)
	switch {
	case param.Kind == Float && d.Type == intUniform && d.Count == 0:
		c.warn(p.at, path, fmt.Sprintf("write min: %.1f for numbers in between", d.Min),
			"whole-number bounds draw whole numbers, and %s takes fractions, too", p.Name)
	case param.Kind == Int && !whole && d.Count == 0:
		c.fail(p.at, path, wholeHint(d), "%s takes whole numbers, and %s draws fractions", p.Name, d.Type)
	case param.Kind == Int && !whole && c.spec.Method == "grid":
		for _, v := range d.Grid() {
			if _, ok := convert(v, Int); !ok {
				c.fail(p.at, path, wholeHint(d), "%s takes whole numbers, and the grid holds %s", p.Name, v)
				return
			}
		}
	case param.Kind == Int && !whole:
		c.fail(p.at, path, wholeHint(d), "%s takes whole numbers, and %s draws fractions", p.Name, d.Type)
	}
}

func wholeHint(d Distribution) string {
	switch {
	case d.Type == uniform:
		return "write whole-number bounds, or distribution: int_uniform"
	case strings.HasPrefix(d.Type, "q_"):
		return "q: 1 rounds to whole numbers"
	case strings.HasPrefix(d.Type, "inv_"):
		return "list values"
	}
	return "distribution: q_" + d.Type + " rounds to whole numbers"
}

package sweeps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// conditions checks that when, derive, constraints, include and exclude name parameters that are there, and turns the
// values that they name into the trainer's kinds.
func (c *checker) conditions() {
	s := c.spec
	for i := range s.Parameters {
		p := &s.Parameters[i]
		for j := range p.When {
			c.termNames(&p.When[j], p.whens[j], "parameters."+p.Name+".when", "when")
		}
		if p.Derive != nil {
			c.expressionNames(p.Derive, "parameters."+p.Name+".derive", false)
		}
	}
	for i := range s.Constraints {
		c.expressionNames(&s.Constraints[i], fmt.Sprintf("constraints[%d]", i), true)
	}
	for i := range s.Exclude {
		for j := range s.Exclude[i] {
			c.termNames(&s.Exclude[i][j], s.excluded[i], fmt.Sprintf("exclude[%d]", i), "exclude")
		}
	}
	for i := range s.Include {
		c.included(i)
	}
}

// termNames checks one name: value of a condition.
func (c *checker) termNames(t *Term, at place, path, what string) {
	if c.spec.parameter(t.Name) == nil {
		c.fail(at, path, didYouMean(t.Name, c.parameterNames()), "%s names %s, which is not among the parameters", what, t.Name)
		return
	}
	param, ok := c.t.param(t.Name)
	if !ok {
		return // reported
	}
	for i, v := range t.Values {
		w, ok := convert(v, param.Kind)
		if !ok {
			c.fail(at, path, param.kindHint(v), "%s takes %s, not %s", t.Name, param.Kind, describe(v))
		}
		t.Values[i] = w
	}
}

// expressionNames checks the names in an expression; constraints also see the defaults of the trainer's parameters.
func (c *checker) expressionNames(e *Expression, path string, constraint bool) {
	for _, name := range e.names {
		param, known := c.t.param(name)
		hasDefault := c.t.Params != nil && known && param.Default.Kind() != 0
		switch {
		case c.spec.parameter(name) != nil, constraint && name == modelSize, constraint && hasDefault:
		case name == modelSize:
			c.fail(e.at, path, "it is known only once the configuration is", "the model's parameter count cannot be used here")
		default:
			c.fail(e.at, path, c.expressionHint(name, constraint), "%s is not among the parameters", name)
		}
	}
}

// expressionHint says what was probably meant by a name in an expression: a parameter of the spec, else a default of the
// trainer's, else a parameter that would have to be given.
func (c *checker) expressionHint(name string, constraint bool) string {
	if suggest(name, c.parameterNames()) == "" {
		if s := suggest(name, c.defaulted()); constraint && s != "" {
			return "did you mean " + s
		}
		if s := suggest(name, c.t.names()); s == name {
			return "add it to them"
		} else if s != "" {
			return "did you mean " + s + "? it is not among them either: add it"
		}
	}
	return didYouMean(name, c.parameterNames())
}

// defaulted lists what a constraint may name though it is not among the parameters.
func (c *checker) defaulted() []string {
	names := []string{modelSize}
	for _, param := range c.t.Params {
		if param.Default.Kind() != 0 {
			names = append(names, param.Name)
		}
	}
	return names
}

// included completes an entry of include: parameters that have one value need not be named.
func (c *checker) included(i int) {
	s, at, path := c.spec, c.spec.included[i], fmt.Sprintf("include[%d]", i)
	for j, set := range s.Include[i] {
		param, ok := c.t.param(set.Name)
		if !ok {
			c.fail(at, path, didYouMean(set.Name, c.t.names()), "unknown parameter %s", quote(set.Name))
			continue
		}
		v, message, hint := param.judge(set.Value)
		if message != "" {
			c.fail(at, path, hint, "%s", message)
		}
		s.Include[i][j].Value = v
	}
	for _, p := range s.Parameters {
		if _, ok := s.Include[i].Lookup(p.Name); !ok && p.Dist.Type != constant && p.Derive == nil && len(p.When) == 0 {
			c.fail(at, path, "", "%s does not say which %s", path, p.Name)
		}
	}
}

// dependencies returns the parameters in an order in which each stands after those that its when and derive name.
func (c *checker) dependencies() []int {
	s := c.spec
	const (
		open = iota + 1
		done
	)
	state := make([]int, len(s.Parameters))
	var order []int
	var visit func(i int, chain []string) bool
	visit = func(i int, chain []string) bool {
		p := s.Parameters[i]
		chain = append(chain, p.Name)
		switch state[i] {
		case done:
			return true
		case open:
			c.fail(p.at, "parameters."+p.Name, "", "parameters depend on one another in a circle: %s", strings.Join(chain[slices.Index(chain, p.Name):], ", "))
			return false
		}
		state[i] = open
		for _, name := range p.dependsOn() {
			j := slices.IndexFunc(s.Parameters, func(q Parameter) bool { return q.Name == name })
			if j >= 0 && !visit(j, chain) {
				state[i] = done
				return false
			}
		}
		state[i] = done
		order = append(order, i)
		return true
	}
	for i := range s.Parameters {
		visit(i, nil)
	}
	return order
}

func (p Parameter) dependsOn() []string {
	var names []string
	for _, t := range p.When {
		names = append(names, t.Name)
	}
	if p.Derive != nil {
		names = append(names, p.Derive.names...)
	}
	return names
}

// converted is v in the parameter's kind; a value that does not fit is left for the trainer to refuse.
func (p Parameter) converted(v Value) Value {
	if w, ok := convert(v, p.kind); ok {
		return w
	}
	return v
}

// complete makes the configuration of the values, one a parameter in their order: it leaves out those whose when does
// not hold and computes derived ones.
func (s *Spec) complete(values []Value) (Values, *Problem) {
	given := make(Values, 0, len(values))
	present := make([]Value, len(values))
	for _, i := range s.order {
		p := s.Parameters[i]
		if !p.When.Holds(given) {
			continue
		}
		v := values[i]
		if v.Kind() == 0 && p.Derive != nil {
			var err error
			if v, err = p.Derive.eval(given.Lookup); errors.Is(err, errAbsent) {
				continue
			} else if err != nil {
				q := p.Derive.at.problem("parameters."+p.Name, fmt.Sprintf("derive %s: %v", quote(p.Derive.Source), err), "")
				return nil, &q
			}
			w, ok := convert(v, p.kind)
			if !ok {
				q := p.Derive.at.problem("parameters."+p.Name, fmt.Sprintf("derive gives %s, and %s takes %s", v, p.Name, p.kind), derivedHint(p))
				return nil, &q
			}
			v = w
		}
		if v.Kind() == 0 {
			continue
		}
		present[i] = v
		given = append(given, Setting{p.Name, v})
	}
	ordered := make(Values, 0, len(given))
	for i, v := range present {
		if v.Kind() != 0 {
			ordered = append(ordered, Setting{s.Parameters[i].Name, v})
		}
	}
	return ordered, nil
}

func derivedHint(p Parameter) string {
	if p.kind == Int {
		return "write round(" + p.Derive.Source + ")"
	}
	return ""
}

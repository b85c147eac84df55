package sweeps

import (
	"fmt"
	"slices"
	"strings"
)

// Only keeps the configurations that every filter, of the form X=V, lets through. V is YAML: a value, or a list of
// which one must hold; filters on the same X join their values. An error is Problems: an unknown X, or a V that no
// configuration has.
func (p *Plan) Only(filters ...string) error {
	var condition Condition
	var problems Problems
	for _, f := range filters {
		if t, problem := p.filter(f); problem != nil {
			problems = append(problems, *problem)
		} else if i := slices.IndexFunc(condition, func(o Term) bool { return o.Name == t.Name }); i >= 0 {
			condition[i].Values = append(condition[i].Values, t.Values...)
		} else {
			condition = append(condition, t)
		}
	}
	if len(problems) > 0 {
		return problems.err()
	}
	kept := slices.DeleteFunc(slices.Clone(p.Configurations), func(c Configuration) bool { return !condition.Holds(c.Params) })
	if len(kept) == 0 {
		return Problems{place{file: "--only " + strings.Join(filters, " --only ")}.problem("", "no configuration has all of these", "")}
	}
	p.part = p.part || len(kept) < len(p.Configurations)
	p.Configurations = kept
	p.sequence = slices.DeleteFunc(slices.Clone(p.sequence), func(t Trial) bool { return !condition.Holds(t.Params) })
	p.schedule = nil
	return nil
}

// Part reports whether Only has left configurations out.
func (p *Plan) Part() bool { return p.part }

// filter reads one X=V.
func (p *Plan) filter(arg string) (Term, *Problem) {
	at := place{file: "--only " + arg}
	wrong := func(message, hint string) (Term, *Problem) {
		q := at.problem("", message, hint)
		return Term{}, &q
	}
	name, text, ok := strings.Cut(arg, "=")
	name = strings.TrimPrefix(strings.TrimSpace(name), "parameters.")
	if !ok || name == "" {
		return wrong("not of the form X=V", "write --only hidden_size=100")
	}
	n, problem := parseValue(at, "", text)
	if problem != nil {
		return Term{}, problem
	}
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	if !slices.Contains(p.names(), name) {
		return wrong(fmt.Sprintf("no parameter %s in this sweep", quote(name)), didYouMean(name, p.names()))
	}
	t := Term{Name: name}
	for _, item := range items {
		if item.kind != scalarNode {
			return wrong("the value must be a number, a string, true or false, or a list of them", "")
		}
		if !slices.ContainsFunc(p.Configurations, func(c Configuration) bool { v, _ := c.Params.Lookup(name); return v.Same(item.value) }) {
			return wrong(fmt.Sprintf("no configuration has %s %s", name, item.value), "there is "+p.valuesOf(name))
		}
		t.Values = append(t.Values, item.value)
	}
	return t, nil
}

// valuesOf lists the values of a parameter, the first twenty of them.
func (p *Plan) valuesOf(name string) string {
	const most = 20
	var values []string
	for _, c := range p.Configurations {
		v, ok := c.Params.Lookup(name)
		if s := v.String(); ok && !slices.Contains(values, s) {
			if len(values) == most {
				values = append(values, "...")
				break
			}
			values = append(values, s)
		}
	}
	return strings.Join(values, ", ")
}

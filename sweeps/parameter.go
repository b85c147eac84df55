package sweeps

import (
	"fmt"
	"slices"
	"strings"
)

// parameterKeys are the keys of a parameter; which go together is in forms.
var parameterKeys = []key{
	{name: "value"}, {name: "values"}, {name: "probabilities"}, {name: "distribution"}, {name: "min"}, {name: "max"},
	{name: "mu"}, {name: "sigma"}, {name: "q"}, {name: "a"}, {name: "b"}, {name: "count"},
	{name: "when"}, {name: "derive"}, {name: "parameters"},
}

// parameters reads a mapping of names to parameters. Names of nested ones join with a dot.
func (d *decoder) parameters(n *node, path, prefix string) {
	if n.kind != mappingNode {
		d.wrongKind(n, path, "a mapping of names to values", "write "+path+": {name: value}")
		return
	}
	if len(n.fields) == 0 {
		d.fail(n.place, path, "a sweep varies at least one", "%s is empty", path)
	}
	for _, f := range n.fields {
		at := join(path, f.name)
		if !parameterName.MatchString(f.name) {
			d.fail(f.key, at, "letters, digits, dot, dash and underscore, a letter or underscore first", "%s cannot be the name of a parameter", quote(f.name))
			continue
		}
		if !d.present(f, path) {
			continue
		}
		name := prefix + f.name
		if f.value.kind == mappingNode && f.value.lookup("parameters") != nil {
			d.nested(f.value, at, name)
			continue
		}
		if before := d.spec.parameter(name); before != nil {
			d.fail(f.key, at, "delete one of them", "parameter %s is given twice, first in line %d", name, before.key.line)
			continue
		}
		p := Parameter{Name: name, Line: f.value.line, Col: f.value.col, at: f.value.place, key: f.key}
		d.parameter(&p, f.value, at)
		d.spec.Parameters = append(d.spec.Parameters, p)
	}
}

// nested reads a parameter that holds others and nothing else.
func (d *decoder) nested(n *node, path, name string) {
	for _, f := range n.fields {
		if f.name != "parameters" {
			d.fail(f.key, join(path, f.name), "", "%s holds parameters, and then nothing else", path)
		} else if d.present(f, path) {
			d.parameters(f.value, join(path, f.name), name+".")
		}
	}
}

// parameter returns the parameter of a name, nil if there is none.
func (s *Spec) parameter(name string) *Parameter {
	for i := range s.Parameters {
		if s.Parameters[i].Name == name {
			return &s.Parameters[i]
		}
	}
	return nil
}

// parameter reads the value of one parameter: a constant, a list, or a distribution.
func (d *decoder) parameter(p *Parameter, n *node, path string) {
	switch n.kind {
	case scalarNode:
		p.Dist.Type = constant
		d.addValue(p, n, path)
	case listNode:
		p.Dist.Type = categorical
		d.values(p, n, path)
	case mappingNode:
		d.form(p, n, path)
	}
}

func (d *decoder) addValue(p *Parameter, n *node, path string) {
	if v, ok := d.scalar(n, path); ok {
		p.Dist.Values = append(p.Dist.Values, v)
		p.values = append(p.values, n.place)
	}
}

func (d *decoder) values(p *Parameter, n *node, path string) {
	d.each(n, path, "values", func(item *node, at string) { d.addValue(p, item, at) })
}

// form reads {min: ..., max: ..., distribution: ...} and its like.
func (d *decoder) form(p *Parameter, n *node, path string) {
	if names, ok := bareNames(n); ok {
		d.fail(n.place, path, "a list is written ["+strings.Join(names, ", ")+"]", "%s is a mapping of names without values", path)
		return
	}
	known := true
	for _, f := range n.fields {
		if !slices.ContainsFunc(parameterKeys, func(k key) bool { return k.name == f.name }) {
			d.fail(f.key, join(path, f.name), didYouMean(f.name, keyNames(parameterKeys)), "unknown key %s in %s", quote(f.name), path)
			known = false
		}
	}
	f, ok := d.formOf(n, path, known)
	if !ok {
		return
	}
	p.Dist.Type = f.name
	d.defaults(&p.Dist)
	for _, k := range n.fields {
		at := join(path, k.name)
		switch {
		case !slices.ContainsFunc(parameterKeys, func(known key) bool { return known.name == k.name }):
		case !d.present(k, path) || k.name == "distribution" && f.name != "":
		case k.name == "when":
			d.when(p, k.value, at)
		case k.name == "derive": // then the form is empty, and nothing else goes with it
			d.derive(p, k.value, at)
		case !slices.Contains(f.keys, k.name):
			d.fail(k.key, at, belongs(f), "%s does not go with %s", k.name, f.title())
		default:
			d.formKey(p, k, at)
		}
	}
	for _, k := range f.keys[:f.required] {
		if n.lookup(k) == nil {
			d.fail(n.place, path, belongs(f), "%s needs %s", f.title(), k)
		}
	}
}

// bareNames is for {50, 100} where [50, 100] was meant.
func bareNames(n *node) (names []string, ok bool) {
	for _, f := range n.fields {
		if f.value.kind != emptyNode || slices.Contains(keyNames(parameterKeys), f.name) {
			return nil, false
		}
		names = append(names, f.name)
	}
	return names, len(names) > 0
}

// title names a form in messages.
func (f form) title() string {
	if f.name == "" {
		return "derive"
	}
	return f.name
}

func belongs(f form) string {
	if len(f.keys) == 0 {
		return "derive stands alone, or with when"
	}
	return fmt.Sprintf("%s takes %s", f.name, strings.Join(f.keys, ", "))
}

// formOf finds the distribution that a parameter has: the one it names, or the one that its keys imply. known is false
// if an unknown key has been reported, which may be why no form fits.
func (d *decoder) formOf(n *node, path string, known bool) (form, bool) {
	has := func(name string) bool { return n.lookup(name) != nil }
	if has("derive") {
		return form{}, true
	}
	if named := n.lookup("distribution"); named != nil && named.kind != emptyNode {
		s, ok := d.choice(named, join(path, "distribution"), formNames()...)
		if !ok {
			return form{}, false
		}
		return formOf(s)
	}
	name := ""
	switch {
	case has("values") && has("probabilities"):
		name = weighted
	case has("values"):
		name = categorical
	case has("value"):
		name = constant
	case has("min") || has("max"):
		name = uniform
		if writtenWhole(n.lookup("min")) && writtenWhole(n.lookup("max")) {
			name = intUniform
		}
	default:
		if known {
			d.fail(n.place, path, "write a value, a list of values, or {min: ..., max: ...}", "%s says no values", path)
		}
		return form{}, false
	}
	return formOf(name)
}

// writtenWhole reports whether a bound is written as a whole number: 1 is, 1.0 is not, and that picks the distribution.
func writtenWhole(n *node) bool { return n == nil || n.kind == scalarNode && n.value.Kind() == Int }

// defaults are W&B's.
func (d *decoder) defaults(dist *Distribution) {
	dist.Sigma, dist.A, dist.B = 0, 0, 0
	f, _ := formOf(dist.Type)
	if slices.Contains(f.keys, "sigma") {
		dist.Sigma = 1
	}
	if slices.Contains(f.keys, "a") {
		dist.A, dist.B = 1, 1
	}
	if slices.Contains(f.keys, "q") {
		dist.Q = 1
	}
}

// formKey reads one key that belongs to the distribution.
func (d *decoder) formKey(p *Parameter, f field, path string) {
	n, dist := f.value, &p.Dist
	switch f.name {
	case "value":
		d.addValue(p, n, path)
	case "values":
		d.values(p, n, path)
	case "probabilities":
		d.each(n, path, "numbers", func(item *node, at string) {
			f, _ := d.atLeast(item, at, 0)
			dist.Probabilities = append(dist.Probabilities, f)
		})
		p.low = n.place
	case "min":
		p.low = n.place
		dist.Min = d.bound(n, path, dist.Type)
	case "max":
		p.high = n.place
		dist.Max = d.bound(n, path, dist.Type)
	case "mu":
		dist.Mu, _ = d.number(n, path)
	case "sigma":
		dist.Sigma, _ = d.atLeast(n, path, 0)
	case "a":
		dist.A, _ = d.above(n, path, 0)
	case "b":
		dist.B, _ = d.above(n, path, 0)
	case "q":
		dist.Q, _ = d.above(n, path, 0)
	case "count":
		p.count = n.place
		i, _ := d.whole(n, path, 2, MaxGrid)
		dist.Count = int(i)
	}
}

// bound reads min or max.
func (d *decoder) bound(n *node, path, dist string) float64 {
	if dist == intUniform {
		i, _ := d.whole(n, path, -maxWhole, maxWhole)
		return float64(i)
	}
	f, ok := d.number(n, path)
	if (dist == "log_uniform_values" || dist == "q_log_uniform_values" || dist == "inv_log_uniform_values") && ok && f <= 0 {
		d.fail(n.place, path, "the logarithm of the bounds is taken", "%s must be above 0, not %s", path, n.value)
	}
	return f
}

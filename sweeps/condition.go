package sweeps

import "slices"

// Condition holds for a configuration in which every named parameter has one of the given values. The empty one always
// holds.
type Condition []Term

// Term asks one parameter to have one of some values.
type Term struct {
	Name   string
	Values []Value
}

// Holds reports whether vs satisfies every term; a parameter that is absent satisfies none.
func (c Condition) Holds(vs Values) bool {
	for _, t := range c {
		v, ok := vs.Lookup(t.Name)
		if !ok || !slices.ContainsFunc(t.Values, v.Same) {
			return false
		}
	}
	return true
}

// condition reads {optimizer: adam, level: [word, char]}; places has one entry a term.
func (d *decoder) condition(n *node, path string) (c Condition, places []place) {
	if n.kind != mappingNode {
		d.wrongKind(n, path, "a mapping of names to values", "write {optimizer: adam}")
		return nil, nil
	}
	if len(n.fields) == 0 {
		d.fail(n.place, path, "", "%s is empty", path)
	}
	for _, f := range n.fields {
		at, t := join(path, f.name), Term{Name: f.name}
		add := func(n *node, at string) {
			if v, ok := d.scalar(n, at); ok {
				t.Values = append(t.Values, v)
			}
		}
		switch {
		case !d.present(f, path):
		case f.value.kind == listNode:
			d.each(f.value, at, "values", add)
		default:
			add(f.value, at)
		}
		c, places = append(c, t), append(places, f.key)
	}
	return c, places
}

func (d *decoder) when(p *Parameter, n *node, path string) {
	p.When, p.whens = d.condition(n, path)
}

func (d *decoder) include(n *node, path string) {
	d.each(n, path, "configurations, [{a: 1}]", func(item *node, at string) {
		if item.kind != mappingNode {
			d.wrongKind(item, at, "a mapping of names to values", "write {name: value}")
			return
		}
		var vs Values
		for _, f := range item.fields {
			if !d.present(f, at) {
				continue
			}
			if v, ok := d.scalar(f.value, join(at, f.name)); ok {
				vs = append(vs, Setting{f.name, v})
			}
		}
		d.spec.Include = append(d.spec.Include, vs)
		d.spec.included = append(d.spec.included, item.place)
	})
}

func (d *decoder) exclude(n *node, path string) {
	d.each(n, path, "configurations, [{a: 1}]", func(item *node, at string) {
		c, _ := d.condition(item, at)
		d.spec.Exclude = append(d.spec.Exclude, c)
		d.spec.excluded = append(d.spec.excluded, item.place)
	})
}

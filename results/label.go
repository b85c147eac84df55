package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"sweep/sweeps"
)

// decodeParams reads a configuration's parameters in their order.
func decodeParams(raw json.RawMessage) (sweeps.Values, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("read parameters %.80q: not an object", raw)
	}
	var vs sweeps.Values
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("read parameters: %w", err)
		}
		var v sweeps.Value
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("read parameter %v: %w", name, err)
		}
		vs = append(vs, sweeps.Setting{Name: name.(string), Value: v}) // a key is a string, or Token had failed
	}
	return vs, nil
}

// labels name configurations by the parameters that differ between them.
type labels struct {
	values     map[string]sweeps.Values // by configuration
	identify   []string                 // enough to tell the configurations apart
	dependents []string                 // those that follow from one of these, such as a rate zipped with a size
}

// newLabels finds out what tells the configurations apart. In a grid a parameter that takes one value for each value
// of an earlier one goes with that one; in a search that would be chance.
func newLabels(candidates []candidate, grid bool) (labels, error) {
	l := labels{values: map[string]sweeps.Values{}}
	var names []string
	seen := map[string]bool{}
	for _, c := range candidates {
		vs, err := decodeParams(c.Params)
		if err != nil {
			return l, err
		}
		l.values[c.Configuration.Configuration] = vs
		for _, v := range vs {
			if !seen[v.Name] {
				seen[v.Name] = true
				names = append(names, v.Name)
			}
		}
	}
	for _, n := range names {
		switch {
		case !l.varies(n):
		case grid && l.follows(n):
			l.dependents = append(l.dependents, n)
		default:
			l.identify = append(l.identify, n)
		}
	}
	return l, nil
}

// varies reports whether a parameter takes several values, being absent counting as one.
func (l labels) varies(name string) bool {
	values := map[sweeps.Value]bool{}
	for _, vs := range l.values {
		v, _ := vs.Lookup(name)
		values[v] = true
	}
	return len(values) > 1
}

// follows reports whether a parameter's value is known once that of one identifying parameter is.
func (l labels) follows(name string) bool {
	for _, first := range l.identify {
		of := map[sweeps.Value]sweeps.Value{}
		ok := true
		for _, vs := range l.values {
			x, _ := vs.Lookup(first)
			y, _ := vs.Lookup(name)
			if known, there := of[x]; there && known != y {
				ok = false
				break
			}
			of[x] = y
		}
		if ok {
			return true
		}
	}
	return false
}

// short names a configuration: "hidden_size = 100".
func (l labels) short(c *Configuration) string {
	if len(l.identify) == 0 {
		return "the configuration"
	}
	return l.settings(c, l.identify)
}

// full adds what goes with it: "hidden_size = 100 (learning_rate = 0.002)".
func (l labels) full(c *Configuration) string {
	s := l.short(c)
	if len(l.dependents) > 0 {
		s += " (" + l.settings(c, l.dependents) + ")"
	}
	return s
}

func (l labels) settings(c *Configuration, names []string) string {
	var parts []string
	for _, n := range names {
		if v, ok := l.values[c.Configuration].Lookup(n); ok {
			parts = append(parts, n+" = "+v.String())
		} else {
			parts = append(parts, "no "+n)
		}
	}
	return strings.Join(parts, ", ")
}

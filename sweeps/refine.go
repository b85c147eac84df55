package sweeps

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// around is the share of a range on either side of the best value that a refined spec keeps.
const around = 1.0 / 6

// Refine returns the source of a spec of another name that looks around one configuration: ranges become a third as wide,
// lists of numbers become the value and two between it and its neighbours, names become that of the configuration. What
// lies on an edge reaches as far beyond it, up to what the trainer takes. Lists that advance together stay as they are, and
// so does everything else in the file.
func (s *Spec) Refine(best Values, name string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Source, &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("refine %s: its source is not a mapping: %w", s.Name, err)
	}
	top := doc.Content[0]
	setKey(top, "name", scalar(name))
	for _, key := range []string{"include", "exclude"} { // configurations of the old space
		dropKey(top, key)
	}
	sp := s.searchSpace()
	for d, axis := range sp.axes {
		p := s.Parameters[axis.members[0]]
		v, ok := best.Lookup(p.Name)
		if !ok || len(axis.members) > 1 {
			continue
		}
		var form *yaml.Node
		switch {
		case axis.rows != nil && !sp.Dims[d].Ordered:
			form = scalar(v.String())
		case axis.rows != nil:
			form = list(p.refinedList(axis.rows, v))
		default:
			form = p.refinedRange(v)
		}
		if form != nil {
			replaceParameter(top, p.Name, form)
		}
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&doc); err != nil {
		return nil, fmt.Errorf("refine %s: %w", s.Name, err)
	}
	return out.Bytes(), nil
}

// refinedList returns a value of a sorted list with one between it and each neighbour; beyond an end as far as there is to
// the neighbour on the other side.
func (p Parameter) refinedList(rows [][]Value, best Value) []Value {
	var xs []float64
	at := 0
	for i, r := range rows {
		x, _ := r[0].Float()
		xs = append(xs, x)
		if r[0].Same(best) {
			at = i
		}
	}
	geometric := xs[0] > 0 && xs[len(xs)-1]/xs[0] >= 4
	between := func(a, b, share float64) float64 {
		if geometric {
			return a * math.Pow(b/a, share)
		}
		return a + share*(b-a)
	}
	x := xs[at]
	candidates := []float64{x}
	switch {
	case at > 0:
		candidates = append(candidates, between(x, xs[at-1], 0.5))
	case len(xs) > 1:
		candidates = append(candidates, between(x, xs[1], -1), between(x, xs[1], -0.5))
	}
	switch {
	case at < len(xs)-1:
		candidates = append(candidates, between(x, xs[at+1], 0.5))
	case at > 0:
		candidates = append(candidates, between(x, xs[at-1], -0.5), between(x, xs[at-1], -1))
	}
	slices.Sort(candidates)
	var out []Value
	for _, c := range candidates {
		v := p.numberOf(c, c == x, best)
		if f, _ := v.Float(); p.within(f) && !slices.ContainsFunc(out, v.Same) {
			out = append(out, v)
		}
	}
	return out
}

// numberOf writes a number as the parameter takes it, with three digits unless it is the best value itself.
func (p Parameter) numberOf(x float64, exact bool, best Value) Value {
	switch {
	case exact:
		return best
	case p.kind == Int || best.Kind() == Int:
		return IntValue(int64(math.Round(x)))
	}
	return FloatValue(decimalRound(x, 3))
}

// within reports whether the trainer may take x.
func (p Parameter) within(x float64) bool {
	return p.limits == [2]float64{} || x >= p.limits[0] && x <= p.limits[1]
}

// refinedRange returns a third of a range around a value, nil where the distribution has no ends.
func (p Parameter) refinedRange(best Value) *yaml.Node {
	f, _ := formOf(p.Dist.Type)
	low, high, bounded := p.Dist.Bounds()
	x, _ := best.Float()
	if !bounded || !slices.Contains(f.keys, "min") || f.log && low <= 0 {
		return nil
	}
	if f.log {
		low, high, x = math.Log(low), math.Log(high), math.Log(x)
	}
	width := high - low
	from, to := x-around*width, x+around*width
	if f.log {
		from, to = math.Exp(from), math.Exp(to)
	}
	if p.limits != [2]float64{} {
		from, to = max(from, p.limits[0]), min(to, p.limits[1])
	}
	if p.Dist.Type == intUniform {
		return flowMap("min", IntValue(int64(math.Floor(from))), "max", IntValue(int64(math.Ceil(to))))
	}
	from, to = decimalRound(from, 3), decimalRound(to, 3)
	if !(from < to) {
		return nil
	}
	distribution := "uniform"
	if f.log {
		distribution = "log_uniform_values"
	}
	if p.Dist.Q > 0 {
		return flowMap("min", FloatValue(from), "max", FloatValue(to), "q", FloatValue(p.Dist.Q), "distribution", StringValue("q_"+distribution))
	}
	return flowMap("min", FloatValue(from), "max", FloatValue(to), "distribution", StringValue(distribution))
}

// scalar is a node of one value; text that reads as something else is quoted.
func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	var plain yaml.Node
	if yaml.Unmarshal([]byte(text), &plain) == nil && len(plain.Content) == 1 && plain.Content[0].Kind == yaml.ScalarNode {
		n.Tag, n.Style = plain.Content[0].Tag, 0
	}
	return n
}

func valueNode(v Value) *yaml.Node {
	if s, ok := v.Text(); ok {
		n := &yaml.Node{}
		n.SetString(s)
		return n
	}
	text := v.String()
	if f, ok := v.Float(); ok && v.Kind() == Float && !strings.ContainsAny(text, ".e") {
		text = strconv.FormatFloat(f, 'f', 1, 64) // 1.0 is no whole number
	}
	return scalar(text)
}

func list(values []Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, valueNode(v))
	}
	return n
}

// flowMap is a mapping of names and values in turns.
func flowMap(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		v, _ := pairs[i+1].(Value)
		n.Content = append(n.Content, scalar(name), valueNode(v))
	}
	return n
}

// valueAt returns the value of a key of a mapping, and its place among the nodes.
func valueAt(m *yaml.Node, key string) (value *yaml.Node, at int) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1], i
		}
	}
	return nil, -1
}

func setKey(m *yaml.Node, key string, value *yaml.Node) {
	if _, at := valueAt(m, key); at >= 0 {
		m.Content[at+1] = value
		return
	}
	m.Content = append([]*yaml.Node{scalar(key), value}, m.Content...)
}

func dropKey(m *yaml.Node, key string) {
	if _, at := valueAt(m, key); at >= 0 {
		m.Content = slices.Delete(m.Content, at, at+2)
	}
}

// replaceParameter puts a value in the place of a parameter's; of one with when, which it keeps, inside. A dot in a name may
// be one level of nesting.
func replaceParameter(top *yaml.Node, name string, value *yaml.Node) {
	for m, rest := top, name; ; {
		params, _ := valueAt(m, "parameters")
		if params == nil {
			return
		}
		if old, at := valueAt(params, rest); at >= 0 {
			if when, _ := valueAt(old, "when"); when != nil {
				switch value.Kind {
				case yaml.SequenceNode:
					value = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("values"), value}}
				case yaml.ScalarNode:
					value = &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("value"), value}}
				}
				value.Content = append(value.Content, scalar("when"), when)
			}
			params.Content[at+1] = value
			return
		}
		outer, inner, nested := strings.Cut(rest, ".")
		next, _ := valueAt(params, outer)
		if !nested || next == nil {
			return
		}
		m, rest = next, inner
	}
}

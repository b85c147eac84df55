package sweeps

import (
	"bytes"
	"cmp"
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
// lies on an edge reaches as far beyond it, up to what may be taken. A list around whose value nothing is left to try becomes
// that value. Lists that advance together stay as they are, and so does everything else in the file; but the spec of an
// imported sweep, which has no program, gets a place for its command.
func (s *Spec) Refine(best Values, name string, imported bool) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(s.Source, &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("refine %s: its source is not a mapping: %w", s.Name, err)
	}
	top := doc.Content[0]
	setKey(top, "name", scalar(name))
	for _, key := range []string{"include", "exclude"} { // configurations of the old space
		dropKey(top, key)
	}
	if imported {
		giveCommand(top)
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
			form = valueNode(v)
		case axis.rows != nil:
			if values := s.refinedList(p, axis.rows, best); len(values) > 0 {
				form = list(values)
			} else {
				form = valueNode(v)
			}
		default:
			form = s.refinedRange(p, best)
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
// the neighbour on the other side. It returns nil where that holds nothing which the list does not.
func (s *Spec) refinedList(p Parameter, rows [][]Value, best Values) []Value {
	xs := make([]float64, len(rows))
	whole := true
	for i, r := range rows {
		xs[i], _ = r[0].Float()
		whole = whole && r[0].Kind() == Int
	}
	v, _ := best.Lookup(p.Name)
	x, _ := v.Float()
	at := slices.Index(xs, x)
	if at < 0 || len(xs) < 2 {
		return nil
	}
	geometric := xs[0] > 0 && xs[len(xs)-1]/xs[0] >= 4
	between := func(b, share float64) float64 {
		if geometric {
			return x * math.Pow(b/x, share)
		}
		return x + share*(b-x)
	}
	free := p.room(xs[0])
	out := []Value{rows[at][0]} // of its own kind: a record says 1 of 1.0
	take := func(c float64) (taken bool) {
		w := free.value(free.nearest(c, x), whole)
		y, _ := w.Float()
		if !free.holds(y) || slices.ContainsFunc(out, w.Same) {
			return false
		}
		out = append(out, w)
		return true
	}
	// Rounded, both steps beyond an end may come to the value itself; then the next whole number is one.
	beyond := func(neighbour, next float64) {
		near, far := between(neighbour, -0.5), between(neighbour, -1)
		free.open = free.open || x > free.low && min(far, next) <= free.low && !s.accepts(best, p.Name, free.value(free.low, whole))
		if a, b := take(near), take(far); !a && !b && whole {
			take(next)
		}
	}
	if at > 0 {
		take(between(xs[at-1], 0.5))
	} else {
		beyond(xs[1], x-1)
	}
	if at < len(xs)-1 {
		take(between(xs[at+1], 0.5))
	} else {
		beyond(xs[at-1], x+1)
	}
	if !slices.ContainsFunc(out, func(w Value) bool { y, _ := w.Float(); return !slices.Contains(xs, y) }) {
		return nil
	}
	slices.SortFunc(out, func(a, b Value) int {
		x, _ := a.Float()
		y, _ := b.Float()
		return cmp.Compare(x, y)
	})
	return out
}

// refinedRange returns a third of a range around a value, nil where the distribution has no ends.
func (s *Spec) refinedRange(p Parameter, best Values) *yaml.Node {
	from, to, ok := s.refinedBounds(p, best)
	if !ok {
		return nil
	}
	if p.Dist.Type == intUniform {
		return flowMap("min", IntValue(int64(from)), "max", IntValue(int64(to)))
	}
	distribution := "uniform"
	if f, _ := formOf(p.Dist.Type); f.log {
		distribution = "log_uniform_values"
	}
	pairs := []any{"min", FloatValue(from), "max", FloatValue(to)}
	if p.Dist.Q > 0 {
		pairs, distribution = append(pairs, "q", FloatValue(p.Dist.Q)), "q_"+distribution
	}
	if p.Dist.Count > 0 { // without which a grid could not take it
		pairs = append(pairs, "count", IntValue(int64(p.Dist.Count)))
	}
	return flowMap(append(pairs, "distribution", StringValue(distribution))...)
}

// refinedBounds returns the ends of a third of a range around a value, rounded as they are written.
func (s *Spec) refinedBounds(p Parameter, best Values) (from, to float64, ok bool) {
	f, _ := formOf(p.Dist.Type)
	low, high, bounded := p.Dist.Bounds()
	v, _ := best.Lookup(p.Name)
	x, _ := v.Float()
	if !bounded || !slices.Contains(f.keys, "min") || f.log && (low <= 0 || x <= 0) {
		return 0, 0, false
	}
	if f.log {
		ratio := math.Pow(high/low, around)
		from, to = x/ratio, x*ratio
	} else {
		from, to = x-around*(high-low), x+around*(high-low)
	}
	free := p.room(low)
	free.open = free.open || low > free.low && from <= free.low && !s.accepts(best, p.Name, free.value(free.low, p.Dist.Type == intUniform))
	from, to = free.nearest(from, x), free.nearest(to, x)
	if p.Dist.Type == intUniform {
		if from = math.Floor(from); !free.holds(from) {
			from++
		}
		return from, math.Ceil(to), true
	}
	from, to = free.rounded(from), free.rounded(to)
	return from, to, from < to
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

// giveCommand puts a command that says what to do in the place of the study that an imported sweep's spec has for a program.
func giveCommand(top *yaml.Node) {
	key := scalar("command")
	key.HeadComment = "# Put here the command that trains one configuration; ${args} are its parameters as --name=value."
	words := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle, Content: []*yaml.Node{scalar("sh"), scalar("-c"),
		scalar("echo put your own command into the spec >&2; exit 1"), scalar("${args}")}}
	dropKey(top, "program")
	dropKey(top, "command")
	top.Content = append([]*yaml.Node{key, words}, top.Content...)
	top.Style = 0 // comments stand between lines
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

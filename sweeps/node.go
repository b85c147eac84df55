package sweeps

// nodeKind says what a node of a spec is.
type nodeKind uint8

const (
	emptyNode nodeKind = iota // null: a key without a value
	scalarNode
	listNode
	mappingNode
)

// node is a piece of a spec after YAML's own matters (aliases, merge keys, tags) are settled.
type node struct {
	place
	kind   nodeKind
	value  Value   // of a scalar
	text   string  // of a scalar, as written
	items  []*node // of a list
	fields []field // of a mapping; keys are unique
}

// field is one key of a mapping with its value.
type field struct {
	key place // where the key stands
	// name is the key, always taken as text: `1: x` has the key "1".
	name  string
	value *node
}

// field returns a key with its value, nil if it is not there.
func (n *node) field(name string) *field {
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	return nil
}

// lookup returns the value of a key, nil if it is not there.
func (n *node) lookup(name string) *node {
	if f := n.field(name); f != nil {
		return f.value
	}
	return nil
}

// describe says what a node is, for messages that say what was found.
func (n *node) describe() string {
	switch n.kind {
	case listNode:
		return "a list"
	case mappingNode:
		return "a mapping"
	case scalarNode:
		return describe(n.value)
	}
	return "nothing"
}

// describe writes a value so that its kind shows: 5, true, the string "5".
func describe(v Value) string {
	if s, ok := v.Text(); ok {
		const longest = 40
		if r := []rune(s); len(r) > longest {
			s = string(r[:longest]) + "..."
		}
		return "the string " + quote(s)
	}
	return v.String()
}

package sweeps

import (
	"fmt"
	"slices"
	"strings"
)

// override carries out one --set argument on the tree of a spec.
func override(top *node, arg string) Problems {
	at := place{file: "--set " + arg}
	path, text, ok := strings.Cut(arg, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		return Problems{at.problem("", "not of the form path=value", "write --set parameters.hidden_size=100, or --set replicates=1")}
	}
	value, p := parseValue(at, path, text)
	if p != nil {
		return Problems{*p}
	}
	first, _, deeper := strings.Cut(path, ".")
	switch known := keyNames(topKeys); {
	case slices.Contains(known, first):
	case suggest(first, known) != "":
		return Problems{at.problem(path, fmt.Sprintf("a spec has no key %s", quote(first)), "did you mean "+suggest(first, known))}
	default:
		return Problems{at.problem(path, fmt.Sprintf("a spec has no key %s", quote(first)), "hyperparameters are set by parameters."+path+"=...")}
	}
	if deeper && first != "parameters" && top.lookup(first) != nil && top.lookup(first).kind != mappingNode {
		return Problems{at.problem(path, fmt.Sprintf("%s is %s and has no keys", first, top.lookup(first).describe()), "write --set "+first+"=...")}
	}
	top.assign(strings.Split(path, "."), at, value)
	return nil
}

// parseValue reads the YAML of one value of an argument; everything in it stands at the argument's place.
func parseValue(at place, path, text string) (*node, *Problem) {
	n, problems := parse(at.file, []byte(text))
	switch {
	case len(problems) > 0 && problems[0].Message == emptySpec:
		p := at.problem(path, "the value is missing", `"" is the empty string`)
		return nil, &p
	case len(problems) > 0:
		p := at.problem(path, "in the value: "+problems[0].Message, problems[0].Hint)
		return nil, &p
	}
	n.move(at)
	return n, nil
}

// move puts a tree to another place.
func (n *node) move(to place) {
	n.place = to
	for _, item := range n.items {
		item.move(to)
	}
	for i := range n.fields {
		n.fields[i].key = to
		n.fields[i].value.move(to)
	}
}

// assign sets the value at a path below n. A key may hold dots itself, and the names of nested parameters are joined by
// dots, so the longest key that is there wins; what is not there is added.
func (n *node) assign(path []string, at place, value *node) {
	if n.kind != mappingNode {
		return // decode says that this is no mapping
	}
	if f := n.field(strings.Join(path, ".")); f != nil {
		f.value = value
		return
	}
	for i := len(path) - 1; i > 0; i-- {
		f := n.field(strings.Join(path[:i], "."))
		if f == nil || f.value.kind != mappingNode {
			continue
		}
		below := f.value
		if inner := below.lookup("parameters"); inner != nil && path[i] != "parameters" {
			below = inner
		}
		below.assign(path[i:], at, value)
		return
	}
	if first := path[0]; len(path) > 1 && slices.Contains(keyNames(topKeys), first) && n.field(first) == nil {
		inner := &node{place: at, kind: mappingNode}
		inner.assign(path[1:], at, value)
		n.fields = append(n.fields, field{key: at, name: first, value: inner})
		return
	}
	n.fields = append(n.fields, field{key: at, name: strings.Join(path, "."), value: value})
}

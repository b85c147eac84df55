package sweeps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// plain is a node as a JSON validator sees it.
func plain(n *node) any {
	switch n.kind {
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = plain(item)
		}
		return list
	case mappingNode:
		object := make(map[string]any)
		for _, f := range n.fields {
			object[f.name] = plain(f.value)
		}
		return object
	case scalarNode:
		if i, ok := n.value.Int(); ok {
			return i
		}
		if f, ok := n.value.Float(); ok {
			return f
		}
		if b, ok := n.value.Bool(); ok {
			return b
		}
		return n.value.s
	}
	return nil
}

func tree(t testing.TB, src string) *node {
	t.Helper()
	n, ps := parse("spec.yaml", []byte(src))
	if len(ps) > 0 {
		t.Fatalf("%v\n%s", ps, src)
	}
	return n
}

// agree compares the decoder's opinion of a spec's shape with the schema's.
func agree(t *testing.T, compiled *jsonschema.Schema, what string, n *node) {
	t.Helper()
	_, problems := decode("spec.yaml", nil, n)
	if invalid := compiled.Validate(plain(n)); (invalid == nil) != (len(problems) == 0) {
		text, _ := json.Marshal(plain(n))
		t.Errorf("%s: decoder: %v; schema: %v\n%s", what, problems.err(), invalid, text)
	}
}

func TestSchemaAcceptsGoodSpecs(t *testing.T) {
	compiled := compiledSchema(t)
	for name, src := range files(t, "good") {
		n := tree(t, src)
		if _, problems := decode("spec.yaml", nil, n); len(problems) > 0 {
			t.Errorf("%s: decoder: %v", name, problems)
		}
		if err := compiled.Validate(plain(n)); err != nil {
			t.Errorf("%s: schema: %v", name, err)
		}
	}
	shipped, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range shipped {
		if strings.HasSuffix(f.Name(), ".yaml") {
			src, err := os.ReadFile(f.Name())
			if err != nil {
				t.Fatal(err)
			}
			agree(t, compiled, f.Name(), tree(t, string(src)))
		}
	}
}

// replacements for a part of a spec: most make it wrong, some do not.
var replacements = []string{
	"null", "1", "0", "-1", "2.5", "x", "''", "true", "false", "[]", "[1]", "[x]", "[null]", "[[1]]", "{}", "{a: 1}", "{value: 1}",
	"{min: 1, max: 2}", "{min: 1.5, max: 2, distribution: int_uniform}", "10001", "99999999999", "5m", "[[a, b]]", "{parameters: {a: 1}}",
	"{value: 1, when: {a: 1}}", "{type: median}", "{type: hyperband}",
}

// TestSchemaAgreesWithDecoder replaces, deletes, renames and adds every part of every good spec, and asks both each time.
func TestSchemaAgreesWithDecoder(t *testing.T) {
	compiled := compiledSchema(t)
	for name, src := range files(t, "good") {
		t.Run(name, func(t *testing.T) {
			top := tree(t, src)
			m := mutation{t: t, schema: compiled}
			for _, doc := range pieces(t, top) {
				m.top = doc
				m.visit(doc, "")
			}
			m.top = top
			m.fields(top, "")
		})
	}
}

// pieces cuts a spec into small ones of one key, and of one parameter, each: no rule of shape is about two of them, and
// the large one would be asked about thousands of times.
func pieces(t *testing.T, top *node) []*node {
	var docs []*node
	for _, f := range top.fields {
		if f.name != "parameters" {
			doc := tree(t, "parameters: {x: 1}")
			doc.fields = append(doc.fields, f)
			docs = append(docs, doc)
			continue
		}
		for _, p := range f.value.fields {
			doc := tree(t, "parameters: {x: 1}")
			doc.fields[0].value.fields = []field{p}
			docs = append(docs, doc)
		}
	}
	return docs
}

// mutation changes one part of a spec at a time.
type mutation struct {
	t      *testing.T
	schema *jsonschema.Schema
	top    *node
}

func (m mutation) ask(what string) {
	m.t.Helper()
	agree(m.t, m.schema, what, m.top)
}

// visit replaces n, and then changes what is in it.
func (m mutation) visit(n *node, path string) {
	saved := *n
	for _, r := range replacements {
		*n = *tree(m.t, "a: "+r).fields[0].value
		m.ask(path + " = " + r)
	}
	*n = saved
	m.fields(n, path)
	for _, f := range saved.fields {
		m.visit(f.value, join(path, f.name))
	}
	for i, item := range saved.items {
		n.items = slices.Delete(slices.Clone(saved.items), i, i+1)
		m.ask(fmt.Sprintf("%s without item %d", path, i))
		n.items = saved.items
		m.visit(item, fmt.Sprintf("%s[%d]", path, i))
	}
}

// fields deletes, renames and adds keys.
func (m mutation) fields(n *node, path string) {
	saved := n.fields
	for i, f := range saved {
		n.fields = slices.Delete(slices.Clone(saved), i, i+1)
		m.ask(path + " without " + f.name)
		n.fields = slices.Clone(saved)
		n.fields[i].name = "unheard_of"
		m.ask(path + " with another name for " + f.name)
	}
	n.fields = saved
	if n.kind != mappingNode {
		return
	}
	for _, k := range slices.Concat(topKeys, budgetKeys, metricKeys, earlyTerminateKeys, parameterKeys) {
		if n.lookup(k.name) == nil {
			n.fields = append(slices.Clone(saved), field{name: k.name, value: tree(m.t, "a: 3").fields[0].value})
			m.ask(path + " with " + k.name)
			n.fields = saved
		}
	}
}

// TestSchemaKeys holds the keys of the schema against those of the decoder, both ways.
func TestSchemaKeys(t *testing.T) {
	type object struct {
		Properties map[string]json.RawMessage
		Required   []string
		Defs       map[string]json.RawMessage `json:"$defs"`
	}
	read := func(raw []byte) (o object) {
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	root := read(Schema())
	same := func(what string, o object, keys []string) {
		t.Helper()
		if got, want := slices.Sorted(maps.Keys(o.Properties)), slices.Sorted(slices.Values(keys)); !slices.Equal(got, want) {
			t.Errorf("%s: the schema has %v, the decoder %v", what, got, want)
		}
	}
	same("top", root, keyNames(topKeys))
	for name, keys := range map[string][]key{
		"budget": budgetKeys, "metric": metricKeys, "confirm": confirmKeys, "early_terminate": earlyTerminateKeys,
	} {
		same(name, read(root.Defs[name]), keyNames(keys))
	}
	same("controller", read(root.Properties["controller"]), keyNames(controllerKeys))
	for _, f := range forms {
		def := read(root.Defs[f.name])
		same(f.name, def, append(slices.Clone(f.keys), "distribution", "when"))
		required := slices.DeleteFunc(def.Required, func(k string) bool { return k == "distribution" })
		if got, want := slices.Sorted(slices.Values(required)), slices.Sorted(slices.Values(f.keys[:f.required])); !slices.Equal(got, want) {
			t.Errorf("%s: the schema requires %v, the decoder %v", f.name, got, want)
		}
	}
}

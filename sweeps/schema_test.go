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

// TestSchemaAgreesWithDecoder replaces, deletes and adds every part of every good spec, and asks both each time.
func TestSchemaAgreesWithDecoder(t *testing.T) {
	compiled := compiledSchema(t)
	for name, src := range files(t, "good") {
		t.Run(name, func(t *testing.T) {
			top := tree(t, src)
			var visit func(n *node, path string)
			visit = func(n *node, path string) {
				saved := *n
				for _, r := range replacements {
					*n = *tree(t, "a: "+r).fields[0].value
					agree(t, compiled, path+" = "+r, top)
				}
				*n = saved
				for i, f := range saved.fields {
					n.fields = slices.Delete(slices.Clone(saved.fields), i, i+1)
					agree(t, compiled, path+" without "+f.name, top)
					n.fields = slices.Clone(saved.fields)
					n.fields[i].name = "unheard_of"
					agree(t, compiled, path+" with another name for "+f.name, top)
					n.fields = saved.fields
					visit(f.value, join(path, f.name))
				}
				for i, item := range saved.items {
					n.items = slices.Delete(slices.Clone(saved.items), i, i+1)
					agree(t, compiled, fmt.Sprintf("%s without item %d", path, i), top)
					n.items = saved.items
					visit(item, fmt.Sprintf("%s[%d]", path, i))
				}
				if saved.kind == mappingNode {
					for _, k := range slices.Concat(topKeys, budgetKeys, metricKeys, earlyTerminateKeys, parameterKeys) {
						if n.lookup(k.name) == nil {
							n.fields = append(slices.Clone(saved.fields), field{name: k.name, value: tree(t, "a: 3").fields[0].value})
							agree(t, compiled, path+" with "+k.name, top)
						}
					}
				}
				n.fields = saved.fields
			}
			visit(top, "")
		})
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

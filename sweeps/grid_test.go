package sweeps

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// gridOf expands one parameter of a trainer that takes any kind.
func gridOf(t *testing.T, form string) string {
	t.Helper()
	s, err := Load("spec.yaml", []byte("parameters:\n  x: "+form+"\n"), Trainer{})
	if err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	p, err := NewPlan(s, Trainer{})
	if err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return strings.Join(column(p, "x"), " ")
}

func TestGridValues(t *testing.T) {
	for form, want := range map[string]string{
		"5":                "5",
		"[c, a, b]":        "c a b",
		"{min: 2, max: 5}": "2 3 4 5",
		"{min: 7, max: 7}": "7",
		// W&B's q_uniform starts at min, not at a multiple of q, and leaves out max.
		"{min: 0, max: 10, q: 2, distribution: q_uniform}":                          "0 2 4 6 8",
		"{min: 1, max: 10, q: 4, distribution: q_uniform}":                          "1 5 9",
		"{min: 0.0, max: 0.3, q: 0.1, distribution: q_uniform}":                     "0 0.1 0.2",
		"{min: 0.0, max: 1.0, q: 0.1, distribution: q_uniform}":                     "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9",
		"{min: 0, max: 1, q: 5, distribution: q_uniform}":                           "0",
		"{min: 1e-4, max: 1e-1, count: 4, distribution: log_uniform_values}":        "0.0001 0.001 0.01 0.1",
		"{min: 1.23456789e-4, max: 1, count: 2, distribution: log_uniform_values}":  "0.000123456789 1",
		"{min: -2, max: 0, count: 3, distribution: log_uniform}":                    "0.1353353 0.3678794 1",
		"{min: 0, max: 2, count: 3, distribution: inv_log_uniform}":                 "0.1353353 0.3678794 1",
		"{min: 1, max: 100, count: 3, distribution: inv_log_uniform_values}":        "1 10 100",
		"{min: 0.0, max: 1.0, count: 5}":                                            "0 0.25 0.5 0.75 1",
		"{min: 1, max: 10, count: 4}":                                               "1 4 7 10",
		"{min: 1, max: 3, count: 9}":                                                "1 2 3",
		"{min: 16, max: 256, count: 5, distribution: log_uniform_values}":           "16 32 64 128 256",
		"{min: 10, max: 1000, count: 3, q: 16, distribution: q_log_uniform_values}": "16 96 992",
	} {
		if got := gridOf(t, form); got != want {
			t.Errorf("%s: %s, want %s", form, got, want)
		}
	}
}

// TestCountForWholeNumbers: points that happen to be whole suit a parameter that takes whole numbers.
func TestCountForWholeNumbers(t *testing.T) {
	p := plan(t, "parameters: {corpus: gostd, hidden_size: {min: 16, max: 256, count: 5, distribution: log_uniform_values}}")
	for _, c := range p.Configurations {
		if v, _ := c.Params.Lookup("hidden_size"); v.Kind() != Int {
			t.Errorf("%s is not a whole number", v)
		}
	}
}

// TestGridOrder: as declared, the last varies fastest.
func TestGridOrder(t *testing.T) {
	p := plan(t, "parameters: {hidden_size: [50, 100], corpus: gostd, embedding_dim: [30, 20, 10]}")
	if got, want := strings.Join(column(p, "hidden_size"), " "), "50 50 50 100 100 100"; got != want {
		t.Errorf("hidden_size: %s, want %s", got, want)
	}
	if got, want := strings.Join(column(p, "embedding_dim"), " "), "30 20 10 30 20 10"; got != want {
		t.Errorf("embedding_dim: %s, want %s", got, want)
	}
	if got, want := p.Configurations[0].Params[1].Name, "corpus"; got != want {
		t.Errorf("the second parameter is %s, want %s: the order of the spec", got, want)
	}
}

// TestEqualValuesAreOne: 3e6 and 3000000 are the same number, and the first spelling stays.
func TestEqualValuesAreOne(t *testing.T) {
	for _, trainer := range []Trainer{{}, testTrainer()} {
		s, err := Load("spec.yaml", []byte("parameters: {corpus: gostd, steps: [3e6, 3000000, 3_000_000, 1]}"), trainer)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(s, trainer)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(p.Configurations); got != 2 {
			t.Errorf("trainer %q: %d configurations, want 2", trainer.Name, got)
		}
		if n := len(s.Warnings); n != 2 {
			t.Errorf("trainer %q: %d warnings, want one for each value that is listed again: %v", trainer.Name, n, s.Warnings)
		}
	}
}

func TestKinds(t *testing.T) {
	p := plan(t, "parameters: {corpus: gostd, steps: 3e6, learning_rate: 1, direct: true}")
	c := p.Configurations[0].Params
	for name, want := range map[string]Value{"steps": IntValue(3_000_000), "learning_rate": FloatValue(1), "direct": BoolValue(true), "corpus": StringValue("gostd")} {
		if got, _ := c.Lookup(name); got != want {
			t.Errorf("%s: %s %s, want %s %s", name, got.Kind(), got, want.Kind(), want)
		}
	}
}

// TestZip: zipped parameters take the place of the first that is declared.
func TestZip(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  hidden_size: [50, 100, 50]
  epochs: [1, 2]
  learning_rate: [4e-3, 2e-3, 1e-3]
zip: [[learning_rate, hidden_size]]
`)
	for name, want := range map[string]string{
		"hidden_size":   "50 50 100 100 50 50", // the same size with two rates is not the same twice
		"learning_rate": "0.004 0.004 0.002 0.002 0.001 0.001",
		"epochs":        "1 2 1 2 1 2",
	} {
		if got := strings.Join(column(p, name), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestZipOfEqualRows(t *testing.T) {
	p := plan(t, "parameters: {corpus: gostd, hidden_size: [50, 50, 100], epochs: [1, 1, 2]}\nzip: [[hidden_size, epochs]]")
	if got, want := strings.Join(column(p, "hidden_size"), " "), "50 100"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNestedNames(t *testing.T) {
	s, err := Load("spec.yaml", []byte(`
parameters:
  model: {parameters: {hidden: [1, 2], embedding: {parameters: {size: 3}}}}
  model.depth: 4
`), Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range s.Parameters {
		names = append(names, p.Name)
	}
	if want := []string{"model.hidden", "model.embedding.size", "model.depth"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if got, want := fmt.Sprint(s.Parameters[1].Line, s.Parameters[1].Col), "3 71"; got != want {
		t.Errorf("the value stands at %s, want %s", got, want)
	}
}

// TestGridOfConstants: a grid of constants alone is one configuration.
func TestGridOfConstants(t *testing.T) {
	if got := len(plan(t, "parameters: {corpus: gostd}").Configurations); got != 1 {
		t.Errorf("%d configurations, want 1", got)
	}
}

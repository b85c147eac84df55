package sweeps

import (
	"fmt"
	"strings"
	"testing"
)

// value reads one scalar as a constant of a trainer that takes any kind.
func value(t *testing.T, scalar string) Value {
	t.Helper()
	s, err := Load("spec.yaml", []byte("parameters:\n  x: "+scalar+"\n"), Trainer{})
	if err != nil {
		t.Fatalf("%s: %v", scalar, err)
	}
	return s.Parameters[0].Dist.Values[0]
}

// TestScalars holds the traps of YAML: the left side is what people write.
func TestScalars(t *testing.T) {
	for written, want := range map[string]Value{
		"1e-3":         FloatValue(1e-3), // a string to YAML 1.1
		"4E-3":         FloatValue(4e-3),
		"1_000":        IntValue(1000),
		"1_000.5":      FloatValue(1000.5),
		"1_":           IntValue(1),
		"_1":           StringValue("_1"),
		"0o17":         IntValue(15),
		"0x1F":         IntValue(31),
		"0b101":        IntValue(5),
		"+3":           IntValue(3),
		".5":           FloatValue(0.5),
		"1.":           FloatValue(1),
		"-0.0":         FloatValue(0),
		"yes":          StringValue("yes"),
		"no":           StringValue("no"),
		"on":           StringValue("on"),
		"off":          StringValue("off"),
		"y":            StringValue("y"),
		"true":         BoolValue(true),
		"False":        BoolValue(false),
		"2024-01-02":   StringValue("2024-01-02"),
		"12:30:45":     StringValue("12:30:45"), // base 60 to YAML 1.1
		"'1'":          StringValue("1"),
		`"1e-3"`:       StringValue("1e-3"),
		"!!str 1":      StringValue("1"),
		"!!int 1":      IntValue(1),
		"!!float 1":    FloatValue(1),
		"!!int '7'":    IntValue(7),
		"1.2.3":        StringValue("1.2.3"),
		"<<":           StringValue("<<"),
		"1e999 tokens": StringValue("1e999 tokens"),
		"|\n    text":  StringValue("text\n"),
	} {
		if got := value(t, written); got != want {
			t.Errorf("%s: got %s %s, want %s %s", written, got.Kind(), got, want.Kind(), want)
		}
	}
}

func TestNegativeZeroIsZero(t *testing.T) {
	if got := value(t, "-0.0").String(); got != "0" {
		t.Errorf("-0.0 is %s: two spellings of one value would be two trainings", got)
	}
}

func TestByteOrderMark(t *testing.T) {
	s, err := Load("spec.yaml", []byte("\ufeffparameters: {x: 1}\n"), Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Parameters[0].Col != 17 {
		t.Errorf("the value stands in column %d, want 17: the mark is no column", s.Parameters[0].Col)
	}
}

func TestMergeKeys(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  learning_rate: &rate {min: 1e-3, max: 1e-1, count: 2, distribution: log_uniform_values}
  dropout: {<<: *rate, max: 0.5}
  warmup: {<<: [{max: 0.3}, *rate]}
`)
	if got, want := fmt.Sprint(column(p, "dropout")), "[0.001 0.001 0.5 0.5 0.001 0.001 0.5 0.5]"; got != want {
		t.Errorf("a key of the mapping itself wins: got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(column(p, "warmup")), "[0.001 0.3 0.001 0.3 0.001 0.3 0.001 0.3]"; got != want {
		t.Errorf("the first of several sources wins: got %s, want %s", got, want)
	}
}

func TestAliases(t *testing.T) {
	p := plan(t, "parameters: {corpus: gostd, hidden_size: &sizes [50, 100], embedding_dim: *sizes}")
	if got, want := fmt.Sprint(column(p, "embedding_dim")), "[50 100 50 100]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestKeysAreText: a number may be a key, and then is its own text.
func TestKeysAreText(t *testing.T) {
	ps := problemsOf(t, "parameters: {corpus: gostd, 1: 2, on: 3}")
	if want := `spec.yaml:1:29: "1" cannot be the name of a parameter`; !strings.HasPrefix(ps[0].String(), want) {
		t.Errorf("got %v, want %s", ps[0], want)
	}
	if want := `unknown parameter "on"`; ps[1].Message != want {
		t.Errorf("got %q, want %q", ps[1].Message, want)
	}
	ps = problemsOf(t, "parameters: {corpus: gostd, [a]: 2, ~: 1}")
	if ps[0].Message != "a key must be a name" || ps[1].Message != "a key must be a name" {
		t.Errorf("keys that are no names: %v", ps)
	}
}

// refusedWith fails unless a spec is refused with exactly one problem of this message.
func refusedWith(t *testing.T, src, message string) {
	t.Helper()
	_, err := Load("spec.yaml", []byte(src), Trainer{})
	ps, ok := err.(Problems)
	if !ok || len(ps) != 1 || ps[0].Message != message {
		t.Errorf("got %v, want the one problem %q", err, message)
	}
}

func TestLimits(t *testing.T) {
	const head = "parameters:\n  x: "
	accepted := func(what, src string) {
		t.Helper()
		if _, err := Load("spec.yaml", []byte(src), Trainer{}); err != nil {
			t.Errorf("%s: %.200v", what, err)
		}
	}
	refusedWith(t, strings.Repeat(" ", maxBytes)+"a", "the file has 1048577 bytes, more than 1048576")
	accepted("a file of just the greatest size", head+"1 #"+strings.Repeat("x", maxBytes-len(head)-4)+"\n")

	refusedWith(t, head+strings.Repeat("[", 63)+strings.Repeat("]", 63), "nested deeper than 64 levels")
	refusedWith(t, strings.Repeat("[", 100_000), "nested deeper than 64 levels")
	nested := "{x: 1}"
	for range 30 { // two levels each, plus the three outermost
		nested = "{x: {parameters: " + nested + "}}"
	}
	accepted("63 levels", "parameters: "+nested)

	list := func(n int) string { return head + "[1" + strings.Repeat(", 1", n-1) + "]\n" }
	// Beside the values there are the mapping, its key, the second mapping, its key and the list.
	accepted("just as many nodes as allowed", list(maxNodes-5))
	refusedWith(t, list(maxNodes-4), "more than 20000 keys and values, aliases expanded")

	aliases := func(n int) string {
		return head + "&a 1\n  y: [*a" + strings.Repeat(", *a", n-1) + "]\n"
	}
	accepted("just as many aliases as allowed", aliases(maxAliases))
	refusedWith(t, aliases(maxAliases+1), "more than 100 aliases")

	bomb := "parameters:\n  x0: &x0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("  x%d: &x%d [%s*x%d]\n", i, i, strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 9), i-1)
	}
	refusedWith(t, bomb, "more than 100 aliases")
	doubling := "parameters:\n  x0: &x0 [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
	for i := 1; i < 40; i++ {
		doubling += fmt.Sprintf("  x%d: &x%d [*x%d, *x%d]\n", i, i, i-1, i-1)
	}
	refusedWith(t, doubling, "more than 100 aliases")
	refusedWith(t, "name: "+strings.Repeat("a", 129)+"\nparameters: {x: 1}",
		`name cannot be "`+strings.Repeat("a", 129)+`": letters, digits, dot, dash and underscore, at most 128, a letter or digit first`)
	accepted("a long name", "name: "+strings.Repeat("a", 128)+"\nparameters: {x: 1}")
}

// TestGridSize: the product of sizes is taken before anything is expanded, and far beyond any integer.
func TestGridSize(t *testing.T) {
	var b strings.Builder
	b.WriteString("parameters:\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  x%d: {min: -9007199254740991, max: 9007199254740991}\n", i)
	}
	refusedWith(t, b.String(), "the grid has over 1e+308 configurations, more than 1,000,000")
	refusedWith(t, "parameters: {x: {min: 1, max: 1000001}}", "the grid has 1,000,001 configurations, more than 1,000,000")
	refusedWith(t, "parameters: {x: {min: 0, max: 1, q: 1e-300, distribution: q_uniform}}", "the grid has 1e+300 configurations, more than 1,000,000")
	s, err := Load("spec.yaml", []byte("parameters: {x: {min: 1, max: 1000000}}"), Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	axes, _ := s.gridAxes()
	n := 0
	s.grid(axes, func([]Value) bool { n++; return true })
	if n != MaxGrid {
		t.Errorf("%d points, want %d", n, MaxGrid)
	}
}

// TestNamesOfSweeps: the file's name serves where none is given; a name of W&B's with other characters is refused with
// the spelling that would do.
func TestNamesOfSweeps(t *testing.T) {
	for file, want := range map[string]string{"hidden.yaml": "hidden", "a/b/grid.v2.yml": "grid.v2", "plain": "plain"} {
		s, err := Load(file, []byte("parameters: {x: 1}"), Trainer{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
		} else if s.Name != want {
			t.Errorf("%s: name %q, want %q", file, s.Name, want)
		}
	}
	for file, hint := range map[string]string{"my sweep.yaml": "write name: my-sweep", "-": "write name: ...", "": "write name: ..."} {
		_, err := Load(file, []byte("parameters: {x: 1}"), Trainer{})
		if ps, ok := err.(Problems); !ok || len(ps) != 1 || ps[0].Hint != hint {
			t.Errorf("file %q: got %v, want the hint %q", file, err, hint)
		}
	}
	for name, want := range map[string]string{"my sweep (2)": "my-sweep-2", "_x": "x", "größe": "gr-e", "日本": "", "a/b": "a-b"} {
		if got := spelling(name); got != want {
			t.Errorf("spelling of %q: %q, want %q", name, got, want)
		}
	}
}

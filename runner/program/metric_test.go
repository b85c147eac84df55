package program

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseLine(t *testing.T) {
	inf := math.Inf(1)
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	for _, c := range []struct {
		line string
		want measurement
	}{
		{`{"step": 10, "val/loss": 1.5, "accuracy": 0.3}`,
			measurement{step: 10, stepped: true, values: []value{{"val/loss", 1.5}, {"accuracy", 0.3}}}},
		{`{"loss":1}`, measurement{values: []value{{"loss", 1}}}},
		{" \t{ \"loss\" : -1.5e-3 }\r", measurement{values: []value{{"loss", -1.5e-3}}}},
		{`{"step": 3}`, measurement{step: 3, stepped: true}},
		{`{"step": 0, "examples": 64.0, "x": 1}`, measurement{stepped: true, examples: 64, values: []value{{"x", 1}}}},
		{`{"step": 1e3, "x": 0}`, measurement{step: 1000, stepped: true, values: []value{{"x", 0}}}},
		{`{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999, "e": -1e999}`,
			measurement{values: []value{{"a", math.NaN()}, {"b", inf}, {"c", -inf}, {"d", inf}, {"e", -inf}}}},
		{`{"val": {"loss": 1, "top": {"5": 2}}, "step": 1}`,
			measurement{step: 1, stepped: true, values: []value{{"val.loss", 1}, {"val.top.5", 2}}}},
		{`{"val": {"step": 7}}`, measurement{values: []value{{"val.step", 7}}}},
		{`{"yes": true, "no": false}`, measurement{values: []value{{"yes", 1}, {"no", 0}}}},
		{`{"note": "1", "none": null, "list": [1, {"a": 2}, [true]], "empty": {}, "x": 1}`,
			measurement{values: []value{{"x", 1}}}},
		{`{"gr\u00f6\u00dfe": 1, "größe": 2, "a\"b": 3}`,
			measurement{values: []value{{"größe", 1}, {"größe", 2}, {`a"b`, 3}}}},
		{"{\"\xff\": 1}", measurement{values: []value{{"�", 1}}}},
		{`{"": 1, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"": {"a": 1}, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"a\nb": 1, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"` + strings.Repeat("n", 257) + `": 1, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"step": 1.5, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"step": -1, "examples": NaN, "x": 2}`, measurement{odd: true, values: []value{{"x", 2}}}},
		{`{"step": "4", "x": 2}`, measurement{values: []value{{"x", 2}}}},
		{deep(64), measurement{values: []value{{strings.Repeat("a.", 63) + "a", 1}}}},
	} {
		got, ok := parseLine([]byte(c.line))
		diff := cmp.Diff(c.want, got, cmp.AllowUnexported(measurement{}, value{}), cmpopts.EquateNaNs(), cmpopts.EquateEmpty())
		if !ok || diff != "" {
			t.Errorf("%s: ok is %v (-want +got):\n%s", c.line, ok, diff)
		}
	}
	for _, text := range []string{
		"", "{", "{}", "epoch 3: loss 1.5", "[1]", "1", `"loss"`, `{"loss": 1`, `{"loss": 1} done`, `{"loss": 1}{"loss": 2}`,
		`{loss: 1}`, `{'loss': 1}`, `{"loss": 1,}`, `{"loss" 1}`, `{"loss": }`, `{"loss": 01}`, `{"loss": .5}`, `{"loss": 1.}`,
		`{"loss": +1}`, `{"loss": 0x10}`, `{"loss": 1_0}`, `{"loss": 1e}`, `{"loss": nan}`, `{"loss": -NaN}`, `{"loss": inf}`,
		`{"loss": Infinit}`, `{"loss": tru}`, `{"loss": --1}`, `{"a": "b"}`, `{"a": [1]}`, `{"a": null}`, `{"a": [1,], "x": 1}`,
		`{"a": [1 2], "x": 1}`, "{\"a\nb\": 1}", `{"a": "\q", "x": 1}`, `{"a": "b`, deep(65), `{"a": ` + strings.Repeat("[", 70),
		"{\"x\": \x001}",
	} {
		if m, ok := parseLine([]byte(text)); ok {
			t.Errorf("%q was taken for a metric line: %+v", text, m)
		}
	}
}

// FuzzLine holds the parser against the standard library's, which knows no NaN and no Infinity.
func FuzzLine(f *testing.F) {
	for _, s := range []string{
		`{"step": 10, "val/loss": 1.5}`, `{"a": {"b": [1, "x", null, true]}, "c": -1e-7}`, `{"a": NaN, "b": -Infinity}`,
		`{"\u0061\ud83d": 1, "": 0}`, `{"a":1}{`, `{"x": 1e400}`, `{"step": 1e17, "examples": 5, "x": 00}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, ok := parseLine(line)
		if !ok && (len(m.values) > 0 || m.stepped) {
			t.Fatalf("%q is text and gave %+v", line, m)
		}
		if m.step < 0 || m.examples < 0 {
			t.Errorf("%q gave a negative step or number of examples: %+v", line, m)
		}
		for _, v := range m.values {
			if !nameable(v.metric) {
				t.Errorf("%q gave a metric %q", line, v.metric)
			}
		}
		var standard map[string]json.RawMessage
		known := json.Unmarshal(line, &standard) == nil
		special := strings.Contains(string(line), "NaN") || strings.Contains(string(line), "Infinity")
		if ok && !known && !special {
			t.Errorf("%q is no JSON and gave %+v", line, m)
		}
		if known && !ok {
			for name, raw := range standard { // a number at the top must not be lost, unless the line is too deep
				var x float64
				if json.Unmarshal(raw, &x) == nil && string(raw) != "null" && nameable(name) && name != "step" && name != "examples" &&
					strings.Count(string(line), "{")+strings.Count(string(line), "[") < maxNesting {
					t.Errorf("%q is JSON with %s = %g and was taken for text", line, name, x)
				}
			}
		}
	})
}

func BenchmarkParseLine(b *testing.B) {
	line := []byte(`{"step": 10, "train/loss": 1.5234, "learning_rate": 0.001, "grad/norm": 3.25e-2}`)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := parseLine(line); !ok {
			b.Fatal("no metrics")
		}
	}
}

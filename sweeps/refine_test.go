package sweeps

import (
	"encoding/json"
	"strings"
	"testing"
)

const refineSpec = `# what was asked
name: asked
method: tpe
budget: {configurations: 20}
parameters:
  corpus: gostd
  hidden_size: [50, 100, 200]
  embedding_dim: {min: 10, max: 70}
  learning_rate: {min: 1e-4, max: 1e-2, distribution: log_uniform_values} # wide
  dropout: {min: 0.0, max: 0.6}
  optimizer: [sgd, adam]
  momentum: {values: [0.5, 0.9, 0.99], when: {optimizer: sgd}}
`

func TestRefine(t *testing.T) {
	s := load(t, refineSpec)
	best := Values{
		{"corpus", StringValue("gostd")}, {"hidden_size", IntValue(200)}, {"embedding_dim", IntValue(40)},
		{"learning_rate", FloatValue(0.001)}, {"dropout", FloatValue(0)}, {"optimizer", StringValue("sgd")}, {"momentum", FloatValue(0.9)},
	}
	text, err := s.Refine(best, "closer", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# what was asked", "name: closer", "hidden_size: [141, 200, 283, 400]", "embedding_dim: {min: 30, max: 50}",
		"learning_rate: {min: 0.000464, max: 0.00215, distribution: log_uniform_values}", "dropout: {min: 0.0, max: 0.1, distribution: uniform}",
		"optimizer: sgd", "budget: {configurations: 20}",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	closer, err := Load("closer.yaml", text, testTrainer())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if m := closer.parameter("momentum"); len(m.When) != 1 || len(m.Dist.Values) != 3 {
		t.Errorf("momentum became %+v", m.Dist)
	}
	if _, ok := closer.At(best); !ok {
		t.Error("the best lies outside of the new space")
	}
}

func TestEdges(t *testing.T) {
	s := load(t, refineSpec)
	at := func(size, dim int64, rate, dropout float64) string {
		var names []string
		for _, e := range s.Edges(Values{
			{"corpus", StringValue("gostd")}, {"hidden_size", IntValue(size)}, {"embedding_dim", IntValue(dim)},
			{"learning_rate", FloatValue(rate)}, {"dropout", FloatValue(dropout)}, {"optimizer", StringValue("adam")},
		}) {
			end := "low"
			if e.High {
				end = "high"
			}
			names = append(names, e.Name+" "+end)
		}
		return strings.Join(names, ", ")
	}
	for _, c := range []struct{ got, want string }{
		{at(100, 40, 0.001, 0.3), ""},
		{at(200, 70, 0.0001, 0.59), "hidden_size high, embedding_dim high, learning_rate low, dropout high"},
		{at(50, 10, 0.0099, 0), "hidden_size low, embedding_dim low, learning_rate high"}, // a dropout of 0 is as far as it goes
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestRefineWholeNumbers: a list is refined to one that holds something new, or to its best value, and an edge promises
// what the refined spec does.
func TestRefineWholeNumbers(t *testing.T) {
	for _, c := range []struct {
		values, best string
		want         string // of x in the refined spec
		edge         string
	}{
		{"[1, 2, 3, 4]", "1", "1", "low"}, // of a program's count nothing says that it may be 0
		{"[1, 2, 3, 4, 5, 6]", "1", "1", "low"},
		{"[1, 2, 3, 4, 5, 6]", "3", "3", ""},
		{"[1, 2, 3, 4, 5, 6]", "6", "[5, 6, 7]", "high refined"},
		{"[0, 1, 2]", "0", "0", "low"},
		{"[-1, 0, 1]", "-1", "[-2, -1]", "low refined"},
		{"[1, 2, 3]", "1", "1", "low"},
		{"[3, 5, 7]", "3", "[1, 2, 3, 4]", "low refined"},
		{"[2, 4, 8, 16]", "2", "[1, 2, 3]", "low refined"},
		{"[1, 4, 16]", "1", "[1, 2]", "low"},
		{"[10, 20, 30]", "10", "[5, 10, 15]", "low refined"}, // 0 and -10 are no counts
		{"[1.0, 2.0, 3.0]", "1", "[0.5, 1.0, 1.5]", "low refined"},
		{"{min: 1, max: 60}", "1", "{min: 1, max: 11}", "low"},
	} {
		src := "command: [train]\nmetric: {name: loss}\nparameters: {x: " + c.values + ", y: [1, 2]}\n"
		s, err := Load("of.yaml", []byte(src), Trainer{})
		if err != nil {
			t.Fatal(err)
		}
		var best Values
		if err := json.Unmarshal([]byte(`{"x": `+c.best+`, "y": 1}`), &best); err != nil { // as the record has it
			t.Fatal(err)
		}
		text, err := s.Refine(best, "closer", false)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "x: "+c.want+",") {
			t.Errorf("%s around %s:\n%s\nwant x: %s", c.values, c.best, text, c.want)
		}
		edge := ""
		for _, e := range s.Edges(best) {
			edge = map[bool]string{false: "low", true: "high"}[e.High] + map[bool]string{true: " refined"}[e.Refined]
		}
		if edge != c.edge {
			t.Errorf("%s at %s: edge %q, want %q", c.values, c.best, edge, c.edge)
		}
	}
}

// TestRefineAsksTheTrainer: no hidden neurons are taken only where the inputs reach the output directly; a rate is above 0.
func TestRefineAsksTheTrainer(t *testing.T) {
	for _, c := range []struct {
		rest, best string
		want       string
		edges      int
	}{
		{"hidden_size: [1, 2, 3, 4]", `"hidden_size": 1`, "hidden_size: 1\n", 0},
		{"direct: true\n  hidden_size: [1, 2, 3, 4]", `"direct": true, "hidden_size": 1`, "hidden_size: [0, 1]\n", 1},
		{"hidden_size: [10, 20, 30]", `"hidden_size": 10`, "hidden_size: [5, 10, 15]\n", 1},
		{"direct: true\n  hidden_size: [10, 20, 30]", `"direct": true, "hidden_size": 10`, "hidden_size: [0, 5, 10, 15]\n", 1},
		{"context_length: [1, 2, 3]", `"context_length": 1`, "context_length: 1\n", 0},
		{"learning_rate: [0.1, 0.2, 0.3]", `"learning_rate": 0.1`, "learning_rate: [0.05, 0.1, 0.15]\n", 1},
		{"learning_rate: {min: 0.1, max: 1.0, count: 4}", `"learning_rate": 0.1`, "learning_rate: {min: 0.05, max: 0.25, count: 4,", 1},
	} {
		s := load(t, "parameters:\n  corpus: gostd\n  optimizer: [sgd, adam]\n  "+c.rest+"\n")
		var best Values
		if err := json.Unmarshal([]byte(`{"corpus": "gostd", "optimizer": "adam", `+c.best+`}`), &best); err != nil {
			t.Fatal(err)
		}
		text, err := s.Refine(best, "closer", false)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), c.want) {
			t.Errorf("%s\nwant %s", text, c.want)
		}
		load(t, string(text))
		if edges := s.Edges(best); len(edges) != c.edges {
			t.Errorf("%s: edges %v, want %d", c.rest, edges, c.edges)
		}
	}
}

// TestRefineRoundsWithinLimits: three digits of the greatest momentum would be 1.
func TestRefineRoundsWithinLimits(t *testing.T) {
	for values, want := range map[string]string{
		"{min: 0.5, max: 0.99, count: 3}": "momentum: {min: 0.908, max: 0.9999,",
		"[0.9, 0.95, 0.99]":               "momentum: [0.97, 0.99, 0.9999]",
	} {
		s := load(t, "parameters: {corpus: gostd, momentum: "+values+"}\n")
		s.parameter("momentum").limits = [2]float64{0, 0.9999}
		text, err := s.Refine(Values{{"corpus", StringValue("gostd")}, {"momentum", FloatValue(0.99)}}, "closer", false)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nwant %s", text, want)
		}
	}
}

func TestRungsInMidDecay(t *testing.T) {
	for _, c := range []struct {
		steady float64
		rule   string
		warns  bool
	}{
		{1, "{type: asha, min_iter: 1}", false},
		{0.75, "{type: asha, min_iter: 1}", false},              // rungs 1, 3, 9 of 27, steady up to 20
		{0.3, "{type: asha, min_iter: 1}", true},                // up to 8
		{0, "{type: hyperband, min_iter: 3}", true},             // falls from the start
		{0.75, "{type: median}", true},                          // which judges at every point
		{0.75, "{type: hyperband, max_iter: 27, s: 1}", false},  // one band, 9
		{0.2, "{type: hyperband, min_iter: 9, eta: 3.5}", true}, // 9
	} {
		for _, method := range []string{"grid", "tpe"} {
			trainer := pretender()
			inner := trainer.Resolve
			trainer.Resolve = func(vs Values) (Resolved, error) {
				r, err := inner(vs)
				r.Steady = c.steady
				return r, err
			}
			p, err := NewPlan(load(t, "method: "+method+"\nbudget: {configurations: 4}\nearly_terminate: "+c.rule+"\nparameters: {corpus: gostd, hidden_size: [1, 2, 3, 4, 5]}\n"), trainer)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Recall(Memory{}); err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, w := range p.Warnings {
				if strings.Contains(w.Message, "mid-decay") {
					n++
				}
			}
			if (n == 1) != c.warns || n > 1 {
				t.Errorf("%s, %s, steady for %v: %d warnings", method, c.rule, c.steady, n)
			}
		}
	}
}

package sweeps

import (
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
	text, err := s.Refine(best, "closer")
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

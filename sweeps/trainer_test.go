package sweeps

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// testTrainer resembles the built-in trainer: a model of words with a hidden layer.
func testTrainer() Trainer {
	params := []Param{
		{Name: "corpus", Kind: String, Required: true, Doc: "text to learn from: gostd, names, or a path", Check: knownCorpus},
		{Name: "level", Kind: String, Choices: []string{"word", "char"}},
		{Name: "lowercase", Kind: Bool, Default: BoolValue(false)},
		{Name: "vocab_size", Kind: Int, Min: 2, Max: 1 << 30},
		{Name: "context_length", Kind: Int, Default: IntValue(3), Min: 1, Max: 1024},
		{Name: "embedding_dim", Kind: Int, Default: IntValue(30), Min: 1, Max: 8192},
		{Name: "hidden_size", Kind: Int, Default: IntValue(100), Min: 0, Max: 65536},
		{Name: "activation", Kind: String, Default: StringValue("tanh"), Choices: []string{"tanh", "relu"}},
		{Name: "direct", Kind: Bool, Default: BoolValue(false)},
		{Name: "optimizer", Kind: String, Default: StringValue("adam"), Choices: []string{"sgd", "adam"}},
		{Name: "momentum", Kind: Float, Default: FloatValue(0), Min: 0, Max: 0.999},
		{Name: "learning_rate", Kind: Float, Min: 0, Max: 1000, OpenMin: true},
		{Name: "lr_schedule", Kind: String, Default: StringValue("constant"), Choices: []string{"constant", "step", "linear", "cosine"}},
		{Name: "warmup", Kind: Float, Default: FloatValue(0), Min: 0, Max: 0.99},
		{Name: "batch_size", Kind: Int, Min: 1, Max: 65536},
		{Name: "epochs", Kind: Int, Default: IntValue(4), Min: 1, Max: 1 << 20},
		{Name: "steps", Kind: Int, Min: 1, Max: 1 << 40},
		{Name: "loss", Kind: String, Default: StringValue("full"), Choices: []string{"full", "sampled"}},
		{Name: "weight_decay", Kind: Float, Default: FloatValue(0), Min: 0, Max: 1},
		{Name: "dropout", Kind: Float, Default: FloatValue(0), Min: 0, Max: 0.95},
	}
	metrics := []string{"train/loss", "val/loss", "val/perplexity", "val/accuracy", "val/top5", "test/perplexity", "learning_rate"}
	return Trainer{Name: "test", Version: "1", Params: params, Metrics: metrics, Resolve: func(vs Values) (Resolved, error) {
		return resolveTest(params, vs)
	}}
}

func knownCorpus(v Value) error {
	if s, _ := v.Text(); s != "gostd" && s != "names" {
		return errors.New("no corpus or file " + s)
	}
	return nil
}

// resolveTest identifies a configuration by what differs from the defaults, with rules between parameters.
func resolveTest(params []Param, vs Values) (Resolved, error) {
	var key Values
	var wrong []error
	get := func(name string) Value {
		if v, ok := vs.Lookup(name); ok {
			return v
		}
		i := slices.IndexFunc(params, func(p Param) bool { return p.Name == name })
		return params[i].Default
	}
	hidden, _ := get("hidden_size").Int()
	if direct, _ := get("direct").Bool(); hidden == 0 && !direct {
		wrong = append(wrong, &ValueError{Param: "hidden_size", Message: "0 neurons leave no way to the output", Hint: "set direct: true"})
	}
	vocab, _ := get("vocab_size").Int()
	if vocab > 40_000 {
		wrong = append(wrong, &ValueError{Param: "vocab_size", Message: "more than the 40000 that the text offers"})
	}
	_, epochs := vs.Lookup("epochs")
	if _, steps := vs.Lookup("steps"); epochs && steps {
		wrong = append(wrong, &ValueError{Param: "steps", Message: "stands beside epochs", Hint: "delete one of them"})
	}
	if len(wrong) > 0 {
		return Resolved{}, errors.Join(wrong...)
	}
	for _, p := range params {
		if v, ok := vs.Lookup(p.Name); ok && !v.Same(p.Default) {
			key = append(key, Setting{p.Name, v})
		}
	}
	m, _ := get("embedding_dim").Int()
	return Resolved{Key: key, Parameters: vocab*m + hidden*m}, nil
}

// load reads a spec that must be right.
func load(t testing.TB, src string, set ...string) *Spec {
	t.Helper()
	s, err := Load("spec.yaml", []byte(src), testTrainer(), set...)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return s
}

// problemsOf reads a spec that must be wrong.
func problemsOf(t testing.TB, src string, set ...string) Problems {
	t.Helper()
	s, err := Load("spec.yaml", []byte(src), testTrainer(), set...)
	if err == nil {
		_, err = NewPlan(s, testTrainer())
	}
	var ps Problems
	if !errors.As(err, &ps) {
		t.Fatalf("accepted, or an error of another kind (%v):\n%s", err, src)
	}
	return ps
}

// plan expands a spec that must be right.
func plan(t testing.TB, src string, set ...string) *Plan {
	t.Helper()
	p, err := NewPlan(load(t, src, set...), testTrainer())
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return p
}

// column returns a parameter's values over the configurations, as text; "-" where it is absent.
func column(p *Plan, name string) []string {
	var values []string
	for _, c := range p.Configurations {
		v, ok := c.Params.Lookup(name)
		if !ok {
			v = StringValue("-")
		}
		values = append(values, v.String())
	}
	return values
}

// files reads the specs of a folder below testdata.
func files(t testing.TB, folder string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no specs in testdata/%s: %v", folder, err)
	}
	specs := make(map[string]string)
	for _, name := range names {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		specs[filepath.ToSlash(filepath.Base(name))] = string(src)
	}
	return specs
}

package nplm

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Every hyperparameter that the trainer lists must reach either the text or the model, and nothing else may.
func TestEveryParameterIsRead(t *testing.T) {
	config, err := byName(trainer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range trainer.Parameters() {
		_, ofModel := config[p.Name]
		if ofText := textField(&corpus.Options{}, p.Name) != nil; ofText == ofModel {
			t.Errorf("%s: of the text %t, of the model %t", p.Name, ofText, ofModel)
		}
	}
}

func values(kv ...any) sweeps.Values {
	var vs sweeps.Values
	for i := 0; i < len(kv); i += 2 {
		var v sweeps.Value
		switch x := kv[i+1].(type) {
		case int:
			v = sweeps.IntValue(int64(x))
		case float64:
			v = sweeps.FloatValue(x)
		case string:
			v = sweeps.StringValue(x)
		case bool:
			v = sweeps.BoolValue(x)
		}
		vs = append(vs, sweeps.Setting{Name: kv[i].(string), Value: v})
	}
	return vs
}

// What a training is expected to cost grows with its steps and its size; what comes after the last step does not grow
// with steps.
func TestCost(t *testing.T) {
	resolve := func(kv ...any) sweeps.Resolved {
		t.Helper()
		r, err := New(t.TempDir()).Describe(t.Context()).Resolve(values(append([]any{"corpus", "names"}, kv...)...))
		if err != nil {
			t.Fatal(err)
		}
		if r.Ending <= 0 || r.Ending >= r.Cost {
			t.Errorf("%v: %g of %g come after the last step", kv, r.Ending, r.Cost)
		}
		return r
	}
	base := resolve("steps", 1000)
	if more := resolve("steps", 2000); more.Cost <= base.Cost || more.Ending != base.Ending {
		t.Errorf("1000 steps cost %g and %g after them, 2000 %g and %g", base.Cost, base.Ending, more.Cost, more.Ending)
	}
	if larger := resolve("steps", 1000, "hidden_size", 200); larger.Cost <= base.Cost || larger.Ending <= base.Ending {
		t.Errorf("100 neurons cost %g and %g, 200 %g and %g", base.Cost, base.Ending, larger.Cost, larger.Ending)
	}
}

// key resolves values to what identifies their training.
func key(t *testing.T, kv ...any) map[string]sweeps.Value {
	t.Helper()
	r, err := New(t.TempDir()).Describe(t.Context()).Resolve(values(kv...))
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]sweeps.Value{}
	for _, s := range r.Key {
		m[s.Name] = s.Value
	}
	return m
}

func TestIdentityHoldsWhatHasAnEffect(t *testing.T) {
	base := key(t, "corpus", "names", "steps", 10)
	same := key(t, "corpus", "names", "steps", 10, "hidden_size", 100, "level", "char", "negatives", 64, "learning_rate", 0.001)
	if len(same) != len(base) {
		t.Errorf("defaults and settings without effect changed the identity from %v to %v", base, same)
	}
	for _, change := range [][]any{
		{"hidden_size", 64}, {"loss", "sampled"}, {"split_seed", 2}, {"boundary", "stream"}, {"optimizer", "sgd"}, {"dropout", 0.5},
		{"snapshots", true}, {"shuffle_targets", true},
	} {
		other := key(t, append([]any{"corpus", "names", "steps", 10}, change...)...)
		if equal(base, other) {
			t.Errorf("%v = %v left the identity as it was", change[0], change[1])
		}
	}
	for _, same := range [][]any{
		{"representation", "index", "embedding_dim", 5}, {"representation", "onehot", "embedding_init", 2}, {"representation", "binary", "embedding_init", 2},
	} {
		with := append([]any{"corpus", "names", "steps", 10}, same...)
		if !equal(key(t, with...), key(t, with[:6]...)) {
			t.Errorf("%v has no effect with %v, and changed the identity", same[2], same[1])
		}
	}
	steps := key(t, "corpus", "names", "epochs", 2)["steps"]
	n, _ := steps.Int()
	if !equal(key(t, "corpus", "names", "epochs", 2), key(t, "corpus", "names", "steps", int(n))) {
		t.Errorf("two epochs and the %d steps that they take are two trainings", n)
	}
	if !equal(key(t, "corpus", "names", "eval_examples", 1_000_000), key(t, "corpus", "names", "eval_examples", 2_000_000)) {
		t.Error("more examples than there are make another training")
	}
	if equal(key(t, "corpus", "names", "steps", 10, "loss", "sampled"), key(t, "corpus", "names", "steps", 10, "loss", "sampled", "negatives", 64)) {
		t.Error("negatives of a sampled loss left the identity as it was")
	}
}

// Parts that are files are the same whatever the split's seed; the sample that the curve is measured on is not.
func TestSplitSeedDrawsTheSample(t *testing.T) {
	dir := t.TempDir()
	text := func(name string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(strings.Repeat("emma\nolivia\nava\n"+name+"\n", 20)), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	parts := []any{"corpus", text("a"), "val_corpus", text("v"), "test_corpus", text("e"), "level", "char", "steps", 10}
	with := func(more ...any) map[string]sweeps.Value { return key(t, append(slices.Clone(parts), more...)...) }
	if equal(with("eval_examples", 5), with("eval_examples", 5, "split_seed", 2)) {
		t.Error("curves over other samples have one identity")
	}
	if !equal(with(), with("split_seed", 2)) {
		t.Error("a seed that draws nothing changed the identity")
	}
}

func equal(a, b map[string]sweeps.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func TestMistakesAreOfOneParameter(t *testing.T) {
	for _, tc := range []struct {
		values []any
		param  string
	}{
		{[]any{"corpus", "no-such-file.txt", "steps", 10}, "corpus"},
		{[]any{"corpus", "names", "steps", 10, "epochs", 2}, "steps"},
		{[]any{"corpus", "names", "steps", 10, "hidden_size", 0}, "hidden_size"},
		{[]any{"corpus", "names", "steps", 10, "vocab_size", 40}, "vocab_size"},
		{[]any{"corpus", "names", "steps", 10, "activation", "gelu"}, "activation"},
		{[]any{"corpus", "names", "steps", 10, "representation", "binary", "embedding_dim", 4}, "embedding_dim"},
		{[]any{"corpus", "names", "steps", 10, "hidden_size", 65536, "embedding_dim", 8192, "context_length", 1024}, "hidden_size"},
	} {
		_, err := New(t.TempDir()).Describe(t.Context()).Resolve(values(tc.values...))
		var ve *sweeps.ValueError
		if !errors.As(err, &ve) || ve.Param != tc.param {
			t.Errorf("%v: %v, want a mistake of %s", tc.values, err, tc.param)
		}
	}
}

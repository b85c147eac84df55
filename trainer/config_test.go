package trainer

import (
	"errors"
	"strings"
	"testing"
)

func TestParameterCount(t *testing.T) {
	for _, c := range []struct {
		cfg   Config
		vocab int
		want  int64
	}{
		{Config{HiddenSize: 50}, 17_000, 1_381_550},
		{Config{HiddenSize: 100}, 17_000, 2_236_100},
		{Config{HiddenSize: 200}, 17_000, 3_945_200},
		{Config{EmbeddingDim: 10, HiddenSize: 200}, 27, 11_897}, // makemore
		{Config{Direct: true, HiddenSize: 50}, 17_000, 1_381_550 + 17_000*90},
		{Config{Direct: true}, 27, 27*30 + 27 + 27*90},
	} {
		cfg := c.cfg.WithDefaults("word")
		if got := cfg.ParameterCount(c.vocab); got != c.want {
			t.Errorf("h %d, direct %t, vocabulary %d: %d parameters, want %d", cfg.HiddenSize, cfg.Direct, c.vocab, got, c.want)
		}
		// The weights' tensors hold just as many.
		var n int64
		for _, x := range newWeights(cfg, c.vocab).tensors() {
			n += int64(len(x.Data))
		}
		if n != c.want {
			t.Errorf("h %d: tensors hold %d numbers, want %d", cfg.HiddenSize, n, c.want)
		}
	}
}

func TestTotalSteps(t *testing.T) {
	for _, c := range []struct {
		cfg      Config
		examples int
		want     int64
	}{
		{Config{Steps: 500, BatchSize: 32}, 10, 500},
		{Config{Epochs: 4, BatchSize: 128}, 1_440_141, 45_005},
		{Config{Epochs: 1, BatchSize: 10}, 20, 2},
		{Config{Epochs: 1, BatchSize: 10}, 21, 3},
		{Config{Epochs: 1, BatchSize: 100}, 7, 1},
	} {
		if got := c.cfg.TotalSteps(c.examples); got != c.want {
			t.Errorf("%d epochs of %d by %d = %d steps, want %d", c.cfg.Epochs, c.examples, c.cfg.BatchSize, got, c.want)
		}
	}
}

func TestTrainingFlops(t *testing.T) {
	for _, c := range []struct {
		cfg   Config
		vocab int
		want  float64
	}{
		{Config{EmbeddingDim: 10, HiddenSize: 200, BatchSize: 32}, 27, 2_188_800},
		{Config{}, 17_000, 1_312_512_000},
		{Config{Direct: true}, 17_000, 6 * 128 * 17_000 * 90},
		{Config{HiddenSize: 100, Loss: "sampled"}, 17_000, 6 * 128 * (640*100 + 100*90)},
		{Config{HiddenSize: 100, Loss: "sampled"}, 27, 6 * 128 * (27*100 + 100*90)},
	} {
		cfg := c.cfg.WithDefaults("word")
		if got := cfg.TrainingFlops(c.vocab); got != c.want {
			t.Errorf("%+v over %d symbols: %g flops a step, want %g", c.cfg, c.vocab, got, c.want)
		}
	}
}

// TestDefaults holds WithDefaults against the defaults that Parameters tells.
func TestDefaults(t *testing.T) {
	for _, level := range []string{"word", "char"} {
		cfg := Config{}.WithDefaults(level)
		if err := cfg.Validate(); err != nil {
			t.Errorf("%s: %v", level, err)
		}
		for _, p := range modelParameters() {
			if got := cfg.value(p.Name); p.Default != nil && got != p.Default && p.Name != "negatives" {
				t.Errorf("%s: %s = %v, Parameters says %v", level, p.Name, got, p.Default)
			}
		}
	}
	word, char := Config{}.WithDefaults("word"), Config{Optimizer: "sgd"}.WithDefaults("char")
	if word.BatchSize != 128 || word.EmbeddingInit != 0.3 || word.LearningRate != 0.001 || word.Negatives != 0 {
		t.Errorf("word level: %+v", word)
	}
	if char.BatchSize != 32 || char.EmbeddingInit != 1 || char.LearningRate != 0.1 {
		t.Errorf("char level, sgd: %+v", char)
	}
	if s := (Config{Steps: 10}).WithDefaults("word"); s.Epochs != 0 {
		t.Errorf("steps given, and %d epochs", s.Epochs)
	}
	if s := (Config{Loss: "sampled"}).WithDefaults("word"); s.Negatives != 512 {
		t.Errorf("sampled loss with %d negatives, want 512", s.Negatives)
	}
}

func TestParameters(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Parameters() {
		if seen[p.Name] {
			t.Errorf("%s twice", p.Name)
		}
		seen[p.Name] = true
		if p.Doc == "" {
			t.Errorf("%s has no doc", p.Name)
		}
		ok := p.Default == nil
		switch p.Default.(type) {
		case int64:
			ok = p.Kind == "int"
		case float64:
			ok = p.Kind == "float"
		case string:
			ok = p.Kind == "string"
		case bool:
			ok = p.Kind == "bool"
		}
		if !ok {
			t.Errorf("%s is of kind %s and has default %v", p.Name, p.Kind, p.Default)
		}
	}
	if p := Parameters()[0]; p.Name != "corpus" || !p.Required {
		t.Errorf("first is %+v, want the corpus, required", p)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Config)
		want []string // a message each, in full
	}{
		{"fine", func(*Config) {}, nil},
		{"bare", func(c *Config) { c.HiddenSize, c.Direct = 0, true }, nil},
		{"later", func(c *Config) { c.Representation, c.Activation, c.Optimizer = "pretrained", "gelu", "lion" }, []string{
			`activation: "gelu" is not known; tanh, relu and sigmoid are`,
			`optimizer: "lion" is not known; sgd, momentum, adagrad, adam and adamw are`,
			"representation: pretrained needs vectors; name them by init_vectors",
		}},
		{"unknown", func(c *Config) { c.Schedule = "lineer" }, []string{
			`lr_schedule: "lineer" is not known; constant, step, linear, cosine and wsd are`,
		}},
		{"nothing between", func(c *Config) { c.HiddenSize = 0 }, []string{
			"hidden_size: 0 leaves nothing between input and output; set direct: true, or at least 1 neuron",
		}},
		{"dropout on nothing", func(c *Config) { c.HiddenSize, c.Direct, c.Dropout = 0, true, 0.1 }, []string{
			"dropout: is on the hidden layer, and hidden_size is 0; leave dropout out",
		}},
		{"both", func(c *Config) { c.Steps = 10 }, []string{"steps: epochs is given, too; give one of the two"}},
		{"neither", func(c *Config) { c.Epochs = 0 }, []string{"epochs: neither epochs nor steps says how long to train"}},
		{"ranges", func(c *Config) {
			c.ContextLength, c.LearningRate, c.Warmup, c.Dropout, c.BatchSize, c.Evaluations = 0, 0, 1, -0.1, -4, 0
		}, []string{
			"context_length: 0 is outside 1 to 1024",
			"learning_rate: must be more than 0",
			"warmup: 1 is outside 0 to 0.99",
			"batch_size: -4 is outside 1 to 65536",
			"dropout: -0.1 is outside 0 to 0.95",
			"evaluations: 0 is outside 1 to 1048576",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{}.WithDefaults("word")
			c.edit(&cfg)
			err := cfg.Validate()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if want := strings.Join(c.want, "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if e := new(ConfigError); err != nil && !errors.As(err, &e) {
				t.Error("no *ConfigError")
			}
		})
	}
}

func TestConfigure(t *testing.T) {
	configure := func(values map[string]any) (Config, error) {
		return Configure("word", 7, func(name string) (any, bool) { v, ok := values[name]; return v, ok })
	}
	cfg, err := configure(map[string]any{"hidden_size": 200.0, "learning_rate": int64(1), "direct": true, "loss": "sampled"})
	if err != nil || cfg.HiddenSize != 200 || cfg.LearningRate != 1 || !cfg.Direct || cfg.Negatives != 512 || cfg.Seed != 7 {
		t.Errorf("%+v, %v", cfg, err)
	}
	if cfg, err = configure(map[string]any{"direct": true}); err != nil || cfg.HiddenSize != 100 {
		t.Errorf("direct alone: hidden size %d, %v; want the default 100", cfg.HiddenSize, err)
	}
	if cfg, err = configure(map[string]any{"direct": true, "hidden_size": int64(0)}); err != nil || cfg.HiddenSize != 0 {
		t.Errorf("direct without hidden layer: hidden size %d, %v", cfg.HiddenSize, err)
	}
	_, err = configure(map[string]any{"hidden_size": int64(0), "epochs": int64(0), "embedding_dim": 1.5, "optimizer": true, "learning_rate": 0.0})
	want := `embedding_dim: 1.5 is not of kind int
optimizer: true is not of kind string
learning_rate: 0 is too small
epochs: 0 is too small
hidden_size: 0 leaves nothing between input and output; set direct: true, or at least 1 neuron`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sweep/trainer/internal/kernel"
)

var regen = flag.Bool("regen", false, "write the golden files anew")

// fingerprint is a hash of all weights.
func fingerprint(m *Model) string {
	sum := sha256.New()
	if err := (&tensorFile{tensors: m.Tensors()}).writeData(sum); err != nil {
		panic(err) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// TestGolden requires the very bits of 200 steps, and of the points on the way, from every path of the kernels.
func TestGolden(t *testing.T) {
	file := filepath.Join("testdata", "golden.json")
	want := map[string]string{}
	if b, err := os.ReadFile(file); err != nil && !*regen {
		t.Fatal(err)
	} else if err == nil {
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
	}
	base := Config{EmbeddingDim: 5, HiddenSize: 18, Steps: 200, Evaluations: 2, EvalExamples: 100, Seed: 11}
	char, adam := base, base
	char.Optimizer, char.LearningRate, char.Schedule, char.Warmup = "sgd", 0.2, "linear", 0.05
	adam.LearningRate, adam.BatchSize = 0.01, 24
	sampled := adam
	sampled.Loss, sampled.Negatives, sampled.Schedule = "sampled", 20, "cosine"
	descent := sampled
	descent.Optimizer, descent.LearningRate, descent.BatchSize = "sgd", 0.1, 33
	decay := sampled
	decay.WeightDecay = 0.01
	direct := adam
	direct.Direct, direct.WeightDecay = true, 0.001
	dropout := adam
	dropout.Dropout, dropout.Init = 0.25, "normal"
	t.Cleanup(func() {
		if err := kernel.Use(""); err != nil {
			t.Error(err)
		}
	})
	norm := sampled
	norm.BatchNorm, norm.Activation, norm.InputDropout = true, "relu", 0.1
	onehot := sampled
	onehot.Representation, onehot.Activation, onehot.Dropout = "onehot", "sigmoid", 0.25
	binary, index := adam, direct
	binary.Representation, binary.EmbeddingDim, index.Representation, index.IndexOrder = "binary", 9, "index", "random"
	informed, kept := adam, sampled
	informed.InitVectors, kept.InitVectors, kept.Freeze = vectorFile(t, 12, someWords(12)...), vectorFile(t, 4, someWords(12)...), true
	momentum, adagrad, mup := adam, sampled, sampled
	momentum.Optimizer, momentum.Schedule = "momentum", "wsd"
	adagrad.Optimizer, adagrad.WeightDecay = "adagrad", 0.001
	mup.Optimizer, mup.WeightDecay, mup.Parametrization = "adamw", 0.01, "mup"
	pairs := adam
	pairs.Precision = "bf16"
	sampledPairs := sampled
	sampledPairs.Precision, sampledPairs.BatchSize = "bf16", 25 // a lane without a partner
	directPairs := direct
	directPairs.Precision = "bf16"
	for _, c := range []struct {
		name, level string
		cfg         Config
	}{
		{"char, sgd, full", "char", char},
		{"word, adam, sampled", "word", sampled},
		{"word, sgd, sampled", "word", descent},
		{"word, adam, sampled, decay", "word", decay},
		{"word, adam, full", "word", adam},
		{"word, direct, decay", "word", direct},
		{"word, adam, full, bf16", "word", pairs},
		{"word, adam, sampled, bf16", "word", sampledPairs},
		{"word, direct, decay, bf16", "word", directPairs},
		{"word, dropout, normal", "word", dropout},
		{"word, relu, batch norm, input dropout", "word", norm},
		{"word, one-hot, sigmoid, dropout", "word", onehot},
		{"word, binary", "word", binary},
		{"word, components of vectors", "word", informed},
		{"word, frozen vectors, sampled", "word", kept},
		{"word, momentum, wsd", "word", momentum},
		{"word, adagrad, sampled, decay", "word", adagrad},
		{"word, adamw, sampled, decay, mup", "word", mup},
		{"word, index, direct", "word", index},
	} {
		data := openText(t, c.level, 30, 60)
		for _, path := range []string{"generic", "avx2", "avx512", "neon"} {
			t.Run(c.name+"/"+path, func(t *testing.T) {
				if err := kernel.Use(path); err != nil {
					t.Skip(err)
				}
				w := &watch{}
				m, err := Train(t.Context(), c.cfg.WithDefaults(c.level), data, Session{Observe: w.observe})
				if err != nil {
					t.Fatal(err)
				}
				points, err := json.Marshal(w.values(t))
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256(points)
				got := fingerprint(m) + " " + hex.EncodeToString(sum[:16])
				if *regen && path == "generic" {
					want[c.name] = got
				}
				if got != want[c.name] {
					t.Errorf("weights and points %s, want %s", got, want[c.name])
				}
			})
		}
	}
	if *regen {
		b, err := json.MarshalIndent(want, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStepAllocates nothing, whatever the configuration.
func TestStepAllocates(t *testing.T) {
	for name, cfg := range kinds() {
		w := newWeights(cfg, 50)
		l := newLearner(cfg, w, make([]int64, 50))
		contexts, targets := batchOf(50, cfg.ContextLength, cfg.BatchSize)
		copy(l.contexts, contexts)
		copy(l.targets, targets)
		step := int64(0)
		if n := testing.AllocsPerRun(10, func() { l.step(step, 0.01, step%2 == 0); step++ }); n != 0 {
			t.Errorf("%s: %g allocations a step", name, n)
		}
	}
}

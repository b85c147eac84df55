package trainer

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// pytorchCases are models that testdata/pytorch/cases.py has run through PyTorch in float64. Tensors are row-major.
type pytorchCases struct {
	Rate   float64
	Models []struct {
		Name, Activation  string
		Direct            bool
		BatchNorm         bool `json:"batch_norm"`
		Weights           map[string][]float32
		Contexts, Targets []int32
		Mask              []float64 // (B, h) factors of the hidden activations; nil: none
		Weight            []float64 // of each symbol's exponential; nil: exact softmax
		Logits            []float64 // (B, V)
		Loss              float64
		Gradients         map[string][]float64
	}
	Optimizers []struct {
		Name    string
		Decay   float64
		Weights map[string][]float32
		Batches []struct{ Contexts, Targets []int32 }
		After   []map[string][]float32
	}
}

func readPyTorch(t *testing.T) (c pytorchCases) {
	t.Helper()
	b, err := os.ReadFile("testdata/pytorch/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// pytorchShape completes a Config of the stored cases' shape.
func pytorchShape(c Config) Config {
	c.ContextLength, c.EmbeddingDim, c.HiddenSize, c.BatchSize, c.Seed = 3, 4, 6, 5, 1
	return c.WithDefaults("word")
}

const pytorchVocab = 11

// given returns weights with stored tensors.
func given(t *testing.T, c Config, tensors map[string][]float32) *weights {
	t.Helper()
	w := newWeights(c, pytorchVocab)
	w.initialize(c, make([]int64, pytorchVocab))
	ts := w.tensors()
	for i, x := range ts {
		if x.Name == "mean" || x.Name == "variance" {
			continue
		}
		if len(tensors[x.Name]) != len(x.Data) {
			t.Fatalf("%d numbers of %s, want %d", len(tensors[x.Name]), x.Name, len(x.Data))
		}
		ts[i].Data = tensors[x.Name]
	}
	if !w.load(ts) {
		t.Fatal("the tensors do not fit")
	}
	return w
}

func closeTo(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance*max(1, math.Abs(want)) {
		t.Errorf("%s = %.8g, PyTorch says %.8g", what, got, want)
	}
}

// TestPyTorch reproduces logits, losses and gradients of every model option: in the float64 twin, and where chance plays
// no part also in the fast code, whose gradient is what a step of rate 1 takes off.
func TestPyTorch(t *testing.T) {
	for _, c := range readPyTorch(t).Models {
		t.Run(c.Name, func(t *testing.T) {
			cfg := pytorchShape(Config{Activation: c.Activation, Direct: c.Direct, BatchNorm: c.BatchNorm, HiddenSize: 6, Optimizer: "sgd"})
			w := given(t, cfg, c.Weights)
			tw := twinOf(w)
			o := objective{contexts: c.Contexts, targets: c.Targets, weight: c.Weight}
			for i := 0; i < len(c.Mask); i += 6 {
				o.mask = append(o.mask, c.Mask[i:i+6])
			}
			loss, g := tw.loss(o)
			closeTo(t, "loss of the twin", loss, c.Loss, 1e-6)
			for name, want := range c.Gradients {
				for i, x := range want {
					closeTo(t, "twin's gradient of "+name, g[name][i], x, 1e-6)
				}
			}
			if c.Mask != nil || c.Weight != nil {
				return // drawn at random by the fast code, which TestStep holds against the twin
			}
			l := newLearner(cfg, w, make([]int64, pytorchVocab))
			copy(l.contexts, c.Contexts)
			copy(l.targets, c.Targets)
			l.ascend(0)
			for i := range c.Targets {
				for v := range pytorchVocab {
					z := 0.0
					for k := range w.k {
						z += float64(w.U[v*w.us+k]) * float64(l.in[k*l.ld+i])
					}
					closeTo(t, "logit", z, c.Logits[i*pytorchVocab+v], 1e-5)
				}
			}
			closeTo(t, "loss", l.step(0, 1, false), c.Loss, 1e-5)
			for _, x := range w.tensors() {
				for i, after := range x.Data {
					if want, ok := c.Gradients[x.Name]; ok {
						closeTo(t, "gradient of "+x.Name, float64(c.Weights[x.Name][i])-float64(after), want[i], 1e-5)
					}
				}
			}
		})
	}
}

// TestPyTorchOptimizers reproduces three steps of every optimiser, with weight decay and without.
func TestPyTorchOptimizers(t *testing.T) {
	cases := readPyTorch(t)
	for _, c := range cases.Optimizers {
		name := c.Name
		if c.Decay > 0 {
			name += ", decay"
		}
		t.Run(name, func(t *testing.T) {
			cfg := pytorchShape(Config{Optimizer: c.Name, WeightDecay: c.Decay})
			w := given(t, cfg, c.Weights)
			l := newLearner(cfg, w, make([]int64, pytorchVocab))
			for step, b := range c.Batches {
				copy(l.contexts, b.Contexts)
				copy(l.targets, b.Targets)
				l.step(int64(step), cases.Rate, false)
				for _, x := range w.tensors() {
					for i, got := range x.Data {
						closeTo(t, x.Name, float64(got), float64(c.After[step][x.Name][i]), 1e-5)
					}
				}
			}
		})
	}
}

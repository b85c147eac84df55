package trainer

import (
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"sweep/trainer/internal/kernel"
)

// TestPrecision trains the same with float32 and with bfloat16 factors: other weights, hardly another loss, and from a
// checkpoint in its middle the same bits.
func TestPrecision(t *testing.T) {
	data := openText(t, "word", 60, 200)
	for _, loss := range []string{"full", "sampled"} {
		losses := map[string]float64{}
		for _, precision := range []string{"f32", "bf16"} {
			cfg := Config{EmbeddingDim: 8, HiddenSize: 20, Steps: 300, BatchSize: 33, LearningRate: 0.01, Loss: loss, Negatives: 30, Evaluations: 1, Precision: precision, Seed: 3}
			if loss == "full" {
				cfg.Negatives = 0
			}
			m, err := Train(t.Context(), cfg.WithDefaults("word"), data, Session{})
			if err != nil {
				t.Fatal(err)
			}
			f, err := Evaluate(t.Context(), m, data.Val, 0)
			if err != nil {
				t.Fatal(err)
			}
			losses[precision] = f.Loss
		}
		switch d := losses["bf16"] - losses["f32"]; {
		case d == 0:
			t.Errorf("%s: bf16 changes nothing", loss)
		case math.Abs(d) > 0.02:
			t.Errorf("%s: loss %.4f with bf16, %.4f with f32", loss, losses["bf16"], losses["f32"])
		}
	}
}

// TestPays refuses bf16 on kernels that would work it out one number at a time, and tells which they are.
func TestPays(t *testing.T) {
	t.Cleanup(func() {
		if err := kernel.Use(""); err != nil {
			t.Error(err)
		}
	})
	if err := kernel.Use("generic"); err != nil {
		t.Fatal(err)
	}
	if err := (Config{}).WithDefaults("word").Pays(); err != nil {
		t.Errorf("f32: %v", err)
	}
	if err := pays(1.1, "avx512"); err == nil || !strings.Contains(err.Error(), "does not pay: this machine does 1.1 times") {
		t.Errorf("1.1 times as fast: %v", err)
	}
	if err := pays(1.9, "avx512"); err != nil {
		t.Errorf("1.9 times as fast: %v", err)
	}
	err := Config{Precision: "bf16"}.WithDefaults("word").Pays()
	var ce *ConfigError
	if !errors.As(err, &ce) || ce.Parameter != "precision" || !strings.Contains(ce.Message, "generic") {
		t.Errorf("bf16: %v", err)
	}
}

// TestLoadWithoutPrecision reads a model that was written before precision was a parameter.
func TestLoadWithoutPrecision(t *testing.T) {
	data := openText(t, "word", 20, 60)
	m, err := Train(t.Context(), Config{HiddenSize: 4, Steps: 3}.WithDefaults("word"), data, Session{})
	if err != nil {
		t.Fatal(err)
	}
	m.Config.Precision = ""
	file := filepath.Join(t.TempDir(), "model.safetensors")
	if err := Save(file, m); err != nil {
		t.Fatal(err)
	}
	got, err := Load(file)
	if err != nil || got.Config.Precision != "f32" {
		t.Errorf("precision %q, %v", got.Config.Precision, err)
	}
}

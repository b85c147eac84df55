package trainer

import (
	"reflect"
	"testing"
)

// held adds up the bytes of all slices that x reaches, each once.
func held(x reflect.Value, seen map[uintptr]bool) int64 {
	switch x.Kind() {
	case reflect.Pointer:
		if x.IsNil() || seen[x.Pointer()] {
			return 0
		}
		seen[x.Pointer()] = true
		return held(x.Elem(), seen)
	case reflect.Struct:
		n := int64(0)
		for i := range x.NumField() {
			n += held(x.Field(i), seen)
		}
		return n
	case reflect.Array:
		n := int64(0)
		for i := range x.Len() {
			n += held(x.Index(i), seen)
		}
		return n
	case reflect.Slice:
		if x.Cap() == 0 || seen[x.Pointer()] {
			return 0
		}
		seen[x.Pointer()] = true
		return int64(x.Cap()) * int64(x.Type().Elem().Size())
	}
	return 0
}

// TestMemory compares what is said with what a training's slices take, for shapes in which one part or another counts
// most.
func TestMemory(t *testing.T) {
	for name, c := range map[string]struct {
		cfg   Config
		vocab int
	}{
		"words":         {Config{}, 3000},
		"sampled":       {Config{Loss: "sampled", Dropout: 0.2}, 5000},
		"long contexts": {Config{ContextLength: 200, EmbeddingDim: 16, HiddenSize: 8, BatchSize: 2048, Optimizer: "sgd"}, 100},
		"wide":          {Config{ContextLength: 30, EmbeddingDim: 100, HiddenSize: 500}, 50},
		"large batch":   {Config{BatchSize: 8000, Direct: true}, 300},
		"bf16":          {Config{Precision: "bf16", BatchSize: 1000}, 4000},
		"bf16, sampled": {Config{Precision: "bf16", Loss: "sampled", Negatives: 2000}, 4000},
		"batch norm":    {Config{BatchNorm: true, InputDropout: 0.1, HiddenSize: 400}, 200},
		"one-hot":       {Config{Representation: "onehot", Loss: "sampled"}, 3000},
		"binary":        {Config{Representation: "binary", EmbeddingDim: 200}, 2000},
		"momentum":      {Config{Optimizer: "momentum"}, 2000},
		"mup":           {Config{Parametrization: "mup", HiddenSize: 200, Direct: true, WeightDecay: 0.1, Loss: "sampled"}, 500},
		"snapshots":     {Config{Snapshots: true, EmbeddingDim: 300, HiddenSize: 20}, 4000},
		"best":          {Config{Select: "best", EmbeddingDim: 300}, 4000},
	} {
		cfg := c.cfg.WithDefaults("word")
		w := newWeights(cfg, c.vocab)
		seen := map[uintptr]bool{}
		l := newLearner(cfg, w, make([]int64, c.vocab))
		got := held(reflect.ValueOf(l), seen) + held(reflect.ValueOf(newEvaluator(w, 1)), seen)
		if cfg.Select == "best" {
			got += 4 * int64(len(w.all))
		}
		if cfg.Snapshots {
			got += held(reflect.ValueOf(newKeptTables(w, 1000)), seen)
		}
		// C, H, U and N are parts of what all holds; they begin where others do or not, and are not counted twice.
		for _, x := range []*weights{l.w, l.m, l.v} {
			if x != nil {
				got -= 4 * int64(cap(x.H)+cap(x.U)+cap(x.N))
			}
		}
		if said := cfg.Memory(c.vocab); float64(said) < 0.95*float64(got) || float64(said) > 1.1*float64(got) {
			t.Errorf("%s: %d bytes said, %d held", name, said, got)
		}
	}
}

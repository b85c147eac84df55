package trainer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// shapes are those of the speed table: a name per line of it, and the same with other losses and optimisers.
var shapes = []struct {
	vocab, n, m, h, batch int
	loss, optimizer       string
	dropout               float64
	precision             string
}{
	{27, 3, 10, 200, 32, "full", "sgd", 0, "f32"},
	{27, 3, 2, 100, 32, "full", "sgd", 0, "f32"},
	{27, 8, 10, 200, 32, "full", "sgd", 0, "f32"},
	{27, 3, 10, 200, 32, "full", "adam", 0, "f32"},
	{17_000, 3, 30, 50, 128, "sampled", "adam", 0, "f32"},
	{17_000, 3, 30, 100, 128, "sampled", "adam", 0, "f32"},
	{17_000, 3, 30, 200, 128, "sampled", "adam", 0, "f32"},
	{17_000, 3, 30, 100, 128, "sampled", "adam", 0.2, "f32"},
	{17_000, 3, 30, 100, 128, "full", "adam", 0, "f32"},
	{17_000, 3, 30, 100, 128, "full", "sgd", 0, "f32"},
	{17_000, 3, 30, 200, 128, "full", "adam", 0, "f32"},
	{17_000, 3, 30, 100, 128, "full", "adam", 0, "bf16"},
	{17_000, 3, 30, 200, 128, "full", "adam", 0, "bf16"},
	{17_000, 3, 30, 100, 128, "sampled", "adam", 0, "bf16"},
	{17_000, 3, 30, 200, 128, "sampled", "adam", 0, "bf16"},
}

// zipf returns counts of vocab symbols as words have them.
func zipf(vocab int) []int64 {
	counts := make([]int64, vocab)
	for i := range counts {
		counts[i] = int64(200_000 / (i + 2))
	}
	return counts
}

// benchConfig completes a shape.
func benchConfig(i int) (Config, int) {
	s := shapes[i]
	c := Config{ContextLength: s.n, EmbeddingDim: s.m, HiddenSize: s.h, BatchSize: s.batch, Loss: s.loss, Optimizer: s.optimizer, Dropout: s.dropout, Precision: s.precision, Seed: 1}
	return c.WithDefaults("word"), s.vocab
}

// BenchmarkStep takes training steps on symbols drawn by frequency, the gathering of the batch left out.
func BenchmarkStep(b *testing.B) {
	for i, s := range shapes {
		b.Run(fmt.Sprintf("V=%d/n=%d/m=%d/h=%d/B=%d/loss=%s/optimizer=%s/dropout=%g/precision=%s", s.vocab, s.n, s.m, s.h, s.batch, s.loss, s.optimizer, s.dropout, s.precision), func(b *testing.B) {
			cfg, vocab := benchConfig(i)
			if err := cfg.Pays(); err != nil {
				b.Skip(err)
			}
			benchmarkStep(b, cfg, vocab)
		})
	}
}

func benchmarkStep(b *testing.B, cfg Config, vocab int) {
	counts := zipf(vocab)
	w := newWeights(cfg, vocab)
	w.initialize(cfg, counts)
	l := newLearner(cfg, w, counts)
	words := newNegatives(counts)
	rng := stream{pcg: *rand.NewPCG(1, 1)}
	batches := make([][2][]int32, 64)
	for i := range batches {
		contexts, targets := make([]int32, len(l.contexts)), make([]int32, len(l.targets))
		for _, s := range [][]int32{contexts, targets} {
			for j := range s {
				s[j] = words.draw(&rng)
			}
		}
		batches[i] = [2][]int32{contexts, targets}
	}
	step := int64(0)
	for b.Loop() {
		batch := batches[step%int64(len(batches))]
		copy(l.contexts, batch[0])
		copy(l.targets, batch[1])
		l.step(step, 1e-3, false)
		step++
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(cfg.TrainingFlops(vocab)/seconds/1e9, "Gflop/s")
	b.ReportMetric(float64(cfg.BatchSize)/seconds, "examples/s")
}

// BenchmarkOptions takes steps of the word model with a sampled loss and of the character model, with one option each.
func BenchmarkOptions(b *testing.B) {
	options := []struct {
		name string
		set  func(*Config)
	}{
		{"none", func(*Config) {}},
		{"mup", func(c *Config) { c.Optimizer, c.Parametrization = "adam", "mup" }},
		{"batch_norm", func(c *Config) { c.BatchNorm = true }},
		{"relu", func(c *Config) { c.Activation = "relu" }},
		{"sigmoid", func(c *Config) { c.Activation = "sigmoid" }},
		{"input_dropout", func(c *Config) { c.InputDropout = 0.1 }},
		{"adamw", func(c *Config) { c.Optimizer, c.WeightDecay = "adamw", 0.01 }},
		{"onehot", func(c *Config) { c.Representation = "onehot" }},
		{"binary", func(c *Config) { c.Representation = "binary" }},
	}
	for shape, i := range map[string]int{"words": 6, "chars": 0} {
		for _, o := range options {
			b.Run(fmt.Sprintf("shape=%s/option=%s", shape, o.name), func(b *testing.B) {
				cfg, vocab := benchConfig(i)
				o.set(&cfg)
				benchmarkStep(b, cfg, vocab)
			})
		}
	}
}

// BenchmarkEvaluate measures panels of the exact evaluation, whose contexts are all different.
func BenchmarkEvaluate(b *testing.B) {
	for _, h := range []int{50, 100, 200} {
		b.Run(fmt.Sprintf("V=17000/n=3/m=30/h=%d", h), func(b *testing.B) {
			cfg := Config{HiddenSize: h, Seed: 1}.WithDefaults("word")
			w := newWeights(cfg, 17_000)
			w.initialize(cfg, zipf(17_000))
			e := newEvaluator(w, 1)
			contexts, targets := batchOf(17_000, 3, e.lanes)
			copy(e.contexts, contexts)
			for l, t := range targets {
				e.judged = append(e.judged, judgement{lane: int32(l), target: t, example: int32(l)})
			}
			slices.SortFunc(e.judged, func(a, b judgement) int { return int(a.target - b.target) })
			var t tally
			t.begin(e.lanes)
			for b.Loop() {
				e.measure(e.lanes, &t)
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(float64(e.lanes)/seconds, "examples/s")
			b.ReportMetric(2*17_000*float64(w.k)*float64(e.lanes)/seconds/1e9, "Gflop/s")
		})
	}
}

// BenchmarkShuffle draws the order of an epoch of gostd.
func BenchmarkShuffle(b *testing.B) {
	o := newOrder(1, 1_440_141, 0)
	for b.Loop() {
		o.draw()
	}
}

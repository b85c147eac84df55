package trainer

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestBench(t *testing.T) {
	for _, c := range []struct {
		cfg           Config
		vocab, steps  int
		blocks, taken int
	}{
		{Config{EmbeddingDim: 2, HiddenSize: 5, BatchSize: 3, Optimizer: "sgd"}, 27, 1, 1, 1},
		{Config{EmbeddingDim: 2, HiddenSize: 5, BatchSize: 33}, 27, 5, 5, 5},
		{Config{HiddenSize: 10, Loss: "sampled", Negatives: 20}, 300, 25, 12, 25},
		{Config{Direct: true, ContextLength: 1}, 2, 13, 12, 13},
	} {
		cfg := c.cfg.WithDefaults("word")
		s, err := Bench(t.Context(), cfg, c.vocab, c.steps)
		if err != nil {
			t.Fatalf("%+v: %v", c.cfg, err)
		}
		if s.Blocks != c.blocks || s.Steps != c.taken {
			t.Errorf("%+v: %d steps in %d blocks, want %d in %d", c.cfg, s.Steps, s.Blocks, c.taken, c.blocks)
		}
		if !(s.Step > 0) || s.Flops != cfg.TrainingFlops(c.vocab)/s.Step {
			t.Errorf("%+v: %g s a step, %g flops a second", c.cfg, s.Step, s.Flops)
		}
		if s.Peak < 0 || s.Peak > 0 && Kernel() == "generic" {
			t.Errorf("%s: a peak of %g", Kernel(), s.Peak)
		}
	}
}

// TestBenchLearns holds Bench's steps against those of training: on the same examples they leave the same bits.
func TestBenchLearns(t *testing.T) {
	cfg := Config{EmbeddingDim: 4, HiddenSize: 8, BatchSize: 16, Seed: 3}.WithDefaults("char")
	const vocab, steps = 27, 4
	b := newBench(cfg, vocab)
	if _, err := b.take(t.Context(), steps); err != nil {
		t.Fatal(err)
	}
	counts := make([]int64, vocab)
	for i := range counts {
		counts[i] = 1
	}
	w := newWeights(cfg, vocab)
	w.initialize(cfg, counts)
	l := newLearner(cfg, w, counts)
	examples := newOrder(cfg.Seed, speedExamples, 0)
	batch := make([]int32, cfg.BatchSize)
	for step := range int64(steps) {
		examples.take(batch)
		for i, at := range batch {
			copy(l.contexts[3*i:3*i+3], b.text[at:])
			l.targets[i] = b.text[at+3]
		}
		l.step(step, cfg.LearningRate, false)
	}
	for i, x := range w.all {
		if x != b.w.all[i] {
			t.Fatalf("weight %d is %g, want %g", i, b.w.all[i], x)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	cfg := Config{BatchSize: -1, Optimizer: "adamm"}.WithDefaults("word")
	_, err := Bench(t.Context(), cfg, 1, -1)
	got := map[string]bool{}
	for _, e := range benchMistakes(err) {
		got[e.Parameter] = true
	}
	for _, want := range []string{"batch_size", "optimizer", "vocab_size", "steps"} {
		if !got[want] {
			t.Errorf("nothing is said of %s: %v", want, err)
		}
	}
}

// benchMistakes lists the mistakes that an error joins.
func benchMistakes(err error) (all []*ConfigError) {
	switch e := err.(type) {
	case *ConfigError:
		return []*ConfigError{e}
	case interface{ Unwrap() error }:
		return benchMistakes(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			all = append(all, benchMistakes(e)...)
		}
	}
	return all
}

// countdown is a context that ends when it has been asked a number of times whether it has.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestBenchEnds ends the context before the first step, while warming up, and among the steps that are timed.
func TestBenchEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	cfg := Config{HiddenSize: 4, BatchSize: 4}.WithDefaults("word")
	if _, err := Bench(ctx, cfg, 27, 0); err != cause {
		t.Errorf("after its context has ended: %v, want %v", err, cause)
	}
	const steps, warm = 10, 1 + 2 + 4 + 8 + 10
	for _, left := range []int{3, warm + 3} {
		c := &countdown{context.Background(), left}
		if _, err := Bench(c, cfg, 27, steps); err != context.Canceled {
			t.Errorf("%d steps: %v, want %v", left, err, context.Canceled)
		}
		if c.left != -1 {
			t.Errorf("%d steps: %d more were taken", left, -1-c.left)
		}
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		step          time.Duration
		steps, blocks int
	}{
		{0, 12 * 200_000_000, 12},
		{16 * time.Microsecond, 12 * 12_500, 12},
		{8 * time.Millisecond, 12 * 25, 12},
		{300 * time.Millisecond, 8, 8},
		{2 * time.Second, 3, 3},
	} {
		if steps, blocks := fit(c.step); steps != c.steps || blocks != c.blocks {
			t.Errorf("steps of %v: %d in %d blocks, want %d in %d", c.step, steps, blocks, c.steps, c.blocks)
		}
	}
}

package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"sweep/trainer/internal/kernel"
)

// Speed is how fast this machine takes training steps, on one thread.
type Speed struct {
	Steps  int     // that were timed
	Blocks int     // that they were timed in
	Step   float64 // seconds a step, in the fastest block
	Flops  float64 // operations a second in that block, of those that TrainingFlops counts
	Peak   float64 // operations a second in registers alone, in cfg's precision, the best between the blocks; 0: not known
}

const (
	speedExamples = 1 << 18 // shuffled anew when all have been seen, about as often as the given names
	speedWarmup   = 300 * time.Millisecond
	speedBlock    = 200 * time.Millisecond
	speedBlocks   = 12
	fewBlocks     = 3 // of steps that take long
)

// Bench measures training steps of a model over vocab symbols. The text is uniformly random, the order of the examples
// and the gathering of a batch are those of training, and nothing is evaluated. After a warm-up, Bench times that many
// steps in up to twelve blocks, or as many as take about two and a half seconds if steps is 0. cfg must be completed;
// what it says of a training's length has no effect. The error joins a *ConfigError for every mistake. When ctx ends,
// Bench returns the context's cause.
func Bench(ctx context.Context, cfg Config, vocab, steps int) (Speed, error) {
	if err := checkBench(cfg, vocab, steps); err != nil {
		return Speed{}, fmt.Errorf("bench: %w", err)
	}
	b := newBench(cfg, vocab)
	pace, err := b.warmUp(ctx, steps)
	if err != nil {
		return Speed{}, err
	}
	s := Speed{Steps: steps, Blocks: min(steps, speedBlocks), Step: math.Inf(1)}
	if steps == 0 {
		s.Steps, s.Blocks = fit(pace)
	}
	for i := range s.Blocks {
		s.Peak = max(s.Peak, cfg.peak())
		n := s.Steps*(i+1)/s.Blocks - s.Steps*i/s.Blocks
		took, err := b.take(ctx, n)
		if err != nil {
			return Speed{}, err
		}
		s.Step = min(s.Step, took.Seconds()/float64(n))
	}
	s.Flops = cfg.TrainingFlops(vocab) / s.Step
	return s, nil
}

// peak measures the operations a second that a core does in registers, of those that a step mostly consists of.
func (c Config) peak() float64 {
	if c.Precision == precisionPairs {
		return kernel.PeakFlops() * kernel.PairsGain()
	}
	return kernel.PeakFlops()
}

// fit returns how many steps of that length to time, in how many blocks.
func fit(step time.Duration) (steps, blocks int) {
	step = max(step, 1)
	blocks = int(min(max(speedBlocks*speedBlock/step, fewBlocks), speedBlocks))
	return blocks * int(max(speedBlock/step, 1)), blocks
}

// checkBench returns an error that joins a *ConfigError for every mistake.
func checkBench(cfg Config, vocab, steps int) error {
	errs := []error{cfg.Validate()}
	if vocab < 2 || vocab > maxVocab {
		errs = append(errs, &ConfigError{"vocab_size", fmt.Sprintf("%d is outside 2 to %d", vocab, maxVocab), ""})
	}
	if steps < 0 || int64(steps) > maxSteps {
		errs = append(errs, &ConfigError{"steps", fmt.Sprintf("%d is outside 0 to %d", steps, int64(maxSteps)), "0 takes as many as fit into some seconds"})
	}
	return errors.Join(errs...)
}

// bench takes training steps on random text.
type bench struct {
	*learner
	text  []int32 // an example is n symbols and the one after them
	order *order
	batch []int32
	taken int64 // steps
}

func newBench(cfg Config, vocab int) *bench {
	counts := make([]int64, vocab)
	for i := range counts {
		counts[i] = 1
	}
	w := newWeights(cfg, vocab)
	w.initialize(cfg, counts)
	b := &bench{
		learner: newLearner(cfg, w, counts),
		text:    make([]int32, speedExamples+cfg.ContextLength),
		order:   newOrder(cfg.Seed, speedExamples, 0),
		batch:   make([]int32, cfg.BatchSize),
	}
	var rng stream
	rng.key(cfg.Seed, forBench, 0)
	for i := range b.text {
		b.text[i] = int32(rng.below(uint64(vocab)))
	}
	return b
}

// warmUp takes steps until the machine has got up to its speed, at most that many unless most is 0, and returns how
// long the last of them took.
func (b *bench) warmUp(ctx context.Context, most int) (step time.Duration, err error) {
	for start, n := time.Now(), 1; ; n *= 2 { // a clock may be too coarse for one step
		if most > 0 {
			n = min(n, most)
		}
		took, err := b.take(ctx, n)
		if err != nil {
			return 0, err
		}
		if n == most || time.Since(start) >= speedWarmup {
			return took / time.Duration(n), nil
		}
	}
}

// take takes n steps and returns how long that took.
func (b *bench) take(ctx context.Context, n int) (time.Duration, error) {
	start := time.Now()
	for range n {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		b.order.take(b.batch)
		for i, at := range b.batch {
			copy(b.contexts[i*b.w.n:][:b.w.n], b.text[at:])
			b.targets[i] = b.text[int(at)+b.w.n]
		}
		b.step(b.taken, b.cfg.LearningRate, false)
		b.taken++
	}
	return time.Since(start), nil
}

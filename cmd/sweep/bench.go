package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

func (a *app) benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure the speed of a training step on this machine",
		Long: "Bench takes training steps on random symbols, on one thread, and keeps the fastest of several blocks. It reads\n" +
			"no corpus and makes nothing on disk. The operations that it counts are those of the dense products; the peak is\n" +
			"what one core does in registers alone, measured between the blocks.",
		Example: examples("sweep bench", "words, exact softmax, Adam",
			"sweep bench --loss sampled", "the loss of the word sweeps",
			"sweep bench --vocab-size 27 --embedding-dim 10 --hidden-size 200 --batch-size 32 --optimizer sgd", "names"),
		Args: cobra.NoArgs,
	}
	f := benchFlags{Config: trainer.Config{}.WithDefaults(corpus.Word)}
	f.Negatives = trainer.Config{Loss: "sampled"}.WithDefaults(corpus.Word).Negatives
	f.add(c)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := f.config(cmd)
		if err != nil {
			return err
		}
		return a.bench(cmd.Context(), cfg, f.vocab, f.steps)
	}
	a.jsonFlag(c)
	return c
}

// benchFlags say which steps to take; each flag is the hyperparameter of its name.
type benchFlags struct {
	trainer.Config
	vocab, steps int
}

func (f *benchFlags) add(c *cobra.Command) {
	c.Flags().IntVar(&f.vocab, "vocab-size", corpus.DefaultVocabSize, "symbols")
	c.Flags().IntVar(&f.ContextLength, "context-length", f.ContextLength, "symbols that the model sees")
	c.Flags().IntVar(&f.EmbeddingDim, "embedding-dim", f.EmbeddingDim, "numbers per symbol")
	c.Flags().IntVar(&f.HiddenSize, "hidden-size", f.HiddenSize, "neurons of the hidden layer")
	c.Flags().IntVar(&f.BatchSize, "batch-size", f.BatchSize, "examples a step")
	c.Flags().IntVar(&f.Negatives, "negatives", f.Negatives, "symbols drawn a step, with --loss sampled")
	c.Flags().IntVar(&f.steps, "steps", 0, "steps to time (default: as many as fit into some seconds)")
	for _, name := range benchWords {
		known := trainer.Offered(name)
		c.Flags().StringVar(f.word(name), name, *f.word(name), strings.Join(known, " or "))
		if err := c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // the flag is there
		}
	}
}

// benchWords are the flags that take a word.
var benchWords = []string{"optimizer", "loss", "precision"}

// word is where a flag of benchWords is kept.
func (f *benchFlags) word(name string) *string {
	switch name {
	case "loss":
		return &f.Loss
	case "precision":
		return &f.Precision
	}
	return &f.Optimizer
}

// config checks every flag and completes the settings.
func (f *benchFlags) config(cmd *cobra.Command) (trainer.Config, error) {
	errs := append(f.ranges(cmd), f.names()...)
	if f.Loss == "full" && cmd.Flags().Changed("negatives") {
		errs = append(errs, usage("--negatives: nothing is drawn with --loss full; add --loss sampled"))
	}
	if err := errors.Join(errs...); err != nil {
		return trainer.Config{}, err
	}
	c := f.Config.WithDefaults(corpus.Word) // drops negatives that have no effect
	c.Seed = 1
	var slow *trainer.ConfigError
	if err := c.Pays(); errors.As(err, &slow) {
		return c, usage("--%s: %s", dashed(slow.Parameter), slow.Message)
	}
	var large *sweeps.ValueError
	if err := nplm.Fits(c, f.vocab); errors.As(err, &large) {
		return c, usage("--%s: %s", dashed(large.Param), large.Message)
	}
	return c, nil
}

// dashed is the flag of a hyperparameter.
func dashed(parameter string) string { return strings.ReplaceAll(parameter, "_", "-") }

// ranges checks the numbers. Here none but the steps may be 0.
func (f *benchFlags) ranges(cmd *cobra.Command) (errs []error) {
	for _, p := range trainer.Parameters() {
		v, err := cmd.Flags().GetInt(dashed(p.Name))
		if err != nil { // no flag, or one that takes a word
			continue
		}
		least := max(p.Min, 1)
		if p.Name == "steps" {
			least = 0
		}
		if float64(v) < least || float64(v) > p.Max {
			errs = append(errs, usage("--%s %d: %.0f to %.0f", dashed(p.Name), v, least, p.Max))
		}
	}
	return errs
}

// names checks the words.
func (f *benchFlags) names() (errs []error) {
	for _, name := range benchWords {
		if known := trainer.Offered(name); !slices.Contains(known, *f.word(name)) {
			errs = append(errs, usage("--%s %s: %s", name, *f.word(name), strings.Join(known, " or ")))
		}
	}
	return errs
}

// benchResult is `bench --json`.
type benchResult struct {
	Schema          string   `json:"schema"`
	VocabSize       int      `json:"vocab_size"`
	ContextLength   int      `json:"context_length"`
	EmbeddingDim    int      `json:"embedding_dim"`
	HiddenSize      int      `json:"hidden_size"`
	BatchSize       int      `json:"batch_size"`
	Optimizer       string   `json:"optimizer"`
	Loss            string   `json:"loss"`
	Precision       string   `json:"precision"`
	Negatives       int      `json:"negatives,omitempty"`
	Steps           int      `json:"steps"` // that were timed
	MicrosPerStep   float64  `json:"us_per_step"`
	ExamplesASecond float64  `json:"examples_per_s"`
	Gflops          float64  `json:"gflops"`
	PeakGflops      *float64 `json:"peak_gflops"` // nil: these kernels have no loop to measure it
	ShareOfPeak     *float64 `json:"share_of_peak"`
	Kernel          string   `json:"kernel"`
}

func (a *app) bench(ctx context.Context, c trainer.Config, vocab, steps int) error {
	s, err := trainer.Bench(ctx, c, vocab, steps)
	if err != nil {
		return err
	}
	r := benchResult{
		Schema: "sweep.bench/1", VocabSize: vocab, ContextLength: c.ContextLength, EmbeddingDim: c.EmbeddingDim,
		HiddenSize: c.HiddenSize, BatchSize: c.BatchSize, Optimizer: c.Optimizer, Loss: c.Loss, Precision: c.Precision, Negatives: c.Negatives,
		Steps: s.Steps, MicrosPerStep: rounded(1e6*s.Step, 3), ExamplesASecond: rounded(float64(c.BatchSize)/s.Step, 0),
		Gflops: rounded(s.Flops/1e9, 3), Kernel: trainer.Kernel(),
	}
	if s.Peak > 0 {
		peak, share := rounded(s.Peak/1e9, 3), rounded(s.Flops/s.Peak, 4)
		r.PeakGflops, r.ShareOfPeak = &peak, &share
	}
	if a.json {
		return a.printJSON(r)
	}
	loss := "exact softmax"
	if c.Loss == "sampled" {
		loss = "sampled softmax, " + plural(c.Negatives, "negative")
	}
	if c.Precision != "f32" {
		loss += " in " + c.Precision
	}
	peak := fmt.Sprintf("not known for the %s kernel", r.Kernel)
	if r.PeakGflops != nil {
		peak = fmt.Sprintf("%s Gflop/s a core, of which that is %s", figure(*r.PeakGflops), percent(*r.ShareOfPeak))
	}
	return pairs(a.stdout,
		"model", fmt.Sprintf("%s, context %d, embedding %d, hidden %d; %s", plural(vocab, "symbol"), c.ContextLength,
			c.EmbeddingDim, c.HiddenSize, plural(int(c.ParameterCount(vocab)), "parameter")),
		"step", fmt.Sprintf("%s, %s, %s; kernel %s, one thread", plural(c.BatchSize, "example"), loss, c.Optimizer, r.Kernel),
		"time", fmt.Sprintf("%s us, the fastest of %s; %s in all", figure(r.MicrosPerStep), plural(s.Blocks, "block"), plural(s.Steps, "step")),
		"speed", fmt.Sprintf("%s examples/s, %s Gflop/s", figure(r.ExamplesASecond), figure(r.Gflops)),
		"peak", peak,
	)
}

// rounded keeps that many digits after the point.
func rounded(v float64, digits int) float64 {
	unit := math.Pow10(digits)
	return math.Round(v*unit) / unit
}

package main

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// sampleFlags say what text to draw, and how much of it.
type sampleFlags struct {
	trainer.SampleOptions
	count  int
	seed   uint64
	prefix string
}

// Bounds beyond which a sample is a mistake.
const (
	mostSamples   = 1_000_000
	longestSample = 100_000
)

func (a *app) sampleCommand() *cobra.Command {
	var f sampleFlags
	c := &cobra.Command{
		Use:   "sample TRIAL",
		Short: "Let a model write",
		Long: "Sample draws symbol after symbol from a model's probabilities, until a document ends or is as long as --length.\n" +
			"Temperature, top-k and top-p are applied in this order; of equally likely symbols the first in the vocabulary\n" +
			"stays. Of short texts, such as names, it also tells how many are documents of the training part already, and\n" +
			"how many are repeated. The same seed gives the same texts on every machine.",
		Example: examples("sweep sample names:best --count 10", "ten names",
			"sweep sample hidden:best --prefix 'the reader' --temperature 0.7", "texts that begin so",
			"sweep sample hidden:best --top-k 40 --top-p 0.9 --seed 2", "without the unlikely words"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if f.Temperature == 0 { // and not 1, as for the trainer
				f.Greedy = true
				if !cmd.Flags().Changed("count") {
					f.count = 1
				}
			}
			return a.sample(cmd.Context(), args[0], f)
		},
	}
	c.Flags().IntVarP(&f.count, "count", "n", 5, "how many texts")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "the same seed gives the same texts")
	c.Flags().StringVar(&f.prefix, "prefix", "", "what each text begins with")
	c.Flags().Float64Var(&f.Temperature, "temperature", 1, "divides the logits: below 1 plainer, above 1 wilder; 0 takes the likeliest symbol every time")
	c.Flags().IntVar(&f.TopK, "top-k", 0, "draw among the likeliest K symbols only; 0 for all")
	c.Flags().Float64Var(&f.TopP, "top-p", 1, "draw among the fewest likeliest symbols with this probability together")
	c.Flags().IntVar(&f.MaxLen, "length", 100, "symbols at most, after the prefix")
	a.jsonFlag(c)
	return c
}

// check refuses what cannot be sampled.
func (f sampleFlags) check() error {
	switch {
	case f.count < 1 || f.count > mostSamples:
		return usage("--count %d: 1 to %s", f.count, grouped(mostSamples))
	case !(f.Temperature >= 0) || math.IsInf(f.Temperature, 0):
		return usage("--temperature %g: 0 or more; 0 takes the likeliest symbol every time", f.Temperature)
	case f.TopK < 0:
		return usage("--top-k %d: at least 1, or 0 for all", f.TopK)
	case !(f.TopP > 0 && f.TopP <= 1):
		return usage("--top-p %g: above 0, and 1 at most, which is all", f.TopP)
	case f.MaxLen < 1 || f.MaxLen > longestSample:
		return usage("--length %d: 1 to %s", f.MaxLen, grouped(longestSample))
	}
	return nil
}

func (a *app) sample(ctx context.Context, ref string, f sampleFlags) error {
	t, m, err := a.loadModel(ctx, ref)
	if err != nil {
		return err
	}
	words := corpus.Tokenize(m.Data.Level, m.Data.Corpus, m.Data.Lowercase, f.prefix)
	var unknown []string
	if f.Prefix, unknown, err = symbols(m, words); err != nil {
		return err
	}
	a.tellUnknown(unknown)
	var texts []nplm.Text
	for i := range f.count {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		text := nplm.Write(m, f.seed, i, f.SampleOptions)
		texts = append(texts, text)
		if !a.json {
			if _, err := fmt.Fprintln(a.stdout, text.Text); err != nil {
				return err
			}
		}
	}
	novelty := a.novelty(ctx, m, texts)
	if !a.json {
		if novelty != nil {
			fmt.Fprintf(a.stderr, "sweep: %s\n", noveltySentence(*novelty))
		}
		return nil
	}
	for _, text := range texts {
		o := &orderedObject{}
		o.add("schema", "sweep.sample/1")
		o.add("trial", t.Trial)
		o.add("seed", f.seed)
		o.add("text", text.Text)
		o.add("symbols", append([]string{}, names(m, text.Symbols)...))
		o.add("ended", text.Ended)
		var known, repeated any // null where it was not asked
		if novelty != nil {
			known, repeated = text.Known, text.Repeated
		}
		o.add("known", known)
		o.add("repeated", repeated)
		o.add("all", novelty)
		if err := a.printJSON(o); err != nil {
			return err
		}
	}
	return nil
}

// novelty compares texts with the documents that the model was trained on, where they are short enough for a document to
// be written again; nil where they are not, or where the documents cannot be read.
func (a *app) novelty(ctx context.Context, m *trainer.Model, texts []nplm.Text) *nplm.Novelty {
	if m.Data.Boundary == corpus.None || !nplm.Short(texts) {
		return nil
	}
	train, err := nplm.TrainingPart(ctx, m)
	if err != nil {
		fmt.Fprintf(a.stderr, "sweep: which texts are in the training part cannot be told: %v\n", err)
		return nil
	}
	n := nplm.Compare(texts, train)
	return &n
}

// noveltySentence says it in words.
func noveltySentence(n nplm.Novelty) string {
	share := func(k int) float64 { return 100 * float64(k) / float64(n.Texts) }
	return fmt.Sprintf("already in the training part: %s of %s (%.1f %%); repeated: %s (%.1f %%)",
		grouped(int64(n.Known)), plural(n.Texts, "text"), share(n.Known), grouped(int64(n.Repeated)), share(n.Repeated))
}

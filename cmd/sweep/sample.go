package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/spf13/cobra"

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

func (a *app) sampleCommand() *cobra.Command {
	var f sampleFlags
	c := &cobra.Command{
		Use:   "sample TRIAL",
		Short: "Let a model write",
		Example: examples("sweep sample names:best --count 10", "ten names",
			"sweep sample hidden:best --prefix 'the reader' --temperature 0.7", "a sentence that begins so"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.count < 1:
				return usage("--count %d: at least 1", f.count)
			case !(f.Temperature > 0):
				return usage("--temperature %g: above 0; small ones take the likeliest", f.Temperature)
			case f.TopK < 0:
				return usage("--top-k %d: at least 1, or 0 for all", f.TopK)
			case f.MaxLen < 1:
				return usage("--max-length %d: at least 1", f.MaxLen)
			}
			return a.sample(cmd.Context(), args[0], f)
		},
	}
	c.Flags().IntVarP(&f.count, "count", "n", 5, "how many texts")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "the same seed gives the same texts")
	c.Flags().StringVar(&f.prefix, "prefix", "", "what each text begins with")
	c.Flags().Float64Var(&f.Temperature, "temperature", 1, "divides the logits: below 1 plainer, above 1 wilder")
	c.Flags().IntVar(&f.TopK, "top-k", 0, "draw among the likeliest K symbols only")
	c.Flags().IntVar(&f.MaxLen, "max-length", 100, "symbols at most")
	a.jsonFlag(c)
	return c
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
	sep := " "
	if m.Data.Level == corpus.Char {
		sep = ""
	}
	for i := range f.count {
		text := strings.Join(names(m, m.Sample(rand.New(rand.NewPCG(f.seed, uint64(i))), f.SampleOptions)), sep)
		if a.json {
			o := &orderedObject{}
			o.add("schema", "sweep.sample/1")
			o.add("trial", t.Trial)
			o.add("seed", f.seed)
			o.add("text", text)
			err = a.printJSON(o)
		} else {
			_, err = fmt.Fprintln(a.stdout, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

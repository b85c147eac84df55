package main

import (
	"github.com/spf13/cobra"

	"sweep/trainer/corpus"
)

func (a *app) dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "Get and look at corpora and their count-based baselines",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(a.dataLsCommand(), a.dataShowCommand(), a.dataBaselinesCommand(), a.dataGetCommand(), a.dataImportCommand(), a.dataRmCommand())
	return c
}

// textFlags choose a corpus as the hyperparameters of the same names do.
type textFlags struct{ corpus.Options }

func (f *textFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.Level, "level", "", "word or char (default char for names and makemore-names, else word)")
	c.Flags().StringVar(&f.Boundary, "boundary", "", "between documents: predict (default), stream or none")
	c.Flags().IntVar(&f.VocabSize, "vocab-size", 0, "symbols, boundary and <unk> included (default 17000 words at most, all characters)")
	c.Flags().IntVar(&f.MinCount, "min-count", 0, "leave out words seen less often")
	c.Flags().BoolVar(&f.Lowercase, "lowercase", false, "lower-case the text")
	c.Flags().StringVar(&f.VocabFrom, "vocab-from", "", "count the vocabulary on train (default), all, or take it from a file")
	c.Flags().Uint64Var(&f.SplitSeed, "split-seed", 0, "seed of the split (default 1)")
	c.Flags().IntVar(&f.SyntheticTokens, "synthetic-tokens", 0, "words of the corpus synthetic (default 1000000)")
	c.Flags().Uint64Var(&f.SyntheticSeed, "synthetic-seed", 0, "seed of the corpus synthetic (default 1)")
	c.Flags().StringVar(&f.ValCorpus, "val", "", "file of the validation part (default: split off)")
	c.Flags().StringVar(&f.TestCorpus, "test", "", "file of the test part (default: split off)")
}

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sweep/trainer/embeddings"
)

func (a *app) evalSimilarityCommand() *cobra.Command {
	var seed uint64
	c := &cobra.Command{
		Use:   "similarity FILE TRIAL...",
		Short: "Do cosines follow what people find similar?",
		Long: "Similarity correlates (Spearman, ties shared) the cosines of pairs of words with the scores that people gave them, over\n" +
			"the pairs that are in the vocabulary. FILE holds two words and a score a line, as WordSim-353, SimLex-999, MEN and\n" +
			"others do; a first line may name the columns. Words are looked up as they stand, else as the corpus would have cut\n" +
			"them. A trial's 95 % interval is over pairs (bootstrap), that of the mean over replicates (t).",
		Example: examples("sweep eval similarity simlex999.txt brown:best", "one trial", "sweep eval similarity simlex999.txt brown", "all replicates of the best"),
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.evalSimilarity(cmd.Context(), args[0], args[1:], seed)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "of the bootstrap")
	a.jsonFlag(c)
	return c
}

// similarityRow is what one trial's embeddings say.
type similarityRow struct {
	Trial    string   `json:"trial"`
	Pairs    int      `json:"pairs"`
	Covered  int      `json:"covered"`
	Spearman *float64 `json:"spearman"`
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
}

func (a *app) evalSimilarity(ctx context.Context, file string, refs []string, seed uint64) error {
	judged, err := judgements(ctx, file, func(f *os.File) ([]embeddings.Pair, error) { return embeddings.ReadPairs(file, f) })
	if err != nil {
		return err
	}
	models, err := a.replicates(ctx, refs)
	if err != nil {
		return err
	}
	var rows []similarityRow
	var found []embeddings.Similarity
	for _, r := range models {
		s := embeddings.MeasureSimilarity(r.words, judged, seed)
		found = append(found, s)
		rows = append(rows, similarityRow{r.trial.Trial, s.Pairs, s.Covered, orNull(s.Spearman), orNull(s.Low), orNull(s.High)})
	}
	mean := over(found, func(s embeddings.Similarity) float64 { return s.Spearman }).within(-1, 1)
	if a.json {
		return a.printJSON(struct {
			Schema string          `json:"schema"`
			File   string          `json:"file"`
			Seed   uint64          `json:"seed"`
			Trials []similarityRow `json:"trials"`
			Mean   estimate        `json:"spearman"`
		}{"sweep.eval.similarity/1", file, seed, rows, mean})
	}
	t := table{header: []string{"trial", ">Spearman", "95 % interval"}}
	for _, r := range rows {
		t.row(r.Trial, fixed(r.Spearman), fixedInterval(r.Low, r.High))
	}
	if len(rows) > 1 {
		t.row(fmt.Sprintf("mean of %d", len(rows)), fixed(mean.Mean), fixedInterval(mean.Low, mean.High))
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nin the vocabulary: %s\n", ofAll(rows[0].Covered, rows[0].Pairs, "pair"))
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/trainer/corpus"
)

func (a *app) evalSubstitutionCommand() *cobra.Command {
	var seed uint64
	var contexts int
	c := &cobra.Command{
		Use:   "substitution TRIAL...",
		Short: "Can a word's neighbour take its place?",
		Long: "Substitution puts another word in the place of one word in contexts of the validation part, drawn at random: first the\n" +
			"word's nearest neighbour, then a random word about as frequent as the word (ranks within a tenth). It tells by how\n" +
			"much the loss of the word that follows rises, nats. A trial's 95 % interval is over words (bootstrap), that of the\n" +
			"mean over replicates (t).",
		Example: examples("sweep eval substitution hidden", "all replicates of the best"),
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if contexts < 1 || contexts > mostSamples {
				return usage("--contexts %d: 1 to %s", contexts, grouped(mostSamples))
			}
			return a.evalSubstitution(cmd.Context(), args, contexts, seed)
		},
	}
	c.Flags().IntVar(&contexts, "contexts", 5000, "how many contexts")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the contexts and of the words that stand in")
	a.jsonFlag(c)
	return c
}

// effect is a mean with its interval; nil where there is none.
type effect struct {
	Mean *float64 `json:"mean"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

func effectOf(e nplm.Effect) effect { return effect{orNull(e.Mean), orNull(e.Low), orNull(e.High)} }

// substitutionRow is what one trial's losses say.
type substitutionRow struct {
	Trial      string  `json:"trial"`
	Contexts   int     `json:"contexts"`
	Words      int     `json:"words"`
	Loss       float64 `json:"loss"`
	Nearest    effect  `json:"nearest"`
	Random     effect  `json:"random"`
	Difference effect  `json:"difference"`
}

func (a *app) evalSubstitution(ctx context.Context, refs []string, contexts int, seed uint64) error {
	models, err := a.replicates(ctx, refs)
	if err != nil {
		return err
	}
	var found []nplm.Substitution
	var rows []substitutionRow
	var data *corpus.Data
	for _, r := range models {
		if data == nil || data.SplitHash != r.model.SplitHash {
			if data, err = nplm.Corpus(ctx, r.model); err != nil {
				return err
			}
		}
		s, err := nplm.Substitute(ctx, r.model, data, contexts, seed)
		if err != nil {
			if errors.Is(err, context.Cause(ctx)) {
				return err
			}
			return notFound("trial %s: %w", r.trial.Trial, err)
		}
		found = append(found, s)
		rows = append(rows, substitutionRow{r.trial.Trial, s.Contexts, s.Words, s.Loss, effectOf(s.Nearest), effectOf(s.Random), effectOf(s.Difference)})
	}
	nearest := over(found, func(s nplm.Substitution) float64 { return s.Nearest.Mean })
	random := over(found, func(s nplm.Substitution) float64 { return s.Random.Mean })
	difference := over(found, func(s nplm.Substitution) float64 { return s.Difference.Mean })
	if a.json {
		return a.printJSON(struct {
			Schema     string            `json:"schema"`
			Seed       uint64            `json:"seed"`
			Trials     []substitutionRow `json:"trials"`
			Nearest    estimate          `json:"nearest"`
			Random     estimate          `json:"random"`
			Difference estimate          `json:"difference"`
		}{"sweep.eval.substitution/1", seed, rows, nearest, random, difference})
	}
	t := table{header: []string{"trial", ">contexts", ">words", ">loss", ">+ nearest", ">+ random", ">random - nearest", "95 % interval"}}
	for _, r := range rows {
		t.row(r.Trial, grouped(int64(r.Contexts)), grouped(int64(r.Words)), fmt.Sprintf("%.3f", r.Loss), fixed(r.Nearest.Mean), fixed(r.Random.Mean),
			fixed(r.Difference.Mean), fixedInterval(r.Difference.Low, r.Difference.High))
	}
	if len(rows) > 1 {
		t.row(fmt.Sprintf("mean of %d", len(rows)), "", "", "", fixed(nearest.Mean), fixed(random.Mean), fixed(difference.Mean), fixedInterval(difference.Low, difference.High))
	}
	return t.write(a.stdout)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/trainer/embeddings"
)

func (a *app) evalLikenessCommand() *cobra.Command {
	var names []string
	c := &cobra.Command{
		Use:   "likeness TRIAL...",
		Short: "Are cats near dogs?",
		Long: "Likeness tells for pairs of words which share of the words about as frequent (at most twice as frequent, at least half)\n" +
			"is less near to the one, by cosine, than the other is, averaged over both directions: a half by chance. It is set\n" +
			"beside the same of 1,000 pairs drawn at random, each word as frequent as the one that it stands for. p is the share\n" +
			"of the random pairs that are as near. It reads the text again, for the frequencies.",
		Example: examples("sweep eval likeness likeness", "all replicates of the best", "sweep eval likeness hidden:best --pairs first:second,client:server", "pairs of your own"),
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var pairs [][2]string
			for _, n := range names {
				x, y, ok := strings.Cut(n, ":")
				if !ok || x == "" || y == "" || x == y {
					return usage("--pairs %s: two different words with a colon between them, such as cat:dog", n)
				}
				pairs = append(pairs, [2]string{x, y})
			}
			return a.evalLikeness(cmd.Context(), args, pairs)
		},
	}
	var all []string
	for _, p := range nplm.LikePairs {
		all = append(all, p[0]+":"+p[1])
	}
	c.Flags().StringSliceVar(&names, "pairs", all, "pairs of words, separated by commas")
	a.jsonFlag(c)
	return c
}

// likenessRow is where a pair of words stands.
type likenessRow struct {
	A          string  `json:"a"`
	B          string  `json:"b"`
	CountA     int64   `json:"count_a"`
	CountB     int64   `json:"count_b"`
	Among      int     `json:"among"`
	Percentile effect  `json:"percentile"`
	RandomLow  float64 `json:"random_low"`
	RandomHigh float64 `json:"random_high"`
	P          float64 `json:"p"`
}

func (a *app) evalLikeness(ctx context.Context, refs []string, pairs [][2]string) error {
	models, err := a.replicates(ctx, refs)
	if err != nil {
		return err
	}
	var tables []*embeddings.Table
	var trials []string
	for _, r := range models {
		if r.model.SplitHash != models[0].model.SplitHash {
			return usage("trials %s and %s were trained on different texts; ask them one by one", models[0].trial.Trial, r.trial.Trial)
		}
		tables, trials = append(tables, r.words), append(trials, r.trial.Trial)
	}
	data, err := nplm.Corpus(ctx, models[0].model)
	if err != nil {
		return err
	}
	l, err := nplm.MeasureLikeness(ctx, tables, data, pairs)
	if err != nil {
		if errors.Is(err, context.Cause(ctx)) {
			return err
		}
		return notFound("%s: %w", strings.Join(refs, " "), err)
	}
	var rows []likenessRow
	for _, p := range l.Pairs {
		rows = append(rows, likenessRow{p.A, p.B, p.CountA, p.CountB, p.Among, effectOf(p.Each), p.RandomLow, p.RandomHigh, p.P})
	}
	if a.json {
		return a.printJSON(struct {
			Schema string        `json:"schema"`
			Trials []string      `json:"trials"`
			Pairs  []likenessRow `json:"pairs"`
			All    effect        `json:"percentile"`
			P      float64       `json:"p"`
			Tokens int           `json:"training_symbols"`
		}{"sweep.eval.likeness/1", trials, rows, effectOf(l.All), l.P, l.Tokens})
	}
	t := table{header: []string{"pair", ">counts", ">among", ">nearer than", "95 % interval", "random pairs", ">p"}}
	for _, r := range rows {
		t.row(r.A+" "+r.B, fmt.Sprintf("%d, %d", r.CountA, r.CountB), grouped(int64(r.Among)), fixed(r.Percentile.Mean),
			fixedInterval(r.Percentile.Low, r.Percentile.High), fixedInterval(&r.RandomLow, &r.RandomHigh), fmt.Sprintf("%.3f", r.P))
	}
	all := effectOf(l.All)
	t.row("all", "", "", fixed(all.Mean), fixedInterval(all.Low, all.High), "", fmt.Sprintf("%.3f", l.P))
	if err := t.write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	for _, s := range l.Sentences() {
		fmt.Fprintln(a.stdout, s)
	}
	return nil
}

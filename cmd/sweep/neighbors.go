package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sweep/trainer"
)

func (a *app) neighborsCommand() *cobra.Command {
	var top int
	var metric string
	c := &cobra.Command{
		Use:   "neighbors TRIAL WORD...",
		Short: "List the words whose embeddings are nearest",
		Example: examples("sweep neighbors hidden:best reader client", "by cosine similarity",
			"sweep neighbors names:best a --metric euclidean", "by distance"),
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if metric != trainer.Cosine && metric != trainer.Euclidean {
				return usage("--metric %s: cosine or euclidean", metric)
			}
			if top < 1 {
				return usage("--top %d: at least 1", top)
			}
			return a.neighbors(cmd.Context(), args[0], args[1:], top, metric)
		},
	}
	c.Flags().IntVar(&top, "top", 10, "how many neighbours")
	c.Flags().StringVar(&metric, "metric", trainer.Cosine, "cosine (similarity, largest first) or euclidean (distance, smallest first)")
	a.jsonFlag(c)
	return c
}

func (a *app) neighbors(ctx context.Context, ref string, words []string, top int, metric string) error {
	t, m, err := a.loadModel(ctx, ref)
	if err != nil {
		return err
	}
	var indices []int32
	for _, w := range words {
		found, unknown, err := symbols(m, []string{w})
		if err != nil {
			return err
		}
		// The neighbours of <unk>, or of a word's letters, would answer another question.
		if len(unknown) > 0 || len(found) != 1 {
			return notFound("%q is not a symbol of trial %s", w, t.Trial)
		}
		indices = append(indices, found[0])
	}
	for n, i := range indices {
		near := m.Neighbors(int(i), top, metric)
		if a.json {
			o := &orderedObject{}
			o.add("schema", "sweep.neighbors/1")
			o.add("trial", t.Trial)
			o.add("symbol", m.Symbols[i])
			o.add("index", i)
			o.add("metric", metric)
			o.add("neighbors", near)
			if err := a.printJSON(o); err != nil {
				return err
			}
			continue
		}
		if n > 0 {
			fmt.Fprintln(a.stdout)
		}
		tab := table{header: []string{m.Symbols[i], ">" + metric}}
		for _, r := range near {
			tab.row(r.Symbol, strconv.FormatFloat(r.Value, 'f', 4, 64))
		}
		if err := tab.write(a.stdout); err != nil {
			return err
		}
	}
	return nil
}

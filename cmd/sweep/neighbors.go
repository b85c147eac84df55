package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/trainer"
	"sweep/trainer/embeddings"
)

func (a *app) neighborsCommand() *cobra.Command {
	var top int
	var by string
	var analogy bool
	c := &cobra.Command{
		Use:   "neighbors TRIAL WORD...",
		Short: "List the words whose embeddings are nearest",
		Long: "Neighbors lists the words whose embeddings are nearest to that of each word. With --analogy it takes three words\n" +
			"and lists what is nearest to first - second + third: to king - man + woman, where man is to king as woman is to\n" +
			"the answer. The three themselves are left out. By cosine, directions are added up; by euclidean, the embeddings.",
		Example: examples("sweep neighbors hidden:best reader client", "by cosine similarity",
			"sweep neighbors names:best a --by euclidean", "by distance",
			"sweep neighbors brown:best --analogy king man woman", "queen?"),
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != embeddings.Cosine && by != embeddings.Euclidean {
				return usage("--by %s: cosine or euclidean", by)
			}
			if top < 1 {
				return usage("--top %d: at least 1", top)
			}
			if analogy && len(args) != 4 {
				return usage("--analogy takes three words, such as king man woman, and not %d", len(args)-1)
			}
			return a.neighbors(cmd.Context(), args[0], args[1:], top, by, analogy)
		},
	}
	c.Flags().IntVar(&top, "top", 10, "how many neighbours")
	c.Flags().StringVar(&by, "by", embeddings.Cosine, "cosine (similarity, largest first) or euclidean (distance, smallest first)")
	c.Flags().StringVar(&by, "metric", embeddings.Cosine, "as --by, which was called so before")
	c.Flags().BoolVar(&analogy, "analogy", false, "what is nearest to the first word - the second + the third")
	_ = c.Flags().MarkHidden("metric") // it is there
	a.jsonFlag(c)
	return c
}

func (a *app) neighbors(ctx context.Context, ref string, words []string, top int, by string, analogy bool) error {
	t, m, err := a.loadModel(ctx, ref)
	if err != nil {
		return err
	}
	near, ok := nplm.Words(m)
	if !ok {
		return notFound("trial %s: %w", t.Trial, nplm.ErrNoEmbeddings)
	}
	var indices []int
	for _, w := range words {
		i, err := symbolOf(m, t.Trial, w)
		if err != nil {
			return err
		}
		indices = append(indices, i)
	}
	tell := func(n int, question string, o *orderedObject, found []embeddings.Neighbor) error {
		if a.json {
			o.add("metric", by)
			o.add("neighbors", append([]embeddings.Neighbor{}, found...))
			return a.printJSON(o)
		}
		if n > 0 {
			fmt.Fprintln(a.stdout)
		}
		tab := table{header: []string{question, ">" + by}}
		for _, r := range found {
			tab.row(r.Symbol, strconv.FormatFloat(r.Value, 'f', 4, 64))
		}
		return tab.write(a.stdout)
	}
	head := func() *orderedObject {
		o := &orderedObject{}
		o.add("schema", "sweep.neighbors/1")
		o.add("trial", t.Trial)
		return o
	}
	if analogy {
		from, less, plus := indices[0], indices[1], indices[2]
		o := head()
		o.add("analogy", []string{m.Symbols[from], m.Symbols[less], m.Symbols[plus]})
		question := fmt.Sprintf("%s - %s + %s", m.Symbols[from], m.Symbols[less], m.Symbols[plus])
		return tell(0, question, o, near.Analogy([2]int{from, plus}, less, top, by))
	}
	for n, i := range indices {
		o := head()
		o.add("symbol", m.Symbols[i])
		o.add("index", i)
		if err := tell(n, m.Symbols[i], o, near.Neighbors(i, top, by)); err != nil {
			return err
		}
	}
	return nil
}

// symbolOf finds a word's index. The neighbours of <unk>, or of a word's letters, would answer another question, so that a
// word which is not one symbol is an error.
func symbolOf(m *trainer.Model, trial, word string) (int, error) {
	found, unknown, err := symbols(m, []string{word})
	if err != nil {
		return 0, err
	}
	if len(unknown) > 0 || len(found) != 1 {
		return 0, notFound("%q is not a symbol of trial %s", word, trial)
	}
	return int(found[0]), nil
}

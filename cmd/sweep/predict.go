package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sweep/trainer"
)

func (a *app) predictCommand() *cobra.Command {
	var top int
	var explain bool
	c := &cobra.Command{
		Use:   "predict TRIAL WORD...",
		Short: "Ask a model for the next word, with probabilities",
		Long: "Predict gives the likeliest next symbols after the words. Of more words than the model's context the last\n" +
			"count; fewer are padded with the boundary; words that it does not know become <unk> and are named.",
		Example: examples("sweep predict hidden:best the end of", "three words in, the fourth out",
			"sweep predict hidden:best --explain the end of", "each step with shapes and numbers"),
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if top < 1 {
				return usage("--top %d: at least 1", top)
			}
			return a.predict(cmd.Context(), args[0], args[1:], top, explain)
		},
	}
	c.Flags().IntVar(&top, "top", 10, "how many predictions")
	c.Flags().BoolVar(&explain, "explain", false, "show every step of the computation")
	a.jsonFlag(c)
	return c
}

func (a *app) predict(ctx context.Context, ref string, words []string, top int, explain bool) error {
	t, m, err := a.loadModel(ctx, ref)
	if err != nil {
		return err
	}
	context, unknown, err := symbols(m, words)
	if err != nil {
		return err
	}
	window := m.Window(context)
	if a.json {
		o := &orderedObject{}
		o.add("schema", "sweep.predict/1")
		o.add("trial", t.Trial)
		o.add("context", names(m, window))
		o.add("unknown", append([]string{}, unknown...))
		o.add("predictions", m.Predict(context, top))
		if explain {
			o.add("explanation", m.Explain(context))
		}
		return a.printJSON(o)
	}
	a.tellUnknown(unknown)
	if explain {
		return a.explain(m, m.Explain(context))
	}
	return a.printPredictions(m.Predict(context, top))
}

func (a *app) printPredictions(ps []trainer.Prediction) error {
	t := table{}
	t.header = []string{"next", ">probability"}
	for _, p := range ps {
		t.row(p.Symbol, strconv.FormatFloat(p.Probability, 'f', 4, 64))
	}
	return t.write(a.stdout)
}

// explain prints one prediction step by step, in the symbols of the paper.
func (a *app) explain(m *trainer.Model, e trainer.Explanation) error {
	c, w := m.Config, a.stdout
	v := len(m.Symbols)
	fmt.Fprintf(w, "1. words to indices, 0 to %s\n", grouped(int64(v-1)))
	for i, s := range e.Symbols {
		fmt.Fprintf(w, "   w%d = %-16s i%d = %s\n", i+1, s, i+1, grouped(int64(e.Context[i])))
	}
	width := c.InputWidth(v)
	if len(e.Input) == 0 {
		fmt.Fprintf(w, "\n2. indices to one-hot vectors: 1 in place of the index, 0 elsewhere\n")
		fmt.Fprintf(w, "\n3. vectors joined to the input x (%d x %s = %s numbers)\n", c.ContextLength, grouped(int64(v)), grouped(int64(width)))
	} else {
		table := "the shared table C"
		if c.Representation != "learned" {
			table = "a fixed table C, representation " + c.Representation
		}
		fmt.Fprintf(w, "\n2. indices to rows of %s (%s x %d)\n", table, grouped(int64(v)), len(e.Embeddings[0]))
		for i, row := range e.Embeddings {
			fmt.Fprintf(w, "   C[%d] = %s\n", e.Context[i], vector(row))
		}
		fmt.Fprintf(w, "\n3. rows joined to the input x (%d x %d = %d numbers)\n   x = %s\n", c.ContextLength, len(e.Embeddings[0]),
			len(e.Input), vector(e.Input))
	}
	if len(e.Hidden) > 0 {
		sum := "H x + d"
		if c.BatchNorm {
			sum = "gamma norm(H x) + d"
		}
		fmt.Fprintf(w, "\n4. hidden layer a = %s(%s), H (%d x %s): %d neurons\n   a = %s\n", c.Activation, sum, len(e.Hidden), grouped(int64(width)),
			len(e.Hidden), vector(e.Hidden))
	}
	output := "z = U a + b"
	if c.Direct {
		output += " + W x"
	}
	fmt.Fprintf(w, "\n5. logits %s, U (%s x %d): one number a word\n   z = %s\n", output, grouped(int64(v)), len(e.Hidden), vector(e.Logits))
	fmt.Fprintf(w, "\n6. softmax p = exp(z - ln sum exp z), ln sum exp z = %.4f; the ten likeliest\n", e.Normalizer)
	for _, p := range e.Likeliest {
		fmt.Fprintf(w, "   %-20s z = %8.4f   p = %.4f\n", p.Symbol, e.Logits[p.Index], p.Probability)
	}
	return nil
}

// vector writes the first numbers of a vector.
func vector(x []float32) string {
	const shown = 6
	parts := make([]string, 0, shown+1)
	for _, v := range x[:min(shown, len(x))] {
		parts = append(parts, fmt.Sprintf("%.4f", v))
	}
	if len(x) > shown {
		parts = append(parts, fmt.Sprintf("... (%s)", grouped(int64(len(x)))))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

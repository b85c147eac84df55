package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/trainer/corpus"
)

func (a *app) dataBaselinesCommand() *cobra.Command {
	var f textFlags
	var order, context int
	var smoothing string
	c := &cobra.Command{
		Use:   "baselines CORPUS",
		Short: "Judge count models on a corpus",
		Long: "Baselines counts n-grams on the training part and judges models of them on the validation and test parts.\n" +
			"An order counts the predicted symbol: order 4 sees three symbols. Without --order: uniform, unigram,\n" +
			"interpolated, Kneser-Ney 3, 4, 5 and that of the network's own context. Interpolation weights are fitted on\n" +
			"the validation part, so its validation figure is too good: compare it on test.",
		Example: examples("sweep data baselines gostd", "what a network has to beat",
			"sweep data baselines names.txt --level char --order 4 --smoothing 0.1", "one add-k model"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.Corpus = args[0]
			return a.dataBaselines(cmd.Context(), f.Options, order, context, smoothing)
		},
	}
	f.add(c)
	c.Flags().IntVar(&order, "order", 0, "judge one model of this order (1 to 16; Kneser-Ney to 5)")
	c.Flags().StringVar(&smoothing, "smoothing", "kneser-ney", "of --order: a number (add-k), kneser-ney or interpolated")
	c.Flags().IntVar(&context, "context-length", 3, "of the network that the models are compared with")
	a.jsonFlag(c)
	return c
}

// baselineRow is one model of `data baselines --json`.
type baselineRow struct {
	Name           string   `json:"name"`
	Order          int      `json:"order"`
	Smoothing      any      `json:"smoothing"`
	ValLoss        *float64 `json:"val_loss"`
	ValPerplexity  *float64 `json:"val_perplexity"`
	ValAccuracy    *float64 `json:"val_accuracy"`
	TestLoss       *float64 `json:"test_loss"`
	TestPerplexity *float64 `json:"test_perplexity"`
	TestAccuracy   *float64 `json:"test_accuracy"`
	Parameters     int64    `json:"parameters"`
	Fitted         bool     `json:"fitted"` // on the validation part
	Notes          []string `json:"notes,omitempty"`
}

func (a *app) dataBaselines(ctx context.Context, o corpus.Options, order, contextLength int, smoothing string) error {
	models, err := chosenModels(order, contextLength, smoothing, o.Corpus == corpus.Synthetic)
	if err != nil {
		return err
	}
	d, err := openCorpus(ctx, o)
	if err != nil {
		return err
	}
	made, err := baselines(ctx, d, models)
	if err != nil {
		return err
	}
	rows, notes := made.rows, made.notes
	out := make([]baselineRow, len(rows))
	for i, r := range rows {
		out[i] = baselineRow{
			Name: r.Model, Order: r.OrderN, ValLoss: r.ValLoss, ValPerplexity: r.ValPerplexity, ValAccuracy: r.ValAccuracy,
			TestLoss: r.TestLoss, TestPerplexity: r.TestPerplexity, TestAccuracy: r.TestAccuracy, Parameters: r.Parameters, Fitted: bool(r.Fitted),
			Notes: notes[i],
		}
		if r.Smoothing != nil {
			out[i].Smoothing = *r.Smoothing
		}
	}
	if a.json {
		return a.printJSON(struct {
			Schema     string        `json:"schema"`
			Corpus     string        `json:"corpus"`
			Split      string        `json:"split"`
			Vocabulary string        `json:"vocabulary"`
			Models     []baselineRow `json:"models"`
		}{"sweep.baselines/1", d.Name, d.SplitHash, d.VocabHash, out})
	}
	return a.printBaselines(d, rows, notes)
}

func (a *app) printBaselines(d *corpus.Data, rows []results.Baseline, notes [][]string) error {
	t := table{header: []string{"model", ">val loss", ">val perplexity", ">val accuracy", ">test loss", ">test perplexity", ">parameters", ""}}
	for i, r := range rows {
		note := ""
		if r.Fitted {
			note = "fitted on validation: compare on test"
		}
		if len(notes[i]) > 0 {
			note = notes[i][0]
		}
		name := baselineName(r)
		if r.Smoothing != nil {
			name += " k=" + strconv.FormatFloat(*r.Smoothing, 'g', -1, 64)
		}
		t.row(name, number(r.ValLoss), number(r.ValPerplexity), number(r.ValAccuracy), number(r.TestLoss),
			number(r.TestPerplexity), grouped(r.Parameters), note)
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stderr, "%s: %s predictions judged on validation, %s on test; %s symbols; boundary: %s\n",
		d.Name, grouped(int64(d.Val.Len())), grouped(int64(d.Test.Len())), grouped(int64(d.Vocab.Size())), d.Options.Boundary)
	return err
}

// chosenModels turns the flags into models.
func chosenModels(order, contextLength int, smoothing string, synthetic bool) ([]countModel, error) {
	if contextLength < 1 || contextLength > 15 {
		return nil, usage("--context-length %d: 1 to 15", contextLength)
	}
	if order == 0 {
		models := []countModel{uniform, unigram, interpolated(min(contextLength+1, 5))}
		orders := []int{3, 4, 5}
		if n := contextLength + 1; n < 3 {
			orders = append([]int{n}, orders...)
		}
		for _, n := range orders {
			models = append(models, kneserNey(n))
		}
		if synthetic {
			models = append(models, entropy, classes(min(contextLength+1, 5)))
		}
		return models, nil
	}
	if order < 1 || order > 16 {
		return nil, usage("--order %d: 1 to 16, the predicted symbol counted", order)
	}
	switch smoothing {
	case "kneser-ney":
		if order > 5 {
			return nil, usage("--order %d: Kneser-Ney goes up to 5; --smoothing 0.1 or interpolated go further", order)
		}
		return []countModel{kneserNey(order)}, nil
	case "interpolated":
		return []countModel{interpolated(order)}, nil
	}
	k, err := strconv.ParseFloat(smoothing, 64)
	if err != nil || !(k > 0 && k <= 1e6) {
		return nil, usage("--smoothing %s: a number above 0 (add-k), kneser-ney or interpolated", smoothing)
	}
	return []countModel{addK(order, k)}, nil
}

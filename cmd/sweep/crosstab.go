package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"sweep/reports/paper"
	"sweep/results"
)

func (a *app) tableCommand() *cobra.Command {
	var o results.CrosstabOptions
	var format string
	c := &cobra.Command{
		Use:   "table SWEEP",
		Short: "Set a sweep's figures out by two parameters, for a paper",
		Long: "Table writes mean, 95 % interval and n of each pair of values: the best bold, what cannot be told apart from it\n" +
			"underlined. Where further parameters vary, a cell shows the best by the sweep's own metric, and a note says which\n" +
			"that is; --where fixes them instead. LaTeX wants the package booktabs. CSV has one line a cell.",
		Example: examples("sweep table grid --rows hidden_size --cols embedding_dim", "Markdown",
			"sweep table grid --rows hidden_size --cols embedding_dim --cell val/accuracy --format tex", "LaTeX of another metric",
			"sweep table grid --rows hidden_size --where 'context_length = 3' --format csv", "one column, for other programs"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.crosstab(cmd.Context(), args[0], o, format) },
	}
	c.Flags().StringVar(&o.Rows, "rows", "", "the parameter that has a row for each value")
	c.Flags().StringVar(&o.Cols, "cols", "", "the parameter that has a column for each value (default: one column)")
	c.Flags().StringVar(&o.Cell, "cell", "", "the metric in the cells (default: the sweep's own)")
	c.Flags().StringVar(&o.Where, "where", "", "only trials for which this expression of SQL holds, as in `sweep trials`")
	c.Flags().StringVar(&format, "format", "md", "md, tex or csv")
	a.jsonFlag(c)
	c.MarkFlagsMutuallyExclusive("format", "json")
	return c
}

func (a *app) crosstab(ctx context.Context, sweep string, o results.CrosstabOptions, format string) error {
	write, ok := map[string]func(io.Writer, results.Crosstab) error{"md": paper.Markdown, "tex": paper.LaTeX, "csv": paper.CSV}[format]
	if !ok {
		return usage("--format %s: md, tex or csv", format)
	}
	if o.Rows == "" {
		return usage("--rows is missing: name the parameter that has a row for each value, such as --rows hidden_size")
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	t, err := s.Crosstab(ctx, sweep, o)
	if errors.Is(err, results.ErrTable) || errors.Is(err, results.ErrQuery) {
		return &statusError{statusUsage, err}
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Crosstab
		}{"sweep.table/1", t})
	}
	return write(a.stdout, t)
}

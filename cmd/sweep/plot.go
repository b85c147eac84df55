package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sweep/reports"
	"sweep/results"
)

// plotFlags are those of `plot`.
type plotFlags struct {
	x, y, by, log, title, out string
	only                      []string
}

func (a *app) plotCommand() *cobra.Command {
	var f plotFlags
	c := &cobra.Command{
		Use:   "plot SWEEP",
		Short: "Draw one picture of your own choice, to a file or to the terminal",
		Long: "Plot draws a metric over a hyperparameter, with means, 95 % intervals and every replicate; or over step, examples\n" +
			"or seconds as learning curves; or over parameters, the size of the model. --out names a file, whose ending is its\n" +
			"form: .png, .svg or .csv. Without one the terminal shows the means.",
		Example: examples("sweep plot hidden --x hidden_size --y val/perplexity", "means over the hidden size, in the terminal",
			"sweep plot grid --x hidden_size --by embedding_dim --log x --out sizes.png", "a line for each width of the embedding",
			"sweep plot grid --x step --by context_length --only embedding_dim=10 --out curves.svg", "learning curves"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.plot(cmd.Context(), args[0], f) },
	}
	c.Flags().StringVar(&f.x, "x", "", "a hyperparameter, or step, examples, seconds, parameters (default: the first that is swept)")
	c.Flags().StringVar(&f.y, "y", "", "metric (default: the sweep's)")
	c.Flags().StringVar(&f.by, "by", "", "a line for each value of this hyperparameter")
	c.Flags().StringVar(&f.log, "log", "", "logarithmic axes: x, y or x,y")
	c.Flags().StringVar(&f.title, "title", "", "title (default: made from the others)")
	c.Flags().StringArrayVar(&f.only, "only", nil, "only configurations with this value, as NAME=VALUE; may be repeated")
	c.Flags().StringVarP(&f.out, "out", "o", "", "file to draw to: .png, .svg or .csv")
	return c
}

func (a *app) plot(ctx context.Context, sweep string, f plotFlags) error {
	o := reports.ChartOptions{X: f.x, By: f.by, Title: f.title}
	for l := range strings.SplitSeq(f.log, ",") {
		switch l {
		case "":
		case "x":
			o.LogX = true
		case "y":
			o.LogY = true
		default:
			return usage("--log %s: x, y or x,y", f.log)
		}
	}
	ending := strings.ToLower(filepath.Ext(f.out))
	if f.out != "" && !slices.Contains([]string{".png", ".svg", ".csv"}, ending) {
		return usage("--out %s: the ending says the form: .png, .svg or .csv", f.out)
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	in, err := charted(ctx, s, sweep, f)
	if err != nil {
		return err
	}
	if o.X == "" {
		if len(in.Swept) == 0 {
			return usage("sweep %s has no swept hyperparameter; --x step draws its learning curves", sweep)
		}
		o.X = in.Swept[0]
	}
	if o.By == o.X {
		return usage("--by %s: it stands on x already", o.By)
	}
	chart, err := reports.NewChart(in, o)
	if errors.As(err, new(*reports.UnknownNameError)) || errors.As(err, new(*reports.NoPlaceError)) || errors.As(err, new(*reports.NoCurveError)) {
		return usage("%w", err)
	}
	if err != nil {
		return err
	}
	if f.out == "" {
		columns, _ := isTerminal(a.stdout)
		_, err := fmt.Fprint(a.stdout, chart.Text(min(max(columns, 80), 160), 24))
		return err
	}
	draw := map[string]func() ([]byte, error){".png": chart.PNG, ".svg": chart.SVG, ".csv": chart.CSV}[ending]
	data, err := draw()
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.out, data, 0o644); err != nil {
		return &statusError{statusRecord, fmt.Errorf("the picture cannot be written: %w", err)}
	}
	fmt.Fprintln(a.stdout, f.out)
	return nil
}

// charted is what a chart of a metric is drawn from.
func charted(ctx context.Context, s *results.Store, sweep string, f plotFlags) (in reports.Input, err error) {
	found, err := collect(ctx, s, sweep)
	if err != nil {
		return in, err
	}
	in = reports.Input{Sweep: found.sweep, Trials: found.trials, Configurations: found.configurations, Provenance: found.provenance,
		Answer: found.answer, Swept: found.swept, Mixed: found.mixed}
	if in.Points, err = s.Points(ctx, sweep); err != nil {
		return in, err
	}
	if f.y != "" && f.y != found.sweep.Metric {
		if in.Configurations, err = s.Configurations(ctx, sweep, f.y); err != nil {
			return in, err
		}
		in.Sweep.Metric, in.Sweep.Goal = f.y, results.MetricGoal(f.y)
		for i := range in.Trials {
			finals, err := s.Finals(ctx, sweep, in.Trials[i].Trial)
			if err != nil {
				return in, err
			}
			in.Trials[i].Value = finals[f.y]
		}
	}
	for _, only := range f.only {
		name, value, ok := strings.Cut(only, "=")
		if !ok {
			return in, usage("--only %s: NAME=VALUE", only)
		}
		kept := slices.DeleteFunc(slices.Clone(in.Configurations), func(c results.Configuration) bool { return param(c.Params, name) != value })
		if len(kept) == 0 {
			return in, usage("--only %s: no configuration has that; %s is %s", only, name, valuesAmong(in.Configurations, name))
		}
		in.Configurations = kept
	}
	return in, nil
}

// valuesAmong lists the values of a parameter, for people.
func valuesAmong(rows []results.Configuration, name string) string {
	var out []string
	for _, c := range rows {
		if v := param(c.Params, name); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return "no parameter of the sweep"
	}
	slices.SortFunc(out, func(a, b string) int {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
	return strings.Join(out[:min(len(out), 12)], ", ")
}

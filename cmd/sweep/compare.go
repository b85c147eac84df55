package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/trainer"
)

func (a *app) compareCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Set two trials or configurations beside each other",
		Long: "Compare takes trials, configurations or SWEEP:best, and shows the parameters that differ and the difference\n" +
			"of each metric with its interval. Figures over different splits or vocabularies are refused.",
		Example: examples("sweep compare 3f9c 81aa", "short ids will do while they are unique",
			"sweep compare hidden:best context:best", "the winners of two sweeps"),
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.compare(cmd.Context(), args[0], args[1]) },
	}
	a.jsonFlag(c)
	return c
}

func (a *app) compare(ctx context.Context, refA, refB string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := s.Compare(ctx, refA, refB)
	var incomparable *results.IncomparableError
	if errors.As(err, &incomparable) {
		return &statusError{statusCheck, err}
	}
	if err != nil {
		return err
	}
	text := a.textNoise(ctx, s, r)
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Comparison
			Text *nplm.TextNoise `json:"text"`
		}{"sweep.compare/1", r, text})
	}
	t := table{header: []string{"", ">A " + refA, ">B " + refB}}
	t.row("trials", fmt.Sprint(len(r.A.Trials)), fmt.Sprint(len(r.B.Trials)))
	for _, p := range r.Params {
		t.row(p.Name, orDash(p.A), orDash(p.B))
	}
	t.row("parameters", grouped(r.A.Parameters), grouped(r.B.Parameters))
	t.row("seconds a trial", figure(r.A.Seconds), figure(r.B.Seconds))
	if err := t.write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	m := table{header: []string{"metric", ">A", ">B", ">B - A", "95 % interval", ">percent", ">detectable"}}
	for _, d := range r.Metrics {
		diff := number(d.Difference)
		if d.Unit != "" && d.Difference != nil {
			diff += " " + d.Unit
		}
		m.row(d.Metric, number(d.A), number(d.B), diff, interval(d.Low, d.High), number(d.Percent), number(d.Detectable))
	}
	if err := m.write(a.stdout); err != nil {
		return err
	}
	if len(r.Metrics) > 0 && r.Metrics[0].Verdict != "" {
		fmt.Fprintf(a.stdout, "\n%s\n", r.Metrics[0].Verdict)
	}
	if len(r.Metrics) > 0 && r.Metrics[0].Pairs > 1 {
		fmt.Fprintln(a.stdout, bySigns(r.Metrics[0]))
	}
	if text != nil {
		fmt.Fprintf(a.stdout, "Over the %s documents of the validation part, drawn again %s times, val/loss B - A is %.4f nats [%.4f, %.4f]: %s.\n",
			grouped(int64(text.Documents)), grouped(int64(text.Draws)), text.Difference, text.Low, text.High, textVerdict(*text))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(a.stdout, n)
	}
	return nil
}

// bySigns tells what the tests say that assume no normal distribution.
func bySigns(d results.MetricDiff) string {
	if d.SignFlipP == nil || d.RankP == nil {
		return fmt.Sprintf("Tests by signs and ranks, which assume no normal distribution: too few replicates (%d pairs; 6 is the least that can show anything).", d.Pairs)
	}
	return fmt.Sprintf("Without assuming a normal distribution: p = %s by all patterns of signs, %s by signed ranks (%d pairs).",
		figure(*d.SignFlipP), figure(*d.RankP), d.Pairs)
}

// textVerdict says whether a difference is more than the noise of the text.
func textVerdict(t nplm.TextNoise) string {
	if t.Low > 0 || t.High < 0 {
		return "more than the text's own noise"
	}
	return "within the text's own noise, so no finding"
}

// textNoise compares both sides document by document. It is nil where their losses or their text are not at hand.
func (a *app) textNoise(ctx context.Context, s *results.Store, r results.Comparison) *nplm.TextNoise {
	if len(r.A.Trials) == 0 || len(r.B.Trials) == 0 {
		return nil
	}
	var sides [2][]trainer.Losses
	for i, side := range []results.Side{r.A, r.B} {
		for _, trial := range side.Trials {
			l, err := trainer.LoadLosses(trainer.LossesFile(a.modelDir(ctx, trial)))
			if err != nil {
				return nil
			}
			sides[i] = append(sides[i], l)
		}
	}
	t, err := s.Trial(ctx, r.A.Sweep+"/"+r.A.Trials[0])
	if err != nil {
		return nil
	}
	values, err := valuesOf(t.Params)
	if err != nil {
		return nil
	}
	data, err := nplm.New(a.dir).Data(ctx, values)
	if err != nil {
		return nil
	}
	for _, l := range append(sides[0], sides[1]...) {
		if l.SplitHash != data.SplitHash || l.VocabHash != data.VocabHash {
			return nil
		}
	}
	if n, ok := nplm.NoiseOfText(sides[0], sides[1], data.Val); ok {
		return &n
	}
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

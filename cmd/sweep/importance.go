package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"sweep/internal/importance"
	"sweep/internal/stats"
	"sweep/reports"
	"sweep/results"
	"sweep/sweeps"
)

// leastWeighed is how many configurations it takes to say what matters.
const leastWeighed = 8

func (a *app) importanceCommand() *cobra.Command {
	var metric string
	c := &cobra.Command{
		Use:   "importance SWEEP",
		Short: "Say which hyperparameters matter, and how sure that is",
		Long: "Importance divides what differs between a sweep's configurations among its hyperparameters. Of a complete\n" +
			"grid it is the exact analysis of variance: what each one alone explains, and each two together. Of a search it is\n" +
			"PED-ANOVA (Watanabe, Bansal and Hutter 2023): how far each one's values among the best tenth differ from all.",
		Example:           examples("sweep importance grid", "shares of each, with 95 % intervals", "sweep importance tpe --json", "one object, schema sweep.importance/1"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.printImportance(cmd.Context(), args[0], metric)
		},
	}
	c.Flags().StringVar(&metric, "metric", "", "judge by this metric (default: the sweep's)")
	a.jsonFlag(c)
	return c
}

// importanceReport is `importance --json`.
type importanceReport struct {
	Schema string            `json:"schema"`
	Sweep  string            `json:"sweep"`
	Metric string            `json:"metric"`
	Method string            `json:"method"` // exact or ped
	Why    string            `json:"why"`    // the method was chosen
	N      int               `json:"n"`      // configurations
	Shares []importanceShare `json:"shares"`
}

// importanceShare is what one hyperparameter, or several together, make of the differences.
type importanceShare struct {
	Of    []string `json:"of"`
	Share float64  `json:"share"` // of 1
	Low   *float64 `json:"low"`   // 95 % interval
	High  *float64 `json:"high"`
}

func (a *app) printImportance(ctx context.Context, sweep, metric string) error {
	s, row, spec, err := a.openRecorded(ctx, sweep)
	if err != nil {
		return err
	}
	defer s.Close()
	if metric == "" {
		metric = row.Metric
	}
	r, err := weigh(ctx, s, spec, sweep, metric)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(importanceReportOf(sweep, metric, r))
	}
	t := table{header: []string{"hyperparameter", ">share", "95 % interval"}}
	for _, share := range sharesOf(r) {
		between := "-"
		if share.Low != nil {
			between = fmt.Sprintf("%s to %s", percent(*share.Low), percent(*share.High))
		}
		t.row(strings.Join(share.Of, " x "), percent(share.Share), between)
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s over %s by %s\n", methodOf(r), plural(r.N, "configuration"), metric)
	if r.Why != "" {
		fmt.Fprintf(a.stdout, "%s\n", r.Why)
	}
	if r.Method == importance.ByPED && r.Top < fewestBest {
		fmt.Fprintf(a.stdout, "the best tenth is only %s: this is little more than noise\n", plural(r.Top, "configuration"))
	}
	return nil
}

// weighed is the importance of a sweep's hyperparameters for its report, nil where it has too few configurations or no
// spec that can be read.
func (a *app) weighed(ctx context.Context, s *results.Store, f findings) *reports.Importance {
	spec, err := a.recordedSpec(ctx, s, f.sweep.Sweep)
	if err != nil || f.mixed {
		return nil
	}
	r, err := weigh(ctx, s, spec, f.sweep.Sweep, f.sweep.Metric)
	if err != nil {
		return nil
	}
	out := &reports.Importance{N: r.N, Method: methodOf(r), Partial: r.Method == importance.ByPED}
	for _, h := range sharesOf(r) {
		out.Shares = append(out.Shares, reports.Share{Of: h.Of, Several: len(h.Of) > 1 || h.Of[0] == ofMore, Value: h.Share, Low: h.Low, High: h.High})
	}
	if out.Partial && r.Top < fewestBest {
		out.Doubts = append(out.Doubts, fmt.Sprintf("The best tenth is only %s: this is little more than noise.", plural(r.Top, "configuration")))
	}
	return out
}

func methodOf(r importance.Result) string {
	if r.Method == importance.ByExact {
		return "exact analysis of variance"
	}
	return "PED-ANOVA of the best tenth"
}

func importanceReportOf(sweep, metric string, r importance.Result) importanceReport {
	return importanceReport{"sweep.importance/1", sweep, metric, r.Method, r.Why, r.N, sharesOf(r)}
}

// sharesOf lists the shares of a result: of each hyperparameter, of each two together, and of more.
func sharesOf(r importance.Result) []importanceShare {
	var out []importanceShare
	add := func(s importance.Share) {
		e := importanceShare{Of: s.Of, Share: s.Value}
		if s.Interval != nil {
			e.Low, e.High = &s.Interval.Low, &s.Interval.High
		}
		out = append(out, e)
	}
	for _, s := range r.Main {
		add(s)
	}
	for _, s := range r.Pairs {
		add(s)
	}
	if r.Method == importance.ByExact && len(r.Main) > 2 {
		r.Higher.Of = []string{ofMore}
		add(r.Higher)
	}
	return out
}

// ofMore stands for what three hyperparameters or more do together.
const ofMore = "three or more together"

// errTooFew says that too little is known to weigh hyperparameters.
var errTooFew = errors.New("too few configurations that went to their end")

// weigh computes the importance of a sweep's hyperparameters.
func weigh(ctx context.Context, s *results.Store, spec *sweeps.Spec, sweep, metric string) (importance.Result, error) {
	configs, err := placed(ctx, s, spec, sweep, metric)
	if err != nil {
		return importance.Result{}, err
	}
	axes := spec.Axes()
	if len(axes) == 0 || len(configs) < leastWeighed {
		return importance.Result{}, &statusError{statusNotFound, fmt.Errorf("sweep %s: %w: %d of at least %d", sweep, errTooFew, len(configs), leastWeighed)}
	}
	var dims []importance.Dimension
	for _, a := range axes {
		dims = append(dims, importance.Dimension{Name: strings.Join(a.Names, "+"), Levels: a.Levels, Categorical: !a.Ordered})
	}
	return importance.Of(dims, configs, importance.Options{Seed: spec.Seed})
}

// placed lists the configurations of a sweep that are complete, and those that diverged, by their place in the space.
func placed(ctx context.Context, s *results.Store, spec *sweeps.Spec, sweep, metric string) ([]importance.Configuration, error) {
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return nil, err
	}
	values := map[string][]float64{}
	params := map[string]json.RawMessage{}
	open := map[string]bool{}
	var order []string
	var all []float64
	maximize := results.MetricGoal(metric) == "maximize" || metric == spec.Metric.Name && spec.Metric.Maximize
	for _, t := range trials {
		if bool(t.Retired) || bool(t.Confirms) {
			continue
		}
		if params[t.Configuration] == nil {
			order = append(order, t.Configuration)
			params[t.Configuration] = t.Params
		}
		v, known, err := valueOf(ctx, s, t, metric, metric == spec.Metric.Name)
		if err != nil {
			return nil, err
		}
		if open[t.Configuration] = open[t.Configuration] || !known; known {
			values[t.Configuration] = append(values[t.Configuration], v)
			all = append(all, v)
		}
	}
	scale := stats.ScaleOf(metric, all)
	axes := spec.Axes()
	var out []importance.Configuration
	for _, c := range order {
		var vs sweeps.Values
		if err := json.Unmarshal(params[c], &vs); err != nil {
			return nil, err
		}
		at, ok := spec.At(vs)
		if !ok || open[c] || len(values[c]) == 0 {
			continue
		}
		for d, a := range axes {
			if a.Ordered && a.Levels > 0 {
				at[d] = (at[d] + 0.5) / float64(a.Levels)
			}
		}
		for i, v := range values[c] {
			if values[c][i] = scale.Of(v); maximize {
				values[c][i] = -values[c][i]
			}
		}
		out = append(out, importance.Configuration{At: at, Replicates: values[c]})
	}
	return out, nil
}

// valueOf returns what a trial came to by a metric; NaN if it diverged, and known false if it has not come to its end.
// own says that the metric is the sweep's.
func valueOf(ctx context.Context, s *results.Store, t results.Trial, metric string, own bool) (v float64, known bool, err error) {
	switch sweeps.State(t.State) {
	case sweeps.Diverged:
		return math.NaN(), true, nil
	case sweeps.Complete:
	default:
		return 0, false, nil
	}
	p := t.Value
	if !own {
		finals, err := s.Finals(ctx, t.Sweep, t.Trial)
		if err != nil {
			return 0, false, err
		}
		p = finals[metric]
	}
	if p == nil {
		return math.NaN(), true, nil
	}
	return *p, true, nil
}

// fewestBest is how many configurations the best tenth has to have for its shares to be more than noise.
const fewestBest = 5

// importanceClaim is a sentence for the end of a run: what matters most. It is "" where too little is known.
func (a *app) importanceClaim(ctx context.Context, s *results.Store, spec *sweeps.Spec, f findings) string {
	if spec == nil || len(spec.Axes()) < 2 || f.mixed {
		return ""
	}
	r, err := weigh(ctx, s, spec, f.sweep.Sweep, f.sweep.Metric)
	if err != nil || r.Flat || r.Method == importance.ByPED && r.Top < fewestBest {
		return "" // a sweep is told without it
	}
	var parts []string
	for _, share := range sharesOf(r)[:len(r.Main)] {
		text := fmt.Sprintf("%s %.0f %%", strings.Join(share.Of, " x "), 100*share.Share)
		if share.Low != nil {
			text += fmt.Sprintf(" [%.0f, %.0f]", 100**share.Low, 100**share.High)
		}
		parts = append(parts, text)
	}
	if r.Method == importance.ByExact {
		return fmt.Sprintf("What explains the differences of %s between the configurations: %s (exact analysis of variance; the rest is what they do together).", f.sweep.Metric, strings.Join(parts, ", "))
	}
	return fmt.Sprintf("What sets the best tenth of %s apart: %s (PED-ANOVA).", plural(r.N, "configuration"), strings.Join(parts, ", "))
}

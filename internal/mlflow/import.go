package mlflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// tagPrefix begins the names of tags that say what a run is in the record it comes from.
const tagPrefix = "sweep."

// Choice says what of an experiment is taken.
type Choice struct {
	Experiment string
	Metric     string
	Maximize   bool
	Sweep      string   // what to call the sweep; "": as the experiment
	Metrics    []string // whose histories become curves; nil: of the metric alone
	Seed       string   // the parameter that is the replicate's seed, where a run has it; "": none
}

// Import reads an experiment from the server. Runs that have not ended are counted and left out.
func (c *Client) Import(ctx context.Context, o Choice) (results.Import, error) {
	x := results.Import{Sweep: o.Sweep, Metric: o.Metric, Maximize: o.Maximize}
	e, err := c.ExperimentNamed(ctx, o.Experiment)
	if errors.Is(err, ErrNoExperiment) {
		names, listErr := c.Experiments(ctx)
		if listErr != nil {
			return x, err
		}
		return x, fmt.Errorf("MLflow at %s: %w; there is %s", c.Address(), err, strings.Join(names, ", "))
	}
	if err != nil {
		return x, err
	}
	if x.Sweep == "" {
		x.Sweep = sweeps.Spelling(e.Name)
	}
	x.Source = results.Source{
		Kind: "mlflow", Name: "MLflow experiment " + e.Name, Version: c.Version(ctx), Identity: fmt.Sprintf("%s, made at %d", e.Name, e.Created),
		Details: map[string]string{"address": c.Address(), "experiment": e.Name, "experiment_id": e.ID},
	}
	runs, err := c.runs(ctx, e.ID)
	if err != nil {
		return x, err
	}
	if err := knowsMetric(runs, o.Metric); err != nil {
		return x, err
	}
	for _, r := range runs {
		if r.Info.Status == "RUNNING" || r.Info.Status == "SCHEDULED" {
			x.Left++
			continue
		}
		t, err := c.taken(ctx, r, o)
		if err != nil {
			return x, err
		}
		x.Trials = append(x.Trials, t)
	}
	if len(x.Trials) == 0 {
		return x, fmt.Errorf("experiment %s has no run that has ended", e.Name)
	}
	x.TakeSeed(o.Seed)
	return x, nil
}

// knowsMetric refuses a metric that no run has.
func knowsMetric(runs []run, name string) error {
	known := map[string]bool{}
	for _, r := range runs {
		for _, m := range r.Data.Metrics {
			known[m.Key] = true
		}
	}
	if known[name] {
		return nil
	}
	if len(known) == 0 {
		return fmt.Errorf("no run has reported a metric")
	}
	return fmt.Errorf("no run has reported %q; there is %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
}

// taken is one run as the record keeps it.
func (c *Client) taken(ctx context.Context, r run, o Choice) (results.ImportedTrial, error) {
	t := results.ImportedTrial{
		ID: r.Info.ID, Seed: results.SeedOf(r.Info.ID), Started: instant(r.Info.Start), Finished: instant(r.Info.End),
		Finals: map[string]float64{}, State: sweeps.Complete,
	}
	if seed, err := strconv.ParseUint(r.tag(tagPrefix+"seed"), 10, 53); err == nil {
		t.Seed = seed
	}
	slices.SortFunc(r.Data.Params, func(a, b pair) int { return cmp.Compare(a.Key, b.Key) })
	for _, p := range r.Data.Params {
		t.Params = append(t.Params, sweeps.Setting{Name: p.Key, Value: results.ReadValue(p.Value)})
	}
	for _, m := range r.Data.Metrics {
		t.Finals[m.Key] = float64(m.Value)
	}
	for _, key := range append([]string{o.Metric}, o.Metrics...) {
		if _, has := t.Finals[key]; !has {
			continue
		}
		points, err := c.curve(ctx, r, key)
		if err != nil {
			return t, err
		}
		t.Points = append(t.Points, points...)
	}
	switch r.Info.Status {
	case "FAILED":
		t.State, t.Error = sweeps.Failed, cmp.Or(r.tag(tagPrefix+"error"), "failed in MLflow")
	case "KILLED":
		t.State = sweeps.Stopped
	}
	t.Judge(o.Metric)
	return t, nil
}

// curve reads a metric's history. Where no steps were given, all of them 0, the values are numbered as they came; of several
// at one step the last counts.
func (c *Client) curve(ctx context.Context, r run, key string) ([]sweeps.Point, error) {
	history, err := c.history(ctx, r.Info.ID, key)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(history, func(a, b metric) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Timestamp, b.Timestamp))
	})
	numbered := len(history) > 1 && !slices.ContainsFunc(history, func(m metric) bool { return m.Step != 0 })
	var out []sweeps.Point
	for i, m := range history {
		p := sweeps.Point{Metric: key, Step: int64(m.Step), Value: float64(m.Value)}
		if numbered {
			p.Step = int64(i)
		}
		if r.Info.Start > 0 && m.Timestamp > r.Info.Start {
			p.Seconds = (time.Duration(m.Timestamp-r.Info.Start) * time.Millisecond).Seconds()
		}
		if n := len(out); n > 0 && out[n-1].Step == p.Step {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out, nil
}

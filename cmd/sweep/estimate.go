package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"sweep/internal/stats"
	"sweep/results"
	"sweep/sweeps"
)

// pace is how long past trainings took; without a record it is unknown.
func (a *app) pace(ctx context.Context) (results.Pace, error) {
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrNotFound) {
		return results.Pace{}, nil
	}
	if err != nil {
		return results.Pace{}, err
	}
	defer s.Close()
	return s.Pace(ctx)
}

// timeLeft is how long the trials of a plan that are still to be trained will take, those that a search is expected to draw
// included; nil where nothing tells it, or nothing is left. Trials that are stopped early take less.
func timeLeft(plan *sweeps.Plan, d results.Diff, pace results.Pace) *float64 {
	whole, open := 0.0, 0.0
	for _, t := range plan.Trials() {
		whole += t.Cost
		if state := stateOf(d, t.ID); !state.Finished() || state == sweeps.Failed {
			open += t.Cost
		}
	}
	if n := len(plan.Trials()); n > 0 {
		open += whole / float64(n) * float64(max(0, plan.Expected()-n))
	}
	if pace.Seconds == 0 || open == 0 {
		return nil
	}
	x := open * pace.Seconds / float64(workers(0, plan.Spec))
	return &x
}

// printDetect answers `plan --detect`: how many replicates a difference takes.
func (a *app) printDetect(ctx context.Context, plan *sweeps.Plan, text string) error {
	metric := plan.Spec.Metric.Name
	size, relative, err := parseDifference(text)
	if err != nil {
		return err
	}
	scale := stats.ScaleOf(metric, nil)
	switch {
	case relative && scale.Unit == "":
		return noPercent(text, metric)
	case relative:
		size = math.Log1p(size / 100)
	case scale.Log:
		return usage("--detect %s: differences of %s are told in percent; write --detect 0.5%%", text, metric)
	}
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrNotFound) {
		return &statusError{statusNotFound, fmt.Errorf("--detect goes by the spread of earlier sweeps, and there is no record in %s; run a sweep with replicates first", a.dir)}
	}
	if err != nil {
		return err
	}
	defer s.Close()
	t := plan.Trials()[0]
	spread, ok, err := s.Spread(ctx, metric, t.Data.Split, t.Data.Vocabulary)
	if err != nil {
		return err
	}
	if !ok {
		return &statusError{statusNotFound, fmt.Errorf("no sweep of the record tells how much seeds differ by %s: run one with replicates: 3", metric)}
	}
	k := len(plan.Configurations)
	n, ok := new(stats.Quantiles).Replicates(k, spread.SD, size)
	if a.json {
		return a.printJSON(detection{"sweep.detect/1", plan.Spec.Name, metric, k, size, spread.Sweep, spread.SD, spread.DF, spread.SameData, n})
	}
	if !ok {
		return usage("--detect %s: no number of replicates shows that among %s", text, plural(k, "configuration"))
	}
	unit := ""
	if scale.Unit == "nats" {
		unit = " nats"
	}
	fmt.Fprintf(a.stdout, "To tell a configuration that is %s worse from the best of %d takes %s each (80 %% power at 5 %%, Hsu's comparison with the best):\n"+
		"seeds of sweep %s spread by %s%s beyond what configuration and seed explain (%s degrees of freedom).\n",
		text, k, plural(n, "replicate"), spread.Sweep, figure(spread.SD), unit, figure(spread.DF))
	if !spread.SameData {
		fmt.Fprintf(a.stdout, "That sweep is over other data; the spread there may be another.\n")
	}
	return nil
}

// noPercent refuses a percentage of a metric whose scale nobody knows.
func noPercent(text, metric string) error {
	hint := "write the difference in that unit, such as --detect 0.01"
	if metric == "loss" { // which a program may mean by any number
		hint += "; a cross-entropy in nats is known by a name such as val/loss"
	}
	return usage("--detect %s: a percentage is one of perplexity, and %s is in a unit of its own: %s", text, metric, hint)
}

// detection is `plan --detect --json`.
type detection struct {
	Schema         string  `json:"schema"`
	Sweep          string  `json:"sweep"`
	Metric         string  `json:"metric"`
	Configurations int     `json:"configurations"`
	Difference     float64 `json:"difference"` // in nats for losses and perplexities, else in the metric's unit
	Source         string  `json:"source"`     // the sweep whose seeds tell the spread
	SD             float64 `json:"sd"`
	DF             float64 `json:"df"`
	SameData       bool    `json:"same_data"`
	Replicates     int     `json:"replicates"` // 0: none is enough
}

// parseDifference reads "0.5%" or "0.01".
func parseDifference(text string) (size float64, relative bool, err error) {
	number, relative := strings.CutSuffix(strings.TrimSpace(text), "%")
	size, err = strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(size > 0) || math.IsInf(size, 0) {
		return 0, false, usage("--detect %s: a number above 0, or a percentage such as 0.5%%", text)
	}
	return size, relative, nil
}

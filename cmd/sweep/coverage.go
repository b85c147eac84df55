package main

import (
	"context"
	"fmt"

	"sweep/reports"
	"sweep/results"
	"sweep/trainer"
)

// coverage says how much of a trial's text the vectors covered that its table started from; "" if it started from none or
// has not ended.
func coverage(ctx context.Context, s *results.Store, t results.Trial) (string, error) {
	finals, err := s.Finals(ctx, t.Sweep, t.Trial)
	if err != nil {
		return "", err
	}
	symbols, tokens := finals[trainer.MetricCoveredSymbols], finals[trainer.MetricCoveredTokens]
	if symbols == nil || tokens == nil {
		return "", nil
	}
	return fmt.Sprintf("%.3g %% of the vocabulary, %.3g %% of the training part", 100**symbols, 100**tokens), nil
}

// starts says of every file of vectors that a sweep's trials started from how much it covers, and when they were as good as
// a random start.
func starts(ctx context.Context, s *results.Store, f findings, points []results.Point) ([]string, error) {
	var out []string
	seen := map[string]bool{"": true, "none": true}
	for _, t := range f.trials {
		from := param(t.Params, "init_vectors")
		if seen[from] || bool(t.Retired) {
			continue
		}
		covered, err := coverage(ctx, s, t)
		if err != nil {
			return nil, err
		}
		if covered != "" {
			seen[from] = true
			out = append(out, fmt.Sprintf("The vectors of %s cover %s; other symbols start random.", from, covered))
		}
	}
	return append(out, reports.RaceSentences(reports.Input{Sweep: f.sweep, Trials: f.trials, Points: points, Configurations: f.configurations,
		Swept: f.swept, Mixed: f.mixed})...), nil
}

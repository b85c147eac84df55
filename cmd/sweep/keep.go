package main

import (
	"context"
	"fmt"
	"os"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// keepBest deletes the final weights of every finished trial but the best configuration's (keep_models: best).
// A training that stands in another sweep, too, keeps its weights: that sweep has not agreed.
func keepBest(ctx context.Context, s *results.Store, dir, sweep string) error {
	answer, err := s.Answer(ctx, sweep, "")
	if err != nil || answer.Best == nil {
		return err
	}
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	shared, err := sharedTrials(ctx, s)
	if err != nil {
		return err
	}
	for _, t := range trials {
		if t.State != string(sweeps.Complete) || t.Configuration == answer.Best.Configuration || shared[t.Trial] {
			continue
		}
		if err := os.RemoveAll(nplm.ModelDir(dir, t.Trial)); err != nil {
			return fmt.Errorf("keep only the best models: %w", err)
		}
	}
	return nil
}

// sharedTrials are the trainings that stand in several sweeps.
func sharedTrials(ctx context.Context, s *results.Store) (map[string]bool, error) {
	rows, err := s.Query(ctx, "SELECT trial FROM v_trials GROUP BY trial HAVING count(*) > 1")
	if err != nil {
		return nil, err
	}
	shared := map[string]bool{}
	for _, r := range rows.Rows {
		shared[fmt.Sprint(r[0])] = true
	}
	return shared, nil
}

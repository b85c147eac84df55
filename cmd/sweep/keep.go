package main

import (
	"context"
	"fmt"
	"os"

	"sweep/results"
	"sweep/runner/nplm"
)

// keepBest deletes the final weights of every finished trial but the best configuration's (keep_models: best).
func keepBest(ctx context.Context, s *results.Store, dir, sweep string) error {
	answer, err := s.Answer(ctx, sweep, "")
	if err != nil || answer.Best == nil {
		return err
	}
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	for _, t := range trials {
		if t.State != "complete" || t.Configuration == answer.Best.Configuration {
			continue
		}
		if err := os.RemoveAll(nplm.ModelDir(dir, t.Trial)); err != nil {
			return fmt.Errorf("keep only the best models: %w", err)
		}
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// dropModels deletes the final weights that keep_models does not keep: all (none) or all but the best configuration's
// (best). They are deleted after the record holds the trial, for a trial that dies without a record goes on from them.
// A training that stands in another sweep, too, keeps its weights: that sweep has not agreed. Nor are weights deleted in a
// folder that has those of another record, too, where equal trainings share them.
func (a *app) dropModels(ctx context.Context, s *results.Store, spec *sweeps.Spec) error {
	if spec.KeepModels == "all" {
		return nil
	}
	answer, err := s.Answer(ctx, spec.Name, "")
	if err != nil {
		return err
	}
	kept := ""
	if spec.KeepModels == "best" {
		if answer.Best == nil {
			return nil
		}
		kept = answer.Best.Configuration
	}
	trials, err := s.Trials(ctx, spec.Name)
	if err != nil {
		return err
	}
	shared, err := sharedTrials(ctx, s)
	if err != nil {
		return err
	}
	others, err := a.otherRecords(ctx)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		fmt.Fprintf(a.stderr, "sweep: keep_models: models stay in %s, which has files of another record, too (%s); give each record a folder of its own\n", a.dir, strings.Join(others, ", "))
	}
	var dropped []string
	for _, t := range trials {
		if t.State != string(sweeps.Complete) || t.Configuration == kept || shared[t.Trial] {
			continue
		}
		if len(others) == 0 {
			if err := os.RemoveAll(nplm.ModelDir(a.dir, t.Trial)); err != nil {
				return fmt.Errorf("delete models: %w", err)
			}
		}
		dropped = append(dropped, t.Trial)
	}
	return a.dropFiles(ctx, s, dropped)
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

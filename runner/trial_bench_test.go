package runner_test

import (
	"context"
	"fmt"
	"testing"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// function is a trainer of no steps, with three parameters: what a sweep of it takes is the framework's own.
var function = sweeps.Trainer{Name: "function", Version: "1"}

// manyTrials plans n trials of three parameters.
func manyTrials(tb testing.TB, n int) *sweeps.Plan {
	tb.Helper()
	spec, err := sweeps.Load("many.yaml", fmt.Appendf(nil, `
name: many
method: random
metric: {name: val/loss, goal: minimize}
budget: {configurations: %d}
parameters:
  x: {distribution: uniform, min: 0, max: 1}
  rate: {distribution: log_uniform_values, min: 1e-5, max: 1}
  width: {distribution: int_uniform, min: 1, max: 1000000}
`, n), function)
	if err != nil {
		tb.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, function)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// reports returns a trainer that tells n points of a curve and is done.
func reports(n int64) runner.Trainer {
	return runner.TrainerFunc(func(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
		v, _ := t.Params.Lookup("x")
		x, _ := v.Float()
		for step := range n {
			if err := report(runner.Point{Metric: "val/loss", Step: step + 1, Value: x / float64(step+1)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// recorded runs a plan with the real record in dir.
func recorded(tb testing.TB, dir string, p *sweeps.Plan, workers int, tr runner.Trainer, durability string, before func()) runner.Summary {
	tb.Helper()
	ctx := context.Background()
	s, err := results.Open(ctx, dir, results.Options{Durability: durability})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.PutPlan(ctx, p, results.Provenance{}); err != nil {
		tb.Fatal(err)
	}
	before()
	sum, err := (&runner.Runner{Trainer: tr, Recorder: s, Workers: workers}).Run(ctx, p)
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.EndSweep(ctx, p.Spec.Name, "complete", sum.Seconds); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return sum
}

// BenchmarkTrial is what the framework costs a trial: claimed, 20 points recorded, finished and on disk. The script
// bench/peers/overhead.py runs it beside its peer. Run it where the disk is that is meant: TMPDIR.
func BenchmarkTrial(b *testing.B) {
	for _, durability := range []string{"full", "normal"} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("durability=%s/workers=%d", durability, workers), func(b *testing.B) {
				p := manyTrials(b, b.N)
				b.ReportAllocs()
				recorded(b, b.TempDir(), p, workers, reports(20), durability, b.ResetTimer)
				b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/trial")
			})
		}
	}
}

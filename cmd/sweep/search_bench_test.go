package main

import (
	"context"
	"fmt"
	"testing"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// BenchmarkSearch is a whole search of a trivial objective with the record on disk, every finished trial synced
// (durability: full), as `trials/s`. bench/peers/overhead_optuna.py DIR N SAMPLER 0 is the same with Optuna.
func BenchmarkSearch(b *testing.B) {
	for _, c := range []struct {
		method string
		n      int
	}{{"random", 1000}, {"tpe", 1000}, {"tpe", 10_000}} {
		b.Run(fmt.Sprintf("%s/%d", c.method, c.n), func(b *testing.B) {
			for b.Loop() {
				searchOnce(b, c.method, c.n)
			}
			b.ReportMetric(float64(c.n*b.N)/b.Elapsed().Seconds(), "trials/s")
		})
	}
}

func searchOnce(b *testing.B, method string, n int) {
	b.Helper()
	about := sweeps.Trainer{Name: "function", Version: "1"}
	spec, err := sweeps.Load("bench.yaml", fmt.Appendf(nil, "name: bench\nmethod: %s\nmetric: {name: score}\nconfirm: none\nbudget: {configurations: %d}\n"+
		"parameters: {x: {min: -1.0, max: 1.0}, y: {min: -1.0, max: 1.0}, z: {min: 0, max: 9}}\n", method, n), about)
	if err != nil {
		b.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Recall(sweeps.Memory{}); err != nil {
		b.Fatal(err)
	}
	s, err := results.Open(b.Context(), b.TempDir(), results.Options{Durability: "full"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.PutPlan(b.Context(), p, results.Provenance{}); err != nil {
		b.Fatal(err)
	}
	objective := runner.TrainerFunc(func(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
		x, _ := t.Params[0].Value.Float()
		y, _ := t.Params[1].Value.Float()
		return report(runner.Point{Metric: "score", Step: 1, Value: x*x + y*y, Final: true})
	})
	sum, err := (&runner.Runner{Trainer: objective, Recorder: s, Workers: 2}).Run(b.Context(), p)
	if err != nil || sum.Complete != n {
		b.Fatalf("%+v, %v", sum, err)
	}
}

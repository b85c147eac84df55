package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"sweep/results"
	"sweep/runner"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// BenchmarkReport draws the report of 500 trials with 1,000,000 points anew, from the record to the page, whose size it
// reports.
func BenchmarkReport(b *testing.B) {
	const trials, points = 500, 2000
	dir := b.TempDir()
	ctx := b.Context()
	large(b, dir, trials, points)
	var size int64
	for b.Loop() {
		if err := os.RemoveAll(filepath.Join(dir, "reports")); err != nil {
			b.Fatal(err)
		}
		a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard, notices: &notices{w: io.Discard}}
		s, err := results.Open(ctx, dir, results.Options{ReadOnly: true})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.conclude(ctx, s, nplm.New(dir), "large"); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		page, err := os.Stat(filepath.Join(dir, "reports", "large", "index.html"))
		if err != nil {
			b.Fatal(err)
		}
		size = page.Size()
	}
	b.ReportMetric(float64(size)/1e6, "page-MB")
}

// large records a sweep of a function over three parameters, with a long curve for each trial.
func large(b *testing.B, dir string, trials, points int) {
	b.Helper()
	ctx := b.Context()
	about := sweeps.Trainer{
		Name: "function", Version: "1", Metrics: []string{"loss"},
		Resolve: func(v sweeps.Values) (sweeps.Resolved, error) {
			return sweeps.Resolved{Key: v, Steps: int64(points), Parameters: 1000}, nil
		},
	}
	var text bytes.Buffer
	text.WriteString("name: large\nmethod: random\nmetric: {name: loss}\nconfirm: none\nbudget: {configurations: ")
	fmt.Fprint(&text, trials/2)
	text.WriteString("}\nreplicates: 2\nparameters: {width: {min: 8, max: 512}, rate: {min: 1.0e-4, max: 1.0e-1, distribution: log_uniform_values}, kind: [a, b, c]}\n")
	spec, err := sweeps.Load("large.yaml", text.Bytes(), about)
	if err != nil {
		b.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		b.Fatal(err)
	}
	s, err := results.Open(ctx, dir, results.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.PutPlan(ctx, p, results.Provenance{SpecFile: "large.yaml", SpecSource: text.String(), Swept: p.Swept()}); err != nil {
		b.Fatal(err)
	}
	function := runner.TrainerFunc(func(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
		rate, _ := t.Params[1].Value.Float()
		end := 1 + math.Abs(math.Log10(rate)+2.5) + float64(t.Seed%100)/200
		for i := 1; i <= points; i++ {
			v := end + 3*math.Exp(-5*float64(i)/float64(points)) + 0.05*math.Sin(float64(i)*float64(t.Seed%17))
			if err := report(runner.Point{Metric: "loss", Step: int64(i), Value: v, Final: i == points}); err != nil {
				return err
			}
		}
		return nil
	})
	sum, err := (&runner.Runner{Trainer: function, Recorder: s, Workers: 2}).Run(ctx, p)
	if err != nil || sum.Complete != trials {
		b.Fatalf("%+v, %v", sum, err)
	}
	if err := s.EndSweep(ctx, "large", "complete", 1); err != nil {
		b.Fatal(err)
	}
}

//go:build unix

package main

import (
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"sweep/results"
	"sweep/runner"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// BenchmarkTraining trains the same model alone, under the runner with the record, and with bars on a terminal besides:
// with ten evaluations in 20,000 steps, as a sweep does, and with one every ten steps, each of which tells ten points. The
// three are to be compared by the processor's time of the whole process: on a machine that others use the clock says
// little.
func BenchmarkTraining(b *testing.B) {
	for _, rate := range []struct{ steps, evaluations int }{{20000, 10}, {2000, 200}} {
		for _, way := range []string{"alone", "recorded", "shown"} {
			b.Run(fmt.Sprintf("steps=%d/evaluations=%d/way=%s", rate.steps, rate.evaluations, way), func(b *testing.B) {
				train(b, rate.steps, rate.evaluations, way)
			})
		}
	}
}

func train(b *testing.B, steps, evaluations int, way string) {
	dir := b.TempDir()
	tr := nplm.New(dir)
	about := tr.Describe(b.Context())
	spec, err := sweeps.Load("names.yaml", fmt.Appendf(nil, `
name: names
metric: {name: val/loss, goal: minimize}
replicates: %d
parameters: {corpus: names, steps: %d, evaluations: %d, eval_examples: 32, batch_size: 32, optimizer: sgd, learning_rate: 0.1}
`, b.N, steps, evaluations), about)
	if err != nil {
		b.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		b.Fatal(err)
	}
	s, err := results.Open(b.Context(), dir, results.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if _, err := s.PutPlan(b.Context(), p, results.Provenance{}); err != nil {
		b.Fatal(err)
	}
	r := &runner.Runner{Trainer: tr, Recorder: s, Workers: 1}
	if way == "shown" {
		b.Setenv("TERM", "xterm")
		show := newProgress(io.Discard, true, 100, p.Trials(), spec.Budget)
		defer show.close()
		r.Events = show.handle
	}
	before := processorTime(b)
	b.ResetTimer()
	if way == "alone" {
		for _, t := range p.Trials() {
			if err := tr.Train(b.Context(), t, func(runner.Point) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	} else if _, err := r.Run(b.Context(), p); err != nil {
		b.Fatal(err)
	}
	perStep := 1e6 / float64(b.N) / float64(steps)
	b.ReportMetric(b.Elapsed().Seconds()*perStep, "us/step")
	b.ReportMetric((processorTime(b)-before).Seconds()*perStep, "cpu-us/step")
}

// processorTime is what the process has used so far.
func processorTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

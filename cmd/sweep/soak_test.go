package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"sweep/results"
	"sweep/runner"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// soakTrials is the n of TestMemoryDoesNotGrow, which runs eleven times as many: SWEEP_SOAK, by default few.
func soakTrials(t *testing.T) int {
	t.Helper()
	s := os.Getenv("SWEEP_SOAK")
	if s == "" {
		return 300
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("SWEEP_SOAK=%q: how many trials, of which eleven times as many are run", s)
	}
	return n
}

// A process that trains for many hours must not grow with the trials that it has behind it: runner, record, bars,
// plain lines and the built-in trainer are used together, and the heap after n trials is held against that after 10 n.
func TestMemoryDoesNotGrow(t *testing.T) {
	n := soakTrials(t)
	for _, c := range []struct {
		name string
		n    int
		spec string
	}{
		// A record that keeps the 290 bytes of each session that it had fails this.
		{"function", n, "parameters: {x: {distribution: uniform, min: 0, max: 1}}"},
		{"nplm", min(max(2, n/10), 900), "parameters: {corpus: %q, level: char, hidden_size: 4, steps: 3, batch_size: 2}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			tr, about := runner.Trainer(told{}), sweeps.Trainer{Name: "function", Version: "1"}
			spec := fmt.Sprintf("name: soak\nmethod: random\nmetric: {name: val/loss}\nbudget: {configurations: %d}\n", 11*c.n) + c.spec
			if c.name == "nplm" {
				names := dir + "/names.txt"
				if err := os.WriteFile(names, []byte(strings.Repeat("emma\nava\nmia\n", 10)), 0o644); err != nil {
					t.Fatal(err)
				}
				built := nplm.New(dir)
				tr, about = built, built.Describe(t.Context())
				spec = fmt.Sprintf("name: soak\nmetric: {name: val/loss}\nreplicates: %d\n", 11*c.n) + fmt.Sprintf(c.spec, names)
			}
			early, late := soak(t, dir, c.n, tr, about, spec)
			grown := float64(late) - float64(early)
			t.Logf("%d bytes on the heap after %d trials, %d after %d: %.1f a trial", early, c.n, late, 10*c.n, grown/float64(9*c.n))
			// Below 100 kB lies what the collector leaves by chance.
			if grown > 100_000+8*float64(9*c.n) {
				t.Errorf("the heap grew from %d to %d bytes over %d trials", early, late, 9*c.n)
			}
		})
	}
}

// told tells 20 points and is done.
type told struct{}

func (told) Train(_ context.Context, _ sweeps.Trial, report func(runner.Point) error) error {
	for step := range int64(20) {
		if err := report(runner.Point{Metric: "val/loss", Step: step + 1, Value: 1}); err != nil {
			return err
		}
	}
	return nil
}

// weighed measures the heap when n trials have been trained, and when 10 n have been: not at the last one, when the
// queue is done with the plan.
type weighed struct {
	runner.Trainer
	n           int64
	trained     int64 // by the only worker
	shown       atomic.Int64
	early, late uint64
}

func (w *weighed) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	err := w.Trainer.Train(ctx, t, report)
	if w.trained++; w.trained == w.n || w.trained == 10*w.n {
		for w.shown.Load() < w.trained-1 { // events on their way weigh, too
			runtime.Gosched()
		}
		if w.early == 0 {
			w.early = heap()
		} else {
			w.late = heap()
		}
	}
	return err
}

// heap is what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held on to the first time
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// soak runs a spec with the record and both kinds of display, as `sweep run` does.
func soak(t *testing.T, dir string, n int, tr runner.Trainer, about sweeps.Trainer, source string) (early, late uint64) {
	t.Helper()
	spec, err := sweeps.Load("soak.yaml", []byte(source), about)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		t.Fatal(err)
	}
	s, err := results.Open(t.Context(), dir, results.Options{Durability: "normal"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TERM", "xterm")
	bars := newProgress(io.Discard, true, 100, p.Trials(), spec.Budget)
	lines := newProgress(io.Discard, false, 0, p.Trials(), spec.Budget)
	w := &weighed{Trainer: tr, n: int64(n)}
	r := &runner.Runner{Trainer: w, Recorder: s, Workers: 1, Events: func(e runner.Event) {
		bars.handle(e)
		lines.handle(e)
		if e.Kind == runner.Finished {
			w.shown.Add(1)
		}
	}}
	sum, err := r.Run(t.Context(), p)
	bars.close()
	lines.close()
	if err != nil || sum.Complete != len(p.Trials()) {
		t.Fatalf("%+v, %v", sum, err)
	}
	if err := s.EndSweep(t.Context(), "soak", "complete", sum.Seconds); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return w.early, w.late
}

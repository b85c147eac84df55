package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/runner"
	"sweep/sweeps"
)

// TestRunAfterOneThatWasStopped waits for workers that put away what was in their hands, and is not taken for another plan.
func TestRunAfterOneThatWasStopped(t *testing.T) {
	dir := t.TempDir()
	about := sweeps.Trainer{Name: "made-up"}
	spec, err := sweeps.Load("made-up.yaml", []byte("name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: 1}\n"), about)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sweeps.NewPlan(spec, about)
	if err != nil {
		t.Fatal(err)
	}
	open := func() (*results.Store, *queuetest.Queue) {
		s, err := results.Open(t.Context(), dir, results.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s, queuetest.Open(t, dir, s)
	}
	s, q := open()
	if _, err := s.PutPlan(t.Context(), plan, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	if _, err := (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	worker, tasks := open()
	if err := worker.Enroll(t.Context(), "w", 1); err != nil {
		t.Fatal(err)
	}
	_, task, ok, err := tasks.Take(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if c, err := worker.ClaimTask(t.Context(), plan.Trials()[0], task); err != nil || !c.Run {
		t.Fatal(c, err)
	}
	other := *plan
	other.Version = "2"
	if err := refuseShared(t.Context(), s, &other, true); err == nil || !strings.Contains(err.Error(), "by a plan that is not this one") {
		t.Errorf("another plan: %v", err)
	}
	if err := s.Dequeue(t.Context(), "made-up", "", false); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := refuseShared(soon, s, plan, true); err == nil || soon.Err() == nil {
		t.Errorf("while a worker puts it away: %v", err)
	}
	go func() {
		time.Sleep(time.Second)
		_ = worker.Leave(context.Background())
	}()
	if err := refuseShared(t.Context(), s, plan, true); err != nil {
		t.Errorf("when it has: %v", err)
	}
}

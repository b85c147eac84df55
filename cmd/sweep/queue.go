package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"sweep/results"
	"sweep/results/riverqueue"
	"sweep/runner"
	"sweep/runner/handover"
	"sweep/sweeps"
)

// shared is a record in PostgreSQL with the queue in it, over which machines share the trials of sweeps.
type shared struct {
	app   *app
	store *results.Store
	queue *riverqueue.Queue
	shelf *handover.Shelf // nil: trials that move begin anew

	mu sync.Mutex // of load: the app's notes of what was said are not for several at once
}

// share opens the queue of a record.
func (a *app) share(ctx context.Context, store *results.Store, shelf *handover.Shelf) (*shared, error) {
	q, err := riverqueue.Open(ctx, store)
	if err != nil {
		return nil, err
	}
	store.UseQueue(q)
	b := *a // which is not to repeat warnings in the middle of a run
	b.insists = true
	return &shared{app: &b, store: store, queue: q, shelf: shelf}, nil
}

// load makes what trains a sweep of the spec that the record holds. home is the sweep that this process runs, "": it serves all alike.
func (s *shared) load(ctx context.Context, sweep string, f runFlags, home string) (runner.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.store.Provenance(ctx, sweep)
	if err != nil {
		return runner.Job{}, err
	}
	plan, err := s.app.makePlan(ctx, p.SpecFile, specFlags{source: []byte(p.SpecSource), set: setOf(p), retrain: p.Extra["retrain"] != ""})
	if err == nil {
		if plan.trainer.Every != f.every { // else trainings may be reading it
			plan.trainer.Every = f.every
		}
		err = plan.recall(ctx, s.store)
	}
	switch {
	case err == nil:
		if sweep == home { // whoever has started it is there to hear what is wrong with it
			return runner.Job{Plan: plan.whole, Trainer: plan.runsWith(s.shelf, f)}, nil
		}
		return runner.Job{Plan: plan.whole, Trainer: plan.shared(s.shelf, f)}, nil
	case errors.Is(err, results.ErrNotFound):
		return runner.Job{}, fmt.Errorf("%w: %w", sweeps.ErrSuperseded, err)
	case ctx.Err() != nil, errors.Is(err, results.ErrAway), errors.Is(err, results.ErrBusy):
		return runner.Job{}, err
	}
	return runner.Job{}, fmt.Errorf("%w: %w", runner.ErrMachine, err)
}

// join lets a runner have its trials trained over the queue.
func (s *shared) join(r *runner.Runner, home string, f runFlags) {
	r.Queue, r.Name = s.queue, workerName()
	r.Withdrawn = func(err error) {
		fmt.Fprintf(s.app.notices, "sweep: nothing more is trained here: %v; the other workers go on\n", err)
	}
	r.Unattended = func() {
		fmt.Fprintf(s.app.notices, "sweep: nothing is trained: no worker is at the queue of %s; `sweep worker --store ADDRESS` is one, on any machine\n", s.app.where())
	}
	r.Load = func(ctx context.Context, sweep string) (runner.Job, error) { return s.load(ctx, sweep, f, home) }
	if f.coordinates {
		r.Workers = -1
	}
}

// wake lets workers be handed the trials of a sweep that was paused at once.
func (a *app) wake(ctx context.Context, sweep string) error {
	if a.store == "" {
		return nil
	}
	store, err := a.openTo(ctx, results.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := a.share(ctx, store, nil)
	if err != nil {
		return err
	}
	defer s.queue.Close()
	return s.queue.Delay(ctx, sweep, 0)
}

// workerName says for people which process this is.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "a machine without a name"
	}
	return fmt.Sprintf("process %d on %s", os.Getpid(), host)
}

// putAwayPatience is how long a run waits for workers that put away what the last one has left: as long as they take at most.
const putAwayPatience = 30 * time.Second

// refuseShared guards a sweep that workers are training: another plan would take it from under them, and another way of training would
// do the same twice. What nobody trains at the moment, nobody begins by the other plan from here on.
func refuseShared(ctx context.Context, store *results.Store, plan *sweeps.Plan, queued bool) error {
	q, err := store.Queued(ctx, plan.Spec.Name)
	if err != nil || queued && q.Spec == plan.Identity() {
		return err
	}
	name := plan.Spec.Name
	running, err := store.Clear(ctx, name)
	for end := time.Now().Add(putAwayPatience); err == nil && running > 0 && !q.In && time.Now().Before(end); { // it was taken out just now
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(300 * time.Millisecond):
		}
		running, err = store.Clear(ctx, name)
	}
	switch {
	case err != nil || running == 0:
		return err
	case !q.In:
		return &statusError{statusRecord, fmt.Errorf("sweep %s: workers are still putting %s of it away; try again in a while", name, plural(running, "trial"))}
	}
	return &statusError{statusRecord, fmt.Errorf("sweep %s: workers are training %s of it, by a plan that is not this one; `sweep stop %s` saves and stops them, "+
		"and running it then goes on from there", name, plural(running, "trial"), name)}
}

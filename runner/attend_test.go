package runner

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sweep/sweeps"
)

// ready is a record in which every sweep is in the queue by the same plan, and beats do as they are told.
type ready struct {
	QueueRecorder
	spec   string
	beat   func(ctx context.Context) error
	reaped *int
	alive  int // other workers
}

func (r ready) Doubt(context.Context, bool, []sweeps.Attempt) (sweeps.Others, error) {
	return sweeps.Others{Alive: r.alive}, nil
}

func (r ready) Queued(context.Context, string) (sweeps.Queued, error) {
	return sweeps.Queued{Spec: r.spec, In: true}, nil
}

func (r ready) Reap(context.Context, time.Duration) (int, error) {
	*r.reaped++
	return 0, nil
}

func (r ready) Beat(ctx context.Context) error { return r.beat(ctx) }

// TestUselessSinceTheLastMistake: what could not be trained yesterday, and is over, does not end a worker that meets the next such sweep.
func TestUselessSinceTheLastMistake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Worker{Recorder: ready{spec: "plan"}, foreign: map[string]refusal{}}
		meet := func(sweep string) {
			t.Helper()
			task := sweeps.Task{Sweep: sweep, Spec: "plan"}
			if w.cannot(task) {
				return
			}
			if _, err := w.refuse(t.Context(), task, fmt.Errorf("%w: its text is not here", ErrMachine)); !errors.Is(err, sweeps.ErrLeft) {
				t.Fatal(err)
			}
		}
		for _, sweep := range []string{"yesterday", "today"} {
			meet(sweep)
			for range 11 {
				time.Sleep(5 * time.Second)
				meet(sweep)
			}
			if err := w.useless(false); err != nil {
				t.Errorf("%s: it ends within a minute: %v", sweep, err)
			}
			time.Sleep(5 * time.Second)
			meet(sweep)
			if err := w.useless(false); !errors.Is(err, ErrMachine) {
				t.Errorf("%s: after a minute it stays, %v", sweep, err)
			}
			time.Sleep(24 * time.Hour)
			if err := w.useless(false); err != nil {
				t.Errorf("%s: it is over, and the worker ends: %v", sweep, err)
			}
		}
	})
}

// TestBeatOverADeadConnection: one beat that does not come through leaves the time for another.
func TestBeatOverADeadConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []time.Time
		n := 0
		w := &Worker{Recorder: ready{beat: func(ctx context.Context) error {
			if n++; n == 2 {
				<-ctx.Done()
				return ctx.Err()
			}
			heard = append(heard, time.Now())
			return nil
		}}}
		done := make(chan struct{})
		go func() {
			time.Sleep(2 * time.Minute)
			close(done)
		}()
		every(beatEvery, done, func() { w.beat(t.Context()) })
		if gap := heard[1].Sub(heard[0]); gap >= 45*time.Second-2*time.Second {
			t.Errorf("it is not heard of for %v", gap)
		}
	})
}

// TestIdle: who reads a plan has something to do, and a machine that stood still for a while has not been idle.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &Worker{Idle: time.Second, busy: time.Now(), ended: make(chan struct{}), cut: func(error) {}}
		for i, c := range []struct {
			planning int
			after    time.Duration
			leaves   bool
		}{{1, attendEvery, false}, {1, attendEvery, false}, {0, 3 * time.Second, false}, {0, attendEvery, true}} {
			w.planning = c.planning
			time.Sleep(c.after)
			w.attend(t.Context())
			if w.ending != c.leaves {
				t.Fatalf("look %d: it leaves: %v", i, w.ending)
			}
		}
	})
}

// TestFollowAnotherPlansSite: who finds out that a plan is in the queue no more leaves what was opened for the next one meanwhile.
func TestFollowAnotherPlansSite(t *testing.T) {
	before, after := &site{spec: "before"}, &site{spec: "after"}
	w := &Worker{Recorder: ready{spec: "after"}, sites: map[string]*site{"s": after}}
	w.follow(t.Context(), "s", before)
	if w.sites["s"] != after {
		t.Error("the next plan's is gone")
	}
	w.sites["s"] = before
	w.follow(t.Context(), "s", before)
	if len(w.sites) != 0 {
		t.Error("the plan's own is not")
	}
}

// delays notes by how much tasks were put off.
type delays struct {
	Queue
	by   []time.Duration
	then func()
}

func (d *delays) Delay(_ context.Context, _ string, by time.Duration) error {
	d.by = append(d.by, by)
	d.then()
	return nil
}

// TestResumedHere: tasks that were put off while a sweep was paused come at once when the run itself sees that it goes on.
func TestResumedHere(t *testing.T) {
	x := &site{run: &run{sweep: "s"}}
	q := &delays{then: func() {}}
	w := &Worker{Queue: q, sites: map[string]*site{"s": x}}
	for _, paused := range []bool{false, true, true, false, false} {
		w.rest(t.Context(), "s", paused)
	}
	if len(q.by) != 1 || q.by[0] != 0 {
		t.Errorf("put off by %v", q.by)
	}
}

// TestRunWhoseWorkerHasLeft looks for lost workers itself from then on.
func TestRunWhoseWorkerHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reaped int
		c := &coordinator{record: ready{reaped: &reaped}, worker: &Worker{}}
		for _, left := range []error{nil, ErrBlackHole} {
			c.left = left
			for range 4 {
				time.Sleep(reapEvery)
				if err := c.reap(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if reaped != 4 {
			t.Errorf("%d times", reaped)
		}
	})
}

// TestUnattended says once that a run which only coordinates has no worker, and not where one came soon.
func TestUnattended(t *testing.T) {
	for alive, want := range []int{1, 0} {
		synctest.Test(t, func(t *testing.T) {
			var said, reaped int
			x := &run{Runner: &Runner{Workers: -1, Unattended: func() { said++ }}}
			c := &coordinator{run: x, record: ready{reaped: &reaped}}
			for range 4 {
				if err := c.reap(t.Context()); err != nil {
					t.Fatal(err)
				}
				c.record = ready{reaped: &reaped, alive: alive}
				time.Sleep(reapEvery)
			}
			if said != want {
				t.Errorf("with %d workers it was said %d times", alive, said)
			}
		})
	}
}

// TestResumedWhileItIsPutOff: tasks of a sweep that goes on just as they are put off are not.
func TestResumedWhileItIsPutOff(t *testing.T) {
	x := &site{run: &run{sweep: "s"}}
	x.paused.Store(true)
	q := &delays{then: func() { x.paused.Store(false) }}
	if err := (&Worker{Queue: q}).delay(t.Context(), x); err != nil || len(q.by) != 2 || q.by[1] != 0 {
		t.Errorf("put off by %v, %v", q.by, err)
	}
}

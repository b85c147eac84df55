package runner_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/runner"
	"sweep/sweeps"
)

// TestPartLeavesTheRest: a run of a part trains nothing of the rest that it would break off when it ends.
func TestPartLeavesTheRest(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	tr := newMadeUp()
	tr.pauses = false
	part := planned(t, f.text, s)
	if err := part.Only("x=0.3"); err != nil {
		t.Fatal(err)
	}
	sum, err := (&runner.Runner{Recorder: s, Workers: 1, Queue: q, Load: site(s, tr, f.text)}).Run(t.Context(), part)
	if err != nil || sum.Complete != 1 || len(tr.begun) != 1 {
		t.Errorf("%+v, %v: %d trials were begun", sum, err, len(tr.begun))
	}
}

// TestPlanThatTookItsPlace: a run that finds another plan of its sweep in the queue leaves it there.
func TestPlanThatTookItsPlace(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	edited := strings.Replace(f.text, "0.2", "0.3", 1)
	_, err := f.run(t.Context(), func(s *results.Store, q *queuetest.Queue) {
		for {
			if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In {
				break
			}
			time.Sleep(time.Millisecond)
		}
		queueUp(t, s, q, edited)
	})
	if !errors.As(err, new(*sweeps.LockedError)) {
		t.Errorf("it ends with %v", err)
	}
	s, _ := f.open()
	if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.Spec != planned(t, edited, s).Identity() {
		t.Errorf("in the queue is %+v, %v", queued, err)
	}
}

// TestPartOfASweep: a run of some configurations takes its sweep out of the queue when they are done, unless it was there before.
func TestPartOfASweep(t *testing.T) {
	for _, joins := range []bool{false, true} {
		t.Run(fmt.Sprint("joins ", joins), func(t *testing.T) {
			f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
			s, q := f.open()
			whole := planned(t, f.text, s)
			if _, err := s.PutPlan(t.Context(), whole, results.Provenance{}); err != nil {
				t.Fatal(err)
			}
			if joins {
				if _, err := (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), whole); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			for range 2 { // the second time nothing is left to do
				tr := newMadeUp()
				tr.broken = func(trial sweeps.Trial) error { // all but the part take long
					if x, _ := trial.Params.Lookup("x"); x.String() != "0.1" {
						<-ctx.Done()
					}
					return nil
				}
				wait := f.work(ctx, "w", 3, tr)
				part := planned(t, f.text, s)
				if err := part.Only("x=0.1"); err != nil {
					t.Fatal(err)
				}
				sum, err := (&runner.Runner{Recorder: s, Workers: -1, Queue: q}).Run(t.Context(), part)
				if err != nil || sum.Complete != 1 {
					t.Errorf("%+v, %v", sum, err)
				}
				if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In != joins {
					t.Errorf("the sweep is in the queue: %v, %v", queued.In, err)
				}
				if joins {
					continue
				}
				stop()
				if err := wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestPartWhoseTimeIsUp counts what is left of the part, and not of the rest that others have in hand.
func TestPartWhoseTimeIsUp(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nbudget: {time: 1s}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tr := newMadeUp()
	var begun atomic.Int32
	tr.broken = func(sweeps.Trial) error {
		begun.Add(1)
		<-ctx.Done()
		return nil
	}
	wait := f.work(ctx, "w", 2, tr)
	for begun.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	part := planned(t, f.text, s)
	if err := part.Only("x=0.3"); err != nil {
		t.Fatal(err)
	}
	sum, err := (&runner.Runner{Recorder: s, Workers: -1, Queue: q, Budget: part.Spec.Budget}).Run(t.Context(), part)
	if err != nil || sum.Left != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	stop()
	if err := wait(); err != nil {
		t.Error(err)
	}
}

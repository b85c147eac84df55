package runner_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/runner"
	"sweep/sweeps"
)

// TestSweepThatOneMachineCannotTrain: a worker that meets it says why, once, and goes on with the others' sweeps.
func TestSweepThatOneMachineCannotTrain(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, strings.Replace(f.text, "made-up", "missing", 1))
	queueUp(t, s, q, f.text)
	var refused []string
	w := &runner.Worker{
		Queue: q, Recorder: s, Name: "w", Slots: 1, Idle: 2 * time.Second, Useless: time.Hour, Refused: func(_ string, why error) { refused = append(refused, why.Error()) },
		Load: func(ctx context.Context, sweep string) (runner.Job, error) {
			if sweep == "missing" {
				return runner.Job{}, fmt.Errorf("%w: the text is not here", runner.ErrMachine)
			}
			return site(s, newMadeUp(), f.text)(ctx, sweep)
		},
	}
	if err := w.Run(t.Context()); err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	if trials, err := s.Trials(t.Context(), "made-up"); err != nil || counted(trials, sweeps.Complete) != 3 {
		t.Errorf("%d trials of the other sweep are complete, %v", counted(trials, sweeps.Complete), err)
	}
	if len(refused) != 1 || !strings.Contains(refused[0], "sweep missing: ") || !strings.Contains(refused[0], "the text is not here") {
		t.Errorf("it says %q", refused)
	}
	if soon, later, err := q.Count(t.Context(), "missing", 0); err != nil || soon+later != 3 {
		t.Errorf("%d tasks of the sweep are left for others, %v", soon+later, err)
	}
}

// TestStoppedSweepThatCannotBeTrained: tasks of a sweep that is in the queue no more go, whether or not it could be trained here.
func TestStoppedSweepThatCannotBeTrained(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	if err := s.Dequeue(t.Context(), "made-up", "", false); err != nil {
		t.Fatal(err)
	}
	w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 1, Idle: time.Second, Load: func(context.Context, string) (runner.Job, error) {
		return runner.Job{}, fmt.Errorf("%w: the text is not here", runner.ErrMachine)
	}}
	if err := w.Run(t.Context()); err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	if soon, later, err := q.Count(t.Context(), "made-up", time.Hour); err != nil || soon+later != 0 {
		t.Errorf("%d tasks are left, %v", soon+later, err)
	}
}

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

// TestMachineThatPlansOtherwise: a worker that makes another plan of a sweep than whoever has queued it leaves the tasks to others.
func TestMachineThatPlansOtherwise(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 1, Useless: time.Second, Load: site(s, newMadeUp(), strings.Replace(f.text, "0.3", "0.4", 1))}
	if err := w.Run(t.Context()); !errors.Is(err, runner.ErrMachine) || !strings.Contains(err.Error(), "plans the sweep otherwise") {
		t.Errorf("the worker ends with %v", err)
	}
	if soon, later, err := q.Count(t.Context(), "made-up", time.Hour); err != nil || soon+later != 3 {
		t.Errorf("%d tasks are left, %v", soon+later, err)
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

// TestAbandoned: where a training does not end, whoever ends the process is told why it was to.
func TestAbandoned(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	told, held := make(chan error, 1), make(chan bool)
	tr := newMadeUp()
	tr.broken = func(sweeps.Trial) error { <-held; return nil }
	w := &runner.Worker{
		Queue: q, Recorder: &givenUp{Store: s}, Name: "w", Slots: 2, Load: site(s, tr, f.text), SoftStop: 100 * time.Millisecond,
		Abort: func(why error) { told <- why; close(held) },
	}
	if err := w.Run(t.Context()); !errors.Is(err, sweeps.ErrGone) {
		t.Errorf("it ends with %v", err)
	}
	if why := <-told; !errors.Is(why, sweeps.ErrGone) {
		t.Errorf("it is told %v", why)
	}
}

// givenUp is a record that gives a worker up after its first claim.
type givenUp struct {
	*results.Store
	claims atomic.Int64
}

func (g *givenUp) ClaimTask(ctx context.Context, t sweeps.Trial, task sweeps.Task) (sweeps.Claim, error) {
	if g.claims.Add(1) > 1 {
		return sweeps.Claim{}, sweeps.ErrGone
	}
	return g.Store.ClaimTask(ctx, t, task)
}

// TestAttemptThatWasGivenUpHere: a worker that was given up, and is handed the next attempt at a trial that it still trains, does not train it twice at
// once.
func TestAttemptThatWasGivenUpHere(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: 0.1}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	var now, most atomic.Int64
	begun, held := make(chan bool, 10), make(chan bool)
	tr := newMadeUp()
	tr.broken = func(sweeps.Trial) error {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		begun <- true
		<-held
		return nil
	}
	w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 2, Idle: 3 * time.Second, Load: site(s, tr, f.text)}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(t.Context()) }()
	<-begun
	db, err := sql.Open(driver(t), "file:"+filepath.Join(f.dir, results.FileName)+"?_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE workers SET beat_at = 0`); err != nil {
		t.Fatal(err)
	}
	other, q2 := f.open()
	if err := other.Release(t.Context(), "made-up"); err != nil {
		t.Fatal(err)
	}
	queueUp(t, other, q2, f.text)
	time.Sleep(3 * time.Second) // it is handed the task
	close(held)
	if err := <-ended; err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	if trials, err := s.Trials(t.Context(), "made-up"); err != nil || counted(trials, sweeps.Complete) != 1 || most.Load() != 1 {
		t.Errorf("%d trials are complete, %v; at most %d trainings of it at once", counted(trials, sweeps.Complete), err, most.Load())
	}
}

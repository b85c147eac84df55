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
	db, err := sql.Open(queuetest.Driver(t), "file:"+filepath.Join(f.dir, results.FileName)+"?_busy_timeout=10000")
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

// TestUselessWhileAnotherSweepWaits: a worker stays that was handed nothing but what it cannot train, as long as there is something else whose
// trials others have in hand.
func TestUselessWhileAnotherSweepWaits(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: 0.1}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	begun, over := make(chan bool), make(chan bool)
	slow := newMadeUp()
	slow.broken = func(sweeps.Trial) error {
		close(begun)
		<-over
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	other := f.work(ctx, "another", 1, slow)
	<-begun
	queueUp(t, s, q, strings.Replace(f.text, "made-up", "missing", 1))
	ended := make(chan error, 1)
	go func() {
		s, q := f.open()
		w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 1, Useless: 300 * time.Millisecond, Load: func(context.Context, string) (runner.Job, error) {
			return runner.Job{}, fmt.Errorf("%w: the text is not here", runner.ErrMachine)
		}}
		ended <- w.Run(ctx)
	}()
	select {
	case err := <-ended:
		t.Errorf("it ends with %v", err)
		ended <- err
	case <-time.After(3 * time.Second):
	}
	close(over)
	if err := <-ended; !errors.Is(err, runner.ErrMachine) {
		t.Errorf("when nothing else is left it ends with %v", err)
	}
	stop()
	if err := other(); err != nil {
		t.Error(err)
	}
}

// TestSearchWithoutItsMetric ends as on one machine, whoever has found it out: nobody has asked it to stop.
func TestSearchWithoutItsMetric(t *testing.T) {
	for _, own := range []int{-1, 2} {
		t.Run(fmt.Sprint(own), func(t *testing.T) {
			f := fleet{t, t.TempDir(), "name: made-up\n" + strings.Replace(cases["search"], "score", "accuracy", 1)}
			s, q := f.open()
			p := planned(t, f.text, s)
			if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var slow atomic.Bool // one of them, which is put away only after a while
			tr := newMadeUp()
			tr.broken = func(sweeps.Trial) error {
				if slow.CompareAndSwap(false, true) {
					time.Sleep(2 * time.Second)
				}
				return nil
			}
			wait := func() error { return nil }
			if own < 0 {
				wait = f.work(ctx, "w", 2, tr)
			}
			_, err := (&runner.Runner{Recorder: s, Workers: own, Queue: q, Load: site(s, tr, f.text)}).Run(ctx, p)
			if err == nil || errors.Is(err, runner.ErrAskedToStop) || !strings.Contains(err.Error(), "without reporting accuracy") {
				t.Errorf("it ends with %v", err)
			}
			stop()
			if err := wait(); err != nil {
				t.Errorf("the worker ends with %v", err)
			}
		})
	}
}

package runner_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/runner"
	"sweep/sweeps"
)

// fleet is some workers at a record, each with a Trainer of its own, and a run that only coordinates.
type fleet struct {
	t    *testing.T
	dir  string
	text string
}

func (f fleet) open() (*results.Store, *queuetest.Queue) {
	f.t.Helper()
	s, err := results.Open(f.t.Context(), f.dir, results.Options{Durability: "normal"})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = s.Close() })
	return s, queuetest.Open(f.t, f.dir, s)
}

// run coordinates; during is called beside it.
func (f fleet) run(ctx context.Context, during func(*results.Store, *queuetest.Queue)) (runner.Summary, error) {
	f.t.Helper()
	return f.runLocked(ctx, nil, during)
}

// runLocked is run with locks.
func (f fleet) runLocked(ctx context.Context, locks sweeps.Locks, during func(*results.Store, *queuetest.Queue)) (runner.Summary, error) {
	f.t.Helper()
	s, q := f.open()
	p := planned(f.t, f.text, s)
	if _, err := s.PutPlan(ctx, p, results.Provenance{}); err != nil {
		f.t.Fatal(err)
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	if during != nil {
		beside.Go(func() { during(s, q) })
	}
	return (&runner.Runner{Recorder: s, Workers: -1, Queue: q, Locks: locks, Budget: p.Spec.Budget}).Run(ctx, p)
}

// work starts a worker and returns what waits for its end.
func (f fleet) work(ctx context.Context, name string, slots int, tr runner.Trainer) (wait func() error) {
	f.t.Helper()
	s, q := f.open()
	w := &runner.Worker{Queue: q, Recorder: s, Load: site(s, tr, f.text), Name: name, Slots: slots}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return func() error { return <-ended }
}

// TestBlackHole has one worker of eight on which every trial fails at once: it takes itself out, and nothing fails.
func TestBlackHole(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nreplicates: 100\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var touched sync.Map
	bad := newMadeUp()
	bad.broken = func(t sweeps.Trial) error {
		touched.Store(t.ID, true)
		time.Sleep(10 * time.Millisecond)
		return errors.New("no device")
	}
	out := f.work(ctx, "bad", 1, bad)
	var good []func() error
	for i := range 7 {
		tr := newMadeUp()
		tr.pace = time.Millisecond
		good = append(good, f.work(ctx, fmt.Sprint("good ", i), 1, tr))
	}
	sum, err := f.run(ctx, nil)
	if err != nil || sum.Complete != 500 {
		t.Errorf("%+v, %v", sum, err)
	}
	if err := out(); !errors.Is(err, runner.ErrBlackHole) {
		t.Errorf("the worker on which all fail ends with %v", err)
	}
	n := 0
	touched.Range(func(any, any) bool { n++; return true })
	if n == 0 || n > 3 {
		t.Errorf("it has touched %d trials, want 1 to 3", n)
	}
	stop()
	for _, wait := range good {
		if err := wait(); err != nil {
			t.Errorf("a good worker ends with %v", err)
		}
	}
}

// TestTrialsAtFault: where trials fail at once wherever they are tried, no worker takes itself out, and they have failed.
func TestTrialsAtFault(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nreplicates: 4\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}\n"}
	for _, good := range []string{"0.6", "none"} {
		t.Run("all but "+good, func(t *testing.T) {
			f.t, f.dir = t, t.TempDir()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var all []func() error
			for i := range 3 {
				tr := newMadeUp()
				tr.broken = func(t sweeps.Trial) error {
					if x, _ := t.Params.Lookup("x"); x.String() == good {
						return nil
					}
					return errors.New("it cannot be trained")
				}
				all = append(all, f.work(ctx, fmt.Sprint("worker ", i), 1, tr))
			}
			sum, err := f.run(ctx, nil)
			want := 20
			if good == "none" {
				want = 24
			}
			if err != nil || sum.Failed != want || sum.Waiting != 0 {
				t.Errorf("%+v, %v, want %d that failed", sum, err, want)
			}
			stop()
			for _, wait := range all {
				if err := wait(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestQueueIsLost empties the queue in the middle of a sweep: the next run fills it again from the record, and nothing is trained twice.
func TestQueueIsLost(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\n" + cases["asha"]}
	working, stop := context.WithCancel(t.Context())
	defer stop()
	tr := newMadeUp()
	tr.pace = 10 * time.Millisecond
	wait := f.work(working, "worker", 2, tr)
	lost := errors.New("the queue is lost")
	ctx, end := context.WithCancelCause(t.Context())
	_, err := f.run(ctx, func(s *results.Store, q *queuetest.Queue) {
		for {
			if trials, err := s.Trials(ctx, "made-up"); err == nil && begun(trials) >= 3 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err := q.Wipe(ctx); err != nil {
			t.Error(err)
		}
		end(lost)
	})
	if !errors.Is(err, lost) {
		t.Fatal(err)
	}
	if _, err := f.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := wait(); err != nil {
		t.Error(err)
	}
	alone := engines(t)[0]
	if _, err := alone.run(t, t.Context(), f.text, newMadeUp(), nil); err != nil {
		t.Fatal(err)
	}
	s, _ := f.open()
	want, _ := alone.open(t)
	if got, want := transcript(t, s, "made-up"), transcript(t, want, "made-up"); got != want {
		t.Errorf("the record is\n%s\nwant\n%s", got, want)
	}
}

func begun(trials []results.Trial) (n int) {
	for _, t := range trials {
		if t.Steps > 0 {
			n++
		}
	}
	return n
}

func counted(trials []results.Trial, state sweeps.State) (n int) {
	for _, t := range trials {
		if sweeps.State(t.State) == state {
			n++
		}
	}
	return n
}

// TestWorkerLeaves: a worker that is told to end puts away what it trains, and others go on from there.
func TestWorkerLeaves(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	slow := newMadeUp()
	slow.pace = 200 * time.Millisecond
	leaving, leave := context.WithCancel(ctx)
	left := f.work(leaving, "leaves", 3, slow)
	var stays func() error
	sum, err := f.run(ctx, func(s *results.Store, _ *queuetest.Queue) {
		for {
			if trials, err := s.Trials(ctx, "made-up"); err == nil && counted(trials, sweeps.Running) == 3 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond)
		leave()
		if err := left(); err != nil {
			t.Error(err)
		}
		if ws, err := s.Workers(ctx); err != nil || len(ws) != 0 {
			t.Errorf("workers after it has left: %v, %v", ws, err)
		}
		fast := *slow
		fast.pace = 0
		stays = f.work(ctx, "stays", 3, &fast)
	})
	if err != nil || sum.Complete != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
	for id, n := range slow.begun {
		if n != 2 {
			t.Errorf("trial %s was begun %d times, want once by each worker", id, n)
		}
	}
	stop()
	if err := stays(); err != nil {
		t.Error(err)
	}
}

// TestSegments cuts trainings that take long into tasks.
func TestSegments(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tr := newMadeUp()
	tr.pace = 30 * time.Millisecond
	s, q := f.open()
	w := &runner.Worker{Queue: q, Recorder: s, Load: site(s, tr, f.text), Name: "worker", Slots: 2, Segment: 100 * time.Millisecond}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	if sum, err := f.run(ctx, nil); err != nil || sum.Complete != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
	trials, err := s.Trials(ctx, "made-up")
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		if n := tr.begun[trial.Trial]; n < 3 || float64(n) > trial.Seconds/w.Segment.Seconds()+1 {
			t.Errorf("trial %s was begun %d times: %v s in segments of 100 ms", trial.Trial, n, trial.Seconds)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestWorkerWithNothingToDo leaves when it is to.
func TestWorkerWithNothingToDo(t *testing.T) {
	f := fleet{t, t.TempDir(), ""}
	s, q := f.open()
	w := &runner.Worker{Queue: q, Recorder: s, Name: "idle", Slots: 1, Idle: time.Second, Load: func(context.Context, string) (runner.Job, error) {
		return runner.Job{}, errors.New("nothing to load")
	}}
	if err := w.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWorkerThatCannotTrain ends, and leaves the trials to others.
func TestWorkerThatCannotTrain(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s, q := f.open()
	var asked atomic.Int32
	w := &runner.Worker{Queue: q, Recorder: s, Name: "without the text", Slots: 1, Useless: time.Second, Load: func(context.Context, string) (runner.Job, error) {
		asked.Add(1)
		return runner.Job{}, fmt.Errorf("%w: the text is not here", runner.ErrMachine)
	}}
	var other func() error
	sum, err := f.run(ctx, func(*results.Store, *queuetest.Queue) {
		if err := w.Run(ctx); !errors.Is(err, runner.ErrMachine) || asked.Load() != 1 {
			t.Errorf("it ends with %v, having asked %d times", err, asked.Load())
		}
		other = f.work(ctx, "another", 1, newMadeUp())
	})
	if err != nil || sum.Complete != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
	stop()
	if err := other(); err != nil {
		t.Error(err)
	}
}

// TestTaskOfAnEarlierRound: a task that a worker is about to give up, for its sweep was taken out of the queue, does not stand in the way of
// the same trial's in the next run.
func TestTaskOfAnEarlierRound(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: 0.1}\n"}
	s, q := f.open()
	p := planned(t, f.text, s)
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	r := &runner.Runner{Recorder: s, Queue: q}
	if _, err := r.Enqueue(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	id, old, ok, err := q.Take(t.Context())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := s.Dequeue(t.Context(), "made-up", "", false); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enqueue(t.Context(), planned(t, f.text, s)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ClaimTask(t.Context(), p.Trials()[0], old); !errors.Is(err, sweeps.ErrSuperseded) {
		t.Errorf("the old task is claimed: %v", err)
	}
	if err := q.Give(t.Context(), id, 0); err != nil {
		t.Fatal(err)
	}
	if _, task, ok, err := q.Take(t.Context()); err != nil || !ok || task.Round != old.Round+1 {
		t.Errorf("%+v, %v, %v", task, ok, err)
	}
}

// TestRunBesideASweepThatCannotBeTrainedHere: a run takes what is ready, but what it cannot train of another sweep does not end it.
func TestRunBesideASweepThatCannotBeTrainedHere(t *testing.T) {
	const rest = "command: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"
	other := fleet{t, t.TempDir(), "name: other\n" + rest}
	s, q := other.open()
	p := planned(t, other.text, s)
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	if _, err := (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	text := "name: made-up\n" + rest
	s, q = other.open()
	p = planned(t, text, s)
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	here := site(s, newMadeUp(), text)
	sum, err := (&runner.Runner{Recorder: s, Workers: 1, Queue: q, Load: func(ctx context.Context, sweep string) (runner.Job, error) {
		if sweep == "other" {
			return runner.Job{}, fmt.Errorf("%w: its text is not here", runner.ErrMachine)
		}
		return here(ctx, sweep)
	}}).Run(t.Context(), p)
	if err != nil || sum.Complete != 3 {
		t.Errorf("%+v, %v", sum, err)
	}
	if q, err := s.Queued(t.Context(), "other"); err != nil || !q.In {
		t.Errorf("the other sweep: %+v, %v", q, err)
	}
}

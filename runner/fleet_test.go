package runner_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/runner"
	"sweep/sweeps"
)

// faulty breaks trials of a high x.
func faulty(tr *madeUp) *madeUp {
	tr.broken = func(t sweeps.Trial) error {
		v, _ := t.Params.Lookup("x")
		if x, _ := v.Float(); x > 0.7 {
			return errors.New("it breaks")
		}
		return nil
	}
	return tr
}

// queueUp plans a sweep and puts it into the queue.
func queueUp(t *testing.T, s *results.Store, q *queuetest.Queue, text string) {
	t.Helper()
	p := planned(t, text, s)
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	if _, err := (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// TestWorkerThatComesLate: one that comes after trials have failed knows that they have, as the one that has left did.
func TestWorkerThatComesLate(t *testing.T) {
	texts := map[string]string{
		"asha": cases["asha"], "search": cases["search"], "median": cases["median"],
		"grid": "command: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3, 0.9, 0.4, 0.5, 0.6]}\n",
		"race": "command: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.9, 0.3, 0.4]}\nreplicates: {min: 2, max: 4, until: separated}\n",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			text = "name: made-up\n" + text
			alone := engines(t)[0]
			if _, err := alone.run(t, t.Context(), text, faulty(newMadeUp()), nil); err != nil {
				t.Fatal(err)
			}
			s, _ := alone.open(t)
			want := transcript(t, s, "made-up")

			f := fleet{t, t.TempDir(), text}
			tr := faulty(newMadeUp())
			tr.pace = 5 * time.Millisecond
			first, leave := context.WithCancel(t.Context())
			wait := f.work(first, "first", 2, tr)
			second, stop := context.WithCancel(t.Context())
			defer stop()
			within, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := f.run(within, func(s *results.Store, _ *queuetest.Queue) {
				for within.Err() == nil {
					if trials, err := s.Trials(within, "made-up"); err == nil && counted(trials, sweeps.Failed) > 0 {
						break
					}
					time.Sleep(2 * time.Millisecond)
				}
				leave()
				if err := wait(); err != nil {
					t.Error(err)
				}
				f.work(second, "second", 2, tr)
			})
			if err != nil {
				t.Fatal(err)
			}
			s, _ = f.open()
			if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In {
				t.Errorf("the sweep is over, and in the queue: %+v, %v", queued, err)
			}
			if got := transcript(t, s, "made-up"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestRunOnABlackHole: what ails the machine of a run does not stop the sweep on the others.
func TestRunOnABlackHole(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nreplicates: 40\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for i := range 3 {
		tr := newMadeUp()
		tr.pace = 2 * time.Millisecond
		f.work(ctx, fmt.Sprint("good ", i), 1, tr)
	}
	s, q := f.open()
	p := planned(t, f.text, s)
	if _, err := s.PutPlan(ctx, p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	bad := newMadeUp()
	bad.broken = func(sweeps.Trial) error { time.Sleep(5 * time.Millisecond); return errors.New("no device") }
	var withdrawn error
	sum, err := (&runner.Runner{Recorder: s, Workers: 1, Queue: q, Load: site(s, bad, f.text), Withdrawn: func(err error) { withdrawn = err }}).Run(ctx, p)
	if err != nil || sum.Complete != 200 {
		t.Errorf("%+v, %v", sum, err)
	}
	if !errors.Is(withdrawn, runner.ErrBlackHole) {
		t.Errorf("its own worker ended with %v", withdrawn)
	}
}

// TestLoadThatDoesNotEnd: a worker that is told to end while it reads a plan does.
func TestLoadThatDoesNotEnd(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	loading := make(chan bool, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 1, Load: func(ctx context.Context, _ string) (runner.Job, error) {
		loading <- true
		<-ctx.Done()
		return runner.Job{}, ctx.Err()
	}}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-loading
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it goes on reading")
	}
}

// TestOtherVersionLeavesTrials: a worker of another numeric version trains nothing of a sweep, and says which is wanted.
func TestOtherVersionLeavesTrials(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	s, q := f.open()
	load := site(s, newMadeUp(), f.text)
	w := &runner.Worker{Queue: q, Recorder: s, Name: "newer", Slots: 1, Useless: time.Second, Load: func(ctx context.Context, sweep string) (runner.Job, error) {
		job, err := load(ctx, sweep)
		if err == nil {
			job.Plan.Version += ".1"
		}
		return job, err
	}}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(t.Context()) }()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	sum, err := f.run(ctx, func(*results.Store, *queuetest.Queue) {
		if err := <-ended; !errors.Is(err, runner.ErrMachine) || !strings.Contains(err.Error(), "which gives other bits") {
			t.Errorf("it ends with %v", err)
		}
		f.work(ctx, "same", 1, newMadeUp())
	})
	if err != nil || sum.Complete != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestSweepsThatShareATraining: a worker that meets a training which it trains already for another sweep waits for that.
func TestSweepsThatShareATraining(t *testing.T) {
	f := fleet{t, t.TempDir(), ""}
	s, q := f.open()
	texts := map[string]string{}
	for _, name := range []string{"one", "two"} {
		texts[name] = "name: " + name + "\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"
		queueUp(t, s, q, texts[name])
	}
	tr := newMadeUp()
	tr.pace = 20 * time.Millisecond
	w := &runner.Worker{
		Queue: q, Recorder: s, Name: "w", Slots: 6, Idle: 2 * time.Second, Locks: unlocked{t: t},
		Load: func(ctx context.Context, sweep string) (runner.Job, error) {
			return site(s, tr, texts[sweep])(ctx, sweep)
		},
	}
	if err := w.Run(t.Context()); err != nil {
		t.Errorf("the worker ends with %v", err)
	}
	for name := range texts {
		if trials, err := s.Trials(t.Context(), name); err != nil || counted(trials, sweeps.Complete) != 3 {
			t.Errorf("%s: %+v, %v", name, trials, err)
		}
	}
}

// unlocked are locks of sweeps that nobody has: all are in a queue.
type unlocked struct {
	sweeps.Locks
	t *testing.T
}

func (unlocked) Held(context.Context, string) (bool, error)            { return true, nil }
func (unlocked) Asked(context.Context, string) (sweeps.Request, error) { return "", nil }
func (u unlocked) Lock(context.Context, string, time.Duration) (sweeps.Lock, error) {
	u.t.Error("the lock of a sweep in the queue was taken, and with it what that was asked")
	return nil, errors.New("it is free")
}

// TestQueueOfSweepThatIsOver: one of which nothing is left to do does not stay in the queue.
func TestQueueOfSweepThatIsOver(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	ctx, stop := context.WithCancel(t.Context())
	f.work(ctx, "w", 1, newMadeUp())
	if _, err := f.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	stop()
	s, q := f.open()
	p := planned(t, f.text, s)
	if _, err := s.PutPlan(t.Context(), p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	over, err := (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), p)
	if queued, readErr := s.Queued(t.Context(), "made-up"); !over || err != nil || readErr != nil || queued.In {
		t.Errorf("over %v, %+v, %v, %v", over, queued, err, readErr)
	}
}

// TestRunThatJoins: a run that comes while workers train by the same plan does not try again what has failed under them.
func TestRunThatJoins(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.9, 0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	tr := faulty(newMadeUp())
	tr.pace = 20 * time.Millisecond
	f.work(ctx, "w", 1, tr)
	for {
		if trials, err := s.Trials(t.Context(), "made-up"); err == nil && counted(trials, sweeps.Failed) > 0 {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	sum, err := f.run(t.Context(), nil)
	if err != nil || sum.Complete != 3 || sum.Failed != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In {
		t.Errorf("%+v, %v", queued, err)
	}
}

// TestPausedTasksMakeRoom: a worker of one slot trains a sweep although many tasks of a paused one, and of one that was stopped, stand before.
func TestPausedTasksMakeRoom(t *testing.T) {
	f := fleet{t, t.TempDir(), ""}
	s, q := f.open()
	texts := map[string]string{}
	var mu sync.Mutex
	asked := map[string]sweeps.Request{"paused": sweeps.Pause}
	for name, n := range map[string]int{"paused": 300, "stopped": 300, "small": 1} {
		texts[name] = fmt.Sprintf("name: %s\ncommand: [none]\nmetric: {name: score}\nreplicates: %d\nparameters: {x: 0.1}\n", name, n)
	}
	for _, name := range []string{"paused", "stopped", "small"} {
		queueUp(t, s, q, texts[name])
	}
	if err := s.Dequeue(t.Context(), "stopped", "", false); err != nil {
		t.Fatal(err)
	}
	claimed := 0
	w := &runner.Worker{
		Queue: q, Recorder: claims{s, &claimed}, Name: "w", Slots: 1, Idle: 1500 * time.Millisecond, Locks: asking{&mu, asked},
		Load: func(ctx context.Context, sweep string) (runner.Job, error) {
			return site(s, newMadeUp(), texts[sweep])(ctx, sweep)
		},
		Events: func(e runner.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Kind == runner.Finished && e.Trial.Sweep == "small" {
				if soon, later, err := q.Count(t.Context(), "paused", 10*time.Second); err != nil || soon > 5 || later < 295 {
					t.Errorf("of the sweep that is paused %d tasks are handed out soon and %d later, %v", soon, later, err)
				}
				delete(asked, "paused") // it goes on
			}
		},
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if claimed > 310 {
		t.Errorf("%d trials were asked for: those of a sweep that was stopped go together", claimed)
	}
	for name, want := range map[string]int{"small": 1, "stopped": 0, "paused": 300} {
		if trials, err := s.Trials(t.Context(), name); err != nil || counted(trials, sweeps.Complete) != want {
			t.Errorf("%s: %d trials are complete, %v", name, counted(trials, sweeps.Complete), err)
		}
	}
}

// TestTaskThatIsHandedOutTwiceAtOnce: whoever asks for it, one session of it begins.
func TestTaskThatIsHandedOutTwiceAtOnce(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nreplicates: 60\nparameters: {x: 0.1}\n"}
	s, q := f.open()
	queueUp(t, s, q, f.text)
	p := planned(t, f.text, s)
	if err := s.Enroll(t.Context(), "w", 8); err != nil {
		t.Fatal(err)
	}
	for _, trial := range p.Trials() {
		var begun atomic.Int64
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				c, err := s.ClaimTask(t.Context(), trial, sweeps.Task{Sweep: "made-up", Trial: trial.ID, Attempt: 1, Spec: p.Identity(), Round: 1})
				if err != nil && !errors.Is(err, sweeps.ErrSuperseded) {
					t.Error(err)
				}
				if c.Run {
					begun.Add(1)
				}
			})
		}
		all.Wait()
		if n := begun.Load(); n != 1 {
			t.Fatalf("%d sessions of one attempt have begun", n)
		}
	}
}

// TestTasksOfEarlierRoundsGoTogether: what was queued before a sweep was stopped does not have to be worked off one by one.
func TestTasksOfEarlierRoundsGoTogether(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nreplicates: 200\nparameters: {x: 0.1}\n"}
	s, q := f.open()
	for round := range 4 {
		queueUp(t, s, q, f.text)
		if round == 3 {
			break
		}
		if err := s.Dequeue(t.Context(), "made-up", "", false); err != nil {
			t.Fatal(err)
		}
	}
	claimed := 0
	w := &runner.Worker{
		Queue: q, Recorder: claims{s, &claimed}, Name: "w", Slots: 1, Idle: time.Second,
		Load: func(ctx context.Context, sweep string) (runner.Job, error) {
			return site(s, newMadeUp(), f.text)(ctx, sweep)
		},
	}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trials, err := s.Trials(t.Context(), "made-up"); err != nil || counted(trials, sweeps.Complete) != 200 || claimed > 210 {
		t.Errorf("%d trials are complete, %d were asked for, %v", counted(trials, sweeps.Complete), claimed, err)
	}
}

// claims counts what is claimed of a record.
type claims struct {
	runner.QueueRecorder
	n *int
}

func (c claims) ClaimTask(ctx context.Context, t sweeps.Trial, task sweeps.Task) (sweeps.Claim, error) {
	*c.n++ // by one slot
	return c.QueueRecorder.ClaimTask(ctx, t, task)
}

// asking are locks by which some sweeps are asked for something.
type asking struct {
	mu  *sync.Mutex
	how map[string]sweeps.Request
}

func (a asking) Held(context.Context, string) (bool, error) { return true, nil }
func (a asking) Asked(_ context.Context, sweep string) (sweeps.Request, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.how[sweep], nil
}
func (a asking) Ask(context.Context, string, sweeps.Request) error { return nil }
func (a asking) Lock(context.Context, string, time.Duration) (sweeps.Lock, error) {
	return nil, errors.New("no lock is taken")
}

// deadlocks has one transaction fail after its decision was made.
type deadlocks struct {
	results.Queue
	put *atomic.Int64
	at  int64
}

func (d deadlocks) Put(ctx context.Context, tx *sql.Tx, tasks []sweeps.Task) error {
	if d.put.Add(1) == d.at {
		return &pgconn.PgError{Code: "40P01"}
	}
	return d.Queue.Put(ctx, tx, tasks)
}

// slow is in no hurry after a value by which is decided: that is in the record before the decision.
type slow struct{ *madeUp }

func (m slow) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	return m.madeUp.Train(ctx, t, func(p runner.Point) error {
		err := report(p)
		if p.Metric != "" && p.Step == 20 {
			time.Sleep(150 * time.Millisecond)
		}
		return err
	})
}

// TestDecisionThatIsRolledBack: a decision that was made in a transaction that failed is made again, by a copy of the schedule that finds
// in the record the value by which it was made: tasks, ends and what a search draws are not lost with it.
func TestDecisionThatIsRolledBack(t *testing.T) {
	for name, text := range map[string]string{
		"asha":   "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}\nparallel: 3\nearly_terminate: {type: asha, min_iter: 2}\n",
		"search": "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: {min: 0.0, max: 1.0}}\nmethod: tpe\nbudget: {configurations: 8}\nparallel: 3\nearly_terminate: {type: asha, min_iter: 2}\n",
	} {
		for at := int64(3); at <= 5; at++ {
			t.Run(fmt.Sprint(name, " ", at), func(t *testing.T) {
				t.Parallel()
				f := fleet{t, t.TempDir(), text}
				s, q := f.open()
				s.UseQueue(deadlocks{q, new(atomic.Int64), at})
				queueUp(t, s, q, f.text)
				w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 3, Idle: 3 * time.Second, Load: site(s, slow{newMadeUp()}, f.text)}
				if err := w.Run(t.Context()); err != nil {
					t.Errorf("the worker ends with %v", err)
				}
				if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In {
					t.Errorf("the worker has nothing to do, and the sweep is not over: %+v, %v", queued, err)
				}
			})
		}
	}
}

// untold is a record to which one turn does not come through: the values by which it was due are in it by then.
type untold struct {
	runner.QueueRecorder
	turns *atomic.Int64
	at    int64
}

func (u untold) Turn(ctx context.Context, t sweeps.Turn) error {
	if u.turns.Add(1) >= u.at {
		return errors.New("the machine has lost its power")
	}
	return u.QueueRecorder.Turn(ctx, t)
}

// TestValueOfALostWorker: a worker is lost between a value by which is decided and the turn that would have told of it. Whoever comes after it
// finds the value, and what follows from it is done, although no turn tells of it any more.
func TestValueOfALostWorker(t *testing.T) {
	for name, text := range map[string]string{
		"asha":   "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}\nparallel: 3\nearly_terminate: {type: asha, min_iter: 2}\n",
		"search": "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: {min: 0.0, max: 1.0}}\nmethod: tpe\nbudget: {configurations: 8}\nparallel: 3\nearly_terminate: {type: asha, min_iter: 2}\n",
	} {
		for _, at := range []int64{1, 4, 7} {
			t.Run(fmt.Sprint(name, " ", at), func(t *testing.T) {
				t.Parallel()
				f := fleet{t, t.TempDir(), text}
				s, q := f.open()
				queueUp(t, s, q, f.text)
				lost := &runner.Worker{Queue: q, Recorder: untold{s, new(atomic.Int64), at}, Name: "lost", Slots: 1, Idle: 2 * time.Second, Load: site(s, slow{newMadeUp()}, f.text)}
				if err := lost.Run(t.Context()); err == nil {
					t.Error("the worker that was to be lost ends well")
				}
				s, q = f.open()
				next := &runner.Worker{Queue: q, Recorder: s, Name: "next", Slots: 1, Idle: 2 * time.Second, Load: site(s, newMadeUp(), f.text)}
				if err := next.Run(t.Context()); err != nil {
					t.Errorf("the worker ends with %v", err)
				}
				if queued, err := s.Queued(t.Context(), "made-up"); err != nil || queued.In {
					t.Errorf("the worker has nothing to do, and the sweep is not over: %+v, %v", queued, err)
				}
			})
		}
	}
}

// TestRunAfterALostWorker: whatever a worker has logged and did not live to tell, a run that joins leaves no trial waiting.
func TestRunAfterALostWorker(t *testing.T) {
	for at := int64(1); ; at++ {
		f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.4, 0.3, 0.2, 0.1]}\nparallel: 2\nearly_terminate: {type: asha, min_iter: 2, promote: false}\n"}
		s, q := f.open()
		queueUp(t, s, q, f.text)
		lost := &runner.Worker{Queue: q, Recorder: untold{s, new(atomic.Int64), at}, Name: "lost", Slots: 1, Idle: time.Second, Load: site(s, newMadeUp(), f.text)}
		if err := lost.Run(t.Context()); err == nil {
			if at == 1 {
				t.Error("no worker was lost")
			}
			return
		}
		ctx, stop := context.WithCancel(t.Context())
		_, err := f.run(t.Context(), func(*results.Store, *queuetest.Queue) {
			time.Sleep(200 * time.Millisecond) // so that the run alone sees what was logged
			f.work(ctx, "next", 1, newMadeUp())
		})
		if err != nil {
			t.Error(err)
		}
		stop()
		if trials, err := s.Trials(t.Context(), "made-up"); err != nil || counted(trials, sweeps.Waiting) > 0 {
			t.Errorf("lost at turn %d: %d trials wait, %v", at, counted(trials, sweeps.Waiting), err)
		}
	}
}

// lapsing are locks that are another's after a while.
type lapsing struct {
	sweeps.Locks
	at time.Time
}

type lapsed struct {
	sweeps.Lock
	at time.Time
}

func (l lapsing) Lock(ctx context.Context, sweep string, patience time.Duration) (sweeps.Lock, error) {
	held, err := l.Locks.Lock(ctx, sweep, patience)
	return lapsed{held, l.at}, err
}

func (l lapsed) Check(context.Context) error {
	if time.Now().After(l.at) {
		return &sweeps.LockedError{Sweep: "made-up", By: "another"}
	}
	return nil
}

// TestRunThatLosesItsLock: a run that was frozen, and whose sweep another has taken up meanwhile, leaves that to it.
func TestRunThatLosesItsLock(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2]}\n"}
	_, err := f.runLocked(t.Context(), lapsing{runner.Folder(t.TempDir()), time.Now().Add(time.Second)}, nil)
	if !errors.As(err, new(*sweeps.LockedError)) {
		t.Errorf("it ends with %v", err)
	}
	s, _ := f.open()
	if queued, err := s.Queued(t.Context(), "made-up"); err != nil || !queued.In {
		t.Errorf("it has taken the sweep out of the queue: %+v, %v", queued, err)
	}
}

// stale is a queue into which a task of another plan comes first.
type stale struct {
	results.Queue
	is bool
}

func (s *stale) Put(ctx context.Context, tx *sql.Tx, tasks []sweeps.Task) error {
	if !s.is {
		s.is = true
		other := tasks[0]
		other.Spec = "another plan"
		tasks = append([]sweeps.Task{other}, tasks...)
	}
	return s.Queue.Put(ctx, tx, tasks)
}

// TestTaskOfAnotherPlan: a task of a plan that another has taken the place of takes no tasks of that along.
func TestTaskOfAnotherPlan(t *testing.T) {
	f := fleet{t, t.TempDir(), "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3]}\n"}
	s, q := f.open()
	s.UseQueue(&stale{Queue: q})
	queueUp(t, s, q, f.text)
	w := &runner.Worker{Queue: q, Recorder: s, Name: "w", Slots: 1, Idle: time.Second, Load: site(s, newMadeUp(), f.text)}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trials, err := s.Trials(t.Context(), "made-up"); err != nil || counted(trials, sweeps.Complete) != 3 {
		t.Errorf("%d trials are complete, %v", counted(trials, sweeps.Complete), err)
	}
}

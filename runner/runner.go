package runner

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"sweep/sweeps"
)

// Runner executes plans. Trainer and Recorder are needed; every other field may be left at its zero value.
type Runner struct {
	Trainer  Trainer
	Recorder Recorder
	// Workers is how many trials train at once, 0 for as many as the program may use cores. It changes no result.
	Workers int
	// Queue, when set, has the trials trained by whoever works on it; the Recorder has to be a QueueRecorder then. This process is one
	// of them, with as many slots as Workers; with -1 it only coordinates. If nil, the trials are trained by this process alone.
	Queue Queue
	Load  func(ctx context.Context, sweep string) (Job, error) // as a Worker's, which this process is on a Queue
	// Withdrawn, when set, is told why this process trains nothing any more although the sweep goes on, on the other workers of a Queue.
	Withdrawn func(error)
	// Unattended, when set, is called once if this process only coordinates and no worker is there to train.
	Unattended func()
	Name       string // as a Worker's
	// Budget, the spec's, bounds the run by its Time, over which no further trial is begun, and its TrialTime, over which a trial
	// ends as stopped. Its Trials and Configurations are the plan's business; a metric's target is not judged here.
	Budget sweeps.Budget
	// Spent is what earlier runs of the sweep have used of Budget.Time.
	Spent time.Duration
	// Lock is that of the plan's sweep, when the caller has taken it already to plan under it; Run leaves it to the caller
	// to release it. If nil, Run takes the lock from Locks and gives it back.
	Lock sweeps.Lock
	// Locks tell which other sweeps' processes are alive, and what this one is asked to do. If nil, no lock is taken, the
	// caller vouches for being alone, and of other sweeps it is believed that their processes live.
	Locks sweeps.Locks
	// Abort, when set, is called where another process asks this one to end at once: trials are not to be given the time to keep
	// what they have.
	Abort func()
	// Events, when set, is called on one goroutine, in order, with what happens. It may take its time: training does
	// not wait for it, only the end of Run does.
	Events func(Event)
	// Now is the clock, time.Now if nil. Differences of its readings are kept as seconds.
	Now func() time.Time
}

// Summary counts what became of the trials of a plan. Complete, Stopped, Diverged, Failed and Waiting add up to Trials.
type Summary struct {
	Trials   int // planned
	Complete int
	Stopped  int
	Diverged int
	Failed   int
	Waiting  int // not reached, or interrupted: the next run goes on with them
	Trained  int // ended by this run, whatever the end
	Linked   int // found finished in the record
	Left     int // of Waiting, those that Budget.Time left out
	Seconds  float64
}

// Run trains what the plan's schedule asks for and the record lacks; the record has to hold the plan as it stands. It returns nil when nothing is left to do now: every trial has
// ended, those that failed or diverged included, or the time budget is used up (Summary.Left says how much it left).
//
// When ctx ends first, no further trial is begun, the running ones are given the time to keep what they have, and the
// error wraps the cause of ctx. Another process that runs the same sweep is a *sweeps.LockedError, before anything is done;
// one that asks it to stop ends it as ctx does, with ErrAskedToStop. An error of the Recorder ends the run likewise and is returned.
func (r *Runner) Run(ctx context.Context, p *sweeps.Plan) (Summary, error) {
	name := p.Spec.Name
	schedule, err := p.Schedule()
	if err != nil {
		return Summary{}, fmt.Errorf("run sweep %s: %w", name, err)
	}
	x := newRun(r, p)
	if p.Spec.Decides() {
		var ok bool
		if x.search, ok = r.Recorder.(SearchRecorder); !ok {
			return Summary{}, fmt.Errorf("run sweep %s: its plan decides by results, for which the recorder must be a SearchRecorder", name)
		}
	}
	x.plan(len(p.Trials()))
	x.start = x.now()

	held := r.Lock
	if held != nil && held.Sweep() != name {
		return x.sum, fmt.Errorf("run sweep %s: the lock is of sweep %s", name, held.Sweep())
	}
	if held == nil && r.Locks != nil {
		if held, err = r.Locks.Lock(ctx, name, lockPatience); err != nil {
			return x.sum, err
		}
		defer held.Release()
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	if err := r.Recorder.Release(context.WithoutCancel(ctx), name); err != nil {
		return x.sum, fmt.Errorf("release sweep %s: %w", name, err)
	}

	x.feed = newFeed(r.Events)
	if r.Queue != nil {
		return x.queued(ctx, p, schedule, held, end)
	}
	g, gctx := errgroup.WithContext(ctx)
	x.pool = newPool(gctx, x, p, schedule)
	x.desk = x.pool
	x.knows(p, schedule)
	stop := context.AfterFunc(gctx, x.pool.wake)
	done := make(chan struct{})
	if r.Locks != nil {
		go x.attend(context.WithoutCancel(ctx), held, end, done)
	}
	workers := r.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for w := range workers {
		g.Go(func() error { return x.work(gctx, w) })
	}
	err = g.Wait()
	stop()
	close(done)
	return x.over(ctx, cmp.Or(err, x.pool.err))
}

// queued has the plan trained by the workers of a queue.
func (x *run) queued(ctx context.Context, p *sweeps.Plan, s *sweeps.Schedule, held sweeps.Lock, end context.CancelCauseFunc) (Summary, error) {
	done := make(chan struct{})
	if x.Locks != nil && held != nil {
		go x.attend(context.WithoutCancel(ctx), held, end, done)
	}
	c, err := x.coordinator(ctx, x, p, s)
	if err == nil {
		err = c.coordinate(ctx)
	}
	close(done)
	return x.over(ctx, err)
}

// over sums a run up.
func (x *run) over(ctx context.Context, err error) (Summary, error) {
	x.feed.close()
	x.sum.Seconds = x.now().Sub(x.start).Seconds()
	if err == nil && ctx.Err() != nil && x.sum.Waiting > x.sum.Left {
		err = context.Cause(ctx)
	}
	if err != nil {
		return x.sum, fmt.Errorf("run sweep %s: %w", x.sweep, err)
	}
	return x.sum, nil
}

// run is one call of Run.
type run struct {
	*Runner
	sweep  string
	search SearchRecorder // the Recorder, if results change what is trained; else nil
	metric string
	start  time.Time
	pool   *pool
	desk   desk
	feed   *feed
	worked atomic.Pointer[Worker] // of a queue, that trains here; nil: none
	slice  time.Duration          // after which a training goes on as another task; 0: never

	mu      sync.Mutex
	sum     Summary
	idle    map[string]int // how often in a row a trial has paused itself and measured nothing
	metered bool           // some trial has reported the metric
}

func newRun(r *Runner, p *sweeps.Plan) *run {
	return &run{Runner: r, sweep: p.Spec.Name, metric: p.Spec.Metric.Name, idle: map[string]int{}}
}

// knows notes whether some trial of a plan is known to have reported the metric.
func (x *run) knows(p *sweeps.Plan, s *sweeps.Schedule) {
	metered := slices.ContainsFunc(p.Trials(), func(t sweeps.Trial) bool {
		known := s.Known(t.ID)
		return len(known.Curve) > 0 || known.State == sweeps.Complete && !math.IsNaN(known.Value)
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	x.metered = x.metered || metered
}

func (x *run) now() time.Time {
	if x.Now != nil {
		return x.Now()
	}
	return time.Now()
}

// plan notes how many trials there are: a plan may grow.
func (x *run) plan(trials int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sum.Waiting += trials - x.sum.Trials
	x.sum.Trials = trials
}

// work takes trials until there are no more, or ctx ends.
func (x *run) work(ctx context.Context, worker int) error {
	for {
		t, ok := x.pool.take()
		if !ok {
			return nil
		}
		c, err := x.claim(ctx, t.trial, func(ctx context.Context) (sweeps.Claim, error) { return x.Recorder.Claim(ctx, t.trial) })
		if err != nil {
			x.pool.drop(t.trial)
			return err
		}
		switch {
		case c.Run:
			if err := x.train(ctx, worker, t.trial, c); err != nil {
				x.pool.drop(t.trial)
				return err
			}
		case c.Linked != "":
			known, err := x.progress(ctx, t.trial, c.Linked)
			if err != nil {
				x.pool.drop(t.trial)
				return err
			}
			x.count(c.Linked, true)
			x.feed.push(Event{Kind: Linked, Worker: worker, Trial: t.trial, State: c.Linked})
			x.pool.settle(t.trial, known)
		default:
			x.pool.park(t.trial, c.Busy)
			if c.Busy != t.busy {
				x.feed.push(Event{Kind: Delayed, Worker: worker, Trial: t.trial, Busy: c.Busy})
			}
		}
	}
}

// progress is what a finished trial has come to. Only a plan that decides by it is worth the reading.
func (x *run) progress(ctx context.Context, t sweeps.Trial, state sweeps.State) (sweeps.Progress, error) {
	if x.search == nil {
		return sweeps.Progress{State: state}, nil
	}
	known, err := x.search.Progress(context.WithoutCancel(ctx), t, x.metric)
	if err != nil {
		return known, fmt.Errorf("read trial %s: %w", t.ID, err)
	}
	known.State = state
	return known, nil
}

// claim asks the record for a trial. Where a sweep whose process died seems to train it, that sweep is released.
func (x *run) claim(ctx context.Context, t sweeps.Trial, ask func(context.Context) (sweeps.Claim, error)) (sweeps.Claim, error) {
	kept := context.WithoutCancel(ctx)
	c, err := ask(kept)
	if err == nil && c.Busy != "" && c.Busy != x.sweep && x.Locks != nil {
		var dead bool
		if dead, err = x.releaseDead(kept, c.Busy); dead && err == nil {
			c, err = ask(kept)
		}
	}
	if err == nil && !c.Run && c.Linked == "" && c.Busy == "" {
		err = fmt.Errorf("the record gives no answer")
	}
	if err != nil {
		return c, fmt.Errorf("claim trial %s: %w", t.ID, err)
	}
	return c, nil
}

// releaseDead releases another sweep if its lock is free, which says that its process is dead.
func (x *run) releaseDead(ctx context.Context, sweep string) (bool, error) {
	if held, err := x.Locks.Held(ctx, sweep); held || err != nil { // also one that is in a queue, of which nobody has the lock
		return false, err
	}
	l, err := x.Locks.Lock(ctx, sweep, 0)
	if locked(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer l.Release()
	if err := x.Recorder.Release(ctx, sweep); err != nil {
		return false, fmt.Errorf("release sweep %s: %w", sweep, err)
	}
	return true, nil
}

// timeUp reports whether the sweep has used its time over all sessions.
func (x *run) timeUp() bool {
	return x.Budget.Time > 0 && x.Spent+x.now().Sub(x.start) >= x.Budget.Time
}

func (x *run) leave(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sum.Left += n
}

// count books the end of a trial.
func (x *run) count(s sweeps.State, linked bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch s {
	case sweeps.Complete:
		x.sum.Complete++
	case sweeps.Stopped:
		x.sum.Stopped++
	case sweeps.Diverged:
		x.sum.Diverged++
	case sweeps.Failed:
		x.sum.Failed++
	default:
		return // still waiting
	}
	x.sum.Waiting--
	if linked {
		x.sum.Linked++
	} else {
		x.sum.Trained++
	}
}

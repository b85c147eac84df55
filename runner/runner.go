package runner

import (
	"context"
	"fmt"
	"runtime"
	"sync"
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
	// Budget bounds the run by its Time, over which no further trial is begun, and its TrialTime, over which a trial
	// ends as stopped. Its Trials and Configurations are the plan's business; a metric's target is not judged here.
	Budget sweeps.Budget
	// Spent is what earlier runs of the sweep have used of Budget.Time.
	Spent time.Duration
	// Lock is the plan's sweep's, when the caller has taken it already to plan under it; Run leaves it to the caller
	// to release it. If nil, Run takes the lock in LockDir and gives it back.
	Lock *SweepLock
	// LockDir holds one lock file a sweep, and tells which other sweeps' processes are alive. Empty: no lock is taken,
	// the caller vouches for being alone, and of other sweeps it is believed that their processes live.
	LockDir string
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

// Run trains what the plan holds and the record lacks. It returns nil when nothing is left to do now: every trial has
// ended, those that failed or diverged included, or the time budget is used up (Summary.Left says how much it left).
//
// When ctx ends first, no further trial is begun, the running ones are given the time to keep what they have, and the
// error wraps the cause of ctx. Another process that runs the same sweep is an *ErrLocked, before anything is done. An
// error of the Recorder ends the run likewise and is returned.
func (r *Runner) Run(ctx context.Context, p *sweeps.Plan) (Summary, error) {
	name, trials := p.Spec.Name, p.Trials()
	x := &run{Runner: r, sweep: name, queue: newQueue(), sum: Summary{Trials: len(trials), Waiting: len(trials)}}
	x.start = x.now()

	switch {
	case r.Lock != nil && r.Lock.sweep != name:
		return x.sum, fmt.Errorf("run sweep %s: the lock is of sweep %s", name, r.Lock.sweep)
	case r.Lock == nil && r.LockDir != "":
		l, err := lock(ctx, r.LockDir, name, lockPatience)
		if err != nil {
			return x.sum, err
		}
		defer l.Release()
	}
	if err := r.Recorder.Release(context.WithoutCancel(ctx), name); err != nil {
		return x.sum, fmt.Errorf("release sweep %s: %w", name, err)
	}

	x.feed = newFeed(r.Events)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		x.queue.send(gctx, Order(trials, r.Budget))
		return nil
	})
	workers := r.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for w := range min(workers, len(trials)) {
		g.Go(func() error { return x.work(gctx, w) })
	}
	err := g.Wait()
	x.feed.close()
	x.sum.Seconds = x.now().Sub(x.start).Seconds()
	if err == nil && ctx.Err() != nil && x.sum.Waiting > x.sum.Left {
		err = context.Cause(ctx)
	}
	if err != nil {
		return x.sum, fmt.Errorf("run sweep %s: %w", name, err)
	}
	return x.sum, nil
}

// run is one call of Run.
type run struct {
	*Runner
	sweep string
	start time.Time
	queue *queue
	feed  *feed

	mu  sync.Mutex
	sum Summary
}

func (x *run) now() time.Time {
	if x.Now != nil {
		return x.Now()
	}
	return time.Now()
}

// work takes trials until there are no more, or ctx ends.
func (x *run) work(ctx context.Context, worker int) error {
	for t := range x.queue.out {
		if x.timeUp() {
			x.leave()
			x.queue.settle(ctx, ticket{})
			continue
		}
		if ctx.Err() != nil {
			continue // send has gone or is about to
		}
		c, err := x.claim(ctx, t.trial)
		if err != nil {
			return err
		}
		x.queue.settle(ctx, ticket{trial: t.trial, busy: c.Busy})
		switch {
		case c.Run:
			if err := x.train(ctx, worker, t.trial, c); err != nil {
				return err
			}
		case c.Linked != "":
			x.count(c.Linked, true)
			x.feed.push(Event{Kind: Linked, Worker: worker, Trial: t.trial, State: c.Linked})
		case c.Busy != t.busy:
			x.feed.push(Event{Kind: Delayed, Worker: worker, Trial: t.trial, Busy: c.Busy})
		}
	}
	return nil
}

// claim asks the record for a trial. Where a sweep whose process died seems to train it, that sweep is released.
func (x *run) claim(ctx context.Context, t sweeps.Trial) (sweeps.Claim, error) {
	kept := context.WithoutCancel(ctx)
	c, err := x.Recorder.Claim(kept, t)
	if err == nil && c.Busy != "" && c.Busy != x.sweep && x.LockDir != "" {
		var dead bool
		if dead, err = x.releaseDead(kept, c.Busy); dead && err == nil {
			c, err = x.Recorder.Claim(kept, t)
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
	l, err := lock(ctx, x.LockDir, sweep, 0)
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

func (x *run) leave() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sum.Left++
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

package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"sweep/sweeps"
)

const (
	// lookOutEvery is how often it is looked what workers have brought.
	lookOutEvery = 300 * time.Millisecond
	// reapEvery is how often a run that only coordinates looks for lost workers, and mostGap how long it may not have heard from the record for that.
	reapEvery = 5 * time.Second
	mostGap   = 10 * time.Second
	// refillEvery is how often what may be trained is queued again, lest a queue that was lost leaves it untrained.
	refillEvery = 30 * time.Second
)

// Enqueue records what a plan has come to and puts into the queue what may be trained of it, for workers to train. The record has to
// hold the plan as it stands. A sweep of which nothing is left to do is not queued, and over.
func (r *Runner) Enqueue(ctx context.Context, p *sweeps.Plan) (over bool, err error) {
	schedule, err := p.Schedule()
	if err != nil {
		return false, fmt.Errorf("queue sweep %s: %w", p.Spec.Name, err)
	}
	c, err := r.coordinator(ctx, newRun(r, p), p, schedule)
	if err != nil {
		return false, err
	}
	err = c.begin(ctx)
	return schedule.Over(), err
}

// coordinator sees a sweep through that workers train.
type coordinator struct {
	run      *run
	record   QueueRecorder
	plan     *sweeps.Plan
	schedule *sweeps.Schedule
	worker   *Worker // of this process; nil if it only coordinates
	trials   map[string]sweeps.Trial
	since    int64
	unheard  []sweeps.Told // of trials that the plan does not hold yet
	counted  map[string]bool
	planned  int // trials that the run has counted
	filled   time.Time
	joined   bool      // the sweep was in the queue before
	closing  bool      // nothing further is begun: the time is up
	left     error     // why this process's own worker has left although the sweep goes on
	alone    time.Time // since when nobody else is there
	awaits   time.Time // since when a run that trains nothing has no worker, and whether that was said
	awaited  bool

	heard, hears, reaped time.Time // from the record last, without a gap since, and when lost workers were looked for
}

func (r *Runner) coordinator(_ context.Context, x *run, p *sweeps.Plan, s *sweeps.Schedule) (*coordinator, error) {
	record, ok := r.Recorder.(QueueRecorder)
	if !ok {
		return nil, fmt.Errorf("run sweep %s: a queue takes a QueueRecorder", p.Spec.Name)
	}
	c := &coordinator{
		run: x, record: record, plan: p, schedule: s, since: -1, trials: map[string]sweeps.Trial{}, counted: map[string]bool{}, planned: len(p.Trials()),
	}
	return c, nil
}

// begin records what has been decided already, and fills the queue.
func (c *coordinator) begin(ctx context.Context) error {
	kept := context.WithoutCancel(ctx)
	if _, err := c.record.Reap(kept, 0); err != nil { // among them those of a run of the sweep that was killed
		return err
	}
	queued, err := c.record.Queued(kept, c.run.sweep)
	if err != nil {
		return err
	}
	c.joined = queued.Spec == c.plan.Identity()
	recorded := c.planned
	ends := c.schedule.Ends()
	if err := c.listen(kept, true); err != nil {
		return err
	}
	ends = append(ends, c.schedule.Ends()...)
	// Of a sweep that is in the queue already, whoever brings a result records what follows.
	c.schedule.Work()
	if !c.joined {
		if len(c.plan.Trials()) > recorded {
			if err := c.record.Extend(kept, c.plan, recorded); err != nil {
				return err
			}
		}
		if err := c.record.EndWaiting(kept, c.run.sweep, ends); err != nil {
			return err
		}
	}
	for _, e := range ends {
		c.end(e)
	}
	if !c.schedule.Over() {
		return c.fill(kept)
	}
	if c.joined { // by a value, perhaps, that a worker has logged and did not live to tell
		if err := c.record.EndWaiting(kept, c.run.sweep, ends); err != nil {
			return err
		}
	}
	return c.leave(kept, "") // nobody would take it out of the queue
}

// leave takes the sweep out of the queue, by whatever plan it is there if spec is "". Of one that was there before, a run of a part of it does not:
// others see to the rest.
func (c *coordinator) leave(ctx context.Context, spec string) error {
	if c.guest() {
		return nil
	}
	return c.record.Dequeue(ctx, c.run.sweep, spec, false)
}

// guest reports whether this run is of a part of a sweep that was in the queue before.
func (c *coordinator) guest() bool { return c.plan.Part() && c.joined }

// fill queues what may be trained; what is queued or trained already stays so.
func (c *coordinator) fill(ctx context.Context) error {
	c.filled = time.Now()
	q := sweeps.Queueing{Sweep: c.run.sweep, Spec: c.plan.Identity(), Metric: c.run.metric, Curves: c.schedule.Judges()}
	return c.record.Enqueue(ctx, q, c.since, func(told []sweeps.Told) (open []sweeps.Trial, err error) {
		if err := c.hear(told, false); err != nil {
			return nil, err
		}
		for _, w := range c.schedule.Open() {
			open = append(open, w.Trial)
		}
		return open, nil
	})
}

// listen tells the schedule what workers have brought. What was there before this run counts as linked.
func (c *coordinator) listen(ctx context.Context, before bool) error {
	told, err := c.record.Told(ctx, c.run.sweep, c.since, c.run.metric, c.schedule.Judges())
	if err != nil {
		return err
	}
	return c.hear(told, before)
}

// hear takes in what was told.
func (c *coordinator) hear(told []sweeps.Told, before bool) (err error) {
	for _, t := range told {
		c.since = max(c.since, t.Number)
	}
	c.since = max(c.since, 0)
	// What stays unheard is of trials that --only leaves out, or is heard later.
	c.unheard, err = tellAll(c.schedule, append(c.unheard, told...), func(id string) bool {
		_, ok := c.trial(id)
		return ok
	}, func(t sweeps.Told) {
		if t.Kept {
			trial, _ := c.trial(t.Trial)
			c.count(trial, t, before)
		}
	})
	return err
}

func (c *coordinator) trial(id string) (sweeps.Trial, bool) {
	all := c.plan.Trials()
	for _, t := range all[len(c.trials):] {
		c.trials[t.ID] = t
	}
	t, ok := c.trials[id]
	return t, ok
}

// count books an end and tells of it, unless this process's own worker does.
func (c *coordinator) count(t sweeps.Trial, told sweeps.Told, before bool) {
	if c.counted[t.ID] {
		return
	}
	c.counted[t.ID] = true
	c.run.count(told.State, before)
	kind := Finished
	if before {
		kind = Linked
	} else if c.worker != nil && c.worker.had(t) {
		return
	}
	e := Event{Kind: kind, Worker: -1, Trial: t, State: told.State, Step: t.Steps, Seconds: told.Seconds, Err: told.Err}
	if n := len(told.Curve); told.State != sweeps.Complete && n > 0 {
		e.Step = told.Curve[n-1].Step
	}
	if !math.IsNaN(told.Value) {
		e.Latest = []Point{{Metric: c.run.metric, Step: e.Step, Value: told.Value, Final: true}}
	}
	c.run.feed.push(e)
}

// end books the end of a trial that no worker had.
func (c *coordinator) end(e sweeps.End) {
	c.count(e.Trial, sweeps.Told{Progress: sweeps.Progress{State: e.State, Value: math.NaN(), Curve: []sweeps.Logged{{Step: e.Step}}}}, e.Kept)
}

// coordinate sees the sweep through: it trains along with the other workers, unless Workers is negative.
func (c *coordinator) coordinate(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	kept := context.WithoutCancel(ctx)
	working, stop := context.WithCancelCause(ctx)
	var worked sync.WaitGroup
	failed := make(chan error, 1)
	if c.run.Workers >= 0 {
		c.worker = c.run.worker()
		if c.plan.Part() {
			c.worker.only = map[string]bool{}
			for _, t := range c.plan.Trials() {
				c.worker.only[t.ID] = true
			}
		}
		c.run.worked.Store(c.worker)
		worked.Go(func() { failed <- c.worker.Run(working) })
	}
	err := c.watch(ctx, failed)
	// Whoever has brought the last result has taken it out, unless this is a part. If the lock is another's, the queue is, too.
	if !locked(err) && (err != nil || !c.schedule.Over() || c.plan.Part()) {
		err = errors.Join(err, c.leave(kept, c.plan.Identity()))
	}
	stop(context.Cause(ctx))
	worked.Wait()
	if err == nil {
		err = c.listen(kept, false)
	}
	return err
}

// worker is that of this process.
func (x *run) worker() *Worker {
	slots := x.Workers
	if slots == 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	return &Worker{
		Queue: x.Queue, Recorder: x.Recorder.(QueueRecorder), Load: x.Load, Name: x.Name, Slots: slots, Locks: x.Locks, Now: x.Now, feed: x.feed, home: x.sweep,
	}
}

// watch follows what workers bring until the sweep is over, ctx ends, or nothing further is to be done.
func (c *coordinator) watch(ctx context.Context, failed <-chan error) error {
	tick := time.NewTicker(lookOutEvery)
	defer tick.Stop()
	for {
		over, err := c.look(ctx)
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-failed:
			if err != nil && !c.othersGoOn(ctx, err) {
				return err
			}
		case <-tick.C:
		}
	}
}

// othersGoOn reports whether the sweep is seen through although this process trains nothing of it any more: what ails this machine is
// no reason to stop it on those that do.
func (c *coordinator) othersGoOn(ctx context.Context, err error) bool {
	if !errors.Is(err, ErrBlackHole) && !errors.Is(err, ErrMachine) && !errors.Is(err, sweeps.ErrGone) {
		return false
	}
	others, doubtErr := c.record.Doubt(context.WithoutCancel(ctx), false, nil)
	if doubtErr != nil || others.Alive == 0 {
		return false
	}
	c.left = err
	if c.run.Withdrawn != nil {
		c.run.Withdrawn(err)
	}
	return true
}

// aloneFor is how long a run whose own worker has left waits for another one when the last has left, too.
const aloneFor = time.Minute

// deserted is why the run's own worker has left, if no other is there any more that could see to the rest.
func (c *coordinator) deserted(ctx context.Context) error {
	if c.left == nil {
		return nil
	}
	running, err := c.record.InHand(ctx, c.run.sweep)
	if err != nil || running > 0 {
		c.alone = time.Time{}
		return nil // who cannot be asked now is asked again
	}
	others, err := c.record.Doubt(ctx, false, nil)
	switch {
	case err != nil || others.Alive > 0:
		c.alone = time.Time{}
	case c.alone.IsZero():
		c.alone = time.Now()
	case time.Since(c.alone) > aloneFor:
		return c.left
	}
	return nil
}

// unattendedFor is for how long no worker is there before that is said.
const unattendedFor = 5 * time.Second

// unattended says so where nothing is trained, since this process only sees the sweep through and no worker is there.
func (c *coordinator) unattended(ctx context.Context) {
	if c.worker != nil || c.awaited || c.run.Unattended == nil {
		return
	}
	others, err := c.record.Doubt(ctx, false, nil)
	switch {
	case err != nil || others.Alive > 0:
		c.awaits = time.Time{} // who cannot be asked now is asked again
	case c.awaits.IsZero():
		c.awaits = time.Now()
	case time.Since(c.awaits) >= unattendedFor:
		c.awaited = true
		c.run.Unattended()
	}
}

// reap gives up workers that were not heard of. Where workers come and go faster than one is given up, no other process has heard from the record
// for long enough to do so.
func (c *coordinator) reap(ctx context.Context) error {
	now := time.Now().Round(0) // of a clock that goes on while the machine sleeps
	if now.Sub(c.heard) > mostGap {
		c.hears = now
	}
	c.heard = now
	if c.worker != nil && c.left == nil || now.Sub(c.reaped) < reapEvery {
		return nil
	}
	c.reaped = now
	c.unattended(ctx)
	_, err := c.record.Reap(context.WithoutCancel(ctx), now.Sub(c.hears))
	return err
}

// look takes in what is new, and reports whether the sweep is over.
func (c *coordinator) look(ctx context.Context) (over bool, err error) {
	queued, err := c.record.Queued(ctx, c.run.sweep)
	running := 0
	if err == nil && c.closing { // before what they bring is heard
		running, err = c.record.InHand(ctx, c.run.sweep)
	}
	if err == nil {
		err = c.listen(ctx, false)
	}
	if err != nil {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		return false, err
	}
	if err := c.reap(ctx); err != nil {
		return false, err
	}
	for _, e := range c.schedule.Ends() {
		c.end(e)
	}
	c.schedule.Work()
	if n := len(c.plan.Trials()); n > c.planned {
		c.planned = n
		c.run.plan(n)
	}
	switch {
	case c.schedule.Over():
		return true, nil
	case c.closing && c.guest():
		c.worker.finish()
		return c.worker.holds() == 0, nil
	case c.closing:
		return running == 0, nil
	case c.run.timeUp():
		n, err := c.record.InHand(ctx, c.run.sweep)
		if err != nil {
			return false, err
		}
		if c.guest() { // what others have in hand is of the rest, too
			n = c.worker.holds()
		}
		c.closing = true
		c.run.leave(max(len(c.schedule.Open())-n, 0))
		if c.guest() {
			return false, nil
		}
		return false, c.record.Dequeue(context.WithoutCancel(ctx), c.run.sweep, c.plan.Identity(), true)
	case queued.Spec != c.plan.Identity() && queued.Spec != "":
		return false, &sweeps.LockedError{Sweep: c.run.sweep, By: "workers, by another spec"}
	case queued.Halted != "":
		return false, errors.New(queued.Halted)
	case queued.Spec == "":
		return false, ErrAskedToStop
	case time.Since(c.filled) > refillEvery:
		return false, c.fill(context.WithoutCancel(ctx))
	}
	return false, c.deserted(ctx)
}

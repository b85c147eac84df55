package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"sweep/sweeps"
)

// Worker trains what a queue hands out, whatever sweep it is of, for as long as it is let. Many may do so, on many machines.
// All fields but Locks, Events, Refused and Now are needed.
type Worker struct {
	Queue    Queue
	Recorder QueueRecorder
	// Load makes of the record what it takes to train a sweep here. An error that wraps ErrMachine says that this machine cannot: its
	// trials are left to others, and it is asked again after a minute. A worker that for a minute was handed nothing but such, from the
	// start, ends with the error.
	Load  func(ctx context.Context, sweep string) (Job, error)
	Name  string // for people
	Slots int    // trials at a time
	// Segment is how long a training goes on before it becomes a task again, from its checkpoint; 0: ten minutes.
	Segment time.Duration
	// SoftStop is how long trainings are given to keep what they have when the worker ends; 0: 25 seconds.
	SoftStop time.Duration
	// Idle is after how long without anything to do the worker ends; 0: never.
	Idle time.Duration
	// Useless is after how long a worker ends that has been handed nothing but what it cannot train; 0: a minute.
	Useless time.Duration
	// Locks are asked which processes live that train outside the queue.
	Locks sweeps.Locks
	// Events, when set, is called on one goroutine, in order, with what happens to the trials here.
	Events func(Event)
	// Refused, when set, is told of a sweep that cannot be trained here, and why, once for each reason. It may be called concurrently.
	Refused func(sweep string, why error)
	Now     func() time.Time
	// Abort, when set, is called where trainings, or what the record is to learn of them, have not ended after SoftStop. What they had in hand is
	// others' then.
	// It is told why the worker ends, nil if it was asked to.
	Abort func(why error)

	feed *feed
	home string          // the sweep that this process runs, "": it serves all alike
	only map[string]bool // the trials of it that the run is of; nil: all

	mu       sync.Mutex
	sites    map[string]*site
	live     map[*hand]bool // what is being trained
	mine     map[string]bool
	foreign  map[string]refusal // sweeps that cannot be trained here
	planning int                // tasks whose plans are being read
	useful   bool               // something was trained here
	refused  time.Time          // since when sweeps are refused
	life     context.Context    // ends as the worker begins to
	cut      context.CancelCauseFunc
	opening  singleflight.Group
	err      error // why the worker ends
	ending   bool
	ended    chan struct{}      // closed as it begins to end
	stop     context.CancelFunc // takes no more tasks
	failures []sweeps.Attempt   // in a row, that came at once
	trusting bool               // others fail likewise: that is no fault of this machine
	doubting bool
	resting  bool      // it takes nothing more
	busy     time.Time // when something was being trained last, and how often it was looked since
	quiet    int
}

// hand is a trial in a worker's hand.
type hand struct {
	site  *site
	trial string
	slot  int
	end   context.CancelCauseFunc
}

const (
	// segmentTime is how long a training goes on before it becomes a task again, from its checkpoint.
	segmentTime = 10 * time.Minute
	// softStop is how long trainings are given to keep what they have when a worker ends.
	softStop = 25 * time.Second
	// leaveWithin is how long the record is given to learn that a worker has left whose trainings do not end.
	leaveWithin = 2 * time.Second
	// handAgain is when a task is handed out again that this worker cannot take now.
	handAgain = time.Second
	// leaveFor is for how long a slot rests that was handed what this worker cannot train at all.
	leaveFor = 2 * time.Second
	// pausedFor is when a task is handed out again whose sweep is paused; others of it, which are put off with it, after restFor.
	pausedFor = 5 * time.Second
	// restFor is when tasks of a sweep that is paused are handed out again, unless a worker has seen before that it goes on.
	restFor = time.Minute
	// attendEvery is how often a worker looks whether its sweeps are paused or taken out of the queue.
	attendEvery = time.Second
	// attendIdle is how often it does so for a sweep of which it trains nothing, and which is not paused, lest hundreds of workers that wait keep a server busy.
	attendIdle = 10 * time.Second
	// beatEvery is how often a worker lets itself be heard of.
	beatEvery = 15 * time.Second
	// beatFor is how long a beat may take. One that is given up gives up its place in a line, too; but over a connection that leads nowhere
	// any more none arrives, and the next has to before the worker is given up.
	beatFor = 25 * time.Second
)

// Run takes tasks until ctx ends; then it gives the trainings the time to keep what they have, and leaves them to others. The error is nil then, and else
// why this worker takes itself out: it was given up by others (sweeps.ErrGone), it cannot train (ErrMachine), or
// what it trains fails where others succeed (ErrBlackHole).
func (w *Worker) Run(ctx context.Context) error {
	if w.feed == nil {
		w.feed = newFeed(w.Events)
		defer w.feed.close()
	}
	w.mu.Lock()
	w.busy, w.ended = time.Now(), make(chan struct{})
	w.sites, w.live, w.mine, w.foreign = map[string]*site{}, map[*hand]bool{}, map[string]bool{}, map[string]refusal{}
	w.mu.Unlock()
	kept := context.WithoutCancel(ctx)
	w.life, w.cut = context.WithCancelCause(kept)
	defer w.cut(nil)
	if err := w.Recorder.Enroll(kept, w.Name, w.Slots); err != nil {
		return err
	}
	if _, err := w.Recorder.Reap(kept, 0); err != nil { // it may take the place of one that has died here
		return errors.Join(err, w.Recorder.Leave(kept))
	}
	done := make(chan struct{})
	var beside sync.WaitGroup
	beside.Go(func() { every(beatEvery, done, func() { w.beat(kept) }) })
	beside.Go(func() { every(attendEvery, done, func() { w.attend(kept) }) })
	release := context.AfterFunc(ctx, func() { w.putAway(context.Cause(ctx)) })
	beside.Go(func() { w.patience(kept, done) })
	err := w.work(ctx)
	release()
	w.mu.Lock()
	err = cmp.Or(w.err, err)
	w.mu.Unlock()
	if !errors.Is(err, sweeps.ErrGone) { // with patience, as long as that of the worker lasts
		err = errors.Join(err, w.Recorder.Leave(kept))
	}
	close(done)
	beside.Wait()
	return err
}

// every calls f at intervals until done is closed.
func every(d time.Duration, done <-chan struct{}, f func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			f()
		}
	}
}

// work takes tasks until ctx or the worker ends, with pauses while it doubts itself.
func (w *Worker) work(ctx context.Context) error {
	for {
		taking, stop := context.WithCancel(ctx)
		w.mu.Lock()
		w.stop = stop
		over := w.ending || w.err != nil
		w.mu.Unlock()
		if over || ctx.Err() != nil {
			stop()
			return nil
		}
		err := w.Queue.Work(taking, w.Slots, w.do, func(ctx context.Context) error {
			_, err := w.Recorder.Reap(ctx, 0)
			return err
		})
		stop()
		if err != nil {
			w.putAway(err)
			return err
		}
		w.mu.Lock()
		doubting := w.doubting
		w.mu.Unlock()
		if doubting {
			if err := w.doubt(ctx); err != nil {
				return err
			}
		}
	}
}

// putAway ends what is being trained, with a checkpoint where it can, and takes no more.
func (w *Worker) putAway(cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ending {
		w.ending = true
		close(w.ended)
		w.cut(cause)
	}
	if w.stop != nil {
		w.stop()
	}
	for h := range w.live {
		h.end(cause)
	}
}

// patience gives trainings the time to end, once the worker does, and the record to learn of it.
func (w *Worker) patience(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
		return
	case <-w.ended:
	}
	select {
	case <-done:
	case <-time.After(cmp.Or(w.SoftStop, softStop)):
		if w.Abort != nil {
			left := make(chan struct{})
			go func() {
				defer close(left)
				_ = w.Recorder.Leave(ctx) // else others find out after a while
			}()
			select {
			case <-left:
			case <-time.After(leaveWithin):
			}
			w.mu.Lock()
			why := w.err
			w.mu.Unlock()
			w.Abort(why)
		}
	}
}

// fail ends the worker with an error.
func (w *Worker) fail(err error) {
	w.mu.Lock()
	w.err = cmp.Or(w.err, err)
	w.mu.Unlock()
	w.putAway(err)
}

// beat lets the worker be heard of. That the record cannot be reached is no reason to end: the others may not either, and
// whether they have given this worker up is known when it can be.
func (w *Worker) beat(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, beatFor)
	defer cancel()
	if err := w.Recorder.Beat(ctx); errors.Is(err, sweeps.ErrGone) {
		w.fail(err)
	}
}

// attend follows what was asked of the sweeps that are being trained here.
func (w *Worker) attend(ctx context.Context) {
	w.mu.Lock()
	w.quiet++
	if len(w.live) > 0 || w.planning > 0 {
		w.busy, w.quiet = time.Now(), 0
	}
	// Twice in a row: a machine that stood still for a while has not been idle.
	idle := w.Idle > 0 && !w.doubting && w.quiet > 1 && time.Since(w.busy) > w.Idle
	useless := w.useless(idle)
	sites := make(map[string]*site, len(w.sites))
	for name, x := range w.sites {
		if w.trains(x) || x.paused.Load() || time.Since(x.followed) > attendIdle {
			sites[name] = x
		}
	}
	w.mu.Unlock()
	switch {
	case useless != nil && !w.mayServe(ctx):
		w.fail(useless)
		return
	case idle:
		w.putAway(nil)
		return
	}
	for name, x := range sites {
		w.follow(ctx, name, x)
	}
}

// rest lets a sweep rest, or go on.
func (w *Worker) rest(ctx context.Context, sweep string, paused bool) {
	w.mu.Lock()
	x := w.sites[sweep]
	w.mu.Unlock()
	if x != nil && x.paused.Swap(paused) && !paused {
		_ = w.Queue.Delay(ctx, sweep, 0) // else what was put off meanwhile comes in a while
	}
}

// trains reports whether trials of a sweep are being trained here.
func (w *Worker) trains(x *site) bool {
	for h := range w.live {
		if h.site == x {
			return true
		}
	}
	return false
}

// stale reports whether it was not looked for a while how a sweep stands.
func (w *Worker) stale(x *site) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(x.followed) > 2*attendEvery
}

func (w *Worker) follow(ctx context.Context, name string, x *site) {
	w.mu.Lock()
	x.followed = time.Now()
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 5*attendEvery)
	defer cancel()
	queued, err := w.Recorder.Queued(ctx, name)
	if err != nil {
		return // who cannot be asked now is asked again
	}
	if w.Locks != nil {
		if asked, err := w.Locks.Asked(ctx, name); err == nil && x.paused.Swap(asked == sweeps.Pause) && asked != sweeps.Pause {
			_ = w.Queue.Delay(ctx, name, 0) // else they come in a while
		}
	}
	if queued.In && (queued.Spec == "" || queued.Spec == x.spec) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sites[name] == x { // else it was opened anew meanwhile, by another plan
		delete(w.sites, name)
	}
	for h := range w.live {
		if h.site == x {
			h.end(ErrAskedToStop)
		}
	}
}

// siteOf returns a sweep's site. It is opened once, whoever asks; the worker goes on with the rest meanwhile.
func (w *Worker) siteOf(task sweeps.Task) (*site, error) {
	x, err, _ := w.opening.Do(task.Sweep+"\x00"+task.Spec, func() (any, error) {
		w.mu.Lock()
		x := w.sites[task.Sweep]
		w.mu.Unlock()
		if x != nil && x.spec == task.Spec {
			return x, nil
		}
		x, err := w.open(w.life, task.Sweep)
		if err != nil {
			return nil, err
		}
		if x.spec != task.Spec {
			return nil, errElse
		}
		if w.Locks != nil {
			asked, err := w.Locks.Asked(w.life, task.Sweep)
			if err != nil {
				return nil, err
			}
			x.paused.Store(asked == sweeps.Pause)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		x.followed = time.Now()
		w.sites[task.Sweep] = x
		return x, nil
	})
	if err != nil {
		return nil, err
	}
	return x.(*site), nil
}

// do trains a task.
func (w *Worker) do(ctx context.Context, task sweeps.Task) (again time.Duration, err error) {
	if w.cannot(task) {
		return leaveFor, sweeps.ErrLeft
	}
	x, err := w.plans(task)
	if err == nil && w.stale(x) {
		w.follow(ctx, task.Sweep, x)
	}
	switch {
	case err != nil && w.over():
		return handAgain, nil
	case errors.Is(err, errElse):
		return w.refuse(ctx, task, fmt.Errorf("%w: it plans the sweep otherwise than it is queued, as another version of the program does", ErrMachine))
	case errors.Is(err, sweeps.ErrSuperseded):
		return 0, w.drop(ctx, task)
	case errors.Is(err, ErrMachine):
		return w.refuse(ctx, task, err)
	case err != nil:
		return 0, err
	case x.resting():
		return pausedFor, w.delay(ctx, x)
	case w.home != "" && !w.sees(task.Sweep, task.Trial) && !pauses(x.run.Trainer):
		return leaveFor, sweeps.ErrLeft // it would be broken off when this run ends
	}
	h, hctx, ok := w.take(ctx, x, task.Trial)
	if !ok {
		return handAgain, nil
	}
	ended := false
	defer func() { w.lay(h, task.Trial, ended) }()
	t, err := x.find(ctx, task.Trial)
	if errors.Is(err, sweeps.ErrDrifted) {
		return w.refuse(ctx, task, fmt.Errorf("%w: trial %s is none of its plan here", ErrMachine, task.Trial))
	}
	if err != nil {
		return 0, err
	}
	c, err := x.run.claim(ctx, t, func(ctx context.Context) (sweeps.Claim, error) { return w.Recorder.ClaimTask(ctx, t, task) })
	switch {
	case errors.Is(err, sweeps.ErrSuperseded):
		return 0, w.drop(ctx, task)
	case errors.Is(err, sweeps.ErrGone):
		w.fail(err)
		return handAgain, nil
	case err != nil:
		return 0, err
	case c.Linked != "":
		ended = true
		err := x.turn(t, nil)
		w.feed.push(Event{Kind: Linked, Worker: h.slot, Trial: t, State: c.Linked})
		return 0, err
	case !c.Run:
		return pollEvery, nil
	}
	o, err := w.train(hctx, x, h, t, c)
	ended = o.State.Finished() && !o.Undecided
	return 0, err
}

// train trains a claimed trial.
func (w *Worker) train(ctx context.Context, x *site, h *hand, t sweeps.Trial, c sweeps.Claim) (sweeps.Outcome, error) {
	s := x.run.newSession(ctx, h.slot, t, c)
	s.weigh = func() { w.weigh(ctx, s) }
	trained := ErrPause // for now: others have decided so
	if x.goes(ctx, t.ID, c.Told) {
		trained = s.train(ctx)
	} else {
		s.follow()
		s.asked = true
	}
	err := s.end(ctx, trained)
	switch {
	case errors.Is(err, sweeps.ErrSuperseded):
		err = nil
	case err != nil:
		w.fail(err) // the record holds it in this worker's hand: it is taken out of that with the worker
	}
	return s.result, err
}

// sees reports whether the run that this worker is of sees a trial through.
func (w *Worker) sees(sweep, trial string) bool {
	return sweep == w.home && (w.only == nil || w.only[trial])
}

// take puts a trial into the worker's hand, unless it ends.
func (w *Worker) take(ctx context.Context, x *site, trial string) (*hand, context.Context, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending || w.doubting || w.resting {
		return nil, nil, false
	}
	slots := make([]bool, w.Slots)
	for h := range w.live {
		if h.trial == trial && h.site.run.sweep == x.run.sweep { // an earlier attempt, which has still to find out that it was given up
			return nil, nil, false
		}
		if h.slot < len(slots) {
			slots[h.slot] = true
		}
	}
	h := &hand{site: x, trial: trial, slot: max(slices.Index(slots, false), 0)}
	ctx, h.end = context.WithCancelCause(ctx)
	w.live[h] = true
	w.mine[x.run.sweep+"/"+trial] = true
	return h, ctx, true
}

// lay puts a trial out of hand.
func (w *Worker) lay(h *hand, trial string, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h.end(nil)
	delete(w.live, h)
	if !ended {
		delete(w.mine, h.site.run.sweep+"/"+trial)
	}
}

// finish lets the worker take nothing more. There may be none.
func (w *Worker) finish() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resting = true
}

// holds returns how many trials the worker has in hand of those that its run sees through. There may be none.
func (w *Worker) holds() (n int) {
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for h := range w.live {
		if w.sees(h.site.run.sweep, h.trial) {
			n++
		}
	}
	return n
}

// had reports whether the end of a trial is told by this worker's own events.
func (w *Worker) had(t sweeps.Trial) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mine[t.Sweep+"/"+t.ID]
}

// drop removes tasks like one that is none any more: those of its round, if that is over.
func (w *Worker) drop(ctx context.Context, task sweeps.Task) error {
	queued, err := w.Recorder.Queued(ctx, task.Sweep)
	if err != nil || queued.In && queued.Round <= task.Round {
		return err
	}
	return w.Queue.Drop(ctx, task)
}

// delay puts off the tasks of a sweep that is paused, lest they keep those of others from their turn.
func (w *Worker) delay(ctx context.Context, x *site) error {
	w.mu.Lock()
	done := time.Since(x.delayed) < attendEvery
	if !done {
		x.delayed = time.Now()
	}
	w.mu.Unlock()
	if done {
		return nil
	}
	err := w.Queue.Delay(ctx, x.run.sweep, restFor)
	if err == nil && !x.resting() { // it was let go on meanwhile
		err = w.Queue.Delay(ctx, x.run.sweep, 0)
	}
	return err
}

// pauses reports whether a Trainer can break a training off and go on with it later.
func pauses(t Trainer) bool {
	p, ok := t.(Pauser)
	return ok && p.Pauses()
}

package runner

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sweep/sweeps"
)

// pollEvery is how often a training that another sweep's process is running is asked for again.
const pollEvery = 500 * time.Millisecond

// pool stands between a plan's schedule and the workers: it hands out trials that may be trained, tells the schedule what
// they come to, and records what the schedule decides on that.
type pool struct {
	run      *run
	plan     *sweeps.Plan
	schedule *sweeps.Schedule
	ctx      context.Context // its end ends the pool
	kept     context.Context // for the record: without that end

	paused atomic.Bool // nothing is to be trained for now, by request

	mu      sync.Mutex
	changed sync.Cond
	waiting []sweeps.Trial
	parked  []ticket         // trained by other sweeps; the first is due first
	held    map[string]bool  // trials in workers' hands
	late    map[string]Event // what is known of trials whose end is undecided
	planned int              // trials of the plan that the record holds
	left    bool             // the time is up
	err     error
}

// ticket is a trial that another sweep trained when it was last asked for.
type ticket struct {
	trial sweeps.Trial
	busy  string    // that sweep
	due   time.Time // not to be asked for before
}

func newPool(ctx context.Context, x *run, p *sweeps.Plan, s *sweeps.Schedule) *pool {
	q := &pool{
		run: x, plan: p, schedule: s, ctx: ctx, kept: context.WithoutCancel(ctx),
		held: map[string]bool{}, late: map[string]Event{}, planned: len(p.Trials()),
	}
	q.changed.L = &q.mu
	q.mu.Lock()
	q.update()
	q.mu.Unlock()
	return q
}

// over reports whether nothing more is handed out, for reasons that are not the plan's.
func (q *pool) over() bool { return q.ctx.Err() != nil || q.err != nil || q.left }

// wake lets those who wait look again. It is called when ctx ends.
func (q *pool) wake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.changed.Broadcast()
}

// take returns the next trial to train, once there is one; ok is false when there will be none any more. A trial that
// another sweep trains is offered again when nothing else is left to begin, so that it keeps no worker from other work.
func (q *pool) take() (t ticket, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if !q.left && q.run.timeUp() {
			q.left = true
			q.run.leave(len(q.waiting) + len(q.parked))
			q.waiting, q.parked = nil, nil
			q.changed.Broadcast()
		}
		switch {
		case q.over():
			return ticket{}, false
		case q.paused.Load():
			q.changed.Wait()
			continue
		case len(q.waiting) > 0:
			t = ticket{trial: q.waiting[0]}
			q.waiting = q.waiting[1:]
		case len(q.parked) > 0:
			if wait := time.Until(q.parked[0].due); wait > 0 {
				timer := time.AfterFunc(wait, q.wake)
				q.changed.Wait()
				timer.Stop()
				continue
			}
			t = q.parked[0]
			q.parked = q.parked[1:]
		case q.schedule.Over() || len(q.held) == 0:
			return ticket{}, false
		default:
			q.changed.Wait()
			continue
		}
		q.held[t.trial.ID] = true
		return t, true
	}
}

// park gives a trial back that another sweep trains.
func (q *pool) park(t sweeps.Trial, busy string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, t.ID)
	q.parked = append(q.parked, ticket{trial: t, busy: busy, due: time.Now().Add(pollEvery)})
	q.changed.Broadcast()
}

// drop gives a trial back that was interrupted.
func (q *pool) drop(t sweeps.Trial) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, t.ID)
	q.changed.Broadcast()
}

// tell tells the schedule how far a trial has come.
func (q *pool) tell(t sweeps.Trial, known sweeps.Progress, kept bool) {
	if err := q.schedule.Tell(t.ID, known, kept); err != nil {
		q.fail(err)
	}
	q.update()
}

func (q *pool) fail(err error) { q.err = cmp.Or(q.err, err) }

// abort ends the run with an error, once what is running has ended.
func (q *pool) abort(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail(err)
	q.changed.Broadcast()
}

// update records what the schedule has decided, and offers what it has opened.
func (q *pool) update() {
	if n := len(q.plan.Trials()); n > q.planned && q.err == nil {
		if err := q.run.search.Extend(q.kept, q.plan, q.planned); err != nil {
			q.fail(err)
		}
		q.planned = n
		q.run.plan(n)
	}
	for _, e := range q.schedule.Ends() {
		if !q.held[e.Trial.ID] { // else its session sees to it
			q.end(e)
		}
	}
	for _, w := range q.schedule.Work() {
		if !q.held[w.Trial.ID] {
			q.waiting = append(q.waiting, w.Trial)
		}
	}
	q.changed.Broadcast()
}

// end records the end of a trial that no worker has.
func (q *pool) end(e sweeps.End) {
	if q.err != nil {
		return
	}
	event := q.late[e.Trial.ID]
	delete(q.late, e.Trial.ID)
	event.Kind, event.Worker, event.Trial, event.State = Finished, -1, e.Trial, e.State
	if e.State == sweeps.Stopped {
		event.Step, event.Err = cmp.Or(e.Step, event.Step), ""
	}
	if e.Kept {
		event.Kind = Linked
	} else if err := q.run.search.End(q.kept, e.Trial, sweeps.Outcome{State: e.State, Step: e.Step, ByRule: e.Step > 0}); err != nil {
		q.fail(err)
		return
	}
	q.run.count(e.State, e.Kept)
	q.run.feed.push(event)
}

// settle gives a trial back whose end the record holds.
func (q *pool) settle(t sweeps.Trial, known sweeps.Progress) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.held, t.ID)
	q.tell(t, known, true)
}

// free reports whether some trial waits for a worker.
func (q *pool) free() bool { return len(q.waiting) > 0 }

package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sweep/sweeps"
)

// Job is what it takes to train the trials of a sweep.
type Job struct {
	Plan    *sweeps.Plan // recalled, if results decide what is trained
	Trainer Trainer
}

// site is a sweep as one worker of a queue knows it: a copy of its schedule, and what trains its trials. All workers' copies
// decide the same by the same results. Whoever brings a result brings its copy up to date within the transaction that records
// the result, and records with it what follows.
type site struct {
	run    *run
	record QueueRecorder
	load   func(ctx context.Context, sweep string) (Job, error)
	paused atomic.Bool
	failed func(error) // what the worker is to end with
	faulty func(error) // is told what is wrong with the sweep itself

	// Guarded by Worker.mu:
	delayed  time.Time // its tasks were put off last
	followed time.Time // it was looked whether it is paused, or out of the queue

	mu       sync.Mutex
	current  bool   // what follows is as the record has it
	spec     string // the plan's identity
	plan     *sweeps.Plan
	schedule *sweeps.Schedule
	trials   map[string]sweeps.Trial // of the plan, by ID
	since    int64                   // the number of what the record was told last
	planned  int                     // how many trials of the plan the record holds
	halt     bool                    // results are of no use
	ahead    bool                    // it was just read: of what follows nobody may have recorded some
}

// errElse reports that the record's plan is not the one that is queued.
var errElse = errors.New("its sweep was taken out of the queue, or is queued by another plan")

// open makes a sweep's site on a worker.
func (w *Worker) open(ctx context.Context, sweep string) (*site, error) {
	x := &site{record: w.Recorder, load: w.Load, failed: w.fail, faulty: w.fail}
	if sweep != w.home {
		x.faulty = func(error) {} // its trial has failed with it, and it is taken out of the queue: the worker goes on with others
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	job, err := x.read(ctx, sweep)
	if err != nil {
		return nil, err
	}
	r := &Runner{Trainer: job.Trainer, Recorder: w.Recorder, Budget: job.Plan.Spec.Budget, Locks: w.Locks, Now: w.Now}
	x.run = newRun(r, job.Plan)
	x.run.start = x.run.now()
	x.run.desk, x.run.feed, x.run.slice = x, w.feed, cmp.Or(w.Segment, segmentTime)
	if job.Plan.Spec.Decides() {
		x.run.search = w.Recorder
	}
	x.run.knows(x.plan, x.schedule)
	return x, nil
}

// read takes plan and schedule from the record.
func (x *site) read(ctx context.Context, sweep string) (Job, error) {
	queued, err := x.record.Queued(ctx, sweep) // first: what is told meanwhile is told once more
	if err != nil {
		return Job{}, err
	}
	job, err := x.load(ctx, sweep)
	if err != nil {
		return job, err
	}
	spec := job.Plan.Identity()
	if err := sameTrainer(queued.Spec, spec); err != nil {
		return job, err
	}
	if queued.Spec != spec && queued.Spec != "" || x.spec != "" && x.spec != spec {
		return job, errElse
	}
	schedule, err := job.Plan.Schedule()
	if err != nil {
		return job, err
	}
	since := int64(-1)
	if job.Plan.Spec.Decides() { // it has recalled the rest
		since = queued.Told
	}
	told, err := x.record.Told(ctx, sweep, since, job.Plan.Spec.Metric.Name, schedule.Judges())
	if err != nil {
		return job, err
	}
	if x.spec == "" { // it stays: a site is of one plan
		x.spec = spec
	}
	x.plan, x.schedule, x.since, x.trials = job.Plan, schedule, max(queued.Told, 0), map[string]sweeps.Trial{}
	// The curve of a trial may hold a value of which no turn has told, and never will in the words of the session that has logged it, which was
	// lost, or is under way. What follows from that is in the schedule and perhaps not in the record.
	x.planned, x.ahead = len(x.plan.Trials()), job.Plan.Spec.Decides()
	if x.ahead {
		x.planned = schedule.Recalled()
	}
	if _, err := x.tellAll(told); err != nil {
		return job, err
	}
	x.drop()
	x.current = true
	return job, nil
}

// sameTrainer is an ErrMachine if a sweep is queued for another trainer, or another numeric version of it, than the one here, which would
// come to other bits.
func sameTrainer(queued, here string) error {
	_, wanted, _ := strings.Cut(queued, " ") // after the spec's hash
	_, has, _ := strings.Cut(here, " ")
	if queued == "" || wanted == has {
		return nil
	}
	return fmt.Errorf("%w: it is trained by %s, and this program is %s, which gives other bits", ErrMachine, wanted, has)
}

// drop forgets what follows from results that others have brought: they have seen to it.
func (x *site) drop() {
	if x.ahead {
		return // it is recorded with the next decision, once more perhaps
	}
	x.schedule.Work()
	x.schedule.Ends()
}

// tellAll tells the schedule what the record was told, and returns what is of trials that the plan does not hold.
func (x *site) tellAll(told []sweeps.Told) (rest []sweeps.Told, err error) {
	return tellAll(x.schedule, told, func(id string) bool {
		_, err := x.trial(id)
		return err == nil
	}, func(t sweeps.Told) { x.since = max(x.since, t.Number) })
}

// tellAll tells a schedule what the record was told. A trial may have been planned by what another has come to of which a later state came
// after it: so those that the plan does not hold are told once more as long as it grows. It returns those that it never held.
func tellAll(s *sweeps.Schedule, told []sweeps.Told, holds func(trial string) bool, heard func(sweeps.Told)) (rest []sweeps.Told, err error) {
	for {
		rest = nil
		for _, t := range told {
			if !holds(t.Trial) {
				rest = append(rest, t)
				continue
			}
			if err := s.Tell(t.Trial, t.Progress, t.Kept); err != nil {
				return rest, err
			}
			heard(t)
		}
		if len(rest) == len(told) || len(rest) == 0 {
			return rest, nil
		}
		told = rest
	}
}

// drifted is the error of what was told of trials that the plan does not hold.
func drifted(rest []sweeps.Told) error {
	if len(rest) == 0 {
		return nil
	}
	return fmt.Errorf("trial %s: %w", rest[0].Trial, sweeps.ErrDrifted)
}

// trial finds a trial of the plan.
func (x *site) trial(id string) (sweeps.Trial, error) {
	all := x.plan.Trials()
	for _, t := range all[len(x.trials):] {
		x.trials[t.ID] = t
	}
	t, ok := x.trials[id]
	if !ok {
		return t, fmt.Errorf("trial %s: %w", id, sweeps.ErrDrifted)
	}
	return t, nil
}

// find returns a trial of a task, reading what was planned since if need be.
func (x *site) find(ctx context.Context, id string) (sweeps.Trial, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t, err := x.trial(id)
	if err == nil {
		return t, nil
	}
	if err := x.catchUp(ctx); err == nil {
		if t, err := x.trial(id); err == nil {
			return t, nil
		}
	} else if !errors.Is(err, sweeps.ErrDrifted) {
		return t, err
	}
	if err := x.reread(ctx); err != nil {
		return t, err
	}
	return x.trial(id)
}

// reread takes plan and schedule from the record once more. Another copy may have decided by values of which no turn has told yet.
func (x *site) reread(ctx context.Context) error {
	x.current = false
	return x.catchUp(ctx)
}

// catchUp brings the copy of the schedule to what the record holds.
func (x *site) catchUp(ctx context.Context) error {
	if !x.current {
		_, err := x.read(ctx, x.run.sweep)
		return err
	}
	told, err := x.record.Told(ctx, x.run.sweep, x.since, x.run.metric, x.schedule.Judges())
	if err != nil {
		return err
	}
	rest, err := x.tellAll(told)
	x.drop()
	if err = cmp.Or(err, drifted(rest)); err != nil {
		x.current = false
	}
	return err
}

// goes reports whether a trial is to be trained now, of which the record was told last by a number: a copy that does not know how far it
// has come would have it put away there once more.
func (x *site) goes(ctx context.Context, id string, told int64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.schedule.Until(id); ok && x.since >= told {
		return true
	}
	for _, more := range []func(context.Context) error{x.catchUp, x.reread} {
		if err := more(ctx); err != nil {
			return true // which is found out when its session ends
		}
		if _, ok := x.schedule.Until(id); ok {
			return true
		}
	}
	return false
}

// Since implements sweeps.Decider.
func (x *site) Since(ctx context.Context) (int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.current {
		if _, err := x.read(ctx, x.run.sweep); err != nil {
			return 0, err
		}
	}
	return x.since, nil
}

// Forget implements sweeps.Decider.
func (x *site) Forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.current = false
}

// Decide implements sweeps.Decider.
func (x *site) Decide(told []sweeps.Told, own []sweeps.Own) (d sweeps.Decision, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	d = sweeps.Decision{Plan: x.plan, Since: x.planned, Halt: x.halt}
	turns := make(map[string]*sweeps.Outcome, len(own))
	for _, o := range own {
		turns[o.Trial] = o.Outcome
	}
	isMine := func(t sweeps.Told) bool { _, mine := turns[t.Trial]; return mine }
	others := slices.DeleteFunc(slices.Clone(told), isMine)
	if others, err = x.tellAll(others); err != nil {
		return d, err
	}
	x.drop()
	if d.From = len(x.plan.Trials()); x.ahead {
		d.From = x.planned
	}
	mine := slices.DeleteFunc(told, func(t sweeps.Told) bool { return !isMine(t) })
	rest, err := x.tellAll(append(mine, others...))
	if err = cmp.Or(err, drifted(rest)); err != nil {
		return d, err
	}
	for _, w := range x.schedule.Work() {
		// One whose session has just ended may have been let go on by what others have come to, before it was known how it ended.
		_, goes := x.schedule.Until(w.Trial.ID)
		if o, mine := turns[w.Trial.ID]; goes && (!mine || x.goesOn(w.Trial.ID, o)) {
			d.Work = append(d.Work, w.Trial)
		}
	}
	d.Ends = x.schedule.Ends()
	for _, o := range own {
		if err := x.own(&d, o); err != nil {
			return d, err
		}
	}
	x.planned, x.ahead = len(x.plan.Trials()), false
	d.Over = x.schedule.Over()
	return d, nil
}

// own adds what becomes of a trial whose session has just ended: while it ran, others left it to that.
func (x *site) own(d *sweeps.Decision, own sweeps.Own) error {
	t, err := x.trial(own.Trial)
	if err != nil || own.Outcome == nil {
		return err
	}
	if step, stopped := x.schedule.Stopped(t.ID); stopped {
		if !slices.ContainsFunc(d.Ends, func(e sweeps.End) bool { return e.Trial.ID == t.ID }) {
			d.Ends = append(d.Ends, sweeps.End{Trial: t, State: sweeps.Stopped, Step: step})
		}
		return nil
	}
	if x.goesOn(t.ID, own.Outcome) && !slices.ContainsFunc(d.Work, func(w sweeps.Trial) bool { return w.ID == t.ID }) {
		d.Work = append(d.Work, t)
	}
	return nil
}

// goesOn reports whether a trial becomes a task again whose session has ended so.
func (x *site) goesOn(trial string, o *sweeps.Outcome) bool {
	_, goes := x.schedule.Until(trial)
	return goes && o != nil && o.State == sweeps.Waiting
}

// mostDrift is how often a decision is tried that other machines' decisions contradict.
const mostDrift = 3

// turn records what a trial has come to.
func (x *site) turn(t sweeps.Trial, o *sweeps.Outcome) error {
	for n := 1; ; n++ {
		x.mu.Lock()
		if !x.current { // here rather than in the transaction, for which all wait
			if _, err := x.read(context.Background(), x.run.sweep); err != nil && !errors.Is(err, errElse) {
				x.mu.Unlock()
				return err
			}
		}
		turn := sweeps.Turn{Trial: t, Outcome: o, Metric: x.run.metric, Curves: x.schedule.Judges(), Spec: x.spec, Decider: x}
		x.mu.Unlock()
		err := x.record.Turn(context.Background(), turn)
		if !errors.Is(err, sweeps.ErrDrifted) || n == mostDrift {
			return err
		}
	}
}

func (x *site) known(trial string) (sweeps.Progress, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.schedule.Known(trial), x.schedule.Judges()
}

func (x *site) resting() bool { return x.paused.Load() }

func (x *site) abort(err error) { x.failed(err) }

// decide lets a Trainer that can pause do so: when it is decided that the trial goes on, it becomes a task again. One that cannot
// goes on meanwhile.
func (x *site) decide(s *session) error {
	x.mu.Lock()
	until, goes := x.schedule.Until(s.trial.ID)
	x.mu.Unlock()
	switch {
	case goes && (until == 0 || until > len(s.known.Curve)):
		return nil
	case s.pauses:
		s.asked = true
		return ErrPause
	}
	switch err := x.turn(s.trial, nil); {
	case errors.Is(err, errElse):
		s.asked = true
		return ErrPause
	case err != nil:
		s.err = err // it is the record's, and no failure of the trial's
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if step, stopped := x.schedule.Stopped(s.trial.ID); stopped {
		s.stopped, s.stop = true, step
		return s.breakOff()
	}
	return nil
}

func (x *site) close(s *session) error {
	unmetered := x.run.meter(s)
	s.result.Undecided = !s.settled()
	if unmetered != nil {
		x.mu.Lock()
		x.halt = true
		x.mu.Unlock()
		defer x.faulty(unmetered)
	}
	switch err := x.turn(s.trial, &s.result); {
	case errors.Is(err, sweeps.ErrSuperseded):
		s.result = sweeps.Outcome{State: sweeps.Waiting, Err: err.Error()}
	case err != nil:
		return err
	}
	s.tellEnd()
	return nil
}

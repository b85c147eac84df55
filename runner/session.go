package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sweep/sweeps"
)

// session is one attempt of a worker at one trial.
type session struct {
	run    *run
	worker int
	trial  sweeps.Trial
	claim  sweeps.Claim
	start  time.Time
	record func([]Point) error
	weigh  func() // what else is made of its end; nil: nothing

	untimed atomic.Int64 // time.Duration of what is not training

	// Of a plan whose trials are judged on the way:
	judged bool            // it is one
	pauses bool            // the Trainer can
	known  sweeps.Progress // the curve so far, by the pool's metric
	due    bool            // a decision is due once all values of this step are in

	mu      sync.Mutex // of what follows: report may be called by another goroutine than train's
	begun   bool       // something was reported
	ended   bool       // Train returned; what is reported now comes too late
	clocked bool       // the trial's time is up and its Trainer was told
	held    bool       // the Trainer has paused, not for an interrupt
	asked   bool       // it was told to pause
	logged  bool       // it has measured something in this session
	stopped bool       // a stopping rule has ended it
	stop    int64      // at which step
	err     error      // of the record
	now     Event      // what is known so far
	result  sweeps.Outcome
}

// train runs one claimed trial to its end, or to that of ctx. Its error is one of the record, never of the training.
func (x *run) train(ctx context.Context, worker int, t sweeps.Trial, c sweeps.Claim) error {
	s := x.newSession(ctx, worker, t, c)
	return s.end(ctx, s.train(ctx))
}

func (x *run) newSession(ctx context.Context, worker int, t sweeps.Trial, c sweeps.Claim) *session {
	kept := context.WithoutCancel(ctx)
	return &session{
		run: x, worker: worker, trial: t, claim: c, start: x.now(),
		record: func(ps []Point) error { return x.Recorder.Record(kept, t, ps) },
		now:    Event{Worker: worker, Trial: t, Attempt: c.Attempt, Seconds: c.Seconds},
	}
}

// train returns what the Trainer does.
func (s *session) train(ctx context.Context) error {
	s.follow()
	s.tell(Started)
	trained := call(context.WithValue(ctx, untimed{}, &s.untimed), s.run.Trainer, s.trial, s.report)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	return trained
}

// end records how the session has ended.
func (s *session) end(ctx context.Context, trained error) error {
	if s.err != nil {
		return fmt.Errorf("record trial %s: %w", s.trial.ID, s.err) // its running row waits for the next run
	}
	s.result = s.outcome(ctx, trained)
	if s.weigh != nil {
		s.weigh()
	}
	if errors.Is(trained, ErrMachine) {
		s.run.desk.abort(fmt.Errorf("trial %s: %w", s.trial.ID, trained)) // it waits; what runs already may end
	}
	return s.run.desk.close(s)
}

// finish records the end of a session.
func (s *session) finish() error {
	if err := s.run.Recorder.Finish(context.Background(), s.trial, s.result); err != nil {
		return fmt.Errorf("finish trial %s: %w", s.trial.ID, err)
	}
	s.tellEnd()
	return nil
}

// tellEnd tells of a session's end once the record holds it.
func (s *session) tellEnd() {
	o := s.result
	s.now.State, s.now.Err, s.now.Seconds = o.State, o.Err, s.claim.Seconds+o.Seconds
	switch {
	case o.Undecided:
		s.now.State = sweeps.Waiting
		s.tell(Paused)
		return
	case o.State == sweeps.Waiting && s.held:
		s.tell(Paused)
	default:
		s.tell(Finished)
	}
	s.run.count(o.State, false)
}

// report is what the Trainer is handed.
func (s *session) report(p Point) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return ErrStop
	}
	if s.err != nil {
		return s.err
	}
	if s.stopped && p.Step > s.stop {
		return s.breakOff()
	}
	elapsed := s.seconds()
	if p.Seconds == 0 {
		p.Seconds = elapsed
	}
	first := !s.begun
	s.begun = true
	if first && p.Metric == "" {
		s.now.From = p.Step
	}
	// A resumed training may tell its earlier points once more: that does not take it back.
	s.now.Step, s.now.Examples = max(s.now.Step, p.Step), max(s.now.Examples, p.Examples)
	s.now.Seconds = elapsed
	// Of mere progress the record learns where the session began; the rest would cost it a write each.
	if first || p.Metric != "" {
		if s.err = s.record([]Point{p}); s.err != nil {
			return s.err
		}
	}
	if p.Metric != "" {
		s.now.Latest = replace(s.now.Latest, p)
		s.logged = true
	}
	s.tell(Progress)
	if err := s.judge(p); err != nil {
		return err
	}
	if s.pauses && p.Metric == "" && (s.run.desk.resting() || s.run.slice > 0 && elapsed-s.claim.Seconds > s.run.slice.Seconds()) {
		s.asked = true
		return ErrPause // by request, until that is taken back, or to go on as another task
	}

	// What is whole already is not stopped: its last figures still come in.
	whole := p.Final || s.trial.Steps > 0 && p.Step >= s.trial.Steps
	limit := s.run.Budget.TrialTime
	if limit > 0 && elapsed > limit.Seconds() && !whole {
		s.clocked = true
		return ErrStop
	}
	return nil
}

// seconds of training so far, earlier sessions included.
func (s *session) seconds() float64 {
	return s.claim.Seconds + (s.run.now().Sub(s.start) - time.Duration(s.untimed.Load())).Seconds()
}

// untimed is the key of what of a session's time is not training's.
type untimed struct{}

// Untimed says, of the context that a Trainer was given, how long it has done something else than to train, such as to fetch files. It
// does not count as the trial's time.
func Untimed(ctx context.Context, d time.Duration) {
	if all, ok := ctx.Value(untimed{}).(*atomic.Int64); ok {
		all.Add(int64(d))
	}
}

func (s *session) tell(k Kind) {
	e := s.now
	e.Kind = k
	s.run.feed.push(e)
}

// outcome judges what Train returned.
func (s *session) outcome(ctx context.Context, err error) sweeps.Outcome {
	o := sweeps.Outcome{
		Seconds:  s.seconds() - s.claim.Seconds,
		Step:     s.now.Step,
		Examples: s.now.Examples,
	}
	var p *panicked
	switch {
	case s.stopped && (err == nil || errors.Is(err, ErrStop) || errors.Is(err, ErrPause)):
		o.State, o.Step, o.ByRule = sweeps.Stopped, s.stop, true
	case errors.Is(err, ErrMachine):
		o.State = sweeps.Waiting
	case errors.Is(err, ErrPause) && !s.asked && s.run.idles(s):
		o.State, o.Err = sweeps.Failed, fmt.Sprintf("it paused itself %d times in a row without measuring anything in between", mostIdle)
	case errors.Is(err, ErrPause):
		o.State, s.held = sweeps.Waiting, ctx.Err() == nil
	case errors.Is(err, ErrStop), err == nil && s.clocked:
		o.State, o.Linkable, o.ByClock = sweeps.Stopped, !s.clocked, s.clocked
	case err == nil:
		o.State, o.Linkable = sweeps.Complete, true
		if v, ok := s.now.Value(s.run.metric); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			o.State, o.Err = sweeps.Diverged, fmt.Sprintf("its last %s is %v", s.run.metric, v)
		}
	case errors.Is(err, ErrDiverged):
		o.State, o.Linkable, o.Err = sweeps.Diverged, true, err.Error()
	case ctx.Err() != nil && !errors.As(err, &p):
		// A program that was told to end may say so in its own words: the next run tells whether it was more.
		o.State = sweeps.Waiting
		if !errors.Is(err, context.Cause(ctx)) && !errors.Is(err, ctx.Err()) {
			o.Err = err.Error()
		}
	default:
		o.State, o.Err = sweeps.Failed, err.Error()
	}
	return o
}

// replace returns a copy of latest with p in the place of its metric.
func replace(latest []Point, p Point) []Point {
	i := slices.IndexFunc(latest, func(q Point) bool { return q.Metric == p.Metric })
	latest = slices.Clone(latest) // events that were pushed keep what they hold
	if i < 0 {
		return append(latest, p)
	}
	latest[i] = p
	return latest
}

// panicked is the error of a Trainer that panicked.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n\n%s", p.value, p.stack) }

// call runs the Trainer and turns a panic on its goroutine into an error.
func call(ctx context.Context, tr Trainer, t sweeps.Trial, report func(Point) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{value: v, stack: debug.Stack()}
		}
	}()
	return tr.Train(ctx, t, report)
}

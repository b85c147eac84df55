package runner

import (
	"math"

	"sweep/sweeps"
)

// desk is where the sessions of a sweep's trials are told what is decided about them.
type desk interface {
	// known is how far a trial is known to have come, and whether it is judged on the way.
	known(trial string) (p sweeps.Progress, judged bool)
	// decide tells how far the trial of a session has come, at a decision, and finds out whether it goes on. What it returns
	// is for the Trainer.
	decide(s *session) error
	// close records the end of a session, and what follows from it.
	close(s *session) error
	// resting reports whether nothing is to be trained for now, by request.
	resting() bool
	// abort ends the run with an error, once what is running has ended.
	abort(err error)
}

// follow prepares a session of a plan whose trials are judged on the way.
func (s *session) follow() {
	s.pauses = pauses(s.run.Trainer)
	known, judged := s.run.desk.known(s.trial.ID)
	if s.judged = judged; judged {
		s.known.Curve = known.Curve
	}
}

func (q *pool) known(trial string) (sweeps.Progress, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.schedule.Known(trial), q.schedule.Judges()
}

func (q *pool) resting() bool { return q.paused.Load() }

// judge follows the curve of a trial, and when it has come to a decision, waits for that or breaks off. What it returns
// is for the Trainer.
func (s *session) judge(p Point) error {
	switch {
	case s.stopped:
		return s.breakOff()
	case !s.judged:
		return nil
	case s.asked: // a program says more until it has put itself away, and will not say that again
		s.note(p)
		return ErrPause
	}
	if s.due && (p.Metric == "" || p.Step > s.last()) {
		s.due = false
		if err := s.run.desk.decide(s); err != nil {
			if s.asked && !s.stopped {
				s.note(p)
			}
			return err
		}
	}
	if s.note(p) {
		s.due = true
	}
	return nil
}

// note adds a value to the curve, and reports whether it was one.
func (s *session) note(p Point) bool {
	if p.Metric != s.run.metric || p.Final || p.Step <= s.last() {
		return false
	}
	// A copy: the schedule keeps what it is told.
	s.known.Curve = append(s.known.Curve[:len(s.known.Curve):len(s.known.Curve)], sweeps.Logged{Step: p.Step, Value: p.Value})
	return true
}

// last is the step of the last value of the curve.
func (s *session) last() int64 {
	if n := len(s.known.Curve); n > 0 {
		return s.known.Curve[n-1].Step
	}
	return -1
}

// breakOff is what the Trainer of a trial is told that goes no further.
func (s *session) breakOff() error {
	if s.pauses {
		s.asked = true
		return ErrPause // keeps a checkpoint, from which another sweep may go on
	}
	return ErrStop
}

// decide tells the schedule how far the trial has come and finds out whether it goes on. While others have to come to
// their decisions first, a Trainer that can pause does so if some other trial waits for its worker.
func (q *pool) decide(s *session) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tell(s.trial, s.known, false)
	for {
		until, goes := q.schedule.Until(s.trial.ID)
		switch {
		case q.err != nil:
			return q.err
		case q.schedule.Ended(s.trial.ID) == sweeps.Stopped:
			s.stopped = true
			s.stop, _ = q.schedule.Stopped(s.trial.ID)
			return s.breakOff()
		case goes && (until == 0 || until > len(s.known.Curve)):
			return nil
		case !s.pauses:
			return nil
		case q.free() || q.over():
			s.asked = true
			return ErrPause
		}
		q.changed.Wait()
	}
}

// close gives a trial back whose session has ended, and records how. What has come to its end before it was decided whether
// it would is recorded as undecided.
func (q *pool) close(s *session) error {
	unmetered := q.run.meter(s)
	t, state := s.trial, s.result.State
	settled := s.settled()
	s.result.Undecided = !settled
	if err := s.finish(); err != nil { // without the lock, so that several are written at a time
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if state == sweeps.Waiting && s.judged { // it may have said more since the decision
		q.tell(t, s.known, false)
	}
	delete(q.held, t.ID)
	defer q.changed.Broadcast()
	if unmetered != nil {
		q.fail(unmetered)
	}
	switch {
	case state == sweeps.Waiting:
		return q.resume(t)
	case s.stopped:
		return q.err
	case !settled:
		q.late[t.ID] = s.now
		if step, stopped := q.schedule.Stopped(t.ID); stopped { // it ran on before it noticed
			q.end(sweeps.End{Trial: t, State: sweeps.Stopped, Step: step})
			return q.err
		}
	}
	q.tell(t, s.whole(), settled)
	return q.err
}

// settled reports whether the end of a session is one of its trial, whatever is decided on others.
func (s *session) settled() bool {
	state := s.result.State
	return s.pauses || !s.judged || state == sweeps.Waiting || state == sweeps.Failed || s.stopped
}

// meter is an error if the first trial that ends has not reported what the plan decides by: none would, most likely, and all
// that is left would be trained blindly. The trial has failed: once that is mended it is tried again.
func (x *run) meter(s *session) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, has := s.now.Value(x.metric)
	x.metered = x.metered || has || len(s.known.Curve) > 0
	if x.metered || x.search == nil || s.result.State != sweeps.Complete {
		return nil
	}
	err := &UnmeteredError{Trial: s.trial.ID, Metric: x.metric, Reported: s.now.Reported()}
	s.result.State, s.result.Err, s.result.Linkable = sweeps.Failed, err.Error(), false
	return err
}

// resume offers a paused trial again, or ends it, where that was decided while it was being put away.
func (q *pool) resume(t sweeps.Trial) error {
	if step, stopped := q.schedule.Stopped(t.ID); stopped {
		q.end(sweeps.End{Trial: t, State: sweeps.Stopped, Step: step})
		return q.err
	}
	if _, goes := q.schedule.Until(t.ID); goes && !q.over() {
		q.waiting = append(q.waiting, t)
	}
	return q.err
}

// whole is what an ended trial has come to.
func (s *session) whole() sweeps.Progress {
	known := s.known
	known.State, known.Value, known.Undecided = s.result.State, math.NaN(), s.result.Undecided
	if v, ok := s.now.Value(s.run.metric); ok {
		known.Value = v
	} else if n := len(known.Curve); n > 0 {
		known.Value = known.Curve[n-1].Value
	}
	return known
}

// mostIdle is how often in a row a trial may pause itself without having measured anything.
const mostIdle = 3

// idles books that a trial has paused itself, and reports whether it does so over and over.
func (x *run) idles(s *session) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s.logged {
		delete(x.idle, s.trial.ID)
		return false
	}
	x.idle[s.trial.ID]++
	return x.idle[s.trial.ID] >= mostIdle
}

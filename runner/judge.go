package runner

import (
	"math"

	"sweep/sweeps"
)

// follow prepares a session of a plan whose trials are judged on the way.
func (s *session) follow() {
	q := s.run.pool
	q.mu.Lock()
	defer q.mu.Unlock()
	p, ok := s.run.Trainer.(Pauser)
	s.pauses = ok && p.Pauses()
	if s.judged = q.schedule.Judges(); s.judged {
		s.known.Curve = q.schedule.Known(s.trial.ID).Curve
	}
}

// judge follows the curve of a trial, and when it has come to a decision, waits for that or breaks off. What it returns
// is for the Trainer.
func (s *session) judge(p Point) error {
	switch {
	case s.stopped:
		return s.breakOff()
	case !s.judged:
		return nil
	}
	if s.due && (p.Metric == "" || p.Step > s.last()) {
		s.due = false
		if err := s.decide(); err != nil {
			return err
		}
	}
	if p.Metric == s.run.pool.metric && !p.Final && p.Step > s.last() {
		// A copy: the schedule keeps what it is told.
		s.known.Curve = append(s.known.Curve[:len(s.known.Curve):len(s.known.Curve)], sweeps.Logged{Step: p.Step, Value: p.Value})
		s.due = true
	}
	return nil
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
func (s *session) decide() error {
	q := s.run.pool
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
	unmetered := q.meter(s)
	t, state := s.trial, s.result.State
	settled := s.pauses || !s.judged || state == sweeps.Waiting || state == sweeps.Failed || s.stopped
	s.result.Undecided = !settled
	if err := s.finish(); err != nil { // without the lock, so that several are written at a time
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
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

// meter is an error if the first trial that ends has not reported what the plan decides by: none would, most likely, and all
// that is left would be trained blindly. The trial has failed: once that is mended it is tried again.
func (q *pool) meter(s *session) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, has := s.now.Value(q.metric)
	q.metered = q.metered || has || len(s.known.Curve) > 0
	if q.metered || q.run.search == nil || s.result.State != sweeps.Complete {
		return nil
	}
	err := &UnmeteredError{Trial: s.trial.ID, Metric: q.metric, Reported: s.now.Reported()}
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
	if v, ok := s.now.Value(s.run.pool.metric); ok {
		known.Value = v
	} else if n := len(known.Curve); n > 0 {
		known.Value = known.Curve[n-1].Value
	}
	return known
}

// mostIdle is how often in a row a trial may pause itself without having measured anything.
const mostIdle = 3

// idles books that a trial has paused itself, and reports whether it does so over and over.
func (q *pool) idles(s *session) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.logged {
		delete(q.idle, s.trial.ID)
		return false
	}
	q.idle[s.trial.ID]++
	return q.idle[s.trial.ID] >= mostIdle
}

package sweeps

import (
	"cmp"
	"math"
	"slices"

	"sweep/sweeps/sampler"
	"sweep/sweeps/stopping"
)

// settle takes the result that a trial on the clock has come to.
func (s *Schedule) settle(r *scheduled) {
	k := r.until
	if k == 0 || len(r.known.Curve) < k {
		s.log(r, len(r.known.Curve))
		s.end(r, r.known.State)
		return
	}
	s.log(r, k)
	verdict := s.rule.Decide(&s.board, r.number, k)
	switch final := r.known.State; {
	case r.kept && final == Stopped && len(r.known.Curve) <= k:
		s.end(r, Stopped)
	case verdict == stopping.Hold:
		r.held = true
		s.board.Hold(r.number)
		s.leave(r)
	case verdict == stopping.Go, r.kept:
		// What the record holds stays as it is, whatever the rule would have said had it been asked in time.
		s.lead(r, k)
	default:
		s.stop(r, k)
	}
}

// log puts a trial's values up to iteration k on the board.
func (s *Schedule) log(r *scheduled, k int) {
	for _, l := range r.known.Curve[min(s.board.Logged(r.number), k):k] {
		s.board.Log(r.number, s.signed(l.Value))
	}
}

// signed is smaller for what is better.
func (s *Schedule) signed(v float64) float64 {
	if s.spec.Metric.Maximize {
		return -v
	}
	return v
}

// stop ends a trial at iteration k.
func (s *Schedule) stop(r *scheduled, k int) {
	r.stopped = k
	s.ends = append(s.ends, End{Trial: r.trial, State: Stopped, Step: r.known.Curve[k-1].Step})
	s.end(r, Stopped)
}

func (s *Schedule) leave(r *scheduled) {
	if i := slices.Index(s.active, r); i >= 0 {
		s.active = slices.Delete(s.active, i, i+1)
	}
}

// end takes a trial off the schedule for good.
func (s *Schedule) end(r *scheduled, state State) {
	if s.free() {
		s.underway--
	} else {
		s.leave(r)
	}
	r.held, r.ended = false, state
	s.board.Finish(r.number)
	s.book(r)
	if t := s.spec.Metric.Target; t != nil && state == Complete && s.signed(r.known.Value) <= s.signed(*t) && !s.reached {
		s.reached = true
		s.leaveOut()
	}
	if r.trial.Confirms {
		return
	}
	if s.open[r.configuration]--; s.open[r.configuration] == 0 && s.search != nil {
		s.search.tell(r.configuration, s.observation(r.configuration))
	}
}

// book notes the end of a trial that no worker has told.
func (s *Schedule) book(r *scheduled) {
	if r.stopped == 0 && (r.recalled || r.known.Undecided) {
		s.ends = append(s.ends, End{Trial: r.trial, State: r.ended, Kept: r.recalled})
	}
}

// leaveOut drops what is planned and not begun. What is trained already stays.
func (s *Schedule) leaveOut() {
	for _, r := range s.queue {
		if r.recalled {
			r.ended = r.known.State
			s.book(r)
		}
	}
	s.queue = nil
}

// observation is what the search learns of a configuration, all of whose trials have ended.
func (s *Schedule) observation(configuration int) sampler.Observation {
	o := sampler.Observation{}
	sum := 0.0
	for _, r := range s.trialsOf(configuration) {
		v := math.NaN()
		switch {
		case r.trial.Confirms:
			continue
		case r.ended == Complete:
			v = r.known.Value
		case r.ended == Stopped && len(r.known.Curve) > 0:
			at := cmp.Or(r.stopped, len(r.known.Curve))
			v = r.known.Curve[at-1].Value
			if o.Reached == 0 || float64(at) < o.Reached {
				o.Reached = float64(at)
			}
		case r.ended == Failed:
			v = s.imputed(r)
		}
		o.N++
		sum += s.signed(v)
	}
	o.Value = sum / float64(o.N)
	return o
}

// imputed is the value of a trial that failed: NaN for the worst there is, or one that it has logged.
func (s *Schedule) imputed(r *scheduled) float64 {
	curve := r.known.Curve
	switch impute := s.spec.Metric.Impute; {
	case len(curve) == 0 || impute == "worst":
		return math.NaN()
	case impute == "latest":
		return curve[len(curve)-1].Value
	}
	best := math.NaN()
	for _, l := range curve {
		if math.IsNaN(best) || s.signed(l.Value) < s.signed(best) {
			best = l.Value
		}
	}
	return best
}

func (s *Schedule) trialsOf(configuration int) []*scheduled {
	var out []*scheduled
	for _, t := range s.plan.Configurations[configuration].Trials {
		out = append(out, s.byTrial[t.ID])
	}
	return out
}

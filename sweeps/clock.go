package sweeps

import (
	"cmp"
	"slices"
)

// ready reports whether the result is known that a trial on the clock is to bring next.
func (s *Schedule) ready(r *scheduled) bool {
	return r.known.State.Finished() || r.until > 0 && len(r.known.Curve) >= r.until
}

// free reports whether no result of this stage changes what else is trained in it.
func (s *Schedule) free() bool {
	return s.stage != searching || s.search == nil && s.rule == nil && s.spec.Metric.Target == nil
}

// advance moves the clock as far as results are known.
func (s *Schedule) advance() {
	for s.err == nil && s.stage != over {
		if s.free() {
			for _, r := range ordered(s.queue, s.spec.Budget, func(r *scheduled) Trial { return r.trial }) {
				s.begin(r)
			}
			s.queue = nil
			if s.underway > 0 {
				return
			}
			s.next()
			continue
		}
		s.fill()
		if len(s.active) == 0 {
			s.next()
			continue
		}
		r := s.earliest()
		if r == nil || !s.ready(r) {
			return
		}
		s.clock = r.due
		s.settle(r)
	}
}

// earliest returns the trial whose result comes next on the clock; by the wall clock the one whose result came first.
func (s *Schedule) earliest() *scheduled {
	if !s.WallClock {
		return slices.MinFunc(s.active, func(a, b *scheduled) int {
			return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.number, b.number))
		})
	}
	var first *scheduled
	for _, r := range s.active {
		if s.ready(r) && (first == nil || r.arrival < first.arrival) {
			first = r
		}
	}
	return first
}

// fill puts trials on the clock while there is room: those that are promoted, then those that are planned, then those of a
// configuration that is drawn.
func (s *Schedule) fill() {
	for len(s.active) < s.spec.Parallel {
		if s.rule != nil {
			if number, k, ok := s.rule.Promote(&s.board, false); ok {
				s.promote(number, k)
				continue
			}
		}
		if len(s.queue) == 0 && !s.draw() {
			return
		}
		r := s.queue[0]
		s.queue = s.queue[1:]
		s.begin(r)
	}
}

// begin lets a trial be trained, or takes its end from the record.
func (s *Schedule) begin(r *scheduled) {
	r.begun, r.start = true, s.clock
	if s.free() {
		s.underway++
		if s.ready(r) {
			s.end(r, r.known.State)
			return
		}
		s.offer(r)
		return
	}
	s.active = append(s.active, r)
	s.lead(r, 0)
}

// offer says that a trial may be trained, unless it is known already what that would bring.
func (s *Schedule) offer(r *scheduled) {
	if !s.ready(r) {
		s.work = append(s.work, Work{r.trial, r.until})
	}
}

// promote puts a held trial back on the clock.
func (s *Schedule) promote(number, k int) {
	r := s.runs[number]
	s.board.Resume(number)
	r.held, r.start = false, s.clock-r.time(k)
	s.active = append(s.active, r)
	s.lead(r, k)
}

// lead sets where a trial is decided next, from iteration k.
func (s *Schedule) lead(r *scheduled, k int) {
	r.until = 0
	if s.rule != nil {
		r.until = s.rule.Next(&s.board, r.number, k)
		if r.trial.Points > 0 && r.until >= r.trial.Points { // at the end there is nothing left to decide
			r.until = 0
		}
	}
	switch {
	case r.until > 0:
		r.due = r.start + r.time(r.until)
	case r.trial.Points > 0:
		r.due = r.start + r.time(r.trial.Points)
	default:
		r.due = r.start + r.time(k+1)
	}
	s.offer(r)
}

// time is when a trial that begins at 0 has come to iteration k.
func (r *scheduled) time(k int) float64 {
	whole := float64(max(r.trial.Parameters, 1)) * float64(max(r.trial.Steps, 1))
	if r.trial.Points > 0 {
		return whole * float64(k) / float64(r.trial.Points)
	}
	return whole * float64(k)
}

// next is called when nothing is under way: whoever leads a rung goes on though it has little company; else those that are
// held go no further, and the next stage begins.
func (s *Schedule) next() {
	if s.stage == searching && s.rule != nil {
		if number, k, ok := s.rule.Promote(&s.board, true); ok {
			s.promote(number, k)
			return
		}
		for _, r := range s.runs {
			switch {
			case r.held && r.kept:
				s.end(r, r.known.State)
			case r.held:
				s.stop(r, s.board.Logged(r.number))
			}
		}
	}
	switch {
	case s.stage == confirming:
		s.stage = over
	case s.reached: // nothing more is trained; what new seeds have judged before stays
		s.stage = confirming
		s.confirm()
	case s.stage == searching:
		s.stage = racing
	}
	if s.stage == racing && !s.race() {
		s.stage = confirming
		s.confirm()
	}
}

package sweeps

import (
	"slices"

	"sweep/sweeps/stopping"
)

// Schedule decides what is trained next, and how far, on a logical clock: as if the spec's parallel trials ran at once, and
// the time that a step takes were in proportion to the model's parameters. A decision waits for all results that come
// before it on that clock. So the same results lead to the same decisions, whatever the number of workers, the order in
// which they finish, and the sessions that a sweep takes; a new session tells what the record holds and comes to where the
// last one stood.
//
// Where no result changes what is trained (a grid without early stopping, say), everything may be trained at any time.
type Schedule struct {
	plan   *Plan
	spec   *Spec
	search *search
	rule   stopping.Rule
	board  stopping.Board

	// WallClock takes results in the order in which they are told, and gives up that they decide the same again.
	WallClock bool

	memory   map[string]Progress // of trials that may still be planned
	standing bool                // Memory.Standing
	runs     []*scheduled        // by their trials' places in the plan, which are their numbers on the board
	byTrial  map[string]*scheduled
	index    map[string]int // of configurations in the plan, by their IDs
	queue    []*scheduled   // planned and not begun
	active   []*scheduled   // on the clock
	underway int            // begun and not ended, where nothing waits for the clock
	arrived  int            // results that were told, for WallClock
	clock    float64
	stage    stage
	reached  bool  // the metric's target
	cut      int   // configurations in the race that the budget ended
	open     []int // by configuration: trials of the search that have not ended
	work     []Work
	ends     []End
	err      error
}

// stage is what a schedule is about.
type stage uint8

const (
	searching  stage = iota // the configurations of the plan or the search, with their first replicates
	racing                  // further replicates for those that may be the best
	confirming              // new seeds for the leaders
	over
)

// scheduled is a trial on the schedule.
type scheduled struct {
	trial         Trial
	configuration int // its index in the plan
	number        int // on the board
	begun         bool
	start         float64 // on the clock, as if it had never waited
	due           float64 // when until is reached
	until         int     // iteration of the next decision; 0: the end
	known         Progress
	kept          bool // the record holds its end
	recalled      bool // it held that before this session
	arrival       int
	held          bool
	ended         State // "" while it has not
	stopped       int   // iteration at which it was stopped
}

// Work is a trial that may be trained now.
type Work struct {
	Trial Trial
	Until int // how often it logs the metric before a decision is due; 0: it goes to its end
}

// End is the end of a trial that no worker has in hand.
type End struct {
	Trial Trial
	State State
	Step  int64 // where it was stopped; 0: it keeps the end that it came to
	Kept  bool  // the record holds that end already
}

// Recall makes the plan's schedule of what the record holds, and draws what can be drawn of a search.
func (p *Plan) Recall(m Memory) error {
	s := &Schedule{
		plan: p, spec: p.Spec, byTrial: make(map[string]*scheduled, len(p.Trials())), index: make(map[string]int, len(p.Configurations)), memory: m.Trials, standing: m.Standing, rule: p.Spec.rule(),
	}
	p.schedule = s
	if p.Spec.Searches() {
		s.search = newSearch(p.planner)
		s.recall(m.Drawn)
	}
	s.take()
	s.advance()
	if s.search != nil {
		p.planner.warnRungs() // of a grid it is said already
	}
	if s.err == nil && s.search != nil && len(p.Configurations) == 0 {
		s.err = Problems{p.Spec.parameters.problem("parameters", "no configuration was found that the spec allows",
			"loosen the constraints, or widen the ranges")}
	}
	return s.err
}

// Schedule returns the plan's schedule, a new one if there is none.
func (p *Plan) Schedule() (*Schedule, error) {
	if p.schedule == nil {
		if err := p.Recall(Memory{}); err != nil {
			return nil, err
		}
	}
	return p.schedule, nil
}

// Work returns the trials that may be trained and were not at the last call, in the order in which they are best begun.
func (s *Schedule) Work() []Work {
	out := s.work
	s.work = nil
	return out
}

// Open returns all trials that may be trained now, whether or not Work has returned them, in the order of the plan.
func (s *Schedule) Open() []Work {
	var out []Work
	for _, r := range ordered(s.runs, s.spec.Budget, func(r *scheduled) Trial { return r.trial }) {
		if until, ok := s.Until(r.trial.ID); ok {
			out = append(out, Work{r.trial, until})
		}
	}
	return out
}

// Until returns how far a trial may go now: the iteration of its next decision, 0 for its end, and ok false if it is not
// to go on at the moment.
func (s *Schedule) Until(trial string) (until int, ok bool) {
	r := s.byTrial[trial]
	if r == nil || r.ended != "" || r.held || !r.begun || s.ready(r) {
		return 0, false
	}
	return r.until, true
}

// Ends returns the trials that have ended on the schedule though nobody has told so: those that were decided to go no
// further, those whose end was undecided, and those whose end the record held. It forgets them.
func (s *Schedule) Ends() []End {
	out := s.ends
	s.ends = nil
	return out
}

// Stopped returns where a trial was stopped; ok is false if it was not.
func (s *Schedule) Stopped(trial string) (step int64, ok bool) {
	r := s.byTrial[trial]
	if r == nil || r.ended != Stopped || r.stopped == 0 {
		return 0, false
	}
	return r.known.Curve[r.stopped-1].Step, true
}

// Judges reports whether trials may be stopped or held before their end.
func (s *Schedule) Judges() bool { return s.rule != nil }

// Reached reports whether the metric's target was reached.
func (s *Schedule) Reached() bool { return s.reached }

// Known returns how far a trial is known to have come.
func (s *Schedule) Known(trial string) Progress {
	if r := s.byTrial[trial]; r != nil {
		return r.known
	}
	return Progress{}
}

// Over reports whether nothing is left to do.
func (s *Schedule) Over() bool { return s.stage == over }

// Tell says how far a trial has come: its whole curve up to there. kept says that its end is in the record already, and
// stays.
func (s *Schedule) Tell(trial string, known Progress, kept bool) error {
	r := s.byTrial[trial]
	if r == nil || r.ended != "" {
		return s.err
	}
	ready := s.ready(r)
	r.known, r.kept = known, kept
	if ready || !s.ready(r) {
		return s.err
	}
	if s.arrived++; s.free() {
		s.end(r, known.State)
	}
	r.arrival = s.arrived
	s.advance()
	return s.err
}

// Ended returns the state in which a trial has ended on the schedule, "" while it has not.
func (s *Schedule) Ended(trial string) State {
	if r := s.byTrial[trial]; r != nil {
		return r.ended
	}
	return ""
}

// take puts the plan's new trials on the schedule, with what the record holds of them.
func (s *Schedule) take() {
	for i := len(s.index); i < len(s.plan.Configurations); i++ {
		s.index[s.plan.Configurations[i].ID] = i
		s.open = append(s.open, 0)
	}
	fresh := s.plan.Trials()[len(s.runs):]
	s.runs, s.queue = slices.Grow(s.runs, len(fresh)), slices.Grow(s.queue, len(fresh))
	for _, t := range fresh {
		r := &scheduled{trial: t, configuration: s.index[t.Configuration], number: s.board.Add(), known: s.memory[t.ID]}
		if r.known.State == Failed && !s.standing {
			r.known.State = "" // it is tried again
		}
		r.kept = r.known.State.Finished() && !r.known.Undecided
		r.recalled = r.kept
		s.runs = append(s.runs, r)
		s.byTrial[t.ID] = r
		s.queue = append(s.queue, r)
		if !t.Confirms {
			s.open[r.configuration]++
		}
	}
}

// recall takes over what earlier sessions have drawn, all at once: so it stays in the sweep whatever comes first, a
// training that an edit asks for or the end of this session. On the clock it comes in its turn.
func (s *Schedule) recall(drawn []Drawn) {
	for _, d := range drawn {
		if s.err != nil || !s.room() {
			return
		}
		ok, err := s.search.recall(d)
		if err != nil {
			s.err = err
			return
		}
		if ok && !s.admit() {
			return
		}
	}
}

// room reports whether the budget allows one more configuration of a search.
func (s *Schedule) room() bool {
	b := s.spec.Budget
	return len(s.plan.Configurations) < s.spec.wanted() && (b.Trials == 0 || len(s.plan.sequence) < b.Trials-s.spec.reserved())
}

// draw plans one more configuration of a search.
func (s *Schedule) draw() bool {
	if s.search == nil || s.reached || !s.room() {
		return false
	}
	ok, err := s.search.next()
	if err != nil || !ok {
		s.err = err
		return false
	}
	if !s.admit() {
		return false
	}
	s.take()
	return true
}

// admit plans the trials of the configuration that came last.
func (s *Schedule) admit() bool {
	last := len(s.plan.Configurations) - 1
	if s.err = s.plan.rename(last); s.err != nil {
		return false
	}
	for r := 1; r <= s.spec.Replicates.N; r++ {
		if added, err := s.plan.addTrial(last, r, false); err != nil || !added {
			s.err = err
			break
		}
	}
	return true
}

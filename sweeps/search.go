package sweeps

import "sweep/sweeps/sampler"

// search draws configurations one after another, each in the light of what is known.
type search struct {
	*planner
	space   *searchSpace
	sampler sampler.Sampler
	history sampler.History
	number  map[int]int // of configurations in the history, by their index in the plan
	spent   bool        // no further configuration can be drawn
}

func newSearch(p *planner) *search {
	s := &search{planner: p, space: p.spec.searchSpace(), number: map[int]int{}}
	switch p.spec.Method {
	case "tpe":
		s.sampler = sampler.TPE{Space: s.space.Space, Seed: p.spec.Seed}
	case "gp":
		s.sampler = sampler.GP{Space: s.space.Space, Seed: p.spec.Seed}
	}
	for i := range p.plan.Configurations { // those that the spec includes
		s.remember(i)
	}
	return s
}

// remember puts a configuration of the plan at the end of the history.
func (s *search) remember(configuration int) {
	if p, ok := s.space.point(s.plan.Configurations[configuration].Params); ok {
		s.number[configuration] = s.history.Add(p)
	}
}

// next adds a new configuration to the plan, or returns false when the space is used up.
func (s *search) next() (ok bool, err error) {
	if s.spent {
		return false, nil
	}
	if ok, err = s.draw(); err != nil || !ok {
		s.spent = true
		return false, err
	}
	s.remember(len(s.plan.Configurations) - 1)
	return true, nil
}

// recall adds a configuration that an earlier session has drawn, if the spec still allows it.
func (s *search) recall(d Drawn) (ok bool, err error) {
	if ok, err = s.planner.recall(s.space, d); ok {
		s.remember(len(s.plan.Configurations) - 1)
	}
	return ok, err
}

// draw asks the sampler. Values that the trainer refuses are passed over, unless there is nothing else.
func (s *search) draw() (bool, error) {
	var err error
	_, ok := s.sampler.Ask(&s.history, func(p sampler.Point) bool {
		values := s.space.values(p)
		if err != nil || !s.admitted(values) {
			return false
		}
		var added bool
		added, err = s.add(values)
		return added
	})
	if err == nil && !ok && len(s.problems) > 0 {
		err = s.problems.err()
	}
	if err == nil && !ok {
		s.short = s.spec.wanted() - len(s.plan.Configurations)
		s.warnShort()
	}
	return ok, err
}

// tell says what was found at a configuration; of its replicates each is one trial's value.
func (s *search) tell(configuration int, o sampler.Observation) {
	if n, ok := s.number[configuration]; ok {
		s.history.Tell(n, o)
	}
}

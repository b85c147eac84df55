package sweeps

import (
	"slices"

	"sweep/sweeps/sampler"
)

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

// next adds one configuration to the plan: the one that was drawn in an earlier session, if there is one, else a new one.
// It returns false when the budget or the space is used up.
func (s *search) next(drawn []Values) (rest []Values, ok bool, err error) {
	if s.spent || len(s.plan.Configurations) >= s.spec.wanted() {
		s.spent = true
		return drawn, false, nil
	}
	for len(drawn) > 0 && !ok {
		if ok, err = s.recall(drawn[0]); err != nil {
			return drawn, false, err
		}
		drawn = drawn[1:]
	}
	if !ok {
		ok, err = s.draw()
	}
	if err != nil || !ok {
		s.spent = true
		return drawn, false, err
	}
	s.remember(len(s.plan.Configurations) - 1)
	return drawn, true, nil
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
	s.short = max(0, s.spec.wanted()-len(s.plan.Configurations))
	return ok, err
}

// recall takes over a configuration of the record if the spec still allows it: an edit may have narrowed the space.
func (s *search) recall(params Values) (bool, error) {
	if _, ok := s.space.point(params); !ok {
		return false, nil
	}
	values := make([]Value, len(s.spec.Parameters))
	for i, p := range s.spec.Parameters {
		if p.Derive == nil {
			v, _ := params.Lookup(p.Name)
			values[i] = p.converted(v) // JSON knows one kind of number
		}
	}
	again, problem := s.spec.complete(values)
	if problem != nil || !slices.EqualFunc(again, params, func(a, b Setting) bool { return a.Name == b.Name && a.Value.Same(b.Value) }) {
		return false, nil
	}
	return s.add(values)
}

// tell says what was found at a configuration; of its replicates each is one trial's value.
func (s *search) tell(configuration int, o sampler.Observation) {
	if n, ok := s.number[configuration]; ok {
		s.history.Tell(n, o)
	}
}

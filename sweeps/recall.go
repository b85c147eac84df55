package sweeps

import (
	"fmt"
	"slices"
)

// recall adds a configuration that an earlier session has drawn, if it would be trained as it was: an edit may have narrowed
// the space, or changed the seed, with which nothing is left of what was trained.
func (p *planner) recall(space *searchSpace, d Drawn) (bool, error) {
	if !p.spec.seeds(d.Seeds) {
		return false, nil
	}
	if _, ok := space.point(d.Params); !ok {
		return false, nil
	}
	values := make([]Value, len(p.spec.Parameters))
	for i, q := range p.spec.Parameters {
		if q.Derive == nil {
			v, _ := d.Params.Lookup(q.Name)
			values[i] = q.converted(v) // JSON knows one kind of number
		}
	}
	again, problem := p.spec.complete(values)
	if problem != nil || !slices.EqualFunc(again, d.Params, func(a, b Setting) bool { return a.Name == b.Name && a.Value.Same(b.Value) }) {
		return false, nil
	}
	return p.add(values)
}

// seeds reports whether one of these seeds is that of a replicate of every configuration.
func (s *Spec) seeds(given []uint64) bool {
	for r := 1; r <= s.Replicates.N; r++ {
		if slices.Contains(given, s.Replicates.Seed(s.Seed, r)) {
			return true
		}
	}
	return false
}

// recalled are configurations that a plan of random points has taken over from earlier sessions, by their index in the
// plan. The same points are drawn again and are not new; each stands for one draw.
type recalled map[int]bool

func (p *planner) recallAll(drawn []Drawn) (recalled, error) {
	if len(drawn) == 0 {
		return nil, nil
	}
	out := make(recalled, len(drawn))
	space := p.spec.searchSpace()
	p.plan.Configurations = slices.Grow(p.plan.Configurations, len(drawn))
	for _, d := range drawn {
		if len(p.plan.Configurations) >= p.spec.wanted() {
			break
		}
		ok, err := p.recall(space, d)
		if err != nil {
			return nil, err
		}
		if ok {
			out[len(p.plan.Configurations)-1] = true
		}
	}
	return out, nil
}

// draw adds the configuration of these values; ok is false if it is not allowed, or was drawn before in this session.
func (p *planner) draw(values []Value, earlier recalled) (ok bool, err error) {
	p.met = -1
	if ok, err = p.add(values); ok || err != nil {
		return ok, err
	}
	ok = earlier[p.met]
	delete(earlier, p.met)
	return ok, nil
}

// Undecided reports whether results have yet to decide whether a trial that the record holds stays in the sweep: a further
// replicate of a race, or one that confirms. It is told apart by its configuration, its number and its seed.
func (p *Plan) Undecided(configuration string, replicate int, seed uint64) bool {
	s := p.Spec
	if p.schedule == nil || p.schedule.Over() || replicate <= s.Replicates.N || seed != s.Replicates.Seed(s.Seed, replicate) {
		return false
	}
	last := s.Replicates.last()
	if s.Confirm != nil {
		last += s.Confirm.Replicates
	}
	return replicate <= last && slices.ContainsFunc(p.Configurations, func(c Configuration) bool { return c.ID == configuration })
}

// Ended returns the state in which a trial has ended on the plan's schedule, "" while it has not.
func (p *Plan) Ended(trial string) State {
	if p.schedule == nil {
		return ""
	}
	return p.schedule.Ended(trial)
}

// Stopping says by which rule a spec ends trials early, in words that are the same for the same rule.
func (s *Spec) Stopping() string {
	if s.EarlyTerminate == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *s.EarlyTerminate)
}

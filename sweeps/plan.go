package sweeps

import (
	"fmt"
	"slices"
)

// Plan is a spec made concrete: every configuration of a grid, or those drawn so far of a search. Its Schedule says what
// is done with them, and lets a plan grow that depends on what is found.
type Plan struct {
	Spec           *Spec
	Trainer        string // name of the trainer
	Version        string // its numeric version
	Configurations []Configuration
	Warnings       []Problem // what came out otherwise than was probably meant

	adopted  adopted  // trainings of older numeric versions that stay
	sequence []Trial  // in the order in which they were planned
	planner  *planner // by which the plan grows
	schedule *Schedule
	part     bool // Only has left configurations out
}

// Configuration is one assignment of the hyperparameters; it owns one trial a replicate.
type Configuration struct {
	ID     string // 12 hex digits of the hash of what identifies it, seed apart
	Params Values // as the spec gives them: constants and chosen values, in the spec's order
	Resolved
	Trials []Trial // by replicate
}

// Trial is a training's place in a sweep.
type Trial struct {
	ID            string // first 12 hex digits of Key
	Key           string // SHA-256, hex, of what identifies the training
	Sweep         string
	Configuration string // its Configuration's ID
	Replicate     int    // from 1
	Version       string // the numeric version that trained it, where that is an older one; else ""
	Confirms      bool   // its seed was kept from the search, to judge what the search has chosen
	Seed          uint64 // below 2^53; the same for replicate r of every configuration
	Params        Values
	Resolved
}

// NewPlan expands a spec that Load has read, asking the trainer about each configuration. Configurations that come to
// the same training are one. A mistake in the spec's values is Problems; an error of another kind is the trainer's own.
// The plan of a search has no configurations yet, but for those that the spec includes: Recall draws them. Of random points
// the plan takes over those that earlier sessions have drawn, where the spec still allows them.
func NewPlan(s *Spec, t Trainer, drawn ...Drawn) (*Plan, error) {
	p := &planner{spec: s, trainer: t, plan: &Plan{Spec: s, Trainer: t.Name, Version: t.Version}, seen: make(map[string]int, len(drawn)), used: make(map[string]bool)}
	p.plan.planner = p
	var err error
	switch s.Method {
	case "grid":
		err = p.grid()
	case "random":
		err = p.random(drawn)
	case "sobol":
		err = p.sobol(drawn)
	}
	if err == nil {
		err = p.include()
	}
	if len(p.problems) > 0 {
		return nil, p.problems.err()
	}
	if err != nil {
		return nil, err
	}
	if len(p.plan.Configurations) == 0 && !s.Searches() {
		return nil, Problems{s.parameters.problem("parameters", "no configuration is left",
			"constraints and exclude leave them all out")}
	}
	if err := p.plan.addTrials(); err != nil {
		return nil, err
	}
	p.warn()
	return p.plan, nil
}

// addTrials gives each configuration its replicates, replicate by replicate, up to the budget.
func (p *Plan) addTrials() error {
	n := p.Spec.Replicates.N * len(p.Configurations)
	if most := p.Spec.Budget.Trials; most > 0 {
		n = min(n, most)
	}
	p.sequence = slices.Grow(p.sequence, n)
	for r := 1; r <= p.Spec.Replicates.N; r++ {
		for i := range p.Configurations {
			switch added, err := p.addTrial(i, r, false); {
			case err != nil:
				return err
			case !added:
				p.Configurations = slices.DeleteFunc(p.Configurations, func(c Configuration) bool { return len(c.Trials) == 0 })
				return nil
			}
		}
	}
	return nil
}

// addTrial plans one replicate of a configuration, unless the budget is used up.
func (p *Plan) addTrial(configuration, replicate int, confirms bool) (added bool, err error) {
	if most := p.Spec.Budget.Trials; most > 0 && len(p.sequence) >= most {
		return false, nil
	}
	c := &p.Configurations[configuration]
	seed := p.Spec.Replicates.Seed(p.Spec.Seed, replicate)
	key, version, err := p.key(c.Key, seed)
	if err != nil {
		return false, fmt.Errorf("identify trial: %w", err)
	}
	t := Trial{
		ID: key[:shortID], Key: key, Version: version, Sweep: p.Spec.Name, Configuration: c.ID, Replicate: replicate,
		Confirms: confirms, Seed: seed, Params: c.Params, Resolved: c.Resolved,
	}
	c.Trials = append(c.Trials, t)
	p.sequence = append(p.sequence, t)
	return true, nil
}

// Trials returns the trials in the order in which they were planned: replicate by replicate, then as the configurations
// are declared; those of a search as they were drawn. A run begins those of one replicate in another order, Order.
func (p *Plan) Trials() []Trial {
	if p.sequence == nil { // put together by hand
		for r := 0; ; r++ {
			n := len(p.sequence)
			for _, c := range p.Configurations {
				if r < len(c.Trials) {
					p.sequence = append(p.sequence, c.Trials[r])
				}
			}
			if len(p.sequence) == n {
				break
			}
		}
	}
	return slices.Clip(p.sequence)
}

// Swept returns the names of the parameters that take more than one value among the configurations, being absent
// counting as one, in the order of declaration; of a search those that it is free to choose.
func (p *Plan) Swept() []string {
	if p.Spec.Searches() {
		return p.Spec.chosen()
	}
	var names []string
	for _, name := range p.names() {
		first, inFirst := p.Configurations[0].Params.Lookup(name)
		if slices.ContainsFunc(p.Configurations, func(c Configuration) bool {
			v, ok := c.Params.Lookup(name)
			return ok != inFirst || !v.Same(first)
		}) {
			names = append(names, name)
		}
	}
	return names
}

// names returns the parameters of the configurations in the order of declaration, those that only include names last.
func (p *Plan) names() []string {
	var names []string
	for _, parameter := range p.Spec.Parameters {
		names = append(names, parameter.Name)
	}
	for _, c := range p.Configurations {
		for _, s := range c.Params {
			if len(p.Spec.Include) > 0 && !slices.Contains(names, s.Name) {
				names = append(names, s.Name)
			}
		}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return !slices.ContainsFunc(p.Configurations, func(c Configuration) bool { _, ok := c.Params.Lookup(name); return ok })
	})
}

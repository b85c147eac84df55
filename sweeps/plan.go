package sweeps

import (
	"fmt"
	"slices"
)

// Plan is a spec made concrete: every configuration of a grid, or those drawn so far of a search.
type Plan struct {
	Spec           *Spec
	Trainer        string // name of the trainer
	Version        string // its numeric version
	Configurations []Configuration
	Warnings       []Problem // what came out otherwise than was probably meant
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
	Seed          uint64 // below 2^53; the same for replicate r of every configuration
	Params        Values
	Resolved
}

// Work is how long the training is expected to take, in a unit of its own: Cost, else Steps, else 1.
func (r Resolved) Work() float64 {
	switch {
	case r.Cost > 0:
		return r.Cost
	case r.Steps > 0:
		return float64(r.Steps)
	}
	return 1
}

// NewPlan expands a spec that Load has read, asking the trainer about each configuration. Configurations that come to
// the same training are one. A mistake in the spec's values is Problems; an error of another kind is the trainer's own.
func NewPlan(s *Spec, t Trainer) (*Plan, error) {
	p := &planner{spec: s, trainer: t, plan: &Plan{Spec: s, Trainer: t.Name, Version: t.Version}, seen: make(map[string]int), used: make(map[string]bool)}
	var err error
	switch s.Method {
	case "grid":
		err = p.grid()
	case "random":
		err = p.random()
	default:
		err = Problems{s.at.problem("method", "method "+s.Method+" is not here yet; grid and random are", "")}
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
	if len(p.plan.Configurations) == 0 {
		return nil, Problems{s.parameters.problem("parameters", "no configuration is left",
			"constraints and exclude leave them all out")}
	}
	if err := p.plan.addTrials(); err != nil {
		return nil, err
	}
	p.warn()
	return p.plan, nil
}

// addTrials gives each configuration its replicates, in the order of the plan up to the budget.
func (p *Plan) addTrials() error {
	left := p.Spec.Budget.Trials
	for r := 1; r <= p.Spec.Replicates.N; r++ {
		seed := p.Spec.Replicates.Seed(p.Spec.Seed, r)
		for i := range p.Configurations {
			c := &p.Configurations[i]
			key, err := trialKey(p.Trainer, p.Version, c.Key, seed)
			if err != nil {
				return fmt.Errorf("identify trial: %w", err)
			}
			c.Trials = append(c.Trials, Trial{
				ID: key[:shortID], Key: key, Sweep: p.Spec.Name, Configuration: c.ID, Replicate: r, Seed: seed,
				Params: c.Params, Resolved: c.Resolved,
			})
			if left--; left == 0 {
				p.Configurations = slices.DeleteFunc(p.Configurations, func(c Configuration) bool { return len(c.Trials) == 0 })
				return nil
			}
		}
	}
	return nil
}

// Trials returns the trials in the order of the plan: replicate by replicate, then as the configurations are declared. A
// run begins those of one replicate in another order, runner.Order.
func (p *Plan) Trials() []Trial {
	var trials []Trial
	for r := 0; ; r++ {
		n := len(trials)
		for _, c := range p.Configurations {
			if r < len(c.Trials) {
				trials = append(trials, c.Trials[r])
			}
		}
		if len(trials) == n {
			return trials
		}
	}
}

// Swept returns the names of the parameters that take more than one value among the configurations, being absent
// counting as one, in the order of declaration.
func (p *Plan) Swept() []string {
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

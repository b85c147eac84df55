package sweeps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// NewPlan expands a spec that Load has read, asking the trainer about each configuration. Configurations that come to
// the same training are one. A mistake in the spec's values is Problems; an error of another kind is the trainer's own.
func NewPlan(s *Spec, t Trainer) (*Plan, error) {
	p := &planner{spec: s, trainer: t, plan: &Plan{Spec: s, Trainer: t.Name, Version: t.Version}, seen: make(map[string]bool)}
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

// planner gathers the configurations of a plan.
type planner struct {
	spec     *Spec
	trainer  Trainer
	plan     *Plan
	seen     map[string]bool // hashes of configurations
	problems Problems
	merged   int   // configurations that were the same as another
	dropped  int   // configurations that constraints and exclude left out
	excluded []int // how many each exclude left out
	short    int   // how many random configurations were wanted and not found
}

// maxProblems ends a plan that has nothing but mistakes in it.
const maxProblems = 50

func (p *planner) grid() error {
	axes, problems := p.spec.gridAxes()
	if len(problems) > 0 {
		return problems
	}
	limit := p.spec.Budget.Configurations
	var err error
	p.spec.grid(axes, func(values []Value) bool {
		_, err = p.add(values)
		return err == nil && len(p.problems) < maxProblems && (limit == 0 || len(p.plan.Configurations) < limit)
	})
	return err
}

func (p *planner) random() error {
	tries := p.spec.tries()
	for i := range p.spec.wanted() {
		found := false
		for attempt := 0; attempt < tries && !found && len(p.problems) < maxProblems; attempt++ {
			values := p.spec.draw(i, attempt)
			if !p.admitted(values) {
				continue
			}
			var err error
			if found, err = p.add(values); err != nil {
				return err
			}
		}
		if !found {
			p.short = p.spec.wanted() - i
			break
		}
	}
	return nil
}

// admitted reports whether what was drawn lies in the ranges of the trainer's parameters: a normal distribution knows
// nothing of them, and is cut off there.
func (p *planner) admitted(values []Value) bool {
	for i, v := range values {
		param, _ := p.trainer.param(p.spec.Parameters[i].Name)
		if x, ok := v.Float(); ok && param.outside(x, "") != "" {
			return false
		}
	}
	return true
}

// add makes a configuration of the values and keeps it if it is allowed and new.
func (p *planner) add(values []Value) (added bool, err error) {
	params, problem := p.spec.complete(values)
	if problem != nil {
		p.report(*problem)
		return false, nil
	}
	for i, c := range p.spec.Exclude {
		if c.Holds(params) {
			p.excludes(i)
			return false, nil
		}
	}
	if ok := p.derivedFits(params); !ok {
		return false, nil
	}
	if ok, sized := p.satisfies(params, nil); !ok {
		p.dropped++
		return false, nil
	} else if !sized {
		return p.resolve(params, false)
	}
	return p.resolve(params, true)
}

func (p *planner) excludes(i int) {
	if p.excluded == nil {
		p.excluded = make([]int, len(p.spec.Exclude))
	}
	p.excluded[i]++
	p.dropped++
}

// derivedFits holds derived values against the ranges of the trainer's parameters.
func (p *planner) derivedFits(params Values) bool {
	for _, parameter := range p.spec.Parameters {
		if parameter.Derive == nil {
			continue
		}
		param, _ := p.trainer.param(parameter.Name)
		v, _ := params.Lookup(parameter.Name)
		if x, ok := v.Float(); ok {
			if message := param.outside(x, v.String()); message != "" {
				p.report(parameter.Derive.at.problem("parameters."+parameter.Name,
					"derive: "+message, "leave such configurations out by constraints"))
				return false
			}
		}
	}
	return true
}

// report keeps the first problem of an expression: the other configurations would only repeat it.
func (p *planner) report(q Problem) {
	if !slices.ContainsFunc(p.problems, func(o Problem) bool {
		return o.Path == q.Path && o.Line == q.Line && o.Column == q.Column && o.File == q.File
	}) {
		p.problems = append(p.problems, q)
	}
}

// satisfies evaluates the constraints. size is the model's parameter count, nil if it is not known yet; then those that
// need it are passed over and sized is true. A constraint on a parameter that is absent holds.
func (p *planner) satisfies(params Values, size *int64) (ok, sized bool) {
	ok = true
	for i := range p.spec.Constraints {
		c := &p.spec.Constraints[i]
		needsSize := slices.Contains(c.names, modelSize)
		if sized = sized || needsSize; needsSize != (size != nil) {
			continue
		}
		v, err := c.eval(func(name string) (Value, bool) { return p.lookup(params, name, size) })
		holds, isTruth := v.Bool()
		switch {
		case errors.Is(err, errAbsent):
		case err != nil:
			p.report(c.at.problem("constraints", fmt.Sprintf("%s: %v", quote(c.Source), err), ""))
			ok = false
		case !isTruth:
			p.report(c.at.problem("constraints", fmt.Sprintf("%s is %s, not true or false", quote(c.Source), describe(v)), "compare it with something: <="))
			ok = false
		case !holds:
			ok = false
		}
	}
	return ok, sized
}

// lookup is what a constraint sees under a name: a value of the configuration, the model's size, or a default.
func (p *planner) lookup(params Values, name string, size *int64) (Value, bool) {
	if v, ok := params.Lookup(name); ok {
		return v, true
	}
	if p.spec.parameter(name) != nil {
		return Value{}, false
	}
	if name == modelSize && size != nil {
		return IntValue(*size), true
	}
	param, _ := p.trainer.param(name)
	return param.Default, param.Default.Kind() != 0
}

// resolve asks the trainer about a configuration and adds it if it is new. sized says that constraints on the model's
// size are still to be evaluated.
func (p *planner) resolve(params Values, sized bool) (added bool, err error) {
	var r Resolved
	if p.trainer.Resolve != nil {
		if r, err = p.trainer.Resolve(params); err != nil {
			return false, p.refused(params, err)
		}
	} else {
		r.Key = params
	}
	if sized {
		if ok, _ := p.satisfies(params, &r.Parameters); !ok {
			p.dropped++
			return false, nil
		}
	}
	hash, err := configurationHash(p.trainer.Name, p.trainer.Version, r.Key)
	if err != nil {
		return false, fmt.Errorf("identify configuration: %w", err)
	}
	if p.seen[hash] {
		p.merged++
		return false, nil
	}
	p.seen[hash] = true
	p.plan.Configurations = append(p.plan.Configurations, Configuration{ID: hash[:shortID], Params: params, Resolved: r})
	return true, nil
}

// refused turns what the trainer says of a configuration into problems at the values that are meant. What is not about
// a value is returned.
func (p *planner) refused(params Values, err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if err := p.refused(params, e); err != nil {
				return err
			}
		}
		return nil
	}
	var wrong *ValueError
	if !errors.As(err, &wrong) {
		return fmt.Errorf("resolve configuration: %w", err)
	}
	at := p.spec.parameters
	if parameter := p.spec.parameter(wrong.Param); parameter != nil {
		v, _ := params.Lookup(wrong.Param)
		at = parameter.placeOf(v)
	}
	message := wrong.Message
	if !strings.Contains(message, wrong.Param) {
		message = wrong.Param + ": " + message
	}
	p.problems = append(p.problems, at.problem("parameters."+wrong.Param, message, wrong.Hint))
	p.problems = p.problems.sorted() // the same value is met in many configurations
	return nil
}

// placeOf returns where v stands in the list of the parameter's values, else where the parameter's value starts.
func (p Parameter) placeOf(v Value) place {
	for i, w := range p.Dist.Values {
		if i < len(p.values) && w.Same(v) {
			return p.values[i]
		}
	}
	return p.at
}

// include adds the configurations that the spec names one by one.
func (p *planner) include() error {
	for _, given := range p.spec.Include {
		values := make([]Value, len(p.spec.Parameters))
		for i, parameter := range p.spec.Parameters {
			if v, ok := given.Lookup(parameter.Name); ok {
				values[i] = v
			} else if parameter.Dist.Type == constant {
				values[i] = parameter.Dist.Values[0]
			}
		}
		params, problem := p.spec.complete(values)
		if problem != nil {
			p.report(*problem)
			continue
		}
		for _, set := range given {
			if p.spec.parameter(set.Name) == nil {
				params = append(params, set)
			}
		}
		if _, err := p.resolve(params, false); err != nil {
			return err
		}
	}
	return nil
}

// addTrials gives each configuration its replicates, in the order of running up to the budget.
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

// warn says what came out otherwise than was probably meant.
func (p *planner) warn() {
	add := func(at place, path, message, hint string) {
		p.plan.Warnings = append(p.plan.Warnings, at.problem(path, message, hint))
	}
	if p.merged > 0 && p.spec.Method == "grid" {
		add(p.spec.parameters, "parameters", fmt.Sprintf("%s configurations come to the same training as another and are left out", grouped(float64(p.merged))), "")
	}
	for i := range p.spec.Exclude {
		if (p.excluded == nil || p.excluded[i] == 0) && p.spec.Method == "grid" && p.spec.Budget.Configurations == 0 {
			add(p.spec.excluded[i], fmt.Sprintf("exclude[%d]", i), "this leaves out nothing", "")
		}
	}
	if p.short > 0 {
		add(p.spec.at, "budget", fmt.Sprintf("only %d different configurations were found, %d were wanted",
			len(p.plan.Configurations), p.spec.wanted()), "lower the budget, or widen the ranges")
	}
}

// Trials returns the trials in the order of running: replicate by replicate, then as the configurations are declared.
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

package sweeps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// planner gathers the configurations of a plan.
type planner struct {
	spec     *Spec
	trainer  Trainer
	plan     *Plan
	seen     map[string]int  // hashes of configurations, with their index
	used     map[string]bool // parameters that change something in a configuration
	problems Problems
	merged   int   // configurations that were the same as another
	dropped  int   // configurations that constraints and exclude left out
	excluded []int // how many each exclude left out
	short    int   // how many configurations were wanted and not found
	met      int   // the configuration that the last one that was added came to, if it was there before
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

func (p *planner) random(drawn []Drawn) error {
	earlier, err := p.recallAll(drawn)
	if err != nil {
		return err
	}
	tries := p.spec.tries()
	for i := 0; len(p.plan.Configurations) < p.spec.wanted(); i++ {
		found := false
		for attempt := 0; attempt < tries && !found && len(p.problems) < maxProblems; attempt++ {
			values := p.spec.draw(i, attempt)
			if !p.admitted(values) {
				continue
			}
			if found, err = p.draw(values, earlier); err != nil {
				return err
			}
		}
		if !found {
			p.short = p.spec.wanted() - len(p.plan.Configurations)
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
	if i, again := p.seen[hash]; again {
		p.met = i
		// Points of a grid that differ in absent parameters only are the same point.
		if !slices.EqualFunc(params, p.plan.Configurations[i].Params, func(a, b Setting) bool { return a.Name == b.Name && a.Value.Same(b.Value) }) {
			p.merged++
		}
		return false, nil
	}
	for _, s := range params {
		if !slices.Contains(r.Unused, s.Name) {
			p.used[s.Name] = true
		}
	}
	p.seen[hash] = len(p.plan.Configurations)
	p.plan.Configurations = append(p.plan.Configurations, Configuration{ID: hash[:shortID], Params: params, Resolved: r})
	return true, nil
}

// refused turns what the trainer says of a configuration into problems at the values that are meant. What is not about
// a value is returned.
func (p *planner) refused(params Values, err error) error {
	wrong, all := valueErrors(err)
	if !all {
		return fmt.Errorf("resolve configuration: %w", err)
	}
	for _, w := range wrong {
		p.refusedValue(params, w)
	}
	p.problems = p.problems.sorted() // the same value is met in many configurations
	return nil
}

// valueErrors gathers the mistakes in values that err joins or wraps; all is false if it holds an error of another kind.
func valueErrors(err error) (wrong []*ValueError, all bool) {
	switch e := err.(type) {
	case *ValueError:
		return []*ValueError{e}, true
	case interface{ Unwrap() error }:
		return valueErrors(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			more, ok := valueErrors(inner)
			if !ok {
				return nil, false
			}
			wrong = append(wrong, more...)
		}
		return wrong, len(wrong) > 0
	}
	return nil, false
}

func (p *planner) refusedValue(params Values, wrong *ValueError) {
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

// unused reports whether a parameter is given somewhere and has an effect nowhere.
func (p *planner) unused(name string) bool {
	return !p.used[name] && slices.ContainsFunc(p.plan.Configurations, func(c Configuration) bool {
		return slices.Contains(c.Unused, name)
	})
}

// warnRungs notes where trials are judged while their learning rate falls: a rung then compares rates in mid-decay, and one
// that has fallen farther looks better than it is.
func (p *planner) warnRungs() {
	e := p.spec.EarlyTerminate
	if e == nil {
		return
	}
	for _, c := range p.plan.Configurations {
		rungs := p.spec.Rungs(c.Points)
		if e.Type == "median" {
			rungs = []int{c.Points - 1} // at each point from the first on
		}
		for _, k := range rungs {
			if c.Points == 0 || float64(k) <= c.Steady*float64(c.Points) {
				continue
			}
			p.plan.Warnings = append(p.plan.Warnings, p.spec.early.problem("early_terminate",
				fmt.Sprintf("trials are judged at point %d of %d, and their learning rate falls from point %.0f on: a rung then compares rates in mid-decay",
					k, c.Points, c.Steady*float64(c.Points)+1),
				"write lr_schedule: wsd, whose rate is steady until the last lr_decay of the steps, or constant"))
			return
		}
	}
}

// warn says what came out otherwise than was probably meant.
func (p *planner) warn() {
	p.warnRungs()
	add := func(at place, path, message, hint string) {
		p.plan.Warnings = append(p.plan.Warnings, at.problem(path, message, hint))
	}
	if p.merged > 0 && p.spec.Method == "grid" {
		what := grouped(float64(p.merged)) + " configurations come to the same training as others and are left out"
		if p.merged == 1 {
			what = "1 configuration comes to the same training as another and is left out"
		}
		add(p.spec.parameters, "parameters", what, "")
	}
	for _, parameter := range p.spec.Parameters {
		if unused := p.unused(parameter.Name); unused {
			add(parameter.at, "parameters."+parameter.Name, parameter.Name+" changes nothing in any configuration, given the others", "leave it out")
		}
	}
	for i := range p.spec.Exclude {
		if (p.excluded == nil || p.excluded[i] == 0) && p.spec.Method == "grid" && p.spec.Budget.Configurations == 0 {
			add(p.spec.excluded[i], fmt.Sprintf("exclude[%d]", i), "this leaves out nothing", "")
		}
	}
	p.warnShort()
}

// warnShort says that fewer configurations were found than were wanted.
func (p *planner) warnShort() {
	if p.short <= 0 {
		return
	}
	p.plan.Warnings = append(p.plan.Warnings, p.spec.budgetAt.problem("budget", fmt.Sprintf("only %d different %s found, %d were wanted",
		len(p.plan.Configurations), were(len(p.plan.Configurations)), p.spec.wanted()), "lower the budget, or widen the ranges"))
}

// warnFew says that fewer configurations can be confirmed than the spec asks for.
func (p *planner) warnFew(complete, wanted int) {
	at := p.spec.confirmed
	if at == (place{}) { // the usual one
		at = p.spec.at
	}
	p.plan.Warnings = append(p.plan.Warnings, at.problem("confirm",
		fmt.Sprintf("only %d of %d leaders to confirm: no other configuration has come to its end", complete, wanted), ""))
}

func were(n int) string {
	if n == 1 {
		return "configuration was"
	}
	return "configurations were"
}

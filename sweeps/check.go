package sweeps

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// checker holds a decoded spec against itself and against the trainer.
type checker struct {
	decoder
	t     Trainer
	shape Problems // what the decoder found; nothing more is said of those parameters' bounds
}

// check finds mistakes that are not in the shape of one key alone; shape is what the decoder found. It turns values into the kinds that the trainer takes.
func check(s *Spec, t Trainer, shape Problems) Problems {
	c := &checker{decoder{spec: s}, t, shape}
	c.budget()
	c.seeds()
	for i := range s.Parameters {
		c.distribution(&s.Parameters[i])
	}
	if s.External() {
		c.t = Trainer{} // any name will do
	} else {
		for _, at := range s.ofPrograms {
			c.fail(at, "", "delete it, or name a program", "this is about external programs, and the spec names none")
		}
	}
	s.resolve = c.t.Resolve
	c.names()
	c.metricName()
	c.zips()
	c.conditions()
	s.order = c.dependencies()
	c.byMethod()
	c.confirmation()
	return append(c.problems, s.amiss...)
}

// budget settles the two names of one bound.
func (c *checker) budget() {
	s := c.spec
	if s.runCap != 0 && s.Budget.Trials != 0 && s.runCap != s.Budget.Trials {
		c.fail(s.runCapAt, "run_cap", "delete one of them", "run_cap and budget.trials differ: %d and %d", s.runCap, s.Budget.Trials)
	}
	s.Budget.Trials = cmp.Or(s.Budget.Trials, s.runCap)
}

// seeds takes W&B's habit of a swept parameter seed for what it means: the list of replicates.
func (c *checker) seeds() {
	s := c.spec
	i := slices.IndexFunc(s.Parameters, func(p Parameter) bool { return p.Name == "seed" })
	if i < 0 {
		return
	}
	p := s.Parameters[i]
	path := "parameters.seed"
	s.Parameters = slices.Delete(s.Parameters, i, i+1)
	s.seedsListed = p.key
	if s.replicated {
		c.fail(p.key, path, "delete one of them", "parameter seed and replicates both say which seeds to train with")
		return
	}
	if len(p.When) > 0 || p.Derive != nil || p.Dist.Type == weighted {
		c.fail(p.at, path, "write replicates: 3, or a list of seeds", "the seeds of replicates are the same for every configuration")
		return
	}
	if !p.Dist.Discrete() && p.Dist.Count == 0 || !p.Dist.Listed() && c.spec.Method != "grid" {
		c.fail(p.at, path, "write replicates: 3, or a list of seeds", "seed must be a list, not %s", p.Dist.Type)
		return
	}
	if size := p.Dist.gridSize(); size > MaxReplicates {
		c.fail(p.at, path, "", "%.0f seeds, more than %d", size, MaxReplicates)
		return
	}
	var seeds []uint64
	for j, v := range p.Dist.Grid() {
		at := p.at
		if j < len(p.values) {
			at = p.values[j]
		}
		n, ok := v.Int()
		if !ok || n < 0 {
			c.fail(at, path, "", "a seed is a whole number from 0, not %s", describe(v))
			continue
		}
		seeds = c.addSeed(seeds, uint64(n), at, path)
	}
	c.setSeeds(seeds, p.at, path)
}

// distribution checks what the keys of one parameter mean together.
func (c *checker) distribution(p *Parameter) {
	d, path := p.Dist, "parameters."+p.Name
	f, known := formOf(d.Type)
	if !known || len(p.values) == 0 && d.Listed() {
		return // reported when it was decoded
	}
	bounded := slices.Contains(f.keys, "min") && p.low != place{} && p.high != place{}
	switch {
	case d.Type == weighted:
		c.probabilities(p, path)
	case bounded && (d.Min > d.Max || d.Min == d.Max && d.Type != intUniform):
		c.fail(p.high, path+".max", "", "max must be above min: %v and %v", d.Min, d.Max)
	case bounded && f.exponents && (math.Abs(d.Min) > 700 || math.Abs(d.Max) > 700):
		c.fail(p.at, path, "for bounds that are values take "+f.name+"_values", "the bounds of %s are exponents: e^%v to e^%v is beyond what numbers hold", f.name, d.Min, d.Max)
	case bounded && f.exponents && d.Min >= 0 && d.Max <= 1:
		low, high, _ := d.Bounds()
		c.warn(p.at, path, "for bounds that are values take "+f.name+"_values",
			"the bounds of %s are exponents: this is %.4g to %.4g", f.name, low, high)
	}
	if d.Count > 0 && c.spec.Method != "grid" {
		c.warn(p.count, path+".count", "", "count is for a grid; method %s draws from the whole range", c.spec.Method)
	}
}

func (c *checker) probabilities(p *Parameter, path string) {
	d := p.Dist
	if p.low == (place{}) {
		return // there are none, which is reported
	}
	if len(d.Probabilities) != len(d.Values) {
		c.fail(p.low, path+".probabilities", "", "%d probabilities for %d values", len(d.Probabilities), len(d.Values))
		return
	}
	sum := 0.0
	for _, x := range d.Probabilities {
		sum += x
	}
	if math.Abs(sum-1) > 1e-6 {
		c.fail(p.low, path+".probabilities", "", "the probabilities sum to %.6g, not 1", sum)
	}
}

// metricName checks the metric, and warns where its goal looks forgotten.
func (c *checker) metricName() {
	m := &c.spec.Metric
	if m.Name == "" {
		if m.at != (place{}) {
			return // a metric without a name is reported already
		}
		m.Name = "val/loss"
		if c.t.Metrics != nil && !slices.Contains(c.t.Metrics, m.Name) {
			c.fail(c.spec.at, "metric", "write metric: {name: "+strings.Join(c.t.Metrics[:min(1, len(c.t.Metrics))], "")+"}",
				"the trainer does not report the default metric, %s", m.Name)
		}
		return
	}
	if c.t.Metrics != nil && !slices.Contains(c.t.Metrics, m.Name) {
		known := slices.Clone(c.t.Metrics)
		slices.SortStableFunc(known, func(a, b string) int { return -cmp.Compare(metricRank(a), metricRank(b)) })
		c.fail(m.at, "metric.name", didYouMean(m.Name, known), "unknown metric %s", quote(m.Name))
		return
	}
	name := strings.ToLower(m.Name)
	rises := strings.Contains(name, "accuracy") || strings.Contains(name, "top5")
	falls := strings.Contains(name, "loss") || strings.Contains(name, "perplexity")
	if rises && !c.spec.goalGiven {
		c.warn(m.at, "metric.goal", "write goal: maximize", "the goal for %s is left at minimize", m.Name)
	}
	if falls && m.Maximize {
		c.warn(m.at, "metric.goal", "write goal: minimize", "the goal for %s is maximize", m.Name)
	}
	if strings.HasPrefix(m.Name, "test/") {
		c.fail(m.at, "metric.name", "choose by val/"+m.Name[len("test/"):], "%s cannot choose: a figure on the test part is honest only if it chose nothing", m.Name)
	}
}

// metricRank is higher for what a sweep should be judged by, so that "loss" suggests val/loss.
func metricRank(name string) int {
	if strings.HasPrefix(name, "val/") {
		return 1
	}
	return 0
}

// zips checks that parameters which advance together can.
func (c *checker) zips() {
	group := make(map[string]int)
	for i, names := range c.spec.Zip {
		at, lengths := c.spec.zipped[i], 0.0
		for j, name := range names {
			p := c.spec.parameter(name)
			switch before, again := group[name]; {
			case again && before == i:
				c.fail(at, "zip", "", "zip names %s twice", name)
				continue
			case again:
				c.fail(at, "zip", "join the two lists", "%s advances with two groups", name)
				continue
			case p == nil:
				c.fail(at, "zip", didYouMean(name, c.parameterNames()), "zip names %s, which is not among the parameters", name)
				continue
			case p.Derive != nil || p.Dist.Type == weighted || !p.Dist.Discrete() && p.Dist.Count == 0,
				!p.Dist.Listed() && c.spec.Method != "grid":
				c.fail(p.at, "parameters."+name, "zip takes lists", "%s has no list of values that could advance with another", name)
				continue
			}
			group[name] = i
			n := p.Dist.gridSize()
			if j == 0 || lengths == 0 {
				lengths = n
			} else if n != lengths {
				c.fail(p.at, "parameters."+name, "the lists of a zip have one length",
					"%s has %.0f values, %s has %.0f; they are to advance together", name, n, names[0], lengths)
			}
		}
	}
}

func (c *checker) parameterNames() []string {
	names := make([]string, len(c.spec.Parameters))
	for i, p := range c.spec.Parameters {
		names[i] = p.Name
	}
	return names
}

// byMethod checks what the method asks for.
func (c *checker) byMethod() {
	s := c.spec
	switch s.Method {
	case "grid":
		for i := range s.Parameters {
			c.countable(&s.Parameters[i])
		}
		if len(c.problems)+len(c.shape)+len(s.amiss) == 0 {
			_, ps := s.gridAxes()
			c.problems = append(c.problems, ps...)
		}
	default:
		if s.Budget.Configurations == 0 && s.Budget.Trials == 0 {
			c.fail(s.budgetAt, "budget", "write budget: {configurations: 20}", "method %s needs to know how many configurations to draw", s.Method)
		}
		if s.wanted() > MaxGrid {
			c.fail(s.budgetAt, "budget", "", "%d configurations, more than %d", s.wanted(), MaxGrid)
		}
	}
}

// confirmation settles whether leaders are confirmed: those of a search that trains each configuration once are, unless
// the spec says otherwise or its budget has no room for it. The luckiest value would win otherwise.
func (c *checker) confirmation() {
	s := c.spec
	usual := Confirm{Top: 3, Replicates: 5}
	switch {
	case s.Confirm != nil:
		if most := s.Budget.Trials; most > 0 && s.Confirm.trials() >= most && s.Confirm.Top > 0 {
			c.fail(s.confirmed, "confirm", "raise budget.trials", "confirm takes %d trainings, and the budget has %d", s.Confirm.trials(), most)
		}
	case s.unconfirmed || !s.Searches() || s.Replicates.N > 1 || s.Metric.Target != nil:
	case s.Budget.Trials == 0 || s.Budget.Trials >= 3*usual.trials():
		s.Confirm = &usual
	default:
		c.warn(s.budgetAt, "confirm", "raise the budget, or add confirm: {top: 3, replicates: 5}",
			"the budget is too small to confirm what the search finds with new seeds: the best value may be the luckiest one")
	}
}

// trials is how many trainings a confirmation takes at most.
func (c Confirm) trials() int { return c.Top * c.Replicates }

// wanted is how many configurations are to be drawn.
func (s *Spec) wanted() int {
	if s.Budget.Configurations > 0 {
		return s.Budget.Configurations
	}
	return (s.Budget.Trials-s.reserved()-1)/max(s.Replicates.N, 1) + 1
}

// reserved is how many of the budget's trials are kept for those that confirm.
func (s *Spec) reserved() int {
	if s.Confirm == nil {
		return 0
	}
	return s.Confirm.trials()
}

// countable refuses, in a grid, a parameter whose values cannot be counted.
func (c *checker) countable(p *Parameter) {
	d, path := p.Dist, "parameters."+p.Name
	if d.Type == "" {
		return
	}
	if d.Type == weighted {
		c.fail(p.at, path, "delete the probabilities, or write method: random", "a grid takes each value once: %s cannot have probabilities", p.Name)
	} else if !d.Discrete() && d.Count == 0 {
		hint := "list values, or write method: random"
		if f, _ := formOf(d.Type); slices.Contains(f.keys, "count") {
			hint = "add count: 4, list values, or write method: random"
		}
		c.fail(p.at, path, hint, "%s is continuous (%s), which a grid cannot exhaust", p.Name, d.Type)
	}
}

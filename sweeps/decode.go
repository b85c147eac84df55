package sweeps

import (
	"math"
	"path/filepath"
	"regexp"
	"strings"
)

// durationForm is how time is written; the schema has the same pattern.
var durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`)

// methods are the ways to choose configurations that the language knows; custom is refused.
var methods = []string{"grid", "random", "sobol", "tpe", "gp", "bayes"}

// topKeys are the keys of a spec.
var topKeys = []key{
	{name: "name", read: (*decoder).name},
	{name: "description", read: func(d *decoder, n *node, path string) { d.spec.Description, _ = d.text(n, path) }},
	{name: "project", read: func(d *decoder, n *node, path string) { d.spec.Project = d.label(n, path) }},
	{name: "entity", read: func(d *decoder, n *node, path string) { d.spec.Entity = d.label(n, path) }},
	{name: "method", read: (*decoder).method},
	{name: "metric", read: (*decoder).metric},
	{name: "replicates", read: (*decoder).replicates},
	{name: "seed", read: (*decoder).seed},
	{name: "parameters", required: true, read: func(d *decoder, n *node, path string) { d.parameters(n, path, "") }},
	{name: "zip", read: (*decoder).zip},
	{name: "constraints", read: (*decoder).constraints},
	{name: "include", read: (*decoder).include},
	{name: "exclude", read: (*decoder).exclude},
	{name: "budget", read: func(d *decoder, n *node, path string) {
		d.spec.budgetAt = n.place
		d.mapping(n, path, budgetKeys)
	}},
	{name: "run_cap", read: (*decoder).runCap},
	{name: "early_terminate", read: (*decoder).earlyTerminate},
	{name: "confirm", read: (*decoder).confirm},
	{name: "workers", read: func(d *decoder, n *node, path string) { d.spec.Workers = d.count(n, path) }},
	{name: "parallel", read: func(d *decoder, n *node, path string) { d.spec.Parallel = d.count(n, path) }},
	{name: "durability", read: func(d *decoder, n *node, path string) {
		d.spec.Durability, _ = d.choice(n, path, "full", "normal")
	}},
	{name: "keep_models", read: func(d *decoder, n *node, path string) {
		d.spec.KeepModels, _ = d.choice(n, path, "all", "best", "none")
	}},
	{name: "program", read: func(d *decoder, n *node, path string) {
		d.spec.programAt = n.place
		if s, ok := d.text(n, path); ok {
			if d.spec.Program = s; s == "" {
				d.fail(n.place, path, "delete it to use the built-in trainer", "%s is empty", path)
			}
		}
	}},
	{name: "gpus", read: func(d *decoder, n *node, path string) {
		d.spec.GPUs = d.count(n, path)
		d.spec.ofPrograms = append(d.spec.ofPrograms, n.place)
	}},
	{name: "retries", read: func(d *decoder, n *node, path string) {
		i, _ := d.whole(n, path, 0, 100)
		d.spec.Retries = int(i)
		d.spec.ofPrograms = append(d.spec.ofPrograms, n.place)
	}},
	{name: "silence", read: func(d *decoder, n *node, path string) {
		d.spec.Silence, _ = d.duration(n, path)
		d.spec.ofPrograms = append(d.spec.ofPrograms, n.place)
	}},
	{name: "command", read: (*decoder).command},
	{name: "apiVersion", read: func(d *decoder, n *node, path string) { d.text(n, path) }},
	{name: "kind", read: func(d *decoder, n *node, path string) { d.choice(n, path, "sweep") }},
	{name: "controller", read: func(d *decoder, n *node, path string) { d.mapping(n, path, controllerKeys) }},
	{name: "scheduler", read: refuse("schedulers are a service of W&B's", "delete it and choose a method")},
	{name: "job", read: refuse("jobs are started by W&B Launch", "name the program itself: program: train.py")},
	{name: "image_uri", read: refuse("container images are started by W&B Launch", "name the program itself: program: train.py")},
	{name: "metrics", read: refuse("a sweep has one metric to choose by; all others are recorded all the same", "write metric: {name: ...}")},
}

var budgetKeys = []key{
	{name: "trials", read: func(d *decoder, n *node, path string) { d.spec.Budget.Trials = d.count(n, path) }},
	{name: "configurations", read: func(d *decoder, n *node, path string) { d.spec.Budget.Configurations = d.count(n, path) }},
	{name: "time", read: func(d *decoder, n *node, path string) { d.spec.Budget.Time, _ = d.duration(n, path) }},
	{name: "trial_time", read: func(d *decoder, n *node, path string) { d.spec.Budget.TrialTime, _ = d.duration(n, path) }},
	{name: "target", read: (*decoder).target},
}

var metricKeys = []key{
	{name: "name", required: true, read: func(d *decoder, n *node, path string) {
		d.spec.Metric.at = n.place
		if s, ok := d.text(n, path); ok {
			if d.spec.Metric.Name = s; s == "" {
				d.fail(n.place, path, "", "%s is empty", path)
			}
		}
	}},
	{name: "goal", read: func(d *decoder, n *node, path string) {
		goal, ok := d.choice(n, path, "minimize", "maximize")
		d.spec.Metric.Maximize, d.spec.goalGiven = goal == "maximize", ok
	}},
	{name: "target", read: (*decoder).target},
	{name: "impute", read: func(d *decoder, n *node, path string) {
		d.spec.Metric.Impute, _ = d.choice(n, path, "latest", "best", "worst")
	}},
	{name: "impute_while_running", read: (*decoder).imputeWhileRunning},
}

var controllerKeys = []key{
	{name: "type", required: true, read: func(d *decoder, n *node, path string) { d.choice(n, path, "local", "cloud") }},
}

var confirmKeys = []key{
	{name: "top", required: true, read: func(d *decoder, n *node, path string) { d.spec.Confirm.Top = d.count(n, path) }},
	{name: "replicates", required: true, read: func(d *decoder, n *node, path string) {
		i, _ := d.whole(n, path, 1, MaxReplicates)
		d.spec.Confirm.Replicates = int(i)
	}},
}

var raceKeys = []key{
	{name: "min", required: true, read: func(d *decoder, n *node, path string) {
		i, _ := d.whole(n, path, 2, MaxReplicates) // with fewer there is no spread to judge by
		d.spec.Replicates.N = int(max(i, 1))
	}},
	{name: "max", required: true, read: func(d *decoder, n *node, path string) {
		i, _ := d.whole(n, path, -maxWhole, MaxReplicates) // how low it may be depends on min
		d.spec.Replicates.Max = int(i)
	}},
	{name: "until", required: true, read: func(d *decoder, n *node, path string) { d.choice(n, path, "separated") }},
}

var earlyTerminateKeys = []key{
	{name: "type", required: true, read: func(d *decoder, n *node, path string) {
		d.spec.EarlyTerminate.Type, _ = d.choice(n, path, "hyperband", "median", "asha")
	}},
	{name: "min_iter", read: func(d *decoder, n *node, path string) { d.spec.EarlyTerminate.MinIter = d.count(n, path) }},
	{name: "max_iter", read: func(d *decoder, n *node, path string) { d.spec.EarlyTerminate.MaxIter = d.count(n, path) }},
	{name: "s", read: func(d *decoder, n *node, path string) { d.spec.EarlyTerminate.S = d.count(n, path) }},
	{name: "eta", read: func(d *decoder, n *node, path string) {
		if f, ok := d.above(n, path, 1); ok {
			d.spec.EarlyTerminate.Eta = f
		}
	}},
	{name: "strict", read: func(d *decoder, n *node, path string) {
		if b, ok := d.truth(n, path); ok {
			d.spec.EarlyTerminate.Strict = b
		}
	}},
	{name: "promote", read: func(d *decoder, n *node, path string) {
		if b, ok := d.truth(n, path); ok {
			d.spec.EarlyTerminate.Promote = b
		}
	}},
	{name: "startup", read: func(d *decoder, n *node, path string) { d.spec.EarlyTerminate.Startup = d.count(n, path) }},
	{name: "brackets", read: func(d *decoder, n *node, path string) { d.spec.EarlyTerminate.Brackets = d.count(n, path) }},
}

// refuse is the reader of a key of W&B's that means something this program does not do.
func refuse(reason, hint string) func(*decoder, *node, string) {
	return func(d *decoder, n *node, path string) {
		d.fail(n.place, path, hint, "%s is not taken: %s", path, reason)
	}
}

// newSpec has the defaults.
func newSpec(file string, src []byte) *Spec {
	return &Spec{
		File: file, Source: src, Method: "grid", Seed: 1, Parallel: 4, Durability: "full", KeepModels: "all",
		Metric:     Metric{Impute: "worst", ImputeWhileRunning: "false"},
		Replicates: Replicates{N: 1},
		at:         place{file, 1, 1},
		budgetAt:   place{file, 1, 1},
	}
}

// decode reads a tree of nodes into a Spec: the shape of every key, not yet whether they fit together.
func decode(file string, src []byte, top *node) (*Spec, Problems) {
	d := &decoder{spec: newSpec(file, src)}
	if top.kind != mappingNode {
		d.fail(top.place, "", "start with parameters:", "a spec is a mapping, not %s", top.describe())
		return d.spec, d.problems
	}
	if f := top.field("parameters"); f != nil {
		d.spec.parameters = f.key
	}
	d.mapping(top, "", topKeys)
	if top.lookup("name") == nil {
		d.nameOfFile()
	}
	return d.spec, d.problems
}

func (d *decoder) name(n *node, path string) {
	s, ok := d.text(n, path)
	if !ok {
		return
	}
	if d.spec.Name = s; !sweepName.MatchString(s) {
		d.fail(n.place, path, nameHint(s), "%s cannot be %s: letters, digits, dot, dash and underscore, at most 128, a letter or digit first", path, quote(s))
	}
}

func nameHint(s string) string {
	if s = spelling(s); s != "" {
		return "write name: " + s
	}
	return ""
}

// nameOfFile is the name of a sweep that does not give one.
func (d *decoder) nameOfFile() {
	base := filepath.Base(d.spec.File)
	s := strings.TrimSuffix(base, filepath.Ext(base))
	if d.spec.Name = s; !sweepName.MatchString(s) {
		hint := nameHint(s)
		if hint == "" {
			hint = "write name: ..."
		}
		d.fail(d.spec.at, "name", hint, "the sweep has no name, and the file's, %s, cannot be one", quote(s))
	}
}

func (d *decoder) label(n *node, path string) string {
	s, ok := d.text(n, path)
	if ok {
		d.warn(n.place, path, "", "%s is kept as a label, nothing is sent anywhere", path)
	}
	return s
}

func (d *decoder) method(n *node, path string) {
	s, ok := d.text(n, path)
	if ok && s == "custom" {
		d.fail(n.place, path, "choose grid, random, sobol, tpe or gp", "method custom is code that W&B calls, which a file does not hold")
		return
	}
	if s, ok := d.choice(n, path, methods...); ok {
		if d.spec.Method = s; s == "bayes" {
			d.spec.Method = "tpe"
			d.warn(n.place, path, "write method: tpe, or method: gp for a Gaussian process", "method bayes is taken as tpe")
		}
	}
}

func (d *decoder) metric(n *node, path string) {
	d.spec.Metric.at = n.place
	if s, ok := n.value.Text(); ok && n.kind == scalarNode {
		d.fail(n.place, path, "write metric: {name: "+s+"}", "metric must be a mapping, not %s", n.describe())
		return
	}
	d.mapping(n, path, metricKeys)
}

// target reads metric.target and budget.target, which mean the same.
func (d *decoder) target(n *node, path string) {
	f, ok := d.number(n, path)
	if !ok {
		return
	}
	if t := d.spec.Metric.Target; t != nil && *t != f {
		d.amiss(n.place, path, "delete one of them", "metric.target and budget.target differ: %v and %v", *t, f)
	}
	d.spec.Metric.Target = &f
}

func (d *decoder) imputeWhileRunning(n *node, path string) {
	if b, ok := n.value.Bool(); ok && !b {
		d.spec.Metric.ImputeWhileRunning = "false"
		return
	}
	if s, ok := d.choice(n, path, "latest", "best", "worst", "false"); ok {
		d.spec.Metric.ImputeWhileRunning = s
	}
}

// count reads a whole number from 1.
func (d *decoder) count(n *node, path string) int {
	i, _ := d.whole(n, path, 1, 1<<31-1)
	return int(i)
}

func (d *decoder) replicates(n *node, path string) {
	d.spec.replicated = true
	if n.kind == scalarNode {
		if i, ok := d.whole(n, path, 1, MaxReplicates); ok {
			d.spec.Replicates.N = int(i)
		}
		return
	}
	if n.kind == mappingNode {
		d.race(n, path)
		return
	}
	if n.kind != listNode {
		d.wrongKind(n, path, "a whole number, a list of seeds, or {min: 2, max: 10, until: separated}", "write replicates: 3")
		return
	}
	var seeds []uint64
	d.each(n, path, "seeds", func(item *node, at string) {
		if i, ok := d.whole(item, at, 0, maxWhole); ok {
			seeds = d.addSeed(seeds, uint64(i), item.place, at)
		}
	})
	d.setSeeds(seeds, n.place, path)
}

// race reads {min: 2, max: 10, until: separated}.
func (d *decoder) race(n *node, path string) {
	d.spec.racedAt = n.place
	d.mapping(n, path, raceKeys)
	most := n.lookup("max")
	if most == nil {
		return
	}
	given, ok := most.value.Int()
	least := int64(max(d.spec.Replicates.N+1, 3)) // fewer than 3 are no race, whatever min is
	if !ok || given >= least {
		return
	}
	report := d.amiss
	if given < 3 {
		report = d.fail
	}
	report(most.place, join(path, "max"), "", "%s.max must be above min: at least %d, not %d", path, least, given)
}

// addSeed refuses a seed that is listed already: it would be the same training again.
func (d *decoder) addSeed(seeds []uint64, s uint64, at place, path string) []uint64 {
	for _, t := range seeds {
		if s == t {
			d.fail(at, path, "the same seed gives the same training; delete it", "seed %d is listed twice", s)
			return seeds
		}
	}
	return append(seeds, s)
}

func (d *decoder) setSeeds(seeds []uint64, at place, path string) {
	if len(seeds) > MaxReplicates {
		d.fail(at, path, "", "%d seeds, more than %d", len(seeds), MaxReplicates)
		return
	}
	d.spec.Replicates = Replicates{N: max(len(seeds), 1), Seeds: seeds}
}

func (d *decoder) seed(n *node, path string) {
	if i, ok := d.whole(n, path, 0, maxWhole); ok {
		d.spec.Seed = uint64(i)
	}
}

func (d *decoder) zip(n *node, path string) {
	d.each(n, path, "lists of names, [[a, b]]", func(group *node, at string) {
		var names []string
		if group.kind != listNode {
			d.wrongKind(group, at, "a list of names", "write zip: [[a, b]]")
			return
		}
		d.each(group, at, "names", func(item *node, at string) {
			if s, ok := d.text(item, at); ok {
				names = append(names, s)
			}
		})
		if len(group.items) == 1 {
			d.fail(group.place, at, "", "%s has one name; to advance together takes two", at)
		}
		d.spec.Zip = append(d.spec.Zip, names)
		d.spec.zipped = append(d.spec.zipped, group.place)
	})
}

func (d *decoder) runCap(n *node, path string) {
	d.spec.runCap, d.spec.runCapAt = d.count(n, path), n.place
}

func (d *decoder) command(n *node, path string) {
	if d.spec.programAt == (place{}) {
		d.spec.programAt = n.place
	}
	d.each(n, path, "words", func(item *node, at string) {
		if v, ok := d.scalar(item, at); ok {
			d.spec.Command = append(d.spec.Command, v.String())
		}
	})
}

func (d *decoder) confirm(n *node, path string) {
	d.spec.confirmed = n.place
	if t, ok := n.value.Text(); ok && n.kind == scalarNode && t == "none" {
		d.spec.unconfirmed = true
		return
	}
	d.spec.Confirm = &Confirm{}
	d.mapping(n, path, confirmKeys)
}

func (d *decoder) earlyTerminate(n *node, path string) {
	e := &EarlyTerminate{Eta: 3, Strict: true}
	d.spec.EarlyTerminate, d.spec.early = e, n.place
	before := len(d.problems)
	d.mapping(n, path, earlyTerminateKeys)
	given := func(name string) bool { return n.kind == mappingNode && n.lookup(name) != nil }
	if len(d.problems) > before {
		return
	}
	stopping := e.Type == "hyperband" && e.Brackets == 0
	if !given("promote") {
		e.Promote = e.Type == "asha" || e.Brackets > 0
	}
	if !given("startup") && e.Type == "median" {
		e.Startup = 5
	}
	switch {
	case given("min_iter") && given("max_iter") && stopping:
		d.amiss(n.place, path, "delete one of them", "min_iter and max_iter are two ways to lay out the bands")
	case e.Type != "median" && e.MinIter == 0 && (e.MaxIter == 0 || e.S == 0):
		if stopping {
			d.amiss(n.place, path, "", "hyperband needs min_iter, or max_iter and s, or brackets")
			return
		}
		switch {
		case e.MaxIter > 0: // as Hyperband is usually given: bands as far down as there are
			e.S = math.MaxInt32
		case e.S > 0:
			d.amiss(n.lookup("s").place, join(path, "s"), "add max_iter, or write min_iter in place of s", "s counts bands back from max_iter")
			return
		default:
			e.MinIter = 1
		}
	}
	if e.Type != "median" && len(e.rungs(0)) == 0 {
		d.amiss(n.place, path, "raise max_iter, or lower eta", "no band lies between 1 and max_iter: %d / %v is below 1", e.MaxIter, e.Eta)
		return
	}
	for _, k := range []struct {
		name  string
		where bool
		goes  string
	}{
		{"brackets", e.Type == "hyperband", "type: hyperband"}, {"strict", stopping, "type: hyperband without brackets"},
		{"promote", e.Type != "median" && !stopping, "type: asha, or hyperband with brackets"},
		{"startup", e.Type == "median", "type: median"},
		{"eta", e.Type != "median", "type: hyperband or asha"}, {"max_iter", e.Type != "median", "type: hyperband or asha"},
		{"s", e.Type != "median", "type: hyperband or asha"},
	} {
		if given(k.name) && !k.where {
			d.amiss(n.lookup(k.name).place, join(path, k.name), "delete it", "%s goes with %s", k.name, k.goes)
		}
	}
	if stopping && !given("strict") {
		d.warn(n.place, path, "write strict: true or strict: false", "strict is true, as in W&B's schema; their documentation says false")
	}
}

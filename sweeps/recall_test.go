package sweeps

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// planned makes the plan of a spec from what a record holds.
func planned(t *testing.T, src string, record Memory) *Plan {
	t.Helper()
	p, err := NewPlan(load(t, src), pretender(), record.Drawn...)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Recall(record); err != nil {
		t.Fatal(err)
	}
	return p
}

// ended runs a sweep to its end, and returns what the record then holds.
func ended(t *testing.T, src string) (*Plan, Memory) {
	t.Helper()
	record := Memory{Trials: map[string]Progress{}}
	p := planned(t, src, record)
	session(t, p, &record, 2, rand.New(rand.NewPCG(1, 1)), 0)
	return p, record
}

func ids(p *Plan) (out []string) {
	for _, t := range p.Trials() {
		out = append(out, t.ID)
	}
	return out
}

// TestEditIsKilled: whatever an edit asks for first, and however soon its session dies, what was drawn and trained before stays
// in the sweep.
func TestEditIsKilled(t *testing.T) {
	const before = "method: tpe\nconfirm: none\nbudget: {configurations: 12}\nparallel: 2\n" + scheduleSpace
	edits := map[string]string{
		"replicates": "replicates: 2\n" + before,
		"a race":     "replicates: {min: 2, max: 4, until: separated}\n" + before,
		"included":   "include: [{learning_rate: 0.02, hidden_size: 500}]\n" + before,
	}
	for name, after := range edits {
		t.Run(name, func(t *testing.T) {
			_, record := ended(t, before)
			whole := Memory{Drawn: record.Drawn, Trials: map[string]Progress{}}
			for id, known := range record.Trials {
				whole.Trials[id] = known
			}
			unbroken := planned(t, after, whole)
			session(t, unbroken, &whole, 2, rand.New(rand.NewPCG(2, 2)), 0)
			for range 100 {
				p := planned(t, after, record)
				if session(t, p, &record, 2, rand.New(rand.NewPCG(3, 3)), 1) {
					if !slices.Equal(ids(p), ids(unbroken)) {
						t.Errorf("killed after every result, the edit comes to\n%v, unbroken to\n%v", ids(p), ids(unbroken))
					}
					return
				}
			}
			t.Error("it does not come to its end")
		})
	}
}

// TestFailedTrialIsTriedAgain by the next session, whatever decides in its sweep.
func TestFailedTrialIsTriedAgain(t *testing.T) {
	for name, src := range schedules {
		t.Run(name, func(t *testing.T) {
			p, record := ended(t, src+scheduleSpace)
			failed := p.Trials()[slices.IndexFunc(p.Trials(), func(t Trial) bool { return record.Trials[t.ID].State == Complete })]
			record.Trials[failed.ID] = Progress{State: Failed, Curve: record.Trials[failed.ID].Curve[:1]}
			s, err := planned(t, src+scheduleSpace, record).Schedule()
			if err != nil {
				t.Fatal(err)
			}
			if work := s.Work(); !slices.ContainsFunc(work, func(w Work) bool { return w.Trial.ID == failed.ID }) {
				t.Errorf("%d trials are offered, %s is not among them", len(work), failed.ID)
			}
		})
	}
}

// TestKeptEndsAreTold: what the record holds as ended is told once, and nothing else is.
func TestKeptEndsAreTold(t *testing.T) {
	for name, src := range schedules {
		p, record := ended(t, src+scheduleSpace)
		s, err := planned(t, src+scheduleSpace, record).Schedule()
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]State{}
		for _, e := range s.Ends() {
			if !e.Kept {
				t.Errorf("%s: %s ends anew", name, e.Trial.ID)
			}
			told[e.Trial.ID] = e.State
		}
		want := map[string]State{}
		for _, trial := range p.Trials() {
			if state := record.Trials[trial.ID].State; state != "" {
				want[trial.ID] = state
			}
		}
		if fmt.Sprint(told) != fmt.Sprint(want) {
			t.Errorf("%s: told %v, want %v", name, told, want)
		}
	}
}

// TestUndecidedEnd: a training that came to its end before it was decided whether it goes so far is not asked for again; what
// is decided at last is told.
func TestUndecidedEnd(t *testing.T) {
	src := schedules["asha that stops"] + scheduleSpace
	p, record := ended(t, src)
	want := transcript(p, record)
	for _, trial := range p.Trials() { // all of them have gone on to their end
		known := Progress{Curve: curve(trial, points), State: Complete, Undecided: true}
		known.Value = known.Curve[points-1].Value
		record.Trials[trial.ID] = known
	}
	again := planned(t, src, record)
	s, err := again.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Work()); n != 0 {
		t.Errorf("%d trials are asked for again", n)
	}
	for _, e := range s.Ends() {
		known := record.Trials[e.Trial.ID]
		known.State, known.Undecided = e.State, e.Kept
		if e.State == Stopped {
			known.Curve = known.Curve[:slices.IndexFunc(known.Curve, func(l Logged) bool { return l.Step == e.Step })+1]
		}
		record.Trials[e.Trial.ID] = known
	}
	if got := transcript(again, record); got != want {
		t.Errorf("decided at last:\n%s\nwant\n%s", got, want)
	}
}

// TestBudgetEndsRaceByRounds: every configuration that is in the race has the same number of replicates when the budget ends it.
func TestBudgetEndsRaceByRounds(t *testing.T) {
	const race = "replicates: {min: 2, max: 10, until: separated}\nbudget: {trials: %d}\nparameters:\n  corpus: gostd\n  learning_rate: [0.005, 0.0051, 0.0052, 0.0053, 0.0054, 0.0055]\n"
	for _, budget := range []int{14, 18, 23, 24} {
		p, _ := ended(t, fmt.Sprintf(race, budget))
		count := map[int]int{}
		for _, c := range p.Configurations {
			count[len(c.Trials)]++
		}
		s, _ := p.Schedule()
		if len(count) != 1 {
			t.Errorf("budget %d: replicates by configurations: %v, want all alike", budget, count)
		}
		if s.Cut() != 6 {
			t.Errorf("budget %d: %d configurations are said to be left in the race, want 6", budget, s.Cut())
		}
	}
}

// TestFailedReplicateStaysInRace: what failed says nothing of its configuration, which goes on with further replicates.
func TestFailedReplicateStaysInRace(t *testing.T) {
	p := planned(t, "replicates: {min: 3, max: 5, until: separated}\nparameters:\n  corpus: gostd\n  learning_rate: [0.005, 0.0051, 0.5]\n", Memory{})
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	unlucky := p.Configurations[0].Trials[2].ID
	for !s.Over() {
		for _, w := range s.Work() {
			known := Progress{State: Complete, Value: curve(w.Trial, points)[points-1].Value}
			if w.Trial.ID == unlucky {
				known = Progress{State: Failed, Value: math.NaN()}
			}
			if err := s.Tell(w.Trial.ID, known, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	var n []int
	for _, c := range p.Configurations {
		n = append(n, len(c.Trials))
	}
	if !slices.Equal(n, []int{5, 5, 3}) {
		t.Errorf("replicates %v, want 5 of the two that are alike and 3 of the one that is far off", n)
	}
}

// TestRecalledSearch: which of the configurations that a search has drawn an edited spec takes over.
func TestRecalledSearch(t *testing.T) {
	const (
		space  = "parameters:\n  corpus: gostd\n  hidden_size: {min: 5, max: 100, distribution: q_uniform, q: 5}\n"
		narrow = "parameters:\n  corpus: gostd\n  hidden_size: {min: 5, max: 50, distribution: q_uniform, q: 5}\n"
		wide   = "parameters:\n  corpus: gostd\n  hidden_size: {min: 5, max: 300, distribution: q_uniform, q: 5}\n"
		eight  = "confirm: none\nbudget: {configurations: 8}\n"
	)
	upTo := func(most int64) func(Configuration) bool {
		return func(c Configuration) bool {
			v, _ := c.Params.Lookup("hidden_size")
			x, _ := v.Float()
			return x <= float64(most)
		}
	}
	for _, method := range []string{"tpe", "gp", "random", "sobol"} {
		head := "method: " + method + "\n" + eight
		for _, e := range []struct {
			what, spec string
			keeps      func(Configuration) bool
		}{
			{"the same", head + space, upTo(100)},
			{"included", "include: [{hidden_size: 500}]\n" + head + space, upTo(100)},
			{"widened", head + wide, upTo(100)},
			{"narrowed", head + narrow, upTo(50)},
			{"another seed", "seed: 7\n" + head + space, upTo(-1)},
			{"another seed of a replicate", "replicates: [12]\n" + head + space, upTo(-1)},
		} {
			p, record := ended(t, head+space)
			again := planned(t, e.spec, record)
			for _, c := range p.Configurations {
				kept := slices.ContainsFunc(again.Configurations, func(o Configuration) bool { return o.ID == c.ID && known(record, o) })
				// Of a search one that is included takes the place of the last one drawn.
				last := e.what == "included" && again.Spec.Searches() && c.ID == p.Configurations[7].ID
				if kept != (e.keeps(c) && !last) {
					t.Errorf("%s, %s: %v kept: %v", method, e.what, c.Params, kept)
				}
			}
		}
	}
}

func known(m Memory, c Configuration) bool {
	return slices.ContainsFunc(c.Trials, func(t Trial) bool { return m.Trials[t.ID].State != "" })
}

// TestRandomGoesOnAsItBegan: raising the budget of random points draws those that a larger budget would have drawn at once.
func TestRandomGoesOnAsItBegan(t *testing.T) {
	for _, method := range []string{"random", "sobol"} {
		spec := func(n int) string {
			return fmt.Sprintf("method: %s\nbudget: {configurations: %d}\n%s", method, n, scheduleSpace)
		}
		_, record := ended(t, spec(10))
		if got, want := ids(planned(t, spec(25), record)), ids(planned(t, spec(25), Memory{})); !slices.Equal(got, want) {
			t.Errorf("%s: after 10 it goes on to\n%v, at once\n%v", method, got, want)
		}
	}
}

// TestShortSearchSaysSo: a search that finds fewer configurations than are wanted.
func TestShortSearchSaysSo(t *testing.T) {
	p, _ := ended(t, "method: tpe\nconfirm: none\nbudget: {configurations: 5}\nparameters:\n  corpus: gostd\n  hidden_size: [10, 20, 30]\nconstraints: [hidden_size > 10]\n")
	if len(p.Warnings) != 1 || len(p.Configurations) != 2 {
		t.Errorf("%d configurations, warnings %v", len(p.Configurations), p.Warnings)
	}
}

// TestUndecidedTrials: what a race and a confirmation trained before an edit stays until results have decided on it.
func TestUndecidedTrials(t *testing.T) {
	const rest = "confirm: {top: 1, replicates: 2}\nreplicates: {min: 2, max: 4, until: separated}\nparameters:\n  corpus: gostd\n  learning_rate: "
	before, record := ended(t, rest+"[0.005, 0.0051]\n")
	after := planned(t, rest+"[0.005, 0.0051, 0.02]\n", record)
	undecided := 0
	for _, trial := range before.Trials() {
		switch may := after.Undecided(trial.Configuration, trial.Replicate, trial.Seed); {
		case may && trial.Replicate <= 2:
			t.Errorf("replicate %d is said to be undecided", trial.Replicate)
		case may:
			undecided++
		}
	}
	if want := len(before.Trials()) - 4; undecided != want {
		t.Errorf("%d trials are undecided, want %d", undecided, want)
	}
	session(t, after, &record, 2, rand.New(rand.NewPCG(1, 1)), 0)
	for _, trial := range before.Trials() {
		if after.Undecided(trial.Configuration, trial.Replicate, trial.Seed) {
			t.Errorf("replicate %d is undecided at the end", trial.Replicate)
		}
	}
}

// TestFewLeadersToConfirm: where fewer configurations came to their end than are to be confirmed, that is said.
func TestFewLeadersToConfirm(t *testing.T) {
	p, _ := ended(t, "early_terminate: {type: asha, min_iter: 1}\nconfirm: {top: 2, replicates: 2}\nparameters:\n  corpus: gostd\n  learning_rate: [0.005, 0.05, 0.5]\n")
	if n := len(p.Trials()); n != 5 || p.Warnings[len(p.Warnings)-1].Path != "confirm" {
		t.Errorf("%d trials, warnings %v", n, p.Warnings)
	}
}

// TestNarrowConstraintIsMet: a search goes on where the constraints leave one point in a thousand.
func TestNarrowConstraintIsMet(t *testing.T) {
	for seed := range 5 {
		p, _ := ended(t, fmt.Sprintf("method: tpe\nseed: %d\nconfirm: none\nbudget: {configurations: 10}\nconstraints: [dropout > 0.949]\nparameters:\n  corpus: gostd\n  learning_rate: 0.01\n  dropout: {min: 0.0, max: 0.95}\n", seed))
		if n := len(p.Configurations); n != 10 {
			t.Errorf("seed %d: %d configurations, want 10", seed, n)
		}
	}
}

// TestStoppedReplicateLeavesTheRace: the mean of the replicates that a rule has let through is that of the lucky ones.
func TestStoppedReplicateLeavesTheRace(t *testing.T) {
	s := &Schedule{}
	s.plan = &Plan{Spec: &Spec{}, Configurations: []Configuration{{Trials: []Trial{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d", Confirms: true}}}}}
	s.byTrial = map[string]*scheduled{}
	for i, state := range []State{Complete, Stopped, Failed, Complete} {
		trial := s.plan.Configurations[0].Trials[i]
		s.byTrial[trial.ID] = &scheduled{trial: trial, ended: state}
	}
	if n := s.run(0); n != 2 {
		t.Errorf("%d replicates have been run, want the complete one and the one that failed", n)
	}
}

// TestTargetKeepsConfirmations: a target that is added to a search that has ended takes nothing from what new seeds have judged.
func TestTargetKeepsConfirmations(t *testing.T) {
	const rest = "method: tpe\nbudget: {configurations: 10}\nconfirm: {top: 2, replicates: 3}\n" + scheduleSpace
	before, record := ended(t, rest)
	after := planned(t, "metric: {name: val/loss, target: 100}\n"+rest, record)
	session(t, after, &record, 2, rand.New(rand.NewPCG(1, 1)), 0)
	confirms := 0
	for _, trial := range after.Trials() {
		if trial.Confirms {
			confirms++
		}
	}
	if s, _ := after.Schedule(); !s.Reached() || confirms != 6 || len(after.Trials()) != len(before.Trials()) {
		t.Errorf("%d confirmations of %d trials, want 6 of %d", confirms, len(after.Trials()), len(before.Trials()))
	}
	// Without a record none is trained.
	fresh, _ := ended(t, "metric: {name: val/loss, target: 100}\n"+rest)
	if slices.ContainsFunc(fresh.Trials(), func(t Trial) bool { return t.Confirms }) {
		t.Error("the target is reached, and new seeds are trained")
	}
}

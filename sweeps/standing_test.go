package sweeps

import (
	"fmt"
	"math"
	"testing"
)

// TestStandingMemory: a copy of the schedule that comes late, and recalls that a trial has failed, or was stopped by the clock, just as far
// as a decision on it was due, knows the same as one that was told so as it happened.
func TestStandingMemory(t *testing.T) {
	const head = "name: made-up\ncommand: [none]\nmetric: {name: loss}\nparallel: 4\n"
	for _, rule := range []string{"{type: asha, min_iter: 1, eta: 3}", "{type: median, min_iter: 3}", "{type: hyperband, min_iter: 1}"} {
		for _, space := range []string{
			"method: grid\nparameters: {x: [1, 2, 3, 4, 5, 6]}\n", "method: tpe\nbudget: {configurations: 14}\nparameters: {x: {min: 0.0, max: 7.0}}\n",
		} {
			for _, end := range []State{Failed, Stopped} {
				for after := range 5 { // values
					t.Run(fmt.Sprint(rule, space[:12], end, after), func(t *testing.T) {
						early, bad, known := underway(t, head+space+"early_terminate: "+rule+"\n", end, after)
						if bad == "" {
							return
						}
						late := made(t, head+space+"early_terminate: "+rule+"\n")
						m := Memory{Trials: known, Standing: true}
						for _, c := range early.Configurations {
							d := Drawn{Params: c.Params}
							for _, tr := range c.Trials {
								d.Seeds = append(d.Seeds, tr.Seed)
							}
							m.Drawn = append(m.Drawn, d)
						}
						if err := late.Recall(m); err != nil {
							t.Fatal(err)
						}
						if a, b := standing(t, early), standing(t, late); a != b {
							t.Errorf("trial %s has ended:\n%s\nand recalled:\n%s", bad, a, b)
						}
					})
				}
			}
		}
	}
}

func made(t *testing.T, text string) *Plan {
	t.Helper()
	about := Trainer{Name: "made-up", Version: "1", Resolve: func(vs Values) (Resolved, error) {
		return Resolved{Key: vs, Parameters: 1, Steps: 9, Points: 9}, nil
	}}
	spec, err := Load("made-up.yaml", []byte(text), about)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(spec, about)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// underway takes a sweep to where its second trial ends after some values, if it comes so far, and returns what the record holds.
func underway(t *testing.T, text string, end State, after int) (p *Plan, bad string, known map[string]Progress) {
	t.Helper()
	p, known = made(t, text), map[string]Progress{}
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	bad = p.Trials()[1].ID
	for known[bad].State != end {
		open := s.Open()
		if len(open) == 0 {
			return p, "", nil // it has not come so far
		}
		w, to, told := open[0], open[0].Until, Progress{Value: math.NaN()}
		switch {
		case w.Trial.ID == bad && (to == 0 || to >= after):
			to, told.State = after, end
		case to == 0:
			to, told.State, told.Value = 9, Complete, loss(w.Trial, 9)
		}
		for k := 1; k <= to; k++ {
			told.Curve = append(told.Curve, Logged{int64(k), loss(w.Trial, k)})
		}
		known[w.Trial.ID] = told
		if err := s.Tell(w.Trial.ID, told, told.State.Finished()); err != nil {
			t.Fatal(err)
		}
		for _, e := range s.Ends() { // which the record holds, too
			if !e.Kept {
				ended := known[e.Trial.ID]
				ended.State, ended.Curve = e.State, ended.Curve[:e.Step]
				known[e.Trial.ID] = ended
			}
		}
	}
	return p, bad, known
}

func loss(t Trial, k int) float64 {
	v, _ := t.Params.Lookup("x")
	x, _ := v.Float()
	return math.Abs(x-3.3) + 1/float64(k)
}

// standing is how the trials of a plan stand on its schedule.
func standing(t *testing.T, p *Plan) (out string) {
	t.Helper()
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range p.Trials() {
		until, ok := s.Until(tr.ID)
		out += fmt.Sprintf("%s: %q, %d %v\n", tr.ID, s.Ended(tr.ID), until, ok)
	}
	return out
}

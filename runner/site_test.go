package runner

import (
	"slices"
	"testing"

	"sweep/sweeps"
)

// halving is a site of three configurations, of which the best goes on after its first value, and what they are told.
func halving(t *testing.T) (x *site, ids []string, at func(n int64, i, values int, state sweeps.State) sweeps.Told) {
	t.Helper()
	about := sweeps.Trainer{Name: "made-up", Version: "1", Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) {
		return sweeps.Resolved{Key: vs, Parameters: 1, Steps: 9, Points: 9}, nil
	}}
	const text = "name: made-up\ncommand: [none]\nmetric: {name: loss}\nmethod: grid\nearly_terminate: {type: asha, min_iter: 1, eta: 3}\nparallel: 3\nparameters: {x: [1, 2, 3]}\n"
	spec, err := sweeps.Load("made-up.yaml", []byte(text), about)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	s.Work()
	x = &site{plan: p, schedule: s, trials: map[string]sweeps.Trial{}, planned: 3}
	for _, trial := range p.Trials() {
		ids = append(ids, trial.ID)
	}
	return x, ids, func(n int64, i, values int, state sweeps.State) sweeps.Told {
		told := sweeps.Told{Number: n, Trial: ids[i], Kept: state.Finished()}
		told.State = state
		for k := range values {
			told.Curve = append(told.Curve, sweeps.Logged{Step: int64(k + 1), Value: float64(1 + i)}) // the first is the best
		}
		return told
	}
}

// TestDecisionOnSeveralTurns holds what follows when the sessions of several trials have ended at once against what follows from one
// after the other.
func TestDecisionOnSeveralTurns(t *testing.T) {
	put := sweeps.Outcome{State: sweeps.Waiting}
	broken := sweeps.Outcome{State: sweeps.Failed}
	for _, e := range []struct {
		name string
		ends [3]*sweeps.Outcome
		work []int
		over bool
	}{
		{"the best has paused", [3]*sweeps.Outcome{&put, &put, &put}, []int{0}, false},
		{"it has failed, after the others have let it go on", [3]*sweeps.Outcome{&broken, &put, &put}, nil, true},
		{"it goes on, for it cannot pause", [3]*sweeps.Outcome{nil, &put, &put}, nil, false},
	} {
		t.Run(e.name, func(t *testing.T) {
			x, ids, at := halving(t)
			if _, err := x.Decide([]sweeps.Told{at(1, 0, 1, "")}, []sweeps.Own{{Trial: ids[0]}}); err != nil {
				t.Fatal(err)
			}
			told := []sweeps.Told{at(2, 1, 1, ""), at(3, 2, 1, ""), at(4, 0, 1, "")}
			own := []sweeps.Own{{Trial: ids[1], Outcome: e.ends[1]}, {Trial: ids[2], Outcome: e.ends[2]}, {Trial: ids[0], Outcome: e.ends[0]}}
			if e.ends[0] == &broken {
				told[2] = at(4, 0, 1, sweeps.Failed)
			}
			d, err := x.Decide(told, own)
			if err != nil {
				t.Fatal(err)
			}
			var work []int
			for _, w := range d.Work {
				work = append(work, slices.Index(ids, w.ID))
			}
			if !slices.Equal(work, e.work) || d.Over != e.over {
				t.Errorf("to be trained: %v, want %v; over: %v, want %v", work, e.work, d.Over, e.over)
			}
		})
	}
}

package results

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gorm.io/gorm"

	"sweep/sweeps"
)

// memory recalls a sweep.
func memory(t *testing.T, s *Store, spec *sweeps.Spec) sweeps.Memory {
	t.Helper()
	m, err := s.Memory(t.Context(), spec, "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// judged is a spec that stops trials by its metric.
func judged(p *sweeps.Plan) *sweeps.Plan {
	p.Spec.Metric.Name = "val/loss"
	p.Spec.EarlyTerminate = &sweeps.EarlyTerminate{Type: "asha", MinIter: 1, Eta: 3}
	return p
}

func TestMemory(t *testing.T) {
	s := opened(t)
	p := judged(grid("search", 1, 50, 100, 200, 400))
	if m := memory(t, s, p.Spec); len(m.Drawn) != 0 || len(m.Trials) != 0 {
		t.Errorf("nothing is recorded, and recalled is %+v", m)
	}
	put(t, s, p)
	all := p.Trials()
	train(t, s, all[0], nil)
	claim(t, s, all[1])
	record(t, s, all[1], sweeps.Point{Step: 0}, sweeps.Point{Metric: "val/loss", Step: 50, Value: 7}, sweeps.Point{Metric: "val/loss", Step: 100, Value: math.NaN()})
	finish(t, s, all[1], sweeps.Outcome{State: sweeps.Stopped, Step: 50, ByRule: true})
	claim(t, s, all[2])
	record(t, s, all[2], sweeps.Point{Metric: "val/loss", Step: 50, Value: 8}, sweeps.Point{Metric: "val/loss", Step: 100, Value: 6, Final: true})
	finish(t, s, all[2], sweeps.Outcome{State: sweeps.Complete, Step: 100, Undecided: true, Linkable: true})

	m := memory(t, s, p.Spec)
	want := map[string]sweeps.Progress{
		all[0].ID: {Curve: []sweeps.Logged{{Step: 50, Value: 6}, {Step: 100, Value: 5}}, State: sweeps.Complete, Value: 5},
		all[1].ID: {Curve: []sweeps.Logged{{Step: 50, Value: 7}}, State: sweeps.Stopped, Value: 7},
		all[2].ID: {Curve: []sweeps.Logged{{Step: 50, Value: 8}}, State: sweeps.Complete, Value: 6, Undecided: true},
		all[3].ID: {State: sweeps.Waiting, Value: math.NaN()},
	}
	if diff := cmp.Diff(want, m.Trials, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("recalled (-want +got):\n%s", diff)
	}
	drawn, err := s.Drawn(t.Context(), p.Spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range p.Configurations {
		if d := drawn[i]; !slices.Equal(d.Seeds, []uint64{11}) || len(d.Params) != len(c.Params) {
			t.Errorf("drawn %d: %+v", i, d)
		}
	}

	// A spec with other rules lets what was stopped go on; of what came to an end by itself nothing is undone.
	p.Spec.EarlyTerminate.MinIter = 2
	if got := memory(t, s, p.Spec).Trials[all[1].ID]; got.State != "" || len(got.Curve) != 1 {
		t.Errorf("stopped by rules that are no more: %+v", got)
	}
	if d := put(t, s, p); d.States[all[1].ID] != sweeps.Waiting || d.Kept != 4 {
		t.Errorf("the plan with other rules: %+v", d)
	}
	states := map[string]string{}
	for id, row := range trials(t, s, "search") {
		states[id] = row.State
	}
	if want := map[string]string{all[0].ID: "complete", all[1].ID: "waiting", all[2].ID: "waiting", all[3].ID: "waiting"}; !cmp.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	claim(t, s, all[1])
	finish(t, s, all[1], sweeps.Outcome{State: sweeps.Stopped, Step: 50, ByRule: true})
	if d := put(t, s, p); d.States[all[1].ID] != sweeps.Stopped {
		t.Errorf("the same rules again: %+v", d)
	}

	// One that the spec has no more stays as it ended.
	p.Spec.EarlyTerminate.MinIter = 3
	without := judged(grid("search", 1, 50, 200, 400))
	without.Spec.EarlyTerminate.MinIter = 3
	put(t, s, without)
	if r := trials(t, s, "search")[all[1].ID]; r.State != "stopped" || !bool(r.Retired) {
		t.Errorf("stopped and retired: %+v", r)
	}
	put(t, s, p)

	// A record that is older than the note of its rules.
	for _, column := range []string{`UPDATE sweeps SET stopping = NULL`, `UPDATE trials SET stopped_by = NULL`} {
		if err := s.write("forget", request{act: func(tx *gorm.DB) error { return execute(tx, column) }}); err != nil {
			t.Fatal(err)
		}
	}
	if got := memory(t, s, p.Spec).Trials[all[1].ID]; got.State != sweeps.Stopped {
		t.Errorf("rules that are not known: %+v", got)
	}
	p.Spec.EarlyTerminate = nil
	if got := memory(t, s, p.Spec).Trials[all[1].ID]; got.State != "" {
		t.Errorf("no rules any more: %+v", got)
	}
}

// TestUndecided: a trial that came to its end before that was decided waits with its figures, which another sweep may take, and
// keeps them or is cut back.
func TestUndecided(t *testing.T) {
	s := opened(t)
	p := judged(grid("search", 1, 50, 100))
	put(t, s, p)
	for _, trial := range p.Trials() {
		claim(t, s, trial)
		record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: 50, Examples: 500, Value: 8}, sweeps.Point{Metric: "val/loss", Step: 100, Examples: 1000, Value: 6})
		finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 100, Examples: 1000, Seconds: 3, Undecided: true, Linkable: true})
	}
	put(t, s, p)
	keeps, cut := p.Trials()[0], p.Trials()[1]
	for id, row := range trials(t, s, "search") {
		if row.State != "waiting" || *row.Value != 6 || row.Seconds != 3 {
			t.Errorf("undecided %s: %+v", id, row)
		}
	}
	other := grid("other", 1, 50)
	if d := put(t, s, other); d.Linked != 1 || trials(t, s, "other")[keeps.ID].State != "complete" {
		t.Errorf("another sweep of the same training: %+v, %+v", d, trials(t, s, "other"))
	}
	for _, e := range []struct {
		trial sweeps.Trial
		o     sweeps.Outcome
	}{{keeps, sweeps.Outcome{State: sweeps.Complete}}, {cut, sweeps.Outcome{State: sweeps.Stopped, Step: 50}}} {
		if err := s.End(t.Context(), e.trial, e.o); err != nil {
			t.Fatal(err)
		}
		if err := s.End(t.Context(), e.trial, e.o); !errors.Is(err, ErrFinished) {
			t.Errorf("ended twice: %v", err)
		}
	}
	rows := trials(t, s, "search")
	if r := rows[keeps.ID]; r.State != "complete" || *r.Value != 6 || r.Steps != 100 {
		t.Errorf("kept: %+v", r)
	}
	if r := rows[cut.ID]; r.State != "stopped" || *r.Value != 8 || r.Steps != 50 || r.Examples != 500 {
		t.Errorf("cut back: %+v", r)
	}
}

// TestEndOfLinkedTrial: what another sweep has trained to its end, while this one was to stop it, stands.
func TestEndOfLinkedTrial(t *testing.T) {
	s := opened(t)
	p := judged(grid("search", 1, 50))
	put(t, s, grid("other", 1, 50))
	train(t, s, grid("other", 1, 50).Trials()[0], nil)
	put(t, s, p)
	if err := s.End(t.Context(), p.Trials()[0], sweeps.Outcome{State: sweeps.Stopped, Step: 50, ByRule: true}); err != nil {
		t.Fatal(err)
	}
	if r := trials(t, s, "search")[p.Trials()[0].ID]; r.State != "complete" || *r.Value != 5 {
		t.Errorf("%+v", r)
	}
}

// TestExtend records what a plan has grown by: further replicates of what is there, and new configurations.
func TestExtend(t *testing.T) {
	s := opened(t)
	before, after := grid("search", 1, 50, 100), grid("search", 2, 50, 100, 200)
	put(t, s, before)
	all := after.Trials() // replicate by replicate: the third is that of the new configuration
	if err := s.Extend(t.Context(), after, 2); err != nil {
		t.Fatal(err)
	}
	rows := trials(t, s, "search")
	for i, trial := range all {
		if r := rows[trial.ID]; r.State != "waiting" || r.Replicate != trial.Replicate {
			t.Errorf("trial %d: %+v", i, r)
		}
	}
	if drawn, err := s.Drawn(t.Context(), after.Spec.Name); err != nil || len(drawn) != 3 {
		t.Errorf("%d configurations, want 3 (%v)", len(drawn), err)
	}
}

func TestRetireRest(t *testing.T) {
	s := opened(t)
	put(t, s, grid("search", 2, 50, 100, 200))
	if err := s.RetireRest(t.Context(), grid("search", 1, 50, 100, 200)); err != nil {
		t.Fatal(err)
	}
	for _, r := range trials(t, s, "search") {
		if bool(r.Retired) != (r.Replicate == 2) {
			t.Errorf("replicate %d, retired %v", r.Replicate, r.Retired)
		}
	}
}

func TestReopening(t *testing.T) {
	for _, c := range []struct {
		what     string
		r        reopening
		by       string
		linkable bool
		seconds  float64
		want     bool
	}{
		{"another rule", reopening{rule: true}, "rule", false, 10, true},
		{"the same rule", reopening{}, "rule", false, 10, false},
		{"another rule, and the time is all but used up", reopening{rule: true, limit: 15}, "rule", false, 10, false},
		{"another rule, and the limit is the same", reopening{rule: true, limit: 9}, "clock", false, 10, false},
		{"a limit that is lower", reopening{limit: 5}, "clock", false, 10, false},
		{"a limit that is a little higher", reopening{limit: 15}, "clock", false, 10, false},
		{"a limit that lets it begin anew", reopening{limit: 20}, "clock", false, 10, true},
		{"no limit any more", reopening{none: true}, "clock", false, 10, true},
		{"stopped by itself", reopening{rule: true, none: true}, "", true, 10, false},
		{"an older record, and no rules any more", reopening{none: true}, "", false, 10, true},
		{"an older record", reopening{}, "", false, 10, false},
	} {
		if got := c.r.of(sweeps.Stopped, c.by, c.linkable, c.seconds); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
		if c.r.of(sweeps.Complete, c.by, c.linkable, c.seconds) {
			t.Errorf("%s: what is complete goes on", c.what)
		}
	}
}

// TestUndecidedOfAPlainSweep: where nothing stops trials any more, what has come to its end is complete.
func TestUndecidedOfAPlainSweep(t *testing.T) {
	s := opened(t)
	p := judged(grid("search", 1, 50))
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: 50, Value: 8})
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 100, Undecided: true, Linkable: true})
	p.Spec.EarlyTerminate = nil
	put(t, s, p)
	if r := trials(t, s, "search")[trial.ID]; r.State != "complete" || *r.Value != 8 {
		t.Errorf("%+v", r)
	}
}

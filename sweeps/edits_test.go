package sweeps

import (
	"fmt"
	"testing"
)

// TestEditsTrainNothingTwice makes twenty edits of one sweep, one after another. Each trains what no edit before it has
// trained, and no more: as many trials as are named.
func TestEditsTrainNothingTwice(t *testing.T) {
	grid := func(sizes, rates, replicates, rest string) string {
		return fmt.Sprintf("replicates: %s\n%sparameters:\n  corpus: gostd\n  hidden_size: %s\n  learning_rate: %s\n", replicates, rest, sizes, rates)
	}
	search := func(budget int, high string, rest string) string {
		return fmt.Sprintf("method: tpe\nconfirm: none\nbudget: {configurations: %d}\n%sparameters:\n  corpus: gostd\n  hidden_size: {min: 10, max: %s}\n  learning_rate: [0.001, 0.002, 0.004]\n", budget, rest, high)
	}
	const wide = "[10, 20, 40, 80]"
	edits := []struct {
		what    string
		spec    string
		trained int // trials that this edit trains
		planned int // trials that the plan then holds
	}{
		{"a grid", grid("[10, 20]", "[0.001]", "2", ""), 4, 4},
		{"a value added", grid("[10, 20, 40]", "[0.001]", "2", ""), 2, 6},
		{"a value removed", grid("[10, 40]", "[0.001]", "2", ""), 0, 4},
		{"and put back", grid("[10, 20, 40]", "[0.001]", "2", ""), 0, 6},
		{"a parameter swept", grid("[10, 20, 40]", "[0.001, 0.002]", "2", ""), 6, 12},
		{"replicates 2 to 3", grid("[10, 20, 40]", "[0.001, 0.002]", "3", ""), 6, 18},
		{"replicates 3 to 5", grid("[10, 20, 40]", "[0.001, 0.002]", "5", ""), 12, 30},
		{"replicates back to 3", grid("[10, 20, 40]", "[0.001, 0.002]", "3", ""), 0, 18},
		{"a range widened", grid("{min: 10, max: 40, distribution: q_uniform, q: 10}", "[0.001, 0.002]", "3", ""), 6, 18}, // 10, 20, 30
		{"a constraint added", grid(wide, "[0.001, 0.002]", "3", "constraints: [hidden_size * learning_rate <= 0.08]\n"), 3, 21},
		{"the constraint loosened", grid(wide, "[0.001, 0.002]", "3", "constraints: [hidden_size * learning_rate <= 0.2]\n"), 3, 24},
		{"a configuration left out", grid(wide, "[0.001, 0.002]", "3", "exclude: [{hidden_size: 80, learning_rate: 0.002}]\n"), 0, 21},
		{"one included", grid(wide, "[0.001, 0.002]", "3", "include: [{hidden_size: 500, learning_rate: 0.004}]\n"), 3, 27},
		{"a budget", grid(wide, "[0.001, 0.002]", "3", "budget: {configurations: 4}\n"), 0, 12},
		{"the budget raised", grid(wide, "[0.001, 0.002]", "3", "budget: {configurations: 6}\n"), 0, 18},
		{"a race", grid(wide, "[0.001, 0.002]", "{min: 2, max: 3, until: separated}", ""), 0, -1},
		{"a search", search(10, "60", ""), -1, 10},
		{"the search goes on", search(16, "60", ""), 6, 16},
		{"its range widened", search(16, "200", ""), 0, 16},
		{"and its budget raised", search(20, "200", ""), 4, 20},
		{"its range narrowed", search(20, "200", "constraints: [hidden_size <= 200]\n"), 0, 20},
	}
	trained := map[string]bool{} // keys
	record := Memory{Trials: map[string]Progress{}}
	for _, e := range edits {
		p, err := NewPlan(load(t, e.spec), pretender(), record.Drawn...)
		if err != nil {
			t.Fatalf("%s: %v", e.what, err)
		}
		if err := p.Recall(record); err != nil {
			t.Fatalf("%s: %v", e.what, err)
		}
		n := work(t, p, &record, trained)
		if e.trained >= 0 && n != e.trained {
			t.Errorf("%s: trained %d, want %d", e.what, n, e.trained)
		}
		if e.planned >= 0 && len(p.Trials()) != e.planned {
			t.Errorf("%s: planned %d, want %d", e.what, len(p.Trials()), e.planned)
		}
		record.Drawn = nil
		for _, c := range p.Configurations {
			record.Drawn = append(record.Drawn, drawnOf(c))
		}
	}
}

// drawnOf is how a record holds a configuration.
func drawnOf(c Configuration) Drawn {
	d := Drawn{Params: c.Params}
	for _, t := range c.Trials {
		d.Seeds = append(d.Seeds, t.Seed)
	}
	return d
}

// work does all that a plan's schedule asks for, and returns how many trials that took.
func work(t *testing.T, p *Plan, record *Memory, trained map[string]bool) (n int) {
	t.Helper()
	s, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	for !s.Over() {
		offered := s.Work()
		if len(offered) == 0 {
			t.Fatal("nothing to do, and not over")
		}
		for _, w := range offered {
			known := Progress{Curve: curve(w.Trial, points), State: Complete}
			known.Value = known.Curve[points-1].Value
			if trained[w.Trial.Key] {
				t.Errorf("trial %s is trained twice", w.Trial.ID)
			}
			trained[w.Trial.Key] = true
			n++
			record.Trials[w.Trial.ID] = known
			if err := s.Tell(w.Trial.ID, known, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}

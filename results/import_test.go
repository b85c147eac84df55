package results

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"sweep/sweeps"
)

// studyOf is an import of so many trials: the rate tells two configurations apart, one trial is pruned, one fails and one
// diverges.
func studyOf(trials int) Import {
	x := Import{
		Sweep: "study", Metric: "loss", Program: "test", Command: []string{"sweep", "import"},
		Source: Source{Kind: "optuna", Name: "Optuna study study", Version: "5.0.0", Identity: "study", Details: map[string]string{"file": "j.log"}},
	}
	begin := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	for i := range trials {
		at := begin.Add(time.Duration(i) * time.Minute)
		t := ImportedTrial{
			ID: string(rune('a' + i)), Seed: uint64(i), State: sweeps.Complete, Started: at, Finished: at.Add(30 * time.Second),
			Params: sweeps.Values{{Name: "rate", Value: sweeps.FloatValue(0.1 * float64(1+i%2))}, {Name: "fixed", Value: sweeps.IntValue(3)}},
			Points: []sweeps.Point{{Metric: "loss", Step: 1, Value: 2}, {Metric: "loss", Step: 2, Value: 1 + float64(i)/8}},
			Finals: map[string]float64{"loss": 1 + float64(i)/8, "accuracy": 0.5},
		}
		switch i {
		case 4:
			t.State, t.Finals = sweeps.Stopped, nil
		case 5:
			t.State, t.Error, t.Finals = sweeps.Failed, "out of memory", nil
		case 6:
			t.State, t.Finals["loss"], t.Params[0].Value = sweeps.Diverged, math.NaN(), sweeps.FloatValue(9)
		}
		x.Trials = append(x.Trials, t)
	}
	return x
}

func imported(t *testing.T, s *Store, x Import) ImportDiff {
	t.Helper()
	before, err := s.DiffImport(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Import(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if d != before {
		t.Errorf("imported %+v, foreseen was %+v", d, before)
	}
	return d
}

func TestImport(t *testing.T) {
	s := opened(t)
	if d := imported(t, s, studyOf(4)); d != (ImportDiff{New: 4}) {
		t.Errorf("first: %+v", d)
	}
	if d := imported(t, s, studyOf(7)); d != (ImportDiff{New: 3, Kept: 4}) {
		t.Errorf("gone on: %+v", d)
	}
	row, err := s.Sweep(t.Context(), "study")
	if err != nil {
		t.Fatal(err)
	}
	want := Sweep{Sweep: "study", State: "failed", Method: "imported", Metric: "loss", Goal: "minimize", Configurations: 3, Trials: 7,
		Complete: 4, Failed: 1, CreatedAt: "2026-01-02T03:04:05.000Z", Seconds: 7 * 30, Tags: Tags{}}
	if !reflect.DeepEqual(row, want) {
		t.Errorf("got %+v\nwant %+v", row, want)
	}
	trials, err := s.Trials(t.Context(), "study")
	if err != nil {
		t.Fatal(err)
	}
	states := []string{"complete", "complete", "complete", "complete", "stopped", "failed", "diverged"}
	replicates := []int{1, 1, 2, 2, 3, 3, 1}
	for i, g := range trials {
		if g.State != states[i] || g.Replicate != replicates[i] || g.Seed != uint64(i) || g.Seconds != 30 || g.Steps != 2 || g.Attempts != 0 {
			t.Errorf("trial %d: %+v", i, g)
		}
	}
	if v := trials[4].Value; v == nil || *v != 1.5 {
		t.Errorf("a stopped trial has %v, want the last of its curve", v)
	}
	if e := trials[5].Error; e == nil || *e != "out of memory" {
		t.Errorf("why it failed: %v", e)
	}
	points, err := s.Points(t.Context(), "study")
	if err != nil || len(points) != 14 {
		t.Errorf("%d points, %v", len(points), err)
	}
	finals, err := s.Finals(t.Context(), "study", trials[0].Trial)
	if err != nil || finals["accuracy"] == nil || *finals["accuracy"] != 0.5 {
		t.Errorf("figures %v, %v", finals, err)
	}
	answer, err := s.Answer(t.Context(), "study", "")
	if err != nil || answer.Best == nil || answer.Best.N != 2 || !strings.HasPrefix(answer.BestLabel, "rate = 0.1") {
		t.Errorf("answer %+v, %v", answer, err)
	}
	if notes := strings.Join(answer.Notes, " "); strings.Contains(notes, "tries again") {
		t.Errorf("what is imported is not tried again: %s", notes)
	}
	p, err := s.Provenance(t.Context(), "study")
	if err != nil || !reflect.DeepEqual(p.Swept, []string{"rate"}) || p.Trainer != "imported/optuna" || p.Extra["file"] != "j.log" {
		t.Errorf("provenance %+v, %v", p, err)
	}
}

// An import that brings nothing new leaves the file as it was.
func TestImportAgain(t *testing.T) {
	s := opened(t)
	imported(t, s, studyOf(7))
	dump := func() string {
		var all []string
		for _, q := range []string{`SELECT * FROM v_trials`, `SELECT * FROM v_points`, `SELECT * FROM v_sweeps`, `SELECT * FROM v_configurations`} {
			rows, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows.Rows {
				all = append(all, cellsOf(r))
			}
		}
		return strings.Join(all, "\n")
	}
	before := dump()
	x := studyOf(7)
	x.Command = []string{"sweep", "import", "again"}
	if d := imported(t, s, x); d != (ImportDiff{Kept: 7}) {
		t.Errorf("again: %+v", d)
	}
	if after := dump(); after != before {
		t.Errorf("the record has changed:\n%s\nwas\n%s", after, before)
	}
	p, err := s.Provenance(t.Context(), "study")
	if err != nil || len(p.Command) != 2 {
		t.Errorf("provenance %v, %v", p.Command, err)
	}
}

// No plan takes over an imported sweep, and no trial its figures.
func TestPlanOfImportedName(t *testing.T) {
	s := opened(t)
	x := studyOf(4)
	x.Sweep = "hidden"
	imported(t, s, x)
	p := grid("hidden", 1, 100)
	if _, err := s.Diff(t.Context(), p); !errors.Is(err, ErrImported) {
		t.Errorf("diff: %v", err)
	}
	if _, err := s.PutPlan(t.Context(), p, Provenance{}); !errors.Is(err, ErrImported) {
		t.Errorf("plan: %v", err)
	}
	trials, err := s.Trials(t.Context(), "hidden")
	if err != nil || len(trials) != 4 {
		t.Errorf("%d trials, %v", len(trials), err)
	}
	// Were another sweep to have a training of the same key, it would be trained.
	other := grid("other", 1, 100)
	_, key, err := sweeps.Foreign(x.trainer(), x.Sweep, x.Trials[0].ID, x.Trials[0].Params)
	if err != nil {
		t.Fatal(err)
	}
	other.Configurations[0].Trials[0].Key, other.Configurations[0].Trials[0].ID = key, key[:12]
	if d := put(t, s, other); d.Linked != 0 || d.New != 1 {
		t.Errorf("another sweep: %+v", d)
	}
	if c := claim(t, s, other.Configurations[0].Trials[0]); !c.Run {
		t.Errorf("claim: %+v", c)
	}
}

func TestImportRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Import)
		want   string
	}{
		{"another study", func(x *Import) { x.Source.Identity = "other" }, "imported from another place (Optuna study study)"},
		{"another program", func(x *Import) { x.Source.Kind = "mlflow" }, "imported from another place"},
		{"another metric", func(x *Import) { x.Metric = "accuracy" }, "was imported to minimize loss, not to minimize accuracy"},
		{"another goal", func(x *Import) { x.Maximize = true }, "not to maximize loss"},
		{"a study of the same name", func(x *Import) { x.Trials[2].Started = x.Trials[2].Started.Add(time.Second) }, "that is another one"},
		{"own trainings", func(x *Import) { x.Sweep = "own" }, "trained here; give it another name with --name"},
		{"no name", func(x *Import) { x.Sweep = "a b" }, "cannot be the name of a sweep"},
		{"twice", func(x *Import) { x.Trials[1].ID = "a" }, "trial a: it is there twice"},
		{"running", func(x *Import) { x.Trials[1].State = sweeps.Running }, `state "running" is no end`},
		{"seed", func(x *Import) { x.Trials[1].Seed = 1 << 53 }, "above 2^53"},
		{"parameter twice", func(x *Import) { x.Trials[1].Params[1].Name = "rate" }, `key "rate" twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := opened(t)
			put(t, s, grid("own", 1, 100))
			imported(t, s, studyOf(4))
			x := studyOf(6)
			c.change(&x)
			_, foreseen := s.DiffImport(t.Context(), x)
			_, err := s.Import(t.Context(), x)
			if err == nil || foreseen == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(foreseen.Error(), c.want) {
				t.Errorf("got %v, foreseen %v, want %s", err, foreseen, c.want)
			}
			if trials, err := s.Trials(t.Context(), "study"); err != nil || len(trials) != 4 {
				t.Errorf("%d trials, %v", len(trials), err)
			}
		})
	}
}

func TestTakeSeed(t *testing.T) {
	x := studyOf(4)
	for i := range x.Trials {
		x.Trials[i].Params = append(x.Trials[i].Params, sweeps.Setting{Name: "seed", Value: sweeps.IntValue(int64(40 + i/2))})
	}
	x.Trials[3].Params[2].Value = sweeps.IntValue(40) // the same once more
	x.TakeSeed("seed")
	for i, want := range []uint64{40, 40, 41, SeedOf("d")} {
		if got := x.Trials[i]; got.Seed != want || len(got.Params) != 2 {
			t.Errorf("trial %d: seed %d, want %d; %v", i, got.Seed, want, got.Params)
		}
	}
}

func TestReadValue(t *testing.T) {
	for text, want := range map[string]sweeps.Value{
		"3": sweeps.IntValue(3), "-3": sweeps.IntValue(-3), "0.5": sweeps.FloatValue(0.5), "1e-05": sweeps.FloatValue(1e-5),
		"1.0": sweeps.FloatValue(1), "True": sweeps.BoolValue(true), "false": sweeps.BoolValue(false), "tanh": sweeps.StringValue("tanh"),
		"007": sweeps.StringValue("007"), "": sweeps.StringValue(""), "nan": sweeps.StringValue("nan"), "inf": sweeps.StringValue("inf"),
		"1e999": sweeps.StringValue("1e999"), "0x10": sweeps.StringValue("0x10"), "1_000": sweeps.StringValue("1_000"),
		"99999999999999999999": sweeps.StringValue("99999999999999999999"), "e": sweeps.StringValue("e"), "+": sweeps.StringValue("+"),
	} {
		if got := ReadValue(text); got != want {
			t.Errorf("%q: %v (%v), want %v", text, got, got.Kind(), want)
		}
	}
}

// cellsOf writes a row of a query.
func cellsOf(row []any) string {
	var out []string
	for _, v := range row {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, "|")
}

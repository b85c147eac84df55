package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sweep/internal/optuna"
	"sweep/results"
	"sweep/sweeps"
)

// optunaStudy is what Optuna says that a study holds.
type optunaStudy struct {
	Trials      []optunaTrial      `json:"trials"`
	Best        *float64           `json:"best_value"`
	BestParams  map[string]any     `json:"best_params"`
	Importances map[string]float64 `json:"importances"`
}

type optunaTrial struct {
	Number  int                        `json:"number"`
	State   string                     `json:"state"`
	Params  map[string]sweeps.Value    `json:"params"`
	Values  []any                      `json:"values"`
	Steps   map[string]foreignNumber   `json:"steps"`
	Seconds float64                    `json:"seconds"`
	Attrs   map[string]json.RawMessage `json:"attrs"`
}

var optunaStates = map[string]sweeps.State{"COMPLETE": sweeps.Complete, "PRUNED": sweeps.Stopped, "FAIL": sweeps.Failed}

// TestImportOptuna imports studies that Optuna has made, from both of its storages, again after they have gone on, and holds
// the record against what Optuna itself says.
func TestImportOptuna(t *testing.T) {
	python := foreignPython(t, "optuna")
	folder := t.TempDir()
	var made map[string]map[string]optunaStudy
	foreignScript(t, &made, python, "optuna.py", "make", folder)
	program := foreignProgram(t)
	files := map[string]string{"journal": filepath.Join(folder, "journal.log"), "sqlite": filepath.Join(folder, "optuna.db")}
	for kind, file := range files {
		t.Run(kind, func(t *testing.T) {
			dir := filepath.Join(folder, kind)
			out := foreignRun(t, program, "import", "optuna", file, "--study", "tune", "--dir", dir)
			if want := "tune: 30 new, 0 kept; 1 trial left out"; !strings.HasPrefix(out, want) {
				t.Errorf("got %q, want %q", out, want)
			}
			foreignRun(t, program, "import", "optuna", file, "--study", "random", "--dir", dir)
			foreignRun(t, program, "import", "optuna", file, "--study", "multi", "--objective", "acc", "--dir", dir)
			holdsStudy(t, foreignSweep(t, dir, "tune"), made[kind]["tune"], 0)
			holdsStudy(t, foreignSweep(t, dir, "random"), made[kind]["random"], 0)
			multi := foreignSweep(t, dir, "multi")
			holdsStudy(t, multi, made[kind]["multi"], 1)
			if multi.sweep.Metric != "acc" || multi.sweep.Goal != "maximize" {
				t.Errorf("multi is to %s %s", multi.sweep.Goal, multi.sweep.Metric)
			}
			before := foreignRun(t, program, "query", "--json", "SELECT * FROM v_trials", "--dir", dir)
			out = foreignRun(t, program, "import", "optuna", "sqlite:///"+file, "--study", "tune", "--dir", dir)
			if !strings.HasPrefix(out, "tune: 0 new, 30 kept") {
				t.Errorf("a second time: %q", out)
			}
			if after := foreignRun(t, program, "query", "--json", "SELECT * FROM v_trials", "--dir", dir); after != before {
				t.Errorf("the record has changed:\n%s\nwas\n%s", after, before)
			}
			if got := foreignRun(t, program, "db", "check", "--dir", dir); got != "ok\n" {
				t.Errorf("check: %s", got)
			}
			optunaImportances(t, program, dir, "random", made[kind]["random"])
		})
	}
	var after map[string]map[string]optunaStudy
	foreignScript(t, &after, python, "optuna.py", "more", folder)
	for kind, file := range files {
		dir := filepath.Join(folder, kind)
		out := foreignRun(t, program, "import", "optuna", file, "--study", "tune", "--dir", dir)
		if !strings.HasPrefix(out, "tune: 5 new, 30 kept") {
			t.Errorf("%s, having gone on: %q", kind, out)
		}
		holdsStudy(t, foreignSweep(t, dir, "tune"), after[kind]["tune"], 0)
	}
}

// holdsStudy compares a sweep with the study that it was imported from.
func holdsStudy(t *testing.T, got foreignRows, want optunaStudy, objective int) {
	t.Helper()
	curves := map[string][]results.Point{}
	for _, p := range got.points {
		curves[p.Trial] = append(curves[p.Trial], p)
	}
	at, best := 0, math.Inf(1)
	for _, w := range want.Trials {
		if w.State == "RUNNING" {
			continue
		}
		if at == len(got.trials) {
			t.Fatalf("the record has %d trials only", at)
		}
		g := got.trials[at]
		at++
		state := optunaStates[w.State]
		infinite := len(w.Values) > objective && fmt.Sprint(w.Values[objective]) == "inf"
		if infinite {
			state = sweeps.Diverged
		}
		if g.State != string(state) || g.Seed != uint64(w.Number) || math.Abs(g.Seconds-w.Seconds) > 1e-5 {
			t.Errorf("trial %d: %s, seed %d, %v s; Optuna says %s, %v s", w.Number, g.State, g.Seed, g.Seconds, w.State, w.Seconds)
		}
		if v, ok := any(nil), len(w.Values) > objective && !infinite; ok {
			v = w.Values[objective]
			if f, _ := v.(float64); g.Value == nil || *g.Value != f {
				t.Errorf("trial %d: value %v, Optuna says %v", w.Number, g.Value, v)
			}
		}
		if g.Value != nil && g.State == string(sweeps.Complete) {
			best = min(best, *g.Value*map[string]float64{"minimize": 1, "maximize": -1}[got.sweep.Goal])
		}
		var params map[string]sweeps.Value
		if err := json.Unmarshal(g.Params, &params); err != nil {
			t.Fatal(err)
		}
		for name, v := range w.Params {
			if v.Kind() == 0 {
				v = sweeps.StringValue("None")
			}
			if !params[name].Same(v) {
				t.Errorf("trial %d: %s is %v, Optuna says %v", w.Number, name, params[name], v)
			}
		}
		if len(params) != len(w.Params) {
			t.Errorf("trial %d: parameters %s, Optuna has %v", w.Number, g.Params, w.Params)
		}
		if len(curves[g.Trial]) != len(w.Steps) {
			t.Errorf("trial %d: %d points, Optuna has %d", w.Number, len(curves[g.Trial]), len(w.Steps))
		}
		for _, p := range curves[g.Trial] {
			v := float64(w.Steps[fmt.Sprint(p.Step)])
			if !sameFigure(p.Value, &v) {
				t.Errorf("trial %d, step %d: %v, Optuna says %v", w.Number, p.Step, p.Value, v)
			}
		}
	}
	if at != len(got.trials) {
		t.Errorf("the record has %d trials, Optuna %d", len(got.trials), at)
	}
	if want.Best != nil && math.Abs(*want.Best) != math.Abs(best) {
		t.Errorf("the best is %v, Optuna says %v", best, *want.Best)
	}
}

// optunaImportances holds `sweep importance` against Optuna's PED-ANOVA.
func optunaImportances(t *testing.T, program, dir, sweep string, want optunaStudy) {
	t.Helper()
	var got struct {
		Method string
		Shares []struct {
			Of    []string
			Share float64
		}
	}
	if err := json.Unmarshal([]byte(foreignRun(t, program, "importance", sweep, "--json", "--dir", dir)), &got); err != nil {
		t.Fatal(err)
	}
	if got.Method != "ped-anova" {
		t.Errorf("importance by %s", got.Method)
	}
	var ours, theirs float64 // of the hyperparameters that are numbers: names are smoothed in another way
	for _, s := range got.Shares {
		if w, ok := want.Importances[s.Of[0]]; ok {
			ours, theirs = ours+s.Share, theirs+w
		}
	}
	for _, s := range got.Shares {
		w, ok := want.Importances[s.Of[0]]
		if ok && math.Abs(s.Share/ours-w/theirs) > 0.01 {
			t.Errorf("%s: importance %.4f, Optuna says %.4f", s.Of[0], s.Share/ours, w/theirs)
		}
	}
	if len(want.Importances) < 3 {
		t.Errorf("Optuna weighs %v only", want.Importances)
	}
}

// TestExportOptuna writes a sweep of the real program as a journal, which Optuna and its dashboard read.
func TestExportOptuna(t *testing.T) {
	python := foreignPython(t, "optuna")
	program, dir := foreignRecord(t)
	rows := foreignSweep(t, dir, "shell")
	file := filepath.Join(t.TempDir(), "shell.log")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	x := optuna.Export{Sweep: rows.sweep, Spec: rows.spec, Trials: rows.trials, Points: rows.points, Provenance: rows.provenance}
	if err := optuna.Write(f, x); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var study optunaStudy
	foreignScript(t, &study, python, "optuna.py", "read", file)
	if len(study.Trials) != len(rows.trials) {
		t.Fatalf("Optuna reads %d trials of %d", len(study.Trials), len(rows.trials))
	}
	curves := map[string]map[string]*float64{}
	for _, p := range rows.points {
		if p.Metric == rows.sweep.Metric {
			if curves[p.Trial] == nil {
				curves[p.Trial] = map[string]*float64{}
			}
			curves[p.Trial][fmt.Sprint(p.Step)] = p.Value
		}
	}
	best, failed := math.Inf(1), 0
	for i, w := range rows.trials {
		g := study.Trials[i]
		if optunaStates[g.State] != sweeps.State(w.State) {
			t.Errorf("trial %s is %s, Optuna reads %s", w.Trial, w.State, g.State)
		}
		var params map[string]sweeps.Value
		if err := json.Unmarshal(w.Params, &params); err != nil {
			t.Fatal(err)
		}
		delete(params, "fixed")
		for name, v := range params {
			if !g.Params[name].Same(v) {
				t.Errorf("trial %s: %s is %v, Optuna reads %v", w.Trial, name, v, g.Params[name])
			}
		}
		if len(g.Params) != len(params) || string(g.Attrs["sweep.trial"]) != `"`+w.Trial+`"` {
			t.Errorf("trial %s: Optuna reads %v, %s", w.Trial, g.Params, g.Attrs["sweep.trial"])
		}
		if len(g.Steps) != len(curves[w.Trial]) {
			t.Errorf("trial %s: Optuna reads %d steps of %d", w.Trial, len(g.Steps), len(curves[w.Trial]))
		}
		for step, v := range g.Steps {
			if f := float64(v); !sameFigure(curves[w.Trial][step], &f) {
				t.Errorf("trial %s, step %s: Optuna reads %v", w.Trial, step, v)
			}
		}
		if w.State != string(sweeps.Complete) {
			failed++
			continue
		}
		best = min(best, *w.Value)
	}
	if failed == 0 || failed == len(rows.trials) {
		t.Errorf("%d trials of %d have failed; the test needs both kinds", failed, len(rows.trials))
	}
	if study.Best == nil || *study.Best != best {
		t.Errorf("the best value is %v, Optuna reads %v", best, study.Best)
	}
	optunaImportances(t, program, dir, "shell", study)
	t.Run("dashboard", func(t *testing.T) {
		foreignPython(t, "optuna_dashboard")
		address := foreignServer(t, "/api/studies", func(port string) *exec.Cmd {
			code := "import sys; from optuna_dashboard._cli import main; sys.exit(main())"
			cmd := exec.Command(python, "-c", code, file, "--host", "127.0.0.1", "--port", port, "--server", "wsgiref", "--quiet")
			cmd.Dir = t.TempDir() // optuna.py of this folder is not the module
			return cmd
		})
		var seen struct {
			Trials []struct {
				Values []any `json:"values"`
				Params []struct {
					Name string `json:"name"`
				} `json:"params"`
			} `json:"trials"`
			Names []string `json:"objective_names"`
		}
		resp, err := http.Get(address + "/api/studies/0")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &seen); err != nil {
			t.Fatalf("%v: %.300s", err, b)
		}
		if len(seen.Trials) != len(rows.trials) || len(seen.Names) != 1 || seen.Names[0] != "loss" || len(seen.Trials[0].Params) != 4 {
			t.Errorf("the dashboard shows %d trials of %v: %.300s", len(seen.Trials), seen.Names, b)
		}
	})
}

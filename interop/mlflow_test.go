package interop

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sweep/internal/mlflow"
	"sweep/results"
	"sweep/sweeps"
)

// mlflowRun is what MLflow says that a run holds.
type mlflowRun struct {
	ID, Name, Status string
	Start, End       int64
	Params, Tags     map[string]string
	Metrics          map[string]foreignNumber
	History          map[string][][3]foreignNumber // step, time, value
}

// mlflowServer starts a server that keeps everything in a folder of the test's.
func mlflowServer(t *testing.T) (python, address string) {
	t.Helper()
	python = foreignPython(t, "mlflow")
	dir := t.TempDir()
	return python, foreignServer(t, "/health", func(port string) *exec.Cmd {
		cmd := exec.Command(python, "-m", "mlflow", "server", "--backend-store-uri", "sqlite:///"+filepath.Join(dir, "mlflow.db"),
			"--artifacts-destination", filepath.Join(dir, "artifacts"), "--host", "127.0.0.1", "--port", port, "--workers", "1")
		cmd.Dir = dir // mlflow.py of this folder is not the module
		return cmd
	})
}

// TestImportMlflow imports an experiment from a server, again after it has gone on, and holds the record against what MLflow's
// own client says.
func TestImportMlflow(t *testing.T) {
	python, address := mlflowServer(t)
	var held struct{ Runs []mlflowRun }
	foreignScript(t, &held, python, "mlflow.py", "make", address)
	program, dir := foreignProgram(t), filepath.Join(t.TempDir(), "runs")
	args := []string{"import", "mlflow", address, "--experiment", "tune it", "--metric", "loss", "--goal", "minimize", "--curves", "unstepped", "--dir", dir}
	dry := foreignRun(t, program, append(args, "--dry-run")...)
	if out := foreignRun(t, program, args...); !strings.HasPrefix(out, "tune-it: 10 new, 0 kept; 1 trial left out") || dry != "nothing was written: "+out {
		t.Errorf("got %q, and before it, dry, %q", out, dry)
	}
	if out := foreignRun(t, program, args...); !strings.HasPrefix(out, "tune-it: 0 new, 10 kept") {
		t.Errorf("a second time: %q", out)
	}
	holdsRuns(t, foreignSweep(t, dir, "tune-it"), held.Runs)
	foreignScript(t, &held, python, "mlflow.py", "more", address)
	if out := foreignRun(t, program, args...); !strings.HasPrefix(out, "tune-it: 1 new, 10 kept\n") {
		t.Errorf("having gone on: %q", out)
	}
	rows := foreignSweep(t, dir, "tune-it")
	holdsRuns(t, rows, held.Runs)
	configurations := map[string]int{}
	for _, r := range rows.trials {
		configurations[r.Configuration]++
	}
	if len(configurations) != 6 { // five of two seeds, and one without parameters
		t.Errorf("%d configurations: %v", len(configurations), configurations)
	}
	if got := foreignRun(t, program, "db", "check", "--dir", dir); got != "ok\n" {
		t.Errorf("check: %s", got)
	}
}

// holdsRuns compares a sweep with the runs that it was imported from.
func holdsRuns(t *testing.T, got foreignRows, want []mlflowRun) {
	t.Helper()
	curves := map[string]map[string]*float64{}
	for _, p := range got.points {
		if curves[p.Trial] == nil {
			curves[p.Trial] = map[string]*float64{}
		}
		curves[p.Trial][fmt.Sprint(p.Metric, " ", p.Step)] = p.Value
	}
	trials := map[string]results.Trial{} // by rate and seed
	name := func(lr string, seed any) string { return fmt.Sprint(lr, " ", seed) }
	for _, r := range got.trials {
		var params map[string]sweeps.Value
		if err := json.Unmarshal(r.Params, &params); err != nil {
			t.Fatal(err)
		}
		if len(params) == 0 {
			if r.State != "failed" || r.Error == nil || *r.Error != "it did not report loss" {
				t.Errorf("a run without figures is %s", r.State)
			}
			continue
		}
		if params["version"] != sweeps.StringValue("007") || params["bias"] != sweeps.BoolValue(true) || params["layers"] != sweeps.IntValue(2) || len(params) != 5 {
			t.Errorf("parameters %s", r.Params)
		}
		trials[name(params["lr"].String(), r.Seed)] = r
	}
	ended := 0
	for _, w := range want {
		if w.Status == "RUNNING" || w.Params["lr"] == "" {
			continue
		}
		ended++
		g, ok := trials[name(w.Params["lr"], w.Params["seed"])]
		if !ok {
			t.Errorf("no trial of %v in %v", w.Params, trials)
			continue
		}
		state := map[string]string{"FINISHED": "complete", "KILLED": "stopped", "FAILED": "failed"}[w.Status]
		if loss := float64(w.Metrics["loss"]); math.IsNaN(loss) {
			state = "diverged"
		} else if g.Value == nil || *g.Value != loss {
			t.Errorf("run %s: %v, MLflow says %v", w.ID, g.Value, loss)
		}
		if g.State != state || math.Abs(g.Seconds-float64(w.End-w.Start)/1000) > 1e-6 {
			t.Errorf("run %s: %s after %v s, MLflow says %s after %d ms", w.ID, g.State, g.Seconds, w.Status, w.End-w.Start)
		}
		points := 0
		for metric, history := range w.History {
			for i, m := range history {
				step := int64(m[0])
				if metric == "unstepped" {
					step = int64(i)
				}
				v := float64(m[2])
				p, ok := curves[g.Trial][fmt.Sprint(metric, " ", step)]
				if points++; !ok || !sameFigure(p, &v) {
					t.Errorf("run %s, %s at %d: %v, MLflow says %v", w.ID, metric, step, p, v)
				}
			}
		}
		if len(curves[g.Trial]) != points {
			t.Errorf("run %s: %d points, MLflow has %d", w.ID, len(curves[g.Trial]), points)
		}
	}
	if ended != len(trials) {
		t.Errorf("%d trials, %d runs have ended", len(trials), ended)
	}
}

// TestExportMlflow writes a sweep of the real program to a server, twice, and reads it back with MLflow's own client.
func TestExportMlflow(t *testing.T) {
	python, address := mlflowServer(t)
	_, dir := foreignRecord(t)
	rows := foreignSweep(t, dir, "shell")
	client, err := mlflow.NewClient(address)
	if err != nil {
		t.Fatal(err)
	}
	x := mlflow.Export{Sweep: rows.sweep, Trials: rows.trials, Points: rows.points, Provenance: rows.provenance}
	export := func(made, updated, kept int) {
		t.Helper()
		got, err := client.Export(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		if got.New != made || got.Updated != updated || got.Kept != kept {
			t.Errorf("export: %+v, want %d new, %d updated, %d kept", got, made, updated, kept)
		}
	}
	whole := rows.trials[:20] // a server that is started for a test is slow
	x.Points = slices.DeleteFunc(x.Points, func(p results.Point) bool {
		return !slices.ContainsFunc(whole, func(t results.Trial) bool { return t.Trial == p.Trial })
	})
	x.Trials = whole[:15]
	export(15, 0, 0)
	x.Trials = whole
	export(5, 0, 15)
	export(0, 0, 20)
	seconds := whole[0].Seconds
	whole[0].Seconds++ // as if it had gone on
	export(0, 1, 19)
	whole[0].Seconds = seconds
	var held struct{ Runs []mlflowRun }
	foreignScript(t, &held, python, "mlflow.py", "read", address, "shell")
	if len(held.Runs) != len(whole) {
		t.Fatalf("MLflow holds %d runs of %d trials", len(held.Runs), len(whole))
	}
	runs := map[string]mlflowRun{}
	for _, r := range held.Runs {
		runs[r.Tags["sweep.uid"]] = r
	}
	points := map[string]int{}
	for _, p := range x.Points {
		r := runs["shell/"+p.Trial]
		found := false
		for _, m := range r.History[p.Metric] {
			v := float64(m[2])
			found = found || int64(m[0]) == p.Step && sameFigure(p.Value, &v)
		}
		if points[p.Trial]++; !found {
			t.Errorf("trial %s, %s at %d: %v is not among %v", p.Trial, p.Metric, p.Step, *p.Value, r.History[p.Metric])
		}
	}
	for _, w := range whole {
		g := runs["shell/"+w.Trial]
		if want := map[string]string{"complete": "FINISHED", "failed": "FAILED"}[w.State]; g.Status != want || g.Tags["sweep.state"] != w.State {
			t.Errorf("trial %s is %s, the run %s", w.Trial, w.State, g.Status)
		}
		if g.Tags["sweep.seed"] != fmt.Sprint(w.Seed) || g.Name != w.Trial {
			t.Errorf("trial %s: seed %d, the run %s has %v", w.Trial, w.Seed, g.Name, g.Tags)
		}
		var params map[string]sweeps.Value
		if err := json.Unmarshal(w.Params, &params); err != nil {
			t.Fatal(err)
		}
		for name, v := range params {
			if g.Params[name] != v.String() {
				t.Errorf("trial %s: %s is %v, the run has %q", w.Trial, name, v, g.Params[name])
			}
		}
		written := 0
		for _, h := range g.History {
			written += len(h)
		}
		if written != points[w.Trial] || len(g.Params) != len(params) {
			t.Errorf("trial %s: %d points, the run has %d", w.Trial, points[w.Trial], written)
		}
		if w.Value != nil && float64(g.Metrics["loss"]) != *w.Value {
			t.Errorf("trial %s: %v, the run has %v", w.Trial, *w.Value, g.Metrics["loss"])
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sweep/internal/pgtest"
	"sweep/runner"
)

const controlSpec = `
name: controlled
metric: {name: val/loss}
parameters:
  corpus: names
  hidden_size: [16, 24]
  embedding_dim: 4
  batch_size: 32
  steps: 30000
  evaluations: 6
  eval_examples: 500
`

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("%s did not come about", what)
}

// TestControl runs a sweep in another process, and pauses, resumes, watches, stops and resumes it from here. The record is
// that of an unbroken run. Where there is a PostgreSQL, the processes meet there and have no folder in common.
func TestControl(t *testing.T) {
	t.Setenv("SWEEP_STORE", "")
	spec := filepath.Join(t.TempDir(), "controlled.yaml")
	if err := os.WriteFile(spec, []byte(controlSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	unbroken, steps := lasting(t, spec, 6*time.Second, "--workers", "1")
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		testControl(t, spec, unbroken, steps, []string{"--dir", dir}, []string{"--dir", dir})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		pgtest.Need(t)
		store := pgtest.Schema(t, "test_control")
		testControl(t, spec, unbroken, steps, []string{"--dir", t.TempDir(), "--store", store}, []string{"--dir", t.TempDir(), "--store", store})
	})
}

// testControl gives the arguments there to the process that runs the sweep, and here to those that ask it.
func testControl(t *testing.T, spec, unbroken, steps string, there, here []string) {
	at := func(where []string, args ...string) []string { return append(args, where...) }
	look := func() (watched, error) {
		a := &app{dir: here[1]}
		if len(here) > 2 {
			a.store = here[3]
		}
		return a.look(t.Context(), "controlled")
	}
	for _, verb := range []string{"stop", "pause", "resume", "watch"} {
		if status, _, _ := program(t, at(here, verb, "controlled")...); status != 3 {
			t.Errorf("%s without a record: exit status %d", verb, status)
		}
	}
	cmd := sweepCommand(t, at(there, "run", spec, "--quiet", "--workers", "1", "--set", steps)...)
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	looks := func(part string) func() bool {
		return func() bool {
			w, err := look()
			return err == nil && strings.Contains(w.State, part)
		}
	}
	running := func(n int) func() bool {
		return func() bool {
			w, err := look()
			return err == nil && w.Running == n
		}
	}
	eventually(t, "a running trial", running(1))

	if status, out, errs := program(t, at(here, "pause", "controlled")...); status != 0 {
		t.Fatalf("pause: exit status %d, %s%s", status, out, errs)
	}
	eventually(t, "the pause", func() bool { return looks("paused")() && running(0)() })
	if status, _, errs := program(t, at(here, "run", spec, "--quiet", "--set", steps)...); status != 4 || !strings.Contains(errs, "sweep stop controlled") {
		t.Errorf("a second run: exit status %d, %s", status, errs)
	}
	if status, out, _ := program(t, at(here, "resume", "controlled")...); status != 0 || !strings.Contains(out, "goes on") {
		t.Errorf("resume: exit status %d, %s", status, out)
	}
	eventually(t, "a running trial after the pause", running(1))

	if status, out, errs := program(t, at(here, "stop", "controlled")...); status != 0 || !strings.Contains(out, "is stopped") {
		t.Fatalf("stop: exit status %d, %s%s", status, out, errs)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("the stopped process: %v, %s", err, stderr.String())
	}
	if status, out, _ := program(t, at(here, "watch", "controlled", "--json")...); status != 0 || !strings.Contains(out, `"state":"interrupted"`) {
		t.Errorf("watch: exit status %d, %s", status, out)
	}
	for _, verb := range []string{"stop", "pause"} {
		if status, _, errs := program(t, at(here, verb, "controlled")...); status != 3 || errs != "sweep: sweep controlled: not running; `sweep resume controlled` runs what is left of it\n" {
			t.Errorf("%s of what does not run: exit status %d, %s", verb, status, errs)
		}
	}
	if status, _, errs := program(t, at(there, "resume", "controlled", "--quiet")...); status != 0 {
		t.Fatalf("resume: exit status %d, %s", status, errs)
	}
	query := "SELECT trial, state, steps, val_loss, test_loss FROM v_trials ORDER BY trial"
	_, want, _ := program(t, "query", "--dir", unbroken, query)
	if _, got, _ := program(t, at(here, "query", query)...); got != want {
		t.Errorf("the record is\n%s\nthat of an unbroken run\n%s", got, want)
	}
	if status, _, errs := program(t, at(here, "logs", "controlled")...); status != 2 || errs != "sweep: controlled is a sweep, not a trial; `sweep trials controlled` lists its trials\n" {
		t.Errorf("logs of a sweep: exit status %d, %s", status, errs)
	}
	if status, _, errs := program(t, at(here, "logs", "nothing")...); status != 3 {
		t.Errorf("logs of nothing: exit status %d, %s", status, errs)
	}
	_, out, _ := program(t, at(here, "query", "--csv", "SELECT trial FROM v_trials LIMIT 1")...)
	trial := strings.Fields(out)[1]
	_, out, _ = program(t, at(there, "logs", trial, "-f")...)
	n, err := strconv.ParseInt(strings.TrimPrefix(steps, "parameters.steps="), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, out, fmt.Sprintf("step %s:", grouped(n)), "val/loss")
}

// Of a sweep that some process trains, failed trials are failed ones until it has ended.
func TestRetryOfSweepThatIsTrained(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "broken.yaml")
	if err := os.WriteFile(spec, []byte("name: broken\nprogram: sh\ncommand: [sh, -c, exit 3]\nmetric: {name: score}\nparameters: {x: [1, 2]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet"); status != 1 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	lock, err := runner.Folder(filepath.Join(dir, "locks")).Lock(t.Context(), "broken", 0)
	if err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "retry", "broken", "--dir", dir); status != 4 || !strings.Contains(stderr, "takes failed trials for failed until it has ended") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	lock.Release()
	if status, _, stderr := program(t, "retry", "broken", "--dir", dir, "--quiet"); status != 1 {
		t.Errorf("once it has ended: exit status %d, %s", status, stderr)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const controlSpec = `
name: controlled
metric: {name: val/loss}
parameters:
  corpus: names
  hidden_size: [16, 24]
  embedding_dim: 4
  batch_size: 32
  steps: 60000
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
// that of an unbroken run.
func TestControl(t *testing.T) {
	spec := filepath.Join(t.TempDir(), "controlled.yaml")
	if err := os.WriteFile(spec, []byte(controlSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	unbroken, dir := t.TempDir(), t.TempDir()
	if status, _, stderr := program(t, "run", spec, "--dir", unbroken, "--quiet"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	for _, verb := range []string{"stop", "pause", "resume", "watch"} {
		if status, _, _ := program(t, verb, "controlled", "--dir", dir); status != 3 {
			t.Errorf("%s without a record: exit status %d", verb, status)
		}
	}
	cmd := sweepCommand(t, "run", spec, "--dir", dir, "--quiet", "--workers", "1")
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	looks := func(part string) func() bool {
		return func() bool {
			a := &app{dir: dir}
			w, err := a.look(t.Context(), "controlled")
			return err == nil && strings.Contains(w.State, part)
		}
	}
	running := func(n int) func() bool {
		return func() bool {
			w, err := (&app{dir: dir}).look(t.Context(), "controlled")
			return err == nil && w.Running == n
		}
	}
	eventually(t, "a running trial", running(1))

	if status, out, errs := program(t, "pause", "controlled", "--dir", dir); status != 0 {
		t.Fatalf("pause: exit status %d, %s%s", status, out, errs)
	}
	eventually(t, "the pause", func() bool { return looks("paused")() && running(0)() })
	if status, _, errs := program(t, "run", spec, "--dir", dir, "--quiet"); status != 4 || !strings.Contains(errs, "sweep stop controlled") {
		t.Errorf("a second run: exit status %d, %s", status, errs)
	}
	if status, out, _ := program(t, "resume", "controlled", "--dir", dir); status != 0 || !strings.Contains(out, "goes on") {
		t.Errorf("resume: exit status %d, %s", status, out)
	}
	eventually(t, "a running trial after the pause", running(1))

	if status, out, errs := program(t, "stop", "controlled", "--dir", dir); status != 0 || !strings.Contains(out, "is stopped") {
		t.Fatalf("stop: exit status %d, %s%s", status, out, errs)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("the stopped process: %v, %s", err, stderr.String())
	}
	if status, out, _ := program(t, "watch", "controlled", "--dir", dir, "--json"); status != 0 || !strings.Contains(out, `"state":"interrupted"`) {
		t.Errorf("watch: exit status %d, %s", status, out)
	}
	for _, verb := range []string{"stop", "pause"} {
		if status, _, errs := program(t, verb, "controlled", "--dir", dir); status != 3 || errs != "sweep: sweep controlled: not running; `sweep resume controlled` runs what is left of it\n" {
			t.Errorf("%s of what does not run: exit status %d, %s", verb, status, errs)
		}
	}
	if status, _, errs := program(t, "resume", "controlled", "--dir", dir, "--quiet"); status != 0 {
		t.Fatalf("resume: exit status %d, %s", status, errs)
	}
	query := "SELECT trial, state, steps, val_loss, test_loss FROM v_trials ORDER BY trial"
	_, want, _ := program(t, "query", "--dir", unbroken, query)
	if _, got, _ := program(t, "query", "--dir", dir, query); got != want {
		t.Errorf("the record is\n%s\nthat of an unbroken run\n%s", got, want)
	}
	if status, _, errs := program(t, "logs", "controlled", "--dir", dir); status != 2 || errs != "sweep: controlled is a sweep, not a trial; `sweep trials controlled` lists its trials\n" {
		t.Errorf("logs of a sweep: exit status %d, %s", status, errs)
	}
	if status, _, errs := program(t, "logs", "nothing", "--dir", dir); status != 3 {
		t.Errorf("logs of nothing: exit status %d, %s", status, errs)
	}
	_, out, _ := program(t, "query", "--dir", dir, "--csv", "SELECT trial FROM v_trials LIMIT 1")
	trial := strings.Fields(out)[1]
	_, out, _ = program(t, "logs", trial, "--dir", dir, "-f")
	contains(t, out, "step 60,000:", "val/loss")
}

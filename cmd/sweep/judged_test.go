package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// inFolder makes a folder of files the one that a test works in.
func inFolder(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// calls counts the lines of calls.log, one of which each start of a script has written.
func calls(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("calls.log")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

const callsLog = `
import os, sys, time, sweep
sweep.init()
x = sweep.config.x
with open("calls.log", "a") as f: f.write(f"{x}\n")
`

// TestFailedTrialOfASearch is tried again by the next run, and by each one after that, as long as it fails.
func TestFailedTrialOfASearch(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a hundred programs; run without -short")
	}
	needsPython(t)
	const script = callsLog + "if x > 4 and not os.path.exists('mended'): sys.exit(3)\nsweep.log({'score': x})\n"
	const space = "program: train.py\nmetric: {name: score}\nparameters: {x: [1, 2, 3, 4, 5]}\n"
	for name, head := range map[string]string{
		"search": "method: tpe\nbudget: {configurations: 5}\n",
		"target": "metric: {name: score, target: -1}\n",
		"asha":   "early_terminate: {type: asha, min_iter: 1}\n",
		"race":   "replicates: {min: 2, max: 3, until: separated}\nconfirm: {top: 1, replicates: 2}\n",
	} {
		t.Run(name, func(t *testing.T) {
			text := space + head
			if name == "target" {
				text = strings.Replace(space, "metric: {name: score}\n", head, 1)
			}
			inFolder(t, map[string]string{"train.py": script, "fails.yaml": text})
			run := func(status int) int {
				t.Helper()
				before := calls(t)
				got, _, stderr := program(t, "run", "fails.yaml", "--workers", "1")
				if got != status {
					t.Fatalf("exit status %d, want %d\n%s", got, status, stderr)
				}
				return calls(t) - before
			}
			run(1)
			again := run(1)
			if again == 0 || again > 2 {
				t.Errorf("the second run tried %d trials again, want those that failed", again)
			}
			if third := run(1); third != again {
				t.Errorf("the third run tried %d trials again, the second %d", third, again)
			}
			_, out, _ := program(t, "query", "SELECT count(*) AS n FROM v_trials WHERE state = 'failed'", "--csv")
			if out == "n\n0\n" {
				t.Error("no trial has failed in the record")
			}
			if err := os.WriteFile("mended", nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if status, _, stderr := program(t, "retry", "fails", "--quiet"); status != 0 {
				t.Errorf("retry: exit status %d, %s", status, stderr)
			}
			if n := run(0); n != 0 {
				t.Errorf("a run after all have ended trains %d", n)
			}
		})
	}
}

// TestInterruptKeepsUndecidedEnds: programs that have come to their end while a slow one holds the decision up are not run
// again after Ctrl-C, and the record is that of an unbroken run.
func TestInterruptKeepsUndecidedEnds(t *testing.T) {
	needsPython(t)
	const script = callsLog + `
for step in range(1, 7):
    sweep.log({'score': x + 1 / step}, step=step)
    if x == 1 and os.path.exists('slow'): time.sleep(60)
`
	const spec = "program: train.py\nmetric: {name: score}\nparallel: 4\nearly_terminate: {type: hyperband, min_iter: 3, strict: true}\nparameters: {x: [1, 2, 3, 4]}\n"
	inFolder(t, map[string]string{"train.py": script, "late.yaml": spec})
	const rows = "SELECT trial, state, steps, value FROM v_trials ORDER BY trial"
	if status, _, stderr := program(t, "run", "late.yaml", "--dir", "unbroken", "--workers", "4"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	_, want, _ := program(t, "query", rows, "--dir", "unbroken", "--csv")
	contains(t, want, "stopped", "complete")
	if err := os.WriteFile("slow", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := sweepCommand(t, "run", "late.yaml", "--dir", "late", "--workers", "4")
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the quick ones to end", func() bool {
		_, out, _ := program(t, "query", "SELECT count(*) AS n FROM v_trials WHERE value IS NOT NULL", "--dir", "late", "--csv")
		return out == "n\n3\n"
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Fatalf("after Ctrl-C: %v\n%s", err, stderr.String())
	}
	_, out, _ := program(t, "query", "SELECT count(*) AS n FROM v_trials WHERE state = 'running'", "--dir", "late", "--csv")
	if out != "n\n0\n" {
		t.Errorf("trials are running though nobody runs them: %s", out)
	}
	if err := os.Remove("slow"); err != nil {
		t.Fatal(err)
	}
	before := calls(t)
	if status, _, stderr := program(t, "run", "late.yaml", "--dir", "late", "--workers", "2"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	if n := calls(t) - before; n != 1 {
		t.Errorf("%d programs were run again, want the one that was interrupted", n)
	}
	if _, got, _ := program(t, "query", rows, "--dir", "late", "--csv"); got != want {
		t.Errorf("after Ctrl-C:\n%s\nunbroken:\n%s", got, want)
	}
}

// TestStoppedGoOnWithoutTheRule: a spec whose rule is gone trains to the end what that had stopped.
func TestStoppedGoOnWithoutTheRule(t *testing.T) {
	const rest = "parameters:\n  corpus: names\n  hidden_size: [4, 8, 16]\n  learning_rate: 0.01\n  batch_size: 32\n  steps: 300\n  evaluations: 6\n  eval_examples: 200\n"
	inFolder(t, map[string]string{
		"go.yaml":   "early_terminate: {type: asha, min_iter: 1, eta: 3}\n" + rest,
		"gone.yaml": "name: go\n" + rest,
	})
	const states = "SELECT state, count(*) AS n FROM v_trials GROUP BY state"
	if status, _, stderr := program(t, "run", "go.yaml", "--quiet"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	_, out, _ := program(t, "query", states, "--csv")
	contains(t, out, "stopped,2")
	_, out, _ = program(t, "plan", "gone.yaml", "--json")
	contains(t, out, `"new":0,"kept":3`, `"state":"waiting"`)
	if status, _, stderr := program(t, "run", "gone.yaml", "--quiet"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	if _, out, _ = program(t, "query", states, "--csv"); out != "state,n\ncomplete,3\n" {
		t.Errorf("without the rule:\n%s", out)
	}
}

// TestProgramWithoutItsMetric: a search ends with the first trial that shows its metric to be misspelt, which has failed and
// is tried again. A last value that is no number is a divergence.
func TestProgramWithoutItsMetric(t *testing.T) {
	needsPython(t)
	const script = callsLog + "sweep.log({'acc': x})\nsweep.log({'acc': float('nan') if x == 2 else x})\n"
	const spec = "name: typo\nprogram: train.py\nmethod: tpe\nconfirm: none\nbudget: {configurations: 4}\nparameters: {x: [1, 2, 3, 4]}\nmetric: {name: "
	inFolder(t, map[string]string{"train.py": script, "typo.yaml": spec + "accuracy}\n", "right.yaml": spec + "acc}\n",
		"grid.yaml": "name: every\nprogram: train.py\nparameters: {x: [11, 13]}\nmetric: {name: accuracy}\n"})
	status, _, stderr := program(t, "run", "grid.yaml", "--workers", "1")
	contains(t, stderr, "without reporting accuracy", "it reported acc", "see metric.name")
	if n := calls(t); status != 0 || n != 2 {
		t.Errorf("a grid: exit status %d after %d trials", status, n)
	}
	if err := os.Remove("calls.log"); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = program(t, "run", "typo.yaml", "--workers", "1")
	contains(t, stderr, "without reporting accuracy", "it reported acc")
	if n := calls(t); status == 0 || n != 1 {
		t.Errorf("exit status %d after %d trials", status, n)
	}
	if status, _, stderr = program(t, "run", "right.yaml", "--workers", "1"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	if n := calls(t); n != 5 {
		t.Errorf("%d trials were run, want the first and four", n)
	}
	_, out, _ := program(t, "query", "SELECT state, count(*) AS n FROM v_trials WHERE sweep = 'typo' GROUP BY state ORDER BY state", "--csv")
	if want := "state,n\ncomplete,3\ndiverged,1\n"; out != want {
		t.Errorf("%s\nwant\n%s", out, want)
	}
}

// TestLimitOfTimeIsEdited: whatever becomes of a limit, a training that it has ended does not end with less than it had.
func TestLimitOfTimeIsEdited(t *testing.T) {
	needsPython(t)
	const script = callsLog + "for step in range(1, 41):\n    sweep.log({'score': 1 / step}, step=step)\n    time.sleep(0.05)\n"
	const spec = "name: limit\nprogram: train.py\nmetric: {name: score, goal: minimize}\nparameters: {x: [1, 2]}\n"
	inFolder(t, map[string]string{
		"train.py": script, "first.yaml": spec + "budget: {trial_time: 1s}\n", "lower.yaml": spec + "budget: {trial_time: 0.5s}\n",
		"rule.yaml": spec + "budget: {trial_time: 1s}\nearly_terminate: {type: median, min_iter: 30}\n", "none.yaml": spec,
	})
	steps := func(file string) string {
		t.Helper()
		if status, _, stderr := program(t, "run", file, "--quiet"); status != 0 {
			t.Fatalf("%s: exit status %d, %s", file, status, stderr)
		}
		_, out, _ := program(t, "query", "SELECT trial, state, steps FROM v_trials ORDER BY trial", "--csv")
		return out
	}
	before := steps("first.yaml")
	contains(t, before, "stopped")
	for _, file := range []string{"lower.yaml", "rule.yaml"} {
		if got := steps(file); got != before {
			t.Errorf("%s:\n%s\nbefore:\n%s", file, got, before)
		}
	}
	if got := steps("none.yaml"); strings.Count(got, "complete,40") != 2 {
		t.Errorf("without a limit:\n%s", got)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// needsPython skips a test where there is no Python to run its scripts.
func needsPython(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3, with which the scripts of this test run")
	}
}

const trainScript = `
import argparse, math, random
import sweep as wandb

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
parser.add_argument("--layers", type=int)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
wandb.init(config={"epochs": 9})
noise = random.Random(args.seed)
for epoch in range(1, wandb.config.epochs + 1):
    wandb.log({"score": abs(math.log10(args.lr) + 2) + 1 / epoch + 0.1 / args.layers + noise.gauss(0, 0.01)})
wandb.finish()
`

var programSpecs = map[string]string{
	"tpe": `
name: killed
program: train.py
method: bayes
metric: {name: score, goal: minimize}
run_cap: 8
parameters:
  lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}
  layers: {values: [1, 2, 3]}
`,
	"hyperband": `
name: killed
program: train.py
method: grid
metric: {name: score, goal: minimize}
early_terminate: {type: hyperband, min_iter: 2, strict: true}
parameters:
  lr: {values: [0.001, 0.01, 0.1]}
  layers: {values: [1, 3]}
  seed: {values: [1, 2]}
`,
	"asha": `
name: killed
program: train.py
method: random
metric: {name: score, goal: minimize}
budget: {configurations: 7}
early_terminate: {type: asha, min_iter: 1}
parameters:
  lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}
  layers: [1, 2, 3]
`,
}

// TestProgram sweeps a Python script: the record does not depend on the number of workers, though the script runs on while
// others' results decide whether it should have.
func TestProgram(t *testing.T) {
	needsPython(t)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "train.py"), []byte(trainScript), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	for name, spec := range programSpecs {
		t.Run(name, func(t *testing.T) {
			file := name + ".yaml"
			if err := os.WriteFile(file, []byte(spec), 0o644); err != nil {
				t.Fatal(err)
			}
			if status, _, stderr := program(t, "check", file); status != 0 {
				t.Fatalf("check: exit status %d, %s", status, stderr)
			}
			var want string
			for _, workers := range []int{1, 4} {
				dir := t.TempDir()
				status, out, stderr := program(t, "run", file, "--dir", dir, "--workers", strconv.Itoa(workers))
				if status != 0 {
					t.Fatalf("exit status %d, %s", status, stderr)
				}
				contains(t, out, "score")
				_, got, _ := program(t, "query", "--dir", dir,
					"SELECT trial, configuration, replicate, state, steps, value, params FROM v_trials ORDER BY trial")
				if want == "" {
					want = got
				} else if got != want {
					t.Errorf("%d workers:\n%s\nwant\n%s", workers, got, want)
				}
			}
		})
	}
}

// TestProgramThatFails: what a failing program, a missing one and its log come to.
func TestProgramThatFails(t *testing.T) {
	needsPython(t)
	folder := t.TempDir()
	t.Chdir(folder)
	script := "import sys, sweep\nsweep.init()\nsweep.log({'score': 1})\nprint('too small', file=sys.stderr)\nsys.exit(3 if sweep.config.x < 2 else 0)\n"
	for file, text := range map[string]string{
		"train.py": script, "fails.yaml": "program: train.py\nmetric: {name: score}\nparameters: {x: [1, 2]}\n",
		"missing.yaml": "program: nowhere.py\nmetric: {name: score}\nparameters: {x: [1, 2]}\n",
		"macro.yaml":   "program: train.py\ncommand: [python3, \"${programme}\"]\nmetric: {name: score}\nparameters: {x: [1, 2]}\n",
		"builtin.yaml": "gpus: 2\nparameters: {corpus: names}\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for file, says := range map[string]string{"missing.yaml": "nowhere.py", "macro.yaml": "${programme}", "builtin.yaml": "the spec names none"} {
		status, _, stderr := program(t, "check", file)
		contains(t, stderr, file+":", says)
		if status != 2 {
			t.Errorf("%s: exit status %d", file, status)
		}
	}
	status, _, stderr := program(t, "run", "fails.yaml", "--quiet")
	contains(t, stderr, "1 trial failed")
	if status != 1 {
		t.Errorf("exit status %d, %s", status, stderr)
	}
	_, out, _ := program(t, "query", "SELECT trial FROM v_trials WHERE state = 'failed'", "--csv")
	trial := out[len("trial\n") : len(out)-1]
	_, out, _ = program(t, "logs", trial)
	contains(t, out, "too small")
	status, out, _ = program(t, "show", trial)
	contains(t, out, "exit status 3")
	if status != 0 {
		t.Errorf("show: exit status %d", status)
	}

	// The mended script: the failed trial is tried again, and nothing else.
	if err := os.WriteFile("train.py", []byte("import sweep\nsweep.init()\nsweep.log({'score': 2})\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "retry", "fails", "--quiet"); status != 0 {
		t.Errorf("retry: exit status %d, %s", status, stderr)
	}
	_, out, _ = program(t, "query", "SELECT group_concat(value) AS v FROM v_trials ORDER BY v", "--csv")
	contains(t, out, "1", "2")
	_, out, _ = program(t, "retry", "fails")
	contains(t, out, "no trial of fails has failed")
}

func TestInitPython(t *testing.T) {
	t.Chdir(t.TempDir())
	if status, _, stderr := program(t, "init", "--python"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	b, err := os.ReadFile("sweep.py")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(b), "def init(", "def log(", "def finish(")
}

package main

import (
	"os"
	"path/filepath"
	"testing"

	"sweep/results"
)

const nextSpec = `
name: next
metric: {name: val/perplexity}
replicates: 2
parameters:
  corpus: names
  hidden_size: [8, 16, 32]
  embedding_dim: [2, 4, 8]
  optimizer: [sgd, adam]
  learning_rate: 0.02
  steps: 200
  evaluations: 2
  eval_examples: 300
`

// TestWhatNext: what a finished sweep says of the next one: which hyperparameters matter, that the best lies on an edge, a
// spec around it, how many replicates a difference takes and how long other trainings will.
func TestWhatNext(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "next.yaml")
	if err := os.WriteFile(spec, []byte(nextSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "plan", spec, "--dir", dir, "--detect", "1%"); status != 3 {
		t.Errorf("--detect without a record: exit status %d, %s", status, stderr)
	}
	_, out, _ := program(t, "plan", spec, "--dir", dir, "--json")
	contains(t, out, `"estimated_seconds":null`)
	status, out, stderr := program(t, "run", spec, "--dir", dir, "--quiet")
	if status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	contains(t, out, "What explains the differences of val/perplexity", "The best lies on the edge of what was tried", "`sweep refine next`")

	_, out, _ = program(t, "importance", "next", "--dir", dir)
	contains(t, out, "hidden_size x embedding_dim", "exact analysis of variance over 18 configurations")
	_, out, _ = program(t, "importance", "next", "--dir", dir, "--json", "--metric", "val/accuracy")
	contains(t, out, `"schema":"sweep.importance/1"`, `"method":"exact"`, `"metric":"val/accuracy"`)

	status, out, stderr = program(t, "refine", "next", "--dir", dir)
	if status != 0 {
		t.Fatalf("refine: exit status %d, %s", status, stderr)
	}
	contains(t, out, "name: next-refined", "optimizer: ")
	refined := filepath.Join(dir, "refined.yaml")
	if err := os.WriteFile(refined, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, out, stderr := program(t, "plan", refined, "--dir", dir); status != 0 {
		t.Errorf("the refined spec: exit status %d, %s%s", status, out, stderr)
	} else {
		contains(t, out, "at the pace of 36 trials")
	}

	_, out, _ = program(t, "plan", spec, "--dir", dir, "--detect", "1%")
	contains(t, out, "To tell a configuration that is 1% worse from the best of 18 takes", "seeds of sweep next spread by")
	_, out, _ = program(t, "plan", spec, "--dir", dir, "--detect", "1%", "--json")
	contains(t, out, `"schema":"sweep.detect/1"`, `"same_data":true`)
	for _, wrong := range []string{"0.01", "x", "-1%"} {
		if status, _, _ := program(t, "plan", spec, "--dir", dir, "--detect", wrong); status != 2 {
			t.Errorf("--detect %s: exit status %d", wrong, status)
		}
	}
}

// TestExtend: the best are trained longer from where they ended, to what a training from the start comes to.
func TestExtend(t *testing.T) {
	dir, fresh := t.TempDir(), t.TempDir()
	spec := filepath.Join(t.TempDir(), "short.yaml")
	text := "name: short\nmetric: {name: val/loss}\nparameters: {corpus: names, hidden_size: [8, 16, 24], learning_rate: [0.01, 0.02], embedding_dim: 4, steps: 200, evaluations: 4, eval_examples: 300}\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet"); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	_, source, _ := program(t, "extend", "short", "--dir", dir, "--top", "2", "--steps", "500", "--print")
	contains(t, source, "name: short-extended", "steps: 500", "evaluations: 10", "hidden_size: [")
	status, _, stderr := program(t, "extend", "short", "--dir", dir, "--top", "2", "--steps", "500", "--quiet")
	if status != 0 {
		t.Fatalf("extend: exit status %d, %s", status, stderr)
	}
	record, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := record.Sessions(t.Context(), "short-extended")
	record.Close()
	if err != nil || len(sessions) != 2 {
		t.Fatalf("%d sessions, %v", len(sessions), err)
	}
	for _, s := range sessions {
		if s.StartStep == nil || *s.StartStep != 200 {
			t.Errorf("trial %s went on from %v, want step 200", s.Trial, s.StartStep)
		}
	}
	long := filepath.Join(t.TempDir(), "long.yaml")
	if err := os.WriteFile(long, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", long, "--dir", fresh, "--quiet"); status != 0 {
		t.Fatalf("from the start: exit status %d, %s", status, stderr)
	}
	query := "SELECT t.trial, p.metric, p.step, p.value FROM v_trials t JOIN v_points p ON p.sweep = t.sweep AND p.trial = t.trial WHERE t.sweep = 'short-extended' ORDER BY 1, 2, 3"
	_, got, _ := program(t, "query", query, "--dir", dir)
	if _, want, _ := program(t, "query", query, "--dir", fresh); got != want {
		t.Errorf("the curves are\n%s\nfrom the start\n%s", got, want)
	}
	for _, wrong := range [][]string{{}, {"--steps", "100"}, {"--epochs", "9"}, {"--steps", "400", "--epochs", "2"}, {"--steps", "400", "--top", "0"}} {
		if status, _, _ := program(t, append([]string{"extend", "short", "--dir", dir}, wrong...)...); status != 2 {
			t.Errorf("%v: exit status %d", wrong, status)
		}
	}
}

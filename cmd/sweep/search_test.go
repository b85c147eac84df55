package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
)

// searchSpecs are searches whose trainings depend on one another's results in every way: a sampler that learns, rungs from
// which trials are promoted, a confirmation; and a race.
var searchSpecs = map[string]string{
	"search": `
method: tpe
metric: {name: val/perplexity}
budget: {configurations: 18}
early_terminate: {type: asha, min_iter: 1}
confirm: {top: 2, replicates: 2}
parameters:
  corpus: names
  embedding_dim: [2, 4, 8]
  hidden_size: {min: 8, max: 40}
  learning_rate: {min: 1e-3, max: 5e-2, distribution: log_uniform_values}
  lr_schedule: wsd
  batch_size: 32
  steps: 1200
  evaluations: 12
  eval_examples: 300
`,
	"race": `
metric: {name: val/perplexity}
replicates: {min: 2, max: 5, until: separated}
confirm: {top: 2, replicates: 2}
parameters:
  corpus: names
  hidden_size: [4, 8, 16, 32]
  learning_rate: 0.01
  batch_size: 32
  steps: 400
  evaluations: 2
  eval_examples: 300
`,
}

// TestSearchLeavesOneRecord: the record after a search is the same for 1, 2, 3 and 8 workers, and after kills at random
// moments.
func TestSearchLeavesOneRecord(t *testing.T) {
	for name, text := range searchSpecs {
		t.Run(name, func(t *testing.T) {
			spec := filepath.Join(t.TempDir(), "killed.yaml")
			if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			var want []row
			counts := []int{1, 2, 3, 8}
			if testing.Short() {
				counts = []int{1, 3}
			}
			for _, workers := range counts {
				dir := t.TempDir()
				if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet", "--workers", strconv.Itoa(workers)); status != 0 {
					t.Fatalf("exit status %d\n%s", status, stderr)
				}
				got := recorded(t, dir)
				if want == nil {
					want = got
				} else if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("the record of %d workers differs (-1 worker):\n%s", workers, diff)
				}
				checkRecord(t, dir)
			}
			if testing.Short() {
				return
			}
			kills := 10
			if n, err := strconv.Atoi(os.Getenv("SWEEP_KILLS")); err == nil {
				kills = n / 3
			}
			for done, round := 0, 0; done < kills; round++ {
				dir := t.TempDir()
				n := killSearch(t, spec, dir, 1+round%3, kills-done, uint64(round))
				if diff := cmp.Diff(want, recorded(t, dir)); diff != "" {
					t.Fatalf("after %d kills the record differs from an unbroken run's (-unbroken +killed):\n%s", n, diff)
				}
				checkRecord(t, dir)
				done += max(n, 1)
			}
		})
	}
}

// TestSearchSaysWhatItDoes: what a search prints for people and for programs.
func TestSearchSaysWhatItDoes(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "killed.yaml")
	if err := os.WriteFile(spec, []byte(searchSpecs["search"]), 0o644); err != nil {
		t.Fatal(err)
	}
	status, out, stderr := program(t, "plan", spec, "--dir", dir)
	contains(t, out, "4 configurations, 4 trials: 4 new, 0 kept, 0 retired", "up to 22 trials in all")
	if status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	status, out, stderr = program(t, "run", spec, "--dir", dir, "--quiet")
	if status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	contains(t, out, "new replicates", "The search saw val/perplexity at")
	status, out, _ = program(t, "run", spec, "--dir", dir, "--json", "--workers", "1")
	if status != 0 {
		t.Fatalf("exit status %d", status)
	}
	contains(t, out, `"event":"sweep"`, `"state":"complete"`)
	_, out, _ = program(t, "plan", spec, "--dir", dir, "--json")
	contains(t, out, `"new":0,"kept":20,"retired":0`)
	if status, _, stderr = program(t, "run", spec, "--dir", dir, "--only", "embedding_dim=2"); status != 2 {
		t.Errorf("--only: exit status %d, %s", status, stderr)
	}
	if status, _, stderr = program(t, "run", spec, "--dir", dir, "--order", "random"); status != 2 {
		t.Errorf("--order: exit status %d, %s", status, stderr)
	}
	if status, _, stderr = program(t, "run", spec, "--dir", filepath.Join(dir, "wall"), "--order", "wallclock", "--quiet"); status != 0 {
		t.Errorf("--order wallclock: exit status %d, %s", status, stderr)
	}
}

// TestSearchCountsWhatItComesTo: the count models of every context length that a search has drawn are in the record, not
// only those of the first.
func TestSearchCountsWhatItComesTo(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "lengths.yaml")
	text := `
method: tpe
parallel: 1
budget: {configurations: 6}
parameters:
  corpus: names
  context_length: [1, 2, 3]
  hidden_size: {min: 4, max: 9}
  steps: 2
  evaluations: 1
  eval_examples: 100
`
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	store, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	rows, err := store.Baselines(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	for n := 2; n <= 4; n++ {
		if !slices.ContainsFunc(rows, func(b results.Baseline) bool { return b.Model == "add-k" && b.OrderN == n }) {
			t.Errorf("no count model of order %d among %d", n, len(rows))
		}
	}
}

// contains requires parts of a text.
func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in\n%s", p, text)
		}
	}
}

// killSearch runs a sweep, killing it at random moments at most so often, until a run ends by itself. It returns how often
// it was killed.
func killSearch(t *testing.T, spec, dir string, workers, most int, seed uint64) (kills int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	for {
		cmd := sweepCommand(t, "run", spec, "--dir", dir, "--workers", strconv.Itoa(workers), "--quiet")
		var stderr buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if kills < most {
			timer := time.AfterFunc(time.Duration(80+rng.IntN(500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			if timer.Stop(); err != nil && cmd.ProcessState.ExitCode() == -1 {
				kills++
				continue
			}
		} else if err := cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, stderr.String())
		}
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("exit status %d\n%s", code, stderr.String())
		}
		return kills
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/internal/pgtest"
	"sweep/results"
)

// TestRemoveWhatWasQueuedMeanwhile: a sweep that somebody has put into the queue while rm asked is not removed.
func TestRemoveWhatWasQueuedMeanwhile(t *testing.T) {
	pgtest.Need(t)
	a := &app{dir: t.TempDir(), store: pgtest.Schema(t, "test_rm_queued")}
	spec := filepath.Join(t.TempDir(), "small.yaml")
	text := "name: small\nmetric: {name: val/loss}\nparameters: {corpus: names, hidden_size: 4, embedding_dim: 2, steps: 20, eval_examples: 20}\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	sweep := func(args ...string) {
		t.Helper()
		if status, _, stderr := program(t, append([]string{"run", spec, "--store", a.store, "--dir", a.dir}, args...)...); status != 0 {
			t.Fatalf("exit status %d, %s", status, stderr)
		}
	}
	sweep()
	plan, err := a.toRemove(t.Context(), []string{"small"})
	if err != nil {
		t.Fatal(err)
	}
	sweep("--detach", "--set", "replicates=2")
	err = a.change(t.Context(), func(s *results.Store) error { return a.removeOne(t.Context(), s, plan[0]) })
	if err == nil || !strings.Contains(err.Error(), "sweep small is running") {
		t.Errorf("it is removed: %v", err)
	}
	if _, err := a.toRemove(t.Context(), []string{"small"}); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}

// TestDetachedPart: a part of a sweep is not left to workers, who see whole ones through.
func TestDetachedPart(t *testing.T) {
	spec := filepath.Join(t.TempDir(), "small.yaml")
	if err := os.WriteFile(spec, []byte("name: small\nmetric: {name: val/loss}\nparameters: {corpus: names, hidden_size: [4, 5]}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := program(t, "run", spec, "--store", "postgres://nobody@127.0.0.1:1/none", "--detach", "--only", "hidden_size=4")
	if status != 2 || !strings.Contains(stderr, "leave out --detach, or --only") {
		t.Errorf("exit status %d, %s", status, stderr)
	}
}

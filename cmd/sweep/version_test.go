package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/results"
)

// TestOtherVersion tells someone whose spec is refused that the trials in the record are of another numeric version, and
// says nothing of it when they are not.
func TestOtherVersion(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "old.yaml")
	if err := os.WriteFile(spec, []byte("name: old\nparameters: {corpus: names, steps: 5, evaluations: 1, eval_examples: 50}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet"); status != 0 {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	refused := func() string {
		status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet", "--set", "seed=2")
		if status != statusUsage || !strings.Contains(stderr, "--replace") {
			t.Errorf("another seed: exit status %d\n%s", status, stderr)
		}
		return stderr
	}
	if s := refused(); strings.Contains(s, "numeric version") {
		t.Errorf("of the same version: %s", s)
	}

	a := &app{dir: dir, stdout: &buffer{}, stderr: &buffer{}}
	p, err := a.makePlan(t.Context(), spec, specFlags{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := results.Open(t.Context(), dir, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := provenance(p.whole, nil)
	before.TrainerVersion = "1.1"
	if _, err := store.PutPlan(t.Context(), p.whole, before); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if s := refused(); !strings.Contains(s, "numeric version 1.1, and this program is "+p.whole.Version) {
		t.Errorf("of another version: %s", s)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
)

// TestStoreThatRestarts takes the PostgreSQL of a running sweep down as a power cut would, again and again, and once for longer,
// and requires the record of an undisturbed run. SWEEP_RESTARTS says how often (4), SWEEP_AWAY for how long once ("3s").
func TestStoreThatRestarts(t *testing.T) {
	server := pgtest.Own(t)
	restarts, away := 4, 3*time.Second
	if n, err := strconv.Atoi(os.Getenv("SWEEP_RESTARTS")); err == nil {
		restarts = n
	}
	if d, err := time.ParseDuration(os.Getenv("SWEEP_AWAY")); err == nil {
		away = d
	}
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	steps := "parameters.steps=" + strconv.Itoa(killSteps*(2+restarts/2+int(away/(4*time.Second))))
	undisturbed := t.TempDir()
	if status, _, stderr := program(t, "run", spec, "--dir", undisturbed, "--quiet", "--set", steps); status != 0 {
		t.Fatalf("undisturbed run: exit status %d\n%s", status, stderr)
	}
	dir, done := t.TempDir(), 0
	cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", server.Address(), "--quiet", "--set", steps)
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for over := false; !over; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr.String())
			}
			over = true
		case <-time.After(400 * time.Millisecond):
			if done == restarts {
				continue
			}
			server.Stop("immediate")
			if done++; done == 1 {
				time.Sleep(away)
			}
			server.Start()
		}
	}
	if done < restarts {
		t.Errorf("the run was over after %d restarts", done)
	}
	if d := cmp.Diff(recordedAt(t, undisturbed, ""), recordedAt(t, dir, server.Address())); d != "" {
		t.Errorf("the record differs from that of an undisturbed run (-undisturbed +disturbed):\n%s", d)
	}
	t.Logf("%d restarts, the first after %v", done, away)
}

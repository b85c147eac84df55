//go:build !windows

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
)

// TestWorkersInOutages has the store of a run that only coordinates, and of its workers, hang, end as by a power cut, end all connections and
// lose its queue: workers that live are not given up, and the record is that of an undisturbed run. It takes minutes, and is left out unless
// SWEEP_OUTAGE says for how long the store hangs ("60s").
func TestWorkersInOutages(t *testing.T) {
	pgtest.Need(t)
	hangs, err := time.ParseDuration(os.Getenv("SWEEP_OUTAGE"))
	if err != nil {
		t.Skip("SWEEP_OUTAGE does not say for how long, such as 60s")
	}
	server := pgtest.Own(t)
	store := server.Address()
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	undisturbed, set := lasting(t, spec, 20*time.Second+hangs/2)
	dir, artifacts := t.TempDir(), "file://"+filepath.ToSlash(t.TempDir())
	run := sweepCommand(t, "run", spec, "--dir", dir, "--store", store, "--artifacts", artifacts, "--quiet", "--set", set, "--workers", "0")
	var stderr buffer
	run.Stderr = &stderr
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !holds(t, store, "killed"); time.Sleep(50 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("no sweep is in the record\n%s", stderr.String())
		}
	}
	workers := []*exec.Cmd{worker(t, store, t.TempDir(), artifacts, 2), worker(t, store, t.TempDir(), artifacts, 2)}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	exec := func(statement string) func() {
		return func() {
			if err := pgtest.ExecAt(store, statement); err != nil {
				t.Error(err)
			}
		}
	}
	outages := []func(){
		func() {
			thaw := server.Freeze()
			time.Sleep(hangs)
			thaw()
		},
		exec(`TRUNCATE river_job`),
		func() {
			server.Stop("immediate")
			server.Start()
		},
		exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`),
	}
	began, happened := time.Now(), 0
	for over := false; !over; {
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			over = true
		case <-time.After(3 * time.Second):
			if happened < len(outages) {
				outages[happened]()
				happened++
			}
		case <-time.After(10*time.Minute - time.Since(began)):
			_ = run.Process.Kill()
			t.Fatalf("the run does not end\n%s", stderr.String())
		}
	}
	if happened < len(outages) {
		t.Errorf("the sweep was over after %d outages", happened)
	}
	for _, w := range workers {
		_ = w.Process.Kill()
		_ = w.Wait()
	}
	if diff := cmp.Diff(strings.Split(figuresOf(t, undisturbed, ""), "\n"), strings.Split(figuresOf(t, dir, store), "\n")); diff != "" {
		t.Errorf("the record differs (-undisturbed +disturbed):\n%s", diff)
	}
	if status, out, stderr := program(t, "query", "--csv", "--store", store, `SELECT count(*) AS lost FROM sessions WHERE outcome = 'lost'`); status != 0 || out != "lost\n0\n" {
		t.Errorf("sessions of workers that lived were given up: %s%s", out, stderr)
	}
	t.Logf("the sweep took %v", time.Since(began).Round(time.Second))
}

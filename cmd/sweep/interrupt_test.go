package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
)

// TestInterrupt stops a sweep in order, with the signals of a keyboard and of a service manager, and requires that it is
// never taken for done and goes on to the record of an unbroken run.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds; run without -short")
	}
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	unbroken, dir := t.TempDir(), t.TempDir()
	if status, _, stderr := program(t, "run", spec, "--dir", unbroken, "--store", storeOf(t, unbroken), "--quiet"); status != 0 {
		t.Fatalf("unbroken run: exit status %d\n%s", status, stderr)
	}
	for _, stop := range []struct {
		signal syscall.Signal
		status int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		had := len(begun(t, dir))
		cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", storeOf(t, dir), "--workers", "2")
		var stderr buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "a trial to train", func() bool { return len(begun(t, dir)) > had || had > 0 && strings.Contains(stderr.String(), "text:") })
		if err := cmd.Process.Signal(stop.signal); err != nil {
			t.Fatal(err)
		}
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != stop.status {
			t.Fatalf("after %s: %v, want exit status %d\n%s", stop.signal, err, stop.status, stderr.String())
		}
		if !strings.Contains(stderr.String(), "the same command goes on from there") {
			t.Errorf("after %s it did not say how to go on:\n%s", stop.signal, stderr.String())
		}
		s, err := results.Open(t.Context(), dir, results.Options{ReadOnly: true, URL: storeOf(t, dir)})
		if err != nil {
			t.Fatal(err)
		}
		sw, err := s.Sweep(t.Context(), "killed")
		if err != nil {
			t.Fatal(err)
		}
		if sw.State != "interrupted" {
			t.Errorf("after %s the sweep is %s", stop.signal, sw.State)
		}
		s.Close()
	}
	if len(newestCheckpoints(t, dir)) == 0 {
		t.Error("no trial left a checkpoint to go on from")
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--store", storeOf(t, dir), "--quiet"); status != 0 {
		t.Fatalf("run after the interrupts: exit status %d\n%s", status, stderr)
	}
	if diff := cmp.Diff(recorded(t, unbroken), recorded(t, dir)); diff != "" {
		t.Errorf("the record differs from an unbroken run's (-unbroken +interrupted):\n%s", diff)
	}
}

// TestSecondRunIsRefused runs one sweep by two processes at once: the second is told who runs it, and changes nothing.
func TestSecondRunIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some seconds; run without -short")
	}
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	steps := "parameters.steps=" + strconv.Itoa(100*killSteps) // until it is killed
	dir := t.TempDir()
	cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", storeOf(t, dir), "--quiet", "--set", steps)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("the first run ended by itself: it was not there to be met")
		}
	})
	waitFor(t, "a trial to train", func() bool { return len(begun(t, dir)) > 0 })
	status, _, stderr := program(t, "run", spec, "--dir", dir, "--store", storeOf(t, dir), "--quiet", "--set", steps)
	if status != statusRecord || !strings.Contains(stderr, "is being run by process") {
		t.Errorf("exit status %d, want %d, and %q", status, statusRecord, stderr)
	}
}

// waitFor polls until something holds, for at most a minute.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

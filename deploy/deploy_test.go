// Package deploy_test holds the recipes of this folder to the program and to what they are for.
package deploy_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var made struct {
	sync.Once
	dir string
	err error
}

// program makes the program, once and without cgo as in its image, and returns where it lies.
func program(t *testing.T) string {
	t.Helper()
	made.Do(func() {
		if made.dir, made.err = os.MkdirTemp("", "deploy"); made.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-o", made.dir, "./cmd/sweep")
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			made.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if made.err != nil {
		t.Fatal(made.err)
	}
	return filepath.Join(made.dir, "sweep")
}

func TestMain(m *testing.M) {
	status := m.Run()
	if made.dir != "" {
		os.RemoveAll(made.dir)
	}
	os.Exit(status)
}

// accepts requires that the program knows a command with all its flags, which it reads before it helps, and not with one more.
func accepts(t *testing.T, args ...string) {
	t.Helper()
	if _, err := try(t, nil, append(append([]string{program(t)}, args...), "--help")...); err != nil {
		t.Errorf("sweep %s: %v", strings.Join(args, " "), err)
	}
	if _, err := try(t, nil, append(append([]string{program(t)}, args...), "--slot", "--help")...); err == nil {
		t.Errorf("sweep %s takes any flag", args[0])
	}
}

// TestSbatch runs the script of the array as Slurm would, with a program in the worker's place that shows what it gets.
func TestSbatch(t *testing.T) {
	dir := t.TempDir()
	shows := filepath.Join(dir, "shows")
	if err := os.WriteFile(shows, []byte("#!/bin/sh\necho \"$@\"\necho \"$SWEEP_DIR\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	env := []string{"SWEEP=" + shows, "SWEEP_DIR=", "SWEEP_STORE=postgres://nowhere/none", "SLURM_SUBMIT_DIR=" + dir, "SLURM_CPUS_PER_TASK=3", "TMPDIR=" + dir}
	for files, where := range map[string]string{"": "runs", "file:///shared": filepath.Join(dir, "sweep-")} {
		args, got, _ := strings.Cut(output(t, append(env, "SWEEP_ARTIFACTS="+files), "bash", "slurm/workers.sbatch"), "\n")
		if args != "worker --slots 3 --idle 10m" || !strings.HasPrefix(got, where) {
			t.Errorf("with files at %q: %q in %q", files, args, got)
		}
		accepts(t, strings.Fields(args)...)
	}
	if _, err := try(t, append(env, "SWEEP_STORE="), "bash", "slurm/workers.sbatch"); err == nil || !strings.Contains(err.Error(), "names the store") {
		t.Errorf("without a store: %v", err)
	}
}

// output runs a program for two minutes at most and returns what it says on standard output.
func output(t *testing.T, env []string, words ...string) string {
	t.Helper()
	out, err := try(t, env, words...)
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(words, " "), err)
	}
	return out
}

func try(t *testing.T, env []string, words ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute) // also of use to what cleans up
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		err = &said{err, stderr.String()}
	}
	return string(out), err
}

// said is an error with what the program has said to it.
type said struct {
	error
	stderr string
}

func (e *said) Error() string { return e.error.Error() + "\n" + e.stderr }

func (e *said) Unwrap() error { return e.error }

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

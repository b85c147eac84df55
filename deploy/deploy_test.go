// Package deploy_test holds the recipes of this folder to the program and to what they are for.
package deploy_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// build makes the program, without cgo as its image does, and returns where it lies.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "sweep")
	cmd := exec.Command("go", "build", "-o", bin, "./cmd/sweep")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
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

package main

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
)

// TestBenchEnds holds the exit status of an interrupt in the middle of more steps than anybody would wait for.
func TestBenchEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted{syscall.SIGINT})
	var stdout, stderr buffer
	status := run(ctx, []string{"bench", "--vocab-size", "27", "--steps", "1000000000"}, &stdout, &stderr)
	if status != 130 || stdout.String() != "" {
		t.Errorf("exit status %d, want 130, and %q, want nothing\n%s", status, stdout.String(), stderr.String())
	}
}

// TestPeerSpecs checks the specs that are measured beside other programs.
func TestPeerSpecs(t *testing.T) {
	files, err := filepath.Glob("../../bench/peers/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d specs, %v", len(files), err)
	}
	for _, f := range files {
		args := []string{"check", f}
		if filepath.Base(f) == "whole.yaml" { // its text is given when it is run
			args = append(args, "--set", "parameters.corpus=names")
		}
		if status, _, stderr := program(t, args...); status != statusDone {
			t.Errorf("%s: exit status %d\n%s", f, status, stderr)
		}
	}
}

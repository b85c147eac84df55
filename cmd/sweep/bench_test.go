package main

import (
	"context"
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

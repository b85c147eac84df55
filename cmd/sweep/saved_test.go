package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"sweep/results"
	"sweep/runner"
)

// What could not be written is not said to be saved.
func TestSaved(t *testing.T) {
	signalled, end := context.WithCancelCause(t.Context())
	end(interrupted{syscall.SIGTERM})
	cause := fmt.Errorf("run sweep x: %w", context.Cause(signalled))
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want bool
	}{
		{"a signal", signalled, cause, true},
		{"a signal, and a full disk", signalled, errors.Join(cause, fmt.Errorf("end sweep x: %w", results.ErrFull)), false},
		{"a signal, and a server that is away", signalled, fmt.Errorf("finish trial: %w", results.ErrAway), false},
		{"a request", t.Context(), runner.ErrAskedToStop, true},
		{"an error", t.Context(), errors.New("it broke"), false},
	} {
		if got := saved(c.ctx, c.err); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

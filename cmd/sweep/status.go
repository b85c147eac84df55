package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"sweep/artifacts"
	"sweep/results"
	"sweep/runner"
	"sweep/runner/handover"
	"sweep/sweeps"
)

// The exit statuses, as `sweep help` lists them.
const (
	statusDone        = 0
	statusTrialFailed = 1 // the sweep is done, but a trial failed
	statusNetwork     = 1 // a corpus could not be fetched, or a server did not answer
	statusUsage       = 2 // the spec, a flag, or any file that these name
	statusNotFound    = 3 // a sweep, trial or word that the record does not hold
	statusRecord      = 4 // the record's folder, or that of corpora, cannot be written, is full or busy
	statusCheck       = 5 // a check failed
)

// statusError is an error that knows its exit status. A nil err prints nothing.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// usage makes a mistake of the caller's.
func usage(format string, args ...any) error {
	return &statusError{statusUsage, fmt.Errorf(format, args...)}
}

// notFound tells of something that the record or a vocabulary does not hold.
func notFound(format string, args ...any) error {
	return &statusError{statusNotFound, fmt.Errorf(format, args...)}
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (e interrupted) Error() string { return "interrupted" }

func (e interrupted) status() int {
	if e.signal == syscall.SIGTERM {
		return 143
	}
	return 130
}

// exitStatus maps an error to the exit status that the contract gives it.
func exitStatus(err error) int {
	var se *statusError
	var si interrupted
	var locked *sweeps.LockedError
	var ps sweeps.Problems
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &si):
		return si.status()
	case errors.As(err, &se):
		return se.status
	case errors.As(err, &ps):
		return statusUsage
	case errors.Is(err, results.ErrNotFound):
		return statusNotFound
	case errors.Is(err, results.ErrBusy), errors.Is(err, results.ErrUnwritable), errors.Is(err, results.ErrFull), errors.Is(err, results.ErrAway), errors.Is(err, results.ErrDenied), errors.Is(err, results.ErrFinished),
		errors.Is(err, results.ErrOlder), errors.Is(err, sweeps.ErrGone), errors.Is(err, artifacts.ErrNoBucket), errors.Is(err, artifacts.ErrAway), errors.Is(err, handover.ErrFiles), errors.As(err, &locked), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOSPC),
		errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR):
		return statusRecord
	case errors.Is(err, runner.ErrBlackHole):
		return statusCheck
	case errors.Is(err, runner.ErrAskedToStop):
		return interrupted{syscall.SIGTERM}.status() // as if it had been sent that signal
	case errors.Is(err, context.Canceled):
		return 130
	}
	return statusUsage
}

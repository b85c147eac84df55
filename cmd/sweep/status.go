package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
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
	case ofRecord(err):
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

// recordFaults are what errors are that a record meets, or its files.
var recordFaults = []error{
	results.ErrBusy, results.ErrUnwritable, results.ErrFull, results.ErrAway, results.ErrDenied, results.ErrFinished, results.ErrOlder, sweeps.ErrGone,
	artifacts.ErrNoBucket, artifacts.ErrAway, handover.ErrFiles, fs.ErrPermission, syscall.ENOSPC, syscall.EROFS, syscall.ENOTDIR,
}

// ofRecord reports whether a record, or its files, could not be written, or read.
func ofRecord(err error) bool {
	return errors.As(err, new(*sweeps.LockedError)) || slices.ContainsFunc(recordFaults, func(fault error) bool { return errors.Is(err, fault) })
}

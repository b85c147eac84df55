package results

import (
	"errors"
	"fmt"
	"strings"
)

// Errors on which callers branch. What is returned wraps them with detail.
var (
	// ErrNotFound reports that the record, or what was looked up in it, is not there.
	ErrNotFound = errors.New("not found")
	// ErrNoRecord reports, to those who only read, that no record has been made yet; it is an ErrNotFound.
	ErrNoRecord = fmt.Errorf("no record here: %w", ErrNotFound)
	// ErrBusy reports that another process held the record for longer than Options.Patience.
	ErrBusy = errors.New("the record is busy")
	// ErrUnwritable reports that the record's folder or file cannot be written.
	ErrUnwritable = errors.New("the record cannot be written")
	// ErrAway reports that the database could not be reached for longer than Options.Patience.
	ErrAway = errors.New("the database cannot be reached")
	// ErrDenied reports that the database lets the user not in, or not do what is needed.
	ErrDenied = errors.New("the database refuses that")
	// ErrFull reports that the disk was full for longer than Options.Patience.
	ErrFull = errors.New("the disk is full")
	// ErrOlder reports that an earlier version of the program wrote the record, which those who only read cannot change.
	ErrOlder = errors.New("the record is of an older version")
	// ErrNewer reports that a later version of the program wrote the record.
	ErrNewer = errors.New("the record is of a newer version")
	// ErrCorrupt reports that the file is damaged or is no record.
	ErrCorrupt = errors.New("the record is damaged")
	// ErrFinished reports a write to a trial that has ended.
	ErrFinished = errors.New("a finished trial is never written again")
	// ErrImported reports a plan for a sweep that another program has trained.
	ErrImported = errors.New("it was imported, and what another program has trained is not trained on; give the spec another name")
	// ErrClosed reports use of a Store after Close, or writing to one that was opened to read.
	ErrClosed = errors.New("the record is not open for that")
	// ErrQuery reports that a query was refused or wrong.
	ErrQuery = errors.New("query refused")
)

// AmbiguousError reports a reference that fits several trials.
type AmbiguousError struct {
	Ref     string
	Matches []string // the ids, in order, at most ten
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%q is short for several trials: %s", e.Ref, strings.Join(e.Matches, ", "))
}

// ErrAmbiguous is what errors.Is finds in an AmbiguousError.
var ErrAmbiguous = errors.New("ambiguous")

// Is makes errors.Is(err, ErrAmbiguous) true.
func (e *AmbiguousError) Is(target error) bool { return target == ErrAmbiguous }

// IncomparableError reports that two things must not be compared, and why.
type IncomparableError struct {
	A, B   string // as they were asked for
	Reason string
}

func (e *IncomparableError) Error() string {
	return fmt.Sprintf("%s and %s cannot be compared: %s", e.A, e.B, e.Reason)
}

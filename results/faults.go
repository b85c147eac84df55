package results

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// SQLite's primary result codes that have a meaning of their own here (https://sqlite.org/rescode.html).
const (
	codePerm       = 3
	codeBusy       = 5
	codeLocked     = 6
	codeReadOnly   = 8
	codeIO         = 10
	codeCorrupt    = 11
	codeFull       = 13
	codeCantOpen   = 14
	codeConstraint = 19
	codeAuth       = 23
	codeNotADB     = 26

	// codeShmSize is SQLITE_IOERR_SHMSIZE: the shared memory file could not grow, which is a full disk, too.
	codeShmSize = codeIO | 19<<8
)

// finishedText is what the schema's triggers say.
const finishedText = "a finished trial is never written again"

// mend says what to do about a damaged record.
const mend = "move it away and put a backup in its place (`sweep db check` lists the damage)"

// fault wraps err as "doing: sentinel: cause", with the sentinel that callers branch on.
func fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	s := sentinel(err)
	switch {
	case s == nil || errors.Is(err, s):
		return fmt.Errorf("%s: %w", doing, err)
	case s == ErrCorrupt:
		return fmt.Errorf("%s: %w: %w; %s", doing, s, err, mend)
	case s == ErrFinished:
		return fmt.Errorf("%s: %w", doing, s)
	}
	return fmt.Errorf("%s: %w: %w", doing, s, err)
}

// sentinel returns the error of this package that err means, nil if none.
func sentinel(err error) error {
	for _, s := range []error{ErrNotFound, ErrBusy, ErrUnwritable, ErrAway, ErrDenied, ErrFull, ErrOlder, ErrNewer, ErrCorrupt, ErrFinished, ErrClosed, ErrQuery} {
		if errors.Is(err, s) {
			return s
		}
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ErrFull
	}
	if s := postgresSentinel(err); s != nil {
		return s
	}
	code, ok := errorCode(err)
	if !ok {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
			return ErrUnwritable
		}
		return nil
	}
	switch code & 0xff {
	case codeBusy, codeLocked:
		return ErrBusy
	case codeFull:
		return ErrFull
	case codeIO:
		if code == codeShmSize {
			return ErrFull
		}
		return ErrUnwritable
	case codePerm, codeReadOnly, codeCantOpen, codeAuth:
		return ErrUnwritable
	case codeCorrupt, codeNotADB:
		return ErrCorrupt
	case codeConstraint:
		if strings.Contains(err.Error(), finishedText) {
			return ErrFinished
		}
	}
	return nil
}

// passing reports whether err may go away by waiting.
func passing(err error) bool {
	s := sentinel(err)
	return s == ErrBusy || s == ErrFull || s == ErrAway
}

// pause returns how long to wait before the n-th try again (n from 0): from 5 ms doubling to half a second, half of
// it random so that many processes do not come back at once.
func pause(n int) time.Duration {
	d := min(5*time.Millisecond<<min(n, 10), 500*time.Millisecond)
	return d/2 + rand.N(d/2+1)
}

// persist calls f until it succeeds, fails for good, ctx ends, or patience is used up.
func persist(ctx context.Context, patience time.Duration, f func() error) error {
	end := time.Now().Add(patience)
	for n := 0; ; n++ {
		err := f()
		if err == nil || !passing(err) || !time.Now().Before(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause(n)):
		}
	}
}

// tired remembers that patience with a database that is away was used up. What is asked of it next does not wait as long again: a process that
// ends asks for several things, one after the other.
type tired struct{ is atomic.Bool }

// persist is persist, with no patience while the database is still away.
func (t *tired) persist(ctx context.Context, patience time.Duration, f func() error) error {
	if t.is.Load() {
		err := f()
		t.is.Store(sentinel(err) == ErrAway)
		if !passing(err) || t.is.Load() { // nil, too, does not pass
			return err
		}
	}
	begun := time.Now()
	err := persist(ctx, patience, f)
	switch {
	case err == nil:
		t.is.Store(false)
	case sentinel(err) == ErrAway && patience > 0 && time.Since(begun) >= patience:
		t.is.Store(true)
	}
	return err
}

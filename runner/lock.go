package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked says that another process runs the sweep.
type ErrLocked struct {
	Sweep string
	Path  string // of the lock file
	PID   int    // of the process that holds it, 0 if unknown
}

func (e *ErrLocked) Error() string {
	who := "another process"
	if e.PID != 0 {
		who = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("sweep %s is being run by %s (%s); `sweep watch %s` shows how far it is. "+
		"To edit it, `sweep stop %s` saves and stops it, and running the edited spec goes on from there", e.Sweep, who, e.Path, e.Sweep, e.Sweep)
}

// A process that finds our lock free because ours had died holds it for the moment it takes to release our running
// trials. A new run of ours waits that long before it gives up.
const (
	lockPatience = time.Second
	lockRetry    = 20 * time.Millisecond
)

// SweepLock says that this process runs a sweep, and no other does.
type SweepLock struct {
	sweep string
	file  *flock.Flock
}

// Lock takes the lock of a sweep: the file <sweep>.lock in dir, which is made. The error is an *ErrLocked when
// another process, or this one, holds it. The operating system gives it back when the process dies in any way.
func Lock(dir, sweep string) (*SweepLock, error) {
	return lock(context.Background(), dir, sweep, lockPatience)
}

// Release gives the lock back. The file stays: removing it would let two processes hold locks on two files of one name.
func (l *SweepLock) Release() { _ = l.file.Unlock() } // closes the file, whatever it returns

// lock tries for as long as patience.
func lock(ctx context.Context, dir, sweep string, patience time.Duration) (*SweepLock, error) {
	file := sweep + ".lock"
	if sweep == "" || filepath.Base(file) != file {
		return nil, fmt.Errorf("lock sweep %q: the name is no file name", sweep)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("lock sweep %s: %w", sweep, err)
	}
	path := filepath.Join(dir, file)
	l := flock.New(path, flock.SetPermissions(0o644))
	for deadline := time.Now().Add(patience); ; {
		ok, err := l.TryLock()
		if err != nil {
			return nil, fmt.Errorf("lock sweep %s: %w", sweep, err)
		}
		if ok {
			break
		}
		if !time.Now().Before(deadline) {
			return nil, &ErrLocked{Sweep: sweep, Path: path, PID: holder(path)}
		}
		select {
		case <-time.After(lockRetry):
		case <-ctx.Done():
			return nil, fmt.Errorf("lock sweep %s: %w", sweep, context.Cause(ctx))
		}
	}
	// Who holds it is a courtesy to the reader of ErrLocked. Windows refuses to write what is locked; so be it.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
	return &SweepLock{sweep: sweep, file: l}, nil
}

// Held reports whether a living process runs the sweep, without getting in its way: a record that says so of a sweep
// whose lock is free tells of a process that died.
func Held(dir, sweep string) bool {
	path := filepath.Join(dir, sweep+".lock")
	if _, err := os.Stat(path); err != nil {
		return false
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	ok, err := l.TryRLock()
	if err != nil {
		return true // nobody can tell
	}
	if ok {
		_ = l.Unlock()
	}
	return !ok
}

// holder reads who wrote the lock file last, 0 if it does not say.
func holder(path string) int {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// locked reports whether err says that another process holds the lock.
func locked(err error) bool {
	var e *ErrLocked
	return errors.As(err, &e)
}

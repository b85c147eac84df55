package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"sweep/sweeps"
)

// A process that finds our lock free because ours had died holds it for the moment it takes to release our running
// trials. A new run of ours waits that long before it gives up.
const (
	lockPatience = time.Second
	lockRetry    = 20 * time.Millisecond
)

// Folder keeps the locks of sweeps as files that the operating system gives back when a process dies in any way, <sweep>.lock,
// and a request to pause beside it, <sweep>.pause. It is made when the first lock is taken.
type Folder string

type fileLock struct {
	sweep string
	file  *flock.Flock
}

func (l fileLock) Sweep() string { return l.sweep }

// Check finds nothing: what the operating system gave stays.
func (fileLock) Check(context.Context) error { return nil }

// Release gives the lock back. The file stays: removing it would let two processes hold locks on two files of one name.
func (l fileLock) Release() { _ = l.file.Unlock() } // closes the file, whatever it returns

// Lock implements sweeps.Locks.
func (f Folder) Lock(ctx context.Context, sweep string, patience time.Duration) (sweeps.Lock, error) {
	file := sweep + ".lock"
	if sweep == "" || filepath.Base(file) != file {
		return nil, fmt.Errorf("lock sweep %q: the name is no file name", sweep)
	}
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return nil, fmt.Errorf("lock sweep %s: %w", sweep, err)
	}
	path := filepath.Join(string(f), file)
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
			who := "another process"
			if pid := holder(path); pid != 0 {
				who = fmt.Sprintf("process %d", pid)
			}
			return nil, &sweeps.LockedError{Sweep: sweep, By: fmt.Sprintf("%s (%s)", who, path)}
		}
		select {
		case <-time.After(lockRetry):
		case <-ctx.Done():
			return nil, fmt.Errorf("lock sweep %s: %w", sweep, context.Cause(ctx))
		}
	}
	// Who holds it is a courtesy to the reader of a LockedError. Windows refuses to write what is locked; so be it.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
	if err := f.Ask(ctx, sweep, ""); err != nil { // of a request to a process before this one
		_ = l.Unlock()
		return nil, err
	}
	return fileLock{sweep, l}, nil
}

// Held implements sweeps.Locks: a record that says "running" of a sweep whose lock is free tells of a process that died.
func (f Folder) Held(_ context.Context, sweep string) (bool, error) {
	path := filepath.Join(string(f), sweep+".lock")
	if _, err := os.Stat(path); err != nil {
		return false, nil //nolint:nilerr // nobody has taken what is not there
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	ok, err := l.TryRLock()
	if err != nil {
		return true, nil //nolint:nilerr // nobody can tell
	}
	if ok {
		_ = l.Unlock()
	}
	return !ok, nil
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

// pauseFile is there while a sweep is to pause.
func (f Folder) pauseFile(sweep string) string { return filepath.Join(string(f), sweep+".pause") }

// Ask implements sweeps.Locks: a pause is a file, a stop is a signal to the process that holds the lock, or two.
func (f Folder) Ask(ctx context.Context, sweep string, r sweeps.Request) error {
	var err error
	switch r {
	case sweeps.Pause:
		err = os.WriteFile(f.pauseFile(sweep), nil, 0o644)
	case sweeps.Stop:
		err = f.signal(ctx, sweep, 1)
	case sweeps.StopNow:
		err = f.signal(ctx, sweep, 2)
	default:
		if err = os.Remove(f.pauseFile(sweep)); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("ask sweep %s to %s: %w", sweep, cmp.Or(string(r), "go on"), err)
	}
	return nil
}

func (f Folder) signal(ctx context.Context, sweep string, times int) error {
	held, err := f.Held(ctx, sweep)
	if err != nil || !held {
		return err
	}
	pid := holder(filepath.Join(string(f), sweep+".lock"))
	if pid == 0 {
		return errors.New("its lock does not say which process runs it")
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	for range times {
		if err := p.Signal(syscall.SIGTERM); err != nil {
			return fmt.Errorf("process %d: %w", pid, err)
		}
		time.Sleep(10 * time.Millisecond) // two signals at once may be taken for one
	}
	return nil
}

// Asked implements sweeps.Locks.
func (f Folder) Asked(_ context.Context, sweep string) (sweeps.Request, error) {
	switch _, err := os.Stat(f.pauseFile(sweep)); {
	case err == nil:
		return sweeps.Pause, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	default:
		return "", fmt.Errorf("read what sweep %s is asked: %w", sweep, err)
	}
}

// locked reports whether err says that another process holds the lock.
func locked(err error) bool {
	var e *sweeps.LockedError
	return errors.As(err, &e)
}

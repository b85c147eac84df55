package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrNotRunning says that no process runs the sweep.
var ErrNotRunning = errors.New("not running")

// Holder returns the process that runs a sweep, by its lock in dir: an ErrNotRunning if none does.
func Holder(dir, sweep string) (pid int, err error) {
	if !Held(dir, sweep) {
		return 0, fmt.Errorf("sweep %s: %w", sweep, ErrNotRunning)
	}
	if pid = holder(filepath.Join(dir, sweep+".lock")); pid == 0 {
		return 0, fmt.Errorf("sweep %s is being run, and its lock does not say by which process", sweep)
	}
	return pid, nil
}

// pauseFile is there while a sweep is to pause.
func pauseFile(dir, sweep string) string { return filepath.Join(dir, sweep+".pause") }

// Pause asks the process that runs a sweep to begin nothing more, and to put the trials away that it can; Unpause lets it go
// on. The process notices within a second. A process that begins to run the sweep later takes no notice of an old request.
func Pause(dir, sweep string) error {
	if err := os.WriteFile(pauseFile(dir, sweep), nil, 0o644); err != nil {
		return fmt.Errorf("pause sweep %s: %w", sweep, err)
	}
	return nil
}

// Unpause takes Pause back; it is no error if there was none.
func Unpause(dir, sweep string) error {
	if err := os.Remove(pauseFile(dir, sweep)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("resume sweep %s: %w", sweep, err)
	}
	return nil
}

// IsPaused reports whether a sweep is asked to pause.
func IsPaused(dir, sweep string) bool {
	_, err := os.Stat(pauseFile(dir, sweep))
	return err == nil
}

// lookEvery is how often a pause is looked for.
const lookEvery = 300 * time.Millisecond

// attend lets the pool follow requests to pause and to resume until done is closed.
func (q *pool) attend(dir, sweep string, done <-chan struct{}) {
	for tick := time.NewTicker(lookEvery); ; {
		select {
		case <-done:
			tick.Stop()
			return
		case <-tick.C:
		}
		if paused := IsPaused(dir, sweep); paused != q.paused.Load() {
			q.paused.Store(paused)
			q.wake()
		}
	}
}

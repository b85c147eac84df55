package runner

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"sweep/sweeps"
)

// told are locks by which a test asks, and takes its lock away.
type told struct {
	sweeps.Locks
	asked atomic.Value // sweeps.Request
	taken atomic.Bool
}

type toldLock struct {
	sweeps.Lock
	of *told
}

func (l toldLock) Check(context.Context) error {
	if l.of.taken.Load() {
		return &sweeps.LockedError{Sweep: "s", By: "another"}
	}
	return nil
}

func (l *told) Lock(ctx context.Context, sweep string, patience time.Duration) (sweeps.Lock, error) {
	held, err := l.Locks.Lock(ctx, sweep, patience)
	return toldLock{held, l}, err
}

func (l *told) Asked(context.Context, string) (sweeps.Request, error) {
	r, _ := l.asked.Load().(sweeps.Request)
	return r, nil
}

// A request to stop ends a run as an interrupt does, and so does a lock that another process has taken.
func TestRunThatIsAskedToStop(t *testing.T) {
	for _, c := range []struct {
		name string
		tell func(*told)
		want func(error) bool
	}{
		{"stop", func(l *told) { l.asked.Store(sweeps.Stop) }, func(err error) bool { return errors.Is(err, ErrAskedToStop) }},
		{"lost", func(l *told) { l.taken.Store(true) }, locked},
	} {
		l := &told{Locks: Folder(t.TempDir())}
		m := newMemory()
		var tell atomic.Bool
		r := &Runner{Recorder: m, Locks: l, Workers: 1, Trainer: TrainerFunc(func(ctx context.Context, _ sweeps.Trial, report func(Point) error) error {
			if err := report(Point{Step: 1}); err != nil {
				return err
			}
			if !tell.Swap(true) {
				c.tell(l)
			}
			<-ctx.Done()
			return context.Cause(ctx)
		})}
		sum, err := r.Run(t.Context(), planOf("s", "a", "b"))
		if !c.want(err) || sum.Waiting != 2 {
			t.Errorf("%s: %v, %+v", c.name, err, sum)
		}
	}
}

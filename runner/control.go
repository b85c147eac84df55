package runner

import (
	"context"
	"errors"
	"time"

	"sweep/sweeps"
)

// ErrAskedToStop is the cause of the end of a run that another process has asked to stop.
var ErrAskedToStop = errors.New("it was asked to stop")

// lookEvery is how often requests are looked for.
const lookEvery = 300 * time.Millisecond

// attend lets the run follow requests, and end when its lock is another's, until done is closed.
func (x *run) attend(ctx context.Context, held sweeps.Lock, end context.CancelCauseFunc, done <-chan struct{}) {
	for tick := time.NewTicker(lookEvery); ; {
		select {
		case <-done:
			tick.Stop()
			return
		case <-tick.C:
		}
		if err := held.Check(ctx); locked(err) {
			end(err)
			return
		}
		asked, err := x.Locks.Asked(ctx, x.sweep)
		if err != nil {
			continue // who cannot be asked now is asked again
		}
		switch {
		case asked == sweeps.StopNow && x.Abort != nil:
			x.Abort()
			fallthrough
		case asked == sweeps.StopNow || asked == sweeps.Stop:
			end(ErrAskedToStop)
			return
		}
		if x.pool == nil { // others look for themselves
			if w := x.worked.Load(); w != nil {
				w.rest(ctx, x.sweep, asked == sweeps.Pause)
			}
			continue
		}
		if paused := asked == sweeps.Pause; paused != x.pool.paused.Load() {
			x.pool.paused.Store(paused)
			x.pool.wake()
		}
	}
}

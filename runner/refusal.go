package runner

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"sweep/sweeps"
)

// refuseFor is after how long it is tried again to train a sweep that could not be trained here: what lacked may be there by now.
const refuseFor = time.Minute

// refusal is why a sweep of a certain plan cannot be trained here.
type refusal struct {
	spec string
	why  error
	at   time.Time // when it was found out
	met  time.Time // when a task of it was handed out last
}

// cannot reports whether a task is of a sweep that this machine cannot train, as it found out just now.
func (w *Worker) cannot(t sweeps.Task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, is := w.foreign[t.Sweep]
	is = is && r.spec == t.Spec
	if is {
		r.met = time.Now()
		w.foreign[t.Sweep] = r
	} else {
		w.busy = time.Now() // there is something to do; of what was refused before, only if it can be trained by now
	}
	return is && time.Since(r.at) < refuseFor
}

// refuse sees to a task of a sweep that cannot be trained here, unless the sweep is over, or was queued by another plan meanwhile. It is left to
// others, and no reason to end for whoever trains others, too: a mistake in one sweep would end the workers of all. But the run of that sweep
// itself ends.
func (w *Worker) refuse(ctx context.Context, t sweeps.Task, why error) (again time.Duration, err error) {
	queued, err := w.Recorder.Queued(ctx, t.Sweep)
	if err != nil || queued.Spec != t.Spec || queued.Round != t.Round {
		return 0, cmp.Or(err, w.drop(ctx, t))
	}
	why = fmt.Errorf("sweep %s: %w", t.Sweep, why)
	if t.Sweep == w.home {
		w.fail(why)
		return handAgain, nil
	}
	now := time.Now()
	w.mu.Lock()
	if w.meets() == nil {
		w.refused = now
	}
	before, was := w.foreign[t.Sweep]
	w.foreign[t.Sweep] = refusal{t.Spec, why, now, now}
	w.mu.Unlock()
	if w.Refused != nil && (!was || before.why.Error() != why.Error()) {
		w.Refused(t.Sweep, why)
	}
	return leaveFor, sweeps.ErrLeft
}

// useless is why a worker serves nobody that has been handed nothing but what it cannot train for a while, or until it leaves for lack of
// tasks; nil for others. Useful is who has been handed a task of a sweep that can be trained here.
func (w *Worker) useless(idle bool) error {
	if w.home != "" || w.useful || w.planning > 0 || !idle && time.Since(w.refused) < cmp.Or(w.Useless, refuseFor) {
		return nil
	}
	return w.meets()
}

// meets is why a sweep cannot be trained here of which a task was handed out lately; nil if none was: such are over by now, or others train them.
func (w *Worker) meets() error {
	for _, r := range w.foreign {
		if time.Since(r.met) < refuseFor {
			return r.why
		}
	}
	return nil
}

// mayServe reports whether a sweep is in the queue of which it is not known that it cannot be trained here: its tasks come after
// those of others, or others have them in hand.
func (w *Worker) mayServe(ctx context.Context) bool {
	queue, err := w.Recorder.InQueue(ctx)
	if err != nil {
		return true // who cannot be asked now is asked again
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for sweep, spec := range queue {
		if w.foreign[sweep].spec != spec {
			return true
		}
	}
	return false
}

// plans is siteOf, and notes whether there is anything that this worker can train.
func (w *Worker) plans(task sweeps.Task) (*site, error) {
	w.mu.Lock()
	w.planning++
	w.mu.Unlock()
	x, err := w.siteOf(task)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.planning--
	if err == nil {
		w.busy, w.useful = time.Now(), true
	}
	return x, err
}

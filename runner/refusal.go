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
	if w.refused.IsZero() {
		w.refused = now
	}
	before, was := w.foreign[t.Sweep]
	w.foreign[t.Sweep] = refusal{t.Spec, why, now, now}
	w.mu.Unlock()
	if w.Refused != nil && (!was || before.why.Error() != why.Error()) {
		w.Refused(t.Sweep, why)
	}
	return leaveFor, nil
}

// useless is why a worker serves nobody that has been handed nothing but what it cannot train for a while, or until it leaves for lack of
// tasks; nil for others. Useful is who has been handed a task of a sweep that can be trained here.
func (w *Worker) useless(idle bool) error {
	if w.home != "" || w.useful || w.planning > 0 || w.refused.IsZero() || !idle && time.Since(w.refused) < cmp.Or(w.Useless, refuseFor) {
		return nil
	}
	for _, r := range w.foreign {
		if time.Since(r.met) < refuseFor { // else it is over by now, or others train it
			return r.why
		}
	}
	return nil
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

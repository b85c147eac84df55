package runner

import (
	"context"
	"errors"
	"time"

	"sweep/sweeps"
)

// ErrBlackHole reports that trials fail at once on a worker and come to something on others.
var ErrBlackHole = errors.New("trials fail here at once that come to something elsewhere")

const (
	// atOnce is how soon a trial fails that may say more about the machine than about the trial, if it has measured nothing.
	atOnce = 5 * time.Second
	// mostAtOnce is after how many of them in a row a worker doubts itself.
	mostAtOnce = 3
	// doubtFor is how long it waits for others to try, who may have no slot free or cannot train the sweep at all.
	doubtFor = time.Minute
	// doubtEvery is how often a worker that doubts itself looks how the others fare.
	doubtEvery = 500 * time.Millisecond
)

// weigh judges a failure that came at once. Such a trial is left to another worker, and fails for good when it fails there, too, or where there
// is no other. After some of them in a row the worker takes no more until it knows which it is.
func (w *Worker) weigh(ctx context.Context, s *session) {
	o := &s.result
	if !w.suspects(s) {
		return
	}
	w.mu.Lock()
	doubting := len(w.failures)+1 >= mostAtOnce
	w.mu.Unlock()
	others, err := w.Recorder.Doubt(context.WithoutCancel(ctx), doubting, nil)
	if err != nil || others.Alive == 0 {
		return
	}
	*o = sweeps.Outcome{State: sweeps.Waiting, Err: o.Err, Seconds: o.Seconds, Suspect: true}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, sweeps.Attempt{Trial: s.trial, Number: s.claim.Attempt})
	if w.doubting = w.doubting || len(w.failures) >= mostAtOnce; w.doubting && w.stop != nil {
		w.stop()
	}
}

// suspects reports whether the end of a session may say more about the machine than about the trial.
func (w *Worker) suspects(s *session) bool {
	o := &s.result
	w.mu.Lock()
	defer w.mu.Unlock()
	if o.State != sweeps.Failed || s.logged || o.Seconds >= atOnce.Seconds() {
		if s.logged || o.State != sweeps.Waiting && o.State != sweeps.Failed {
			w.failures, w.trusting = nil, false
		}
		return false
	}
	return !w.trusting && !s.claim.FailedElsewhere
}

// over reports whether the worker ends.
func (w *Worker) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending
}

// doubt waits until it is known whether what has failed fails elsewhere, too. If it does, or if nobody else is there who tries, the worker
// goes on.
func (w *Worker) doubt(ctx context.Context) error {
	kept := context.WithoutCancel(ctx)
	for begun := time.Now(); ; {
		w.mu.Lock()
		failures := w.failures
		w.mu.Unlock()
		others, err := w.Recorder.Doubt(kept, true, failures)
		switch {
		case ctx.Err() != nil || w.over():
			return nil
		case err != nil:
		case others.Succeeded > 0:
			return ErrBlackHole
		case others.Failed > 0:
			w.trust(false)
			_, err := w.Recorder.Doubt(kept, false, nil)
			return err
		case others.Alive == others.Doubtful, // which they go on seeing of this worker, too
			time.Since(begun) > doubtFor:
			w.trust(true)
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(doubtEvery):
		}
	}
}

// trust lets the worker take tasks again; trusting that failures are the trials' own until something succeeds.
func (w *Worker) trust(trusting bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.doubting, w.trusting, w.failures = false, trusting, nil
}

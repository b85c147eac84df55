package runner

import (
	"context"
	"errors"
	"time"

	"sweep/sweeps"
)

// ErrBlackHole reports that trials fail at once on a worker while they come to something on others.
var ErrBlackHole = errors.New("trials fail here at once, and not elsewhere")

const (
	// atOnce is how soon a trial fails that may say more about the machine than about the trial, if it has measured nothing.
	atOnce = 5 * time.Second
	// mostAtOnce is after how many of them in a row a worker doubts itself.
	mostAtOnce = 3
	// doubtEvery is how often a worker that doubts itself looks how the others fare.
	doubtEvery = 500 * time.Millisecond
	// ofLate is how long a success of others counts.
	ofLate = 10 * time.Minute
)

// weigh judges a failure that came at once. Such a trial is left to another worker, and fails for good when it fails there, too, or where there
// is no other.
func (w *Worker) weigh(ctx context.Context, s *session) {
	o := &s.result
	fast := o.State == sweeps.Failed && !s.logged && o.Seconds < atOnce.Seconds()
	w.mu.Lock()
	defer w.mu.Unlock()
	if !fast {
		w.streak = 0
		if s.logged || o.State != sweeps.Waiting && o.State != sweeps.Failed {
			w.trusting = false
			w.succeed(ctx)
		}
		return
	}
	w.streak++
	if w.trusting || s.claim.FailedElsewhere {
		return
	}
	others, err := w.Recorder.Doubt(context.WithoutCancel(ctx), w.streak >= mostAtOnce, ofLate)
	if err != nil || others.Alive == 0 {
		return
	}
	*o = sweeps.Outcome{State: sweeps.Waiting, Err: o.Err, Seconds: o.Seconds, Suspect: true}
	if w.streak >= mostAtOnce && !w.doubting {
		w.doubting = true
		if w.stop != nil {
			w.stop()
		}
	}
}

// succeed notes now and then that something was trained here.
func (w *Worker) succeed(ctx context.Context) {
	if time.Since(w.succeeded) < ofLate/10 {
		return
	}
	w.succeeded = time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatEvery)
		defer cancel()
		_ = w.Recorder.Succeeded(ctx) // the next one notes it again
	}()
}

func (w *Worker) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ending
}

// doubt waits until it is known whether trials fail elsewhere, too. If they do, or if there is nobody else, the worker goes on.
func (w *Worker) doubt(ctx context.Context) error {
	for {
		others, err := w.Recorder.Doubt(context.WithoutCancel(ctx), true, ofLate)
		switch {
		case ctx.Err() != nil || w.over():
			return nil
		case err == nil && others.Succeed:
			return ErrBlackHole
		case err == nil && others.Alive == others.Doubtful:
			w.mu.Lock()
			w.doubting, w.trusting, w.streak = false, true, 0
			w.mu.Unlock()
			return nil // the others still see that it has doubted itself, until something succeeds
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(doubtEvery):
		}
	}
}

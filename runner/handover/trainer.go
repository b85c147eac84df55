package handover

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// Trainer trains with another one. It fetches what that needs to go on with a trial before, keeps what it has written after,
// and, where that can be done, on the way.
type Trainer struct {
	runner.Trainer
	Shelf *Shelf
	// Whole says of which files in a trial's folder it is known that they are whole whenever they are there: they are kept while
	// the trial is trained, too. Nil: of none.
	Whole func(name string) bool
	// Every is how often it is looked for such files: 0: every 5 seconds.
	Every time.Duration
	// Patience is for how long it is tried to reach the store of files, 0: a minute. A trial that shall end at once does not
	// wait longer than 15 seconds for it.
	Patience time.Duration
}

// Pauses says what the Trainer says: runner.Pauser.
func (t *Trainer) Pauses() bool {
	p, ok := t.Trainer.(runner.Pauser)
	return ok && p.Pauses()
}

// Train trains as the Trainer does. Where files cannot be fetched before, or kept after a training that came to its end or was put
// away, the error is a runner.ErrMachine: the trial waits, its files still lie here, and nothing more is trained on a machine
// whose trials others could not go on with.
func (t *Trainer) Train(ctx context.Context, trial sweeps.Trial, report func(runner.Point) error) error {
	k := &keeping{shelf: t.Shelf, trial: trial}
	begun := time.Now()
	err := t.persist(ctx, func(ctx context.Context) (err error) {
		if k.owner, err = t.Shelf.Record.Identity(ctx); err == nil {
			_, err = t.Shelf.Fetch(ctx, trial.ID)
		}
		return err
	})
	runner.Untimed(ctx, time.Since(begun))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("%w: fetch the files of trial %s: %w: %w", runner.ErrMachine, trial.ID, ErrFiles, err)
	}
	// Objects of a session have a place of their own: another one, of the same content, may just be about to be removed.
	k.place = fmt.Sprintf("%s/%s/%s", k.owner, trial.ID, strings.ToLower(rand.Text()[:10]))
	trained := t.train(ctx, k, report)
	begun = time.Now()
	defer func() { runner.Untimed(ctx, time.Since(begun)) }()
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { // also if it ends while files are being kept
		select {
		case <-within.Done():
		case <-time.After(t.patience(ctx)):
			cancel()
		}
	})()
	err = t.persist(within, func(within context.Context) error { return k.keep(within, nil) })
	switch {
	case err == nil, errors.Is(err, sweeps.ErrSuperseded): // the end is refused, too
		return trained
	case trained == nil, errors.Is(trained, runner.ErrPause), errors.Is(trained, runner.ErrStop):
		return fmt.Errorf("%w: keep the files of trial %s, which still lie here: %w: %w", runner.ErrMachine, trial.ID, ErrFiles, err)
	}
	t.Shelf.say(trial.ID, err)
	return trained
}

// train trains, and keeps on the way what is whole.
func (t *Trainer) train(ctx context.Context, k *keeping, report func(runner.Point) error) error {
	if t.Whole == nil {
		return t.Trainer.Train(ctx, k.trial, report)
	}
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { t.watch(watching, k) })
	defer watch.Wait() // also in a panic
	defer stop()
	return t.Trainer.Train(ctx, k.trial, report)
}

// watch keeps what is new from time to time, until ctx ends.
func (t *Trainer) watch(ctx context.Context, k *keeping) {
	every := cmp.Or(t.Every, 5*time.Second)
	said := ""
	for wait := every; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		err := k.keep(ctx, t.Whole)
		switch {
		case err == nil:
			wait, said = every, ""
		case ctx.Err() != nil, errors.Is(err, fs.ErrNotExist): // a newer checkpoint has just taken its place
		case errors.Is(err, sweeps.ErrSuperseded):
			return
		default:
			if wait = min(2*wait, time.Minute); err.Error() != said {
				said = err.Error()
				t.Shelf.say(k.trial.ID, err)
			}
		}
	}
}

// patience is for how long it is tried to reach the store of files.
func (t *Trainer) patience(ctx context.Context) time.Duration {
	p := cmp.Or(t.Patience, time.Minute)
	if ctx.Err() != nil {
		p = min(p, 15*time.Second)
	}
	return p
}

// persist repeats what fails, less and less often, for as long as patience lasts.
func (t *Trainer) persist(ctx context.Context, act func(context.Context) error) error {
	deadline := time.Now().Add(t.patience(ctx))
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := act(ctx)
		if err == nil || errors.Is(err, sweeps.ErrSuperseded) || errors.Is(err, syscall.ENOSPC) || ctx.Err() != nil || time.Now().Add(wait).After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

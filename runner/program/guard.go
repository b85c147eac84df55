package program

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// Guard is a Trainer around another one, which keeps a machine that fails by itself from failing all trials of a sweep: a
// full disk, a driver that has gone, a script that does not find its data. On such a machine a trial takes a second
// instead of hours, so the one machine, or the one device, that is broken would draw the whole queue to itself.
//
// After some failures in a row, each soon after its start and none with a metric, Train trains nothing any more and
// returns a *MachineError. A failure that was not quick, or that came after a metric, is the trial's own and says nothing
// of the machine. So do a pause, a stop and an interrupt.
//
// What takes failures back is a trial that measures something, or succeeds, and that began after the first of them.
// Others that train at the same time do not: seven devices that have worked for hours are no sign that the eighth does.
// Trials that fail in the same way while the last failure is being judged are handed back untried, too, so that no more
// than Fast are lost, whatever the number of workers.
//
// Nothing can tell a broken machine from the first trials of a sweep being at fault, if these are as quick to fail. The
// guard takes them for the machine: then nothing is lost but the time until someone looks, whereas the other mistake loses
// the sweep. The error says what to do in either case.
//
// A guard that has given up stays so; a run begins with a new one. The runner is to treat an error that is
// runner.ErrMachine as the end of the run, not of the trial: the trial was not tried and waits, as do all that have not
// begun, those that train go on or are interrupted as by a signal, and Run returns the error. When several machines share
// a queue, the others go on with what this one leaves.
type Guard struct {
	Trainer runner.Trainer
	Fast    int           // failures in a row that are too many, 0 for 3, negative for no limit
	Within  time.Duration // of the start, for a failure to count, 0 for 10 seconds; of retries the last one's start

	mu       sync.Mutex
	begun    int // trials so far
	failures int // in a row
	first    int // of begun when the first of them came
	last     error
}

// Train trains a trial if the machine seems fit for it.
func (g *Guard) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	number, err := g.begin()
	if err != nil {
		return err
	}
	start := time.Now()
	var measured sync.Once
	works := false
	err = g.Trainer.Train(ctx, t, func(p runner.Point) error {
		if p.Metric != "" {
			measured.Do(func() {
				works = true
				g.works(number)
			})
		}
		return report(p)
	})
	switch {
	case err == nil, errors.Is(err, runner.ErrDiverged): // a loss that diverges was computed
		g.works(number)
		return err
	case works, errors.Is(err, runner.ErrStop), errors.Is(err, runner.ErrPause), ctx.Err() != nil, g.slow(err, time.Since(start)):
		return err
	}
	return g.fails(err)
}

// begin numbers a trial, or says why it is not tried.
func (g *Guard) begin() (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken() {
		return 0, g.err()
	}
	g.begun++
	return g.begun, nil
}

// works takes back the failures if the trial of that number began after the first of them.
func (g *Guard) works(number int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if number > g.first && !g.broken() {
		g.failures = 0
	}
}

// slow reports whether a failure took so long that it is the trial's own.
func (g *Guard) slow(err error, took time.Duration) bool {
	within := g.Within
	if within <= 0 {
		within = 10 * time.Second
	}
	var exit *ExitError
	var start *StartError
	switch {
	case errors.As(err, &start):
		return false // it may have waited long for its turn
	case errors.As(err, &exit):
		took = exit.Ran
	}
	return took >= within
}

// fails books a failure and returns what Train returns of it.
func (g *Guard) fails(err error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken() {
		return g.err()
	}
	if g.failures == 0 {
		g.first = g.begun
	}
	g.failures++
	g.last = err
	return err
}

func (g *Guard) broken() bool {
	limit := g.Fast
	if limit == 0 {
		limit = 3
	}
	return limit > 0 && g.failures >= limit
}

func (g *Guard) err() error { return &MachineError{Failures: g.failures, Last: g.last} }

// MachineError says that trials fail here one after the other, so that the one at hand was not tried. It is
// runner.ErrMachine.
type MachineError struct {
	Failures int // in a row
	Last     error
}

func (e *MachineError) Error() string {
	return fmt.Sprintf("the last %d trials failed as soon as they began and measured nothing, so no more are tried here and "+
		"the others wait; mend the machine or the program and run again, or, if those trials are at fault, exclude them; "+
		"the last failure: %v", e.Failures, e.Last)
}

// Unwrap makes it runner.ErrMachine. It does not lead to the last failure, which is another trial's.
func (e *MachineError) Unwrap() error { return runner.ErrMachine }

// Pauses says what the Trainer says: runner.Pauser.
func (g *Guard) Pauses() bool {
	p, ok := g.Trainer.(runner.Pauser)
	return ok && p.Pauses()
}

package runner

import (
	"context"
	"errors"

	"sweep/sweeps"
)

var (
	// ErrDiverged reports a loss that is NaN or infinite. A Trainer wraps it; the trial ends as diverged, which is a
	// result, and the sweep goes on.
	ErrDiverged = errors.New("runner: loss diverged")
	// ErrStop, returned by report, asks the Trainer to end its trial early and without error. A Trainer may return
	// it, wrapped or not, to end its own trial as stopped.
	ErrStop = errors.New("runner: stop")
	// ErrPause, returned by report, asks the Trainer to keep what it needs to go on later and to return ErrPause. A
	// Trainer may return it, wrapped or not, to pause its own trial.
	ErrPause = errors.New("runner: pause")
	// ErrMachine, which a Trainer wraps, says that no trial can be trained here and that the one at hand was not tried.
	// The run shall end with it and leave that trial, and all that are not begun, waiting.
	ErrMachine = errors.New("runner: it cannot be trained on this machine")
)

// Point is one observation of a training.
type Point = sweeps.Point

// Trainer trains one trial. Train is called by several goroutines at once, for different trials.
//
// Train calls report for each observation; report keeps it, and returns ErrStop when the trial shall end now (Train
// then returns nil or ErrStop) or the error of the record (Train returns it). A point without a metric only tells
// progress; the first of a session says from which step it goes on, and points of earlier sessions may be told again.
// Where Point.Seconds is zero the runner's own clock fills it in. Calls of report must have returned when Train
// returns.
//
// Train returns nil if and only if the training is whole or was stopped by report. When ctx ends it early it keeps
// what it needs to go on later and returns the cause of ctx: the trial waits for the next run. An error that wraps
// ErrDiverged ends the trial as diverged; any other error, and a panic, as failed. Neither ends the sweep.
type Trainer interface {
	Train(ctx context.Context, t sweeps.Trial, report func(Point) error) error
}

// Pauser is a Trainer that can break a training off, on ErrPause, and go on from there later, to the same end. A trial that
// a stopping rule holds back is paused, and its worker is free. Without it such a trial goes on meanwhile, and what it
// does beyond the decision does not count.
type Pauser interface {
	Trainer
	Pauses() bool
}

// TrainerFunc makes a Trainer of a function.
type TrainerFunc func(ctx context.Context, t sweeps.Trial, report func(Point) error) error

// Train calls f.
func (f TrainerFunc) Train(ctx context.Context, t sweeps.Trial, report func(Point) error) error {
	return f(ctx, t, report)
}

// Recorder keeps what trials do. Its methods may be called concurrently. An error of any of them ends the sweep.
// The contexts that it is given are never cancelled: what is being written is written whole.
type Recorder interface {
	// Claim asks for the right to train t. An answer with Run marks it as running.
	Claim(ctx context.Context, t sweeps.Trial) (sweeps.Claim, error)
	// Record adds observations to a claimed trial, one that is there already in place of the older one. The first of
	// a session may be without a metric, for the step from which it goes on. It may return before they are durable.
	Record(ctx context.Context, t sweeps.Trial, points []sweeps.Point) error
	// Finish ends a claim. When it returns, the outcome and all points of the trial are durable.
	Finish(ctx context.Context, t sweeps.Trial, o sweeps.Outcome) error
	// Release makes the running trials of a sweep waiting: its process died, for the caller holds its lock.
	Release(ctx context.Context, sweep string) error
}

// SearchRecorder is what a plan takes that decides by results: a search, early stopping, a race, a confirmation.
type SearchRecorder interface {
	Recorder
	// End ends a trial that nobody has claimed: a stopping rule has decided that it goes no further than o.Step.
	End(ctx context.Context, t sweeps.Trial, o sweeps.Outcome) error
	// Progress tells what is known of a trial by a metric.
	Progress(ctx context.Context, t sweeps.Trial, metric string) (sweeps.Progress, error)
	// Extend records the trials of a plan from one of their places on: the plan has grown.
	Extend(ctx context.Context, p *sweeps.Plan, from int) error
}

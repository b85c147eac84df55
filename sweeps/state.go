package sweeps

// State is where a trial stands: waiting -> running -> complete | stopped | diverged | failed. A running trial whose
// process died is waiting again. A finished one is never written again.
type State string

// The states of a trial. New is of a trial that the record does not hold yet.
const (
	New      State = "new"
	Waiting  State = "waiting"
	Running  State = "running"
	Complete State = "complete"
	Stopped  State = "stopped"  // ended early by a rule or a budget
	Diverged State = "diverged" // NaN or infinite loss: a result, not a failure
	Failed   State = "failed"   // tried again by the next run
)

// Finished reports whether s is an end state.
func (s State) Finished() bool {
	return s == Complete || s == Stopped || s == Diverged || s == Failed
}

// Point is one observation that a training reports.
type Point struct {
	// Metric names what was measured, such as "val/loss". An empty Metric only tells progress; the first
	// such point of a session says from which step it goes on.
	Metric   string
	Step     int64   // optimiser steps done
	Examples int64   // training examples seen
	Seconds  float64 // of training so far, summed over sessions
	Value    float64 // in the metric's unit: nats for losses, 1 for accuracies
	// Final marks a figure at the training's end over the whole part, which stands in the trial's columns; the
	// others make the curve. A trainer that reports no Final point is judged by the last value of each metric.
	Final bool
}

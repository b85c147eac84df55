package trainer

import (
	"errors"
	"time"

	"sweep/trainer/internal/kernel"
)

// Version is the numeric version: it changes when the same configuration, seed and data would give other bits.
const Version = "2." + kernel.Version

// Errors that a caller branches on.
var (
	// ErrStop, returned by Session.Observe, ends training early and without error, with a model.
	ErrStop = errors.New("trainer: stop")
	// ErrDiverged reports a NaN or infinite loss. There is no model then.
	ErrDiverged = errors.New("trainer: loss diverged")
)

// Point is one observation of a training.
type Point struct {
	// Metric names what was measured, as Metrics lists it. An empty Metric only tells progress; the first such
	// point of a session says from which step it goes on.
	Metric   string  `json:"metric"`
	Step     int64   `json:"step"`     // optimiser steps done
	Examples int64   `json:"examples"` // training examples seen
	Seconds  float64 `json:"seconds"`  // of training so far, summed over sessions, evaluations not counted
	Value    float64 `json:"value"`    // in the metric's unit: nats for losses, 1 for shares
	Final    bool    `json:"final"`    // a figure at the training's end, over the whole part
}

// Session says how one call of Train runs. Nothing in it changes a result.
type Session struct {
	Dir     string            // of the checkpoints, made when needed; "" keeps none
	Every   time.Duration     // between checkpoints; 0: 30 seconds
	Observe func(Point) error // called on Train's goroutine; ErrStop ends training early; nil: nobody watches
	Now     func() time.Time  // the clock; nil: time.Now
	From    []string          // folders of shorter trainings that this one may go on from; those that are none are passed over
	Prior   *Prior            // what ReadPrior gave for the configuration and the data, to be shared; nil: Train reads it
}

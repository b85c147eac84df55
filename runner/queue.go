package runner

import (
	"context"
	"time"

	"sweep/sweeps"
)

// Queue hands out tasks to workers, wherever they are. What is in it follows from the record.
type Queue interface {
	// Work calls do for each task that is ready, for up to slots of them at once, until ctx ends, and returns when all calls have.
	// What do returns above 0 is after how long the task is to be handed out again; after an error that is the Queue's business. With
	// sweeps.ErrLeft it is at once, to whoever has nothing else to do; and who leaves what somebody has left before takes nothing in
	// its place for so long, lest it is handed the same again before others are.
	// The context of a call does not end with ctx. Now and then, on one of all workers, upkeep is called.
	Work(ctx context.Context, slots int, do func(context.Context, sweeps.Task) (again time.Duration, err error), upkeep func(context.Context) error) error
	// Drop removes the tasks of a sweep that are ready and of no later a round than one that is none any more.
	Drop(ctx context.Context, t sweeps.Task) error
	// Delay lets the tasks of a sweep that are ready be handed out after a time, or, if that is 0, those that were delayed now.
	Delay(ctx context.Context, sweep string, d time.Duration) error
}

// QueueRecorder is what a Queue takes: a record in which tasks are claimed, and in which what a trial comes to leads to new tasks in the
// same transaction.
type QueueRecorder interface {
	SearchRecorder
	// Enqueue puts a sweep into the queue, with those of its trials that may be trained by what the record was told after a number; those
	// that are tasks already stay so. Open may be asked several times.
	Enqueue(ctx context.Context, q sweeps.Queueing, since int64, open func([]sweeps.Told) ([]sweeps.Trial, error)) error
	// Dequeue takes a sweep out of it, if it is there by this plan, or, if spec is "", by whatever; with rest what was begun may go on.
	Dequeue(ctx context.Context, sweep, spec string, rest bool) error
	// EndWaiting records ends of those trials of a sweep that wait.
	EndWaiting(ctx context.Context, sweep string, ends []sweeps.End) error
	// Queued tells how a sweep stands in the queue.
	Queued(ctx context.Context, sweep string) (sweeps.Queued, error)
	// InQueue returns the sweeps of which further trials are begun, with the Identity of the plan of each.
	InQueue(ctx context.Context) (map[string]string, error)
	// InHand returns how many trials of a sweep workers have in hand.
	InHand(ctx context.Context, sweep string) (int, error)
	// Told returns what was told of a sweep's trials after a number, in order; after -1 also what the record had before.
	Told(ctx context.Context, sweep string, since int64, metric string, curves bool) ([]sweeps.Told, error)
	// ClaimTask is Claim for a task. It wraps sweeps.ErrSuperseded for one that is none any more.
	ClaimTask(ctx context.Context, t sweeps.Trial, task sweeps.Task) (sweeps.Claim, error)
	// Turn ends a claim, or tells what a trial has come to on the way, and records what follows from that. It wraps
	// sweeps.ErrSuperseded where the trial is no longer this process's.
	Turn(ctx context.Context, t sweeps.Turn) error

	// Enroll makes this process a worker, Beat lets it be heard of, and Leave ends that.
	Enroll(ctx context.Context, name string, slots int) error
	// Beat wraps sweeps.ErrGone when the others have given this worker up.
	Beat(ctx context.Context) error
	Leave(ctx context.Context) error
	// Reap gives up workers that were not heard of for long, and returns how many trials become tasks again. Whoever gives others up has to have
	// heard from the record for as long without a gap: heard says so of a process that is no worker, of one the record knows.
	Reap(ctx context.Context, heard time.Duration) (lost int, err error)
	// Doubt notes whether this worker doubts itself, since attempts of it have failed at once, and returns what has become of those
	// trials on others.
	Doubt(ctx context.Context, doubtful bool, failed []sweeps.Attempt) (sweeps.Others, error)
}

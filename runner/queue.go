package runner

import (
	"context"
	"time"

	"sweep/sweeps"
)

// pollEvery is how often a training that another sweep's process is running is asked for again.
const pollEvery = 500 * time.Millisecond

// ticket is a trial on its way to a worker.
type ticket struct {
	trial sweeps.Trial
	busy  string    // the sweep that trained it when it was last asked for
	due   time.Time // not to be asked for before
}

// queue hands trials to workers in the order that it is given. A trial that another sweep trains comes back and is offered
// again when nothing else is left to begin, so that it keeps no worker from other work.
type queue struct {
	out  chan ticket // written and closed by send, read by workers
	back chan ticket // written by workers, once for each ticket; read by send; busy means: keep it for later
}

func newQueue() *queue {
	return &queue{out: make(chan ticket), back: make(chan ticket)}
}

// send returns when every trial has been settled by a worker, or when ctx ends.
func (q *queue) send(ctx context.Context, trials []sweeps.Trial) {
	defer close(q.out)
	var parked []ticket // the first is due first
	held := 0           // tickets that workers have not settled
	for len(trials)+len(parked)+held > 0 {
		var out chan ticket
		var next ticket
		var wake <-chan time.Time
		switch {
		case len(trials) > 0:
			out, next = q.out, ticket{trial: trials[0]}
		case len(parked) > 0:
			if wait := time.Until(parked[0].due); wait > 0 {
				wake = time.After(wait)
			} else {
				out, next = q.out, parked[0]
			}
		}
		select {
		case out <- next:
			held++
			if len(trials) > 0 {
				trials = trials[1:]
			} else {
				parked = parked[1:]
			}
		case t := <-q.back:
			held--
			if t.busy != "" {
				t.due = time.Now().Add(pollEvery)
				parked = append(parked, t)
			}
		case <-wake:
		case <-ctx.Done():
			return
		}
	}
}

// settle gives a ticket back once its trial has been claimed, linked, dropped, or found busy.
func (q *queue) settle(ctx context.Context, t ticket) {
	select {
	case q.back <- t:
	case <-ctx.Done(): // send has gone
	}
}

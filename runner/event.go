package runner

import (
	"fmt"
	"strings"
	"sync"

	"sweep/sweeps"
)

// Kind says what an Event tells.
type Kind uint8

// The kinds of events. Of one trial they come in this order: Delayed any number of times, then either Linked, or
// Started, Progress any number of times, and Finished; after Paused it goes on with Started, or ends with Finished.
const (
	Delayed  Kind = iota + 1 // another sweep trains the same training; it is asked again later
	Linked                   // the same training was finished before and stands in this sweep, too
	Started                  // a worker begins or resumes it
	Progress                 // the latest figures; older ones may have been left out
	Finished                 // it ended, or was interrupted: State is Waiting then; the record holds it
	Paused                   // it waits at a decision of a stopping rule, and may be Started again
)

// String names the kind: "delayed", "linked", "started", "progress", "finished", "paused".
func (k Kind) String() string {
	switch k {
	case Delayed:
		return "delayed"
	case Linked:
		return "linked"
	case Started:
		return "started"
	case Progress:
		return "progress"
	case Finished:
		return "finished"
	case Paused:
		return "paused"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Reported lists the metrics that have come.
func (e Event) Reported() []string {
	var names []string
	for _, p := range e.Latest {
		names = append(names, p.Metric)
	}
	return names
}

// Event tells what happens to one trial of a running sweep. Fields that the kind does not mention are zero.
type Event struct {
	Kind    Kind
	Worker  int // from 0; -1 of a trial that ended while no worker had it
	Trial   sweeps.Trial
	State   sweeps.State // of Linked and Finished
	Err     string       // of Finished: why it failed or diverged
	Busy    string       // of Delayed: the sweep that trains it
	Attempt int          // of Started, Progress and Finished, from 1

	From     int64   // the step from which this session went on; 0 for a training from the start
	Step     int64   // optimiser steps done
	Examples int64   // training examples seen
	Seconds  float64 // of training, summed over sessions
	// Latest holds the last point of each metric in the order in which they were first reported in this session.
	// It is shared and must not be changed.
	Latest []Point
}

// Value returns the latest value of a metric in this session, and whether there is one.
func (e Event) Value(metric string) (float64, bool) {
	for _, p := range e.Latest {
		if p.Metric == metric {
			return p.Value, true
		}
	}
	return 0, false
}

// feed delivers events in order on one goroutine. Whoever pushes is never blocked by whoever listens: events queue
// up, and of a trial's progress only the newest is kept until it is delivered. A nil feed drops everything.
type feed struct {
	deliver func(Event)
	done    chan struct{} // closed when the delivering goroutine ends

	mu       sync.Mutex
	changed  sync.Cond // queue or closed
	queue    []Event
	progress map[string]int // trial ID to the place of its progress in queue
	closed   bool
}

// newFeed starts the delivering goroutine; close ends it.
func newFeed(deliver func(Event)) *feed {
	if deliver == nil {
		return nil
	}
	f := &feed{deliver: deliver, done: make(chan struct{}), progress: make(map[string]int)}
	f.changed.L = &f.mu
	go f.run()
	return f
}

func (f *feed) push(e Event) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if i, ok := f.progress[e.Trial.ID]; ok && e.Kind == Progress {
		f.queue[i] = e
		return
	}
	if e.Kind == Progress {
		f.progress[e.Trial.ID] = len(f.queue)
	}
	f.queue = append(f.queue, e)
	f.changed.Signal()
}

// close returns when every event has been delivered.
func (f *feed) close() {
	if f == nil {
		return
	}
	f.mu.Lock()
	f.closed = true
	f.changed.Signal()
	f.mu.Unlock()
	<-f.done
}

func (f *feed) run() {
	defer close(f.done)
	for {
		f.mu.Lock()
		for len(f.queue) == 0 && !f.closed {
			f.changed.Wait()
		}
		batch := f.queue
		f.queue = nil
		clear(f.progress)
		f.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, e := range batch {
			f.deliver(e)
		}
	}
}

// UnmeteredError says that the first trial to end has not reported the metric by which its sweep decides what is trained.
type UnmeteredError struct {
	Trial    string
	Metric   string
	Reported []string
}

func (e *UnmeteredError) Error() string {
	what := "nothing"
	if len(e.Reported) > 0 {
		what = strings.Join(e.Reported, ", ")
	}
	return fmt.Sprintf("trial %s ended without reporting %s, by which its sweep decides what is trained next; it reported %s: name the right one as metric.name, or let the program report it",
		e.Trial, e.Metric, what)
}

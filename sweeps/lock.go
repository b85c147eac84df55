package sweeps

import (
	"context"
	"fmt"
	"time"
)

// Request is what the process that runs a sweep is asked to do; "" is to go on.
type Request string

// The requests.
const (
	Pause   Request = "pause"    // begin nothing more, and put the trials away that can be
	Stop    Request = "stop"     // as at the first interrupt: keep checkpoints and end
	StopNow Request = "stop now" // as at the second: end at once
)

// Locks tell which sweeps living processes run, and hold what these are asked to do. They lie where the record does.
type Locks interface {
	// Lock makes this process the one that runs a sweep, waiting as long as patience for another to be done, and takes away what
	// that was asked. The error is a *LockedError when another has it still. It is given back when the process dies in any way.
	Lock(ctx context.Context, sweep string, patience time.Duration) (Lock, error)
	// Held reports whether a living process runs a sweep, without getting in its way.
	Held(ctx context.Context, sweep string) (bool, error)
	// Ask puts a request in the place of an earlier one.
	Ask(ctx context.Context, sweep string, r Request) error
	// Asked returns the request that stands.
	Asked(ctx context.Context, sweep string) (Request, error)
}

// Lock says that this process runs a sweep, and no other does.
type Lock interface {
	Sweep() string
	// Check returns a *LockedError when the lock was lost, as by an end of the connection that it hung on, and another
	// process has it now.
	Check(ctx context.Context) error
	Release()
}

// LockedError says that another process runs the sweep.
type LockedError struct {
	Sweep string
	By    string // who it is, for people: "process 7 (runs/locks/s.lock)"
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("sweep %s is being run by %s; `sweep watch %s` shows how far it is. "+
		"To edit it, `sweep stop %s` saves and stops it, and running the edited spec goes on from there", e.Sweep, e.By, e.Sweep, e.Sweep)
}

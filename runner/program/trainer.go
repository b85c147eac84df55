package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

// Trainer runs a program for each trial. Its fields are set before the first call of Train; Train may be called
// concurrently.
type Trainer struct {
	Record string // the folder of the record: logs, and the trials' own folders, lie below it

	// Program is a script or an executable file, as seen from Dir, or a name in PATH.
	Program string
	// Command is the list of words that is run. These stand for something else in it:
	//
	//	${env}                    /usr/bin/env
	//	${interpreter}            python, or python3 where there is no python
	//	${program}                Program
	//	${args}                   --a=1 --b=True; a word for each parameter
	//	${args_no_equals}         --a 1 --b True; two words for each
	//	${args_no_hyphens}        a=1 b=True
	//	${args_no_boolean_flags}  --a=1 --b; what is false is left out
	//	${args_json}              {"a": 1, "b": true} in one word
	//	${args_json_file}         path of a file that holds the same
	//	${envvar:NAME}            the environment's NAME; the log does not show its value
	//
	// Those that stand for several words are words of their own; the others may be a part of one. In the two of JSON the
	// dots of names are levels of objects. If empty, the command is ${env} ${interpreter} ${program} ${args} for a file
	// that ends in .py, and ${program} ${args} for any other.
	Command []string
	Dir     string // in which programs run, "" for the current one

	// SeedParam, when not empty, is the name of a parameter that the program is handed besides: the trial's seed. It is
	// for specs which sweep a parameter seed, whose values have become the replicates.
	SeedParam string
	// GPUs, when not 0, is how many devices there are. Each running trial has one, and one that finds none waits. Devices hands them out, to
	// several Trainers of a process perhaps; nil: no other has any.
	GPUs    int
	Devices *Devices

	Grace   time.Duration // between SIGTERM and SIGKILL, 0 for 10 seconds
	Silence time.Duration // without any output after which a program counts as hung, 0 for any
	// Beat, when not 0, is how often report is told the last step again, from the start on, so that it can ask for the end
	// of a program that measures nothing for a long time.
	Beat time.Duration

	// Pausing says that programs are asked to pause where a stopping rule holds them: SIGTERM, upon which one that can go
	// on later saves what it needs and exits with 75. One that cannot begins anew when it is promoted.
	Pausing bool

	// Retries is how often a failure is tried again within Train. Exit statuses 2, 126 and 127 are not: the program was
	// called wrongly, or is not there.
	Retries int
	Backoff time.Duration // before the first retry, 0 for a second; it doubles with each, up to 10 minutes

	own    Devices
	module struct {
		once sync.Once
		err  error
	}
}

// The exit statuses that have a meaning. The last two are how env and shells say that they could not start a program.
const (
	exitUsage         = 2
	exitPaused        = 75 // EX_TEMPFAIL of sysexits.h
	exitNotExecutable = 126
	exitNotFound      = 127
)

// Train runs the program for one trial until it ends, is told to by report, or ctx ends, as runner.Trainer asks. A
// failure is an *ExitError. What the program has started is gone when Train returns.
func (t *Trainer) Train(ctx context.Context, trial sweeps.Trial, report func(runner.Point) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	j, err := t.prepare(trial)
	if err != nil {
		return err
	}
	defer j.journal.close()
	for retry := 0; ; {
		err := t.try(ctx, j, report)
		if retry == t.Retries || !retryable(err) {
			return err
		}
		wait := backoff(t.Backoff, retry)
		retry++
		j.journal.note("retry %d of %d begins in %s", retry, t.Retries, wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// try runs the program once, on a device of its own if there are any.
func (t *Trainer) try(ctx context.Context, j *job, report func(runner.Point) error) error {
	env := j.env
	if t.GPUs > 0 {
		of := cmp.Or(t.Devices, &t.own)
		device, err := of.take(ctx, t.GPUs)
		if err != nil {
			return err
		}
		defer of.give(device)
		env = append(env[:len(env):len(env)], visibleDevices+"="+device)
	}
	a := &attempt{job: j, trainer: t, sink: newSink(report)}
	return a.run(ctx, env)
}

// retryable reports whether an attempt's end is a failure that may not come again.
func retryable(err error) bool {
	var e *ExitError
	switch {
	case errors.Is(err, errSilent):
		return true
	case !errors.As(err, &e):
		return false
	}
	return e.Status != exitUsage && e.Status != exitNotExecutable && e.Status != exitNotFound
}

const (
	firstBackoff = time.Second
	maxBackoff   = 10 * time.Minute
)

// backoff is how long to wait before a retry, the first being 0.
func backoff(first time.Duration, retry int) time.Duration {
	if first <= 0 {
		first = firstBackoff
	}
	for range retry {
		if first *= 2; first >= maxBackoff {
			break
		}
	}
	return min(first, maxBackoff)
}

func (t *Trainer) grace() time.Duration {
	if t.Grace > 0 {
		return t.Grace
	}
	return 10 * time.Second
}

// errSilent is of a program that printed nothing for longer than it may.
var errSilent = errors.New("no output")

func silent(limit time.Duration, e *ExitError) error {
	return fmt.Errorf("%w for %s: %w", errSilent, limit, e)
}

// Pauses says whether programs are asked to pause: runner.Pauser.
func (t *Trainer) Pauses() bool { return t.Pausing }

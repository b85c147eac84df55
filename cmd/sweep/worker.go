package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

func (a *app) workerCommand() *cobra.Command {
	var f runFlags
	var slots int
	var idle time.Duration
	c := &cobra.Command{
		Use:   "worker",
		Short: "Train what runs have put into the queue of a store, on this machine",
		Long: "Worker takes trials of any sweep from the queue of a store and trains them, as many at a time as it has slots. As many\n" +
			"workers as one likes may do so, on any machines, and come and go. Ctrl-C or SIGTERM once saves what is being\n" +
			"trained and leaves it to the others; a worker that dies is noticed after 45 seconds. A machine on which trials\n" +
			"fail at once that come to something elsewhere takes itself out, with exit status 5. Sweeps that it cannot train,\n" +
			"since a text or a program is not here, are left to others; one that can train none ends with exit status 2.",
		Example: examples("sweep worker --store postgres://sweep@db/sweep --slots 8", "until it is stopped",
			"sweep worker --idle 10m", "until there has been nothing to do for that long (the store of SWEEP_STORE)"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case a.store == "":
				return usage("a worker takes trials from the queue of a store: name it with --store postgres://USER@HOST/DATABASE, or SWEEP_STORE")
			case slots < 0:
				return usage("--slots %d: at least 1, or 0 for the number of cores", slots)
			case idle < 0:
				return usage("--idle %v: a time, or 0 to stay", idle)
			}
			if slots == 0 {
				slots = runtime.GOMAXPROCS(0)
			}
			return a.serve(cmd.Context(), slots, idle, f)
		},
	}
	c.Flags().IntVar(&slots, "slots", 0, "trials at a time (default: the cores)")
	c.Flags().DurationVar(&idle, "idle", 0, "leave when there was nothing to do for so long; 0: stay")
	c.Flags().DurationVar(&f.every, "checkpoint-every", 30*time.Second, "how often a training saves where it is; changes no result")
	c.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "say nothing of what is trained")
	a.jsonFlag(c)
	return c
}

// serve is a worker until ctx ends.
func (a *app) serve(ctx context.Context, slots int, idle time.Duration, f runFlags) error {
	store, err := a.openTo(ctx, results.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	if err := a.noteStore(ctx, store); err != nil {
		return err
	}
	shelf, closeShelf, err := a.openShelfToKeep(ctx, store)
	if err != nil {
		return err
	}
	defer closeShelf()
	s, err := a.share(ctx, store, shelf)
	if err != nil {
		return err
	}
	defer s.queue.Close()
	server, err := store.Server()
	if err != nil {
		return err
	}
	w := &runner.Worker{
		Queue: s.queue, Recorder: store, Name: workerName(), Slots: slots, Locks: server.Locks(), Idle: idle, Events: a.sayTrained,
		Abort: a.abandon,
		Refused: func(_ string, why error) {
			fmt.Fprintf(a.notices, "sweep: %s\n", visible(fmt.Sprintf("%v; its trials are left to others", why)))
		},
		Load: func(ctx context.Context, sweep string) (runner.Job, error) { return s.load(ctx, sweep, f, "") },
	}
	if !a.quiet && !a.json {
		fmt.Fprintf(a.stderr, "sweep: %s at the queue of %s\n", plural(slots, "slot"), a.where())
	}
	return leaving(w.Run(ctx))
}

// leaving is why a worker ends, in words for whoever has started it.
func leaving(err error) error {
	switch {
	case errors.Is(err, runner.ErrBlackHole):
		return &statusError{statusCheck, fmt.Errorf("%w; nothing is lost: what it was handed is trained by others. Look at what failed: `sweep trials SWEEP`, `sweep logs TRIAL`", err)}
	case errors.Is(err, sweeps.ErrGone):
		return &statusError{statusRecord, fmt.Errorf("%w: it was not heard of for %v; start it again", err, results.LostAfter)}
	}
	return err
}

// abandon ends the process of a worker whose trainings, or whose record, do not let it end otherwise: as a signal does, if nothing else is
// why it ends.
func (a *app) abandon(why error) {
	if why == nil {
		os.Exit(interrupted{syscall.SIGTERM}.status())
	}
	why = leaving(why)
	a.complain(why)
	os.Exit(exitStatus(why))
}

// sayTrained tells what a worker does.
func (a *app) sayTrained(e runner.Event) {
	switch {
	case a.json:
		if e.Kind != runner.Linked {
			(&display{app: a}).print(e)
		}
	case a.quiet:
	case e.Kind == runner.Started:
		fmt.Fprintf(a.stdout, "%s %s: begins, slot %d, attempt %d\n", e.Trial.Sweep, e.Trial.ID, e.Worker+1, e.Attempt)
	case e.Kind == runner.Paused:
		fmt.Fprintf(a.stdout, "%s %s: put away at step %d\n", e.Trial.Sweep, e.Trial.ID, e.Step)
	case e.Kind == runner.Finished:
		line := fmt.Sprintf("%s %s: %s at step %d after %s", e.Trial.Sweep, e.Trial.ID, e.State, e.Step, time.Duration(e.Seconds*float64(time.Second)).Round(time.Millisecond))
		if e.Err != "" {
			line += ": " + firstLine(visible(e.Err))
		}
		fmt.Fprintln(a.stdout, line)
	}
}

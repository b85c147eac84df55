package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// stopPatience is how long stop waits for the process that it has asked to end.
const stopPatience = 2 * time.Minute

// lockPatience is how long a lock is waited for: another process that found it free because its owner had died holds it for the
// moment that it takes to release what that one had been training.
const lockPatience = time.Second

// locks are those of the record: beside its file, or in its database.
func (a *app) locks() (sweeps.Locks, error) {
	if a.store == "" {
		return runner.Folder(filepath.Join(a.dir, "locks")), nil
	}
	if a.inStore == nil {
		l, err := results.NewLocks(a.store)
		if err != nil {
			return nil, err
		}
		a.inStore = l
	}
	return a.inStore, nil
}

// held reports whether a living process runs a sweep.
func (a *app) held(ctx context.Context, sweep string) (bool, error) {
	l, err := a.locks()
	if err != nil {
		return false, err
	}
	return l.Held(ctx, sweep)
}

// ask asks the process that runs a sweep; exit status 3 if there is none.
func (a *app) ask(ctx context.Context, sweep string, r sweeps.Request) error {
	l, err := a.locks()
	if err != nil {
		return err
	}
	switch held, err := a.held(ctx, sweep); {
	case err != nil:
		return err
	case !held:
		return notFound("sweep %s: not running; `sweep resume %s` runs what is left of it", sweep, sweep)
	}
	if err := l.Ask(ctx, sweep, r); err != nil {
		return &statusError{statusRecord, err}
	}
	return nil
}

func (a *app) stopCommand() *cobra.Command {
	var now bool
	c := &cobra.Command{
		Use:   "stop SWEEP",
		Short: "Save and stop a running sweep",
		Long: "Stop does what Ctrl-C in the terminal of the sweep does, and waits until it has ended: trials, on all workers, keep\n" +
			"checkpoints, and `sweep resume` or `sweep run` goes on from there.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.stopSweep(cmd.Context(), args[0], now)
		},
	}
	c.Flags().BoolVar(&now, "now", false, "do not wait for checkpoints of the run: trials go on from the last ones (workers keep theirs all the same)")
	return c
}

func (a *app) stopSweep(ctx context.Context, sweep string, now bool) error {
	if err := a.known(ctx, sweep); err != nil {
		return err
	}
	if err := a.ask(ctx, sweep, map[bool]sweeps.Request{false: sweeps.Stop, true: sweeps.StopNow}[now]); err != nil {
		return err
	}
	for end := time.Now().Add(stopPatience); ; {
		held, err := a.held(ctx, sweep)
		if err == nil && !held {
			break
		}
		if err != nil && time.Now().After(end) {
			return err
		}
		if time.Now().After(end) {
			return &statusError{statusRecord, fmt.Errorf("sweep %s has not ended after %v; `sweep stop --now %s` does not wait for checkpoints", sweep, stopPatience, sweep)}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
	_, err := fmt.Fprintf(a.stdout, "%s is stopped; `sweep resume %s` goes on\n", sweep, sweep)
	return err
}

func (a *app) pauseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "pause SWEEP",
		Short: "Let a running sweep put its trials away and wait",
		Long: "Pause lets the process that runs a sweep, and with a store all workers, go idle for it: no trial begins, and those\n" +
			"of the built-in trainer keep a checkpoint and wait. `sweep resume` lets it go on. External programs run to their end\n" +
			"first.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.known(cmd.Context(), args[0]); err != nil {
				return err
			}
			if err := a.ask(cmd.Context(), args[0], sweeps.Pause); err != nil {
				return err
			}
			_, err := fmt.Fprintf(a.stdout, "%s pauses; `sweep resume %s` lets it go on\n", args[0], args[0])
			return err
		},
	}
}

func (a *app) resumeCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "resume SWEEP",
		Short: "Let a paused sweep go on, or run a stopped one again",
		Long: "Resume takes a pause back. Of a sweep that no process runs, it runs the spec that the record holds: what is\n" +
			"finished is kept, interrupted trials go on from their checkpoints, failed ones are tried again.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := errors.Join(a.whoTrains(cmd, &f), a.known(cmd.Context(), args[0])); err != nil {
				return err
			}
			held, err := a.held(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if held {
				if err := a.ask(cmd.Context(), args[0], ""); err != nil {
					return err
				}
				if err := a.wake(cmd.Context(), args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(a.stdout, "%s goes on\n", args[0])
				return err
			}
			return a.runRecorded(cmd.Context(), args[0], f)
		},
	}
	a.runAgainFlags(c, &f)
	return c
}

func (a *app) retryCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "retry SWEEP",
		Short: "Try failed trials again",
		Long: "Retry runs the spec that the record holds, if any trial of the sweep has failed: those are tried again, and what\n" +
			"else is missing is trained, too. Trials that diverged are results and stay. Of a sweep that is being trained none is\n" +
			"tried again before it has ended.",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.whoTrains(cmd, &f); err != nil {
				return err
			}
			s, err := a.open(cmd.Context())
			if err != nil {
				return err
			}
			row, err := s.Sweep(cmd.Context(), args[0])
			s.Close()
			if err != nil {
				return err
			}
			if row.Failed == 0 {
				_, err := fmt.Fprintf(a.stdout, "no trial of %s has failed\n", args[0])
				return err
			}
			if held, err := a.held(cmd.Context(), args[0]); err != nil {
				return err
			} else if held {
				return &statusError{statusRecord, fmt.Errorf("sweep %s is being trained, and what follows from its results takes failed trials for failed until it has ended; "+
					"retry then, or `sweep stop %s` first", args[0], args[0])}
			}
			return a.runRecorded(cmd.Context(), args[0], f)
		},
	}
	a.runAgainFlags(c, &f)
	return c
}

// runRecorded runs the spec that a sweep was last run with.
func (a *app) runRecorded(ctx context.Context, sweep string, f runFlags) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	p, err := s.Provenance(ctx, sweep)
	row, sweepErr := s.Sweep(ctx, sweep)
	s.Close()
	if err := errors.Join(err, sweepErr); err != nil {
		return err
	}
	if row.Method == results.ImportedMethod {
		return usage("sweep %s was imported, and what another program has trained is not trained on", sweep)
	}
	if p.SpecSource == "" {
		return usage("sweep %s was not run from a spec, so that no spec can be run again", sweep)
	}
	f.source, f.set, f.order = []byte(p.SpecSource), setOf(p), "logical"
	return a.runSpec(ctx, p.SpecFile, f)
}

// known fails if the record does not hold a sweep.
func (a *app) known(ctx context.Context, sweep string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = s.Sweep(ctx, sweep)
	return err
}

func (a *app) watchCommand() *cobra.Command {
	var every time.Duration
	c := &cobra.Command{
		Use:   "watch SWEEP",
		Short: "Show how far a running sweep is, until it ends",
		Args:  cobra.ExactArgs(1),
		Example: examples("sweep watch hidden", "a line whenever something has changed",
			"sweep watch hidden --json", "one object a line"),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.watch(cmd.Context(), args[0], every)
		},
	}
	c.Flags().DurationVar(&every, "every", time.Second, "how often to look")
	a.jsonFlag(c)
	return c
}

// watched is a line of `watch --json`.
type watched struct {
	Sweep    string   `json:"sweep"`
	State    string   `json:"state"` // running, paused, interrupted, complete, failed
	Trials   int      `json:"trials"`
	Waiting  int      `json:"waiting"`
	Running  int      `json:"running"`
	Complete int      `json:"complete"`
	Stopped  int      `json:"stopped"`
	Diverged int      `json:"diverged"`
	Failed   int      `json:"failed"`
	Best     *float64 `json:"best"` // of the sweep's metric, so far
	Metric   string   `json:"metric"`
}

func (a *app) watch(ctx context.Context, sweep string, every time.Duration) error {
	if every < 10*time.Millisecond {
		return usage("--every %v: at least 10ms", every)
	}
	var last watched
	for {
		now, err := a.look(ctx, sweep)
		if err != nil {
			return err
		}
		if same := sameLook(now, last); !same {
			if err := a.printWatched(now); err != nil {
				return err
			}
		}
		if last = now; now.State != "running" && now.State != "paused" {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(every):
		}
	}
}

// look reads where a sweep stands.
func (a *app) look(ctx context.Context, sweep string) (w watched, err error) {
	s, err := a.open(ctx)
	if err != nil {
		return w, err
	}
	defer s.Close()
	row, err := s.Sweep(ctx, sweep)
	if err != nil {
		return w, err
	}
	a.asItStands(ctx, &row)
	w = watched{Sweep: sweep, State: row.State, Metric: row.Metric}
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return w, err
	}
	for _, t := range trials {
		if t.Retired {
			continue
		}
		w.Trials++
		switch sweeps.State(t.State) {
		case sweeps.Waiting:
			w.Waiting++
		case sweeps.Running:
			w.Running++
		case sweeps.Complete:
			w.Complete++
		case sweeps.Stopped:
			w.Stopped++
		case sweeps.Diverged:
			w.Diverged++
		case sweeps.Failed:
			w.Failed++
		}
		better := w.Best == nil || t.Value != nil && (*t.Value < *w.Best) == (row.Goal == "minimize")
		if t.State == string(sweeps.Complete) && t.Value != nil && better {
			w.Best = t.Value
		}
	}
	return w, nil
}

func (a *app) paused(ctx context.Context, sweep string) bool {
	l, err := a.locks()
	if err != nil {
		return false
	}
	r, err := l.Asked(ctx, sweep)
	return err == nil && r == sweeps.Pause
}

// sameLook reports whether two looks would print the same.
func sameLook(a, b watched) bool {
	if (a.Best == nil) != (b.Best == nil) || a.Best != nil && *a.Best != *b.Best {
		return false
	}
	a.Best, b.Best = nil, nil
	return a == b
}

func (a *app) printWatched(w watched) error {
	if a.json {
		return a.printJSON(w)
	}
	line := fmt.Sprintf("%s %s: %d of %s complete", w.Sweep, w.State, w.Complete, plural(w.Trials, "trial"))
	for _, c := range []struct {
		n    int
		what string
	}{{w.Running, "running"}, {w.Waiting, "waiting"}, {w.Stopped, "stopped"}, {w.Diverged, "diverged"}, {w.Failed, "failed"}} {
		if c.n > 0 {
			line += fmt.Sprintf(", %d %s", c.n, c.what)
		}
	}
	if w.Best != nil {
		line += fmt.Sprintf("; best %s so far %s", w.Metric, figure(*w.Best))
	}
	_, err := fmt.Fprintln(a.stdout, line)
	return err
}

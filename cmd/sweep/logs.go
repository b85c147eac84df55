package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/sweeps"
)

// followEvery is how often logs -f looks for more.
const followEvery = 200 * time.Millisecond

func (a *app) logsCommand() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use:   "logs TRIAL",
		Short: "Print what a trial has said",
		Long: "Logs prints what an external program wrote to its standard error and output, attempt by attempt. Of the\n" +
			"built-in trainer, which writes none, it prints the points of the curve.",
		Example: examples("sweep logs 3f9c", "all of it", "sweep logs 3f9c -f", "and what comes, until the trial ends"),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.printLogs(cmd.Context(), args[0], follow)
		},
	}
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the trial ends")
	return c
}

func (a *app) printLogs(ctx context.Context, ref string, follow bool) error {
	t, err := a.trial(ctx, ref)
	if err != nil {
		return err
	}
	log := &logTail{file: a.logFile(ctx, t), told: map[string]int64{}}
	for {
		// The state first: what was written before it is in what is read after it.
		now, err := a.trial(ctx, t.Sweep+"/"+t.Trial)
		if err != nil {
			return err
		}
		if err := a.printTail(ctx, log, now); err != nil {
			return err
		}
		if state := sweeps.State(now.State); !follow || state.Finished() {
			if now.Attempts > 0 && len(log.told) == 0 && !exists(log.file) {
				return notFound("no log of trial %s lies here (%s): it is with the machine that has trained it, and with --artifacts, or SWEEP_ARTIFACTS, in the store of files",
					now.Trial, log.file)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(followEvery):
		}
	}
}

// trial reads one trial.
func (a *app) trial(ctx context.Context, ref string) (results.Trial, error) {
	s, err := a.open(ctx)
	if err != nil {
		return results.Trial{}, err
	}
	defer s.Close()
	t, err := s.Trial(ctx, ref)
	if errors.Is(err, results.ErrNotFound) {
		if _, sweepErr := s.Sweep(ctx, ref); sweepErr == nil {
			return t, usage("%s is a sweep, not a trial; `sweep trials %s` lists its trials", ref, ref)
		}
	}
	return t, err
}

// logTail knows how much of a log has been printed.
type logTail struct {
	file string
	read int64            // bytes of the file
	told map[string]int64 // of a trial without a file: the last step of each metric
}

// printTail prints what is new.
func (a *app) printTail(ctx context.Context, l *logTail, t results.Trial) error {
	f, err := os.Open(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return a.printPoints(ctx, l, t)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(l.read, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(a.stdout, f)
	l.read += n
	return err
}

// printPoints prints the new points of a curve, a line a step.
func (a *app) printPoints(ctx context.Context, l *logTail, t results.Trial) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	points, err := s.TrialPoints(ctx, t.Sweep, t.Trial)
	if err != nil {
		return err
	}
	var steps []int64
	lines := map[int64][]string{}
	for _, p := range points {
		if last, known := l.told[p.Metric]; known && p.Step <= last {
			continue
		}
		l.told[p.Metric] = p.Step
		if lines[p.Step] == nil {
			steps = append(steps, p.Step)
		}
		lines[p.Step] = append(lines[p.Step], p.Metric+" "+number(p.Value))
	}
	for _, step := range steps {
		if _, err := fmt.Fprintf(a.stdout, "step %s: %s\n", grouped(step), strings.Join(lines[step], ", ")); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) lsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "ls",
		Short:   "List the sweeps in the record",
		Example: examples("sweep ls", "one line a sweep", "sweep ls --json", "the columns of v_sweeps, one object a line"),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.ls(cmd.Context()) },
	}
	a.jsonFlag(c)
	return c
}

func (a *app) ls(ctx context.Context) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	rows, err := s.Sweeps(ctx)
	if err != nil {
		return err
	}
	for i := range rows {
		a.asItStands(ctx, &rows[i])
	}
	if a.json {
		return printEach(a, rows)
	}
	t := table{header: []string{"sweep", "state", "method", "metric", ">configurations", ">trials", ">complete", ">failed", ">time", "created", ""}}
	for _, r := range rows {
		t.row(r.Sweep, r.State, r.Method, r.Metric, fmt.Sprint(r.Configurations), fmt.Sprint(r.Trials),
			fmt.Sprint(r.Complete), fmt.Sprint(r.Failed), seconds(r.Seconds), day(r.CreatedAt), remarks(r.Tags, r.Notes))
	}
	if err := t.write(a.stdout); err != nil {
		return err
	}
	models := "models " + size(filepath.Join(a.dir, "checkpoints"))
	if a.store == "" {
		models = "record " + size(filepath.Join(a.dir, results.FileName)) + ", " + models
	}
	_, err = fmt.Fprintf(a.stderr, "%s on disk: %s\n", a.dir, models)
	return err
}

// asItStands corrects the state of a sweep that the record has as running: of one whose process died nobody was left to write down that
// it was interrupted, and a pause is between processes.
func (a *app) asItStands(ctx context.Context, s *results.Sweep) {
	if s.State != "running" {
		return
	}
	held, err := a.held(ctx, s.Sweep)
	switch {
	case err != nil:
	case !held:
		s.State = "interrupted"
	case a.paused(ctx, s.Sweep):
		s.State = "paused"
	}
}

// day shortens an RFC 3339 time to its day and minute.
func day(t string) string {
	if len(t) < 16 {
		return t
	}
	return t[:10] + " " + t[11:16]
}

// size says how much disk a file or folder takes.
func size(path string) string { return amount(bytesOf(path)) }

// amount writes a number of bytes.
func amount(bytes int64) string {
	switch {
	case bytes >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(bytes)/(1<<30))
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	}
	return fmt.Sprintf("%d kB", (bytes+1023)>>10)
}

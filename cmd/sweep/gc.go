package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) gcCommand() *cobra.Command {
	var c consent
	var vacuum bool
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Remove files that nothing in the record refers to",
		Long: "Gc removes checkpoints, models, logs and reports of trainings and sweeps that the record does not have, checkpoints of\n" +
			"trainings that have ended, and what processes that died have left. Checkpoints of trials that a rule stopped stay,\n" +
			"since they may go on, and so does every file that this program has not made.",
		Example: examples("sweep gc --dry-run", "what would go, and how many bytes", "sweep gc --yes --vacuum", "also gives the record's free pages back"),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.gc(cmd.Context(), c, vacuum) },
	}
	c.add(cmd)
	cmd.Flags().BoolVar(&vacuum, "vacuum", false, "rewrite the record without the room of removed rows")
	a.jsonFlag(cmd)
	return cmd
}

func (a *app) gc(ctx context.Context, c consent, vacuum bool) error {
	if err := a.onlyRecord(ctx); err != nil {
		return err
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	found, err := a.collectGarbage(ctx, s)
	if err == nil {
		var objects []garbage
		objects, err = a.collectObjects(ctx, s)
		found = append(found, objects...)
	}
	s.Close()
	if err != nil {
		return err
	}
	before := bytesOf(filepath.Join(a.dir, results.FileName))
	if c.dryRun || len(found) == 0 && !vacuum {
		return a.printGarbage(found, c.dryRun, 0)
	}
	if len(found) > 0 {
		if err := c.given(a, fmt.Sprintf("remove %s (%s)", plural(len(found), "path"), amount(total(found)))); err != nil {
			return err
		}
	}
	var gone []garbage
	err = a.change(ctx, func(s *results.Store) (err error) {
		if gone, err = a.discard(ctx, s, found); err == nil && vacuum {
			err = s.Vacuum(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	freed := int64(0)
	if vacuum {
		freed = before - bytesOf(filepath.Join(a.dir, results.FileName))
	}
	return a.printGarbage(gone, false, freed)
}

func total(found []garbage) (bytes int64) {
	for _, g := range found {
		bytes += g.Bytes
	}
	return bytes
}

func (a *app) printGarbage(found []garbage, dryRun bool, freed int64) error {
	if a.json {
		if found == nil {
			found = []garbage{}
		}
		return a.printJSON(struct {
			Schema  string    `json:"schema"`
			DryRun  bool      `json:"dry_run"`
			Removed []garbage `json:"removed"`
			Bytes   int64     `json:"bytes"`
			Record  int64     `json:"record_bytes"` // by which the record has shrunk
		}{"sweep.gc/1", dryRun, found, total(found), freed})
	}
	t := table{header: []string{"path", ">bytes", "why"}}
	for _, g := range found {
		t.row(g.Path, grouped(g.Bytes), g.Why)
	}
	if len(found) > 0 {
		if err := t.write(a.stdout); err != nil {
			return err
		}
	}
	verb := "removed"
	if dryRun {
		verb = "would remove"
	}
	if _, err := fmt.Fprintf(a.stdout, "%s %s, %s bytes\n", verb, plural(len(found), "path"), grouped(total(found))); err != nil || freed == 0 {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "the record is smaller by %s bytes\n", grouped(freed))
	return err
}

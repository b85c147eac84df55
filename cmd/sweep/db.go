package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) dbCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "db",
		Short: "Check, back up or migrate the record",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:     "check",
		Short:   "Look for damage: the file's integrity and the record's own rules",
		Example: examples("sweep db check", "exit status 5 if something is wrong"),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.dbCheck(cmd.Context()) },
	}, &cobra.Command{
		Use:     "backup FILE",
		Short:   "Copy the record while it may be in use, and check the copy",
		Example: examples("sweep db backup record.db", "never copy sweep.db by hand while a sweep runs"),
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.dbBackup(cmd.Context(), args[0]) },
	}, &cobra.Command{
		Use:     "migrate",
		Short:   "Bring the record to this program's schema, as the next run would",
		Example: examples("sweep db migrate", "harmless when there is nothing to do"),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.dbMigrate(cmd.Context()) },
	})
	return c
}

func (a *app) dbCheck(ctx context.Context) error {
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrCorrupt) {
		return &statusError{statusCheck, err}
	}
	if err != nil {
		return err
	}
	defer s.Close()
	problems, err := s.Check(ctx)
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Fprintln(a.stdout, p)
	}
	if len(problems) > 0 {
		return &statusError{statusCheck, fmt.Errorf("the record has %s; keep a copy of the folder before anything else",
			plural(len(problems), "problem"))}
	}
	_, err = fmt.Fprintln(a.stdout, "ok")
	return err
}

func (a *app) dbBackup(ctx context.Context, file string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := os.Lstat(file); err == nil {
		return usage("%s exists already and stays as it is; name another file", file)
	}
	if err := s.Backup(ctx, file); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "wrote %s (%s), checked\n", file, size(file))
	return err
}

func (a *app) dbMigrate(ctx context.Context) error {
	// A record that is not there is not made. Opening to read would refuse the very schema that this is for.
	switch version, _, err := results.SchemaVersions(ctx, a.dir, results.Options{URL: a.store}); {
	case err != nil:
		return err
	case version == 0:
		return notFound("there is no record in %s", a.where())
	}
	s, err := a.openTo(ctx, results.Options{})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "the record has this program's schema")
	return err
}

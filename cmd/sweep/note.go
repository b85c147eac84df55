package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
)

func (a *app) noteCommand() *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use:   "note SWEEP|TRIAL [TEXT]",
		Short: "Note something of a sweep or a trial, or show what was noted",
		Long: "Note adds a line to what was noted, and without a text shows that. What is noted of a trial goes with its training\n" +
			"into every sweep that has it. It stands in ls, show, trials and the views' column notes.",
		Example: examples("sweep note hidden 'for section 4; the rate was too low'", "adds a note",
			"sweep note hidden", "shows the notes", "sweep note hidden:best --remove", "takes them away"),
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if remove && len(args) > 1 {
				return usage("--remove takes all notes away, and no text")
			}
			return a.note(cmd.Context(), args[0], args[1:], remove)
		},
	}
	c.Flags().BoolVar(&remove, "remove", false, "take all notes away")
	a.jsonFlag(c)
	return c
}

func (a *app) tagCommand() *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use:   "tag SWEEP|TRIAL [TAG...]",
		Short: "Tag a sweep or a trial, or show its tags",
		Long: "Tag adds words by which sweeps and trials are found again, and without one shows them. The tags of a trial go with\n" +
			"its training into every sweep that has it.",
		Example: examples("sweep tag hidden:best figure-3 final", "adds two tags", "sweep tag hidden", "shows the tags",
			"sweep tag hidden:best final --remove", "takes one away, without a name all",
			`sweep trials hidden --where "tags LIKE '%\"final\"%'"`, "the trials that have it"),
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.tag(cmd.Context(), args[0], args[1:], remove)
		},
	}
	c.Flags().BoolVar(&remove, "remove", false, "take these tags away, or all")
	a.jsonFlag(c)
	return c
}

// noted finds what a note or tag belongs to: a sweep of that name, else a trial.
func (a *app) noted(ctx context.Context, ref string) (results.Noted, error) {
	s, err := a.open(ctx)
	if err != nil {
		return results.Noted{}, err
	}
	defer s.Close()
	switch _, err := s.Sweep(ctx, ref); {
	case err == nil:
		return results.Noted{Sweep: ref}, nil
	case !errors.Is(err, results.ErrNotFound):
		return results.Noted{}, err
	}
	t, err := s.Trial(ctx, ref)
	if errors.Is(err, results.ErrAmbiguous) {
		return results.Noted{}, &statusError{statusUsage, err}
	}
	if errors.Is(err, results.ErrNotFound) {
		return results.Noted{}, notFound("the record holds neither a sweep nor a trial %q; `sweep ls` lists the sweeps", ref)
	}
	return results.Noted{Trial: t.Trial}, err
}

// change opens the record to write what people add to it. It has been read before: it is there.
func (a *app) change(ctx context.Context, f func(s *results.Store) error) error {
	s, err := a.openTo(ctx, results.Options{})
	if err != nil {
		return err
	}
	err = errors.Join(f(s), s.Close())
	if errors.Is(err, results.ErrNote) {
		return &statusError{statusUsage, err}
	}
	return err
}

func (a *app) note(ctx context.Context, ref string, text []string, remove bool) error {
	if len(text) > 0 {
		if _, err := results.CheckNote(text[0]); err != nil {
			return &statusError{statusUsage, err}
		}
	}
	on, err := a.noted(ctx, ref)
	if err != nil {
		return err
	}
	switch {
	case remove:
		return a.change(ctx, func(s *results.Store) error {
			n, err := s.RemoveNotes(ctx, on)
			if err == nil {
				fmt.Fprintf(a.stderr, "sweep: %s of %s removed\n", plural(int(n), "note"), on)
			}
			return err
		})
	case len(text) > 0:
		return a.change(ctx, func(s *results.Store) error { return s.AddNote(ctx, on, text[0]) })
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	notes, err := s.Notes(ctx, on)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Schema string         `json:"schema"`
			Sweep  string         `json:"sweep,omitempty"`
			Trial  string         `json:"trial,omitempty"`
			Notes  []results.Note `json:"notes"`
		}{"sweep.note/1", on.Sweep, on.Trial, notes})
	}
	for _, n := range notes {
		fmt.Fprintf(a.stdout, "%s  %s\n", visible(day(n.At)), strings.ReplaceAll(visible(n.Text), "\n", "\n                  "))
	}
	return nil
}

func (a *app) tag(ctx context.Context, ref string, tags []string, remove bool) error {
	if !remove {
		if err := results.CheckTags(tags); err != nil {
			return &statusError{statusUsage, err}
		}
	}
	on, err := a.noted(ctx, ref)
	if err != nil {
		return err
	}
	switch {
	case remove:
		return a.change(ctx, func(s *results.Store) error {
			n, err := s.RemoveTags(ctx, on, tags)
			if err == nil && n == 0 {
				return notFound("%s has no such tag", on)
			}
			return err
		})
	case len(tags) > 0:
		return a.change(ctx, func(s *results.Store) error { return s.AddTags(ctx, on, tags) })
	}
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var has results.Tags
	if on.Sweep != "" {
		row, err := s.Sweep(ctx, on.Sweep)
		if err != nil {
			return err
		}
		has = row.Tags
	} else {
		row, err := s.Trial(ctx, on.Trial)
		if err != nil {
			return err
		}
		has = row.Tags
	}
	if a.json {
		return a.printJSON(struct {
			Schema string       `json:"schema"`
			Sweep  string       `json:"sweep,omitempty"`
			Trial  string       `json:"trial,omitempty"`
			Tags   results.Tags `json:"tags"`
		}{"sweep.tag/1", on.Sweep, on.Trial, has})
	}
	for _, t := range has {
		fmt.Fprintln(a.stdout, visible(t))
	}
	return nil
}

// remarks writes tags and the beginning of the notes where one line is all there is.
func remarks(tags results.Tags, notes *string) string {
	var words []string
	for _, t := range tags {
		words = append(words, "#"+t)
	}
	if notes != nil {
		words = append(words, firstLine(*notes))
	}
	return strings.Join(words, " ")
}

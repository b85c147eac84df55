package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sweep/results"
)

// consent are the flags of verbs that remove something.
type consent struct{ yes, dryRun bool }

func (c *consent) add(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&c.dryRun, "dry-run", false, "say what would be removed, and remove nothing")
}

// given asks on a terminal; elsewhere it takes --yes.
func (c consent) given(a *app, question string) error {
	if c.yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usage("%s without a terminal to ask on: --yes removes, --dry-run only says what", question)
	}
	fmt.Fprintf(a.stderr, "%s? [y/N] ", question)
	answer, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return &statusError{statusUsage, errors.New("nothing was removed")}
	}
	return nil
}

func (a *app) rmCommand() *cobra.Command {
	var c consent
	cmd := &cobra.Command{
		Use:   "rm SWEEP|TRIAL...",
		Short: "Remove sweeps or trials from the record, with their files",
		Long: "Rm removes a sweep: its rows, its report, and the curves, models and logs of trainings that no other sweep has. What\n" +
			"others share stays with them, unchanged. A trial that is removed is missing in its sweep: the next run of that\n" +
			"trains it anew. A trial that several sweeps have is named as SWEEP/TRIAL. A sweep that is running is refused.\n" +
			"Killed in between, `sweep gc` removes what is left.",
		Example: examples("sweep rm hidden --dry-run", "what would go", "sweep rm hidden --yes", "without a question",
			"sweep rm 3f9c", "one trial, which the next run trains again"),
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
			return a.completeSweeps(cmd, nil, text)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.rm(cmd.Context(), args, c) },
	}
	c.add(cmd)
	a.jsonFlag(cmd)
	return cmd
}

// removed is a line of `rm --json`.
type removed struct {
	Schema string `json:"schema"`
	results.Removal
	Bytes  int64 `json:"bytes"` // of files
	DryRun bool  `json:"dry_run"`
}

func (a *app) rm(ctx context.Context, refs []string, c consent) error {
	if err := a.onlyRecord(ctx); err != nil {
		return err
	}
	plan, err := a.toRemove(ctx, refs)
	if err != nil {
		return err
	}
	for _, r := range plan {
		held, err := a.held(ctx, r.Sweep)
		if err != nil {
			return err
		}
		if held {
			return errRunning(r.Sweep)
		}
	}
	if c.dryRun {
		for _, r := range plan {
			var bytes int64
			for _, g := range a.filesOf(r) {
				bytes += g.Bytes
			}
			if err := a.printRemoved(removed{"sweep.rm/1", r, bytes, true}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.given(a, "remove "+removals(plan)); err != nil {
		return err
	}
	return a.change(ctx, func(s *results.Store) error {
		for _, r := range plan {
			if err := a.removeOne(ctx, s, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// errRunning refuses to remove what is being trained.
func errRunning(sweep string) error {
	return &statusError{statusRecord, fmt.Errorf("sweep %s is running; `sweep stop %s` ends it first", sweep, sweep)}
}

// removeOne removes rows first and files then: what has no row is garbage, whenever this is broken off.
func (a *app) removeOne(ctx context.Context, s *results.Store, r results.Removal) error {
	locks, err := a.locks()
	if err != nil {
		return err
	}
	lock, err := locks.Lock(ctx, r.Sweep, lockPatience)
	if err != nil {
		return err
	}
	defer lock.Release()
	if a.store != "" { // it may have been queued while it was asked whether to remove it
		queued, err := s.Queued(ctx, r.Sweep)
		if err != nil {
			return err
		}
		running, err := s.InHand(ctx, r.Sweep)
		if err != nil {
			return err
		}
		if queued.In || running > 0 {
			return errRunning(r.Sweep)
		}
	}
	var trials []string
	if !r.Whole {
		trials = r.Trials
	}
	if r, err = s.Remove(ctx, r.Sweep, trials); err != nil {
		return err
	}
	gone, err := a.discard(ctx, s, a.filesOf(r))
	var bytes int64
	for _, g := range gone {
		bytes += g.Bytes
	}
	return errors.Join(err, a.printRemoved(removed{"sweep.rm/1", r, bytes, false}))
}

// toRemove finds what is meant, each once.
func (a *app) toRemove(ctx context.Context, refs []string) ([]results.Removal, error) {
	s, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	uses, err := s.Uses(ctx)
	if err != nil {
		return nil, err
	}
	var order []string
	whole, trials := map[string]bool{}, map[string][]string{}
	for _, ref := range refs {
		sweep, trial := ref, ""
		_, err := s.Sweep(ctx, ref)
		if errors.Is(err, results.ErrNotFound) {
			var on results.Noted
			if on, err = a.noted(ctx, ref); err == nil {
				var t results.Trial
				t, err = s.Trial(ctx, ref)
				sweep, trial = t.Sweep, on.Trial
			}
		}
		if err != nil {
			return nil, err
		}
		if in := uses[trial].Sweeps; len(in) > 1 && !strings.Contains(ref, "/") && !strings.Contains(ref, ":") {
			return nil, usage("trial %s is in sweeps %s; say where it is to be removed: %s/%s", trial, strings.Join(in, ", "), in[0], trial)
		}
		if !slices.Contains(order, sweep) {
			order = append(order, sweep)
		}
		if whole[sweep] = whole[sweep] || trial == ""; trial != "" && !slices.Contains(trials[sweep], trial) {
			trials[sweep] = append(trials[sweep], trial)
		}
	}
	var out []results.Removal
	for _, sweep := range order {
		if whole[sweep] {
			trials[sweep] = nil
		}
		r, err := s.Removal(ctx, sweep, trials[sweep])
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func removals(plan []results.Removal) string {
	var parts []string
	for _, r := range plan {
		if r.Whole {
			parts = append(parts, fmt.Sprintf("sweep %s with %s", r.Sweep, plural(len(r.Trials), "trial")))
		} else {
			parts = append(parts, fmt.Sprintf("%s of sweep %s", plural(len(r.Trials), "trial"), r.Sweep))
		}
	}
	return strings.Join(parts, ", ")
}

// filesOf lists the files that go with a removal: those of trainings that are gone, and the report of a whole sweep.
func (a *app) filesOf(r results.Removal) []garbage {
	c := &collector{dir: a.dir, uses: map[string]results.Use{}, sweeps: map[string]bool{}, busy: map[string]bool{}}
	for _, look := range []func() error{c.checkpoints, c.kin, c.logs, c.reports} {
		_ = look() // what cannot be read is left to gc, which says so
	}
	gone := map[string]bool{}
	for _, t := range r.Gone {
		gone[t] = true
	}
	report := filepath.Join(a.dir, "reports", r.Sweep)
	return slices.DeleteFunc(c.found, func(g garbage) bool {
		return !gone[g.trial] && !(r.Whole && g.trial == "" && filepath.Dir(g.Path) == report)
	})
}

func (a *app) printRemoved(r removed) error {
	if a.json {
		return a.printJSON(r)
	}
	verb := "removed"
	if r.DryRun {
		verb = "would remove"
	}
	kept := ""
	if n := len(r.Trials) - len(r.Gone); n > 0 {
		kept = fmt.Sprintf("; %s of them with other sweeps, too, where they stay", plural(n, "training"))
	}
	_, err := fmt.Fprintf(a.stdout, "%s %s: %s of curves, %s of files%s\n", verb, removals([]results.Removal{r.Removal}),
		plural(int(r.Points), "point"), amount(r.Bytes), kept)
	if err == nil && !r.Whole {
		_, err = fmt.Fprintf(a.stdout, "the next run of %s trains what it lacks anew\n", r.Sweep)
	}
	return err
}

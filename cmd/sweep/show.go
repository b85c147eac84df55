package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
)

func (a *app) showCommand() *cobra.Command {
	var command bool
	c := &cobra.Command{
		Use:   "show SWEEP or TRIAL",
		Short: "Show everything known of a sweep or a trial",
		Example: examples("sweep show hidden", "what was asked, found, and from what it came",
			"sweep show hidden:best", "the winner: parameters, figures, sessions",
			"sweep show hidden --command", "the command that runs it again",
			"sweep show hidden:best --command | sh", "trains this trial alone, from all of its parameters"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.show(cmd.Context(), args[0], command)
		},
	}
	c.Flags().BoolVar(&command, "command", false, "print only the command that runs it again")
	a.jsonFlag(c)
	return c
}

func (a *app) show(ctx context.Context, ref string, command bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	sw, err := s.Sweep(ctx, ref)
	if errors.Is(err, results.ErrNotFound) {
		return a.showTrial(ctx, s, ref, command)
	}
	if err != nil {
		return err
	}
	a.asItStands(ctx, &sw)
	p, err := s.Provenance(ctx, ref)
	if err != nil {
		return err
	}
	if command {
		a.specChanged(ref, p)
		_, err := fmt.Fprintln(a.stdout, a.again(p))
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Sweep
			Provenance results.Provenance `json:"provenance"`
		}{"sweep.show/1", sw, p})
	}
	return a.printSweep(ctx, s, sw, p)
}

func (a *app) printSweep(ctx context.Context, s *results.Store, sw results.Sweep, p results.Provenance) error {
	answer, err := s.Answer(ctx, sw.Sweep, "")
	if err != nil {
		return err
	}
	if p.Description != "" {
		fmt.Fprintf(a.stdout, "%s\n\n", visible(p.Description))
	}
	fmt.Fprintf(a.stdout, "%s\n\n", visible(answer.Sentence))
	if err := a.printRanking(ctx, s, sw.Sweep, ""); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	trials, err := s.Trials(ctx, sw.Sweep)
	if err != nil {
		return err
	}
	kv := append(remarkPairs(sw.Tags, sw.Notes),
		"state", sw.State,
		"trials", fmt.Sprintf("%d, of which %d complete and %d failed", sw.Trials, sw.Complete, sw.Failed),
		"method", sw.Method,
		"metric", sw.Metric+", to "+sw.Goal,
		"time", seconds(sw.Seconds),
		"created", sw.CreatedAt,
		"seeds", strings.Join(seedsOf(trials), ", "))
	return pairs(a.stdout, append(append(kv, a.origin(p)...), "again", a.again(p))...)
}

// origin are the lines on where figures came from, as of the sweep's last edit.
func (a *app) origin(p results.Provenance) []string {
	if p.Imported() {
		kv := []string{}
		for _, name := range slices.Sorted(maps.Keys(p.Extra)) {
			kv = append(kv, strings.ReplaceAll(name, "_", " "), p.Extra[name])
		}
		return append(kv, "imported", p.At, "by", "sweep "+p.Program)
	}
	kv := []string{
		"text", fmt.Sprintf("%s, split %.12s, vocabulary %.12s", p.Corpus, p.Split, p.Vocabulary),
		"trainer", fmt.Sprintf("%s, numeric version %s, kernel %s", p.Trainer, p.TrainerVersion, p.Kernel),
		"program", fmt.Sprintf("%s, %s, %s/%s", strings.TrimSpace("sweep "+p.Program+" "+p.VCS), p.Go, p.OS, p.Arch),
		"machine", fmt.Sprintf("%s, %d cores", orDash(p.CPU), p.Cores),
		"spec", fmt.Sprintf("%s, %.12s, seed %d", p.SpecFile, p.SpecHash, p.SpecSeed),
	}
	if p.Split == "" { // a program's texts are its own
		kv = kv[2:]
	}
	if p.Dir != "" {
		kv = append(kv, "run in", p.Dir)
	}
	if p.Project != "" {
		state := "nothing uncommitted"
		if p.ProjectDiff != "" {
			state = fmt.Sprintf("with changes %.12s", p.ProjectDiff)
		}
		if p.Untracked > 0 {
			state += ", " + plural(p.Untracked, "untracked file")
		}
		kv = append(kv, "project", fmt.Sprintf("revision %s, %s", p.Project, state))
	}
	return kv
}

// seedsOf lists the seeds of replicates that are in the plan, by replicate.
func seedsOf(trials []results.Trial) []string {
	byReplicate := map[int]uint64{}
	for _, t := range trials {
		if !t.Retired {
			byReplicate[t.Replicate] = t.Seed
		}
	}
	var out []string
	for _, r := range slices.Sorted(maps.Keys(byReplicate)) {
		out = append(out, fmt.Sprint(byReplicate[r]))
	}
	return out
}

// remarkPairs are the lines on tags and notes, if there are any.
func remarkPairs(tags results.Tags, notes *string) (kv []string) {
	if len(tags) > 0 {
		kv = append(kv, "tags", strings.Join(tags, ", "))
	}
	if notes != nil {
		for i, line := range strings.Split(*notes, "\n") {
			kv = append(kv, map[bool]string{true: "notes"}[i == 0], line)
		}
	}
	return kv
}

func (a *app) showTrial(ctx context.Context, s *results.Store, ref string, command bool) error {
	t, err := s.Trial(ctx, ref)
	if errors.Is(err, results.ErrAmbiguous) {
		return &statusError{statusUsage, err}
	}
	if errors.Is(err, results.ErrNotFound) {
		return notFound("the record holds neither a sweep nor a trial %q; `sweep ls` lists the sweeps", ref)
	}
	if err != nil {
		return err
	}
	p, err := s.Provenance(ctx, t.Sweep)
	if err != nil {
		return err
	}
	if command && p.Imported() {
		_, err := fmt.Fprintln(a.stdout, a.again(p))
		return err
	}
	if command {
		line, err := a.trialAgain(ctx, s, t, p)
		if err == nil {
			_, err = fmt.Fprintln(a.stdout, line)
		}
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Trial
			Resolved   sweeps.Values      `json:"resolved,omitempty"` // with the defaults of what was not given
			Provenance results.Provenance `json:"provenance"`
		}{"sweep.show/1", t, resolvedParams(t, p), p})
	}
	return a.printTrial(ctx, s, t, p)
}

// resolvedParams completes a trial's parameters with defaults. Those of another numeric version may be others; then it is nil.
func resolvedParams(t results.Trial, p results.Provenance) sweeps.Values {
	var params sweeps.Values
	if p.Trainer != nplm.Name || p.TrainerVersion != trainer.Version || params.UnmarshalJSON(t.Params) != nil {
		return nil
	}
	all, err := nplm.Resolved(params)
	if err != nil {
		return nil
	}
	return all
}

func (a *app) printTrial(ctx context.Context, s *results.Store, t results.Trial, p results.Provenance) error {
	kv := []string{"trial", t.Trial, "sweep", t.Sweep, "configuration", t.Configuration,
		"replicate", fmt.Sprintf("%d, seed %d", t.Replicate, t.Seed), "state", t.State}
	kv = append(kv, remarkPairs(t.Tags, t.Notes)...)
	if t.Error != nil {
		kv = append(kv, "error", firstLine(*t.Error))
	}
	given := paramNames(t.Params)
	for _, name := range given {
		kv = append(kv, name, param(t.Params, name))
	}
	var defaults []string
	for _, v := range resolvedParams(t, p) {
		if !slices.Contains(given, v.Name) {
			defaults = append(defaults, v.Name+" "+v.Value.String())
		}
	}
	if len(defaults) > 0 {
		kv = append(kv, "by default", strings.Join(defaults, ", "))
	}
	kv = append(kv, "parameters", grouped(t.Parameters))
	for _, m := range []struct {
		name  string
		value *float64
	}{
		{"val perplexity", t.ValPerplexity}, {"val loss (nats)", t.ValLoss}, {"val accuracy", t.ValAccuracy}, {"val top 5", t.ValTop5},
		{"val <unk> share", t.ValUnkShare}, {"test perplexity", t.TestPerplexity}, {"test accuracy", t.TestAccuracy},
		{"train loss (nats)", t.TrainLoss}, {"value", t.Value},
	} {
		if m.value != nil {
			kv = append(kv, m.name, number(m.value))
		}
	}
	covered, err := coverage(ctx, s, t)
	if err != nil {
		return err
	}
	if covered != "" {
		kv = append(kv, "init_vectors cover", covered)
	}
	kv = append(kv, "again", "`sweep show "+t.Trial+" --command` prints it", "steps", grouped(t.Steps), "examples", grouped(t.Examples), "time", seconds(t.Seconds))
	if f := a.modelFile(ctx, t.Trial); exists(f) {
		kv = append(kv, "model", f)
	}
	if err := pairs(a.stdout, append(kv, a.origin(p)...)...); err != nil {
		return err
	}
	sessions, err := s.Sessions(ctx, t.Sweep)
	if err != nil {
		return err
	}
	sessions = slices.DeleteFunc(sessions, func(r results.Session) bool { return r.Trial != t.Trial })
	if len(sessions) < 2 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	tab := table{header: []string{">session", ">from step", ">to step", ">time", "ended", "started"}}
	for _, r := range sessions {
		tab.row(fmt.Sprint(r.Attempt), step(r.StartStep), step(r.EndStep), seconds(r.Seconds), r.Outcome, day(r.StartedAt))
	}
	return tab.write(a.stdout)
}

func step(n *int64) string {
	if n == nil {
		return "-"
	}
	return grouped(*n)
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner/nplm"
)

func (a *app) showCommand() *cobra.Command {
	var command bool
	c := &cobra.Command{
		Use:   "show SWEEP or TRIAL",
		Short: "Show everything known of a sweep or a trial",
		Example: examples("sweep show hidden", "what was asked, found, and from what it came",
			"sweep show hidden:best", "the winner: parameters, figures, sessions",
			"sweep show hidden --command", "the command that runs it again"),
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
	a.notDead(&sw)
	p, err := s.Provenance(ctx, ref)
	if err != nil {
		return err
	}
	if command {
		_, err := fmt.Fprintln(a.stdout, a.again(p, nil))
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
		fmt.Fprintf(a.stdout, "%s\n\n", p.Description)
	}
	fmt.Fprintf(a.stdout, "%s\n\n", answer.Sentence)
	if err := a.printRanking(ctx, s, sw.Sweep, ""); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	return pairs(a.stdout, append(remarkPairs(sw.Tags, sw.Notes),
		"state", sw.State,
		"trials", fmt.Sprintf("%d, of which %d complete and %d failed", sw.Trials, sw.Complete, sw.Failed),
		"method", sw.Method,
		"metric", sw.Metric+", to "+sw.Goal,
		"time", seconds(sw.Seconds),
		"created", sw.CreatedAt,
		"text", fmt.Sprintf("%s, split %.12s, vocabulary %.12s", p.Corpus, p.Split, p.Vocabulary),
		"trainer", fmt.Sprintf("%s, numeric version %s, kernel %s", p.Trainer, p.TrainerVersion, p.Kernel),
		"program", strings.TrimSpace(fmt.Sprintf("sweep %s %s, %s, %s/%s", p.Program, p.VCS, p.Go, p.OS, p.Arch)),
		"machine", fmt.Sprintf("%s, %d cores", orDash(p.CPU), p.Cores),
		"spec", fmt.Sprintf("%s, %.12s, seed %d", p.SpecFile, p.SpecHash, p.SpecSeed),
		"again", a.again(p, nil))...)
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

// again is the command that trains a sweep, or one configuration of it, once more.
func (a *app) again(p results.Provenance, only []string) string {
	words := []string{"sweep", "run", shellQuote(p.SpecFile)}
	for set := range strings.Lines(p.Extra["set"]) {
		words = append(words, "--set", shellQuote(strings.TrimSuffix(set, "\n")))
	}
	for _, o := range only {
		words = append(words, "--only", shellQuote(o))
	}
	if a.dir != "runs" {
		words = append(words, "--dir", shellQuote(a.dir))
	}
	return strings.Join(words, " ")
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
	if command {
		var only []string
		for _, name := range p.Swept {
			only = append(only, name+"="+param(t.Params, name))
		}
		_, err := fmt.Fprintln(a.stdout, a.again(p, only))
		return err
	}
	if a.json {
		return a.printJSON(struct {
			Schema string `json:"schema"`
			results.Trial
			Provenance results.Provenance `json:"provenance"`
		}{"sweep.show/1", t, p})
	}
	return a.printTrial(ctx, s, t)
}

func (a *app) printTrial(ctx context.Context, s *results.Store, t results.Trial) error {
	kv := []string{"trial", t.Trial, "sweep", t.Sweep, "configuration", t.Configuration,
		"replicate", fmt.Sprintf("%d, seed %d", t.Replicate, t.Seed), "state", t.State}
	kv = append(kv, remarkPairs(t.Tags, t.Notes)...)
	if t.Error != nil {
		kv = append(kv, "error", firstLine(*t.Error))
	}
	for _, name := range paramNames(t.Params) {
		kv = append(kv, name, param(t.Params, name))
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
	kv = append(kv, "steps", grouped(t.Steps), "examples", grouped(t.Examples), "time", seconds(t.Seconds))
	if f := nplm.ModelFile(a.dir, t.Trial); exists(f) {
		kv = append(kv, "model", f)
	}
	if err := pairs(a.stdout, kv...); err != nil {
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

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// runFlags are what run takes beside the spec.
type runFlags struct {
	specFlags
	workers int
	dryRun  bool
	smoke   bool
	replace bool
	order   string
	every   time.Duration
	// With a store:
	detach      bool // leave the trials to workers
	coordinates bool // and see the sweep through without training
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run SPEC",
		Short: "Train what is missing, then report",
		Long: "Run plans a spec, trains what the record does not hold yet, and ends with a table, the answer and the\n" +
			"paths of the pictures. Running it again resumes: finished trials are kept, interrupted ones go on from\n" +
			"their checkpoints. Ctrl-C once saves and stops; twice stops at once. SPEC is a file, or - for standard input.",
		Example: examples(
			"sweep run sweeps/hidden.yaml", "the main job",
			"sweep run sweeps/hidden.yaml --set replicates=5", "an edit: trains the two that are missing",
			"sweep run my.yaml --dry-run", "what would be trained",
			"sweep run my.yaml --smoke", "a hundredth of each configuration, nothing recorded",
		),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.whoTrains(cmd, &f); err != nil {
				return err
			}
			return a.runSpec(cmd.Context(), args[0], f)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show the plan and stop")
	c.Flags().BoolVar(&f.smoke, "smoke", false, "try every configuration for 1 % of its steps; record nothing")
	c.Flags().BoolVar(&f.replace, "replace", false, "let the spec take over a name whose finished trials it would all retire")
	c.Flags().BoolVar(&f.retrain, "retrain", false, "train anew what an older numeric version has trained, in place of keeping it")
	c.Flags().StringVar(&f.order, "order", "logical", "how results of a search are taken: on its logical clock, the same for any number of workers, or as they come (wallclock)")
	a.runAgainFlags(c, &f)
	return c
}

// runAgainFlags are those of run that change no result, which the verbs that run a recorded spec have, too.
func (a *app) runAgainFlags(c *cobra.Command, f *runFlags) {
	c.Flags().IntVarP(&f.workers, "workers", "w", 0, "trainings at a time (default: the spec's workers, else the cores); with --store 0 trains nothing here and sees the sweep through")
	c.Flags().DurationVar(&f.every, "checkpoint-every", 30*time.Second, "how often a training saves where it is; changes no result")
	c.Flags().BoolVar(&f.detach, "detach", false, "with --store: put the trials into the queue for workers, and leave")
	c.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress, only the result")
	a.jsonFlag(c)
}

// whoTrains settles whether trials are trained here, and refuses what takes a store without one.
func (a *app) whoTrains(cmd *cobra.Command, f *runFlags) error {
	f.coordinates = a.store != "" && cmd.Flags().Changed("workers") && f.workers == 0
	if f.detach && a.store == "" {
		return usage("--detach leaves the trials to `sweep worker`, which takes a store: name it with --store postgres://USER@HOST/DATABASE, or SWEEP_STORE")
	}
	if f.detach && len(f.only) > 0 {
		return usage("--detach leaves a whole sweep to its workers, and nobody is there to end a part of it; leave out --detach, or --only")
	}
	if f.detach && f.workers > 0 {
		fmt.Fprintf(a.stderr, "sweep: note: with --detach nothing is trained here, and --workers %d changes nothing\n", f.workers)
	}
	if (f.detach || f.coordinates) && f.order == "wallclock" {
		return usage("--order wallclock takes results as they come on one machine, which trains them all; leave out --detach and --workers 0, or the order")
	}
	return nil
}

func (a *app) runSpec(ctx context.Context, file string, f runFlags) error {
	if f.workers < 0 {
		return usage("--workers %d: at least 1, or 0 for the number of cores", f.workers)
	}
	if f.order != "logical" && f.order != "wallclock" {
		return usage("--order %s: logical or wallclock", f.order)
	}
	if file == standardInput && f.source == nil { // which can be read once
		var err error
		if f.source, err = readSpec(file); err != nil {
			return err
		}
	}
	p, err := a.makePlan(ctx, file, f.specFlags)
	if err != nil {
		return err
	}
	if !f.dryRun && !f.smoke {
		if err := a.bringUpToDate(ctx); err != nil {
			return err
		}
	}
	if err := a.recall(ctx, p); err != nil {
		return err
	}
	p.trainer.Every = f.every
	spec := p.whole.Spec
	switch {
	case f.dryRun:
		return a.printPlan(ctx, p)
	case f.smoke && p.program != nil:
		return usage("--smoke: only the built-in trainer knows how long a hundredth of a training is; give the program fewer steps with --set")
	case f.detach && spec.Budget.Time > 0:
		return usage("%s: budget.time is kept by the run that sees the sweep through; leave out --detach, or the budget", spec.File)
	case f.smoke:
		return a.smoke(ctx, p.chosen, workers(f.workers, spec))
	}
	if err := a.refuseReplacing(ctx, p.whole, f.replace || f.retrain); err != nil {
		return err
	}
	if a.store != "" { // the locks lie in the record
		if _, _, err := results.Migrate(ctx, a.dir, results.Options{URL: a.store}); err != nil {
			return err
		}
	}
	locks, err := a.locks()
	if err != nil {
		return err
	}
	lock, err := locks.Lock(ctx, spec.Name, lockPatience)
	if err != nil {
		return err
	}
	defer lock.Release()
	store, err := a.openTo(ctx, results.Options{Durability: spec.Durability})
	if err != nil {
		return err
	}
	defer store.Close()
	if a.store != "" {
		if err := a.noteStore(ctx, store); err != nil {
			return err
		}
	}
	if spec.Decides() { // once more: another process may have worked on it meanwhile
		if p, err = a.makePlan(ctx, file, f.specFlags); err != nil {
			return err
		}
		p.trainer.Every = f.every
		if err := store.Release(ctx, spec.Name); err != nil {
			return err
		}
		if err := p.recall(ctx, store); err != nil {
			return err
		}
		schedule, err := p.whole.Schedule()
		if err != nil {
			return err
		}
		schedule.WallClock = f.order == "wallclock"
	}
	return a.execute(ctx, p, store, locks, lock, f)
}

// bringUpToDate gives a record of an older schema this program's, which reading needs, too; a copy stays beside it.
func (a *app) bringUpToDate(ctx context.Context) error {
	switch record, program, err := results.SchemaVersions(ctx, a.dir, results.Options{URL: a.store}); {
	case err != nil:
		return err
	case record == 0 || record >= program:
		return nil
	}
	_, _, err := results.Migrate(ctx, a.dir, results.Options{URL: a.store})
	return err
}

// execute runs a plan under the sweep's lock, and reports.
func (a *app) execute(ctx context.Context, p planned, store *results.Store, locks sweeps.Locks, lock sweeps.Lock, f runFlags) error {
	spec := p.whole.Spec
	name := spec.Name
	queued := a.store != "" && f.order != "wallclock"
	shelf, closeShelf, err := a.openShelfToKeep(ctx, store)
	if err != nil {
		return err
	}
	defer closeShelf()
	var s *shared
	if queued {
		if s, err = a.share(ctx, store, shelf); err != nil {
			return err
		}
		defer s.queue.Close()
		if _, err := store.Reap(ctx, 0); err != nil { // workers that were killed here
			return err
		}
	}
	if err := refuseShared(ctx, store, p.whole, queued); err != nil {
		return err
	}
	// Rows that say running belong to a process that died: this one holds the lock.
	if err := store.Release(ctx, name); err != nil {
		return err
	}
	from := provenance(p.whole, f.set)
	if queued && f.retrain { // workers plan it again
		if from.Extra == nil {
			from.Extra = map[string]string{}
		}
		from.Extra["retrain"] = "yes"
	}
	diff, err := store.PutPlan(ctx, p.whole, from)
	if err != nil {
		return err
	}
	before, err := store.Sweep(ctx, name)
	if err != nil {
		return err
	}
	n := workers(f.workers, spec)
	here := plural(n, "worker")
	switch {
	case f.detach:
		here = "none trained here"
	case f.coordinates:
		here = "trained by the store's workers"
	}
	a.announce(p.whole, diff, here)
	show := a.newDisplay(p.chosen, store)
	r := &runner.Runner{
		Trainer: p.runsWith(shelf, f), Recorder: store, Workers: n, Budget: spec.Budget, Lock: lock,
		Locks: locks, Abort: func() { os.Exit(interrupted{syscall.SIGTERM}.status()) }, Spent: time.Duration(before.Seconds * float64(time.Second)), Events: show.handle,
	}
	if queued {
		s.join(r, name, f)
		if f.detach {
			return a.detach(ctx, store, r, p.chosen, show)
		}
	} else if err := store.Dequeue(ctx, name, "", false); err != nil {
		return err
	}
	start := time.Now()
	var counting errgroup.Group // beside the trainings, the last of which leave cores idle
	if p.program == nil {
		planned := countingsOf(p.whole)
		counting.Go(func() error { return a.putBaselines(ctx, store, p.trainer, planned) })
	}
	sum, err := r.Run(ctx, p.chosen)
	countErr := counting.Wait()
	if p.program == nil && err == nil && countErr == nil {
		countErr = a.putBaselines(ctx, store, p.trainer, countingsOf(p.whole)) // of what a search has come to
	}
	show.close()
	state := "complete"
	var schedule *sweeps.Schedule // of a plan that results decide
	if spec.Decides() && err == nil {
		a.warn(p.whole.Warnings) // what has come out since it was planned
		if schedule, err = p.whole.Schedule(); err == nil && schedule.Over() {
			err = store.RetireRest(ctx, p.whole)
		}
	}
	switch {
	case err != nil, sum.Trials < len(p.whole.Trials()) && !done(ctx, store, name):
		state = "interrupted" // also where --only left trials out
	case sum.Failed > 0:
		state = "failed"
	}
	if !errors.As(err, new(*sweeps.LockedError)) { // else how it ends is for the process to say that has its lock now
		if endErr := store.EndSweep(context.WithoutCancel(ctx), name, state, time.Since(start).Seconds()); !ofRecord(err) {
			err = errors.Join(err, endErr)
		}
	}
	if err != nil {
		if saved(ctx, err) && !a.quiet {
			fmt.Fprintf(a.stderr, "sweep: %s saved; the same command goes on from there\n", name)
		}
		return err
	}
	if countErr != nil {
		return countErr
	}
	concluded, err := a.conclude(ctx, store, p.trainer, name) // draws from the models, some of which go next
	if err != nil {
		return err
	}
	if err := a.keepReport(ctx, store, name); err != nil {
		return &statusError{statusTrialFailed, fmt.Errorf("the report is drawn, but not in the store of files: %w", err)}
	}
	if err := a.dropModels(ctx, store, spec); err != nil {
		return err
	}
	if a.json {
		if err := a.printSweepEvent(ctx, store, name, state, concluded); err != nil {
			return err
		}
	}
	if schedule != nil {
		a.sayHowItEnded(schedule, spec, sum)
	}
	if queued && p.chosen.Part() {
		if q, err := store.Queued(ctx, name); err == nil && q.In {
			fmt.Fprintf(a.stderr, "sweep: %s stays in the queue, where it was before; `sweep stop %s` takes it out\n", name, name)
		}
	}
	if sum.Left > 0 {
		fmt.Fprintf(a.stderr, "sweep: the budget's time is used up; %s left out\n", plural(sum.Left, "trial"))
	}
	if sum.Failed > 0 {
		return &statusError{statusTrialFailed, fmt.Errorf("%s failed; `sweep trials %s` says why, and the next run tries again",
			plural(sum.Failed, "trial"), name)}
	}
	return nil
}

// saved reports whether a run that ends with an error was asked to, and what it has come to is in the record.
func saved(ctx context.Context, err error) bool {
	return (errors.As(context.Cause(ctx), new(interrupted)) || errors.Is(err, runner.ErrAskedToStop)) && !ofRecord(err)
}

// detach leaves a plan to the workers of a queue.
func (a *app) detach(ctx context.Context, store *results.Store, r *runner.Runner, p *sweeps.Plan, show *display) error {
	show.close()
	over, err := r.Enqueue(ctx, p)
	if err != nil {
		return err
	}
	if over {
		state, err := endedAs(ctx, store, p.Spec.Name)
		if err == nil {
			err = store.EndSweep(ctx, p.Spec.Name, state, 0)
		}
		if err != nil || a.quiet || a.json {
			return err
		}
		_, err = fmt.Fprintf(a.stdout, "%s is %s: nothing is left to train\n", p.Spec.Name, state)
		return err
	}
	if a.quiet || a.json {
		return nil
	}
	_, err = fmt.Fprintf(a.stdout, "%s is in the queue of %s; `sweep worker` trains it on any machine, `sweep watch %s` shows how far it is, and the same run reports\n",
		p.Spec.Name, a.where(), p.Spec.Name)
	return err
}

// sayHowItEnded says what a plan that results decide has left undone.
func (a *app) sayHowItEnded(s *sweeps.Schedule, spec *sweeps.Spec, sum runner.Summary) {
	if s.Reached() {
		left := ""
		if sum.Waiting > 0 {
			left = fmt.Sprintf("; %s left out", plural(sum.Waiting, "trial"))
		}
		fmt.Fprintf(a.stderr, "sweep: the target is reached: %s %v or better%s\n", spec.Metric.Name, *spec.Metric.Target, left)
	}
	if n := s.Cut(); n > 0 {
		fmt.Fprintf(a.stderr, "sweep: the budget has ended the race with %s in it, for which another replicate each was too many; raise budget.trials above %d to go on\n",
			plural(n, "configuration"), spec.Budget.Trials)
	}
}

// endedAs is the state of a sweep of which nothing is left to do.
func endedAs(ctx context.Context, s *results.Store, sweep string) (string, error) {
	row, err := s.Sweep(ctx, sweep)
	if err == nil && row.Failed > 0 {
		return "failed", nil
	}
	return "complete", err
}

// done reports whether every trial of a sweep has ended.
func done(ctx context.Context, s *results.Store, sweep string) bool {
	trials, err := s.Trials(context.WithoutCancel(ctx), sweep)
	return err == nil && !slices.ContainsFunc(trials, func(t results.Trial) bool {
		return !bool(t.Retired) && !sweeps.State(t.State).Finished()
	})
}

func workers(flag int, s *sweeps.Spec) int {
	switch {
	case flag > 0:
		return flag
	case s.Workers > 0:
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// refuseReplacing guards finished work: a spec that keeps nothing of its name's finished trials is another sweep.
func (a *app) refuseReplacing(ctx context.Context, plan *sweeps.Plan, replace bool) error {
	if replace {
		return nil
	}
	d, err := a.diff(ctx, plan)
	if err != nil {
		return err
	}
	if d.Kept == 0 && d.Finished > 0 {
		return usage("%s: the record holds a sweep %q with %s, none of which this spec keeps%s; give it another name, "+
			"or --replace to retire them", plan.Spec.File, plan.Spec.Name, plural(d.Finished, "finished trial"), a.otherVersion(ctx, plan))
	}
	return nil
}

// otherVersion says so when the sweep in the record was trained by another numeric version: the spec may be the same.
func (a *app) otherVersion(ctx context.Context, plan *sweeps.Plan) string {
	s, err := a.open(ctx)
	if err != nil {
		return ""
	}
	defer s.Close()
	p, err := s.Provenance(ctx, plan.Spec.Name)
	if err != nil || p.Trainer != plan.Trainer || p.TrainerVersion == plan.Version {
		return ""
	}
	return fmt.Sprintf(" (they were trained by numeric version %s, and this program is %s, which gives other bits)", p.TrainerVersion, plan.Version)
}

// changes says what of a plan is new to the record. Linked trials have been trained in another sweep; undecided ones are in
// the record, and results will say whether they are in the plan.
func changes(d results.Diff) string {
	s := fmt.Sprintf("%d new, %d kept, %d retired", d.New, d.Kept, d.Retired)
	if d.Linked > 0 {
		s += fmt.Sprintf(", %d linked", d.Linked)
	}
	if d.Undecided > 0 {
		s += fmt.Sprintf(", %d undecided", d.Undecided)
	}
	return s
}

// moreTrials says what results may add to a plan, if anything: a search begins with a few of its configurations.
func moreTrials(plan *sweeps.Plan) string {
	if n := plan.Expected(); n > len(plan.Trials()) {
		return fmt.Sprintf(" to begin with, up to %s", grouped(int64(n)))
	}
	return ""
}

// announce says what is going to happen.
func (a *app) announce(plan *sweeps.Plan, d results.Diff, workers string) {
	if a.quiet || a.json {
		return
	}
	s := plan.Spec
	if s.Description != "" {
		fmt.Fprintf(a.stderr, "%s\n", s.Description)
	}
	trials := plan.Trials()
	fmt.Fprintf(a.stderr, "%s: %s", s.Name, plural(len(plan.Configurations), "configuration"))
	if swept := plan.Swept(); len(swept) > 0 {
		fmt.Fprintf(a.stderr, " of %s", strings.Join(swept, ", "))
	}
	fmt.Fprintf(a.stderr, " x %s = %s%s; %s; %s\n", plural(s.Replicates.N, "replicate"), plural(len(trials), "trial"), moreTrials(plan),
		changes(d), workers)
	if len(trials) > 0 {
		what := "text: " + trials[0].Data.Corpus
		if s.External() {
			what = "program: " + cmp.Or(s.Program, strings.Join(s.Command, " "))
		}
		fmt.Fprintf(a.stderr, "%s; judged by %s, to %s\n", what, s.Metric.Name, s.Metric.Goal())
	}
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sweep/artifacts"
	"sweep/reports"
	"sweep/results"
	"sweep/runner"
	"sweep/runner/handover"
	"sweep/runner/nplm"
	programs "sweep/runner/program"
	"sweep/sweeps"
	"sweep/trainer"
)

// openShelf opens the store of files that --artifacts names, for a record; without the flag it is nil. Close what it returns.
func (a *app) openShelf(ctx context.Context, s *results.Store) (*handover.Shelf, func(), error) {
	if a.artifacts == "" {
		return nil, func() {}, nil
	}
	b, err := artifacts.Open(ctx, a.artifacts)
	if err != nil {
		return nil, nil, err
	}
	return &handover.Shelf{Bucket: b, Record: s, Dir: a.dir, Say: a.sayOfFiles}, func() { b.Close() }, nil
}

// openShelfToKeep is openShelf where files are to be put into the store: that nobody may write there is an error at once, not after hours.
func (a *app) openShelfToKeep(ctx context.Context, s *results.Store) (*handover.Shelf, func(), error) {
	shelf, done, err := a.openShelf(ctx, s)
	if err != nil || shelf == nil {
		return shelf, done, err
	}
	if err := shelf.Claim(ctx); err != nil {
		done()
		return nil, nil, fmt.Errorf("%w: %w", handover.ErrFiles, err)
	}
	return shelf, done, nil
}

func (a *app) sayOfFiles(trial string, err error) {
	fmt.Fprintf(a.notices, "sweep: files of trial %s: %v\n", trial, err)
}

// mostWait is how long a checkpoint waits at most until it is put into the store of files.
const mostWait = 5 * time.Second

// runsWith is what trains the trials, and hands their files over where there is a shelf for them.
func (p planned) runsWith(s *handover.Shelf, f runFlags) runner.Trainer {
	return p.handedOver(p.runs(), s, f)
}

// shared is what trains the trials of a queue, of whatever sweep. A worker finds out by the others whether failures are the machine's, so that it needs no guard.
func (p planned) shared(s *handover.Shelf, f runFlags) runner.Trainer {
	if p.program != nil {
		return p.handedOver(p.program.Trainer, s, f)
	}
	return p.handedOver(p.trainer, s, f)
}

func (p planned) handedOver(tr runner.Trainer, s *handover.Shelf, f runFlags) runner.Trainer {
	if s == nil {
		return tr
	}
	t := &handover.Trainer{Trainer: tr, Shelf: s, Every: min(f.every, mostWait)}
	if p.program == nil { // which writes every file beside its place and renames it
		t.Whole = func(name string) bool { return trainer.Belongs(name) && !strings.HasPrefix(name, ".") }
	}
	return t
}

// modelDir is where the files of a trained model lie. Those that lie only in the store of files are fetched.
func (a *app) modelDir(ctx context.Context, trial string) string {
	if a.artifacts != "" && !exists(nplm.ModelFile(a.dir, trial)) {
		a.fetchQuietly(ctx, trial)
	}
	return nplm.ModelDir(a.dir, trial)
}

// modelFile is where a trial's final weights lie, as modelDir.
func (a *app) modelFile(ctx context.Context, trial string) string {
	a.modelDir(ctx, trial)
	return nplm.ModelFile(a.dir, trial)
}

// logFile is where the log of a trial's program lies. Of one that has ended it is fetched if another machine has written it.
func (a *app) logFile(ctx context.Context, t results.Trial) string {
	if a.artifacts != "" && sweeps.State(t.State).Finished() {
		a.fetchQuietly(ctx, t.Trial)
	}
	return programs.LogFile(a.dir, t.Trial)
}

// fetchQuietly fetches what is not here of a trial's files, once in a process, and says so if it cannot. One that is being trained is left
// alone: that may be here.
func (a *app) fetchQuietly(ctx context.Context, trial string) {
	if _, done := a.fetched[trial]; done {
		return
	}
	if a.fetched == nil {
		a.fetched = map[string]error{}
	}
	err := a.withShelf(ctx, func(store *results.Store, s *handover.Shelf) error {
		s.Say = func(trial string, err error) {
			a.fetched[trial] = err
			a.sayOfFiles(trial, err)
		}
		if busy, err := trainedNow(ctx, store, trial); busy || err != nil {
			return err
		}
		_, err := s.Bring(ctx, trial)
		return err
	})
	if err != nil {
		a.sayOfFiles(trial, err)
	}
	a.fetched[trial] = cmp.Or(err, a.fetched[trial])
}

// trainedNow reports whether some process trains a trial, in any sweep.
func trainedNow(ctx context.Context, s *results.Store, trial string) (bool, error) {
	rows, err := s.Query(ctx, "SELECT count(*) FROM v_trials WHERE state = 'running' AND trial = '"+strings.ReplaceAll(trial, "'", "''")+"'")
	return err == nil && len(rows.Rows) > 0 && fmt.Sprint(rows.Rows[0][0]) != "0", err
}

func (a *app) withShelf(ctx context.Context, act func(*results.Store, *handover.Shelf) error) error {
	store, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	shelf, done, err := a.openShelf(ctx, store)
	if err != nil {
		return err
	}
	defer done()
	return act(store, shelf)
}

// keepReport puts what a report consists of into the store of files.
func (a *app) keepReport(ctx context.Context, store *results.Store, sweep string) error {
	if a.artifacts == "" {
		return nil
	}
	files, err := reports.Files(filepath.Join(a.dir, "reports", sweep), sweep)
	if err != nil || len(files) == 0 {
		return err
	}
	return a.withObjects(ctx, store, func(b *artifacts.Bucket, owner string) error {
		place := fmt.Sprintf("%s/reports/%s/%d", owner, sweep, time.Now().UnixMilli())
		var kept []sweeps.Artifact
		for _, f := range files {
			o, err := b.Put(ctx, place, f)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(a.dir, f)
			if err != nil {
				return err
			}
			kept = append(kept, sweeps.Artifact{Name: filepath.ToSlash(name), Object: o.Key, SHA256: o.SHA256, Bytes: o.Bytes})
		}
		dropped, err := store.KeepReport(ctx, sweep, kept)
		if err != nil {
			return err
		}
		return b.RemoveOwn(ctx, owner, dropped)
	})
}

// withObjects calls act with the store of files and what the names of the record's objects begin with.
func (a *app) withObjects(ctx context.Context, store *results.Store, act func(b *artifacts.Bucket, owner string) error) error {
	shelf, done, err := a.openShelf(ctx, store)
	if err != nil {
		return err
	}
	defer done()
	owner, err := store.Identity(ctx)
	if err != nil {
		return err
	}
	return act(shelf.Bucket, owner)
}

// dropFiles takes the files of trials out of the record, and their objects away.
func (a *app) dropFiles(ctx context.Context, store *results.Store, trials []string) error {
	dropped, err := store.DropFiles(ctx, trials)
	if err != nil || len(dropped) == 0 || a.artifacts == "" { // then gc finds them
		return err
	}
	return a.withObjects(ctx, store, func(b *artifacts.Bucket, owner string) error { return b.RemoveOwn(ctx, owner, dropped) })
}

func (a *app) fetchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "fetch SWEEP",
		Short: "Bring a sweep's models, logs and report here from the store of files",
		Long: "Fetch brings what runs and workers have put into the store of files (--artifacts) to the record's folder on this\n" +
			"machine: models or newest checkpoints of all trials, logs of programs, the report. What is here already and as\n" +
			"new is left as it is. `predict`, `report` and the other verbs fetch by themselves what they need.",
		Example: examples("sweep fetch hidden --artifacts file:///shared/artifacts", "all of it"),
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.artifacts == "" {
				return usage("fetch brings files from a store of files: name it with --artifacts, such as file:///shared/artifacts, or SWEEP_ARTIFACTS")
			}
			return a.withShelf(cmd.Context(), func(store *results.Store, s *handover.Shelf) error {
				return a.fetchSweep(cmd.Context(), store, s, args[0])
			})
		},
	}
	c.Flags().BoolVarP(&a.quiet, "quiet", "q", false, "only say what cannot be fetched")
	return c
}

// fetchSweep brings the files of all trials of a sweep that nobody is training, and its report.
func (a *app) fetchSweep(ctx context.Context, store *results.Store, s *handover.Shelf, sweep string) error {
	trials, err := store.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	brought, lost, say := 0, 0, s.Say
	s.Say = func(trial string, err error) {
		lost++
		say(trial, err)
	}
	for _, t := range trials {
		if t.State == string(sweeps.Running) {
			continue
		}
		switch n, err := s.Bring(ctx, t.Trial); {
		case err != nil:
			return fmt.Errorf("%w: %w", handover.ErrFiles, err)
		case n > 0:
			brought++
		}
	}
	files, err := a.fetchReport(ctx, store, s, sweep)
	if err != nil {
		return fmt.Errorf("%w: %w", handover.ErrFiles, err)
	}
	if !a.quiet {
		_, err = fmt.Fprintf(a.stdout, "fetched files of %s and %s of the report to %s\n", plural(brought, "trial"), plural(files, "file"), a.dir)
	}
	if err == nil && lost > 0 {
		err = &statusError{statusTrialFailed, fmt.Errorf("%s could not be fetched", plural(lost, "file"))}
	}
	return err
}

// fetchReport brings the newest report that is whole.
func (a *app) fetchReport(ctx context.Context, store *results.Store, s *handover.Shelf, sweep string) (files int, err error) {
	kept, err := store.ReportFiles(ctx, sweep)
	if err != nil {
		return 0, err
	}
	for _, g := range kept {
		files, err = a.fetchGeneration(ctx, s, sweep, g)
		if err == nil || !errors.Is(err, artifacts.ErrMissing) && !errors.Is(err, artifacts.ErrDamaged) {
			break
		}
		fmt.Fprintf(a.stderr, "sweep: report of %s: %v\n", sweep, err)
	}
	return files, err
}

func (a *app) fetchGeneration(ctx context.Context, s *handover.Shelf, sweep string, g sweeps.Generation) (files int, err error) {
	for _, f := range g.Files {
		name := filepath.FromSlash(f.Name)
		if !filepath.IsLocal(name) || !strings.HasPrefix(f.Name, "reports/"+sweep+"/") {
			return files, fmt.Errorf("the record has a file %q of the report of %s, which is none", f.Name, sweep)
		}
		to := filepath.Join(a.dir, name)
		if sum, err := artifacts.Digest(to); err == nil && sum == f.SHA256 {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return files, err
		}
		if err := s.Bucket.Get(ctx, artifacts.Object{Key: f.Object, SHA256: f.SHA256, Bytes: f.Bytes}, to); err != nil {
			return files, err
		}
		files++
	}
	return files, nil
}

// objectAge is how old an object is that no row refers to before it is garbage: one that is younger may just be about to be
// recorded.
const objectAge = 24 * time.Hour

// collectObjects finds objects of this record to which it does not refer.
func (a *app) collectObjects(ctx context.Context, store *results.Store) (found []garbage, err error) {
	if a.artifacts == "" {
		return nil, nil
	}
	used, err := store.Objects(ctx)
	if err != nil {
		return nil, err
	}
	err = a.withObjects(ctx, store, func(b *artifacts.Bucket, owner string) error {
		return b.Each(ctx, owner, func(o artifacts.Object, written time.Time) error {
			if !used[o.Key] && time.Since(written) > objectAge {
				found = append(found, garbage{Path: o.Key, Bytes: o.Bytes, Why: "the record refers to no such object", object: true})
			}
			return nil
		})
	})
	return found, err
}

// discardObjects removes garbage from the store of files.
func (a *app) discardObjects(ctx context.Context, store *results.Store, found []garbage) error {
	var objects []string
	for _, g := range found {
		objects = append(objects, g.Path)
	}
	if len(objects) == 0 {
		return nil
	}
	return a.withObjects(ctx, store, func(b *artifacts.Bucket, owner string) error { return b.RemoveOwn(ctx, owner, objects) })
}

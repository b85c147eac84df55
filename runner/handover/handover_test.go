package handover_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sweep/artifacts"
	"sweep/results"
	"sweep/runner"
	"sweep/runner/handover"
	"sweep/runner/nplm"
	"sweep/runner/program"
	"sweep/sweeps"
)

// world is a record, a folder of artifacts and machines that share nothing else.
type world struct {
	t      *testing.T
	store  *results.Store
	bucket *artifacts.Bucket
	shared string // the folder of artifacts
	plan   *sweeps.Plan
	trial  sweeps.Trial

	mu   sync.Mutex
	said []string
}

// replan plans the sweep as another process would.
func (w *world) replan() {
	about := sweeps.Trainer{
		Name: "counter", Version: "1", Metrics: []string{"height"},
		Params:  []sweeps.Param{{Name: "x", Kind: sweeps.Float}},
		Resolve: func(v sweeps.Values) (sweeps.Resolved, error) { return sweeps.Resolved{Key: v, Steps: 10}, nil },
	}
	spec, err := sweeps.Load("counter.yaml", []byte("metric: {name: height}\nparameters: {x: 1}"), about)
	if err == nil {
		w.plan, err = sweeps.NewPlan(spec, about)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.trial = w.plan.Trials()[0]
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, shared: t.TempDir()}
	var err error
	if w.store, err = results.Open(t.Context(), t.TempDir(), results.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	if w.bucket, err = artifacts.Open(t.Context(), "file://"+filepath.ToSlash(w.shared)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.bucket.Close() })
	w.replan()
	return w
}

// machine is a folder, and what trains there.
func (w *world) machine(dir string, tr runner.Trainer) *handover.Trainer {
	return &handover.Trainer{
		Trainer: tr, Patience: 50 * time.Millisecond,
		Shelf: &handover.Shelf{Bucket: w.bucket, Record: w.store, Dir: dir, Say: func(_ string, err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said = append(w.said, err.Error())
		}},
	}
}

// run runs the sweep, which has one trial, and returns its state.
func (w *world) run(tr runner.Trainer) (string, error) {
	w.t.Helper()
	w.replan()
	if err := w.store.Release(w.t.Context(), w.plan.Spec.Name); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.store.PutPlan(w.t.Context(), w.plan, results.Provenance{}); err != nil { // a failed trial is tried again
		w.t.Fatal(err)
	}
	_, err := (&runner.Runner{Trainer: tr, Recorder: w.store, Workers: 1}).Run(w.t.Context(), w.plan)
	trials, readErr := w.store.Trials(w.t.Context(), w.plan.Spec.Name)
	if readErr != nil {
		w.t.Fatal(readErr)
	}
	return trials[0].State, err
}

func (w *world) generations() []sweeps.Generation {
	w.t.Helper()
	g, err := w.store.Files(w.t.Context(), w.trial.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// counter counts the steps of a trial in a file of its folder, and breaks off with an error after some.
type counter struct {
	dir   string
	steps int
	end   error
	began int // from which step it went on
}

func (c *counter) Train(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	dir := program.TrialDir(c.dir, t.ID)
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "sub"), 0o755), os.MkdirAll(filepath.Join(c.dir, "logs"), 0o755)); err != nil {
		return err
	}
	state := filepath.Join(dir, "sub", "step")
	c.began = 0
	if b, err := os.ReadFile(state); err == nil {
		c.began, _ = strconv.Atoi(string(b))
	}
	log, err := os.OpenFile(program.LogFile(c.dir, t.ID), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	for step := c.began + 1; step <= 10; step++ {
		if step > c.began+c.steps && c.end != nil {
			return c.end
		}
		fmt.Fprintf(log, "step %d\n", step)
		if err := errors.Join(os.WriteFile(state, []byte(strconv.Itoa(step)), 0o644), report(runner.Point{Metric: "height", Step: int64(step), Value: 1})); err != nil {
			return err
		}
	}
	return nil
}

var errPulled = errors.New("the plug was pulled")

func TestPlacesAreThoseOfTheTrainers(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if state, err := w.run(w.machine(dir, &counter{dir: dir})); err != nil || state != "complete" {
		t.Fatalf("%s, %v", state, err)
	}
	names := map[string]bool{}
	for _, f := range w.generations()[0].Files {
		names[filepath.Join(dir, filepath.FromSlash(f.Name))] = true
	}
	for _, want := range []string{
		filepath.Join(program.TrialDir(dir, w.trial.ID), "sub", "step"), filepath.Join(nplm.ModelDir(dir, w.trial.ID), "sub", "step"), program.LogFile(dir, w.trial.ID),
	} {
		if !names[want] {
			t.Errorf("%s was not kept; %v were", want, names)
		}
	}
}

// A trial that failed on one machine goes on from there on another, and back.
func TestTrialMoves(t *testing.T) {
	w := newWorld(t)
	a, b := t.TempDir(), t.TempDir()
	onA, onB := &counter{dir: a, steps: 3, end: errPulled}, &counter{dir: b, steps: 3, end: errPulled}
	for i, c := range []*counter{onA, onB, onB, onA} {
		state, err := w.run(w.machine(c.dir, c))
		if err != nil || c.began != 3*i || i < 3 && state != "failed" {
			t.Errorf("session %d: began at %d, %s, %v", i, c.began, state, err)
		}
		if i == 2 {
			onA.end = nil
		}
	}
	log, err := os.ReadFile(program.LogFile(a, w.trial.ID))
	if err != nil || strings.Count(string(log), "step ") != 10 {
		t.Errorf("the log says %q, %v", log, err)
	}
	if g := w.generations(); len(g) != 2 || g[0].Number != 4 {
		t.Errorf("%+v", g)
	}
	if len(w.said) > 0 {
		t.Errorf("said %q", w.said)
	}
	objects := 0
	_ = filepath.WalkDir(w.shared, func(_ string, d fs.DirEntry, _ error) error {
		if !d.IsDir() && d.Name() != ".sweep" {
			objects++
		}
		return nil
	})
	if objects != 4 {
		t.Errorf("%d objects for two generations of two files", objects)
	}
}

// spoil damages or removes the objects of a generation whose names have a part.
func (w *world) spoil(g sweeps.Generation, part string, remove bool) {
	for _, f := range g.Files {
		file := filepath.Join(w.shared, filepath.FromSlash(f.Object))
		var err error
		switch {
		case !strings.Contains(f.Name, part):
		case remove:
			err = os.Remove(file)
		default:
			err = os.WriteFile(file, []byte("7"), 0o644)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestDamagedFilesGiveWay(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world)
		began int
		says  []string
	}{
		"newest damaged": {func(w *world) { w.spoil(w.generations()[0], "checkpoints/", false) }, 4, []string{"damaged"}},
		"newest missing": {func(w *world) { w.spoil(w.generations()[0], "checkpoints/", true) }, 4, []string{"not there"}},
		"log damaged":    {func(w *world) { w.spoil(w.generations()[0], "logs/", false) }, 6, []string{"damaged"}},
		"all damaged": {func(w *world) {
			w.spoil(w.generations()[0], "checkpoints/", false)
			w.spoil(w.generations()[1], "checkpoints/", true)
		}, 0, []string{"damaged", "not there", "begins anew"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, b := t.TempDir(), t.TempDir()
			for range 3 {
				if state, err := w.run(w.machine(a, &counter{dir: a, steps: 2, end: errPulled})); err != nil || state != "failed" {
					t.Fatalf("%s, %v", state, err)
				}
			}
			c.spoil(w)
			onB := &counter{dir: b}
			if state, err := w.run(w.machine(b, onB)); err != nil || state != "complete" || onB.began != c.began {
				t.Errorf("%s, began at %d, want %d; %v", state, onB.began, c.began, err)
			}
			if len(w.said) != len(c.says) {
				t.Fatalf("said %q", w.said)
			}
			for i, s := range c.says {
				if !strings.Contains(w.said[i], s) {
					t.Errorf("said %q, want %q", w.said[i], s)
				}
			}
		})
	}
}

// What lies on the machine that trained last is newer than what was kept, if it was killed.
func TestKilledMachineGoesOnFromItsOwnFiles(t *testing.T) {
	w := newWorld(t)
	a := t.TempDir()
	if _, err := w.run(w.machine(a, &counter{dir: a, steps: 2, end: errPulled})); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(program.TrialDir(a, w.trial.ID), "sub", "step"), []byte("5"), 0o644); err != nil {
		t.Fatal(err)
	}
	onA := &counter{dir: a}
	if _, err := w.run(w.machine(a, onA)); err != nil || onA.began != 5 {
		t.Errorf("began at %d, %v", onA.began, err)
	}
}

// away is a bucket that cannot be reached.
func (w *world) away(hidden bool) {
	from, to := w.shared, w.shared+".away"
	if !hidden {
		from, to = to, from
	}
	if err := os.Rename(from, to); err != nil {
		w.t.Fatal(err)
	}
}

// A machine that cannot keep what it has trained says so and leaves the trial waiting; its files are still there.
func TestStoreOfFilesIsAway(t *testing.T) {
	w := newWorld(t)
	a := t.TempDir()
	w.away(true)
	onA := &counter{dir: a}
	state, err := w.run(w.machine(a, onA))
	if !errors.Is(err, runner.ErrMachine) || state != "waiting" {
		t.Errorf("%s, %v", state, err)
	}
	w.away(false)
	if state, err := w.run(w.machine(a, onA)); err != nil || state != "complete" || onA.began != 10 {
		t.Errorf("%s, began at %d, %v", state, onA.began, err)
	}
}

// A trial that cannot be fetched is not begun anew on a machine that only fails to reach its files.
func TestFetchFails(t *testing.T) {
	w := newWorld(t)
	a, b := t.TempDir(), t.TempDir()
	if _, err := w.run(w.machine(a, &counter{dir: a, steps: 2, end: errPulled})); err != nil {
		t.Fatal(err)
	}
	w.away(true)
	onB := &counter{dir: b, began: -1}
	if state, err := w.run(w.machine(b, onB)); !errors.Is(err, runner.ErrMachine) || state != "waiting" || onB.began != -1 {
		t.Errorf("%s, %v, began at %d", state, err, onB.began)
	}
}

// What is whole is kept while the trial is trained, so that it is there when the machine is not any more.
func TestKeptOnTheWay(t *testing.T) {
	w := newWorld(t)
	a := t.TempDir()
	dir := program.TrialDir(a, w.trial.ID)
	tr := w.machine(a, runner.TrainerFunc(func(ctx context.Context, _ sweeps.Trial, report func(runner.Point) error) error {
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "whole-1"), []byte("1"), 0o644), os.WriteFile(filepath.Join(dir, "torn"), nil, 0o644)); err != nil {
			return err
		}
		for n := 1; n < 4; n++ {
			for at := time.Now(); ; time.Sleep(time.Millisecond) {
				if g := w.generations(); len(g) > 0 && len(g[0].Files) == 1 && g[0].Files[0].Name == fmt.Sprintf("checkpoints/%s/whole-%d", w.trial.ID, n) {
					break
				}
				if time.Since(at) > 20*time.Second {
					t.Errorf("generation %d did not come: %+v", n, w.generations())
					return nil
				}
			}
			err := errors.Join(os.WriteFile(filepath.Join(dir, fmt.Sprint("whole-", n+1)), []byte("more"), 0o644), os.Remove(filepath.Join(dir, fmt.Sprint("whole-", n))))
			if err != nil {
				return err
			}
		}
		return report(runner.Point{Metric: "height", Step: 10, Value: 1})
	}))
	tr.Every, tr.Whole = time.Millisecond, func(name string) bool { return strings.HasPrefix(name, "whole-") }
	if state, err := w.run(tr); err != nil || state != "complete" {
		t.Errorf("%s, %v", state, err)
	}
	if g := w.generations(); len(g[0].Files) != 2 {
		t.Errorf("at the end: %+v", g[0])
	}
	if len(w.said) > 0 {
		t.Errorf("said %q", w.said)
	}
}

// What is wrong with a file of the trial's own is no reason for a machine to train nothing more: it is left out.
func TestFilesThatCannotBeKept(t *testing.T) {
	w := newWorld(t)
	a, b := t.TempDir(), t.TempDir()
	onA := &counter{dir: a, steps: 2, end: errPulled}
	dir := program.TrialDir(a, w.trial.ID)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "bad\xff.pt"), nil, 0o644),
		os.Symlink("sub/step", filepath.Join(dir, "latest")), os.Symlink("nowhere", filepath.Join(dir, "dangling"))); err != nil {
		t.Skip(err)
	}
	if state, err := w.run(w.machine(a, onA)); err != nil || state != "failed" {
		t.Errorf("%s, %v", state, err)
	}
	if len(w.said) != 1 || !strings.Contains(w.said[0], `bad\xff.pt" is not kept: its name is no text`) {
		t.Errorf("said %q", w.said)
	}
	onB := &counter{dir: b}
	if state, err := w.run(w.machine(b, onB)); err != nil || state != "complete" || onB.began != 2 {
		t.Errorf("%s, began at %d, %v", state, onB.began, err)
	}
	if latest, err := os.ReadFile(filepath.Join(program.TrialDir(b, w.trial.ID), "latest")); err != nil || string(latest) != "2" {
		t.Errorf("what a link led to: %q, %v", latest, err)
	}
}

// A folder in which what it should hold is not mounted is not taken for an empty one.
func TestFolderIsNotMounted(t *testing.T) {
	w := newWorld(t)
	a, b := t.TempDir(), t.TempDir()
	if _, err := w.run(w.machine(a, &counter{dir: a, steps: 2, end: errPulled})); err != nil {
		t.Fatal(err)
	}
	w.away(true)
	if err := os.Mkdir(w.shared, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{a, b} {
		c := &counter{dir: dir}
		if state, err := w.run(w.machine(dir, c)); !errors.Is(err, runner.ErrMachine) || !errors.Is(err, artifacts.ErrNoBucket) || !strings.Contains(err.Error(), "not mounted") || state != "waiting" {
			t.Errorf("%s, %v", state, err)
		}
	}
	if entries, err := os.ReadDir(w.shared); err != nil || len(entries) > 0 {
		t.Errorf("below the mount point: %v, %v", entries, err)
	}
	if err := os.Remove(w.shared); err != nil {
		t.Fatal(err)
	}
	w.away(false)
	onB := &counter{dir: b}
	if state, err := w.run(w.machine(b, onB)); err != nil || state != "complete" || onB.began != 2 {
		t.Errorf("%s, began at %d, %v", state, onB.began, err)
	}
}

// What lies here of a trial from before it was removed from the record is none of it.
func TestFilesOfAnEarlierLife(t *testing.T) {
	w := newWorld(t)
	a := t.TempDir()
	if state, err := w.run(w.machine(a, &counter{dir: a})); err != nil || state != "complete" {
		t.Fatalf("%s, %v", state, err)
	}
	if _, err := w.store.Remove(t.Context(), w.plan.Spec.Name, nil); err != nil {
		t.Fatal(err)
	}
	onA := &counter{dir: a, began: -1}
	if state, err := w.run(w.machine(a, onA)); err != nil || state != "complete" || onA.began != 0 {
		t.Errorf("%s, began at %d, %v", state, onA.began, err)
	}
}

// Bring fetches what is missing, each file by itself, and leaves what is here.
func TestBring(t *testing.T) {
	w := newWorld(t)
	a, b := t.TempDir(), t.TempDir()
	on := w.machine(a, &counter{dir: a})
	if _, err := w.run(on); err != nil {
		t.Fatal(err)
	}
	s := *on.Shelf
	s.Dir = b
	if n, err := s.Bring(t.Context(), w.trial.ID); err != nil || n != 2 {
		t.Errorf("brought %d, %v", n, err)
	}
	if n, err := s.Bring(t.Context(), w.trial.ID); err != nil || n != 0 {
		t.Errorf("once more brought %d, %v", n, err)
	}
	step := filepath.Join(program.TrialDir(b, w.trial.ID), "sub", "step")
	if err := os.Remove(step); err != nil {
		t.Fatal(err)
	}
	w.spoil(w.generations()[0], "logs/", false)
	if n, err := s.Bring(t.Context(), w.trial.ID); err != nil || n != 1 {
		t.Errorf("of one that is missing brought %d, %v", n, err)
	}
	if err := os.Remove(program.LogFile(b, w.trial.ID)); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Bring(t.Context(), w.trial.ID); err != nil || n != 0 || len(w.said) != 1 {
		t.Errorf("of one that is damaged brought %d, said %q, %v", n, w.said, err)
	}
}

// The time that it takes to reach the store of files is none of the training's.
func TestWaitingIsNoTraining(t *testing.T) {
	w := newWorld(t)
	a := t.TempDir()
	tr := w.machine(a, &counter{dir: a})
	tr.Patience = 2 * time.Second
	w.away(true)
	if _, err := w.run(tr); !errors.Is(err, runner.ErrMachine) {
		t.Fatal(err)
	}
	trials, err := w.store.Trials(t.Context(), w.plan.Spec.Name)
	if err != nil || trials[0].Seconds > 0.5 {
		t.Errorf("%v s, %v", trials[0].Seconds, err)
	}
	w.away(false)
}

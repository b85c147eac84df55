package trainer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSnapshots compares what is kept of a training with the tables of trainings that end there, and with one that keeps
// nothing.
func TestSnapshots(t *testing.T) {
	data, cfg, dir := openText(t, "word", 20, 60), kinds()["snapshots"], t.TempDir()
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	shots, err := Snapshots(dir)
	if err != nil {
		t.Fatal(err)
	}
	var steps []int64
	for _, s := range shots {
		steps = append(steps, s.Step)
		c := cfg
		c.Steps, c.Evaluations, c.Select = int(s.Step), 1, "last"
		want := newWeights(c, data.Vocab.Size())
		counts := make([]int64, data.Vocab.Size())
		for i := range counts {
			counts[i] = data.Vocab.Count(i)
		}
		want.initialize(c, counts)
		rows := rowsOf(want.C, want)
		if s.Step > 0 {
			m, err := Train(t.Context(), c, data, Session{})
			if err != nil {
				t.Fatal(err)
			}
			rows = m.Embeddings()
		}
		if !slices.EqualFunc(s.C, rows, slices.Equal) || s.Total != int64(cfg.Steps) {
			t.Errorf("step %d of %d: another table than that of a training of so many steps", s.Step, s.Total)
		}
	}
	if want := []int64{0, 1, 6, 30, 60}; !slices.Equal(steps, want) {
		t.Errorf("kept after steps %v, want %v", steps, want)
	}
	if got.Step == 60 || slices.EqualFunc(got.Embeddings(), shots[4].C, slices.Equal) {
		t.Error("the best point is the last: the test does not tell them apart")
	}
	cfg.Snapshots = false
	without, err := Train(t.Context(), cfg, data, Session{})
	if err != nil || fingerprint(without) != fingerprint(got) {
		t.Errorf("without snapshots other weights, %v", err)
	}
}

// TestSnapshotsKilled kills trainings between all sorts of steps, and breaks one off: in the end there are the same
// bytes.
func TestSnapshotsKilled(t *testing.T) {
	data, cfg, dir := openText(t, "word", 20, 60), kinds()["snapshots"], t.TempDir()
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	read := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, snapshotsFile))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	want := read(dir)
	for _, every := range []time.Duration{time.Second, 7 * time.Second} {
		for _, kill := range []int{1, 2, 3, 8, 9, 33, 34, 60, 63} {
			dir, left := t.TempDir(), filepath.Join(t.TempDir(), "copy")
			w := &watch{}
			w.atPoint = func(Point) error {
				if w.ticks == kill {
					if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
						t.Fatal(err)
					}
					w.ticks++
				}
				return nil
			}
			if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: every, Observe: w.observe, Now: fastClock()}); err != nil {
				t.Fatal(err)
			}
			if _, err := Train(t.Context(), cfg, data, Session{Dir: left}); err != nil {
				t.Fatal(err)
			}
			if read(left) != want || read(dir) != want {
				t.Errorf("checkpoints every %v, killed at look %d: other snapshots", every, kill)
			}
		}
	}
	// A finished training whose snapshots are gone or damaged is not finished.
	file := filepath.Join(dir, snapshotsFile)
	for _, damage := range []func() error{
		func() error { return os.Remove(file) },
		func() error { return os.WriteFile(file, []byte(want[:len(want)-8]), 0o644) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		if read(dir) != want {
			t.Error("trained again: other snapshots")
		}
	}
}

// TestSnapshotsStopped has what there was until a training was stopped.
func TestSnapshotsStopped(t *testing.T) {
	data, cfg, dir := openText(t, "word", 20, 60), kinds()["snapshots"], t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Metric == "val/loss" && p.Step >= 30 {
			return ErrStop
		}
		return nil
	}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe}); err != nil {
		t.Fatal(err)
	}
	shots, err := Snapshots(dir)
	if err != nil {
		t.Fatal(err)
	}
	var steps []int64
	for _, s := range shots {
		steps = append(steps, s.Step)
	}
	if want := []int64{0, 1, 6, 30}; !slices.Equal(steps, want) {
		t.Errorf("kept after steps %v, want %v", steps, want)
	}
}

func TestSnapshotsOfShortTrainings(t *testing.T) {
	w := newWeights(kinds()["adam"], 20)
	for total, want := range map[int64][]int64{1: {0}, 2: {0, 1}, 3: {0, 1, 2}, 100: {0, 1, 10, 50}, 60_000: {0, 600, 6000, 30_000}, maxSteps: {0, 10995116278, 109951162778, 549755813888}} {
		k := newKeptTables(w, total)
		if !slices.Equal(k.steps, want) || len(k.all) != len(want)*len(w.C) {
			t.Errorf("of %d steps: %v, want %v", total, k.steps, want)
		}
	}
}

func TestSnapshotsMissingOrDamaged(t *testing.T) {
	dir := t.TempDir()
	if _, err := Snapshots(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	one := Tensor{Name: "C-0", Shape: []int{2, 1}, Data: []float32{1, 2}}
	for name, f := range map[string]*tensorFile{
		"of another format": {meta: map[string]string{"format": "nplm", "total": "3", "steps": "[0]"}, tensors: []Tensor{one}},
		"without total":     {meta: map[string]string{"format": "snapshots", "steps": "[0]"}, tensors: []Tensor{one}},
		"of other steps":    {meta: map[string]string{"format": "snapshots", "total": "3", "steps": "[0, 1]"}, tensors: []Tensor{one}},
		"without tables":    {meta: map[string]string{"format": "snapshots", "total": "3", "steps": "[]"}},
		"of a vector":       {meta: map[string]string{"format": "snapshots", "total": "3", "steps": "[0]"}, tensors: []Tensor{slab("C-0", one.Data)}},
	} {
		if err := realDisk().writeTensors(filepath.Join(dir, snapshotsFile), f); err != nil {
			t.Fatal(err)
		}
		if _, err := Snapshots(dir); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSnapshotsDiskFull ends with the disk's error and no model, and goes on when there is room.
func TestSnapshotsDiskFull(t *testing.T) {
	data, cfg, dir := openText(t, "word", 20, 60), kinds()["snapshots"], t.TempDir()
	tr, err := newTraining(cfg, data, Session{Dir: dir, Every: time.Second, Now: fastClock()})
	if err != nil {
		t.Fatal(err)
	}
	tr.disk, _ = watchedDisk(func(op, name string) error {
		if op == "write" && strings.HasPrefix(filepath.Base(name), "."+snapshotsFile) {
			return syscall.ENOSPC
		}
		return nil
	})
	if _, err := tr.run(t.Context()); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "save snapshots: ") {
		t.Fatalf("error %v", err)
	}
	w := &watch{}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe}); err != nil || w.starts[0] != 60 {
		t.Errorf("went on from step %d, %v", w.starts[0], err)
	}
	if _, err := Snapshots(dir); err != nil {
		t.Error(err)
	}
}

func TestSnapshotsRefused(t *testing.T) {
	for _, r := range []string{"index", "onehot", "binary", "random"} {
		c := Config{Representation: r, Snapshots: true}.WithDefaults("word")
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "snapshots: ") {
			t.Errorf("%s: %v", r, err)
		}
	}
	if err := kinds()["snapshots"].Validate(); err != nil {
		t.Error(err)
	}
}

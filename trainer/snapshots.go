package trainer

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"sweep/trainer/internal/kernel"
)

// A Snapshot is the table C as it was on the way through a training.
type Snapshot struct {
	Step  int64       // optimiser steps done
	Total int64       // steps of the whole training
	C     [][]float32 // (|V|, m), by symbol
}

// snapshotPercents say after which shares of the steps C is kept. It is kept once more at the end.
var snapshotPercents = [...]int64{0, 1, 10, 50}

// snapshotsFile lies beside a model's weights.
const snapshotsFile = "snapshots.safetensors"

// Snapshots reads what a training with Config.Snapshots has kept in its folder dir, by step: C at 0, 1, 10 and 50 % of
// the steps, rounded up, and after the last step, whichever weights Select has chosen. A training of few steps, or one
// that was stopped, has fewer. Without any the error wraps fs.ErrNotExist; of a damaged file it wraps ErrCorrupt.
func Snapshots(dir string) ([]Snapshot, error) {
	f, err := openTensors(filepath.Join(dir, snapshotsFile))
	if err != nil {
		return nil, fmt.Errorf("read snapshots: %w", err)
	}
	s, err := snapshotsFrom(f)
	if err != nil {
		return nil, fmt.Errorf("read snapshots: %s: %w", dir, err)
	}
	return s, nil
}

func snapshotsFrom(f *tensorFile) ([]Snapshot, error) {
	total, err := strconv.ParseInt(f.meta["total"], 10, 64)
	if err != nil || f.meta["format"] != "snapshots" || len(f.tensors) == 0 {
		return nil, corrupt("it holds no snapshots")
	}
	var steps []int64
	if json.Unmarshal([]byte(f.meta["steps"]), &steps) != nil || len(steps) != len(f.tensors) || !slices.IsSorted(steps) {
		return nil, corrupt("the steps do not fit the tables")
	}
	out := make([]Snapshot, len(steps))
	for i, t := range f.tensors {
		if len(t.Shape) != 2 || t.Shape[1] < 1 || !slices.Equal(t.Shape, f.tensors[0].Shape) {
			return nil, corrupt("%s is not a table", t.Name)
		}
		out[i] = Snapshot{Step: steps[i], Total: total, C: slices.Collect(slices.Chunk(t.Data, t.Shape[1]))}
	}
	return out, nil
}

// keptTables are the snapshots of a training before its end, all of them in one array that a checkpoint holds: which of
// them have been taken is known from the step.
type keptTables struct {
	steps []int64   // ascending
	all   []float32 // (steps, rows, cs), in the layout of the weights
}

// newKeptTables makes room for the snapshots of a training of that many steps.
func newKeptTables(w *weights, total int64) *keptTables {
	k := &keptTables{}
	for _, percent := range snapshotPercents {
		// In this order nothing overflows: total is at most 2^40.
		if s := (total*percent + 99) / 100; s < total && !slices.Contains(k.steps, s) {
			k.steps = append(k.steps, s)
		}
	}
	k.all = kernel.Make(len(k.steps) * len(w.C))
	return k
}

// table is the i-th.
func (k *keptTables) table(i int) []float32 {
	n := len(k.all) / len(k.steps)
	return k.all[i*n:][:n]
}

// take keeps C if it is to be kept at this step. To take it twice, as after a break, changes nothing.
func (k *keptTables) take(w *weights, step int64) {
	if i, ok := slices.BinarySearch(k.steps, step); ok {
		copy(k.table(i), w.C)
	}
}

// saveSnapshots writes those that have been taken, and C as it is now.
func (t *training) saveSnapshots() error {
	if t.kept == nil {
		return nil
	}
	var steps []int64
	f := &tensorFile{meta: map[string]string{"format": "snapshots", "identity": t.identity, "total": strconv.FormatInt(t.total, 10)}}
	add := func(step int64, table []float32) {
		steps = append(steps, step)
		x := Tensor{Name: fmt.Sprintf("C-%d", step), Shape: []int{t.w.vocab, t.w.m}}
		for _, row := range rowsOf(table, t.w) {
			x.Data = append(x.Data, row...)
		}
		f.tensors = append(f.tensors, x)
	}
	for i, s := range t.kept.steps {
		if s < t.Step {
			add(s, t.kept.table(i))
		}
	}
	add(t.Step, t.w.C)
	b, err := json.Marshal(steps)
	if err == nil {
		f.meta["steps"] = string(b)
		err = t.disk.writeTensors(filepath.Join(t.session.Dir, snapshotsFile), f)
	}
	if err != nil {
		return fmt.Errorf("save snapshots: %w", err)
	}
	return nil
}

// hasSnapshots reports whether the folder holds all that this training is to keep.
func (t *training) hasSnapshots() (bool, error) {
	if t.kept == nil {
		return true, nil
	}
	f, err := openTensors(filepath.Join(t.session.Dir, snapshotsFile))
	switch {
	case errors.Is(err, ErrCorrupt), errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for snapshots: %w", err)
	}
	s, err := snapshotsFrom(f)
	return err == nil && f.meta["identity"] == t.identity && len(s) == len(t.kept.steps)+1, nil
}

// rowsOf returns the rows of a table in the layout of w.C, without copying.
func rowsOf(table []float32, w *weights) [][]float32 {
	rows := make([][]float32, w.vocab)
	for i := range rows {
		rows[i] = table[i*w.cs:][:w.m]
	}
	return rows
}

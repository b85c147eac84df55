package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sweep/trainer/corpus"
)

// position is everything that a training carries from step to step beside weights and moments. Random streams are
// keyed by the step, so it is their state, too.
type position struct {
	Step      int64   `json:"step"`       // steps done
	Observed  int64   `json:"observed"`   // step of the last point of the curve
	Seconds   float64 `json:"seconds"`    // of training, over all sessions
	LossSum   float64 `json:"loss_sum"`   // of the steps' losses since the last point
	LossSteps int64   `json:"loss_steps"` // how many they are
	Last      watched `json:"last"`       // of the step before a point that is still to be observed
	Best      float64 `json:"best"`       // lowest val/loss of the curve
	BestStep  int64   `json:"best_step"`  // its step; 0: none yet
	Points    []Point `json:"points"`     // of the curve so far
}

// watched is what a step leaves for the point that follows it. Its numbers need not be finite.
type watched struct {
	Rate      number `json:"learning_rate"`
	GradNorm  number `json:"grad_norm"`
	MoveRatio number `json:"update_ratio"`
	Saturated number `json:"saturated"`
}

// Names of the files in a training's folder.
const (
	checkpointPattern = "step-????????????.safetensors"
	modelFile         = "model.safetensors"
	checkpointsKept   = 2
)

func checkpointFile(dir string, step int64) string {
	return filepath.Join(dir, fmt.Sprintf("step-%012d.safetensors", step))
}

// identity returns a hash of everything that decides a training's bits: configuration, data, numeric version. A file of
// vectors is what it holds, not where it lies.
func identity(cfg Config, data *corpus.Data, prior *Prior) (string, error) {
	if prior != nil {
		cfg.InitVectors = prior.Hash
	}
	b, err := json.Marshal([]any{Version, cfg, data.SplitHash, data.VocabHash, data.Options.SplitSeed})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

// slab is one array of a checkpoint.
func slab(name string, data []float32) Tensor {
	return Tensor{Name: name, Shape: []int{len(data)}, Data: data}
}

// slabs lists what a checkpoint holds of the training, by name. The layout is that of the memory.
func (t *training) slabs() []Tensor {
	ts := []Tensor{slab("weights", t.w.all)}
	if t.m != nil {
		ts = append(ts, slab("first_moments", t.m.all))
	}
	if t.v != nil {
		ts = append(ts, slab("second_moments", t.v.all))
	}
	if t.best != nil {
		ts = append(ts, slab("best_weights", t.best.all))
	}
	if t.kept != nil {
		ts = append(ts, slab("snapshots", t.kept.all))
	}
	return ts
}

// save writes a checkpoint and removes all but the newest two.
func (t *training) save() error {
	if t.session.Dir == "" {
		return nil
	}
	at, err := json.Marshal(t.position)
	if err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	if err := os.MkdirAll(t.session.Dir, 0o755); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	f := &tensorFile{meta: map[string]string{"identity": t.identity, "position": string(at)}, tensors: t.slabs()}
	if err := t.disk.writeTensors(checkpointFile(t.session.Dir, t.Step), f); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	return t.prune(checkpointsKept)
}

// prune removes all checkpoints but the newest few.
func (t *training) prune(keep int) error {
	files, err := checkpoints(t.session.Dir)
	if err != nil {
		return err
	}
	for _, f := range files[min(keep, len(files)):] {
		if err := os.Remove(f); err != nil {
			return fmt.Errorf("remove checkpoint: %w", err)
		}
	}
	return nil
}

// checkpoints lists those of a folder, the newest first.
func checkpoints(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("look for checkpoints: %w", err)
	}
	var files []string
	for _, e := range entries {
		if ok, _ := filepath.Match(checkpointPattern, e.Name()); ok {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(files)
	slices.Reverse(files)
	return files, nil
}

// resume goes on from the newest checkpoint of this very training that is intact. One that is damaged, or of another
// training, is removed: of a high step, it would be kept in place of what is written from now on. Without any, training
// begins at step 0.
//
// What a killed process left of a file that it was writing is removed.
func (t *training) resume() error {
	if err := removeRemains(t.session.Dir); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	files, err := checkpoints(t.session.Dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		f, err := openTensors(file)
		switch {
		case errors.Is(err, ErrCorrupt), errors.Is(err, os.ErrNotExist):
		case err != nil:
			return fmt.Errorf("resume: %w", err)
		case t.restore(f):
			return nil
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("resume: remove checkpoint: %w", err)
		}
	}
	t.extend()
	return nil
}

// restore takes over a checkpoint if it belongs to this training.
func (t *training) restore(f *tensorFile) bool {
	var at position
	if f.meta["identity"] != t.identity || json.Unmarshal([]byte(f.meta["position"]), &at) != nil {
		return false
	}
	return t.takeOver(f, at)
}

// takeOver takes weights, moments and the position of a checkpoint, if it has all of them.
func (t *training) takeOver(f *tensorFile, at position) bool {
	want := t.slabs()
	if len(f.tensors) != len(want) || at.Step < 0 || at.Step > t.total {
		return false
	}
	for i, s := range want {
		if f.tensors[i].Name != s.Name || len(f.tensors[i].Data) != len(s.Data) {
			return false
		}
	}
	for i, s := range want {
		copy(s.Data, f.tensors[i].Data)
	}
	// Final figures are measured again: the session that told them did not get to write the model.
	at.Points = slices.DeleteFunc(at.Points, func(p Point) bool { return p.Final })
	t.position = at
	return true
}

// finish writes the model with the points of its training, and removes the checkpoints.
func (t *training) finish(m *Model) error {
	if t.session.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(t.session.Dir, 0o755); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	f, err := m.file()
	if err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	at, err := json.Marshal(t.position)
	if err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	f.meta["identity"], f.meta["position"] = t.identity, string(at)
	// The losses and snapshots first: where there is a model, they are there.
	if err := t.saveLosses(); err != nil {
		return err
	}
	if err := t.saveSnapshots(); err != nil {
		return err
	}
	if err := t.saveLast(string(at)); err != nil {
		return err
	}
	if err := t.disk.writeTensors(filepath.Join(t.session.Dir, modelFile), f); err != nil {
		return fmt.Errorf("save model: %w", err)
	}
	return t.prune(0)
}

// saveLosses writes what the model loses on every target.
func (t *training) saveLosses() error {
	f, err := t.losses.file()
	if err == nil {
		err = t.disk.writeTensors(LossesFile(t.session.Dir), f)
	}
	if err != nil {
		return fmt.Errorf("save losses: %w", err)
	}
	return nil
}

// finished returns the model of this very training if it has been trained to its last step already, with the
// position at its end, or nil. Checkpoints that are still there are removed then.
func (t *training) finished() (*Model, error) {
	if t.session.Dir == "" {
		return nil, nil
	}
	f, err := openTensors(filepath.Join(t.session.Dir, modelFile))
	switch {
	case errors.Is(err, ErrCorrupt), errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for a model: %w", err)
	}
	var at position
	if f.meta["identity"] != t.identity || json.Unmarshal([]byte(f.meta["position"]), &at) != nil || at.Step != t.total {
		return nil, nil
	}
	m, err := modelFrom(f)
	if err != nil {
		return nil, nil // of another version of the file
	}
	if ok, err := t.hasSnapshots(); !ok {
		return nil, err
	}
	t.position = at
	// The session that saved the model may not have come to tidy up.
	if err := errors.Join(removeRemains(t.session.Dir), t.prune(0)); err != nil {
		return nil, fmt.Errorf("tidy up: %w", err)
	}
	return m, nil
}

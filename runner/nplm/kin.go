package nplm

import (
	"os"
	"path/filepath"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// kin are the trainings of a record that differ in their length alone, where a longer one can go on from a shorter: a folder
// with an empty file for each trial.
type kin struct{ dir, folder string }

// kin finds the kin of a training; it has none if no other could go on from it.
func (t *Trainer) kin(cfg trainer.Config, data *corpus.Data, prior *trainer.Prior) (kin, error) {
	family, err := trainer.Family(cfg, data, prior)
	if err != nil || family == "" {
		return kin{}, err
	}
	return kin{t.dir, filepath.Join(t.dir, "checkpoints", "kin", family[:24])}, nil
}

// folders are those of the trainings in it.
func (k kin) folders() []string {
	if k.folder == "" {
		return nil
	}
	entries, err := os.ReadDir(k.folder)
	if err != nil {
		return nil // there are none
	}
	var out []string
	for _, e := range entries {
		out = append(out, ModelDir(k.dir, e.Name()))
	}
	return out
}

// join adds a training. It is a hint for longer ones: without it they train from the start.
func (k kin) join(trial string) {
	if k.folder == "" || os.MkdirAll(k.folder, 0o755) != nil {
		return
	}
	if f, err := os.Create(filepath.Join(k.folder, trial)); err == nil {
		_ = f.Close()
	}
}

package trainer

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"sweep/trainer/corpus"
)

// lastFile is a checkpoint at the end of a training that a longer one may go on from.
const lastFile = "last.safetensors"

// Extends reports whether a longer training passes through the end of a shorter one of the same configuration: its steps
// must not depend on how many follow.
func (c Config) Extends() bool {
	return c.Schedule == "constant" && c.Warmup == 0 && c.Select == "last" && !c.Snapshots
}

// Family returns what trainings have in common of which the longer go on from the shorter: everything that decides their
// bits but their length. It is "" for one that no other goes on from.
func Family(cfg Config, data *corpus.Data, prior *Prior) (string, error) {
	if !cfg.Extends() {
		return "", nil
	}
	cfg.Epochs, cfg.Steps, cfg.Evaluations = 0, 0, 0
	return identity(cfg, data, prior)
}

// saveLast keeps the end of a training that others may go on from. at is its position, in JSON.
func (t *training) saveLast(at string) error {
	if t.Step < t.total {
		return nil // it was stopped
	}
	family, err := Family(t.cfg, t.data, t.session.Prior)
	if err != nil || family == "" {
		return err
	}
	f := &tensorFile{meta: map[string]string{"family": family, "position": at}, tensors: t.slabs()}
	if err := t.disk.writeTensors(filepath.Join(t.session.Dir, lastFile), f); err != nil {
		return fmt.Errorf("save the last checkpoint: %w", err)
	}
	return nil
}

// extend goes on from the longest of the shorter trainings that the session names, if it is of the same family and its
// points are those that this training would have had: then the bits are those of a training from the start. What cannot
// be read is passed over.
func (t *training) extend() {
	family, err := Family(t.cfg, t.data, t.session.Prior)
	if err != nil || family == "" {
		return
	}
	var best *tensorFile
	var from position
	for _, dir := range t.session.From {
		f, err := openTensors(filepath.Join(dir, lastFile))
		var at position
		if err != nil || f.meta["family"] != family || json.Unmarshal([]byte(f.meta["position"]), &at) != nil {
			continue
		}
		if at.Step > from.Step && at.Step < t.total && t.passes(at) {
			best, from = f, at
		}
	}
	if best != nil {
		t.takeOver(best, from)
	}
}

// passes reports whether this training has the same points as another one up to its end, which is one of them.
func (t *training) passes(at position) bool {
	told := map[int64]bool{}
	for _, p := range at.Points {
		if p.Metric == "val/loss" && !p.Final {
			told[p.Step] = true
		}
	}
	n, evaluations := 0, min(int64(t.cfg.Evaluations), t.total)
	for i := int64(1); i <= evaluations; i++ {
		step := pointStep(i, evaluations, t.total)
		if step > at.Step {
			break
		}
		if !told[step] {
			return false
		}
		n++
	}
	return n == len(told) && told[at.Step]
}

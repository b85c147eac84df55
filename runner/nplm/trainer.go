// Package nplm makes the built-in trainer something that the runner can run: it turns a trial's values into a corpus and
// a trainer.Config, reads each corpus once for all workers, and keeps each trial's checkpoints in a folder of its own.
// It decides nothing about sweeps and records nothing.
package nplm

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"sweep/runner"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Name is the built-in trainer's name in the keys of trainings.
const Name = "nplm"

// Trainer trains trials of the built-in model. Its methods may be called concurrently.
type Trainer struct {
	Every time.Duration // between checkpoints; 0: the trainer's own 30 seconds

	dir string // of the record; checkpoints lie below it

	mu     sync.Mutex
	data   map[corpus.Options]*reading
	priors map[priorKey]*priorReading
}

// reading is one corpus, read once; done is closed when data and err are there.
type reading struct {
	done chan struct{}
	data *corpus.Data
	err  error
}

// New returns a trainer that keeps checkpoints and final weights under dir, the folder of the record.
func New(dir string) *Trainer {
	return &Trainer{dir: dir, data: map[corpus.Options]*reading{}, priors: map[priorKey]*priorReading{}}
}

// ModelDir is the folder of a trial's checkpoints and final weights under the record's folder dir.
func ModelDir(dir, trial string) string { return filepath.Join(dir, "checkpoints", trial) }

// ModelFile is where a trial's final weights lie under the record's folder dir.
func ModelFile(dir, trial string) string {
	return filepath.Join(ModelDir(dir, trial), "model.safetensors")
}

// Train trains one trial, going on from its newest checkpoint, as runner.Trainer asks.
func (t *Trainer) Train(ctx context.Context, trial sweeps.Trial, report func(runner.Point) error) error {
	data, err := t.Data(ctx, trial.Params)
	if err != nil {
		return err
	}
	config, err := modelConfig(trial.Params, data.Options.Level, trial.Seed)
	if err != nil {
		return err
	}
	prior, err := t.prior(ctx, config, data)
	if err != nil {
		return err
	}
	dir := ModelDir(t.dir, trial.ID)
	kin, err := t.kin(config, data, prior)
	if err != nil {
		return err
	}
	_, err = trainer.Train(ctx, config, data, trainer.Session{
		Dir:   dir,
		Every: t.Every,
		From:  kin.folders(),
		Prior: prior,
		Observe: func(p trainer.Point) error {
			err := report(sweeps.Point(p))
			if errors.Is(err, runner.ErrStop) {
				return trainer.ErrStop
			}
			return err
		},
	})
	if errors.Is(err, trainer.ErrDiverged) {
		return fmt.Errorf("%w: %w", runner.ErrDiverged, err)
	}
	if err == nil {
		kin.join(trial.ID)
	}
	return err
}

// Pauses says that a training goes on from where it was broken off, to the same bits: runner.Pauser.
func (t *Trainer) Pauses() bool { return true }

// Data returns the corpus of a configuration, read once and shared by all who ask.
func (t *Trainer) Data(ctx context.Context, params sweeps.Values) (*corpus.Data, error) {
	o, err := textOptions(params)
	if err != nil {
		return nil, err
	}
	return t.open(ctx, o)
}

func (t *Trainer) open(ctx context.Context, o corpus.Options) (*corpus.Data, error) {
	t.mu.Lock()
	r, ok := t.data[o]
	if !ok {
		r = &reading{done: make(chan struct{})}
		t.data[o] = r
	}
	t.mu.Unlock()
	if !ok {
		r.data, r.err = corpus.Open(ctx, o)
		if ctx.Err() != nil { // an interrupted reading is nobody's answer
			t.mu.Lock()
			delete(t.data, o)
			t.mu.Unlock()
		}
		close(r.done)
	}
	select {
	case <-r.done:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

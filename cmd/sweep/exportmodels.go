package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sweep/internal/word2vec"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/trainer"
)

// haveModels keeps the trials whose final weights are on disk, and refuses if there are none. What is left out of a sweep is
// named.
func haveModels(ctx context.Context, e *exported) error {
	return e.keepModels("model on disk", func(t results.Trial) bool { return e.app.hasModel(ctx, t.Trial) })
}

// haveVectors is haveModels for embeddings, which a one-hot input does not have.
func haveVectors(ctx context.Context, e *exported) error {
	return e.keepModels("model with embeddings on disk", func(t results.Trial) bool {
		return e.app.hasModel(ctx, t.Trial) && param(t.Params, "representation") != "onehot"
	})
}

func (a *app) hasModel(ctx context.Context, trial string) bool {
	info, err := os.Stat(a.modelFile(ctx, trial))
	return err == nil && info.Mode().IsRegular()
}

func (e *exported) keepModels(what string, has func(results.Trial) bool) error {
	e.keepPlanned()
	var without []string
	for _, t := range e.Trials {
		if !has(t) {
			without = append(without, fmt.Sprintf("%s (%s)", t.Trial, t.State))
		}
	}
	const mend = "keep_models in the spec says which final weights stay (all, best or none), a trial that has not ended has none yet, " +
		"and programs keep their own. A finished trial is not trained again here: run `%s` with another --dir, and with keep_models: all, or train on with `sweep extend`"
	switch {
	case len(without) == 0 && len(e.Trials) > 0:
		return nil
	case len(without) == len(e.Trials):
		p, err := e.store.Provenance(context.Background(), e.Sweep.Sweep)
		if err != nil {
			return err
		}
		return notFound("%s has no %s: %s; "+mend, e.what(), what, listed(without), e.app.again(p))
	}
	fmt.Fprintf(e.app.stderr, "sweep: left out, without a %s: %s\n", what, listed(without))
	e.Trials = slices.DeleteFunc(e.Trials, func(t results.Trial) bool { return !has(t) })
	return nil
}

// listed joins names, of many only the first.
func listed(names []string) string {
	const most = 10
	if len(names) == 0 {
		return "it has no trials"
	}
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ")
}

// eachModel reads the models of the trials one after the other.
func (e *exported) eachModel(ctx context.Context, do func(t results.Trial, m *trainer.Model) error) error {
	for _, t := range e.Trials {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		m, err := e.app.modelOf(ctx, t)
		if err != nil {
			return err
		}
		if err := do(t, m); err != nil {
			return fmt.Errorf("trial %s: %w", t.Trial, err)
		}
	}
	return nil
}

// writeWord2vec writes the table C of each trial.
func writeWord2vec(ctx context.Context, e *exported, out string) error {
	extension, write := ".txt", word2vec.Text
	if e.binary {
		extension, write = ".bin", word2vec.Binary
	}
	return e.eachModel(ctx, func(t results.Trial, m *trainer.Model) error {
		return create(filepath.Join(out, t.Trial+extension), func(w io.Writer) error { return write(w, m.Symbols, m.Embeddings()) })
	})
}

// writeSafetensors writes the weights of each trial in their logical shapes, as the trainer keeps them.
func writeSafetensors(ctx context.Context, e *exported, out string) error {
	return e.eachModel(ctx, func(t results.Trial, m *trainer.Model) error {
		return trainer.Save(filepath.Join(out, t.Trial+".safetensors"), m)
	})
}

// modelIfKept reads a trial's model; nil if there is none.
func (e *exported) modelIfKept(t results.Trial) (*trainer.Model, error) {
	m, err := trainer.Load(nplm.ModelFile(e.app.dir, t.Trial))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return m, err
}

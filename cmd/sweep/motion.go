package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"sweep/reports"
	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
	"sweep/trainer"
)

// Bounds of what a report shows of the best configuration.
const (
	mostMotions = 5  // replicates whose tables are shown on the way
	mostTexts   = 20 // texts that are shown
	textSeed    = 1
)

// bestTrials are the complete trials of the best configuration, the median one first.
func (f findings) bestTrials() []results.Trial {
	var out []results.Trial
	if f.answer.Best == nil {
		return nil
	}
	for _, t := range f.trials {
		if t.Configuration != f.answer.Best.Configuration || t.State != string(sweeps.Complete) || bool(t.Retired) {
			continue
		}
		at := len(out)
		if t.Trial == f.answer.BestTrial {
			at = 0
		}
		out = slices.Insert(out, at, t)
	}
	return out
}

// motions loads the tables that the best configuration's replicates have kept on the way. Those that have kept none, or
// whose files are not on disk, are left out.
func (a *app) motions(ctx context.Context, f findings) (out []reports.Motion) {
	for _, t := range f.bestTrials() {
		if len(out) == mostMotions {
			break
		}
		shots, err := trainer.Snapshots(a.modelDir(ctx, t.Trial))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		m, modelErr := trainer.Load(nplm.ModelFile(a.dir, t.Trial))
		if err = errors.Join(err, modelErr); err != nil {
			fmt.Fprintf(a.stderr, "sweep: how the table of trial %s moved cannot be drawn: %v\n", t.Trial, err)
			continue
		}
		e := nplm.Embedding(m)
		x := reports.Motion{Total: shots[0].Total, Embedding: reports.Embedding{
			Trial: t.Trial, Label: fmt.Sprintf("replicate %d", t.Replicate),
			Symbols: e.Symbols, Vectors: shots[len(shots)-1].C, Classes: e.Classes,
		}}
		for _, s := range shots {
			x.Steps, x.Tables = append(x.Steps, s.Step), append(x.Tables, s.C)
		}
		out = append(out, x)
	}
	return out
}

// texts lets the best configuration's median replicate write; nil if its model is not on disk.
func (a *app) texts(ctx context.Context, f findings) (*reports.Texts, error) {
	ts := f.bestTrials()
	if len(ts) == 0 {
		return nil, nil
	}
	m, err := trainer.Load(a.modelFile(ctx, ts[0].Trial))
	if err != nil {
		return nil, nil // the embeddings' map has said so
	}
	texts, err := nplm.WriteSome(ctx, m, textSeed)
	if err != nil {
		return nil, err
	}
	out := &reports.Texts{Trial: ts[0].Trial, Label: fmt.Sprintf("replicate %d", ts[0].Replicate), Seed: textSeed, Count: len(texts)}
	if n := a.novelty(ctx, m, texts); n != nil {
		out.Compared, out.Known, out.Repeated = true, n.Known, n.Repeated
	}
	for _, t := range texts[:min(len(texts), mostTexts)] {
		out.Texts = append(out.Texts, reports.Text{Text: t.Text, Ended: t.Ended, Known: t.Known})
	}
	return out, nil
}

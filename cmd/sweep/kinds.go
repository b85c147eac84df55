package main

import (
	"context"
	"fmt"

	"sweep/runner/nplm"
	"sweep/trainer"
	"sweep/trainer/embeddings"
)

// kinds says whether the best configuration's replicates have found the classes of the language that their text was drawn
// from; nothing of other texts.
func (a *app) kinds(ctx context.Context, t *nplm.Trainer, f findings) ([]string, error) {
	var tables []*embeddings.Table
	var classes embeddings.Classes
	for _, trial := range f.bestTrials() {
		m, err := trainer.Load(a.modelFile(ctx, trial.Trial))
		if err != nil {
			continue // the embeddings' map has said so
		}
		words, ok := nplm.Words(m)
		if r := m.Config.Representation; !ok || r != "learned" && r != "pretrained" {
			return nil, nil // nobody learned these vectors
		}
		if classes, ok = nplm.TrueClasses(m); !ok {
			return nil, nil
		}
		tables = append(tables, words)
	}
	if len(tables) == 0 {
		return nil, nil
	}
	counts := symbolCounts(ctx, t, f)
	if counts == nil { // the program draws another text from these settings than the one that was trained on
		return nil, context.Cause(ctx)
	}
	k, err := nplm.MeasureKinds(ctx, tables, classes, counts)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		fmt.Fprintf(a.stderr, "sweep: whether the classes were found cannot be told: %v\n", err)
		return nil, nil
	}
	return k.Sentences(), nil
}

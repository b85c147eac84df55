package main

import (
	"context"
	"fmt"

	"sweep/runner/nplm"
	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// likeness says whether the best configuration's replicates find cats like dogs, for those of nplm.LikePairs whose words
// are in the text often enough; nothing of other texts, nor where there is no table that training has made.
func (a *app) likeness(ctx context.Context, t *nplm.Trainer, f findings) ([]string, error) {
	var tables []*embeddings.Table
	var data *corpus.Data
	var pairs [][2]string
	for _, trial := range f.bestTrials() {
		m, err := trainer.Load(a.modelFile(ctx, trial.Trial))
		if err != nil {
			continue // the embeddings' map has said so
		}
		words, ok := nplm.Words(m)
		if r := m.Config.Representation; !ok || m.Data.Level == corpus.Char || r != "learned" && r != "pretrained" {
			return nil, nil
		}
		if data == nil {
			if nplm.Held(words, nplm.LikePairs) == nil { // no need to read the text
				return nil, nil
			}
			values, err := valuesOf(f.answer.Best.Params)
			if err != nil {
				return nil, err
			}
			data, err = t.Data(ctx, values)
			if err != nil || data.SplitHash != m.SplitHash || data.VocabHash != m.VocabHash {
				return nil, context.Cause(ctx) // a text that is gone is told elsewhere
			}
			if pairs = nplm.Askable(words, data, nplm.LikePairs); len(pairs) == 0 {
				return nil, nil
			}
		}
		tables = append(tables, words)
	}
	if len(tables) == 0 {
		return nil, nil
	}
	l, err := nplm.MeasureLikeness(ctx, tables, data, pairs)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		fmt.Fprintf(a.stderr, "sweep: whether words of a kind lie together cannot be told: %v\n", err)
		return nil, nil
	}
	return l.Sentences(), nil
}

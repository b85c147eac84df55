package nplm

import (
	"context"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// priorKey is what a prior depends on: the vectors' name, and the vocabulary with its counts.
type priorKey struct {
	name, split, vocabulary string
}

// priorReading is one prior, read once; done is closed when prior and err are there.
type priorReading struct {
	done  chan struct{}
	prior *trainer.Prior
	err   error
}

// prior returns what the configuration's vectors say of the text's symbols, read once and shared by all who ask; nil if it
// names none. What is wrong with them, or with their use in c, is a *trainer.ConfigError.
func (t *Trainer) prior(ctx context.Context, c trainer.Config, data *corpus.Data) (*trainer.Prior, error) {
	if c.InitVectors == "" {
		return nil, nil
	}
	key := priorKey{c.InitVectors, data.SplitHash, data.VocabHash}
	t.mu.Lock()
	r, ok := t.priors[key]
	if !ok {
		r = &priorReading{done: make(chan struct{})}
		t.priors[key] = r
	}
	t.mu.Unlock()
	if !ok {
		r.prior, r.err = trainer.ReadPrior(ctx, c, data)
		if ctx.Err() != nil { // an interrupted reading is nobody's answer
			t.mu.Lock()
			delete(t.priors, key)
			t.mu.Unlock()
		}
		close(r.done)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.prior, r.prior.Fits(c)
}

// frozen is how many numbers of the model are not trained because the prior covers their rows.
func frozen(c trainer.Config, p *trainer.Prior) int64 {
	if p == nil {
		return 0
	}
	return c.Frozen(len(p.Covered))
}

// notes says what a prior covers.
func notes(p *trainer.Prior) []string {
	if p == nil {
		return nil
	}
	return []string{"init_vectors: " + p.String() + "."}
}

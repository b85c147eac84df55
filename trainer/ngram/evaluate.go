package ngram

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"sweep/trainer/corpus"
	"sweep/trainer/internal/kernel"
)

// Figures is how well a model predicts a part.
type Figures struct {
	Loss       float64 // mean of -ln P(target), nats per token
	Perplexity float64 // e to the Loss
	// Accuracy is the share of targets that are the likeliest symbol in their place, the first in the vocabulary where
	// several are. Targets that are <unk> do not count: naming the unknown is no achievement. Where all symbols are
	// always equal (uniform) it is the chance of a guess. NaN without a known target.
	Accuracy float64
	// PerplexityKnown is the perplexity over the targets that are not <unk>. NaN without one.
	PerplexityKnown float64
	Examples        int64
	// Fitted says that the model has weights that were fitted on this very part, so that its figures are too good.
	Fitted bool
}

// chunk is how many examples are summed together. It is part of the result: totals are added chunk by chunk, so that
// they do not depend on how many goroutines share the work.
const chunk = 4096

// ErrNoExample reports a part too short to hold one whole context and its target.
var ErrNoExample = errors.New("the part holds no example")

// Evaluate returns how well m predicts the examples of p: all of them where contexts are padded, and where nothing is
// padded those that have the Order-1 symbols of a whole context before them. unk is the index of the unknown symbol, -1
// if there is none. It uses all cores and gives the same bits on any number of them. The errors are that p holds no such
// example, and ctx's.
func Evaluate(ctx context.Context, m Model, p corpus.Part, unk int) (Figures, error) {
	first := firstWhole(p.Padded(), p.Len(), m.Order())
	examples := p.Len() - first
	if examples == 0 {
		return Figures{}, fmt.Errorf("evaluate %s of order %d: %w", m.Name(), m.Order(), ErrNoExample)
	}
	tallies := make([]tally, (examples+chunk-1)/chunk)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tallies)) {
		group.Go(func() {
			for ctx.Err() == nil {
				k := int(next.Add(1)) - 1
				if k >= len(tallies) {
					return
				}
				t := tally{unk: int32(unk)}
				from := first + k*chunk
				m.walk(p, from, min(from+chunk, p.Len()), t.add)
				tallies[k] = t
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return Figures{}, fmt.Errorf("evaluate %s: %w", m.Name(), err)
	}
	var sum tally
	for _, t := range tallies {
		sum.merge(t)
	}
	f := sum.figures(examples)
	if u, ok := m.(uniform); ok && sum.known > 0 {
		f.Accuracy = 1 / float64(u.vocab)
	}
	if i, ok := m.(*interpolated); ok {
		f.Fitted = i.fittedOn(p)
	}
	return f, nil
}

// A tally sums up examples.
type tally struct {
	unk         int32
	loss        float64 // of all targets
	lossKnown   float64 // of those that are not unk
	known, hits int64
}

func (t *tally) add(target int32, prob float64, best int32) {
	loss := -kernel.Log(prob)
	t.loss += loss
	if target == t.unk {
		return
	}
	t.lossKnown += loss
	t.known++
	if target == best {
		t.hits++
	}
}

func (t *tally) merge(u tally) {
	t.loss += u.loss
	t.lossKnown += u.lossKnown
	t.known += u.known
	t.hits += u.hits
}

func (t *tally) figures(examples int) Figures {
	f := Figures{Loss: t.loss / float64(examples), Examples: int64(examples), Accuracy: math.NaN(), PerplexityKnown: math.NaN()}
	f.Perplexity = exp(f.Loss)
	if t.known > 0 {
		f.Accuracy = float64(t.hits) / float64(t.known)
		f.PerplexityKnown = exp(t.lossKnown / float64(t.known))
	}
	return f
}

package ngram

import (
	"context"
	"math"

	"sweep/trainer/corpus"
	"sweep/trainer/internal/kernel"
)

// Losses returns -ln P(target) of every example of p, in nats and in order; NaN for those that have no whole context
// before them, where nothing is padded. The error is ctx's.
func Losses(ctx context.Context, m Model, p corpus.Part) ([]float32, error) {
	losses := make([]float32, p.Len())
	first := firstWhole(p.Padded(), p.Len(), m.Order())
	for i := range first {
		losses[i] = float32(math.NaN())
	}
	for from := first; from < p.Len(); from += chunk {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		at := from
		m.walk(p, from, min(from+chunk, p.Len()), func(_ int32, prob float64, _ int32) {
			losses[at] = float32(-kernel.Log(prob))
			at++
		})
	}
	return losses, nil
}

// LongestContexts returns, for every example of p, how many of the symbols right before its target have been counted
// together before: 0 to order-1. The n-gram that the target makes with them need not have been.
func (c *Counts) LongestContexts(p corpus.Part, order int) []uint8 {
	c.check(order)
	longest := make([]uint8, p.Len())
	first := firstWhole(p.Padded(), p.Len(), order)
	at := first
	walk(contextScorer(func(s *cursor) {
		n := order - 1
		for s.context[n] < 0 {
			n--
		}
		if n == 1 && s.context[1] > 0 && c.levels[1].count[s.context[1]] == 0 { // every symbol has an id, seen or not
			n = 0
		}
		longest[at] = uint8(n)
		at++
	}), c, order, p, first, p.Len(), func(int32, float64, int32) {})
	return longest
}

// A contextScorer looks at the cursor instead of scoring.
type contextScorer func(s *cursor)

func (f contextScorer) score(s *cursor) (float64, int32) {
	f(s)
	return 1, 0
}

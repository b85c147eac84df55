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

// LongestGrams returns, for every example of p, the longest n-gram of counted ones that ends in its target, up to order
// symbols, the target included: 2 says that the target has been seen after the symbol before it, but not after the two
// before it. 1 stands for a target that was never seen there, or at all.
func (c *Counts) LongestGrams(p corpus.Part, order int) []uint8 {
	c.check(order)
	longest := make([]uint8, p.Len())
	first := firstWhole(p.Padded(), p.Len(), order)
	at := first
	walk(gramScorer(func(s *cursor) {
		n := order
		for n > 1 && (s.gram[n] < 0 || c.levels[n].count[s.gram[n]] == 0) {
			n--
		}
		longest[at] = uint8(n)
		at++
	}), c, order, p, first, p.Len(), func(int32, float64, int32) {})
	return longest
}

// A gramScorer looks at the cursor instead of scoring.
type gramScorer func(s *cursor)

func (f gramScorer) score(s *cursor) (float64, int32) {
	f(s)
	return 1, 0
}

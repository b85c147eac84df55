package trainer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// LossesAfter returns -ln p of each target after its context, nats, by the model's exactly normalised probabilities.
// contexts holds the n symbols before each target, the oldest first: (len(targets), n). An index that is not of the
// vocabulary panics. It returns the context's cause when ctx ends.
func (m *Model) LossesAfter(ctx context.Context, contexts, targets []int32) ([]float64, error) {
	n := m.w.n
	if len(contexts) != n*len(targets) {
		panic(fmt.Sprintf("trainer: %d symbols before %d targets of %d each", len(contexts), len(targets), n))
	}
	for _, s := range slices.Concat(contexts, targets) {
		if s < 0 || int(s) >= m.w.vocab {
			panic(fmt.Sprintf("trainer: symbol %d of a vocabulary of %d", s, m.w.vocab))
		}
	}
	e := newEvaluator(m.w, m.Unknown)
	losses := make([]float64, 0, len(targets))
	for len(targets) > 0 {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		lanes := min(e.lanes, len(targets))
		copy(e.contexts, contexts[:lanes*n])
		e.judged = e.judged[:0]
		for l, t := range targets[:lanes] {
			e.judged = append(e.judged, judgement{lane: int32(l), target: t, example: int32(l)})
		}
		slices.SortFunc(e.judged, func(a, b judgement) int { return cmp.Compare(a.target, b.target) })
		var t tally
		t.begin(lanes)
		e.measure(lanes, &t)
		for _, v := range t.judged {
			losses = append(losses, v.loss)
		}
		contexts, targets = contexts[lanes*n:], targets[lanes:]
	}
	return losses, nil
}

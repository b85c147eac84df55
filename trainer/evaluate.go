package trainer

import (
	"context"
	"fmt"
	"math"

	"sweep/trainer/corpus"
	"sweep/trainer/internal/kernel"
)

// Figures are what a model reaches on a part of a corpus, by its own exactly normalised probabilities.
type Figures struct {
	Loss            float64 // mean of -ln p[target], nats per symbol
	Perplexity      float64 // exp(Loss)
	Accuracy        float64 // share of known targets that are the likeliest symbol
	Top5            float64 // share of known targets among the five likeliest
	UnkShare        float64 // share of targets that are <unk>
	PerplexityKnown float64 // over targets that are not <unk>; NaN if there are none, as are the two shares of them
	Examples        int64
}

// Evaluate measures m on a part: on the whole if limit is 0 or not less than its length, else on the first limit
// examples of a shuffle that depends on the split's seed alone. p must be encoded with the model's vocabulary. The
// softmax is exact, however the model was trained. It returns the context's cause when ctx ends, ErrDiverged if a
// loss is not finite, and an error for a part without examples.
func Evaluate(ctx context.Context, m *Model, p corpus.Part, limit int) (Figures, error) {
	var chosen []int32
	if limit > 0 {
		chosen = sample(m.Data.SplitSeed, p.Len(), limit)
	}
	return newEvaluator(m.w, m.Unknown).part(p, chosen, func() error { return context.Cause(ctx) })
}

// evaluator measures weights. It owns its scratch: a tile of logits that stays in the cache, nothing of the size of
// the vocabulary.
type evaluator struct {
	w   *weights
	unk int32
	*panel

	rows   []float32 // (16, us): rows of U of sixteen targets
	square []float32 // (16, 16): their logits
	z      []float32 // (blockRows, ld)
	logit  []float32 // (lanes), of the target
	bar    []float32 // (lanes), what a logit must exceed to be ranked before the target
	above  []float32 // (lanes), how many do
	shift  []float32
	sum    []float32 // of one block
	total  []float64 // of all blocks
}

// evaluationLanes is how many examples are evaluated at once: their tile of logits and their inputs fit the second
// cache beside a block of U.
const evaluationLanes = 128

func newEvaluator(w *weights, unk int) *evaluator {
	e := &evaluator{w: w, unk: int32(unk), panel: newPanel(w, evaluationLanes)}
	e.rows, e.square = kernel.Make(16*w.us), kernel.Make(16*16)
	e.z = kernel.Make(min(blockRows, round16(w.vocab)) * e.ld)
	e.logit, e.bar, e.above = kernel.Make(e.ld), kernel.Make(e.ld), kernel.Make(e.ld)
	e.shift, e.sum = kernel.Make(e.ld), kernel.Make(e.ld)
	e.total = make([]float64, e.ld)
	return e
}

// part measures the chosen examples of p, all if chosen is nil. tick is called between panels, and its error ends the
// evaluation.
func (e *evaluator) part(p corpus.Part, chosen []int32, tick func() error) (Figures, error) {
	n := p.Len()
	if chosen != nil {
		n = len(chosen)
	}
	if n == 0 {
		return Figures{}, fmt.Errorf("trainer: evaluate: the part has no examples")
	}
	var t tally
	for i := 0; i < n; i += e.lanes {
		if err := tick(); err != nil {
			return Figures{}, err
		}
		count := min(e.lanes, n-i)
		for l := range count {
			at := i + l
			if chosen != nil {
				at = int(chosen[at])
			}
			p.Context(at, e.contexts[l*e.w.n:][:e.w.n])
			e.targets[l] = p.Target(at)
		}
		e.measure(count, &t)
	}
	f := t.figures()
	if math.IsNaN(f.Loss) || math.IsInf(f.Loss, 0) {
		return f, fmt.Errorf("evaluate: %w", ErrDiverged)
	}
	return f, nil
}

// tally adds up what panels measure, example by example, so that the sums do not depend on the panel's size.
type tally struct {
	n, known, first, top5 int64
	loss, lossKnown       float64
}

func (t *tally) figures() Figures {
	n, known := float64(t.n), float64(t.known)
	return Figures{
		Loss: t.loss / n, Perplexity: exponential(t.loss / n),
		Accuracy: float64(t.first) / known, Top5: float64(t.top5) / known,
		UnkShare: (n - known) / n, PerplexityKnown: exponential(t.lossKnown / known),
		Examples: t.n,
	}
}

// measure adds the first count examples of the panel to t.
func (e *evaluator) measure(count int, t *tally) {
	e.forward(e.w, count)
	e.targetLogits(count)
	clear(e.shift)
	if !e.totals(count) {
		e.findMaxima(count)
		e.totals(count)
	}
	for l, target := range e.targets[:count] {
		loss := logarithm(e.total[l]) + (float64(e.shift[l]) - float64(e.logit[l]))
		t.n++
		t.loss += loss
		if target == e.unk {
			continue
		}
		t.known++
		t.lossKnown += loss
		if e.above[l] < 1 {
			t.first++
		}
		if e.above[l] < 5 {
			t.top5++
		}
	}
}

// targetLogits computes the targets' logits before the others, by the same chain of operations and hence with the same
// bits, so that ranks are exact: sixteen lanes at a time against their sixteen rows of U, of which the diagonal counts.
func (e *evaluator) targetLogits(count int) {
	us := e.w.us
	for l := 0; l < count; l += 16 {
		n := min(16, count-l)
		for r, t := range e.targets[l : l+n] {
			copy(e.rows[r*us:][:us], e.w.U[int(t)*us:])
		}
		kernel.Gemm(e.square, 16, e.rows, us, 1, e.in[l:], e.ld, n, e.w.k, n, false)
		for r := range n {
			e.logit[l+r] = e.square[r*16+r]
		}
	}
}

// logits fills z with those of a block of the vocabulary.
func (e *evaluator) logits(v, rows, count int) {
	kernel.Gemm(e.z, e.ld, e.w.U[v*e.w.us:], e.w.us, 1, e.in, e.ld, rows, e.w.k, count, false)
}

// totals fills total with the sums of exp(logit - shift) and above with the number of symbols ranked before the
// target: those of a larger logit, and those of an equal one and a lower index. It reports whether every total can be
// trusted.
func (e *evaluator) totals(count int) bool {
	w := e.w
	clear(e.total)
	clear(e.above)
	for l, z := range e.logit[:count] {
		e.bar[l] = math.Nextafter32(z, float32(math.Inf(-1))) // equal logits count until the target is passed
	}
	for v := 0; v < w.vocab; v += blockRows {
		rows := min(blockRows, w.vocab-v)
		e.logits(v, rows, count)
		for l, t := range e.targets[:count] {
			if own := int(t) - v; uint(own) < uint(rows) {
				e.bar[l] = e.logit[l]
				for r := range own {
					if e.z[r*e.ld+l] == e.logit[l] {
						e.above[l]++
					}
				}
			}
		}
		kernel.CountAbove(e.z, e.ld, rows, count, e.bar, e.above)
		clear(e.sum)
		kernel.ExpRows(e.z, e.ld, rows, count, e.shift, nil, e.sum)
		for l, s := range e.sum[:count] {
			e.total[l] += float64(s)
		}
	}
	for _, s := range e.total[:count] {
		if !(s > leastSum && s < mostSum) {
			return false
		}
	}
	return true
}

// findMaxima sets shift to the largest logit of each lane.
func (e *evaluator) findMaxima(count int) {
	copy(e.shift, e.logit[:count])
	for v := 0; v < e.w.vocab; v += blockRows {
		rows := min(blockRows, e.w.vocab-v)
		e.logits(v, rows, count)
		kernel.MaxRows(e.z, e.ld, rows, count, e.shift)
	}
}

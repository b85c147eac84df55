package trainer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

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
// the vocabulary. Examples of the same context share a lane, for their logits are the same: of three words before the
// next, three in ten have come before.
type evaluator struct {
	w   *weights
	unk int32
	*panel

	targets []int32 // of the part's examples, in place of its own; nil: its own

	each *[]float32 // takes the loss of every example, in order; nil: nobody asks

	window  int         // examples among which those of one context are found
	order   []place     // of a window
	context []int32     // (n), of one example
	judged  []judgement // examples of the panel, by target
	z       []float32   // (blockRows, ld)
	high    []float32   // (lanes), the largest logit of a block
	top     []ranked    // (lanes, ranks), the likeliest symbols, the first of equals before the others
	shift   []float32
	sum     []float32 // of one block
	total   []float64 // of all blocks
	log     []float64 // of total
}

// judgement is what one example is about, and the logit of its target once that is known.
type judgement struct {
	lane, target int32
	example      int32
	logit        float32
}

// ranked is a symbol and its logit.
type ranked struct {
	symbol int32
	logit  float32
}

const (
	// evaluationWindow bounds what an evaluation holds: 24 MB.
	evaluationWindow = 1 << 20
	// evaluationLanes is how many contexts are evaluated at once: their tile of logits and their inputs fit the second
	// cache beside a block of U.
	evaluationLanes = 128
	ranks           = 5
)

func newEvaluator(w *weights, unk int) *evaluator {
	e := &evaluator{w: w, unk: int32(unk), panel: newPanel(w, evaluationLanes), window: evaluationWindow, context: make([]int32, w.n)}
	e.z = kernel.Make(min(blockRows, round16(w.vocab)) * e.ld)
	e.high, e.shift, e.sum = kernel.Make(e.ld), kernel.Make(e.ld), kernel.Make(e.ld)
	e.top = make([]ranked, e.lanes*ranks)
	e.total, e.log = make([]float64, e.lanes), make([]float64, e.lanes)
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
	if e.each != nil {
		*e.each = make([]float32, 0, n)
	}
	for from := 0; from < n; from += e.window {
		size := min(e.window, n-from)
		order := e.byContext(p, chosen, from, size)
		t.begin(size)
		for len(order) > 0 {
			if err := tick(); err != nil {
				return Figures{}, err
			}
			taken, lanes := e.fill(p, order)
			e.measure(lanes, &t)
			order = order[taken:]
		}
		t.end()
		if e.each != nil {
			for _, v := range t.judged {
				*e.each = append(*e.each, float32(v.loss))
			}
		}
	}
	f := t.figures()
	if math.IsNaN(f.Loss) || math.IsInf(f.Loss, 0) {
		return f, fmt.Errorf("evaluate: %w", ErrDiverged)
	}
	return f, nil
}

// index returns the place in a part of the i-th of the chosen examples.
func index(chosen []int32, i int) int {
	if chosen == nil {
		return i
	}
	return int(chosen[i])
}

// place is an example, by number in the window and by place in the part, and a hash of its context.
type place struct {
	hash        uint64
	example, at int32
}

// byContext sorts a window of the examples so that those of one context follow one another.
func (e *evaluator) byContext(p corpus.Part, chosen []int32, from, size int) []place {
	if cap(e.order) < size {
		e.order = make([]place, size)
	}
	order := e.order[:size]
	for i := range order {
		at := index(chosen, from+i)
		p.Context(at, e.context)
		h := uint64(0)
		for _, s := range e.context {
			h = mix(h ^ uint64(s))
		}
		order[i] = place{h, int32(i), int32(at)}
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.example, b.example))
	})
	return order
}

// fill takes examples from the front of order into the panel until its lanes are used up. It returns how many, and the
// lanes in use.
func (e *evaluator) fill(p corpus.Part, order []place) (taken, lanes int) {
	n := e.w.n
	e.judged = e.judged[:0]
	for _, x := range order {
		p.Context(int(x.at), e.context)
		if lanes == 0 || !slices.Equal(e.context, e.contexts[(lanes-1)*n:][:n]) {
			if lanes == e.lanes {
				break
			}
			copy(e.contexts[lanes*n:], e.context)
			lanes++
		}
		e.judged = append(e.judged, judgement{lane: int32(lanes - 1), target: e.target(p, int(x.at)), example: x.example})
		taken++
	}
	slices.SortFunc(e.judged, func(a, b judgement) int { return cmp.Compare(a.target, b.target) })
	return taken, lanes
}

// target is what example at of a part is judged by.
func (e *evaluator) target(p corpus.Part, at int) int32 {
	if e.targets != nil {
		return e.targets[at]
	}
	return p.Target(at)
}

// tally collects what panels measure. Losses are added up example by example, in order, so that the sums do not depend
// on the panels.
type tally struct {
	n, known, first, top5 int64
	loss, lossKnown       float64
	judged                []verdict // of the window
}

// verdict is the loss of one example, and whether its target is a known word.
type verdict struct {
	loss  float64
	known bool
}

// begin makes room for the next window of examples.
func (t *tally) begin(size int) {
	if cap(t.judged) < size {
		t.judged = make([]verdict, size)
	}
	t.judged = t.judged[:size]
}

// end adds the window's losses up.
func (t *tally) end() {
	t.n += int64(len(t.judged))
	for _, v := range t.judged {
		t.loss += v.loss
		if v.known {
			t.lossKnown += v.loss
		}
	}
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

// measure judges the examples of the panel, whose contexts are in the first lanes.
func (e *evaluator) measure(lanes int, t *tally) {
	e.forward(e.w, lanes)
	clear(e.shift)
	if !e.totals(lanes) {
		e.findMaxima(lanes)
		e.totals(lanes)
	}
	for l, s := range e.total[:lanes] {
		e.log[l] = logarithm(s) + float64(e.shift[l])
	}
	for _, j := range e.judged {
		known := j.target != e.unk
		t.judged[j.example] = verdict{e.log[j.lane] - float64(j.logit), known}
		if !known {
			continue
		}
		t.known++
		for r, x := range e.top[int(j.lane)*ranks:][:ranks] {
			if x.symbol == j.target {
				t.top5++
				if r == 0 {
					t.first++
				}
			}
		}
	}
}

// logits fills z with those of a block of the vocabulary.
func (e *evaluator) logits(v, rows, lanes int) {
	kernel.Gemm(e.z, e.ld, e.w.U[v*e.w.us:], e.w.us, 1, e.in, e.ld, rows, e.w.k, lanes, false)
}

// totals fills total with the sums of exp(logit - shift), top with the likeliest symbols, and the judgements with the
// logits of their targets. It reports whether every total can be trusted.
func (e *evaluator) totals(lanes int) bool {
	w := e.w
	clear(e.total)
	for i := range e.top {
		e.top[i] = ranked{-1, float32(math.Inf(-1))}
	}
	judged := e.judged
	for v := 0; v < w.vocab; v += blockRows {
		rows := min(blockRows, w.vocab-v)
		e.logits(v, rows, lanes)
		for len(judged) > 0 && int(judged[0].target) < v+rows {
			judged[0].logit = e.z[(int(judged[0].target)-v)*e.ld+int(judged[0].lane)]
			judged = judged[1:]
		}
		e.rank(v, rows, lanes)
		clear(e.sum)
		kernel.ExpRows(e.z, e.ld, rows, lanes, e.shift, nil, e.sum)
		for l, s := range e.sum[:lanes] {
			e.total[l] += float64(s)
		}
	}
	for _, s := range e.total[:lanes] {
		if !(s > leastSum && s < mostSum) {
			return false
		}
	}
	return true
}

// rank takes the logits in z, of symbols v and up, into top. Few blocks hold anything for a lane: common symbols come
// first, and the likeliest are mostly common.
func (e *evaluator) rank(v, rows, lanes int) {
	copy(e.high, e.z[:lanes])
	kernel.MaxRows(e.z, e.ld, rows, lanes, e.high)
	for l, h := range e.high[:lanes] {
		top := e.top[l*ranks:][:ranks]
		if h <= top[ranks-1].logit {
			continue
		}
		for r := range rows {
			x := ranked{int32(v + r), e.z[r*e.ld+l]}
			for k := range top {
				if x.logit > top[k].logit {
					copy(top[k+1:], top[k:])
					top[k] = x
					break
				}
			}
		}
	}
}

// findMaxima sets shift to the largest logit of each lane.
func (e *evaluator) findMaxima(lanes int) {
	for l := range lanes {
		e.shift[l] = float32(math.Inf(-1))
	}
	for v := 0; v < e.w.vocab; v += blockRows {
		rows := min(blockRows, e.w.vocab-v)
		e.logits(v, rows, lanes)
		kernel.MaxRows(e.z, e.ld, rows, lanes, e.shift)
	}
}

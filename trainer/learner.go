package trainer

import (
	"math"

	"sweep/trainer/internal/kernel"
)

// Constants of Adam, those of the paper and of every framework.
const (
	adamBeta1 = 0.9
	adamBeta2 = 0.999
	adamEps   = 1e-8

	adagradEps = 1e-10 // PyTorch's
)

// learner takes optimiser steps. It owns the weights, the optimiser's moments and all scratch; a step allocates
// nothing. What it does at step t depends on the weights, the moments, the batch and t alone.
type learner struct {
	cfg   Config
	w     *weights
	m, v  *weights // first and second moments; nil where the optimiser keeps none
	rules treatments
	aside [2][4][]float32 // columns set apart: of weights, both moments and gradient

	*panel
	rng stream

	// Output layer: its rows are those of w.U, or with a sampled loss those of the candidates, gathered.
	draws      *negatives
	candidates symbolSet
	rows       []float32 // (candidates, us), gathered from U
	weight     []float32 // of each candidate's exponential, multiplicity / (K q); 0 for mere targets
	at         []int32   // row of each lane's target
	e          []float32 // (rows, ld): exponentials, then the gradient of the logits up to a factor per lane
	packed     *packed   // the same and what it is multiplied with in bf16, e being one block's; nil in f32
	shift      []float32 // (lanes), subtracted from the logits before exp
	sum        []float32 // (lanes), of the exponentials other than the target's
	logit, own []float32 // (lanes), of the target, and its exponential
	scale      []float32 // (lanes), 1 / (S batch)

	din  []float32 // (h+1+xs, ld): gradient of [a, 1, x]; the row of ones has none
	keep []float32 // (h, ld): factor of dropout times the derivative of the activation
	bits []uint64  // 16 random ones for each of keep
	norm *norm     // batch norm; nil without
	gate *gate     // dropout on the input; nil without
	it   []float32 // (lanes, us): in, example by example, times scale
	dxt  []float32 // (lanes, xs), one-hot (lanes, cs): gradient of x or of the hidden layer's input, example by example
	xs   int

	frozen  []bool    // rows of C that stay as they are; nil: none
	touched symbolSet // rows of C in the batch, those that are frozen apart
	place   []int32   // (lanes, n), one-hot (n, lanes), of each context's symbol in touched
	dC      []float32 // (touched, cs), and a row for what frozen ones would get
	dH      []float32 // (h, hs)
	dU      []float32 // (blockRows, us)
	dN      []float32 // (ns)

	c1, c2 float32 // Adam's corrections of the bias at this step
	rate   float32

	watch               bool    // measure this step
	gradient, change    float64 // sums of squares, if watched
	saturated           float64 // share of |a| > saturation, if watched
	before              []float32
	gradNorm, moveRatio float64
}

const (
	blockRows  = 64      // rows of U at a time: a tile of logits of 32 KB at 128 lanes
	fewRows    = 1 << 17 // numbers of e up to which its columns are patched before the product with U
	absent     = -1e30   // a logit whose exponential is exactly 0
	saturation = 0.97
)

// newLearner returns a learner for the weights. counts are the symbols' occurrences, for the sampled loss.
func newLearner(cfg Config, w *weights, counts []int64) *learner {
	l := &learner{cfg: cfg, w: w, panel: newPanel(w, cfg.BatchSize)}
	keepM, keepV := moments(cfg.Optimizer)
	if keepM {
		l.m = w.like()
	}
	if keepV {
		l.v = w.like()
	}
	l.rules = newTreatments(cfg, w)
	for k := range max(len(l.rules.H.apart), len(l.rules.U.apart)) {
		for i := range l.aside[k] {
			l.aside[k][i] = kernel.Make(l.rules.scratch(w))
		}
	}
	ld, rows := l.ld, w.vocab
	if cfg.Loss == "sampled" {
		rows = min(rows, cfg.Negatives+cfg.BatchSize)
		l.draws = newNegatives(counts)
		l.candidates = newSymbolSet(w.vocab, rows)
		l.rows = kernel.Make(rows * w.us)
		l.weight = kernel.Make(rows)
	}
	l.at = make([]int32, l.lanes)
	if cfg.Precision == precisionPairs {
		l.packed = newPacked(w, l.panel, rows)
		rows = blockRows
	}
	l.e = kernel.Make(rows * ld)
	l.shift, l.sum, l.scale = kernel.Make(ld), kernel.Make(ld), kernel.Make(ld)
	l.logit, l.own = kernel.Make(ld), kernel.Make(ld)
	l.xs = round16(w.x)
	l.din = kernel.Make((w.h + 1 + l.xs) * ld)
	if cfg.Dropout > 0 {
		l.keep = kernel.Make(w.h * ld)
		l.bits = make([]uint64, len(l.keep)/4)
	}
	if w.norm {
		l.norm = newNorm(w, ld)
	}
	if cfg.InputDropout > 0 {
		l.gate = newGate(l.lanes * w.hs)
	}
	l.it = kernel.Make(l.lanes * w.us)
	if !w.fixed {
		width := l.xs
		if w.onehot {
			width = w.cs
		}
		l.dxt = kernel.Make(l.lanes * width)
		l.touched = newSymbolSet(w.rows, l.lanes*w.n)
		l.place = make([]int32, l.lanes*w.n)
		l.dC = kernel.Make((cap(l.touched.members) + 1) * w.cs)
	}
	l.dH = kernel.Make(len(w.H))
	l.dU = kernel.Make(blockRows * w.us)
	l.dN = kernel.Make(w.ns)
	l.before = kernel.Make(max(len(l.dU), len(l.dH), w.cs, w.ns))
	return l
}

// step trains on the batch in contexts and targets, as the step-th step, counted from 0, at a learning rate. It
// returns the batch's mean loss in nats, without weight decay: exact or sampled, as configured. With watch set it
// also leaves gradNorm, moveRatio and saturated.
func (l *learner) step(step int64, rate float64, watch bool) float64 {
	w := l.w
	l.rate, l.watch = float32(rate), watch
	l.gradient, l.change = 0, 0
	if l.m != nil && l.v != nil {
		l.c1 = float32(1 / (1 - integerPower(adamBeta1, step+1)))
		l.c2 = float32(1 / (1 - integerPower(adamBeta2, step+1)))
	}
	l.ascend(step)
	var loss float64
	if l.draws != nil {
		l.gather(step)
		loss = l.softmax(l.rows, len(l.candidates.members), l.weight)
	} else {
		copy(l.at, l.targets)
		loss = l.softmax(w.U, w.vocab, nil)
	}
	l.backward()
	l.updateOutput()
	l.updateHidden()
	if !w.fixed {
		l.updateEmbeddings()
	}
	if watch {
		l.gradNorm = math.Sqrt(l.gradient)
		l.moveRatio = math.Sqrt(l.change / sumSquares(0, w.trained()))
	}
	return loss
}

// ascend fills in with the batch's activations, as they are in training.
func (l *learner) ascend(step int64) {
	w := l.w
	l.lookup(w, l.lanes)
	if l.gate != nil {
		l.dropInputs(step)
	}
	l.spread(w, l.lanes)
	if w.h == 0 {
		return
	}
	l.join(w, l.lanes)
	if l.norm != nil {
		l.norm.forward(w, l.panel, step)
	}
	activate(w.activation, l.hidden(w))
	if l.watch {
		l.measureSaturation()
	}
	if l.keep != nil {
		l.drop(step)
	}
}

func (l *learner) measureSaturation() {
	n := saturated(l.w.activation, l.hidden(l.w), l.ld, l.w.h, l.lanes)
	l.saturated = float64(n) / float64(l.w.h*l.lanes)
}

// gather draws the step's negatives and collects the candidates: the batch's targets and then the negatives, each
// once, with the weight of its exponential, and its row of U.
func (l *learner) gather(step int64) {
	l.rng.key(l.cfg.Seed, forNegatives, step)
	l.candidates.clear()
	for i, t := range l.targets {
		at, added := l.candidates.add(t)
		if added {
			l.weight[at] = 0
		}
		l.at[i] = int32(at)
	}
	for range l.cfg.Negatives {
		at, added := l.candidates.add(l.draws.draw(&l.rng))
		if added {
			l.weight[at] = 0
		}
		l.weight[at]++
	}
	us, k := l.w.us, float64(l.cfg.Negatives)
	for r, v := range l.candidates.members {
		l.weight[r] = float32(float64(l.weight[r]) / float64(k*l.draws.q[v]))
	}
	kernel.Gather(l.rows, us, l.w.U, us, l.candidates.members, 1, us)
}

package trainer

import "sweep/trainer/internal/kernel"

// Optimisers. A gradient g becomes a step of the weight w; momentum keeps m beside it, adagrad v, adam and adamw both.
const (
	optSGD      = "sgd"      // w -= rate g
	optMomentum = "momentum" // m = momentum m + g; w -= rate m
	optAdagrad  = "adagrad"  // v += g^2; w -= rate g / (sqrt(v) + 1e-10)
	optAdam     = "adam"     // Kingma and Ba, 2015; weight decay is added to the gradient
	optAdamW    = "adamw"    // Loshchilov and Hutter, 2019; weight decay shrinks the weight itself, by rate times decay
)

// moments tells how many numbers an optimiser keeps beside a weight, in m and in v.
func moments(optimizer string) (m, v bool) {
	switch optimizer {
	case optMomentum:
		return true, false
	case optAdagrad:
		return false, true
	case optAdam, optAdamW:
		return true, true
	}
	return false, false
}

// treatment is how the rows of a matrix are updated: at a multiple of the learning rate, with weight decay, but for some
// columns apart.
type treatment struct {
	ratio, decay float32
	apart        []stretch
}

// stretch is neighbouring columns with a treatment of their own.
type stretch struct {
	first, count int
	ratio, decay float32
}

// treatments are those of all matrices. Biases and gamma are spared weight decay, and under the maximal update
// parametrisation only the weights from hidden neurons to the output have another rate than all others.
type treatments struct{ C, H, U, N treatment }

func newTreatments(c Config, w *weights) treatments {
	decay := float32(c.WeightDecay)
	t := treatments{
		C: treatment{ratio: 1, decay: decay}, H: treatment{ratio: 1, decay: decay},
		U: treatment{ratio: c.outputRatio(), decay: decay}, N: treatment{ratio: 1},
	}
	if decay != 0 {
		t.H.apart = []stretch{{w.x, 1, 1, 0}}
	}
	if decay != 0 || t.U.ratio != 1 {
		t.U.apart = []stretch{{w.h, 1, 1, 0}}
	}
	if t.U.ratio != 1 && w.direct {
		t.U.apart = append(t.U.apart, stretch{w.h + 1, w.x, 1, decay})
	}
	return t
}

// scratch is the numbers that columns set apart need, with rows at most blockRows of U or all of H.
func (t treatments) scratch(w *weights) int {
	n := 0
	for _, s := range t.H.apart {
		n = max(n, w.h*s.count)
	}
	for _, s := range t.U.apart {
		n = max(n, blockRows*s.count)
	}
	return n
}

// update applies the gradient g to rows of a matrix that starts at off in the weights.
//
// Rows of C that no example of the batch looks up, and of U that are no candidates of a sampled loss, stay as they are,
// moments included: they neither decay nor coast on, as the dense methods would have them.
func (l *learner) update(off, rows, stride int, g []float32, t treatment) {
	n := rows * stride
	g = g[:n]
	all := l.w.all[off:][:n]
	if l.watch {
		l.gradient = sumSquares(l.gradient, g)
		copy(l.before, all)
	}
	l.setApart(off, stride, rows, nil, g, t.apart)
	l.rule(off, g, t.ratio, t.decay)
	l.putBack(off, stride, rows, nil, t.apart)
	if l.watch {
		for i, x := range all {
			d := float64(x) - float64(l.before[i])
			l.change += float64(d * d)
		}
	}
}

// updateLines applies the gradients g to the rows of a matrix, at off in the weights, whose numbers are in at.
func (l *learner) updateLines(off, stride int, at []int32, g []float32, t treatment) {
	if l.watch {
		for r, i := range at {
			l.update(off+int(i)*stride, 1, stride, g[r*stride:], t)
		}
		return
	}
	l.setApart(off, stride, len(at), at, g, t.apart)
	l.lines(off, stride, at, g, t.ratio, t.decay)
	l.putBack(off, stride, len(at), at, t.apart)
}

// lines takes the optimiser's step on whole rows of a matrix.
func (l *learner) lines(off, stride int, at []int32, g []float32, ratio, decay float32) {
	w := l.w.all[off:]
	switch l.cfg.Optimizer {
	case optSGD:
		kernel.SGDLines(w, stride, at, stride, g, stride, l.rate*ratio, decay)
		return
	case optAdamW:
		if decay != 0 {
			for _, i := range at {
				shrink(w[int(i)*stride:][:stride], l.rate*ratio, decay)
			}
			decay = 0
		}
		fallthrough
	case optAdam:
		kernel.AdamLines(w, l.m.all[off:], l.v.all[off:], stride, at, stride, g, stride,
			l.rate*ratio, adamBeta1, adamBeta2, adamEps, l.c1, l.c2, decay)
		return
	}
	for r, i := range at {
		l.rule(off+int(i)*stride, g[r*stride:][:stride], ratio, decay)
	}
}

// rule takes the optimiser's step on the weights from off on, one for each number of g.
func (l *learner) rule(off int, g []float32, ratio, decay float32) {
	part := func(w *weights) []float32 {
		if w == nil {
			return nil
		}
		return w.all[off:][:len(g)]
	}
	l.move(part(l.w), part(l.m), part(l.v), g, ratio, decay)
}

// move takes the optimiser's step on weights with their moments, nil where it keeps none.
func (l *learner) move(w, m, v, g []float32, ratio, decay float32) {
	rate := l.rate * ratio
	switch l.cfg.Optimizer {
	case optSGD:
		kernel.SGD(w, g, rate, decay)
	case optMomentum:
		kernel.Momentum(w, m, g, rate, float32(l.cfg.Momentum), decay)
	case optAdagrad:
		kernel.Adagrad(w, v, g, rate, adagradEps, decay)
	case optAdamW:
		if decay != 0 {
			shrink(w, rate, decay)
		}
		kernel.Adam(w, m, v, g, rate, adamBeta1, adamBeta2, adamEps, l.c1, l.c2, 0)
	default:
		kernel.Adam(w, m, v, g, rate, adamBeta1, adamBeta2, adamEps, l.c1, l.c2, decay)
	}
}

// shrink is the weight decay of adamw.
func shrink(w []float32, rate, decay float32) {
	f := 1 - float32(rate*decay)
	for i := range w {
		w[i] *= f
	}
}

// setApart copies stretches of columns out of rows, those named by at or all, with moments and gradient, and steps the
// copies by their own treatment. putBack overwrites with them what the step of whole rows has made of the columns.
func (l *learner) setApart(off, stride, rows int, at []int32, g []float32, apart []stretch) {
	for k, s := range apart {
		var c [4][]float32
		for i, src := range l.columns(off) {
			if src != nil {
				c[i] = l.aside[k][i][:rows*s.count]
				copyColumns(c[i], src, stride, at, s, false)
			}
		}
		c[3] = l.aside[k][3][:rows*s.count]
		copyColumns(c[3], g, stride, nil, s, false)
		l.move(c[0], c[1], c[2], c[3], s.ratio, s.decay)
	}
}

func (l *learner) putBack(off, stride, rows int, at []int32, apart []stretch) {
	for k, s := range apart {
		for i, dst := range l.columns(off) {
			if dst != nil {
				copyColumns(l.aside[k][i][:rows*s.count], dst, stride, at, s, true)
			}
		}
	}
}

// columns are the weights and their moments from off on.
func (l *learner) columns(off int) [3][]float32 {
	var c [3][]float32
	for i, w := range []*weights{l.w, l.m, l.v} {
		if w != nil {
			c[i] = w.all[off:]
		}
	}
	return c
}

// copyColumns copies a stretch of the columns of a matrix to packed rows, or back.
func copyColumns(packed, matrix []float32, stride int, at []int32, s stretch, back bool) {
	for r := range len(packed) / s.count {
		line := r
		if at != nil {
			line = int(at[r])
		}
		row, p := matrix[line*stride+s.first:][:s.count], packed[r*s.count:][:s.count]
		if back {
			copy(row, p)
		} else {
			copy(p, row)
		}
	}
}

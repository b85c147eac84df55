package trainer

import "sweep/trainer/internal/kernel"

// backward takes the gradient in din down to the inputs: through the hidden layer, whose rows of din become those of
// the argument of tanh, to x. It reads H before it is updated.
func (l *learner) backward() {
	w := l.w
	x := l.din[(w.h+1)*l.ld:]
	if w.h == 0 {
		return // the direct connections have filled x
	}
	da := l.din[:w.h*l.ld]
	if l.keep != nil {
		for i, k := range l.keep {
			da[i] *= k
		}
	} else {
		kernel.TanhGrad(da, l.hidden(w))
	}
	kernel.Gemm(x, l.ld, w.H[1:], 1, w.hs, da, l.ld, w.x, w.h, l.lanes, w.direct)
}

// updateOutput computes the gradient of U block by block and applies it while it is hot. With a sampled loss only the
// candidates' rows move.
func (l *learner) updateOutput() {
	w := l.w
	// dU = e (in * scale)^T: the factor per lane goes into the smaller matrix.
	kernel.ScaleLanes(l.in, l.ld, w.k, l.lanes, l.scale)
	kernel.Transpose(l.it, w.us, l.in, l.ld, w.k, l.lanes)
	l.setOnes(w)
	rows := w.vocab
	if l.draws != nil {
		rows = len(l.candidates.members)
	}
	for v := 0; v < rows; v += blockRows {
		n := min(blockRows, rows-v)
		kernel.Gemm(l.dU, w.us, l.e[v*l.ld:], l.ld, 1, l.it, w.us, n, l.lanes, w.us, false)
		if l.draws == nil {
			l.update(w.offU()+v*w.us, n, w.us, w.h, l.dU)
			continue
		}
		for r, s := range l.candidates.members[v : v+n] {
			l.update(w.offU()+int(s)*w.us, 1, w.us, w.h, l.dU[r*w.us:])
		}
	}
}

// updateHidden computes and applies the gradient of H and d.
func (l *learner) updateHidden() {
	w := l.w
	kernel.Gemm(l.dH, w.hs, l.din, l.ld, 1, l.xt, w.hs, w.h, l.lanes, w.hs, false)
	l.update(w.offH(), w.h, w.hs, 0, l.dH)
}

// updateEmbeddings adds up the gradients of the rows of C that the batch has looked up, and applies them.
func (l *learner) updateEmbeddings() {
	w := l.w
	kernel.Transpose(l.dxt, l.xs, l.din[(w.h+1)*l.ld:], l.ld, w.x, l.lanes)
	l.touched.clear()
	for i := range l.lanes {
		for j, s := range l.contexts[i*w.n:][:w.n] {
			g := l.dxt[i*l.xs+j*w.m:][:w.m]
			at, added := l.touched.add(s)
			sum := l.dC[at*w.cs:][:len(g)]
			if added {
				copy(sum, g)
				continue
			}
			for c, x := range g {
				sum[c] += x
			}
		}
	}
	for at, s := range l.touched.members {
		l.update(int(s)*w.cs, 1, w.cs, -1, l.dC[at*w.cs:])
	}
}

// update applies the gradient g to rows of a matrix that starts at off in the weights. The column named bias, if not
// negative, is spared weight decay.
//
// With Adam rows of C that no example of the batch looks up, and of U that are no candidates of a sampled loss, stay as
// they are, moments included: they neither decay nor coast on, as the dense method would have them.
func (l *learner) update(off, rows, stride, bias int, g []float32) {
	n := rows * stride
	g = g[:n]
	all := l.w.all[off:][:n]
	if l.watch {
		l.gradient = sumSquares(l.gradient, g)
		copy(l.before, all)
	}
	decay := float32(l.cfg.WeightDecay)
	if decay == 0 || bias < 0 {
		l.rule(all, l.moment(l.m, off, n), l.moment(l.v, off, n), g, decay)
	} else {
		l.updateSparing(off, rows, stride, bias, g, decay)
	}
	if l.watch {
		for i, x := range all {
			d := float64(x) - float64(l.before[i])
			l.change += float64(d * d)
		}
	}
}

// moment returns the part of the moments that belongs to weights; nil where the optimiser keeps none.
func (l *learner) moment(m *weights, off, n int) []float32 {
	if m == nil {
		return nil
	}
	return m.all[off:][:n]
}

// rule takes the optimiser's step on n weights with their moments and gradient.
func (l *learner) rule(w, m, v, g []float32, decay float32) {
	if m == nil {
		kernel.SGD(w, g, l.rate, decay)
		return
	}
	kernel.Adam(w, m, v, g, l.rate, adamBeta1, adamBeta2, adamEps, l.c1, l.c2, decay)
}

// updateSparing steps the whole rows with decay, and then the column of biases, set apart before, without.
func (l *learner) updateSparing(off, rows, stride, bias int, g []float32, decay float32) {
	n := rows * stride
	all, m, v := l.w.all[off:][:n], l.moment(l.m, off, n), l.moment(l.v, off, n)
	room := len(l.bias) / 4
	var column [4][]float32 // of the weights, both moments and the gradient
	for i, src := range [][]float32{all, m, v, g} {
		if src == nil {
			continue
		}
		column[i] = l.bias[i*room:][:rows]
		for r := range rows {
			column[i][r] = src[r*stride+bias]
		}
	}
	l.rule(all, m, v, g, decay)
	l.rule(column[0], column[1], column[2], column[3], 0)
	for i, dst := range [][]float32{all, m, v} {
		for r, x := range column[i] {
			dst[r*stride+bias] = x
		}
	}
}

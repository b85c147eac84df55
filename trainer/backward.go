package trainer

import "sweep/trainer/internal/kernel"

// backward takes the gradient in din down to the inputs: through the hidden layer, whose rows of din become those of
// the argument of tanh, to x. On the way the factors of the lanes go in. It reads H before it is updated.
func (l *learner) backward() {
	w := l.w
	x := l.din[(w.h+1)*l.ld:]
	if w.direct && !w.fixed { // the direct connections have filled x
		kernel.ScaleLanes(x, l.ld, w.x, l.lanes, l.scale)
	}
	if w.h == 0 {
		return
	}
	da := l.din[:w.h*l.ld]
	switch {
	case l.keep != nil:
		kernel.ScaleLanes(da, l.ld, w.h, l.lanes, l.scale)
		kernel.Mul(da, l.keep)
	case w.activation == actTanh:
		kernel.TanhGrad(da, l.hidden(w), l.ld, w.h, l.lanes, l.scale)
	default:
		kernel.ScaleLanes(da, l.ld, w.h, l.lanes, l.scale)
		multiplySlope(w.activation, da, l.hidden(w))
	}
	if l.norm != nil {
		l.norm.backward(w, l.panel, da)
	}
	if w.x > 0 && !w.fixed {
		kernel.Gemm(x, l.ld, w.H, 1, w.hs, da, l.ld, w.x, w.h, l.lanes, w.direct)
	}
}

// updateOutput computes the gradient of U block by block and applies it while it is hot. With a sampled loss only the
// candidates' rows move.
func (l *learner) updateOutput() {
	w := l.w
	// dU = e (in * scale)^T: the factor per lane goes into the smaller matrix.
	if w.direct {
		kernel.Transpose(l.it, w.us, l.in, l.ld, w.k, l.lanes, l.scale)
	} else { // the row of ones by hand: eight rows at a time are fast
		kernel.Transpose(l.it, w.us, l.in, l.ld, w.h, l.lanes, l.scale)
		for i, s := range l.scale[:l.lanes] {
			l.it[i*w.us+w.h] = s
		}
	}
	rows := w.vocab
	if l.draws != nil {
		rows = len(l.candidates.members)
	}
	if l.packed != nil {
		kernel.PackColumns(l.packed.it, w.us, l.it, w.us, l.lanes, w.us)
	}
	for v := 0; v < rows; v += blockRows {
		n := min(blockRows, rows-v)
		if l.packed != nil {
			l.packed.gradient(w, l.panel, l.dU, v, n)
		} else {
			kernel.Gemm(l.dU, w.us, l.e[v*l.ld:], l.ld, 1, l.it, w.us, n, l.lanes, w.us, false)
		}
		if l.draws == nil {
			l.update(w.offU()+v*w.us, n, w.us, w.h, l.dU, float32(l.cfg.WeightDecay))
		} else {
			l.updateLines(w.offU(), w.us, l.candidates.members[v:v+n], w.h, l.dU)
		}
	}
}

// updateHidden computes and applies the gradient of H and d.
func (l *learner) updateHidden() {
	w := l.w
	kernel.Gemm(l.dH, w.hs, l.din, l.ld, 1, l.xt, w.hs, w.h, l.lanes, w.hs, false)
	decay := float32(l.cfg.WeightDecay)
	if l.norm != nil { // d is added after normalisation
		for j, g := range l.norm.dBeta {
			l.dH[j*w.hs+w.x] = g
		}
	}
	l.update(w.offH(), w.h, w.hs, w.x, l.dH, decay)
	if l.norm != nil {
		copy(l.dN, l.norm.dGamma)
		l.update(w.offN(), 1, w.ns, -1, l.dN, 0)
	}
}

// updateEmbeddings adds up the gradients of the rows of C that the batch has looked up, and applies them.
func (l *learner) updateEmbeddings() {
	w := l.w
	if w.onehot {
		l.updateColumns()
		return
	}
	kernel.Transpose(l.dxt, l.xs, l.din[(w.h+1)*l.ld:], l.ld, l.xs, l.lanes, nil)
	if l.gate != nil {
		l.gate.multiply(w, l.dxt, l.xs)
	}
	l.touched.clear()
	nowhere := cap(l.touched.members) // the row behind all others
	for i, s := range l.contexts {
		at := nowhere
		if l.frozen == nil || !l.frozen[s] {
			at, _ = l.touched.add(s)
		}
		l.place[i] = int32(at)
	}
	clear(l.dC[:len(l.touched.members)*w.cs])
	clear(l.dC[nowhere*w.cs:])
	kernel.ScatterAdd(l.dC, w.cs, l.dxt, l.xs, l.place, w.n, w.m)
	l.updateLines(0, w.cs, l.touched.members, -1, l.dC)
}

// updateColumns does the same for the columns of H that one-hot inputs have chosen: each has the gradient of the hidden
// layer's input.
func (l *learner) updateColumns() {
	w := l.w
	kernel.Transpose(l.dxt, w.cs, l.din, l.ld, w.h, l.lanes, nil)
	l.touched.clear()
	for i, s := range l.contexts {
		at, _ := l.touched.add(int32(i%w.n*w.vocab) + s)
		l.place[i%w.n*l.lanes+i/w.n] = int32(at)
	}
	clear(l.dC[:len(l.touched.members)*w.cs])
	for k := range w.n {
		kernel.ScatterAdd(l.dC, w.cs, l.dxt, w.cs, l.place[k*l.lanes:][:l.lanes], 1, w.h)
	}
	l.updateLines(0, w.cs, l.touched.members, -1, l.dC)
}

// updateLines applies the gradients g to the rows of a matrix, at off in the weights, whose numbers are in at.
func (l *learner) updateLines(off, stride int, at []int32, bias int, g []float32) {
	decay := float32(l.cfg.WeightDecay)
	switch {
	case l.watch || decay != 0 && bias >= 0:
		for r, i := range at {
			l.update(off+int(i)*stride, 1, stride, bias, g[r*stride:], decay)
		}
	case l.m == nil:
		kernel.SGDLines(l.w.all[off:], stride, at, stride, g, stride, l.rate, decay)
	default:
		kernel.AdamLines(l.w.all[off:], l.m.all[off:], l.v.all[off:], stride, at, stride, g, stride,
			l.rate, adamBeta1, adamBeta2, adamEps, l.c1, l.c2, decay)
	}
}

// update applies the gradient g, with weight decay, to rows of a matrix that starts at off in the weights. The column
// named bias, if not negative, is spared the decay.
//
// With Adam rows of C that no example of the batch looks up, and of U that are no candidates of a sampled loss, stay as
// they are, moments included: they neither decay nor coast on, as the dense method would have them.
func (l *learner) update(off, rows, stride, bias int, g []float32, decay float32) {
	n := rows * stride
	g = g[:n]
	all := l.w.all[off:][:n]
	if l.watch {
		l.gradient = sumSquares(l.gradient, g)
		copy(l.before, all)
	}
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

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
			l.update(w.offU()+v*w.us, n, w.us, l.dU, l.rules.U)
		} else {
			l.updateLines(w.offU(), w.us, l.candidates.members[v:v+n], l.dU, l.rules.U)
		}
	}
}

// updateHidden computes and applies the gradient of H and d.
func (l *learner) updateHidden() {
	w := l.w
	kernel.Gemm(l.dH, w.hs, l.din, l.ld, 1, l.xt, w.hs, w.h, l.lanes, w.hs, false)
	if l.norm != nil { // d is added after normalisation
		for j, g := range l.norm.dBeta {
			l.dH[j*w.hs+w.x] = g
		}
	}
	l.update(w.offH(), w.h, w.hs, l.dH, l.rules.H)
	if l.norm != nil {
		copy(l.dN, l.norm.dGamma)
		l.update(w.offN(), 1, w.ns, l.dN, l.rules.N)
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
	l.updateLines(0, w.cs, l.touched.members, l.dC, l.rules.C)
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
	l.updateLines(0, w.cs, l.touched.members, l.dC, l.rules.C)
}

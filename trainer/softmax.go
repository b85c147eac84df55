package trainer

import "sweep/trainer/internal/kernel"

// Range of a sum of exponentials that is trusted without subtracting the largest logit first. Below it the flush of
// tiny exponentials may have lost a part of the sum; above it products with it may overflow.
const (
	leastSum = 1e-20
	mostSum  = 1e30
)

// softmax runs the output layer forward and back over the rows of u (rows, us), of which row at[i] is lane i's
// target. weight scales each row's exponential, except a target's own; nil stands for 1. It returns the mean loss
//
//	ln(e^z_t + sum over v != t of weight_v e^z_v) - z_t
//
// and leaves in e and din, both yet to be multiplied by the lanes' scale, the gradient of the mean loss with respect to
// the logits and to in.
func (l *learner) softmax(u []float32, rows int, weight []float32) float64 {
	clear(l.shift)
	if l.packed != nil {
		kernel.PackColumns(l.packed.in, l.ld, l.in, l.ld, l.w.k, l.lanes)
	}
	if !l.exponentials(u, rows, weight) {
		l.findMaxima(u, rows, weight)
		l.exponentials(u, rows, weight)
	}
	loss := 0.0
	product := 1.0 // of up to eight sums, each of which is trusted to lie within 1e-20 and 1e30: one logarithm for all
	for i, s := range l.sum[:l.lanes] {
		all := s + l.own[i]
		loss += float64(l.shift[i]) - float64(l.logit[i])
		product = float64(product * float64(all))
		if i%8 == 7 || i == l.lanes-1 {
			loss += logarithm(product)
			product = 1
		}
		l.scale[i] = 1 / float32(all*float32(l.lanes))
		// The target's gradient, own - all, without the cancellation.
		if t := int(l.at[i]); l.packed != nil {
			kernel.SetPair(l.packed.e[t*l.packed.ep:], i, -s)
		} else {
			l.e[t*l.ld+i] = -s
		}
	}
	w := l.w
	if l.together(rows) {
		kernel.Gemm(l.din, l.ld, u, 1, w.us, l.e, l.ld, l.inputs(), rows, l.lanes, false)
	} else {
		l.addTargets(u)
	}
	return loss / float64(l.lanes)
}

// together reports whether e is small enough to stay in the cache, so that the product with U can wait until the
// targets are in their places.
func (l *learner) together(rows int) bool { return l.packed == nil && rows*l.ld <= fewRows }

// inputs returns how many rows of in have a gradient that is asked for: the hidden layer's, and with direct
// connections all (the row of ones among them, whose gradient nobody reads).
func (l *learner) inputs() int {
	if l.w.direct && !l.w.fixed {
		return l.w.k
	}
	return l.w.h
}

// exponentials fills e with weight * exp(logit - shift), 0 at the targets, whose logits it sets apart, and sum with
// the totals; own is the target's exponential. If e does not fit the cache it also multiplies each block with U while it
// is hot. It reports whether every total, the target's exponential included, can be trusted.
func (l *learner) exponentials(u []float32, rows int, weight []float32) bool {
	w := l.w
	clear(l.sum)
	hot := !l.together(rows)
	for v := 0; v < rows; v += blockRows {
		n := min(blockRows, rows-v)
		block := u[v*w.us:]
		z := l.logits(block, v, n)
		for i, t := range l.at {
			if r := int(t) - v; uint(r) < uint(n) {
				l.logit[i] = z[r*l.ld+i]
				z[r*l.ld+i] = absent
			}
		}
		var factor []float32
		if weight != nil {
			factor = weight[v : v+n]
			l.silence(z, factor)
		}
		kernel.ExpRows(z, l.ld, n, l.lanes, l.shift, factor, l.sum)
		switch {
		case l.packed != nil:
			l.packed.back(w, l.panel, l.din, z, block, v, n, l.inputs())
		case hot:
			kernel.Gemm(l.din, l.ld, block, 1, w.us, z, l.ld, l.inputs(), n, l.lanes, v > 0)
		}
	}
	trusted := true
	copy(l.own, l.logit)
	clear(l.scale) // nobody asks for the sum
	kernel.ExpRows(l.own, l.ld, 1, l.lanes, l.shift, nil, l.scale)
	for i, s := range l.sum[:l.lanes] {
		if all := s + l.own[i]; !(all > leastSum && all < mostSum) {
			trusted = false
		}
	}
	return trusted
}

// silence makes the exponentials exactly 0 of candidates that do not count, mere targets of other lanes: a logit of theirs
// may lie so far above the lane's shift that its exponential is infinite, and 0 times that is no number.
func (l *learner) silence(z, weight []float32) {
	for r, f := range weight {
		if f == 0 {
			row := z[r*l.ld:][:l.lanes]
			for i := range row {
				row[i] = absent
			}
		}
	}
}

// logits returns those of n rows of u, which begin with row v of the output layer: where their exponentials will stay, or
// in scratch if those are packed.
func (l *learner) logits(u []float32, v, n int) []float32 {
	if l.packed != nil {
		l.packed.logits(l.w, l.panel, l.e, u, n)
		return l.e
	}
	z := l.e[v*l.ld:]
	kernel.Gemm(z, l.ld, u, l.w.us, 1, l.in, l.ld, n, l.w.k, l.lanes, false)
	return z
}

// findMaxima sets shift to the largest logit of each lane among its target and the rows that count.
func (l *learner) findMaxima(u []float32, rows int, weight []float32) {
	w := l.w
	copy(l.shift, l.logit[:l.lanes])
	for v := 0; v < rows; v += blockRows {
		n := min(blockRows, rows-v)
		z := l.logits(u[v*w.us:], v, n)
		if weight == nil {
			kernel.MaxRows(z, l.ld, n, l.lanes, l.shift)
			continue
		}
		for r, f := range weight[v : v+n] {
			if f > 0 { // a candidate that is a mere target of other lanes does not count
				kernel.MaxRows(z[r*l.ld:], l.ld, 1, l.lanes, l.shift)
			}
		}
	}
}

// addTargets adds the targets' part to din, where the blocks of U were multiplied before it was known.
func (l *learner) addTargets(u []float32) {
	w := l.w
	for i, t := range l.at {
		g := -l.sum[i]
		row := u[int(t)*w.us:][:l.inputs()]
		for c, x := range row {
			l.din[c*l.ld+i] += float32(g * x)
		}
	}
}

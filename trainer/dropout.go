package trainer

import "sweep/trainer/internal/kernel"

// drop zeroes a share of the hidden activations and scales the others up, so that their expectation stays. It leaves
// in keep the derivative of the dropped activation with respect to its input.
func (l *learner) drop(step int64) {
	l.throw(forDropout, step, l.bits)
	threshold, factor := dropThreshold(l.cfg.Dropout)
	a := l.hidden(l.w)
	if l.w.activation == actTanh {
		kernel.Dropout(a, l.keep, l.bits, threshold, factor)
		return
	}
	for i := range l.keep {
		l.keep[i] = 1
	}
	multiplySlope(l.w.activation, l.keep, a)
	for i, x := range a {
		f := factor
		if dropped(l.bits, i, threshold) {
			f = 0
		}
		a[i] = x * f
		l.keep[i] *= f
	}
}

// dropped reports whether number i is, by 16 bits a number.
func dropped(bits []uint64, i int, threshold uint16) bool {
	return uint16(bits[i/4]>>(i%4*16)) < threshold
}

// throw draws the step's random bits for a purpose.
func (l *learner) throw(p purpose, step int64, bits []uint64) {
	l.rng.key(l.cfg.Seed, p, step)
	for i := range bits {
		bits[i] = l.rng.pcg.Uint64()
	}
}

// dropThreshold turns a share into the 16-bit number below which an activation is dropped, and the factor of those
// that are kept, which is exact for the share that 16 bits can express.
func dropThreshold(share float64) (threshold uint16, factor float32) {
	threshold = uint16(float64(share*65536) + 0.5)
	return threshold, float32(65536 / (65536 - float64(threshold)))
}

// gate is dropout on the input: a number of a context's vectors is dropped for the whole network, hidden layer and direct
// connections alike.
type gate struct {
	mask []float32 // (lanes, hs), example by example, like xt
	bits []uint64
}

func newGate(n int) *gate { return &gate{make([]float32, n), make([]uint64, n/4)} }

// dropInputs drops a share of xt, the column of ones apart.
func (l *learner) dropInputs(step int64) {
	l.throw(forInputDropout, step, l.gate.bits)
	threshold, factor := dropThreshold(l.cfg.InputDropout)
	for i := range l.gate.mask {
		l.gate.mask[i] = factor
		if dropped(l.gate.bits, i, threshold) {
			l.gate.mask[i] = 0
		}
	}
	l.gate.multiply(l.w, l.xt, l.w.hs)
}

// multiply applies the mask to numbers of x, example by example in rows of that stride.
func (g *gate) multiply(w *weights, x []float32, stride int) {
	for at := 0; at < len(x)/stride; at++ {
		row := x[at*stride:][:w.x]
		for i, f := range g.mask[at*w.hs:][:w.x] {
			row[i] *= f
		}
	}
}

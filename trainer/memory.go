package trainer

// Memory returns about how many bytes one training of a model over vocab symbols holds beside its data: the weights with
// what the optimiser and select keep of them, and what a step and an evaluation work in. c must be completed and valid.
func (c Config) Memory(vocab int) int64 {
	w := shapeOf(c, vocab)
	copies := int64(1)
	m, v := moments(c.Optimizer)
	if m {
		copies++
	}
	if v {
		copies++
	}
	if c.Select == "best" {
		copies++
	}
	kept := int64(0)
	if c.Snapshots {
		kept = int64(len(snapshotPercents)) * int64(w.rows) * int64(w.cs)
	}
	return 4 * (copies*w.numbers() + kept + w.stepNumbers(c) + w.panelNumbers(evaluationLanes))
}

// numbers is how many numbers the weights are, padding included.
func (w *weights) numbers() int64 {
	return int64(w.rows)*int64(w.cs) + int64(w.vocab)*int64(w.us) + int64(w.h)*int64(w.hs) + 3*int64(w.ns)
}

// panelNumbers is how many numbers a panel of that many lanes holds.
func (w *weights) panelNumbers(lanes int) int64 {
	return int64(lanes)*int64(w.hs+w.n+1) + int64(w.h+1+w.hs)*int64(stride(lanes))
}

// stepNumbers is how many numbers, of 32 bits, a learner holds beside weights and moments.
func (w *weights) stepNumbers(c Config) int64 {
	lanes, ld, rows := int64(c.BatchSize), int64(stride(c.BatchSize)), int64(w.vocab)
	us, h, vocab := int64(w.us), int64(w.h), int64(w.vocab)
	xs := int64(round16(w.x))
	n := w.panelNumbers(c.BatchSize)
	n += (h+1+xs)*ld + lanes*(us+xs+int64(w.n)) // din, it, dxt, place
	n += 2*h*int64(w.hs) + 2*blockRows*us       // dH, dU and before
	if !w.fixed {
		rows := int64(w.rows)
		n += rows + min(lanes*int64(w.n), rows)*int64(w.cs+1) + int64(w.cs)
	}
	rules := newTreatments(c, w)
	n += 4 * int64(max(len(rules.H.apart), len(rules.U.apart))) * int64(rules.scratch(w))
	if w.onehot {
		n += lanes * int64(w.cs)
	}
	if w.norm {
		n += h*ld + 3*h
	}
	if c.InputDropout > 0 {
		n += lanes * int64(w.hs) * 5 / 2
	}
	if c.Loss == "sampled" {
		rows = min(rows, int64(c.Negatives)+lanes)
		n += 7*vocab + rows*(us+2) // the draw, candidates and their rows of U
	}
	if c.Dropout > 0 {
		n += h * ld * 3 / 2
	}
	if c.Precision == precisionPairs {
		return n + rows*ld/2 + blockRows*(ld*3/2+us) + int64(w.k+1)/2*ld + (lanes+1)/2*us
	}
	return n + rows*ld
}

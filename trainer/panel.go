package trainer

import "sweep/trainer/internal/kernel"

// panel holds a batch of examples on its way up to the output layer. Examples are lanes: a column of in is one
// example, so that every product broadcasts a weight and multiplies a vector of examples.
type panel struct {
	lanes int // examples that it has room for
	ld    int // stride of in: lanes rounded up to whole vectors

	contexts []int32 // (lanes, n)
	targets  []int32 // (lanes)

	xt  []float32 // (lanes, hs): [x, 1], example by example, as gathered from C
	sum []float32 // (h), one-hot: columns of H added up
	in  []float32 // (h+1+hs, ld): [a, 1, x, 1]^T, of which the output layer sees [a, 1] or [a, 1, x], the hidden one [x, 1]
}

func newPanel(w *weights, lanes int) *panel {
	p := &panel{
		lanes: lanes, ld: stride(lanes),
		contexts: make([]int32, lanes*w.n), targets: make([]int32, lanes),
		xt: kernel.Make(lanes * w.hs),
	}
	if w.onehot {
		p.sum = make([]float32, w.h)
	}
	p.in = kernel.Make((w.h + 1 + w.hs) * p.ld)
	for l := range lanes {
		p.xt[l*w.hs+w.x] = 1
	}
	ones := p.in[w.h*p.ld:][:p.lanes] // what multiplies the biases
	for l := range ones {
		ones[l] = 1
	}
	return p
}

// hidden returns the rows of in that are the hidden layer, (h, ld).
func (p *panel) hidden(w *weights) []float32 { return p.in[:w.h*p.ld] }

// forward looks the first count contexts up and fills in with their activations, as a trained network does.
func (p *panel) forward(w *weights, count int) {
	p.lookup(w, count)
	p.spread(w, count)
	if w.h == 0 {
		return
	}
	p.join(w, count)
	if w.norm {
		p.standardize(w, count)
	}
	activate(w.activation, p.hidden(w))
}

// lookup fills xt with the vectors of the first count contexts.
func (p *panel) lookup(w *weights, count int) {
	if w.m > 0 {
		kernel.Gather(p.xt, w.hs, w.C, w.cs, p.contexts[:count*w.n], w.n, w.m)
	}
}

// spread turns xt into the rows of x, an example a lane.
func (p *panel) spread(w *weights, count int) {
	kernel.Transpose(p.in[(w.h+1)*p.ld:], p.ld, p.xt, w.hs, count, w.hs, nil)
}

// join fills the hidden rows with H x + d, or with H x alone where batch norm follows, which adds d afterwards.
func (p *panel) join(w *weights, count int) {
	x, width := p.in[(w.h+1)*p.ld:], w.x+1
	if w.norm {
		width = w.x
	}
	if width > 0 {
		kernel.Gemm(p.in, p.ld, w.H, w.hs, 1, x, p.ld, w.h, width, count, false)
	} else {
		clear(p.hidden(w))
	}
	if w.onehot {
		p.addColumns(w, count)
	}
}

// addColumns adds the columns of H that one-hot inputs choose: for each symbol of a context the row of C that belongs to
// it at its position.
func (p *panel) addColumns(w *weights, count int) {
	for l := range count {
		sum := p.sum[:w.h]
		clear(sum)
		for k, s := range p.contexts[l*w.n:][:w.n] {
			for j, x := range w.C[(k*w.vocab+int(s))*w.cs:][:w.h] {
				sum[j] += x
			}
		}
		for j, x := range sum {
			p.in[j*p.ld+l] += x
		}
	}
}

// stride is the distance between rows of that many lanes: whole vectors, and from 64 lanes on an odd number of cache
// lines, for rows that are a multiple of many lines apart fall into the same few sets of the first cache.
func stride(lanes int) int {
	n := round16(lanes)
	if n > 64 && n%32 == 0 {
		n += 16
	}
	return n
}

package trainer

import "sweep/trainer/internal/kernel"

// panel holds a batch of examples on its way up to the output layer. Examples are lanes: a column of in is one
// example, so that every product broadcasts a weight and multiplies a vector of examples.
type panel struct {
	lanes int // examples that it has room for
	ld    int // stride of in: lanes rounded up to whole vectors

	contexts []int32 // (lanes, n)
	targets  []int32 // (lanes)

	xt []float32 // (lanes, hs): [1, x], example by example, as gathered from C
	in []float32 // (h+1+x, ld): [a, 1, x]^T, the input of the output layer
}

func newPanel(w *weights, lanes int) *panel {
	p := &panel{
		lanes: lanes, ld: round16(lanes),
		contexts: make([]int32, lanes*w.n), targets: make([]int32, lanes),
		xt: kernel.Make(lanes * w.hs),
	}
	p.in = kernel.Make((w.h + 1 + w.x) * p.ld)
	for l := range lanes {
		p.xt[l*w.hs] = 1
	}
	p.setOnes(w)
	return p
}

// setOnes fills the row of in that multiplies the biases.
func (p *panel) setOnes(w *weights) {
	ones := p.in[w.h*p.ld:][:p.lanes]
	for l := range ones {
		ones[l] = 1
	}
}

// hidden returns the rows of in that are the hidden layer, (h, ld).
func (p *panel) hidden(w *weights) []float32 { return p.in[:w.h*p.ld] }

// forward looks the first count contexts up and fills in with their activations.
func (p *panel) forward(w *weights, count int) {
	for l := range count {
		row := p.xt[l*w.hs+1:]
		for j, s := range p.contexts[l*w.n:][:w.n] {
			copy(row[j*w.m:][:w.m], w.C[int(s)*w.cs:])
		}
	}
	kernel.Transpose(p.in[(w.h+1)*p.ld:], p.ld, p.xt[1:], w.hs, count, w.x)
	if w.h == 0 {
		return
	}
	kernel.Gemm(p.in, p.ld, w.H, w.hs, 1, p.in[w.h*p.ld:], p.ld, w.h, 1+w.x, count, false)
	kernel.Tanh(p.hidden(w))
}

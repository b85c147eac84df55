package trainer

import (
	"fmt"

	"sweep/trainer/internal/kernel"
)

// Precisions of the factors in the output layer's products. Sums, weights and everything else are float32 in both, and
// evaluation always is.
const (
	precisionSingle = "f32"
	precisionPairs  = "bf16"
)

// leastGain is how many times as fast pairs must be for bf16 to pay: packing them costs time, too.
const leastGain = 1.3

// Pays returns nil if this machine is faster with the precision that c asks for than with the default one, and otherwise
// a *ConfigError that says why not. Train trains all the same, to the same bits, but in plain Go where the processor
// knows no pairs, and that takes hundreds of times as long.
func (c Config) Pays() error {
	if c.Precision != precisionPairs {
		return nil
	}
	return pays(kernel.PairsGain(), Kernel())
}

// pays judges how many times as fast pairs are with the kernel in use.
func pays(gain float64, kernel string) error {
	switch {
	case gain == 0:
		return &ConfigError{"precision", fmt.Sprintf("bf16 needs the AVX-512 extension BF16, which this machine or the kernel in use, %s, lacks", kernel), "leave precision out"}
	case gain < leastGain:
		return &ConfigError{"precision", fmt.Sprintf("bf16 does not pay: this machine does %.1f times as many operations a second with it as with f32", gain), "leave precision out"}
	}
	return nil
}

// packed holds what the output layer multiplies as pairs of bfloat16: neighbours in the direction that a product adds
// up over. ep is the stride of e.
type packed struct {
	ep     int
	e      []uint32 // (rows, ep): exponentials, two lanes a pair
	in     []uint32 // (half of k, ld): the input, two rows a pair
	it     []uint32 // (half of the lanes, us): the same, example by example, two examples a pair
	rows   []uint32 // (blockRows, us/2): rows of U, two columns a pair
	pairs  []uint32 // (blockRows/2, us): rows of U, two rows a pair
	blocks []uint32 // (blockRows/2, ld): exponentials, two rows a pair
}

// newPacked returns room for that many rows of U or candidates.
func newPacked(w *weights, p *panel, rows int) *packed {
	k := &packed{ep: p.ld / 2}
	k.e = make([]uint32, rows*k.ep)
	k.in = make([]uint32, (w.k+1)/2*p.ld)
	k.it = make([]uint32, (p.lanes+1)/2*w.us)
	k.rows = make([]uint32, blockRows*w.us/2)
	k.pairs = make([]uint32, blockRows/2*w.us)
	k.blocks = make([]uint32, blockRows/2*p.ld)
	return k
}

// logits fills z with those of n rows of U.
func (k *packed) logits(w *weights, p *panel, z, u []float32, n int) {
	kernel.PackRows(k.rows, w.us/2, u, w.us, n, w.k)
	kernel.GemmPairs(z, p.ld, k.rows, w.us/2, 1, k.in, p.ld, n, (w.k+1)/2, p.lanes, false)
}

// back keeps the exponentials z of rows v and up, and adds their part of the gradient to din, (inputs, ld).
func (k *packed) back(w *weights, p *panel, din, z, u []float32, v, n, inputs int) {
	kernel.PackRows(k.e[v*k.ep:], k.ep, z, p.ld, n, p.lanes)
	kernel.PackColumns(k.blocks, p.ld, z, p.ld, n, p.lanes)
	kernel.PackColumns(k.pairs, w.us, u, w.us, n, inputs)
	kernel.GemmPairs(din, p.ld, k.pairs, 1, w.us, k.blocks, p.ld, inputs, (n+1)/2, p.lanes, v > 0)
}

// gradient fills g with that of n rows of U, from v on; it has been packed.
func (k *packed) gradient(w *weights, p *panel, g []float32, v, n int) {
	kernel.GemmPairs(g, w.us, k.e[v*k.ep:], k.ep, 1, k.it, w.us, n, (p.lanes+1)/2, w.us, false)
}

package trainer

import (
	"cmp"
	"slices"

	"sweep/trainer/internal/kernel"
)

// weights are the trainable numbers of a model, in the layout that the kernels want: rows start at multiples of 64
// bytes, what lies beyond a row's columns is zero and stays zero, and biases are columns, so that they cost no code.
//
//	C  vocab x m          an embedding a row
//	H  h x (x + 1)        column x is the bias d; x = n*m
//	U  vocab x (h+1 [+x]) column h is the bias b; with direct connections the columns after it are W
//	N  3 x h              with batch norm: gamma, and the running mean and variance, which are not trained
//
// With one-hot inputs there is no embedding. H would be h x n*vocab, and a product with it a sum of n of its columns:
// C holds them as rows, n*vocab of them, h wide, and what is left of H is d.
//
// The input of the output layer is accordingly [a, 1, x], that of the hidden layer [x, 1].
type weights struct {
	vocab, n, m, h int
	x              int // n*m, numbers of one input; 0 one-hot
	direct         bool
	k              int // columns of U that are in use
	activation     string
	onehot         bool
	fixed          bool // C is not trained
	norm           bool

	rows, width    int       // of C
	cs, hs, us, ns int       // strides of C, H, U and N
	all            []float32 // C, H, U and N, one after the other
	C, H, U, N     []float32
}

// newWeights returns zero weights for a completed Config.
func newWeights(c Config, vocab int) *weights {
	w := shapeOf(c, vocab)
	w.place(kernel.Make(int(w.numbers())))
	return w
}

// shapeOf returns weights of a completed Config without their numbers.
func shapeOf(c Config, vocab int) *weights {
	m := c.codeWidth()
	w := &weights{
		vocab: vocab, n: c.ContextLength, m: m, h: c.HiddenSize, x: c.ContextLength * m, direct: c.Direct,
		activation: cmp.Or(c.Activation, actTanh), onehot: c.Representation == repOneHot, fixed: c.fixedInput(), norm: c.BatchNorm,
		rows: vocab, width: m,
	}
	if w.onehot {
		w.rows, w.width = w.n*vocab, w.h
	}
	w.k = w.h + 1
	if w.direct {
		w.k += w.x
	}
	w.cs, w.hs, w.us = round16(w.width), round16(w.x+1), round16(w.k)
	if w.norm {
		w.ns = round16(w.h)
	}
	return w
}

// place lets w live in all, which has the right length.
func (w *weights) place(all []float32) {
	w.all = all
	w.C, all = all[:w.rows*w.cs], all[w.rows*w.cs:]
	w.H, all = all[:w.h*w.hs], all[w.h*w.hs:]
	w.U, w.N = all[:w.vocab*w.us], all[w.vocab*w.us:]
}

// like returns zero weights of the same shape.
func (w *weights) like() *weights {
	z := *w
	z.place(kernel.Make(len(w.all)))
	return &z
}

// Offsets of H, U and N in all.
func (w *weights) offH() int { return len(w.C) }
func (w *weights) offU() int { return len(w.C) + len(w.H) }
func (w *weights) offN() int { return len(w.C) + len(w.H) + len(w.U) }

// trained returns what the optimiser may move, and the rest of C if that is fixed.
func (w *weights) trained() []float32 { return w.all[:w.offN()+w.ns] }

// gamma, mean and variance are the rows of N, (h) each.
func (w *weights) gamma() []float32    { return w.N[:w.h] }
func (w *weights) mean() []float32     { return w.N[w.ns:][:w.h] }
func (w *weights) variance() []float32 { return w.N[2*w.ns:][:w.h] }

// round16 rounds n up to a multiple of 16, the lanes of the widest vector.
func round16(n int) int { return (n + 15) &^ 15 }

// A Tensor is a named array of numbers, row-major, without padding.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// field is where one tensor lives in the layout.
type field struct {
	name                string
	shape               []int
	src                 []float32
	stride, first, cols int
	turned              bool // shape is that of the transposed matrix
}

// fields lists the tensors in their logical shapes: C (vocab, m), H (h, n*m), d (h), U (vocab, h), b (vocab), with direct
// connections W (vocab, n*m), and with batch norm gamma, mean and variance (h). H, d and U are left out when there is no
// hidden layer; with one-hot inputs there is no C, and H is (h, n*vocab).
func (w *weights) fields() []field {
	var fs []field
	if w.onehot {
		fs = append(fs, field{"H", []int{w.h, w.rows}, w.C, w.cs, 0, w.h, true})
	} else {
		fs = append(fs, field{"C", []int{w.vocab, w.m}, w.C, w.cs, 0, w.m, false})
	}
	if w.h > 0 && !w.onehot {
		fs = append(fs, field{"H", []int{w.h, w.x}, w.H, w.hs, 0, w.x, false})
	}
	if w.h > 0 {
		fs = append(fs, field{"d", []int{w.h}, w.H, w.hs, w.x, 1, false}, field{"U", []int{w.vocab, w.h}, w.U, w.us, 0, w.h, false})
	}
	fs = append(fs, field{"b", []int{w.vocab}, w.U, w.us, w.h, 1, false})
	if w.direct {
		fs = append(fs, field{"W", []int{w.vocab, w.x}, w.U, w.us, w.h + 1, w.x, false})
	}
	if w.norm {
		for i, name := range []string{"gamma", "mean", "variance"} {
			fs = append(fs, field{name, []int{w.h}, w.N[i*w.ns:], 1, 0, 1, false})
		}
	}
	return fs
}

// numbers is how many a tensor has.
func (f field) numbers() int {
	n := 1
	for _, d := range f.shape {
		n *= d
	}
	return n
}

// each calls do with the places of the tensor's numbers, row-major, in its data and in the layout.
func (f field) each(do func(at, place int)) {
	rows := f.numbers() / f.cols
	for r := range rows {
		for c := range f.cols {
			at := r*f.cols + c
			if f.turned {
				at = c*rows + r
			}
			do(at, r*f.stride+f.first+c)
		}
	}
}

// tensors copies the weights into their logical shapes.
func (w *weights) tensors() []Tensor {
	var ts []Tensor
	for _, f := range w.fields() {
		t := Tensor{Name: f.name, Shape: f.shape, Data: make([]float32, f.numbers())}
		f.each(func(at, place int) { t.Data[at] = f.src[place] })
		ts = append(ts, t)
	}
	return ts
}

// load puts tensors that have the names and sizes of w.tensors() back into the layout. It reports whether they do.
func (w *weights) load(ts []Tensor) bool {
	byName := map[string]Tensor{}
	for _, t := range ts {
		byName[t.Name] = t
	}
	fields := w.fields()
	if len(ts) != len(fields) {
		return false
	}
	for _, f := range fields {
		if got, ok := byName[f.name]; !ok || !slices.Equal(got.Shape, f.shape) {
			return false
		}
	}
	for _, f := range fields {
		data := byName[f.name].Data
		f.each(func(at, place int) { f.src[place] = data[at] })
	}
	return true
}

package trainer

import "sweep/trainer/internal/kernel"

// weights are the trainable numbers of a model, in the layout that the kernels want: rows start at multiples of 64
// bytes, what lies beyond a row's columns is zero and stays zero, and biases are columns, so that they cost no code.
//
//	C  vocab x m          an embedding a row
//	H  h x (x + 1)        column x is the bias d; x = n*m
//	U  vocab x (h+1 [+x]) column h is the bias b; with direct connections the columns after it are W
//
// The input of the output layer is accordingly [a, 1, x], that of the hidden layer [x, 1].
type weights struct {
	vocab, n, m, h int
	x              int // n*m, numbers of one input
	direct         bool
	k              int // columns of U that are in use

	cs, hs, us int       // strides of C, H and U
	all        []float32 // C, H and U, one after the other
	C, H, U    []float32
}

// newWeights returns zero weights for a completed Config.
func newWeights(c Config, vocab int) *weights {
	w := shapeOf(c, vocab)
	w.place(kernel.Make(vocab*w.cs + w.h*w.hs + vocab*w.us))
	return w
}

// shapeOf returns weights of a completed Config without their numbers.
func shapeOf(c Config, vocab int) *weights {
	w := &weights{vocab: vocab, n: c.ContextLength, m: c.EmbeddingDim, h: c.HiddenSize, x: c.ContextLength * c.EmbeddingDim, direct: c.Direct}
	w.k = w.h + 1
	if w.direct {
		w.k += w.x
	}
	w.cs, w.hs, w.us = round16(w.m), round16(w.x+1), round16(w.k)
	return w
}

// place lets w live in all, which has the right length.
func (w *weights) place(all []float32) {
	w.all = all
	w.C, all = all[:w.vocab*w.cs], all[w.vocab*w.cs:]
	w.H, w.U = all[:w.h*w.hs], all[w.h*w.hs:]
}

// like returns zero weights of the same shape.
func (w *weights) like() *weights {
	z := *w
	z.place(kernel.Make(len(w.all)))
	return &z
}

// Offsets of H and U in all.
func (w *weights) offH() int { return len(w.C) }
func (w *weights) offU() int { return len(w.C) + len(w.H) }

// round16 rounds n up to a multiple of 16, the lanes of the widest vector.
func round16(n int) int { return (n + 15) &^ 15 }

// A Tensor is a named array of numbers, row-major, without padding.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// tensors copies the weights into their logical shapes: C (vocab, m), H (h, n*m), d (h), U (vocab, h), b (vocab) and,
// with direct connections, W (vocab, n*m). H, d and U are left out when there is no hidden layer.
func (w *weights) tensors() []Tensor {
	ts := []Tensor{columns("C", w.C, w.vocab, w.cs, 0, w.m)}
	if w.h > 0 {
		ts = append(ts, columns("H", w.H, w.h, w.hs, 0, w.x), vector("d", w.H, w.h, w.hs, w.x), columns("U", w.U, w.vocab, w.us, 0, w.h))
	}
	ts = append(ts, vector("b", w.U, w.vocab, w.us, w.h))
	if w.direct {
		ts = append(ts, columns("W", w.U, w.vocab, w.us, w.h+1, w.x))
	}
	return ts
}

// columns copies cols columns from the column first on out of a matrix.
func columns(name string, src []float32, rows, stride, first, cols int) Tensor {
	t := Tensor{Name: name, Shape: []int{rows, cols}, Data: make([]float32, 0, rows*cols)}
	for r := range rows {
		t.Data = append(t.Data, src[r*stride+first:][:cols]...)
	}
	return t
}

// vector copies one column out of a matrix.
func vector(name string, src []float32, rows, stride, column int) Tensor {
	t := columns(name, src, rows, stride, column, 1)
	t.Shape = []int{rows}
	return t
}

// load puts tensors that have the names and sizes of w.tensors() back into the layout. It reports whether they do.
func (w *weights) load(ts []Tensor) bool {
	want := w.tensors()
	if len(ts) != len(want) {
		return false
	}
	byName := map[string]Tensor{}
	for _, t := range ts {
		byName[t.Name] = t
	}
	for _, t := range want {
		if got, ok := byName[t.Name]; !ok || !sameShape(got.Shape, t.Shape) {
			return false
		}
	}
	put := func(name string, dst []float32, rows, stride, first, cols int) {
		for r := range rows {
			copy(dst[r*stride+first:][:cols], byName[name].Data[r*cols:])
		}
	}
	put("C", w.C, w.vocab, w.cs, 0, w.m)
	if w.h > 0 {
		put("H", w.H, w.h, w.hs, 0, w.x)
		put("d", w.H, w.h, w.hs, w.x, 1)
		put("U", w.U, w.vocab, w.us, 0, w.h)
	}
	put("b", w.U, w.vocab, w.us, w.h, 1)
	if w.direct {
		put("W", w.U, w.vocab, w.us, w.h+1, w.x)
	}
	return true
}

func sameShape(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

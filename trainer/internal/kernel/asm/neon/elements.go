package main

type (
	loader = func(p int, v []vec)
	storer = func(v []vec, p int)
)

// elements emits a loop over n elements at the pointers, which advance: by `width` vectors, then by single ones, then a
// partial one for the rest. body does w vectors; it gets a load and a store, by the number of the pointer.
func (f *function) elements(pointers []reg, n reg, width int, body func(w int, load loader, store storer)) {
	emit := func(w int, a access) {
		body(w, func(p int, v []vec) { a.load(v, pointers[p], 0) }, func(v []vec, p int) { a.store(v, pointers[p], 0) })
	}
	for _, loop := range []struct {
		label, past string
		w           int
	}{{"wide", "narrow", width}, {"one", "rest", 1}} {
		f.op("SUBS", 4*loop.w, n)
		f.op("BLT", loop.past)
		f.label(loop.label)
		emit(loop.w, f.whole())
		for _, p := range pointers {
			f.op("ADD", 16*loop.w, p)
		}
		f.op("SUBS", 4*loop.w, n)
		f.op("BGE", loop.label)
		f.label(loop.past)
		f.op("ADDS", 4*loop.w, n)
	}
	f.op("BEQ", "done")
	emit(1, f.part(n))
	f.label("done")
	f.op("RET")
}

// tanh emits Tanh; see Tanh1 of package kernel for the method.
func (f *file) tanh() {
	f.function("tanhNEON", "replaces n elements by their hyperbolic tangents.", []string{"x *float32", "n int"}, func(f *function) {
		p := f.load("x", "n")
		var most, magic, log2e, halfLn2, c6, c5, c4, c3, c2, half, minusHalf, one, sign vec
		f.table(f.address("tanhTable"), &most, &magic, &log2e, &halfLn2, &c6, &c5, &c4, &c3, &c2, &half, &minusHalf, &one, &sign)
		xs, as, ns, is, qs := f.vecs(2), f.vecs(2), f.vecs(2), f.vecs(2), f.vecs(2)
		f.elements(p[:1], p[1], 2, func(w int, load loader, store storer) {
			x, a, n, i, q := xs[:w], as[:w], ns[:w], is[:w], qs[:w]
			load(0, x)
			f.fabs(a, x)
			f.fmin(a, a, only(most)) // NaN stays
			f.mov(n, only(magic))
			f.fmla(n, a, only(log2e))
			f.fsub(i, n, only(magic))
			f.fmls(a, i, only(halfLn2)) // a is r from here on
			f.polynomial(q, i, a, c6, c5, c4, c3, c2)
			f.fmul(i, a, a)
			f.fmla(a, i, q) // h
			f.shl(n, n, 23)
			f.mov(i, only(minusHalf))
			f.fmla(i, n, only(half))
			f.fmla(i, n, a) // H
			f.fadd(a, i, only(one))
			f.fdiv(i, i, a)
			f.bit(i, x, only(sign))
			store(i, 0)
		})
	})
}

// polynomial leaves in p the polynomial in x of even degree with the coefficients c, highest first, by Horner's scheme.
// An FMLA overwrites what it adds to, so two lists take turns.
func (f *function) polynomial(p, scratch, x []vec, c ...vec) {
	sum := only(c[0])
	for i := 1; i < len(c); i += 2 {
		f.mov(scratch, only(c[i]))
		f.fmla(scratch, sum, x)
		f.mov(p, only(c[i+1]))
		f.fmla(p, scratch, x)
		sum = p
	}
}

func only(v vec) []vec { return []vec{v} }

func (f *file) tanhGrad() {
	f.function("tanhGradNEON", "multiplies n elements of d by 1 - a*a.", []string{"d *float32", "a *float32", "n int"}, func(f *function) {
		p := f.load("d", "a", "n")
		one := f.one()
		ds, as, ts := f.vecs(4), f.vecs(4), f.vecs(4)
		f.elements(p[:2], p[2], 4, func(w int, load loader, store storer) {
			d, a, t := ds[:w], as[:w], ts[:w]
			load(0, d)
			load(1, a)
			f.mov(t, one)
			f.fmls(t, a, a)
			f.fmul(d, d, t)
			store(d, 0)
		})
	})
}

// one hands out a vector of ones.
func (f *function) one() []vec {
	v := f.vecs(1)
	f.op("FMOVS", "$1.0", v[0].scalar())
	f.op("VDUP", v[0].String()+".S[0]", v[0].s4())
	return v
}

func (f *file) sgd() {
	params := []string{"w *float32", "grad *float32", "n int", "rate float32", "decay float32"}
	f.function("sgdNEON", "takes a step of gradient descent on n elements.", params, func(f *function) {
		p := f.load("w", "grad", "n")
		rate, decay := f.broadcast("rate"), f.broadcast("decay")
		xs, gs := f.vecs(4), f.vecs(4)
		f.elements(p[:2], p[2], 4, func(w int, load loader, store storer) {
			x, g := xs[:w], gs[:w]
			load(0, x)
			load(1, g)
			f.fmla(g, x, only(decay))
			f.fmls(x, g, only(rate))
			store(x, 0)
		})
	})
}

func (f *file) adam() {
	params := []string{"w *float32", "m *float32", "v *float32", "grad *float32", "n int", "rates *[8]float32"}
	f.function("adamNEON", "takes a step of Adam on n elements.", params, func(f *function) {
		p := f.load("w", "m", "v", "grad", "n", "rates")
		var beta1, beta1c, beta2, beta2c, eps, c2, decay, step vec
		f.table(p[5], &beta1, &beta1c, &beta2, &beta2c, &eps, &c2, &decay, &step)
		xs, ms, vs, gs, ts := f.vecs(2), f.vecs(2), f.vecs(2), f.vecs(2), f.vecs(2)
		f.elements(p[:4], p[4], 2, func(w int, load loader, store storer) {
			x, m, v, g, t := xs[:w], ms[:w], vs[:w], gs[:w], ts[:w]
			load(0, x)
			load(3, g)
			load(1, m)
			load(2, v)
			f.fmla(g, x, only(decay))
			f.fmul(t, g, only(beta1c))
			f.fmla(t, m, only(beta1)) // m
			store(t, 1)
			f.fmul(m, t, only(step))
			f.fmul(t, g, only(beta2c))
			f.fmul(t, t, g)
			f.fmla(t, v, only(beta2)) // v
			store(t, 2)
			f.fmul(v, t, only(c2))
			f.fsqrt(v, v)
			f.fadd(v, v, only(eps))
			f.fdiv(m, m, v)
			f.fsub(x, x, m)
			store(x, 0)
		})
	})
}

// dot emits the sum over the 16 virtual lanes, which are four vectors.
func (f *file) dot() {
	params := []string{"acc *[16]float32", "a *float32", "b *float32", "n int"}
	f.function("dotNEON", "adds the products of n elements to 16 lanes; n is a multiple of 16.", params, func(f *function) {
		p := f.load("acc", "a", "b", "n")
		acc, a, b := f.vecs(4), f.vecs(4), f.vecs(4)
		f.op("VLD1", at(p[0], 0), list(acc))
		f.label("loop")
		f.op("VLD1.P", at(p[1], 64), list(a))
		f.op("VLD1.P", at(p[2], 64), list(b))
		f.fmla(acc, a, b)
		f.op("SUBS", 16, p[3])
		f.op("BNE", "loop")
		f.op("VST1", list(acc), at(p[0], 0))
		f.op("RET")
	})
}

package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type (
	loader = func(p int, r reg.VecPhysical)
	storer = func(r reg.VecPhysical, p int)
)

func begin(v isa, name, signature, doc string) {
	TEXT(name+v.suffix, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + v.suffix + " " + doc)
}

func tanhGrad(v isa) {
	begin(v, "tanhGrad", "func(d, a *float32, n int)", "multiplies n elements of d by 1 - a*a.")
	d, a, t, one := v.regs[0], v.regs[1], v.regs[2], v.regs[3]
	VBROADCASTSS(data("expTable", 4*expOne), one)
	v.each(params("d", "a"), func(load loader, store storer) {
		load(0, d)
		load(1, a)
		VMOVAPS(one, t)
		VFNMADD231PS(a, a, t)
		VMULPS(t, d, d)
		store(d, 0)
	})
}

func sgd(v isa) {
	begin(v, "sgd", "func(w, grad *float32, n int, rate, decay float32)", "takes a step of gradient descent on n elements.")
	w, g, rate, decay := v.regs[0], v.regs[1], v.regs[2], v.regs[3]
	v.broadcast("rate", rate)
	v.broadcast("decay", decay)
	v.each(params("w", "grad"), func(load loader, store storer) {
		load(0, w)
		load(1, g)
		VFMADD231PS(decay, w, g)
		VFNMADD231PS(rate, g, w)
		store(w, 0)
	})
}

func adam(v isa) {
	begin(v, "adam", "func(w, m, v, grad *float32, n int, rates *[8]float32)", "takes a step of Adam on n elements.")
	r := v.regs
	w, m, s, g, t := r[0], r[1], r[2], r[3], r[4]
	rates := params("rates")[0]
	var k [8]reg.VecPhysical
	for i := range k {
		k[i] = r[5+i]
		VBROADCASTSS(at(rates, 4*i), k[i])
	}
	beta1, beta1c, beta2, beta2c, eps, c2, decay, step := k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7]
	v.each(params("w", "m", "v", "grad"), func(load loader, store storer) {
		load(0, w)
		load(3, g)
		load(1, m)
		load(2, s)
		VFMADD231PS(decay, w, g)
		VMULPS(beta1c, g, t)
		VFMADD213PS(t, beta1, m)
		VMULPS(beta2c, g, t)
		VMULPS(g, t, t)
		VFMADD213PS(t, beta2, s)
		store(m, 1)
		store(s, 2)
		VMULPS(c2, s, s)
		VSQRTPS(s, s)
		VADDPS(eps, s, s)
		VMULPS(step, m, m)
		VDIVPS(s, m, m)
		VSUBPS(m, w, w)
		store(w, 0)
	})
}

// dot emits the sum over the virtual lanes, which is one register on AVX-512 and two on AVX2.
func dot(v isa) {
	begin(v, "dot", "func(acc *[16]float32, a, b *float32, n int)", "adds the products of n elements to 16 lanes; n is a multiple of 16.")
	p := params("acc", "a", "b", "n")
	width := 16 / v.lanes
	for i := range width {
		v.load(at(p[0], i*v.bytes()), v.regs[i], false)
	}
	Label("loop")
	for i := range width {
		v.load(at(p[1], i*v.bytes()), v.regs[2], false)
		VFMADD231PS(at(p[2], i*v.bytes()), v.regs[2], v.regs[i])
	}
	ADDQ(operand.Imm(64), p[1])
	ADDQ(operand.Imm(64), p[2])
	SUBQ(operand.Imm(16), p[3])
	JNZ(operand.LabelRef("loop"))
	for i := range width {
		v.store(v.regs[i], at(p[0], i*v.bytes()), false)
	}
	VZEROUPPER()
	RET()
}

// peak emits a loop of fused multiply-adds that touches no memory, to measure what a core can do.
func peak(v isa) {
	begin(v, "peak", "func(n int)", "does n times 12 fused multiply-adds on whole vectors, in registers, on values that stay 0.")
	n := params("n")[0]
	for i := range 14 {
		VXORPS(v.regs[i], v.regs[i], v.regs[i])
	}
	Label("loop")
	for i := range 12 {
		VFMADD231PS(v.regs[12], v.regs[13], v.regs[i])
	}
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

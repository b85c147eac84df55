package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// Indices into tanhTable of package kernel.
const (
	tanhSign = iota
	tanhMax
	tanhMagic
	tanhC6
	tanhC5
	tanhC4
	tanhC3
	tanhC2
	tanhHalf
	tanhOne
	tanhLog2e
	tanhHalfLn2
	tanhMinusHalf
	tanhConstants
)

// tanh emits Tanh; see Tanh1 of package kernel for the method.
func tanh(v isa) {
	begin(v, "tanh", "func(x *float32, n int)", "replaces n elements by their hyperbolic tangents.")
	r := v.regs
	x, a, n, i, q, s, spare := r[0], r[1], r[2], r[3], r[4], r[5], r[6]
	held := r[7:15]
	if v.wide {
		held = r[16:]
	}
	k := newTable("tanhTable", tanhConstants, spare, held)
	v.each(params("x"), func(load loader, store storer) {
		load(0, x)
		VANDNPS(x, k.get(tanhSign), a)
		VMINPS(a, k.get(tanhMax), a) // with a second, NaN stays
		VMOVAPS(k.get(tanhMagic), n)
		VFMADD231PS(k.get(tanhLog2e), a, n)
		VSUBPS(k.get(tanhMagic), n, i)
		VFNMADD231PS(k.get(tanhHalfLn2), i, a) // a is r from here on
		VMOVAPS(k.get(tanhC6), q)
		for _, c := range []int{tanhC5, tanhC4, tanhC3, tanhC2} {
			VFMADD213PS(k.get(c), a, q)
		}
		VMULPS(a, a, i)
		VFMADD231PS(i, q, a) // h
		VPSLLD(operand.Imm(23), n, n)
		VMOVAPS(k.get(tanhHalf), s)
		VFMADD213PS(k.get(tanhMinusHalf), n, s)
		VFMADD231PS(n, a, s) // H
		VADDPS(k.get(tanhOne), s, a)
		VDIVPS(a, s, s)
		if v.wide {
			VPTERNLOGD(operand.U8(0xf8), k.get(tanhSign), x, s) // s or (x and sign)
		} else {
			VANDPS(k.get(tanhSign), x, x)
			VORPS(x, s, s)
		}
		store(s, 0)
	})
}

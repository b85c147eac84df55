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

// sgdRegs are the registers of a step of gradient descent on one vector.
type sgdRegs struct{ w, g, rate, decay reg.VecPhysical }

func newSGD(v isa) sgdRegs {
	s := sgdRegs{v.regs[0], v.regs[1], v.regs[2], v.regs[3]}
	v.broadcast("rate", s.rate)
	v.broadcast("decay", s.decay)
	return s
}

// step turns w into the new weights; it clobbers g.
func (s sgdRegs) step() {
	VFMADD231PS(s.decay, s.w, s.g)
	VFNMADD231PS(s.rate, s.g, s.w)
}

func sgd(v isa) {
	begin(v, "sgd", "func(w, grad *float32, n int, rate, decay float32)", "takes a step of gradient descent on n elements.")
	s := newSGD(v)
	v.each(params("w", "grad"), func(load loader, store storer) {
		load(0, s.w)
		load(1, s.g)
		s.step()
		store(s.w, 0)
	})
}

// adamRegs are the registers of a step of Adam on one vector: weights, moments, gradient, a spare one and the rates.
type adamRegs struct {
	w, m, s, g, t                                          reg.VecPhysical
	beta1, beta1c, beta2, beta2c, eps, c2, decay, rateStep reg.VecPhysical
}

func newAdam(v isa) adamRegs {
	r := v.regs
	rates := params("rates")[0]
	for i := range 8 {
		VBROADCASTSS(at(rates, 4*i), r[5+i])
	}
	return adamRegs{r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12]}
}

// moments brings m and s up to date, which are to be stored before step.
func (a adamRegs) moments() {
	VFMADD231PS(a.decay, a.w, a.g)
	VMULPS(a.beta1c, a.g, a.t)
	VFMADD213PS(a.t, a.beta1, a.m)
	VMULPS(a.beta2c, a.g, a.t)
	VMULPS(a.g, a.t, a.t)
	VFMADD213PS(a.t, a.beta2, a.s)
}

// step turns w into the new weights; it clobbers the moments.
func (a adamRegs) step() {
	VMULPS(a.c2, a.s, a.s)
	VSQRTPS(a.s, a.s)
	VADDPS(a.eps, a.s, a.s)
	VMULPS(a.rateStep, a.m, a.m)
	VDIVPS(a.s, a.m, a.m)
	VSUBPS(a.m, a.w, a.w)
}

func adam(v isa) {
	begin(v, "adam", "func(w, m, v, grad *float32, n int, rates *[8]float32)", "takes a step of Adam on n elements.")
	a := newAdam(v)
	v.each(params("w", "m", "v", "grad"), func(load loader, store storer) {
		load(0, a.w)
		load(3, a.g)
		load(1, a.m)
		load(2, a.s)
		a.moments()
		store(a.m, 1)
		store(a.s, 2)
		a.step()
		store(a.w, 0)
	})
}

func mul(v isa) {
	begin(v, "mul", "func(x, y *float32, n int)", "multiplies n elements of x by those of y.")
	x, y := v.regs[0], v.regs[1]
	v.each(params("x", "y"), func(load loader, store storer) {
		load(0, x)
		load(1, y)
		VMULPS(y, x, x)
		store(x, 0)
	})
}

// dropout emits Dropout on n elements, a multiple of 16.
func dropout(v isa) {
	begin(v, "dropout", "func(a, slope *float32, bits *uint64, n, threshold int, factor float32)", "drops some of n elements; n is a multiple of 16.")
	p := params("a", "slope", "bits", "n", "threshold")
	a, slope, bits, n, threshold := p[0], p[1], p[2], p[3], p[4]
	x, s, word, least, factor, one := v.regs[0], v.regs[1], v.regs[2], v.regs[3], v.regs[4], v.regs[5]
	v.broadcast("factor", factor)
	VBROADCASTSS(data("expTable", 4*expOne), one)
	VMOVD(threshold.As32(), least.AsX())
	VPBROADCASTD(least.AsX(), least)
	Label("loop")
	v.load(at(a, 0), x, false)
	VPMOVZXWD(at(bits, 0), word)
	VMULPS(x, x, s)
	VSUBPS(s, one, s)
	VMULPS(factor, s, s)
	VMULPS(factor, x, x)
	if v.wide {
		VPCMPUD(operand.U8(5), least, word, keep) // not less
		VMOVAPS_Z(x, keep, x)
		VMOVAPS_Z(s, keep, s)
	} else {
		VPCMPGTD(word, least, word)
		VANDNPS(x, word, x)
		VANDNPS(s, word, s)
	}
	v.store(x, at(a, 0), false)
	v.store(s, at(slope, 0), false)
	ADDQ(operand.Imm(uint64(v.bytes())), a)
	ADDQ(operand.Imm(uint64(v.bytes())), slope)
	ADDQ(operand.Imm(uint64(2*v.lanes)), bits)
	SUBQ(operand.Imm(uint64(v.lanes)), n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
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

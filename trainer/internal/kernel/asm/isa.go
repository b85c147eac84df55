package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is an instruction set: its vector registers, and how it masks. Most instructions have the same name for both.
type isa struct {
	suffix string // of function names
	wide   bool   // AVX-512
	lanes  int    // float32 in a vector
	pairs  bool   // elements of a and b of a product are pairs of bfloat16
	regs   []reg.VecPhysical
	mask   reg.VecPhysical // AVX2: holds the mask of a tail
}

func isaAVX2() isa {
	return isa{
		suffix: "AVX2", lanes: 8, mask: reg.Y15,
		regs: []reg.VecPhysical{
			reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
			reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
		},
	}
}

func isaAVX512() isa {
	return isa{
		suffix: "AVX512", wide: true, lanes: 16,
		regs: []reg.VecPhysical{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
			reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
		},
	}
}

// bytes is the size of a vector.
func (v isa) bytes() int { return 4 * v.lanes }

// tail is the opmask of a partial vector; K0 cannot be one.
var tail = reg.K1

// setMask prepares the mask of n elements, 1 to the width of a vector. It clobbers n.
func (v isa) setMask(n reg.GPVirtual) {
	if v.wide {
		m := GP64()
		XORL(m.As32(), m.As32())
		BTSQ(n, m)
		DECQ(m)
		KMOVW(m.As32(), tail)
		return
	}
	t := GP64() // the table holds 8 ones, then 8 zeros: start n before the zeros
	LEAQ(data("tailMask", 32), t)
	SHLQ(operand.Imm(2), n)
	SUBQ(n, t)
	VMOVDQU(operand.Mem{Base: t}, v.mask)
}

// load fills r from m, or its masked elements and zeros elsewhere.
func (v isa) load(m operand.Mem, r reg.VecPhysical, masked bool) {
	switch {
	case !masked:
		VMOVUPS(m, r)
	case v.wide:
		VMOVUPS_Z(m, tail, r)
	default:
		VMASKMOVPS(m, v.mask, r)
	}
}

// store writes r to m, or only its masked elements.
func (v isa) store(r reg.VecPhysical, m operand.Mem, masked bool) {
	switch {
	case !masked:
		VMOVUPS(r, m)
	case v.wide:
		VMOVUPS(r, tail, m)
	default:
		VMASKMOVPS(r, v.mask, m)
	}
}

// data is the address of a variable of package kernel.
func data(name string, offset int) operand.Mem {
	return operand.NewDataAddr(operand.Symbol{Name: "·" + name}, offset)
}

// at is the address p + offset.
func at(p reg.Register, offset int) operand.Mem { return operand.Mem{Base: p, Disp: offset} }

// pointers loads pointer or integer parameters into registers of their own.
func params(names ...string) []reg.GPVirtual {
	regs := make([]reg.GPVirtual, len(names))
	for i, n := range names {
		regs[i] = GP64()
		Load(Param(n), regs[i])
	}
	return regs
}

// broadcast fills r with a float32 parameter.
func (v isa) broadcast(name string, r reg.VecPhysical) {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(a.Addr, r)
}

// each emits a loop over n elements at the pointers, which advance, with n a parameter called "n": whole vectors first,
// then one masked vector for the rest. body gets a load and a store, by the number of the pointer.
func (v isa) each(ptrs []reg.GPVirtual, body func(load func(p int, r reg.VecPhysical), store func(r reg.VecPhysical, p int))) {
	n := params("n")[0]
	emit := func(masked bool) {
		body(func(p int, r reg.VecPhysical) { v.load(at(ptrs[p], 0), r, masked) },
			func(r reg.VecPhysical, p int) { v.store(r, at(ptrs[p], 0), masked) })
	}
	SUBQ(operand.Imm(uint64(v.lanes)), n)
	JLT(operand.LabelRef("rest"))
	Label("whole")
	emit(false)
	for _, p := range ptrs {
		ADDQ(operand.Imm(uint64(v.bytes())), p)
	}
	SUBQ(operand.Imm(uint64(v.lanes)), n)
	JGE(operand.LabelRef("whole"))
	Label("rest")
	ADDQ(operand.Imm(uint64(v.lanes)), n)
	JZ(operand.LabelRef("done"))
	v.setMask(n)
	emit(true)
	Label("done")
	VZEROUPPER()
	RET()
}

package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bf16 emits what the extension AVX512_BF16 is for: the matrix product on pairs of bfloat16, and their packing.
func bf16(v isa) {
	v.pairs, v.suffix = true, "BF16"
	gemms(v)
	packRows(v)
	packColumns(v)
	peakBF16(v)
}

// multiplyAdd adds the product of x and y to sum, or for pairs both products: that of the high halves first.
func (v isa) multiplyAdd(x, y, sum reg.VecPhysical) {
	if v.pairs {
		evex(0xf3, 0x52, x, y, sum) // VDPBF16PS
		return
	}
	VFMADD231PS(x, y, sum)
}

// convert sets d to 32 bfloat16, those of low before those of high, rounded to the nearest even.
func convert(low, high, d reg.VecPhysical) {
	evex(0xf2, 0x72, low, high, d) // VCVTNE2PS2BF16
}

// evex emits an instruction on three whole registers that the assembler does not know, of the opcode map 0F38 and
// without W, by its bytes. The last register is the destination.
func evex(prefix, opcode byte, rm, vvvv, dst reg.VecPhysical) {
	pp := map[byte]byte{0x66: 1, 0xf3: 2, 0xf2: 3}[prefix]
	bit := func(r reg.VecPhysical, i uint) byte { return byte(r.PhysicalIndex()) >> i & 1 }
	low := func(r reg.VecPhysical) byte { return byte(r.PhysicalIndex()) & 7 }
	p1 := ^(bit(dst, 3)<<7|bit(rm, 4)<<6|bit(rm, 3)<<5|bit(dst, 4)<<4)&0xf0 | 2
	p2 := ^byte(vvvv.PhysicalIndex())<<3&0x78 | 4 | pp
	p3 := 0x40 | ^bit(vvvv, 4)&1<<3
	for _, b := range []byte{0x62, p1, p2, p3, opcode, 0xc0 | low(dst)<<3 | low(rm)} {
		Instruction(&ir.Instruction{Opcode: "BYTE", Operands: []operand.Op{operand.U8(b)}})
	}
}

// packRows emits PackRows on `rows` rows of n elements: 32 at a time, then a masked rest of which absent elements are 0.
func packRows(v isa) {
	begin(v, "packRows", "func(dst *uint32, src *float32, ldd, lds, rows, n int)", "packs rows of n elements; strides are in bytes.")
	p := params("dst", "src", "ldd", "lds", "rows", "n")
	dst, src, ldd, lds, rows, n := p[0], p[1], p[2], p[3], p[4], p[5]
	low, high, first, second, out := v.regs[0], v.regs[1], reg.K1, reg.K2, reg.K3
	to, from, left := GP64(), GP64(), GP64()
	mask := func(count reg.GPVirtual, k reg.OpmaskPhysical) { // of count elements, clobbered, at most 63
		m := GP64()
		XORL(m.As32(), m.As32())
		BTSQ(count, m)
		DECQ(m)
		KMOVQ(m, k)
	}
	rest, pairs := GP64(), GP64()
	MOVQ(n, rest)
	ANDQ(operand.Imm(31), rest)
	MOVQ(rest, pairs)
	INCQ(pairs)
	SHRQ(operand.Imm(1), pairs)
	mask(pairs, out)
	mask(rest, first)
	KSHIFTRQ(operand.Imm(16), first, second)
	Label("row")
	MOVQ(dst, to)
	MOVQ(src, from)
	MOVQ(n, left)
	Label("vector")
	SUBQ(operand.Imm(32), left)
	JLT(operand.LabelRef("rest"))
	VMOVUPS(at(from, 0), low)
	VMOVUPS(at(from, 64), high)
	convert(low, high, low)
	VPROLD(operand.Imm(16), low, low) // the first of a pair is the high half
	VMOVDQU32(low, at(to, 0))
	ADDQ(operand.Imm(128), from)
	ADDQ(operand.Imm(64), to)
	JMP(operand.LabelRef("vector"))
	Label("rest")
	ADDQ(operand.Imm(32), left)
	JZ(operand.LabelRef("next"))
	VMOVUPS_Z(at(from, 0), first, low)
	VMOVUPS_Z(at(from, 64), second, high)
	convert(low, high, low)
	VPROLD(operand.Imm(16), low, low)
	VMOVDQU32(low, out, at(to, 0))
	Label("next")
	ADDQ(ldd, dst)
	ADDQ(lds, src)
	DECQ(rows)
	JNZ(operand.LabelRef("row"))
	VZEROUPPER()
	RET()
}

// packColumns emits PackColumns on `pairs` pairs of rows of n elements.
func packColumns(v isa) {
	begin(v, "packColumns", "func(dst *uint32, src *float32, ldd, lds, pairs, n int)", "packs pairs of rows of n elements; strides are in bytes.")
	p := params("dst", "src", "ldd", "lds", "pairs", "n")
	dst, src, ldd, lds, pairs, n := p[0], p[1], p[2], p[3], p[4], p[5]
	first, second, order := v.regs[0], v.regs[1], v.regs[2]
	to, one, two, left, rest := GP64(), GP64(), GP64(), GP64(), GP64()
	VMOVDQU32(data("interleave", 0), order)
	MOVQ(n, rest)
	ANDQ(operand.Imm(15), rest)
	v.setMask(rest)
	body := func(masked bool) {
		v.load(at(one, 0), first, masked)
		v.load(at(two, 0), second, masked)
		convert(second, first, first)
		VPERMW(first, order, first)
		if masked {
			VMOVDQU32(first, tail, at(to, 0))
		} else {
			VMOVDQU32(first, at(to, 0))
		}
	}
	Label("pair")
	MOVQ(dst, to)
	MOVQ(src, one)
	MOVQ(src, two)
	ADDQ(lds, two)
	MOVQ(n, left)
	Label("vector")
	SUBQ(operand.Imm(16), left)
	JLT(operand.LabelRef("rest"))
	body(false)
	for _, r := range []reg.GPVirtual{to, one, two} {
		ADDQ(operand.Imm(64), r)
	}
	JMP(operand.LabelRef("vector"))
	Label("rest")
	ADDQ(operand.Imm(16), left)
	JZ(operand.LabelRef("next"))
	body(true)
	Label("next")
	ADDQ(ldd, dst)
	LEAQ(operand.Mem{Base: src, Index: lds, Scale: 2}, src)
	DECQ(pairs)
	JNZ(operand.LabelRef("pair"))
	VZEROUPPER()
	RET()
}

// peakBF16 emits a loop of multiply-adds of pairs that touches no memory.
func peakBF16(v isa) {
	begin(v, "peak", "func(n int)", "does n times 24 multiply-adds of pairs on whole vectors, in registers, on values that stay 0.")
	n := params("n")[0]
	for i := range 26 {
		VXORPS(v.regs[i], v.regs[i], v.regs[i])
	}
	Label("loop")
	for i := range 24 {
		v.multiplyAdd(v.regs[24], v.regs[25], v.regs[i])
	}
	DECQ(n)
	JNZ(operand.LabelRef("loop"))
	VZEROUPPER()
	RET()
}

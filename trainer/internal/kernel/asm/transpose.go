package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose emits the transposition of 8 rows, 8 columns at a time, which serves AVX-512 machines too.
func transpose(scaled bool) {
	name, more, what := "transpose8", "", "transposes"
	if scaled {
		name, more, what = "transposeScaled8", ", scale *float32", "multiplies by the factors of the columns and transposes"
	}
	TEXT(name, NOSPLIT, "func(dst *float32, ldd int, src *float32, lds, blocks int"+more+")")
	Pragma("noescape")
	Doc(name + " " + what + " 8 rows of 8*blocks elements; strides are in bytes.")
	p := params("dst", "ldd", "src", "lds", "blocks")
	dst, ldd, src, lds, blocks := p[0], p[1], p[2], p[3], p[4]
	var scale reg.GPVirtual
	if scaled {
		scale = params("scale")[0]
	}
	y := isaAVX2().regs
	three := func(base, ld reg.GPVirtual) (ld3, half reg.GPVirtual) {
		ld3, half = GP64(), GP64()
		LEAQ(operand.Mem{Base: ld, Index: ld, Scale: 2}, ld3)
		return ld3, half
	}
	lds3, src4 := three(src, lds)
	ldd3, dst4 := three(dst, ldd)
	row := func(base, half, ld, ld3 reg.GPVirtual, r int) operand.Mem {
		m := operand.Mem{Base: base}
		if r >= 4 {
			m.Base = half
		}
		switch r % 4 {
		case 1, 2:
			m = m.Idx(ld, uint8(r%4))
		case 3:
			m = m.Idx(ld3, 1)
		}
		return m
	}
	Label("block")
	LEAQ(operand.Mem{Base: src, Index: lds, Scale: 4}, src4)
	LEAQ(operand.Mem{Base: dst, Index: ldd, Scale: 4}, dst4)
	for r := range 8 {
		VMOVUPS(row(src, src4, lds, lds3, r), y[r])
	}
	if scaled {
		VMOVUPS(at(scale, 0), y[8])
		ADDQ(operand.Imm(32), scale)
		for r := range 8 {
			VMULPS(y[8], y[r], y[r])
		}
	}
	for r := 0; r < 8; r += 2 { // pairs of rows: elements 0 1 4 5 and 2 3 6 7 interleaved
		VUNPCKLPS(y[r+1], y[r], y[8+r])
		VUNPCKHPS(y[r+1], y[r], y[9+r])
	}
	for h := 0; h < 8; h += 4 { // four rows: columns j and j+4 side by side
		VUNPCKLPD(y[8+h+2], y[8+h], y[h])
		VUNPCKHPD(y[8+h+2], y[8+h], y[h+1])
		VUNPCKLPD(y[8+h+3], y[8+h+1], y[h+2])
		VUNPCKHPD(y[8+h+3], y[8+h+1], y[h+3])
	}
	for j := range 4 {
		VPERM2F128(operand.Imm(0x20), y[4+j], y[j], y[8+j])
		VPERM2F128(operand.Imm(0x31), y[4+j], y[j], y[12+j])
	}
	for c := range 8 {
		VMOVUPS(y[8+c], row(dst, dst4, ldd, ldd3, c))
	}
	ADDQ(operand.Imm(32), src)
	LEAQ(operand.Mem{Base: dst, Index: ldd, Scale: 8}, dst)
	DECQ(blocks)
	JNZ(operand.LabelRef("block"))
	VZEROUPPER()
	RET()
}

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemms emits the microkernel for every width of tile. The heights must agree with those in gemm_amd64.go: with w
// vectors they leave room for w vectors of b and one broadcast element of a.
func gemms(v isa) {
	if v.wide {
		gemm(v, 1, 14, true)
		gemm(v, 2, 12, true)
		gemm(v, 3, 8, true)
		gemm(v, 4, 6, true)
		return
	}
	gemm(v, 1, 12, true)
	gemm(v, 2, 6, false)
	gemm(v, 2, 6, true)
}

// gemm emits the microkernel on tiles of w vectors and up to height rows: it runs down `tiles` tiles of `rows` rows
// each, and for every tile over k, holding the tile in registers. Strides are in bytes. If masked, the last vector of
// a row has only `last` elements. On AVX-512 masking is free and w is always masked.
func gemm(v isa, w, height int, masked bool) {
	name := fmt.Sprintf("gemm%d%s", w, v.suffix)
	if masked && !v.wide {
		name = fmt.Sprintf("gemm%dTail%s", w, v.suffix)
	}
	TEXT(name, NOSPLIT, "func(dst, a, b *float32, ldd, ars, aks, ldb, k, tiles, rows, last int, add bool)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is the matrix product on tiles of %d vectors; strides are in bytes.", name, w))
	if masked {
		v.setMask(params("last")[0])
	}
	p := params("dst", "ldd", "ars", "aks", "ldb")
	g := tileRegs{dst: p[0], ldd: p[1], ars: p[2], aks: p[3], ldb: p[4], b: GP64(), k: GP64(), tmp: GP64()}
	for range (height + 2) / 3 {
		g.a = append(g.a, GP64())
	}
	rows := params("rows")[0]
	for r := height; r > 1; r-- {
		CMPQ(rows, operand.Imm(uint64(r)))
		JEQ(operand.LabelRef(fmt.Sprintf("rows%d", r)))
	}
	for r := 1; r <= height; r++ {
		Label(fmt.Sprintf("rows%d", r))
		tile(v, g, w, r, masked)
		VZEROUPPER()
		RET()
	}
}

type tileRegs struct {
	dst, ldd, ars, aks, ldb, b, k, tmp reg.GPVirtual
	a                                  []reg.GPVirtual // a[j] points at row 3j of the tile
}

func tile(v isa, g tileRegs, w, rows int, masked bool) {
	label := func(s string) string { return fmt.Sprintf("%s%d", s, rows) }
	acc := func(r, c int) reg.VecPhysical { return v.regs[r*w+c] }
	b := v.regs[rows*w : rows*w+w]
	bc := v.regs[rows*w+w]
	last := func(c int) bool { return masked && c == w-1 }
	eachDst := func(f func(r, c int, m operand.Mem)) { // leaves tmp at the row after the tile
		MOVQ(g.dst, g.tmp)
		for r := range rows {
			for c := range w {
				f(r, c, at(g.tmp, c*v.bytes()))
			}
			ADDQ(g.ldd, g.tmp)
		}
	}
	addr := func(name string) operand.Mem {
		c, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		return c.Addr
	}

	Label(label("tile"))
	MOVQ(addr("a"), g.a[0])
	if rows > 3 {
		LEAQ(operand.Mem{Base: g.ars, Index: g.ars, Scale: 2}, g.tmp)
		for j := 1; 3*j < rows; j++ {
			LEAQ(operand.Mem{Base: g.a[j-1], Index: g.tmp, Scale: 1}, g.a[j])
		}
	}
	MOVQ(addr("b"), g.b)
	MOVQ(addr("k"), g.k)
	CMPB(addr("add"), operand.Imm(0))
	JNE(operand.LabelRef(label("add")))
	for i := range rows * w {
		VXORPS(v.regs[i], v.regs[i], v.regs[i])
	}
	JMP(operand.LabelRef(label("begin")))
	Label(label("add"))
	eachDst(func(r, c int, m operand.Mem) { v.load(m, acc(r, c), last(c)) })

	Label(label("begin"))
	// The rows of a are read a few bytes at a time, which no hardware foresees: ask for those of the next tile, which
	// mostly follow, while this one is multiplied.
	IMUL3Q(operand.Imm(uint64(rows)), g.ars, g.tmp)
	ADDQ(g.a[0], g.tmp)
	Label(label("loop"))
	PREFETCHT0(operand.Mem{Base: g.tmp})
	ADDQ(operand.Imm(uint64(4*rows)), g.tmp)
	for c := range w {
		v.load(at(g.b, c*v.bytes()), b[c], last(c))
	}
	for r := range rows {
		m := operand.Mem{Base: g.a[r/3]}
		if r%3 > 0 {
			m = m.Idx(g.ars, uint8(r%3))
		}
		if v.wide && w == 1 && !v.pairs {
			VFMADD231PS_BCST(m, b[0], acc(r, 0))
			continue
		}
		VBROADCASTSS(m, bc)
		for c := range w {
			v.multiplyAdd(b[c], bc, acc(r, c))
		}
	}
	for j := 0; 3*j < rows; j++ {
		ADDQ(g.aks, g.a[j])
	}
	ADDQ(g.ldb, g.b)
	DECQ(g.k)
	JNZ(operand.LabelRef(label("loop")))

	eachDst(func(r, c int, m operand.Mem) { v.store(acc(r, c), m, last(c)) })
	MOVQ(g.tmp, g.dst)
	IMUL3Q(operand.Imm(uint64(rows)), g.ars, g.tmp)
	ADDQ(g.tmp, addr("a"))
	DECQ(addr("tiles"))
	JNZ(operand.LabelRef(label("tile")))
}

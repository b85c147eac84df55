package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gather and scatterAdd copy lines of a table into the pieces of rows, and add the pieces to such lines.
func gather(v isa) {
	x := v.regs[0]
	pieces(v, "gather", "copies lines of a table into rows.", func(row, line operand.Mem, masked bool) {
		v.load(line, x, masked)
		v.store(x, row, masked)
	})
}

func scatterAdd(v isa) {
	x, sum := v.regs[0], v.regs[1]
	pieces(v, "scatterAdd", "adds rows to lines of a table.", func(row, line operand.Mem, masked bool) {
		v.load(line, sum, masked)
		v.load(row, x, masked)
		VADDPS(x, sum, sum)
		v.store(sum, line, masked)
	})
}

// pieces emits the loops over `rows` rows of `count` pieces of n elements, side by side. Each piece has a line of the
// table, whose number is the next in at; body handles one vector of both. Strides are in bytes.
func pieces(v isa, name, doc string, body func(row, line operand.Mem, masked bool)) {
	begin(v, name, "func(table, row *float32, at *int32, ldt, ldr, rows, count, n int)", doc)
	p := params("table", "row", "at", "ldt", "ldr", "rows", "count", "n")
	table, row, at, ldt, ldr, rows, count, n := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
	rest, whole := GP64(), GP64() // elements past the whole vectors of a piece; bytes of those vectors
	MOVQ(n, rest)
	ANDQ(operand.Imm(uint64(v.lanes-1)), rest)
	SHLQ(operand.Imm(2), n) // bytes of a piece
	MOVQ(rest, whole)
	SHLQ(operand.Imm(2), whole)
	NEGQ(whole)
	ADDQ(n, whole)
	to, line, left, i := GP64(), GP64(), GP64(), GP64()
	MOVQ(rest, i)
	v.setMask(i)
	vector := func(masked bool) {
		body(operand.Mem{Base: to, Index: i, Scale: 1}, operand.Mem{Base: line, Index: i, Scale: 1}, masked)
	}
	Label("row")
	MOVQ(row, to)
	MOVQ(count, left)
	Label("piece")
	MOVLQSX(operand.Mem{Base: at}, line)
	ADDQ(operand.Imm(4), at)
	IMULQ(ldt, line)
	ADDQ(table, line)
	XORQ(i, i)
	CMPQ(i, whole)
	JEQ(operand.LabelRef("tail"))
	Label("vector")
	vector(false)
	ADDQ(operand.Imm(uint64(v.bytes())), i)
	CMPQ(i, whole)
	JNE(operand.LabelRef("vector"))
	Label("tail")
	TESTQ(rest, rest)
	JZ(operand.LabelRef("next"))
	vector(true)
	Label("next")
	ADDQ(n, to)
	DECQ(left)
	JNZ(operand.LabelRef("piece"))
	ADDQ(ldr, row)
	DECQ(rows)
	JNZ(operand.LabelRef("row"))
	VZEROUPPER()
	RET()
}

// prefetched is how many lines of a table the steps below fetch ahead: a line of words lies anywhere in megabytes.
const prefetched = 4

// lines emits a loop over the lines of tables whose numbers are in at, n elements each, a multiple of the vector, with
// row r of grad beside line at[r]. body handles one vector: i is its offset in bytes. Strides are in bytes.
func lines(v isa, tables []reg.GPVirtual, body func(tables []operand.Mem, grad operand.Mem)) {
	p := params("grad", "at", "ld", "ldg", "rows", "n")
	grad, at, ld, ldg, rows, n := p[0], p[1], p[2], p[3], p[4], p[5]
	offset, ahead, i := GP64(), GP64(), GP64()
	SHLQ(operand.Imm(2), n)
	number := func(index operand.Mem, r reg.GPVirtual) { // the offset of a line
		MOVLQSX(index, r)
		IMULQ(ld, r)
	}
	Label("line")
	number(operand.Mem{Base: at}, offset)
	MOVQ(offset, ahead)
	CMPQ(rows, operand.Imm(prefetched))
	JLE(operand.LabelRef("begin"))
	number(operand.Mem{Base: at, Disp: 4 * prefetched}, ahead)
	Label("begin")
	XORQ(i, i)
	Label("vector")
	var mems []operand.Mem
	for _, t := range tables {
		PREFETCHT0(operand.Mem{Base: t, Index: ahead, Scale: 1})
		mems = append(mems, operand.Mem{Base: t, Index: offset, Scale: 1})
	}
	body(mems, operand.Mem{Base: grad, Index: i, Scale: 1})
	ADDQ(operand.Imm(uint64(v.bytes())), offset)
	ADDQ(operand.Imm(uint64(v.bytes())), ahead)
	ADDQ(operand.Imm(uint64(v.bytes())), i)
	CMPQ(i, n)
	JNE(operand.LabelRef("vector"))
	ADDQ(ldg, grad)
	ADDQ(operand.Imm(4), at)
	DECQ(rows)
	JNZ(operand.LabelRef("line"))
	VZEROUPPER()
	RET()
}

func sgdLines(v isa) {
	begin(v, "sgdLines", "func(w, grad *float32, at *int32, ld, ldg, rows, n int, rate, decay float32)",
		"takes a step of gradient descent on lines of a table.")
	s := newSGD(v)
	lines(v, params("w"), func(t []operand.Mem, grad operand.Mem) {
		v.load(t[0], s.w, false)
		v.load(grad, s.g, false)
		s.step()
		v.store(s.w, t[0], false)
	})
}

func adamLines(v isa) {
	begin(v, "adamLines", "func(w, m, v, grad *float32, at *int32, ld, ldg, rows, n int, rates *[8]float32)",
		"takes a step of Adam on lines of tables.")
	a := newAdam(v)
	lines(v, params("w", "m", "v"), func(t []operand.Mem, grad operand.Mem) {
		v.load(t[0], a.w, false)
		v.load(grad, a.g, false)
		v.load(t[1], a.m, false)
		v.load(t[2], a.s, false)
		a.moments()
		v.store(a.m, t[1], false)
		v.store(a.s, t[2], false)
		a.step()
		v.store(a.w, t[0], false)
	})
}

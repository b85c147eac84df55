package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

// A column is what a function does that runs down the rows of a block, in one panel of lanes. Nil members do nothing.
type column struct {
	begin  func(c, offset int, masked bool)        // loads what belongs to vector c, offset bytes into the lanes
	vector func(c int, z operand.Mem, masked bool) // does vector c of a row
	next   func()                                  // ends a row
	end    func(c, offset int, masked bool)        // stores what belongs to vector c
}

// panel emits `func(z *float32, ldz, rows, n int, more)` for a panel of some vectors. A panel of one is masked and n is
// its number of elements; wider ones ignore n. Strides are in bytes.
func (v isa) panel(name string, width int, more string, setup func() column) {
	masked := width == 1
	full := fmt.Sprintf("%s%d%s", name, width, v.suffix)
	TEXT(full, NOSPLIT, "func(z *float32, ldz, rows, n int, "+more+")")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s is %s on %d vectors of lanes; strides are in bytes.", full, name, width))
	p := params("z", "ldz", "rows")
	z, ldz, rows := p[0], p[1], p[2]
	if masked {
		v.setMask(params("n")[0])
	}
	c := setup()
	for i := range width {
		c.begin(i, i*v.bytes(), masked)
	}
	Label("row")
	for i := range width {
		c.vector(i, at(z, i*v.bytes()), masked)
	}
	if c.next != nil {
		c.next()
	}
	ADDQ(ldz, z)
	DECQ(rows)
	JNZ(operand.LabelRef("row"))
	if c.end != nil {
		for i := range width {
			c.end(i, i*v.bytes(), masked)
		}
	}
	VZEROUPPER()
	RET()
}

// Comparisons, as immediates of VCMPPS: quiet, and false for NaN unless they begin with "not".
const (
	notLess   = operand.U8(0x15)
	notAtMost = operand.U8(0x16)
)

// maxRows uses that VMAXPS yields its second operand, here the maximum so far, unless the first is greater.
func maxRows(v isa) {
	for _, width := range []int{2, 1} {
		v.panel("maxRows", width, "max *float32", func() column {
			p := params("max")[0]
			return column{
				begin: func(c, offset int, masked bool) { v.load(at(p, offset), v.regs[c], masked) },
				vector: func(c int, z operand.Mem, masked bool) {
					v.load(z, v.regs[4], masked)
					VMAXPS(v.regs[c], v.regs[4], v.regs[c])
				},
				end: func(c, offset int, masked bool) { v.store(v.regs[c], at(p, offset), masked) },
			}
		})
	}
}

func scaleLanes(v isa) {
	for _, width := range []int{2, 1} {
		v.panel("scaleLanes", width, "scale *float32", func() column {
			p := params("scale")[0]
			x := v.regs[4]
			return column{
				begin: func(c, offset int, masked bool) { v.load(at(p, offset), v.regs[c], masked) },
				vector: func(c int, z operand.Mem, masked bool) {
					v.load(z, x, masked)
					VMULPS(v.regs[c], x, x)
					v.store(x, z, masked)
				},
			}
		})
	}
}

// tanhGrad multiplies the derivative's value and the lane's factor into d, whose rows are those of a.
func tanhGrad(v isa) {
	for _, width := range []int{2, 1} {
		v.panel("tanhGrad", width, "a, scale *float32", func() column {
			p := params("a", "scale", "ldz")
			x, y, t, one := v.regs[4], v.regs[5], v.regs[6], v.regs[7]
			VBROADCASTSS(data("expTable", 4*expOne), one)
			return column{
				begin: func(c, offset int, masked bool) { v.load(at(p[1], offset), v.regs[c], masked) },
				vector: func(c int, z operand.Mem, masked bool) {
					v.load(z, x, masked)
					v.load(at(p[0], c*v.bytes()), y, masked)
					VMULPS(v.regs[c], x, x)
					VMOVAPS(one, t)
					VFNMADD231PS(y, y, t)
					VMULPS(t, x, x)
					v.store(x, z, masked)
				},
				next: func() { ADDQ(p[2], p[0]) },
			}
		})
	}
}

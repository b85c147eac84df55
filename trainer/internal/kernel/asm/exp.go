package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Indices into expTable of package kernel.
const (
	expMagic = iota
	expLog2e
	expLow
	expHigh
	expOne
	expLn2Hi
	expLn2Lo
	expC6
	expC5
	expC4
	expC3
	expC2
	expMax
	expConstants
)

// Opmasks of comparisons.
var above, keep = reg.K2, reg.K3

// A table hands out the constants of a table of package kernel: the first ones stay in registers, the others are
// broadcast into a spare one when needed.
type table struct {
	name  string
	held  []reg.VecPhysical
	spare reg.VecPhysical
}

func newTable(name string, n int, spare reg.VecPhysical, held []reg.VecPhysical) table {
	t := table{name: name, held: held[:min(n, len(held))], spare: spare}
	for i, r := range t.held {
		VBROADCASTSS(data(name, 4*i), r)
	}
	return t
}

func (t table) get(i int) reg.VecPhysical {
	if i < len(t.held) {
		return t.held[i]
	}
	VBROADCASTSS(data(t.name, 4*i), t.spare)
	return t.spare
}

// expRows emits ExpRows with and without weights. See Exp of package kernel for the method.
func expRows(v isa) {
	const wide = 2
	for _, width := range []int{wide, 1} {
		v.panel("expRows", width, "shift, sum *float32", func() column {
			return expColumn(v, wide, params("shift", "sum"), nil)
		})
		v.panel("expWeighted", width, "shift, sum, weight *float32", func() column {
			return expColumn(v, wide, params("shift", "sum"), params("weight")[0])
		})
	}
}

func expColumn(v isa, wide int, lanes []reg.GPVirtual, weight reg.Register) column {
	temp := v.regs[2*wide:]
	held := v.regs[10:15]
	if v.wide {
		held = v.regs[16:]
	}
	t := newTable("expTable", expConstants, temp[5], held)
	c := column{
		begin: func(c, offset int, masked bool) {
			v.load(at(lanes[0], offset), v.regs[c], masked)
			v.load(at(lanes[1], offset), v.regs[wide+c], masked)
		},
		vector: func(c int, z operand.Mem, masked bool) {
			v.load(z, temp[0], masked)
			VSUBPS(v.regs[c], temp[0], temp[0])
			e := exp(v, t, temp)
			if weight != nil {
				if v.wide {
					VMULPS_BCST(at(weight, 0), e, e)
				} else {
					VBROADCASTSS(at(weight, 0), temp[5])
					VMULPS(temp[5], e, e)
				}
			}
			v.store(e, z, masked)
			VADDPS(e, v.regs[wide+c], v.regs[wide+c])
		},
		end: func(c, offset int, masked bool) { v.store(v.regs[wide+c], at(lanes[1], offset), masked) },
	}
	if weight != nil {
		c.next = func() { ADDQ(operand.Imm(4), weight) }
	}
	return c
}

// exp emits the exponential of r[0], which it clobbers with r[1] to r[4], and returns the register of the result.
func exp(v isa, k table, r []reg.VecPhysical) reg.VecPhysical {
	x, n, i, s, p := r[0], r[1], r[2], r[3], r[4]
	VMOVAPS(k.get(expMagic), n)
	VFMADD231PS(k.get(expLog2e), x, n) // n in the low bits
	VSUBPS(k.get(expMagic), n, i)
	VMOVAPS(x, s)
	VFNMADD231PS(k.get(expLn2Hi), i, s)
	VFNMADD231PS(k.get(expLn2Lo), i, s) // s = x - n ln 2
	VMOVAPS(k.get(expC6), p)
	for _, c := range []int{expC5, expC4, expC3, expC2, expOne, expOne} {
		VFMADD213PS(k.get(c), s, p)
	}
	VPSLLD(operand.Imm(23), n, n)
	if v.wide {
		VCMPPS(notLess, k.get(expLow), x, keep)
		VPADDD_Z(n, p, keep, p) // p 2^n, or 0 below the limit
		VCMPPS(notAtMost, k.get(expHigh), x, above)
		VMULPS(k.get(expMax), x, above, p) // +Inf, or NaN for NaN
		return p
	}
	VCMPPS(notLess, k.get(expLow), x, i)
	VPADDD(n, p, p)
	VANDPS(i, p, p)
	VCMPPS(notAtMost, k.get(expHigh), x, i)
	VMULPS(k.get(expMax), x, x)
	VBLENDVPS(i, x, p, p)
	return p
}

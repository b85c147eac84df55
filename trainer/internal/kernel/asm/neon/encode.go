package main

import "fmt"

// Vector instructions on four float32 that Go's assembler does not know, as the opcodes of the Arm Architecture
// Reference Manual (DDI 0487, C7.2) with Q = 1 and size = 32 bits, and registers left at 0.
const (
	fadd  = 0x4e20d400
	fsub  = 0x4ea0d400
	fmul  = 0x6e20dc00
	fdiv  = 0x6e20fc00
	fmin  = 0x4ea0f400
	fcmge = 0x6e20e400
	fcmgt = 0x6ea0e400
	fabs  = 0x4ea0f800
	fsqrt = 0x6ea1f800
	fmla0 = 0x4f801000 // by the first element of the second factor
)

// word writes an instruction with its fields and what it is.
func (f *function) word(opcode uint32, d, x, y vec, format string, args ...any) {
	f.line("\tWORD    $0x%08x // %s", opcode|uint32(y)<<16|uint32(x)<<5|uint32(d), fmt.Sprintf(format, args...))
}

// Instructions are written for lists of vectors at once, so that independent chains alternate; x or y may be a single
// vector, which then serves for all of d.

func each(d, x, y []vec, emit func(d, x, y vec)) {
	for i := range d {
		emit(d[i], x[i%len(x)], y[i%len(y)])
	}
}

func (f *function) three(name string, opcode uint32, d, x, y []vec) {
	each(d, x, y, func(d, x, y vec) { f.word(opcode, d, x, y, "%s %v.4S, %v.4S, %v.4S", name, d, x, y) })
}

func (f *function) two(name string, opcode uint32, d, x []vec) {
	each(d, x, x, func(d, x, _ vec) { f.word(opcode, d, x, 0, "%s %v.4S, %v.4S", name, d, x) })
}

func (f *function) fadd(d, x, y []vec) { f.three("FADD", fadd, d, x, y) }
func (f *function) fsub(d, x, y []vec) { f.three("FSUB", fsub, d, x, y) } // x - y
func (f *function) fmul(d, x, y []vec) { f.three("FMUL", fmul, d, x, y) }
func (f *function) fdiv(d, x, y []vec) { f.three("FDIV", fdiv, d, x, y) } // x / y
func (f *function) fmin(d, x, y []vec) { f.three("FMIN", fmin, d, x, y) } // NaN if either is

// fcmge and fcmgt set all bits where x >= y and x > y, else none; none for NaN.
func (f *function) fcmge(d, x, y []vec) { f.three("FCMGE", fcmge, d, x, y) }
func (f *function) fcmgt(d, x, y []vec) { f.three("FCMGT", fcmgt, d, x, y) }

func (f *function) fabs(d, x []vec)  { f.two("FABS", fabs, d, x) }
func (f *function) fsqrt(d, x []vec) { f.two("FSQRT", fsqrt, d, x) }

// fmla adds x*y to d, fmls subtracts it, both rounded once.
func (f *function) fmla(d, x, y []vec) {
	each(d, x, y, func(d, x, y vec) { f.op("VFMLA", y.s4(), x.s4(), d.s4()) })
}

func (f *function) fmls(d, x, y []vec) {
	each(d, x, y, func(d, x, y vec) { f.op("VFMLS", y.s4(), x.s4(), d.s4()) })
}

// fmla0 adds x times the first element of y to d.
func (f *function) fmla0(d, x []vec, y vec) {
	each(d, x, []vec{y}, func(d, x, y vec) { f.word(fmla0, d, x, y, "FMLA %v.4S, %v.4S, %v.S[0]", d, x, y) })
}

func (f *function) mov(d, x []vec) {
	each(d, x, x, func(d, x, _ vec) { f.op("VMOV", x.b16(), d.b16()) })
}

func (f *function) zero(d []vec) {
	each(d, d, d, func(d, _, _ vec) { f.op("VEOR", d.b16(), d.b16(), d.b16()) })
}

func (f *function) and(d, x, y []vec) {
	each(d, x, y, func(d, x, y vec) { f.op("VAND", y.b16(), x.b16(), d.b16()) })
}

// add adds integers.
func (f *function) add(d, x, y []vec) {
	each(d, x, y, func(d, x, y vec) { f.op("VADD", y.s4(), x.s4(), d.s4()) })
}

// shl shifts integers.
func (f *function) shl(d, x []vec, n int) {
	each(d, x, x, func(d, x, _ vec) { f.op("VSHL", n, x.s4(), d.s4()) })
}

// bit copies the bits of x for which mask has ones into d.
func (f *function) bit(d, x, mask []vec) {
	each(d, x, mask, func(d, x, mask vec) { f.op("VBIT", mask.b16(), x.b16(), d.b16()) })
}

// bif copies the bits of x for which mask has zeros into d.
func (f *function) bif(d, x, mask []vec) {
	each(d, x, mask, func(d, x, mask vec) { f.op("VBIF", mask.b16(), x.b16(), d.b16()) })
}

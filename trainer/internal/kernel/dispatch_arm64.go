package kernel

import (
	"math"
	"unsafe"
)

// Constants in the order in which the assembly reads them; see asm/neon.
var (
	expTable = [...]float32{magic, log2e, expLow, expHigh, 1, ln2Hi, ln2Lo, expC6, expC5, expC4, expC3, expC2,
		expMax}
	tanhTable = [...]float32{tanhMax, tanhMagic, tanhLog2e, halfLn2, tanhC6, tanhC5, tanhC4, tanhC3, tanhC2, 0.5, -0.5,
		1, math.Float32frombits(signBit)}
)

// supported needs no detection: every arm64 machine that Go runs on has the vector unit.
func supported(p path) bool { return p == generic || p == neon }

// One call of assembly covers at most this many elements, or rows of a panel, so that it ends within microseconds: Go
// cannot interrupt it.
const (
	elementsAtOnce = 1 << 13
	rowsAtOnce     = 512
)

// panel returns how many of the left lanes the next call covers: 16, 4 or all.
func panel(left int) int {
	switch {
	case left >= 16:
		return 16
	case left >= 4:
		return 4
	}
	return left
}

func expRows(z []float32, ldz, rows, lanes int, shift, weight, sum []float32) {
	if active == generic {
		expRowsGeneric(z, ldz, rows, lanes, shift, weight, sum)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n := panel(lanes - l)
			p, c, s := &z[r*ldz+l], &shift[l], &sum[l]
			var w *float32
			if weight != nil {
				w = &weight[r]
			}
			switch {
			case n == 16 && w == nil:
				expRows4NEON(p, 4*ldz, m, n, c, s)
			case n == 16:
				expWeighted4NEON(p, 4*ldz, m, n, c, s, w)
			case n == 4 && w == nil:
				expRows1NEON(p, 4*ldz, m, n, c, s)
			case n == 4:
				expWeighted1NEON(p, 4*ldz, m, n, c, s, w)
			case w == nil:
				expRowsPartNEON(p, 4*ldz, m, n, c, s)
			default:
				expWeightedPartNEON(p, 4*ldz, m, n, c, s, w)
			}
			l += n
		}
	}
}

func maxRows(z []float32, ldz, rows, lanes int, max []float32) {
	if active == generic {
		maxRowsGeneric(z, ldz, rows, lanes, max)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n := panel(lanes - l)
			switch p, x := &z[r*ldz+l], &max[l]; n {
			case 16:
				maxRows4NEON(p, 4*ldz, m, n, x)
			case 4:
				maxRows1NEON(p, 4*ldz, m, n, x)
			default:
				maxRowsPartNEON(p, 4*ldz, m, n, x)
			}
			l += n
		}
	}
}

func scaleLanes(z []float32, ldz, rows, lanes int, scale []float32) {
	if active == generic {
		scaleLanesGeneric(z, ldz, rows, lanes, scale)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n := panel(lanes - l)
			switch p, s := &z[r*ldz+l], &scale[l]; n {
			case 16:
				scaleLanes4NEON(p, 4*ldz, m, n, s)
			case 4:
				scaleLanes1NEON(p, 4*ldz, m, n, s)
			default:
				scaleLanesPartNEON(p, 4*ldz, m, n, s)
			}
			l += n
		}
	}
}

func tanh(x []float32) {
	if active == generic {
		tanhGeneric(x)
		return
	}
	for i := 0; i < len(x); i += elementsAtOnce {
		tanhNEON(&x[i], min(elementsAtOnce, len(x)-i))
	}
}

func tanhGrad(d, a []float32, ld, rows, lanes int, scale []float32) {
	if active == generic {
		tanhGradGeneric(d, a, ld, rows, lanes, scale)
		return
	}
	scaleLanes(d, ld, rows, lanes, scale)
	for r := range rows {
		for l := 0; l < lanes; l += elementsAtOnce {
			tanhGradNEON(&d[r*ld+l], &a[r*ld+l], min(elementsAtOnce, lanes-l))
		}
	}
}

func sgd(w, g []float32, rate, decay float32) {
	if active == generic {
		sgdGeneric(w, g, rate, decay)
		return
	}
	for i := 0; i < len(w); i += elementsAtOnce {
		sgdNEON(&w[i], &g[i], min(elementsAtOnce, len(w)-i), rate, decay)
	}
}

func adam(w, m, v, g []float32, a adamRates) {
	if active == generic {
		adamGeneric(w, m, v, g, a)
		return
	}
	rates := (*[8]float32)(unsafe.Pointer(&a))
	for i := 0; i < len(w); i += elementsAtOnce {
		adamNEON(&w[i], &m[i], &v[i], &g[i], min(elementsAtOnce, len(w)-i), rates)
	}
}

// dot leaves the elements past the last multiple of 16 to the plain twin.
func dot(acc *[16]float32, a, b []float32) {
	i := 0
	for active == neon && i+16 <= len(a) {
		n := min(elementsAtOnce, (len(a)-i)&^15)
		dotNEON(acc, &a[i], &b[i], n)
		i += n
	}
	dotGeneric(acc, a[i:], b[i:])
}

// transpose does blocks of 8 rows and 4 columns in assembly, the edges and the factors in plain Go.
func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int, scale []float32) {
	if active == generic {
		transposeGeneric(dst, ldd, src, lds, rows, cols, scale)
		return
	}
	r, blocks := 0, cols/4
	if blocks > 0 {
		for ; r+8 <= rows; r += 8 {
			transpose8NEON(&dst[r], 4*ldd, &src[r*lds], 4*lds, blocks)
		}
		if cols%4 > 0 {
			transposeGeneric(dst[4*blocks*ldd:], ldd, src[4*blocks:], lds, r, cols%4, nil)
		}
	}
	if r < rows {
		transposeGeneric(dst[r:], ldd, src[r*lds:], lds, rows-r, cols, nil)
	}
	if scale == nil {
		return
	}
	for c, s := range scale[:cols] {
		row := dst[c*ldd:][:rows]
		for i := range row {
			row[i] *= s
		}
	}
}

func dropout(a, slope []float32, bits []uint64, threshold uint16, factor float32) {
	dropoutGeneric(a, slope, bits, threshold, factor)
}

func mul(x, y []float32) { mulGeneric(x, y) }

func gather(row []float32, ldr int, table []float32, ldt int, at []int32, rows, count, n int) {
	gatherGeneric(row, ldr, table, ldt, at, rows, count, n) // as fast as copies are
}

func scatterAdd(table []float32, ldt int, row []float32, ldr int, at []int32, rows, count, n int) {
	scatterAddGeneric(table, ldt, row, ldr, at, rows, count, n)
}

func sgdLines(w []float32, ld int, at []int32, n int, g []float32, ldg int, rate, decay float32) {
	for r, i := range at {
		sgd(w[int(i)*ld:][:n], g[r*ldg:], rate, decay)
	}
}

func adamLines(w, m, v []float32, ld int, at []int32, n int, g []float32, ldg int, a adamRates) {
	for r, i := range at {
		o := int(i) * ld
		adam(w[o:][:n], m[o:], v[o:], g[r*ldg:], a)
	}
}

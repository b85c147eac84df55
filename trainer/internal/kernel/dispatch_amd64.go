package kernel

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . -isa avx2 -pkg kernel -out ../avx2_amd64.s -stubs ../avx2_amd64.go
//go:generate go -C asm run . -isa bf16 -pkg kernel -out ../bf16_amd64.s -stubs ../bf16_amd64.go
//go:generate go -C asm run . -isa avx512 -pkg kernel -out ../avx512_amd64.s -stubs ../avx512_amd64.go

// tailMask is read from the middle backwards: n ones before the zeros mask n lanes of AVX2.
var tailMask = [16]int32{-1, -1, -1, -1, -1, -1, -1, -1}

// Constants in the order in which the assembly reads them; see asm/exp.go and asm/tanh.go.
var (
	expTable = [...]float32{magic, log2e, expLow, expHigh, 1, ln2Hi, ln2Lo, expC6, expC5, expC4, expC3, expC2,
		expMax}
	tanhTable = [...]float32{math.Float32frombits(signBit), tanhMax, tanhMagic, tanhC6, tanhC5, tanhC4, tanhC3, tanhC2,
		0.5, 1, tanhLog2e, halfLn2, -0.5}
)

func supported(p path) bool {
	switch x := &cpu.X86; p {
	case avx2:
		return x.HasAVX2 && x.HasFMA
	case avx512:
		return x.HasAVX2 && x.HasFMA && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ
	}
	return p == generic
}

// One call of assembly covers at most this many elements, or rows of a panel, so that it ends within microseconds: Go
// cannot interrupt it.
const (
	elementsAtOnce = 1 << 15
	rowsAtOnce     = 512
)

// linesAtOnce returns how many lines of n elements a call covers.
func linesAtOnce(n int) int { return max(1, elementsAtOnce/n) }

// panel returns how many of the left lanes the next call covers: all of `width` vectors, or one vector's at most.
func panel(left, width int) (n int, whole bool) {
	vector := 8
	if active == avx512 {
		vector = 16
	}
	if left >= width*vector {
		return width * vector, true
	}
	return min(left, vector), false
}

func expRows(z []float32, ldz, rows, lanes int, shift, weight, sum []float32) {
	if active == generic {
		expRowsGeneric(z, ldz, rows, lanes, shift, weight, sum)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n, whole := panel(lanes-l, 2)
			p, c, s := &z[r*ldz+l], &shift[l], &sum[l]
			var w *float32
			if weight != nil {
				w = &weight[r]
			}
			switch wide := active == avx512; {
			case wide && whole && w == nil:
				expRows2AVX512(p, 4*ldz, m, n, c, s)
			case wide && whole:
				expWeighted2AVX512(p, 4*ldz, m, n, c, s, w)
			case wide && w == nil:
				expRows1AVX512(p, 4*ldz, m, n, c, s)
			case wide:
				expWeighted1AVX512(p, 4*ldz, m, n, c, s, w)
			case whole && w == nil:
				expRows2AVX2(p, 4*ldz, m, n, c, s)
			case whole:
				expWeighted2AVX2(p, 4*ldz, m, n, c, s, w)
			case w == nil:
				expRows1AVX2(p, 4*ldz, m, n, c, s)
			default:
				expWeighted1AVX2(p, 4*ldz, m, n, c, s, w)
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
			n, whole := panel(lanes-l, 2)
			p, x := &z[r*ldz+l], &max[l]
			switch wide := active == avx512; {
			case wide && whole:
				maxRows2AVX512(p, 4*ldz, m, n, x)
			case wide:
				maxRows1AVX512(p, 4*ldz, m, n, x)
			case whole:
				maxRows2AVX2(p, 4*ldz, m, n, x)
			default:
				maxRows1AVX2(p, 4*ldz, m, n, x)
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
			n, whole := panel(lanes-l, 2)
			p, s := &z[r*ldz+l], &scale[l]
			switch wide := active == avx512; {
			case wide && whole:
				scaleLanes2AVX512(p, 4*ldz, m, n, s)
			case wide:
				scaleLanes1AVX512(p, 4*ldz, m, n, s)
			case whole:
				scaleLanes2AVX2(p, 4*ldz, m, n, s)
			default:
				scaleLanes1AVX2(p, 4*ldz, m, n, s)
			}
			l += n
		}
	}
}

func tanh(x []float32) {
	for i := 0; i < len(x); i += elementsAtOnce {
		n := min(elementsAtOnce, len(x)-i)
		switch active {
		case avx512:
			tanhAVX512(&x[i], n)
		case avx2:
			tanhAVX2(&x[i], n)
		default:
			tanhGeneric(x[i : i+n])
		}
	}
}

func tanhGrad(d, a []float32, ld, rows, lanes int, scale []float32) {
	if active == generic {
		tanhGradGeneric(d, a, ld, rows, lanes, scale)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n, whole := panel(lanes-l, 2)
			z, x, s := &d[r*ld+l], &a[r*ld+l], &scale[l]
			switch wide := active == avx512; {
			case wide && whole:
				tanhGrad2AVX512(z, 4*ld, m, n, x, s)
			case wide:
				tanhGrad1AVX512(z, 4*ld, m, n, x, s)
			case whole:
				tanhGrad2AVX2(z, 4*ld, m, n, x, s)
			default:
				tanhGrad1AVX2(z, 4*ld, m, n, x, s)
			}
			l += n
		}
	}
}

func dropout(a, slope []float32, bits []uint64, threshold uint16, factor float32) {
	for i := 0; i < len(a); i += elementsAtOnce {
		n := min(elementsAtOnce, len(a)-i)
		switch active {
		case avx512:
			dropoutAVX512(&a[i], &slope[i], &bits[i/4], n, int(threshold), factor)
		case avx2:
			dropoutAVX2(&a[i], &slope[i], &bits[i/4], n, int(threshold), factor)
		default:
			dropoutGeneric(a[i:i+n], slope[i:], bits[i/4:], threshold, factor)
		}
	}
}

func mul(x, y []float32) {
	for i := 0; i < len(x); i += elementsAtOnce {
		n := min(elementsAtOnce, len(x)-i)
		switch active {
		case avx512:
			mulAVX512(&x[i], &y[i], n)
		case avx2:
			mulAVX2(&x[i], &y[i], n)
		default:
			mulGeneric(x[i:i+n], y[i:])
		}
	}
}

func sgd(w, g []float32, rate, decay float32) {
	for i := 0; i < len(w); i += elementsAtOnce {
		n := min(elementsAtOnce, len(w)-i)
		switch active {
		case avx512:
			sgdAVX512(&w[i], &g[i], n, rate, decay)
		case avx2:
			sgdAVX2(&w[i], &g[i], n, rate, decay)
		default:
			sgdGeneric(w[i:i+n], g[i:], rate, decay)
		}
	}
}

func adam(w, m, v, g []float32, a adamRates) {
	rates := (*[8]float32)(unsafe.Pointer(&a))
	for i := 0; i < len(w); i += elementsAtOnce {
		n := min(elementsAtOnce, len(w)-i)
		switch active {
		case avx512:
			adamAVX512(&w[i], &m[i], &v[i], &g[i], n, rates)
		case avx2:
			adamAVX2(&w[i], &m[i], &v[i], &g[i], n, rates)
		default:
			adamGeneric(w[i:i+n], m[i:], v[i:], g[i:], a)
		}
	}
}

// dot leaves the elements past the last multiple of 16 to the plain twin.
func dot(acc *[16]float32, a, b []float32) {
	i := 0
	for active != generic && i+16 <= len(a) {
		n := min(elementsAtOnce, (len(a)-i)&^15)
		if active == avx512 {
			dotAVX512(acc, &a[i], &b[i], n)
		} else {
			dotAVX2(acc, &a[i], &b[i], n)
		}
		i += n
	}
	dotGeneric(acc, a[i:], b[i:])
}

// transpose does blocks of 8 x 8 in assembly, the same on AVX2 and AVX-512, and the edges in plain Go.
func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int, scale []float32) {
	r, blocks := 0, cols/8
	if active != generic && blocks > 0 {
		for ; r+8 <= rows; r += 8 {
			if scale == nil {
				transpose8(&dst[r], 4*ldd, &src[r*lds], 4*lds, blocks)
			} else {
				transposeScaled8(&dst[r], 4*ldd, &src[r*lds], 4*lds, blocks, &scale[0])
			}
		}
		if c := 8 * blocks; c < cols {
			transposeGeneric(dst[c*ldd:], ldd, src[c:], lds, r, cols-c, from(scale, c))
		}
	}
	if r < rows {
		transposeGeneric(dst[r:], ldd, src[r*lds:], lds, rows-r, cols, scale)
	}
}

// from returns s from element i on, nil if s is nil.
func from(s []float32, i int) []float32 {
	if s == nil {
		return nil
	}
	return s[i:]
}

func gather(row []float32, ldr int, table []float32, ldt int, at []int32, rows, count, n int) {
	atOnce := linesAtOnce(count * n)
	for r := 0; r < rows; r += atOnce {
		m := min(atOnce, rows-r)
		switch active {
		case avx512:
			gatherAVX512(&table[0], &row[r*ldr], &at[r*count], 4*ldt, 4*ldr, m, count, n)
		case avx2:
			gatherAVX2(&table[0], &row[r*ldr], &at[r*count], 4*ldt, 4*ldr, m, count, n)
		default:
			gatherGeneric(row[r*ldr:], ldr, table, ldt, at[r*count:], m, count, n)
		}
	}
}

func scatterAdd(table []float32, ldt int, row []float32, ldr int, at []int32, rows, count, n int) {
	atOnce := linesAtOnce(count * n)
	for r := 0; r < rows; r += atOnce {
		m := min(atOnce, rows-r)
		switch active {
		case avx512:
			scatterAddAVX512(&table[0], &row[r*ldr], &at[r*count], 4*ldt, 4*ldr, m, count, n)
		case avx2:
			scatterAddAVX2(&table[0], &row[r*ldr], &at[r*count], 4*ldt, 4*ldr, m, count, n)
		default:
			scatterAddGeneric(table, ldt, row[r*ldr:], ldr, at[r*count:], m, count, n)
		}
	}
}

func sgdLines(w []float32, ld int, at []int32, n int, g []float32, ldg int, rate, decay float32) {
	atOnce := linesAtOnce(n)
	for r := 0; r < len(at); r += atOnce {
		m := min(atOnce, len(at)-r)
		switch active {
		case avx512:
			sgdLinesAVX512(&w[0], &g[r*ldg], &at[r], 4*ld, 4*ldg, m, n, rate, decay)
		case avx2:
			sgdLinesAVX2(&w[0], &g[r*ldg], &at[r], 4*ld, 4*ldg, m, n, rate, decay)
		default:
			sgdLinesGeneric(w, ld, at[r:r+m], n, g[r*ldg:], ldg, rate, decay)
		}
	}
}

func adamLines(w, m, v []float32, ld int, at []int32, n int, g []float32, ldg int, a adamRates) {
	rates := (*[8]float32)(unsafe.Pointer(&a))
	atOnce := linesAtOnce(n)
	for r := 0; r < len(at); r += atOnce {
		k := min(atOnce, len(at)-r)
		switch active {
		case avx512:
			adamLinesAVX512(&w[0], &m[0], &v[0], &g[r*ldg], &at[r], 4*ld, 4*ldg, k, n, rates)
		case avx2:
			adamLinesAVX2(&w[0], &m[0], &v[0], &g[r*ldg], &at[r], 4*ld, 4*ldg, k, n, rates)
		default:
			adamLinesGeneric(w, m, v, ld, at[r:r+k], n, g[r*ldg:], ldg, a)
		}
	}
}

package kernel

import (
	"math"
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go -C asm run . -isa avx2 -pkg kernel -out ../avx2_amd64.s -stubs ../avx2_amd64.go
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
	width := 2
	if active == avx512 {
		width = 4
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n, whole := panel(lanes-l, width)
			p, c, s := &z[r*ldz+l], &shift[l], &sum[l]
			var w *float32
			if weight != nil {
				w = &weight[r]
			}
			switch wide := active == avx512; {
			case wide && whole && w == nil:
				expRows4AVX512(p, 4*ldz, m, n, c, s)
			case wide && whole:
				expWeighted4AVX512(p, 4*ldz, m, n, c, s, w)
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
			n, whole := panel(lanes-l, 4)
			p, x := &z[r*ldz+l], &max[l]
			switch wide := active == avx512; {
			case wide && whole:
				maxRows4AVX512(p, 4*ldz, m, n, x)
			case wide:
				maxRows1AVX512(p, 4*ldz, m, n, x)
			case whole:
				maxRows4AVX2(p, 4*ldz, m, n, x)
			default:
				maxRows1AVX2(p, 4*ldz, m, n, x)
			}
			l += n
		}
	}
}

func countAbove(z []float32, ldz, rows, lanes int, threshold, count []float32) {
	if active == generic {
		countAboveGeneric(z, ldz, rows, lanes, threshold, count)
		return
	}
	for r := 0; r < rows; r += rowsAtOnce {
		m := min(rowsAtOnce, rows-r)
		for l := 0; l < lanes; {
			n, whole := panel(lanes-l, 4)
			p, t, c := &z[r*ldz+l], &threshold[l], &count[l]
			switch wide := active == avx512; {
			case wide && whole:
				countAbove4AVX512(p, 4*ldz, m, n, t, c)
			case wide:
				countAbove1AVX512(p, 4*ldz, m, n, t, c)
			case whole:
				countAbove4AVX2(p, 4*ldz, m, n, t, c)
			default:
				countAbove1AVX2(p, 4*ldz, m, n, t, c)
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
			n, whole := panel(lanes-l, 4)
			p, s := &z[r*ldz+l], &scale[l]
			switch wide := active == avx512; {
			case wide && whole:
				scaleLanes4AVX512(p, 4*ldz, m, n, s)
			case wide:
				scaleLanes1AVX512(p, 4*ldz, m, n, s)
			case whole:
				scaleLanes4AVX2(p, 4*ldz, m, n, s)
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

func tanhGrad(d, a []float32) {
	for i := 0; i < len(d); i += elementsAtOnce {
		n := min(elementsAtOnce, len(d)-i)
		switch active {
		case avx512:
			tanhGradAVX512(&d[i], &a[i], n)
		case avx2:
			tanhGradAVX2(&d[i], &a[i], n)
		default:
			tanhGradGeneric(d[i:i+n], a[i:])
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
func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	r, blocks := 0, cols/8
	if active != generic && blocks > 0 {
		for ; r+8 <= rows; r += 8 {
			transpose8(&dst[r], 4*ldd, &src[r*lds], 4*lds, blocks)
		}
		if cols%8 > 0 {
			transposeGeneric(dst[8*blocks*ldd:], ldd, src[8*blocks:], lds, r, cols%8)
		}
	}
	if r < rows {
		transposeGeneric(dst[r:], ldd, src[r*lds:], lds, rows-r, cols)
	}
}

package kernel

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// interleave takes words 16+l and l of two halves as the low and the high half of pair l.
var interleave = [32]uint16{
	0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
	8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31,
}

// hasPairs says that the path in use multiplies pairs in assembly.
func hasPairs() bool { return active == avx512 && cpu.X86.HasAVX512BF16 }

// PairsGain returns how many times as many multiply-adds a second this machine does on pairs as on single numbers, in
// registers; 0 if it cannot do them, or only in plain Go. Some processors do fewer.
func PairsGain() float64 {
	if !hasPairs() {
		return 0
	}
	return pairsGain()
}

var pairsGain = sync.OnceValue(func() float64 {
	const n, runs = 2000, 20
	// 12 single ones and 24 pairs a turn.
	return 4 * float64(fastest(peakAVX512, n, runs)) / float64(fastest(peakBF16, n, runs))
})

// singles is s as what the product's code handles: elements of 32 bits.
func singles(s []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

func gemmPairs(dst []float32, ldd int, a []uint32, ars, aks int, b []uint32, ldb int, rows, k, lanes int, add bool) {
	if !hasPairs() || k == 0 {
		gemmPairsGeneric(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
		return
	}
	gemmPanels(dst, ldd, singles(a), ars, aks, singles(b), ldb, rows, k, lanes, add, true)
}

func packRows(dst []uint32, ldd int, src []float32, lds, rows, n int) {
	if !hasPairs() {
		packRowsGeneric(dst, ldd, src, lds, rows, n)
		return
	}
	atOnce := linesAtOnce(n)
	for r := 0; r < rows; r += atOnce {
		packRowsBF16(&dst[r*ldd], &src[r*lds], 4*ldd, 4*lds, min(atOnce, rows-r), n)
	}
}

// packColumns leaves an odd last row to plain Go.
func packColumns(dst []uint32, ldd int, src []float32, lds, rows, lanes int) {
	p, pairs := 0, rows/2
	if hasPairs() {
		atOnce := linesAtOnce(lanes)
		for ; p < pairs; p += min(atOnce, pairs-p) {
			packColumnsBF16(&dst[p*ldd], &src[2*p*lds], 4*ldd, 4*lds, min(atOnce, pairs-p), lanes)
		}
	}
	if 2*p < rows {
		packColumnsGeneric(dst[p*ldd:], ldd, src[2*p*lds:], lds, rows-2*p, lanes)
	}
}

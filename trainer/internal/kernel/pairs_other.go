//go:build !amd64

package kernel

// PairsGain returns 0: pairs are multiplied in plain Go here.
func PairsGain() float64 { return 0 }

func gemmPairs(dst []float32, ldd int, a []uint32, ars, aks int, b []uint32, ldb int, rows, k, lanes int, add bool) {
	gemmPairsGeneric(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
}

func packRows(dst []uint32, ldd int, src []float32, lds, rows, n int) {
	packRowsGeneric(dst, ldd, src, lds, rows, n)
}

func packColumns(dst []uint32, ldd int, src []float32, lds, rows, lanes int) {
	packColumnsGeneric(dst, ldd, src, lds, rows, lanes)
}

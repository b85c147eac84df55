//go:build !amd64 && !arm64

package kernel

func supported(p path) bool { return p == generic }

func gemm(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add bool) {
	gemmGeneric(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
}

func transpose(dst []float32, ldd int, src []float32, lds, rows, cols int, scale []float32) {
	transposeGeneric(dst, ldd, src, lds, rows, cols, scale)
}

func tanh(x []float32) { tanhGeneric(x) }

func tanhGrad(d, a []float32, ld, rows, lanes int, scale []float32) {
	tanhGradGeneric(d, a, ld, rows, lanes, scale)
}

func expRows(z []float32, ldz, rows, lanes int, shift, weight, sum []float32) {
	expRowsGeneric(z, ldz, rows, lanes, shift, weight, sum)
}

func maxRows(z []float32, ldz, rows, lanes int, max []float32) {
	maxRowsGeneric(z, ldz, rows, lanes, max)
}

func scaleLanes(z []float32, ldz, rows, lanes int, scale []float32) {
	scaleLanesGeneric(z, ldz, rows, lanes, scale)
}

func sgd(w, g []float32, rate, decay float32) { sgdGeneric(w, g, rate, decay) }

func adam(w, m, v, g []float32, a adamRates) { adamGeneric(w, m, v, g, a) }

func dot(acc *[16]float32, a, b []float32) { dotGeneric(acc, a, b) }

func dropout(a, slope []float32, bits []uint64, threshold uint16, factor float32) {
	dropoutGeneric(a, slope, bits, threshold, factor)
}

func mul(x, y []float32) { mulGeneric(x, y) }

func gather(row []float32, ldr int, table []float32, ldt int, at []int32, rows, count, n int) {
	gatherGeneric(row, ldr, table, ldt, at, rows, count, n)
}

func scatterAdd(table []float32, ldt int, row []float32, ldr int, at []int32, rows, count, n int) {
	scatterAddGeneric(table, ldt, row, ldr, at, rows, count, n)
}

func sgdLines(w []float32, ld int, at []int32, n int, g []float32, ldg int, rate, decay float32) {
	sgdLinesGeneric(w, ld, at, n, g, ldg, rate, decay)
}

func adamLines(w, m, v []float32, ld int, at []int32, n int, g []float32, ldg int, a adamRates) {
	adamLinesGeneric(w, m, v, ld, at, n, g, ldg, a)
}

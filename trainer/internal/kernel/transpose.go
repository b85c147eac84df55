package kernel

// Transpose writes the transpose of a block: dst[c*ldd+r] = src[r*lds+c] for r < rows and c < cols. dst and src must
// not overlap.
func Transpose(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	checkBlock("Transpose: src", src, lds, rows, cols)
	checkBlock("Transpose: dst", dst, ldd, cols, rows)
	if rows > 0 && cols > 0 {
		transpose(dst, ldd, src, lds, rows, cols)
	}
}

func transposeGeneric(dst []float32, ldd int, src []float32, lds, rows, cols int) {
	for r := range rows {
		for c, x := range src[r*lds:][:cols] {
			dst[c*ldd+r] = x
		}
	}
}

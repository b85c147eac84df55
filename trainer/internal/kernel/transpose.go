package kernel

// Transpose writes the transpose of a block, its columns multiplied by their factors: dst[c*ldd+r] =
// src[r*lds+c]*scale[c] for r < rows and c < cols. A nil scale stands for ones. dst and src must not overlap.
func Transpose(dst []float32, ldd int, src []float32, lds, rows, cols int, scale []float32) {
	checkBlock("Transpose: src", src, lds, rows, cols)
	checkBlock("Transpose: dst", dst, ldd, cols, rows)
	if scale != nil {
		checkLanes("Transpose", rows, cols, scale)
	}
	if rows > 0 && cols > 0 {
		transpose(dst, ldd, src, lds, rows, cols, scale)
	}
}

func transposeGeneric(dst []float32, ldd int, src []float32, lds, rows, cols int, scale []float32) {
	for r := range rows {
		for c, x := range src[r*lds:][:cols] {
			if scale != nil {
				x *= scale[c]
			}
			dst[c*ldd+r] = x
		}
	}
}

package kernel

// Gemm multiplies: for every r < rows and l < lanes
//
//	dst[r*ldd+l] = (dst[r*ldd+l] if add, else 0) + sum over i < k of a[r*ars+i*aks] * b[i*ldb+l]
//
// as one chain of fused multiply-adds with i ascending, so splitting a product over k by add changes no bit. a may
// have any strides (ars 1 reads it transposed), b's rows and dst's rows are contiguous in lanes. It is fastest where
// lanes is a multiple of 16 and rows of b and dst start at multiples of 64 bytes (see Make).
func Gemm(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add bool) {
	checkBlock("Gemm: dst", dst, ldd, rows, lanes)
	if k < 0 || ars < 0 || aks < 0 || ldb < 0 {
		panic("kernel: Gemm: negative size or stride")
	}
	if rows == 0 || lanes == 0 {
		return
	}
	if k == 0 {
		if !add {
			for r := range rows {
				clear(dst[r*ldd:][:lanes])
			}
		}
		return
	}
	if len(a) <= (rows-1)*ars+(k-1)*aks {
		panic("kernel: Gemm: a is too short")
	}
	if len(b) < (k-1)*ldb+lanes {
		panic("kernel: Gemm: b is too short")
	}
	gemm(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
}

func gemmGeneric(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add bool) {
	for r := range rows {
		acc := dst[r*ldd:][:lanes]
		if !add {
			clear(acc)
		}
		for i := range k {
			x := a[r*ars+i*aks]
			row := b[i*ldb:][:lanes]
			for l, y := range row {
				acc[l] = fma32(x, y, acc[l])
			}
		}
	}
}

package kernel

// heights are the most rows of a tile, by its width in vectors; see asm/gemm.go.
var heights = [...][5]int{avx2: {1: 12, 2: 6}, avx512: {1: 14, 2: 12, 3: 8, 4: 6}}

const (
	panelElements = 1 << 12 // of b: 16 KB, a third of an L1 cache, since a and dst pass through it too
	macsAtOnce    = 1 << 22 // multiply-adds in one call of assembly: about 40 us on AVX-512, 80 on AVX2
)

// gemm cuts the lanes into panels as even as can be, k into blocks whose part of b stays in the L1 cache, and the rows
// into tiles of two heights that differ by one.
func gemm(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add bool) {
	if active == generic {
		gemmGeneric(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
		return
	}
	gemmPanels(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add, false)
}

// gemmPanels is gemm in assembly. The elements of a and b are pairs of bfloat16 if pairs is set.
func gemmPanels(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add, pairs bool) {
	vector, widest := 8, 2
	if active == avx512 {
		vector, widest = 16, 4
	}
	vectors := (lanes + vector - 1) / vector
	panels := (vectors + widest - 1) / widest
	l := 0
	for p := range panels {
		w := (vectors + p) / panels // narrow panels first
		n := min(w*vector, lanes-l)
		blocks := (k*w*vector + panelElements - 1) / panelElements
		for i := range blocks {
			from, to := i*k/blocks, (i+1)*k/blocks
			gemmPanel(dst[l:], ldd, a[from*aks:], ars, aks, b[from*ldb+l:], ldb, rows, to-from, w, n-(w-1)*vector, add || i > 0, pairs)
		}
		l += n
	}
}

// gemmPanel multiplies for one panel of w vectors, the last of which has `last` elements.
func gemmPanel(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, w, last int, add, pairs bool) {
	height := heights[active][w]
	tiles := (rows + height - 1) / height
	atOnce := max(1, macsAtOnce/(height*k*w*16))
	r := 0
	for t := 0; t < tiles; {
		h, n := rows/tiles, tiles-t
		if tall := rows % tiles; t < tall {
			h, n = h+1, tall-t
		}
		n = min(n, atOnce)
		d, x := &dst[r*ldd], &a[r*ars]
		switch wide := active == avx512; {
		case pairs && w == 4:
			gemm4BF16(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case pairs && w == 3:
			gemm3BF16(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case pairs && w == 2:
			gemm2BF16(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case pairs:
			gemm1BF16(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case wide && w == 4:
			gemm4AVX512(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case wide && w == 3:
			gemm3AVX512(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case wide && w == 2:
			gemm2AVX512(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case wide:
			gemm1AVX512(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case w == 2 && last == 8:
			gemm2AVX2(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		case w == 2:
			gemm2TailAVX2(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		default:
			gemm1TailAVX2(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, n, h, last, add)
		}
		r += n * h
		t += n
	}
}

package kernel

// heights are the most rows of a tile, by its width in vectors of 4 lanes; see asm/neon/gemm.go.
var heights = [...]int{1: 8, 2: 12, 3: 8, 4: 6}

const (
	panelElements = 1 << 12 // of b: 16 KB, at most half of an L1 cache, since a and dst pass through it too
	macsAtOnce    = 1 << 21 // multiply-adds in one call of assembly: a tenth of a millisecond at 8 a cycle
)

// gemm cuts the lanes into panels as even as can be, k into blocks whose part of b stays in the L1 cache, and the rows
// into tiles of two heights that differ by one, as on amd64. A panel of several vectors has at least 5 lanes.
func gemm(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, lanes int, add bool) {
	if active == generic {
		gemmGeneric(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
		return
	}
	const vector, widest = 4, 4
	vectors := (lanes + vector - 1) / vector
	panels := (vectors + widest - 1) / widest
	l := 0
	for p := range panels {
		w := (vectors + p) / panels // narrow panels first
		n := min(w*vector, lanes-l)
		blocks := (k*w*vector + panelElements - 1) / panelElements
		for i := range blocks {
			from, to := i*k/blocks, (i+1)*k/blocks
			gemmPanel(dst[l:], ldd, a[from*aks:], ars, aks, b[from*ldb+l:], ldb, rows, to-from, w, n, add || i > 0)
		}
		l += n
	}
}

// gemmPanel multiplies for one panel of n lanes, which w vectors cover.
func gemmPanel(dst []float32, ldd int, a []float32, ars, aks int, b []float32, ldb int, rows, k, w, n int, add bool) {
	height := heights[w]
	tiles := (rows + height - 1) / height
	atOnce := max(1, macsAtOnce/(height*k*w*4))
	last := 4 * (n - 4) // where the last vector begins, in bytes
	r := 0
	for t := 0; t < tiles; {
		h, m := rows/tiles, tiles-t
		if tall := rows % tiles; t < tall {
			h, m = h+1, tall-t
		}
		m = min(m, atOnce)
		d, x := &dst[r*ldd], &a[r*ars]
		switch {
		case w == 4:
			gemm4NEON(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, m, h, last, add)
		case w == 3:
			gemm3NEON(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, m, h, last, add)
		case w == 2:
			gemm2NEON(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, m, h, last, add)
		case n == 4:
			gemm1NEON(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, m, h, 0, add)
		default:
			gemmPartNEON(d, x, &b[0], 4*ldd, 4*ars, 4*aks, 4*ldb, k, m, h, n, add)
		}
		r += m * h
		t += m
	}
}

package kernel

import "math"

// A pair is two bfloat16 in 32 bits, the first in the high half. With operands of pairs a product does two steps of its
// chain at a time, in the order of the single ones: what is multiplied is rounded to bfloat16, to nearest even, and
// what is added up stays float32. Numbers below the normal ones count as zero throughout.

// PackRows packs neighbours in a row: dst[r*ldd+p] = (src[r*lds+2p], src[r*lds+2p+1]), the last with zero if n is odd.
func PackRows(dst []uint32, ldd int, src []float32, lds, rows, n int) {
	checkBlock("PackRows: src", src, lds, rows, n)
	checkPairs("PackRows", dst, ldd, rows, (n+1)/2)
	if rows > 0 && n > 0 {
		packRows(dst, ldd, src, lds, rows, n)
	}
}

// PackColumns packs neighbours in a column: dst[p*ldd+l] = (src[2p*lds+l], src[(2p+1)*lds+l]), the last row with zeros
// if rows is odd.
func PackColumns(dst []uint32, ldd int, src []float32, lds, rows, lanes int) {
	checkBlock("PackColumns: src", src, lds, rows, lanes)
	checkPairs("PackColumns", dst, ldd, (rows+1)/2, lanes)
	if rows > 0 && lanes > 0 {
		packColumns(dst, ldd, src, lds, rows, lanes)
	}
}

// GemmPairs is Gemm on pairs: a and b are pairs of neighbours in k, of which there are 2k.
func GemmPairs(dst []float32, ldd int, a []uint32, ars, aks int, b []uint32, ldb int, rows, k, lanes int, add bool) {
	checkBlock("GemmPairs: dst", dst, ldd, rows, lanes)
	if k < 0 || ars < 0 || aks < 0 || ldb < 0 {
		panic("kernel: GemmPairs: negative size or stride")
	}
	if rows == 0 || lanes == 0 {
		return
	}
	if k > 0 && (len(a) <= (rows-1)*ars+(k-1)*aks || len(b) < (k-1)*ldb+lanes) {
		panic("kernel: GemmPairs: a or b is too short")
	}
	gemmPairs(dst, ldd, a, ars, aks, b, ldb, rows, k, lanes, add)
}

// SetPair changes the i-th bfloat16 of a row of pairs to x.
func SetPair(row []uint32, i int, x float32) {
	shift := 16 * (1 - i&1)
	row[i/2] = row[i/2]&^(0xffff<<shift) | uint32(bfloat16(x))<<shift
}

// checkPairs panics unless s holds a block of rows x n pairs with rows ld apart.
func checkPairs(name string, s []uint32, ld, rows, n int) {
	if rows > 0 && n > 0 && (ld < n && rows > 1 || len(s) < (rows-1)*ld+n) {
		panic("kernel: " + name + ": too short for its shape")
	}
}

// bfloat16 rounds x to the nearest even of its first 16 bits.
func bfloat16(x float32) uint16 {
	u := math.Float32bits(x)
	switch {
	case x != x:
		return uint16(u>>16 | 0x40)
	case u<<1 < 1<<24: // below the normal numbers
		return uint16(u >> 31 << 15)
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func packRowsGeneric(dst []uint32, ldd int, src []float32, lds, rows, n int) {
	for r := range rows {
		row := src[r*lds:][:n]
		for p := range (n + 1) / 2 {
			pair := uint32(bfloat16(row[2*p])) << 16
			if 2*p+1 < n {
				pair |= uint32(bfloat16(row[2*p+1]))
			}
			dst[r*ldd+p] = pair
		}
	}
}

func packColumnsGeneric(dst []uint32, ldd int, src []float32, lds, rows, lanes int) {
	for p := range (rows + 1) / 2 {
		for l := range lanes {
			pair := uint32(bfloat16(src[2*p*lds+l])) << 16
			if 2*p+1 < rows {
				pair |= uint32(bfloat16(src[(2*p+1)*lds+l]))
			}
			dst[p*ldd+l] = pair
		}
	}
}

func gemmPairsGeneric(dst []float32, ldd int, a []uint32, ars, aks int, b []uint32, ldb int, rows, k, lanes int, add bool) {
	for r := range rows {
		acc := dst[r*ldd:][:lanes]
		if !add {
			clear(acc)
		}
		for i := range k {
			x := a[r*ars+i*aks]
			for l, y := range b[i*ldb:][:lanes] {
				sum := flushed(fma32(first(x), first(y), flushed(acc[l])))
				acc[l] = flushed(fma32(second(x), second(y), sum))
			}
		}
	}
}

// first and second are the numbers of a pair.
func first(pair uint32) float32  { return math.Float32frombits(pair &^ 0xffff) }
func second(pair uint32) float32 { return math.Float32frombits(pair << 16) }

// flushed is x, or zero of its sign below the normal numbers.
func flushed(x float32) float32 {
	if u := math.Float32bits(x); u<<1 < 1<<24 {
		return math.Float32frombits(u & signBit)
	}
	return x
}

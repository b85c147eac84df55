package kernel

import "math"

// Constants of Exp. ln2Hi has 9 trailing zero bits, so that n*ln2Hi is exact for every |n| <= 128.
const (
	expLow  = -87       // below this the result is exactly 0, so that no subnormal number ever arises
	expHigh = 88.722832 // the largest float32 whose exponential is finite
	expMax  = math.MaxFloat32
	log2e   = 1.4426950408889634
	ln2Hi   = 0.693359375
	ln2Lo   = -2.1219444005469058e-4
	magic   = 12582912 // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
	expC2   = 0.49999994
	expC3   = 0.16666521
	expC4   = 0.04166839
	expC5   = 0.00836871
	expC6   = 0.0013814613
)

// Exp returns e^x: exactly 0 below -87, +Inf above 88.72283, NaN for NaN, and exactly 1 at 0. ExpRows gives the same
// bits. The largest error over all floats is 0.91 ulp.
//
// The argument is split as x = n ln 2 + r with two constants (Cody and Waite), and e^r is a polynomial of degree 6.
func Exp(x float32) float32 {
	n := fma32(x, log2e, magic)
	i := n - magic
	r := fma32(-i, ln2Hi, x)
	r = fma32(-i, ln2Lo, r)
	p := fma32(expC6, r, expC5)
	p = fma32(p, r, expC4)
	p = fma32(p, r, expC3)
	p = fma32(p, r, expC2)
	p = fma32(p, r, 1)
	p = fma32(p, r, 1)
	switch {
	case x < expLow:
		return 0
	case x <= expHigh: // n, in the low bits, is added to the exponent
		return math.Float32frombits(math.Float32bits(p) + math.Float32bits(n)<<23)
	}
	return x * expMax
}

// ExpRows turns a block of logits into weighted exponentials and adds them up: for every row r, ascending, and lane l
//
//	z[r*ldz+l] = weight[r] * Exp(z[r*ldz+l] - shift[l])
//	sum[l] += z[r*ldz+l]
//
// A nil weight stands for ones. shift and sum hold at least lanes elements, weight at least rows. The sums are float32:
// where thousands of rows are added, give each block of rows fresh sums and add those in float64.
func ExpRows(z []float32, ldz, rows, lanes int, shift, weight, sum []float32) {
	checkBlock("ExpRows", z, ldz, rows, lanes)
	checkLanes("ExpRows", rows, lanes, shift)
	checkLanes("ExpRows", rows, lanes, sum)
	if weight != nil && len(weight) < rows {
		panic("kernel: ExpRows: weight is shorter than the rows")
	}
	if rows > 0 && lanes > 0 {
		expRows(z, ldz, rows, lanes, shift, weight, sum)
	}
}

func expRowsGeneric(z []float32, ldz, rows, lanes int, shift, weight, sum []float32) {
	shift, sum = shift[:lanes], sum[:lanes]
	for r := range rows {
		w := float32(1)
		if weight != nil {
			w = weight[r]
		}
		row := z[r*ldz:][:lanes]
		for l, x := range row {
			e := float32(w * Exp(x-shift[l])) // the conversion forbids fusing it with the sum
			row[l] = e
			sum[l] += e
		}
	}
}

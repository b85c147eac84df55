package kernel

import "math"

// Constants of Tanh1. Its polynomial is that of Exp with every coefficient scaled by a power of two.
const (
	tanhMax   = 9.02         // tanh rounds to 1 from 9.0109 on
	tanhMagic = magic + 127  // leaves the biased exponent of 2^n in the low bits
	tanhLog2e = 2 * log2e    // n = round(2a / ln 2)
	halfLn2   = math.Ln2 / 2 // as float32 off by 1e-9, and n counts only where the function hardly rises
	tanhC2    = 2 * expC2
	tanhC3    = 4 * expC3
	tanhC4    = 8 * expC4
	tanhC5    = 16 * expC5
	tanhC6    = 32 * expC6
)

// Tanh1 returns the hyperbolic tangent of x: odd, never beyond 1 in size, exactly 1 in size from 9.02 on, NaN for NaN.
// Tanh gives the same bits. The largest error over all floats is 2.61 ulp.
//
// With a = |x| = n ln(2)/2 + r and h = (e^2r - 1)/2 = r + r^2 (c2 + ...), H = (e^2a - 1)/2 is 2^n h + (2^n - 1)/2, which
// loses no digits for small a, and tanh is H / (H+1). It takes as long as a quotient of polynomials of degree 9 and 8,
// which errs by up to 5.5 ulp.
func Tanh1(x float32) float32 {
	a := math.Float32frombits(math.Float32bits(x) &^ signBit)
	if a > tanhMax {
		a = tanhMax
	}
	n := fma32(a, tanhLog2e, tanhMagic)
	i := n - tanhMagic
	r := fma32(-i, halfLn2, a)
	q := fma32(tanhC6, r, tanhC5)
	q = fma32(q, r, tanhC4)
	q = fma32(q, r, tanhC3)
	q = fma32(q, r, tanhC2)
	h := fma32(float32(r*r), q, r)
	s := math.Float32frombits(math.Float32bits(n) << 23)
	h = fma32(s, h, fma32(s, 0.5, -0.5))
	return math.Float32frombits(math.Float32bits(h/(h+1)) | math.Float32bits(x)&signBit)
}

const signBit = 1 << 31

// Tanh replaces every element by its hyperbolic tangent.
func Tanh(x []float32) {
	if len(x) > 0 {
		tanh(x)
	}
}

// TanhGrad takes a gradient back through the hyperbolic tangent, whose values are a, and scales it lane by lane:
// d[r*ld+l] = d[r*ld+l]*scale[l] * (1 - a[r*ld+l]^2), where 1 - a^2 is rounded once.
func TanhGrad(d, a []float32, ld, rows, lanes int, scale []float32) {
	checkBlock("TanhGrad: d", d, ld, rows, lanes)
	checkBlock("TanhGrad: a", a, ld, rows, lanes)
	checkLanes("TanhGrad", rows, lanes, scale)
	if rows > 0 && lanes > 0 {
		tanhGrad(d, a, ld, rows, lanes, scale)
	}
}

func tanhGeneric(x []float32) {
	for i, v := range x {
		x[i] = Tanh1(v)
	}
}

func tanhGradGeneric(d, a []float32, ld, rows, lanes int, scale []float32) {
	scale = scale[:lanes]
	for r := range rows {
		row, value := d[r*ld:][:lanes], a[r*ld:][:lanes]
		for l, s := range scale {
			row[l] = float32(row[l]*s) * fma32(-value[l], value[l], 1)
		}
	}
}

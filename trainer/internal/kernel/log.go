package kernel

import "math"

// ln 2 in two parts, the first with 21 trailing zero bits, so that k*log2Hi is exact for every exponent k.
const (
	log2Hi = 0x1.62e42fee00000p-1
	log2Lo = 0x1.a39ef35793c76p-33
)

// atanh holds the coefficients of 2 (atanh(s)/s - 1) in powers of s^2, highest first.
var atanh = [...]float64{2. / 23, 2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13, 2. / 11, 2. / 9, 2. / 7, 2. / 5, 2. / 3}

// Log returns the natural logarithm of x, within 2 ulp: -Inf at 0, NaN below. Unlike math.Log it is the same bits on
// every platform, which may choose assembly or fused operations for that one.
//
// x is 2^k (1+f) with 1+f between sqrt(1/2) and sqrt(2); with s = f/(2+f), log(1+f) = 2 atanh(s) = f - s (f - R), R being
// the atanh series 2/3 s^2 + 2/5 s^4 + ..., whose terms past s^22 are below the last bit.
func Log(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	f, k := m-1, float64(e)
	s := f / (2 + f)
	z := float64(s * s)
	r := 0.0
	for _, c := range atanh {
		r = float64((r + c) * z)
	}
	hi := float64(k * log2Hi)
	lo := float64(k * log2Lo)
	return hi - ((float64(s*(f-r)) - lo) - f)
}

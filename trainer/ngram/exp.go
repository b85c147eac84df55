package ngram

import "math"

// ln 2 in two parts, the first short enough that its product with a whole exponent is exact.
const (
	log2Hi = 0x1.62e42fee00000p-1
	log2Lo = 0x1.a39ef35793c76p-33
)

// factorials holds 1/n! from n = 14 down to 2.
var factorials = func() (f [13]float64) {
	product := 1.0
	for n := 2; n <= 14; n++ {
		product *= float64(n) // exact up to 18!
		f[14-n] = 1 / product
	}
	return f
}()

// exp returns e to the x for a loss x, within 2 ulp. Unlike math.Exp it is the same bits on every platform. x is split
// into k ln 2 + r with |r| at most ln 2 / 2, where the Taylor series up to r^14 is exact to the last bit.
func exp(x float64) float64 {
	k := math.RoundToEven(x / math.Ln2)
	r := (x - float64(k*log2Hi)) - float64(k*log2Lo)
	sum := 0.0
	for _, c := range factorials {
		sum = float64((sum + c) * r)
	}
	return math.Ldexp(1+float64((1+sum)*r), int(k))
}

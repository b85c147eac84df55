package trainer

import (
	"math"

	"sweep/trainer/internal/kernel"
)

// Elementary functions in float64 whose bits are the same on every platform: math.Exp and its like may be assembly on
// one and fused on another. Every product is converted explicitly, which keeps the compiler from fusing it.

// ln 2 in two parts; the first has enough trailing zero bits that its product with an exponent is exact.
const (
	ln2Hi = 0x1.62e42fee00000p-1
	ln2Lo = 0x1.a39ef35793c76p-33
)

// exponential returns e^x within a few units in the last place. It is 0 below -745 and +Inf above 709.78.
func exponential(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return x
	case x > 709.78:
		return math.Inf(1)
	case x < -745.2:
		return 0
	}
	k := math.RoundToEven(float64(x * math.Log2E))
	r := (x - float64(k*ln2Hi)) - float64(k*ln2Lo) // |r| <= ln(2)/2
	// Taylor to the 13th power: the rest is below 4e-18.
	sum := 1.0
	for i := 13.0; i >= 1; i-- {
		sum = 1 + float64(float64(sum*r)/i)
	}
	return math.Ldexp(sum, int(k))
}

// cosinePi returns cos(pi x) for 0 <= x <= 1 within 1e-15.
func cosinePi(x float64) float64 {
	if x > 0.5 {
		return -cosinePi(1 - x)
	}
	t := float64(math.Pi * x)
	s := float64(t * t)
	sum := 1.0
	for i := 22.0; i >= 2; i -= 2 { // the next term is below (pi/2)^24/24!, 8e-20
		sum = 1 - float64(float64(sum*s)/float64(i*(i-1)))
	}
	return sum
}

// integerPower returns x^n for n >= 0 by squaring.
func integerPower(x float64, n int64) float64 {
	p := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			p = float64(p * x)
		}
		x = float64(x * x)
	}
	return p
}

// sumSquares adds the squares of x to sum, in order.
func sumSquares(sum float64, x []float32) float64 {
	for _, v := range x {
		f := float64(v)
		sum += float64(f * f)
	}
	return sum
}

// logarithm is the natural logarithm, the same bits everywhere.
func logarithm(x float64) float64 { return kernel.Log(x) }

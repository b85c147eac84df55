package kernel

// Constants of Tanh: x P(x^2) / Q(x^2), both of degree 4 with P(0) = Q(0) = 1.
const (
	tanhMax = 9.02 // tanh rounds to 1 from 9.0109 on
	tanhP1  = 0.13382682
	tanhP2  = 0.003497452
	tanhP3  = 2.0635722e-05
	tanhP4  = 1.3384124e-08
	tanhQ1  = 0.46716002
	tanhQ2  = 0.025884341
	tanhQ3  = 0.0003288507
	tanhQ4  = 7.790197e-07
)

// Tanh1 returns the hyperbolic tangent of x: odd, never beyond 1 in size, exactly 1 in size from 9.02 on, NaN for NaN.
// Tanh gives the same bits.
func Tanh1(x float32) float32 {
	if x > tanhMax {
		x = tanhMax
	}
	if x < -tanhMax {
		x = -tanhMax
	}
	u := float32(x * x)
	p := fma32(tanhP4, u, tanhP3)
	p = fma32(p, u, tanhP2)
	p = fma32(p, u, tanhP1)
	p = fma32(p, u, 1)
	q := fma32(tanhQ4, u, tanhQ3)
	q = fma32(q, u, tanhQ2)
	q = fma32(q, u, tanhQ1)
	q = fma32(q, u, 1)
	y := float32(x*p) / q
	if y > 1 {
		y = 1
	}
	if y < -1 {
		y = -1
	}
	return y
}

// Tanh replaces every element by its hyperbolic tangent.
func Tanh(x []float32) {
	if len(x) > 0 {
		tanh(x)
	}
}

// TanhGrad multiplies d by the derivative of the hyperbolic tangent, given its values a: d[i] *= 1 - a[i]^2, where
// 1 - a^2 is rounded once. a holds at least len(d) elements.
func TanhGrad(d, a []float32) {
	checkSame("TanhGrad", len(d), a)
	if len(d) > 0 {
		tanhGrad(d, a)
	}
}

func tanhGeneric(x []float32) {
	for i, v := range x {
		x[i] = Tanh1(v)
	}
}

func tanhGradGeneric(d, a []float32) {
	a = a[:len(d)]
	for i, v := range a {
		d[i] *= fma32(-v, v, 1)
	}
}

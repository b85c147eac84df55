package kernel

// Dropout drops activations at random and scales the others up: where word i of bits, of 16 bits, is below the threshold,
// a[i] becomes 0, elsewhere factor*a[i]. It leaves in slope the derivative of the result by the argument of the
// hyperbolic tangent that a[i] was: factor*(1 - a[i]^2), or 0. Words count from the low end of bits[0]. len(a) is a
// multiple of 16; slope has as many elements, bits a quarter.
func Dropout(a, slope []float32, bits []uint64, threshold uint16, factor float32) {
	checkSame("Dropout", len(a), slope)
	if len(a)%16 != 0 || len(bits) < len(a)/4 {
		panic("kernel: Dropout: sizes do not fit")
	}
	if len(a) > 0 {
		dropout(a, slope, bits, threshold, factor)
	}
}

// Mul multiplies every element of x by that of y, which has at least as many.
func Mul(x, y []float32) {
	checkSame("Mul", len(x), y)
	if len(x) > 0 {
		mul(x, y)
	}
}

func dropoutGeneric(a, slope []float32, bits []uint64, threshold uint16, factor float32) {
	slope = slope[:len(a)]
	for i, x := range a {
		if uint16(bits[i/4]>>(i%4*16)) < threshold {
			a[i], slope[i] = 0, 0
			continue
		}
		a[i] = x * factor
		slope[i] = float32(1-float32(x*x)) * factor
	}
}

func mulGeneric(x, y []float32) {
	y = y[:len(x)]
	for i, v := range y {
		x[i] *= v
	}
}

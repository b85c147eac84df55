package kernel

// Dot returns the inner product of a and b. It runs over 16 virtual lanes, lane l summing the products of elements
// l, l+16, l+32, ... by fused multiply-adds, and adds the lanes up as a tree of 8, 4, 2, 1. b holds at least len(a)
// elements.
func Dot(a, b []float32) float32 {
	checkSame("Dot", len(a), b)
	var acc [16]float32
	dot(&acc, a, b[:len(a)])
	for n := 8; n > 0; n /= 2 {
		for l := range n {
			acc[l] += acc[l+n]
		}
	}
	return acc[0]
}

func dotGeneric(acc *[16]float32, a, b []float32) {
	for i, x := range a {
		acc[i%16] = fma32(x, b[i], acc[i%16])
	}
}

package kernel

import "math"

// Sqrt returns the correctly rounded square root of x. The float64 root has more than twice the digits needed, so
// rounding it again is harmless.
func Sqrt(x float32) float32 { return float32(math.Sqrt(float64(x))) }

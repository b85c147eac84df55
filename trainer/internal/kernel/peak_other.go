//go:build !amd64

package kernel

// PeakFlops measures what one core could do without memory; here no loop does, and it returns 0.
func PeakFlops() float64 { return 0 }

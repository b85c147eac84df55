package kernel

import "time"

// PeakFlops measures what one core could do without memory: the float32 operations a second of fused multiply-adds in
// registers, as wide as the path in use, the best of several runs of some tenths of a millisecond. It returns 0 for a
// path that has no such loop.
func PeakFlops() float64 {
	const n, runs = 100_000, 30
	var loop func(n int)
	var lanes float64
	switch active {
	case avx2:
		loop, lanes = peakAVX2, 8
	case avx512:
		loop, lanes = peakAVX512, 16
	default:
		return 0
	}
	loop(n)
	best := time.Duration(1 << 62)
	for range runs {
		start := time.Now()
		loop(n)
		best = min(best, time.Since(start))
	}
	return n * 12 * 2 * lanes / best.Seconds()
}

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
	return n * 12 * 2 * lanes / fastest(loop, n, runs).Seconds()
}

// fastest returns the least time of several runs of a loop of n turns.
func fastest(loop func(n int), n, runs int) time.Duration {
	loop(n)
	best := time.Duration(1 << 62)
	for range runs {
		start := time.Now()
		loop(n)
		best = min(best, time.Since(start))
	}
	return best
}

package kernel

import (
	"testing"
	"time"
)

// peakFlops measures, once per path, what one core does without memory: the most flops a second of several short runs.
var peakFlops = map[path]float64{}

func peak() float64 {
	if f, ok := peakFlops[active]; ok || active == generic {
		return f
	}
	const n = 100_000
	f, lanes := peakAVX2, 8.0
	if active == avx512 {
		f, lanes = peakAVX512, 16
	}
	f(n)
	best := time.Duration(1 << 62)
	for range 30 {
		start := time.Now()
		f(n)
		best = min(best, time.Since(start))
	}
	peakFlops[active] = n * 12 * 2 * lanes / best.Seconds()
	return peakFlops[active]
}

// reportFlops adds Gflop/s and the share of the measured peak to a benchmark whose iterations do flops each.
func reportFlops(b *testing.B, flops float64) {
	rate := flops * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate/1e9, "Gflop/s")
	if p := peak(); p > 0 {
		b.ReportMetric(100*rate/p, "%peak")
	}
}

func BenchmarkPeak(b *testing.B) {
	benchPaths(b, func(b *testing.B) {
		if active == generic {
			b.Skip("plain Go has no loop of its own")
		}
		for b.Loop() {
			peak()
		}
		b.ReportMetric(peak()/1e9, "Gflop/s")
	})
}

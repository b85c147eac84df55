package kernel

import "testing"

// peaks holds PeakFlops of each path, measured once.
var peaks = map[path]float64{}

func peak() float64 {
	if _, ok := peaks[active]; !ok {
		peaks[active] = PeakFlops()
	}
	return peaks[active]
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
		best := 0.0
		for b.Loop() {
			best = max(best, PeakFlops())
		}
		b.ReportMetric(best/1e9, "Gflop/s")
	})
}

//go:build !amd64

package kernel

import "testing"

// reportFlops adds Gflop/s to a benchmark whose iterations do flops each.
func reportFlops(b *testing.B, flops float64) {
	b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gflop/s")
}

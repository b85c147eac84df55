package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestDropout compares both results with the definition, and counts what is dropped.
func TestDropout(t *testing.T) {
	everyPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(31, 31))
		for _, n := range []int{0, 16, 32, 48, 4096, 100_000} {
			for _, threshold := range []uint16{0, 1, 13107, 62259} {
				a, bits := random(r, n, n == 48), make([]uint64, n/4)
				for i := range bits {
					bits[i] = r.Uint64()
				}
				got, check := framed(t, a)
				slope, checkSlope := framed(t, make([]float32, n))
				Dropout(got, slope, bits, threshold, 1.25)
				want, wantSlope := append([]float32(nil), a...), make([]float32, n)
				dropoutGeneric(want, wantSlope, bits, threshold, 1.25)
				compare(t, "Dropout", got, want, check)
				compare(t, "slope", slope, wantSlope, checkSlope)
				dropped := 0
				for i := range slope {
					if slope[i] == 0 && got[i] == 0 {
						dropped++
					}
				}
				if share := float64(threshold) / 65536; n == 100_000 && (float64(dropped) < (share-0.01)*float64(n) || float64(dropped) > (share+0.01)*float64(n)) {
					t.Errorf("threshold %d: %d of %d dropped", threshold, dropped, n)
				}
			}
		}
	})
}

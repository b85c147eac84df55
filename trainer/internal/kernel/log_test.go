package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLog(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	check := func(x float64) {
		t.Helper()
		want := math.Log(x)
		if x < 0x1p-1022 { // math.Log is wrong there on amd64
			want = math.Log(x*0x1p60) - 60*math.Ln2
		}
		u := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
		if got := Log(x); math.Abs(got-want) > 2*u {
			t.Fatalf("Log(%g) = %g, want %g", x, got, want)
		}
	}
	for i := range 300_000 {
		check(math.Float64frombits(r.Uint64() >> 2)) // every exponent below 2^513, subnormal ones included
		check(1 + (r.Float64()-0.5)*math.Ldexp(1, -i%50))
		check(r.ExpFloat64())
	}
	for _, x := range []float64{5e-324, 1e-310, 1, 2, 17000, math.MaxFloat64, math.Sqrt2, math.Sqrt2 / 2} {
		check(x)
	}
	if Log(1) != 0 || !math.IsInf(Log(0), -1) || !math.IsInf(Log(math.Inf(1)), 1) || !math.IsNaN(Log(-1)) || !math.IsNaN(Log(math.NaN())) {
		t.Error("a special value of Log is wrong")
	}
	// The bits are part of every recorded loss: these hold on all platforms.
	for x, want := range map[float64]uint64{3: 0x3ff193ea7aad030a, 0.1: 0xc0026bb1bbb55515, 17000: 0x40237b603d469faf} {
		if got := math.Float64bits(Log(x)); got != want {
			t.Errorf("Log(%g) = %#x, want %#x", x, got, want)
		}
	}
}

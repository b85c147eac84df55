package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestFMA compares with exact rational arithmetic, on values chosen so that rounding twice would show.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	value := func() float32 {
		switch r.IntN(4) {
		case 0: // few digits: exact ties are common
			return float32(math.Ldexp(float64(r.IntN(1<<13)-1<<12), r.IntN(60)-30))
		case 1: // small: subnormal results
			return float32(math.Ldexp(r.Float64()-0.5, -60-r.IntN(80)))
		}
		return math.Float32frombits(r.Uint32())
	}
	twice := 0
	for range 300_000 {
		x, y, z := value(), value(), value()
		if r.IntN(3) == 0 { // z half a unit in the last place of the product, or next to it
			z = float32(float64(x) * float64(y) * math.Ldexp(1, 24+r.IntN(3)))
		}
		got := fma32(x, y, z)
		naive := float32(float64(x)*float64(y) + float64(z))
		if math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0) || math.IsInf(float64(z), 0) || x != x || y != y || z != z {
			if !same(got, naive) {
				t.Fatalf("fma32(%g, %g, %g) = %g, want %g", x, y, z, got, naive)
			}
			continue
		}
		e := new(big.Float).SetPrec(700)
		e.Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
		e.Add(e, big.NewFloat(float64(z)))
		want, _ := e.Float32()
		if want == 0 && e.Sign() == 0 {
			want = naive // the sign of an exact zero
		}
		if !same(got, want) {
			t.Fatalf("fma32(%b, %b, %b) = %b, want %b", x, y, z, got, want)
		}
		if !same(naive, want) {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no case in which rounding twice goes wrong: the test shows nothing")
	}
}

// TestFMAOfProduct adds a product to a product: where the compiler makes the instruction, it must fuse the right one.
func TestFMAOfProduct(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	differ := 0
	for range 1000 {
		x, y, p, q := r.Float32(), r.Float32(), r.Float32(), r.Float32()
		z := float32(p * q)
		got, want := fma32(x, y, p*q), fma32(x, y, z)
		if got != want {
			t.Fatalf("fma32(%b, %b, %b * %b) = %b, want %b", x, y, p, q, got, want)
		}
		if fma32(p, q, float32(x*y)) != want {
			differ++
		}
	}
	if differ == 0 {
		t.Error("it never matters which product is fused: the test shows nothing")
	}
}

func TestSqrt(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 10_000 {
		x := math.Float32frombits(r.Uint32() >> 1)
		if !(x <= math.MaxFloat32) {
			continue
		}
		want, _ := new(big.Float).SetPrec(200).Sqrt(big.NewFloat(float64(x))).Float32()
		if Sqrt(x) != want {
			t.Fatalf("Sqrt(%g) = %g, want %g", x, Sqrt(x), want)
		}
	}
}

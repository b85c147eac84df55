//go:build !arm64

package kernel

import "math"

// minNormal is the smallest normal float32 (2^-126) as float64 bits, shifted left by one to drop the sign.
const minNormal = uint64(0x3810000000000000) << 1

// fma32 returns x*y + z rounded once to float32, as the hardware instruction does. The product of two float32 is
// exact in float64, so only the sum is rounded before the conversion; rounding twice goes wrong only where the first
// rounding lands halfway between two float32, or where the result is subnormal. Those cases take the slow way.
func fma32(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	u := math.Float64bits(s)
	if u&0x1fffffff == 0x10000000 || u<<1 < minNormal {
		return fmaOdd(x, y, z)
	}
	return float32(s)
}

// fmaOdd is fma32 by rounding to odd: an inexact float64 sum has its last bit set, so that the second rounding sees on
// which side of a tie the exact sum lies.
func fmaOdd(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsInf(s, 0) || s != s {
		return float32(s)
	}
	b := s - p
	e := (p - (s - b)) + (c - b) // the exact error of the sum (Knuth's two-sum)
	u := math.Float64bits(s)
	if e != 0 && u&1 == 0 {
		if (e > 0) == (s > 0) {
			u++
		} else {
			u--
		}
	}
	return float32(math.Float64frombits(u))
}

package trainer

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// purpose keeps the random streams of one seed apart.
type purpose uint64

// What random numbers are drawn for. The numbers are part of the numeric version.
const (
	forOrder purpose = iota + 1
	forNegatives
	forDropout
	forSample
	forC
	forH
	forD
	forU
	forB
	forW
	forBench
	forInputDropout
	forCode
	forTargets
)

// stream is a source of random numbers keyed by (seed, purpose, counter): a training at any step needs no state but
// the step's number. The zero stream must be keyed before use.
type stream struct {
	pcg   rand.PCG
	spare float64 // second deviate of a pair
	full  bool    // spare holds one
}

// key starts the stream of (seed, p, counter) from its beginning.
func (s *stream) key(seed uint64, p purpose, counter int64) {
	hi := mix(seed ^ mix(uint64(p)))
	s.pcg.Seed(hi, mix(hi+uint64(counter)*0x9e3779b97f4a7c15))
	s.full = false
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every input bit reaches every output bit.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// below returns a whole number in [0, n), each equally likely (Lemire, 2019).
func (s *stream) below(n uint64) uint64 {
	hi, lo := bits.Mul64(s.pcg.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(s.pcg.Uint64(), n)
		}
	}
	return hi
}

// uniform returns a number in [0, 1) with 53 random bits.
func (s *stream) uniform() float64 { return float64(s.pcg.Uint64()>>11) * 0x1p-53 }

// normal returns a standard normal deviate by the polar method of Marsaglia and Bray.
func (s *stream) normal() float64 {
	if s.full {
		s.full = false
		return s.spare
	}
	for {
		x := float64(2*s.uniform()) - 1
		y := float64(2*s.uniform()) - 1
		r := float64(x*x) + float64(y*y)
		if r >= 1 || r == 0 {
			continue
		}
		f := math.Sqrt(float64(-2*logarithm(r)) / r)
		s.spare, s.full = float64(y*f), true
		return float64(x * f)
	}
}

// shuffle fills p with 0, 1, 2, ... in random order.
func (s *stream) shuffle(p []int32) {
	for i := range p {
		j := s.below(uint64(i) + 1)
		p[i] = p[j]
		p[j] = int32(i)
	}
}

package sampler

import (
	"math/bits"
	"math/rand/v2"
)

// Sobol takes the points of a scrambled Sobol sequence: each stretch of 2^k of them fills the space evenly, so that few
// points say more of it than as many at random. The scrambling (a random lower triangular matrix and a shift for each
// dimension, Matoušek 1998) keeps that and makes every point uniform. Dimensions beyond the 64th are drawn at random.
type Sobol struct {
	space    Space
	seed     uint64
	matrices []matrix // by dimension

	placed int // points of the history that next is behind
	next   int // number of the next point of the sequence
}

const (
	sobolBits = 32
	sobolDims = 64
)

// NewSobol prepares the sequence of a seed.
func NewSobol(s Space, seed uint64) *Sobol {
	q := &Sobol{space: s, seed: seed}
	for d := range min(len(s.Dims), sobolDims) {
		m := unscrambled(d)
		m.scramble(stream(seed^beyond<<1, d))
		q.matrices = append(q.matrices, m)
	}
	return q
}

// Ask implements Sampler: a point that is not admitted is passed over, and the sequence goes on behind it. Where it stands
// follows from the history alone.
func (s *Sobol) Ask(h *History, admit func(Point) bool) (Point, bool) {
	s.follow(h)
	for i := range tries {
		if p := s.point(s.next + i); admit(p) {
			return p, true
		}
	}
	return s.space.anywhere(stream(s.seed, h.Len()), admit)
}

// follow moves behind the points that were added to the history. One that does not come of the sequence was drawn when as
// many of it as are looked at had been passed over.
func (s *Sobol) follow(h *History) {
	if h.Len() < s.placed { // another history
		s.placed, s.next = 0, 0
	}
	for ; s.placed < h.Len(); s.placed++ {
		i := 0
		for i < tries-1 && !h.Point(s.placed).same(s.point(s.next+i)) {
			i++
		}
		s.next += i + 1
	}
}

// point is number n of the sequence.
func (s *Sobol) point(n int) Point {
	rest := stream(s.seed^beyond, n)
	return s.space.at(func(dim int) float64 {
		if dim < len(s.matrices) {
			return s.matrices[dim].point(uint32(n)) //nolint:gosec // far below 2^32
		}
		return rest.Float64()
	})
}

// beyond sets the numbers of the dimensions beyond the last of the sequence apart.
const beyond = 0x736f626f6c

// matrix holds the direction numbers of one dimension, scrambled, and its shift.
type matrix struct {
	columns [sobolBits]uint32
	shift   uint32
}

// point is number n of the sequence, in [0, 1).
func (m matrix) point(n uint32) float64 {
	x := m.shift
	for gray := n ^ n>>1; gray != 0; gray &= gray - 1 {
		x ^= m.columns[bits.TrailingZeros32(gray)]
	}
	return float64(x) / (1 << sobolBits)
}

// scramble multiplies the direction numbers by a random matrix, lower triangular with ones on its diagonal, and draws a
// shift.
func (m *matrix) scramble(rng *rand.Rand) {
	var rows [sobolBits]uint32
	for i := range rows {
		top := uint32(1) << (sobolBits - 1 - i)
		rows[i] = top | rng.Uint32()&^(top<<1-1)
	}
	for c, v := range m.columns {
		m.columns[c] = 0
		for i, row := range rows {
			m.columns[c] |= uint32(bits.OnesCount32(row&v)&1) << (sobolBits - 1 - i) //nolint:gosec // 0 or 1
		}
	}
	m.shift = rng.Uint32()
}

// unscrambled returns the direction numbers of a dimension, from 0.
func unscrambled(d int) (m matrix) {
	if d == 0 {
		for i := range m.columns {
			m.columns[i] = 1 << (sobolBits - 1 - i)
		}
		return m
	}
	polynomial, initial := directions[d-1].polynomial, directions[d-1].initial
	degree := len(initial)
	for i := range m.columns {
		if i < degree {
			m.columns[i] = initial[i] << (sobolBits - 1 - i)
			continue
		}
		v := m.columns[i-degree]
		v ^= v >> degree
		for k := 1; k < degree; k++ {
			if polynomial>>(degree-k)&1 == 1 {
				v ^= m.columns[i-k]
			}
		}
		m.columns[i] = v
	}
	return m
}

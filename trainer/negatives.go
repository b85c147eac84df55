package trainer

import (
	"math"
	"math/bits"
)

// negatives draws symbols with probability q proportional to count^0.75, in constant time a draw by the alias method
// (Walker, 1977; Vose, 1991).
type negatives struct {
	q     []float64 // probability of each symbol
	cells []aliasCell
}

// aliasCell is one of as many equally likely cells as there are symbols: it gives its own symbol below the threshold
// and the other one above.
type aliasCell struct {
	threshold uint64
	other     int32
}

// newNegatives prepares the draw. The power is a square root times a fourth root, for math.Pow is not the same bits
// everywhere.
func newNegatives(counts []int64) *negatives {
	n := len(counts)
	d := &negatives{q: make([]float64, n), cells: make([]aliasCell, n)}
	total := 0.0
	for i, c := range counts {
		root := math.Sqrt(max(float64(c), rareCount))
		d.q[i] = float64(root * math.Sqrt(root))
		total += d.q[i]
	}
	share := make([]float64, n) // of a cell, 1 on average
	var small, large []int32
	for i := range d.q {
		d.q[i] /= total
		share[i] = float64(d.q[i] * float64(n))
		if share[i] < 1 {
			small = append(small, int32(i))
		} else {
			large = append(large, int32(i))
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		d.cells[s] = aliasCell{uint64(float64(share[s]*0x1p63)) << 1, l}
		share[l] -= 1 - share[s]
		if share[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, rest := range [][]int32{small, large} {
		for _, i := range rest { // full, or so but for rounding
			d.cells[i] = aliasCell{math.MaxUint64, i}
		}
	}
	return d
}

// draw returns one symbol.
func (d *negatives) draw(s *stream) int32 {
	hi, lo := bits.Mul64(s.pcg.Uint64(), uint64(len(d.cells)))
	if c := d.cells[hi]; lo >= c.threshold {
		return c.other
	}
	return int32(hi)
}

package stopping

import (
	"math"
	"slices"
)

// Bands is W&B's early_terminate rule "hyperband": a run is stopped when it is worse than the best 1/Eta at the last band
// that it has passed. It is judged whenever it logs, and against all that have passed the band by then.
//
// A band counts values from 0, as W&B does: band 3 is passed by the fourth value. Values that are no numbers do not count
// at all there, which shifts those after them.
type Bands struct {
	Bands  []int
	Eta    float64
	Strict bool // judge the value at the band, not the best so far
}

// NewBands lays the bands out as W&B does: minIter times powers of eta; or maxIter divided by eta up to s times.
func NewBands(minIter, maxIter, s int, eta float64, strict bool) Bands {
	return Bands{Bands: Ladder(minIter, maxIter, s, eta, 0), Eta: eta, Strict: strict}
}

// Next implements Rule.
func (r Bands) Next(_ *Board, _, k int) int {
	if len(r.Bands) == 0 {
		return 0
	}
	return max(k, r.Bands[0]) + 1
}

// Decide implements Rule.
func (r Bands) Decide(b *Board, run, _ int) Verdict {
	mine := numbers(b.runs[run].values)
	band := -1
	for _, x := range r.Bands {
		if x < len(mine) {
			band = x
		}
	}
	if band < 0 {
		return Go
	}
	value := mine[band]
	if !r.Strict {
		for _, v := range mine {
			value = min(value, v)
		}
	}
	if value > r.threshold(b, band) {
		return Stop
	}
	return Go
}

// threshold is the value that still is among the best at a band.
func (r Bands) threshold(b *Board, band int) float64 {
	var there []float64
	for _, l := range b.runs {
		if v := numbers(l.values); band < len(v) {
			there = append(there, v[band])
		}
	}
	slices.Sort(there) // the run that is judged is among them
	return there[min(int(1/r.Eta*float64(len(there))), len(there)-1)]
}

func numbers(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// Promote implements Rule: nothing is held.
func (Bands) Promote(*Board, bool) (int, int, bool) { return 0, 0, false }

package stopping

import (
	"math"
	"slices"
)

// Halving is asynchronous successive halving (Li et al. 2020, ASHA): of the runs that reach a rung the best 1/Eta go on to
// the next one. With Promotes a run waits at its rung until it is among them, as soon as that is certain enough to be
// worth the training; without, it is judged once, when it arrives, and stopped or not.
//
// With several brackets (asynchronous Hyperband) a run of bracket b is judged from rung b on: some runs are spared the
// early judgements, in case those mislead. Brackets are given out in proportions that spend about the same on each.
type Halving struct {
	Rungs    []int // ascending iterations, at least one
	Eta      float64
	Promotes bool
	Brackets int // 0 and 1: one
}

// Next implements Rule.
func (r Halving) Next(b *Board, run, k int) int {
	if k == 0 {
		if r.Brackets > 1 {
			b.runs[run].bracket = r.bracket(run)
		}
		for _, rung := range r.Rungs {
			b.watch(rung, b.runs[run].bracket)
		}
	}
	return after(k, r.Rungs[min(b.runs[run].bracket, len(r.Rungs)-1):])
}

// bracket deals out brackets: bracket s gets a share in proportion to Eta^-s / (number of its rungs), which is what a
// first rung Eta^s times as far leaves of the same expense.
func (r Halving) bracket(run int) int {
	n := min(r.Brackets, len(r.Rungs))
	given := make([]float64, n)
	share := make([]float64, n)
	for s := range share {
		share[s] = math.Pow(r.Eta, -float64(s)) * float64(len(r.Rungs)+1) / float64(len(r.Rungs)+1-s)
	}
	for i := 0; ; i++ {
		next := 0 // the one that has had least of its share
		for s := range share {
			if (given[s]+1)/share[s] < (given[next]+1)/share[next] {
				next = s
			}
		}
		if i == run {
			return next
		}
		given[next]++
	}
}

// Decide implements Rule.
func (r Halving) Decide(b *Board, run, k int) Verdict {
	if r.Promotes {
		return Hold
	}
	there := b.rungs[place{k, b.runs[run].bracket}].values
	through := max(1, int(float64(len(there))/r.Eta))
	if v := b.runs[run].values[k-1]; math.IsInf(v, 0) || v > there[through-1] {
		return Stop
	}
	return Go
}

// Promote implements Rule: the best run of the highest rung that has one to promote.
func (r Halving) Promote(b *Board, closing bool) (run, k int, ok bool) {
	if !r.Promotes {
		return 0, 0, false
	}
	for _, k := range slices.Backward(r.Rungs) {
		for bracket := range max(1, r.Brackets) {
			if rung := b.rungs[place{k, bracket}]; rung != nil {
				if run, ok := r.promotable(b, rung, k, closing); ok {
					return run, k, true
				}
			}
		}
	}
	return 0, 0, false
}

// promotable returns the best run that is held at a rung, if it is among the best 1/Eta of all that have come there. At the
// end, the best of a rung goes on even if they are fewer than Eta, so that one comes to the end.
func (r Halving) promotable(b *Board, at *rung, k int, closing bool) (int, bool) {
	through := int(float64(len(at.values)) / r.Eta)
	if closing {
		through = max(through, 1)
	}
	if len(at.held) == 0 || at.gone >= through {
		return 0, false
	}
	best := at.held[0]
	v := b.runs[best].values[k-1]
	place, _ := slices.BinarySearch(at.values, v)
	return best, place < through && !math.IsInf(v, 0)
}

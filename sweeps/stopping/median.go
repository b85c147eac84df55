package stopping

import (
	"math"
	"slices"
)

// Median is the rule of Golovin et al. (2017, "Google Vizier") for runs that do worse than half of those before: a run is
// stopped when its best value so far is worse than the median, over the runs that have ended, of the means of their values
// up to the same iteration.
type Median struct {
	From   int // the first iteration at which runs are judged, at least 1
	Enough int // ended runs that there have to be, at least 1
}

// Next implements Rule.
func (r Median) Next(_ *Board, _, k int) int { return max(k+1, r.From) }

// Decide implements Rule.
func (r Median) Decide(b *Board, run, k int) Verdict {
	var means []float64
	for i, l := range b.runs {
		if i == run || !l.finished || len(l.values) == 0 {
			continue
		}
		upTo := l.values[:min(k, len(l.values))]
		sum := 0.0
		for _, v := range upTo {
			sum += v
		}
		means = append(means, sum/float64(len(upTo)))
	}
	if len(means) < max(r.Enough, 1) {
		return Go
	}
	slices.Sort(means)
	n := len(means)
	median := means[(n-1)/2]
	if n%2 == 0 && !math.IsInf(means[n/2], 0) { // else what was no number would stand for a value
		median = (means[n/2-1] + means[n/2]) / 2
	}
	if slices.Min(b.runs[run].values) > median {
		return Stop
	}
	return Go
}

// Promote implements Rule: nothing is held.
func (Median) Promote(*Board, bool) (int, int, bool) { return 0, 0, false }

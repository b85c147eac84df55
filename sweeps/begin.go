package sweeps

import (
	"cmp"
	"slices"
)

// Work is how long the training is expected to take, in a unit of its own: Cost, else Steps, else 1.
func (r Resolved) Work() float64 {
	switch {
	case r.Cost > 0:
		return r.Cost
	case r.Steps > 0:
		return float64(r.Steps)
	}
	return 1
}

// Order returns trials in the order in which they are best begun: replicate by replicate, and within one the longest
// expected trial first, lest a long one that begins last keeps a single worker busy at the end. Trials that are expected
// to take the same time stay in the plan's order, and all do under a budget of time: what that leaves out is what the
// spec names last, whatever the workers.
func Order(trials []Trial, b Budget) []Trial {
	return ordered(trials, b, func(t Trial) Trial { return t })
}

func ordered[T any](items []T, b Budget, trial func(T) Trial) []T {
	out := slices.Clone(items)
	if b.Time > 0 {
		return out
	}
	slices.SortStableFunc(out, func(x, y T) int {
		return cmp.Or(cmp.Compare(trial(x).Replicate, trial(y).Replicate), cmp.Compare(trial(y).Work(), trial(x).Work()))
	})
	return out
}

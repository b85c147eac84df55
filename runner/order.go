package runner

import (
	"cmp"
	"slices"

	"sweep/sweeps"
)

// Order returns a plan's trials in the order in which Run begins them: replicate by replicate, and within one the
// longest expected trial first, lest a long one that begins last keeps a single worker busy at the end. Trials that
// are expected to take the same time stay in the plan's order, and all do under a budget of time: what that leaves out
// is what the spec names last, whatever the workers.
func Order(trials []sweeps.Trial, b sweeps.Budget) []sweeps.Trial {
	out := slices.Clone(trials)
	if b.Time > 0 {
		return out
	}
	slices.SortStableFunc(out, func(x, y sweeps.Trial) int {
		return cmp.Or(cmp.Compare(x.Replicate, y.Replicate), cmp.Compare(y.Work(), x.Work()))
	})
	return out
}

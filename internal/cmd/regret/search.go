package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"sweep/sweeps/sampler"
)

// search makes one search of a table, with parallel trials under way at a time that end in the order in which they
// began, and returns the regret at the marks and the time that the sampler took.
func (o options) search(t *table, seed uint64) ([]float64, time.Duration, error) {
	s, err := newSampler(o.sampler, t.space, seed)
	if err != nil {
		return nil, 0, err
	}
	var h sampler.History
	var took time.Duration
	var regrets []float64
	noise := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a simulation
	tried := map[int]bool{}
	var rows []int
	best := best{row: -1}
	marks := o.marks()
	for told := 0; told < o.trials; told++ {
		for h.Len() < min(o.trials, told+o.parallel) {
			start := time.Now()
			p, ok := s.Ask(&h, func(p sampler.Point) bool { r, there := t.row(p); return there && !tried[r] })
			if !ok {
				return nil, 0, fmt.Errorf("%s: no configuration is left after %d", t.name, h.Len())
			}
			h.Add(p)
			took += time.Since(start)
			r, _ := t.row(p)
			tried[r] = true
			rows = append(rows, r)
		}
		r := rows[told]
		v := t.values[r][noise.IntN(len(t.values[r]))]
		h.Tell(told, sampler.Observation{Value: v, N: 1})
		best.see(r, v)
		if len(regrets) < len(marks) && told+1 == marks[len(regrets)] {
			at := best.row
			if o.incumbent == "mean" {
				at = rows[sampler.Incumbent(t.space, &h)]
			}
			regrets = append(regrets, (t.means[at]-t.best)/(t.median-t.best))
		}
	}
	return regrets, took, nil
}

// best is the row with the lowest value that was seen.
type best struct {
	row   int
	value float64
}

func (b *best) see(row int, value float64) {
	if b.row < 0 || value < b.value {
		b.row, b.value = row, value
	}
}

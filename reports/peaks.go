package reports

import (
	"cmp"
	"math"
	"slices"

	"sweep/internal/stats"
	"sweep/results"
)

// measured is what the trials of a configuration measured at one place.
type measured struct {
	place  int64
	values []float64
}

// measurements gathers a configuration's points by place, in ascending order.
func (s *study) measurements(c config, byExamples bool) []measured {
	index := map[int64]int{}
	var out []measured
	for _, t := range c.trials {
		last, any := int64(0), false
		for k, q := range s.points[t.Trial.Trial] {
			x := place(q, byExamples)
			if any && x == last {
				continue // a trial that was resumed may have a point twice: the first counts
			}
			last, any = x, true
			i, known := k, k < len(out) && out[k].place == x // replicates measure at the same places, as a rule
			if !known {
				i, known = index[x]
			}
			if !known {
				i = len(out)
				out = append(out, measured{place: x})
				index[x] = i
			}
			out[i].values = append(out[i].values, orNaN(q.Value))
		}
	}
	slices.SortFunc(out, func(a, b measured) int { return cmp.Compare(a.place, b.place) })
	return out
}

func place(q results.Point, byExamples bool) int64 {
	if byExamples {
		return q.Examples
	}
	return q.Step
}

// peaks chooses at most n of a curve's places such that what stands out stays: from each of equal stretches the lowest and
// the highest mean. The first and the last stay, and where there is no number one place that says so.
func peaks(at []measured, n int) []measured {
	if len(at) <= n || n < 8 {
		return at
	}
	means := make([]float64, len(at))
	for i, m := range at {
		means[i] = stats.Mean(m.values)
	}
	keep := map[int]bool{0: true, len(at) - 1: true}
	stretches := (n - 2) / 3
	for b := range stretches {
		low, high, none := -1, -1, -1
		for i := b * len(at) / stretches; i < (b+1)*len(at)/stretches; i++ {
			switch v := means[i]; {
			case math.IsNaN(v) || math.IsInf(v, 0):
				none = i
			default:
				if low < 0 || v < means[low] {
					low = i
				}
				if high < 0 || v > means[high] {
					high = i
				}
			}
		}
		for _, i := range []int{low, high, none} {
			if i >= 0 {
				keep[i] = true
			}
		}
	}
	var out []measured
	for i, m := range at {
		if keep[i] {
			out = append(out, m)
		}
	}
	return out
}

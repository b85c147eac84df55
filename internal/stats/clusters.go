package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Draws is how often clusters are drawn again for an interval.
const Draws = 1000

// Clusters are sums over groups of observations that belong together, such as the losses of a document's words, of several
// quantities: Sum[q][k] and Count[q][k] are those of quantity q in cluster k. The mean of a quantity is its sum over all
// clusters, divided by its count.
type Clusters struct {
	Sum, Count [][]float64
}

// Means returns the mean of each quantity; NaN where nothing is counted.
func (c Clusters) Means() []float64 {
	means := make([]float64, len(c.Sum))
	for q := range c.Sum {
		means[q] = total(c.Sum[q]) / total(c.Count[q])
	}
	return means
}

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

// Bootstrap returns 95 % intervals of what of makes of the means, by drawing whole clusters with replacement (Efron's
// percentiles over Draws draws): the noise of the text itself. The same clusters are drawn for all quantities, so that
// differences are paired. The same seed gives the same intervals. ok is false with fewer than two clusters.
func (c Clusters) Bootstrap(seed uint64, of func(means []float64) []float64) (intervals []Interval, ok bool) {
	if len(c.Sum) == 0 || len(c.Sum[0]) < 2 {
		return nil, false
	}
	rng := rand.New(rand.NewPCG(seed, 0x5eed)) //nolint:gosec // a simulation, not a secret
	clusters := len(c.Sum[0])
	times := make([]float64, clusters)
	means := make([]float64, len(c.Sum))
	var values [][]float64
	for range Draws {
		clear(times)
		for range clusters {
			times[rng.IntN(clusters)]++
		}
		for q := range c.Sum {
			sum, count := 0.0, 0.0
			for k, t := range times {
				sum += float64(t * c.Sum[q][k])
				count += float64(t * c.Count[q][k])
			}
			means[q] = sum / count
		}
		for i, v := range of(means) {
			if i == len(values) {
				values = append(values, nil)
			}
			if !math.IsNaN(v) {
				values[i] = append(values[i], v)
			}
		}
	}
	for _, v := range values {
		intervals = append(intervals, percentiles(v))
	}
	return intervals, true
}

// percentiles returns the middle 95 % of values, which are sorted; NaN without any.
func percentiles(v []float64) Interval {
	if len(v) == 0 {
		return Interval{math.NaN(), math.NaN()}
	}
	slices.Sort(v)
	cut := int(float64(len(v)) * (1 - Level) / 2)
	return Interval{v[cut], v[len(v)-1-cut]}
}

package ngram

import (
	"math/bits"

	"sweep/trainer/corpus"
)

// Interpolated returns the model of deleted interpolation (Jelinek and Mercer 1980) of the given order: the relative
// frequency of a symbol after each context, mixed with that after the next shorter one,
//
//	P(w | context) = L count(context w)/count(context) + (1-L) P(w | context without its oldest symbol)
//
// down to 1/vocab. L depends on the order and on how often the context occurs in train, by powers of two, and is fitted
// by expectation maximisation on val. Each L starts at one half and is drawn back to it by two imagined examples, so
// that none becomes 0 or 1, and a frequency that val does not show keeps its half.
//
// Figures on val itself are too good, for the weights have seen it: Evaluate marks them as fitted.
func Interpolated(train, val corpus.Part, vocab, order int) Model {
	return Count(train, vocab, order).Interpolated(val, order)
}

// Interpolated is the function Interpolated for a training part that has been counted, up to the given order at least.
func (c *Counts) Interpolated(val corpus.Part, order int) Model {
	c.check(order)
	w := fit(c, order, val)
	counts := make([][]int32, order+1)
	for n := range counts {
		counts[n] = c.levels[n].count
	}
	m := &interpolated{weights: w, val: val.Symbols(), padded: val.Padded()}
	m.backoff = newBackoff(c, order, counts, func(n int, counts []int32, share []float64) float64 {
		total := sum(counts)
		if total == 0 {
			return 1
		}
		weight := w[n][bin(total)]
		for i, c := range counts {
			share[i] = float64(weight*float64(c)) / float64(total)
		}
		return 1 - weight
	})
	return m
}

type interpolated struct {
	*backoff
	weights []weights
	val     []int32 // the stream that the weights were fitted on
	padded  bool    // what val is
}

func (m *interpolated) Name() string { return "interpolated" }

// Parameters counts the weights that have contexts to serve.
func (m *interpolated) Parameters() int64 {
	used := int64(0)
	for n := 1; n <= m.order; n++ {
		g := &m.counts.levels[n]
		var served [bins]bool
		for ctx := range len(g.first) - 1 {
			served[bin(sum(g.count[g.first[ctx]:g.first[ctx+1]]))] = true
		}
		for _, s := range served[1:] {
			if s {
				used++
			}
		}
	}
	return m.distinct() + used
}

func (m *interpolated) Notes() []string {
	if firstWhole(m.padded, len(m.val), m.order) == len(m.val) {
		return []string{"the validation part holds no example: all interpolation weights are one half"}
	}
	return []string{"interpolation weights are fitted on the validation part, so its figures there are not to be ranked"}
}

// fittedOn reports whether p is the part that the weights were fitted on.
func (m *interpolated) fittedOn(p corpus.Part) bool {
	s := p.Symbols()
	return len(s) > 0 && len(s) == len(m.val) && &s[0] == &m.val[0]
}

// bins is how many classes of frequency a context can have: 0, 1, 2 to 3, 4 to 7, ...
const bins = 33

// weights holds the weight of one order for each class of frequency; that of class 0 is not used.
type weights [bins]float64

// bin returns the class of a context that occurs total times.
func bin(total int64) int { return bits.Len64(uint64(total)) }

func sum(counts []int32) int64 {
	total := int64(0)
	for _, c := range counts {
		total += int64(c)
	}
	return total
}

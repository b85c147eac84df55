package ngram

import "sweep/trainer/corpus"

// A backoff is a model that gives each n-gram a share of its context's probability and deals out the rest as the next
// shorter context would, down to 1/V:
//
//	P(w | context) = share(context w) + rest(context) P(w | context without its oldest symbol)
//
// The sum over the chain is taken once, when the model is made: the probability of an n-gram that was seen is stored,
// and that of another is that of the longest part of it that was seen, times the rests of the longer contexts.
type backoff struct {
	counts *Counts
	order  int
	prob   [][]float64 // prob[n][id] of the n-grams of n symbols; prob[0] is 1/V
	rest   [][]float64 // rest[n][id] of the contexts of n symbols
	best   [][]int32   // best[n][id], the likeliest symbol after them
}

// A weighing fills share with the shares of the followers of one context of n-1 symbols, given their counts, and returns
// the rest, which must be above 0. share and rest sum to one.
type weighing func(n int, counts []int32, share []float64) (rest float64)

// newBackoff makes a model in which counts[n] are what the n-grams of n symbols of c weigh.
func newBackoff(c *Counts, order int, counts [][]int32, weigh weighing) *backoff {
	uniform := 1 / float64(c.vocab)
	m := &backoff{counts: c, order: order, prob: [][]float64{{uniform}}}
	top := []float64{uniform} // the probability of the likeliest symbol after each context of the order below
	for n := 1; n <= order; n++ {
		g, cs := &c.levels[n], counts[n]
		contexts := len(g.first) - 1
		l := layer{
			grams: g, prob: make([]float64, len(cs)), below: m.prob[n-1],
			rest: make([]float64, contexts), best: make([]int32, contexts), top: make([]float64, contexts),
		}
		for ctx := range contexts {
			lo, hi := g.first[ctx], g.first[ctx+1]
			l.rest[ctx] = weigh(n, cs[lo:hi], l.prob[lo:hi])
			lowest, lowestTop := int32(0), uniform // of all equal symbols, the first
			if n > 1 {
				shorter := c.levels[n-1].suffix[ctx]
				lowest, lowestTop = m.best[n-2][shorter], top[shorter]
			}
			l.settle(ctx, lowest, lowestTop)
		}
		m.prob, m.rest, m.best = append(m.prob, l.prob), append(m.rest, l.rest), append(m.best, l.best)
		top = l.top
	}
	return m
}

// A layer is one order of a model that is being made.
type layer struct {
	grams       *grams
	prob, below []float64
	rest        []float64
	best        []int32
	top         []float64
}

// settle turns the shares of the followers of ctx into probabilities and finds the likeliest symbol after it. That is
// either a follower or the likeliest after the shorter context, lower with probability lowerTop: any other symbol has
// the same rest times less. (Should lower be a follower, it has that and its share.) Of equals the first in the
// vocabulary counts.
func (l *layer) settle(ctx int, lower int32, lowerTop float64) {
	g, rest := l.grams, l.rest[ctx]
	best, top := int32(-1), -1.0
	for id := g.first[ctx]; id < g.first[ctx+1]; id++ {
		l.prob[id] += float64(rest * l.below[g.suffix[id]])
		if l.prob[id] > top {
			best, top = g.symbol[id], l.prob[id]
		}
	}
	if p := rest * lowerTop; p > top || p == top && lower < best {
		best, top = lower, p
	}
	l.best[ctx], l.top[ctx] = best, top
}

// score multiplies down the chain in the same order in which settle went up it, so that the likeliest symbol is exactly
// the one whose score is highest.
func (m *backoff) score(s *cursor) (float64, int32) {
	n := m.order
	for s.gram[n] < 0 {
		n--
	}
	p := m.prob[n][s.gram[n]]
	for ; n < m.order && s.context[n] >= 0; n++ {
		p *= m.rest[n][s.context[n]]
	}
	longest := m.order - 1
	for s.context[longest] < 0 {
		longest--
	}
	return p, m.best[longest][s.context[longest]]
}

// Order is Model.Order.
func (m *backoff) Order() int { return m.order }

// Prob is Model.Prob.
func (m *backoff) Prob(context []int32, target int32) float64 {
	return prob(m, m.counts, m.order, context, target)
}

func (m *backoff) walk(p corpus.Part, from, to int, visit visit) {
	walk(m, m.counts, m.order, p, from, to, visit)
}

// distinct returns the number of n-grams of all orders.
func (m *backoff) distinct() int64 {
	sum := int64(0)
	for n := 1; n <= m.order; n++ {
		sum += m.counts.Distinct(n)
	}
	return sum
}

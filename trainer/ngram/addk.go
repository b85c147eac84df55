package ngram

import (
	"fmt"

	"sweep/trainer/corpus"
)

// AddK returns the model of the given order that adds k to the count of every n-gram:
//
//	P(w | context) = (count(context w) + k) / (count(context) + k vocab)
//
// k must be above 0, or an unseen n-gram would be impossible, and finite; anything else panics.
func AddK(p corpus.Part, vocab, order int, k float64) Model {
	return Count(p, vocab, order).AddK(order, k)
}

// AddK is the function AddK for a text that has been counted, up to the given order at least.
func (c *Counts) AddK(order int, k float64) Model {
	c.check(order)
	if !(k > 0 && k < 1e300) {
		panic(fmt.Sprintf("ngram: add-k needs a k above 0, not %g", k))
	}
	g := &c.levels[order]
	contexts := len(g.first) - 1
	m := &addK{counts: c, order: order, k: k, total: make([]int64, contexts), best: make([]int32, contexts)}
	for ctx := range contexts {
		most := int32(0)
		for id := g.first[ctx]; id < g.first[ctx+1]; id++ {
			n := g.count[id]
			m.total[ctx] += int64(n)
			if n > most {
				most, m.best[ctx] = n, g.symbol[id]
			}
		}
	}
	return m
}

type addK struct {
	counts *Counts
	order  int
	k      float64
	total  []int64 // occurrences of each context
	best   []int32 // its most frequent follower, the first of equals; 0 where there is none
}

func (m *addK) Name() string      { return "add-k" }
func (m *addK) Order() int        { return m.order }
func (m *addK) Parameters() int64 { return m.counts.Distinct(m.order) + 1 }
func (m *addK) Notes() []string   { return nil }

func (m *addK) Prob(context []int32, target int32) float64 {
	return prob(m, m.counts, m.order, context, target)
}

func (m *addK) walk(p corpus.Part, from, to int, visit visit) {
	walk(m, m.counts, m.order, p, from, to, visit)
}

// score adds k. After a context that was never seen all symbols are equal, and the first is as good as any.
func (m *addK) score(s *cursor) (float64, int32) {
	count, total, best := 0.0, 0.0, int32(0)
	if ctx := s.context[m.order-1]; ctx >= 0 {
		total, best = float64(m.total[ctx]), m.best[ctx]
	}
	if id := s.gram[m.order]; id >= 0 {
		count = float64(m.counts.levels[m.order].count[id])
	}
	return (count + m.k) / (total + float64(m.k*float64(m.counts.vocab))), best
}

// check panics unless the counts reach the order.
func (c *Counts) check(order int) {
	if order < 1 || order > c.Order() {
		panic(fmt.Sprintf("ngram: order %d asked of counts up to order %d", order, c.Order()))
	}
}

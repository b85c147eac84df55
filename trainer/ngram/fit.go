package ngram

import (
	"sweep/trainer/corpus"
	"sweep/trainer/internal/kernel"
)

// Expectation maximisation ends when a pass gains less than leastGain nats per token, or after mostPasses.
const (
	leastGain  = 1e-7
	mostPasses = 100
)

// fit returns the interpolation weights of each order, 1 to order, that make val likeliest; without an example in val,
// one half throughout.
func fit(c *Counts, order int, val corpus.Part) []weights {
	e := newEvidence(c, order, val)
	w := make([]weights, order+1)
	for n := range w {
		for b := range w[n] {
			w[n][b] = 0.5
		}
	}
	if len(e.share) == 0 {
		return w
	}
	last := 0.0
	for pass := range mostPasses {
		objective := e.improve(w)
		if pass > 0 && objective-last < leastGain*float64(len(e.share)/order) {
			break
		}
		last = objective
	}
	return w
}

// evidence is what the examples of the validation part say of each order: order entries an example, shortest first.
type evidence struct {
	order   int
	uniform float64
	share   []float64 // relative frequency of the target after the context of n-1 symbols
	bin     []uint8   // class of the context's frequency, 0 if it was not seen
}

func newEvidence(c *Counts, order int, val corpus.Part) *evidence {
	e := &evidence{order: order, uniform: 1 / float64(c.vocab)}
	e.share, e.bin = make([]float64, 0, val.Len()*order), make([]uint8, 0, val.Len()*order)
	totals := make([][]int64, order+1)
	for n := 1; n <= order; n++ {
		g := &c.levels[n]
		totals[n] = make([]int64, len(g.first)-1)
		for ctx := range totals[n] {
			totals[n][ctx] = sum(g.count[g.first[ctx]:g.first[ctx+1]])
		}
	}
	walk(gatherer{e, c, totals}, c, order, val, firstWhole(val.Padded(), val.Len(), order), val.Len(), func(int32, float64, int32) {})
	return e
}

// A gatherer is a scorer that collects evidence.
type gatherer struct {
	e      *evidence
	c      *Counts
	totals [][]int64 // totals[n][ctx] is the frequency of a context of n-1 symbols
}

func (g gatherer) score(s *cursor) (float64, int32) {
	for n := 1; n <= g.e.order; n++ {
		total, share := int64(0), 0.0
		if ctx := s.context[n-1]; ctx >= 0 {
			total = g.totals[n][ctx]
		}
		if id := s.gram[n]; id >= 0 && total > 0 {
			share = float64(g.c.levels[n].count[id]) / float64(total)
		}
		g.e.share, g.e.bin = append(g.e.share, share), append(g.e.bin, uint8(bin(total)))
	}
	return 0, 0
}

// improve makes one pass of expectation maximisation over w and returns what w, as it came in, made of the examples:
// their log-likelihood plus that of the two imagined examples of each weight.
func (e *evidence) improve(w []weights) float64 {
	stopped, reached := make([]weights, len(w)), make([]weights, len(w)) // expected examples that end, that arrive there
	p := make([]float64, e.order+1)
	p[0] = e.uniform
	objective := 0.0
	for at := 0; at < len(e.share); at += e.order {
		share, bin := e.share[at:at+e.order], e.bin[at:at+e.order]
		for k, b := range bin {
			p[k+1] = p[k]
			if b > 0 {
				weight := w[k+1][b]
				p[k+1] = float64(weight*share[k]) + float64((1-weight)*p[k])
			}
		}
		objective += kernel.Log(p[e.order])
		arrive := 1.0
		for k := e.order - 1; k >= 0; k-- {
			b := bin[k]
			if b == 0 {
				continue
			}
			stop := float64(arrive*float64(w[k+1][b]*share[k])) / p[k+1]
			stopped[k+1][b] += stop
			reached[k+1][b] += arrive
			arrive = max(arrive-stop, 0)
		}
	}
	for n := range w {
		for b := range w[n] {
			objective += kernel.Log(w[n][b]) + kernel.Log(1-w[n][b])
			w[n][b] = (stopped[n][b] + 1) / (reached[n][b] + 2)
		}
	}
	return objective
}

package ngram

import (
	"math"

	"sweep/trainer/corpus"
)

// Expectation maximisation ends when a pass moves no weight by leastMove, or after mostPasses. On the Go distribution's
// prose the loss is within 1e-4 nats of its limit after ten passes; rare classes of frequency take many more.
const (
	leastMove  = 1e-3
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
	for range mostPasses {
		if e.improve(w) < leastMove {
			break
		}
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

// improve makes one pass of expectation maximisation over w and returns the largest change of a weight.
func (e *evidence) improve(w []weights) (moved float64) {
	stopped, reached := make([]weights, len(w)), make([]weights, len(w)) // expected examples that end, that arrive there
	p := make([]float64, e.order+1)
	for at := 0; at < len(e.share); at += e.order {
		e.mix(w, at, p)
		arrive := 1.0
		for n := e.order; n > 0; n-- {
			b := e.bin[at+n-1]
			if b == 0 {
				continue
			}
			stop := float64(arrive*float64(w[n][b]*e.share[at+n-1])) / p[n]
			stopped[n][b] += stop
			reached[n][b] += arrive
			arrive = max(arrive-stop, 0)
		}
	}
	for n := range w {
		for b, old := range w[n] {
			w[n][b] = (stopped[n][b] + 1) / (reached[n][b] + 2)
			moved = max(moved, math.Abs(w[n][b]-old))
		}
	}
	return moved
}

// mix sets p[n] to the probability that order n gives the target of the example whose entries begin at at.
func (e *evidence) mix(w []weights, at int, p []float64) {
	p[0] = e.uniform
	for n := 1; n <= e.order; n++ {
		p[n] = p[n-1]
		if b := e.bin[at+n-1]; b > 0 {
			weight := w[n][b]
			p[n] = float64(weight*e.share[at+n-1]) + float64((1-weight)*p[n-1])
		}
	}
}

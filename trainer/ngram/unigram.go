package ngram

import (
	"fmt"

	"sweep/trainer/corpus"
)

// Unigram returns the model that gives each symbol its share of the targets of p. A symbol that does not occur counts
// as if it had occurred once, so that nothing is impossible; Notes says how many there were.
func Unigram(p corpus.Part, vocab int) Model { return Count(p, vocab, 1).Unigram() }

// Unigram is the function Unigram for a text that has been counted.
func (c *Counts) Unigram() Model {
	m := &unigram{prob: make([]float64, c.vocab)}
	counts := c.levels[1].count
	for _, n := range counts {
		if n == 0 {
			m.unseen++
		}
	}
	total := float64(c.tokens + m.unseen)
	for w, n := range counts {
		m.prob[w] = float64(max(n, 1)) / total
		if m.prob[w] > m.prob[m.best] {
			m.best = int32(w)
		}
	}
	return m
}

type unigram struct {
	prob   []float64
	best   int32
	unseen int
}

func (m *unigram) Name() string                         { return "unigram" }
func (m *unigram) Order() int                           { return 1 }
func (m *unigram) Parameters() int64                    { return int64(len(m.prob)) }
func (m *unigram) Prob(_ []int32, target int32) float64 { return m.prob[target] }

func (m *unigram) Notes() []string {
	if m.unseen == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d symbols do not occur in the training part; each counts as if it did once", m.unseen, len(m.prob))}
}

func (m *unigram) walk(p corpus.Part, from, to int, visit visit) {
	for _, w := range p.Symbols()[from:to] {
		visit(w, m.prob[w], m.best)
	}
}

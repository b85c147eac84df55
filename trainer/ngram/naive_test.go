package ngram

import (
	"fmt"

	"sweep/trainer/corpus"
)

// A naive model follows the definitions with maps of windows that are written out, and shares nothing with the trie.
type naive struct {
	vocab int
	raw   []map[string]int // raw[n]: how often each window of n symbols, padding included, ends in a target
}

func key(window []int32) string { return fmt.Sprint(window) }

func newNaive(p corpus.Part, vocab, order int) *naive {
	m := &naive{vocab: vocab, raw: make([]map[string]int, order+1)}
	for n := 1; n <= order; n++ {
		m.raw[n] = map[string]int{}
		window := make([]int32, n)
		for i := firstWhole(p.Padded(), p.Len(), n); i < p.Len(); i++ {
			p.Context(i, window[:n-1])
			window[n-1] = p.Target(i)
			m.raw[n][key(window)]++
		}
	}
	return m
}

// followers returns the counts of all symbols after a context, and their sum.
func (m *naive) followers(counts map[string]int, context []int32) (each []int, total int) {
	each = make([]int, m.vocab)
	window := append(append([]int32(nil), context...), 0)
	for w := range each {
		window[len(context)] = int32(w)
		each[w] = counts[key(window)]
		total += each[w]
	}
	return each, total
}

func (m *naive) addK(context []int32, target int32, k float64) float64 {
	each, total := m.followers(m.raw[len(context)+1], context)
	return (float64(each[target]) + k) / (float64(total) + k*float64(m.vocab))
}

func (m *naive) interpolated(w []weights, context []int32, target int32) float64 {
	below := 1 / float64(m.vocab)
	if len(context) > 0 {
		below = m.interpolated(w, context[1:], target)
	}
	each, total := m.followers(m.raw[len(context)+1], context)
	if total == 0 {
		return below
	}
	class := 0
	for t := total; t > 0; t /= 2 {
		class++
	}
	l := w[len(context)+1][class]
	return l*float64(each[target])/float64(total) + (1-l)*below
}

// kneserNey returns the counts of each order for a model whose top is the given one.
func (m *naive) kneserNeyCounts(p corpus.Part, order int) []map[string]int {
	counts := make([]map[string]int, order+1)
	counts[order] = m.raw[order]
	for n := 1; n < order; n++ {
		before := map[string]map[int32]bool{}
		window := make([]int32, n+1)
		for i := firstWhole(p.Padded(), p.Len(), n+1); i < p.Len(); i++ {
			p.Context(i, window[:n])
			window[n] = p.Target(i)
			k := key(window[1:])
			if before[k] == nil {
				before[k] = map[int32]bool{}
			}
			before[k][window[0]] = true
		}
		counts[n] = map[string]int{}
		for k, symbols := range before {
			counts[n][k] = len(symbols)
		}
	}
	return counts
}

func (m *naive) kneserNey(counts []map[string]int, context []int32, target int32) float64 {
	below := 1 / float64(m.vocab)
	if len(context) > 0 {
		below = m.kneserNey(counts, context[1:], target)
	}
	n := len(context) + 1
	each, total := m.followers(counts[n], context)
	if total == 0 {
		return below
	}
	d := naiveDiscounts(counts[n])
	rest := 0.0
	for _, c := range each {
		rest += d[min(c, 3)]
	}
	c := each[target]
	return (float64(c)-d[min(c, 3)])/float64(total) + rest/float64(total)*below
}

func naiveDiscounts(counts map[string]int) [4]float64 {
	var n [5]float64
	for _, c := range counts {
		if c <= 4 {
			n[c]++
		}
	}
	d := [4]float64{0, 0.5, 1, 1.5}
	if n[1] == 0 || n[2] == 0 {
		return d
	}
	y := n[1] / (n[1] + 2*n[2])
	for k := 1; k <= 3; k++ {
		if n[k] == 0 || n[k+1] == 0 {
			continue
		}
		if v := float64(k) - float64(k+1)*y*n[k+1]/n[k]; v > 0 && v <= float64(k) {
			d[k] = v
		}
	}
	return d
}

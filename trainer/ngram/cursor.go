package ngram

import "sweep/trainer/corpus"

// A cursor stands before a symbol of some text and knows the ids, in counts, of the contexts that end there.
type cursor struct {
	counts  *Counts
	context []int32 // context[n] is the id of the last n symbols, -1 if they were not seen in this order
	gram    []int32 // after look, gram[n] is the id of the n-gram that ends in the symbol, or -1; gram[0] is not used
}

// newCursor returns a cursor for models of the given order, whose context is unknown until start or restart.
func newCursor(c *Counts, order int) *cursor {
	return &cursor{counts: c, context: make([]int32, order), gram: make([]int32, order+1)}
}

// restart puts the cursor at the start of a text, where all that lies before is padding.
func (s *cursor) restart() { clear(s.context) }

// start puts the cursor behind the symbols of context, of which it needs the last order-1.
func (s *cursor) start(context []int32) {
	s.context[0] = 0
	for n := 1; n < len(s.context); n++ {
		s.context[n] = -1
	}
	for _, w := range context[len(context)-len(s.context)+1:] {
		s.look(w)
		s.advance()
	}
}

// look finds the n-grams that w makes with the contexts. A context that was not seen has no longer one that was.
func (s *cursor) look(w int32) {
	s.gram[1] = w
	n := 2
	for ; n < len(s.gram) && s.context[n-1] >= 0; n++ {
		id := s.counts.levels[n].find(s.context[n-1], w)
		if id < 0 {
			break
		}
		s.gram[n] = id
	}
	for ; n < len(s.gram); n++ {
		s.gram[n] = -1
	}
}

// advance moves the cursor behind the symbol that it looked at.
func (s *cursor) advance() { copy(s.context[1:], s.gram[1:]) }

// A scorer is a model over counts: it judges the symbol that a cursor looks at.
type scorer interface {
	// score returns the symbol's probability and the likeliest symbol after the same context.
	score(s *cursor) (prob float64, best int32)
}

// prob is Model.Prob for a scorer.
func prob(m scorer, c *Counts, order int, context []int32, target int32) float64 {
	if target < 0 || int(target) >= c.vocab {
		panic("ngram: symbol outside the vocabulary")
	}
	s := newCursor(c, order)
	s.start(context)
	s.look(target)
	p, _ := m.score(s)
	return p
}

// walk is Model.walk for a scorer.
func walk(m scorer, c *Counts, order int, p corpus.Part, from, to int, visit visit) {
	s := newCursor(c, order)
	context := make([]int32, order-1)
	p.Context(from, context)
	s.start(context)
	padded := p.Padded()
	for _, w := range p.Symbols()[from:to] {
		s.look(w)
		prob, best := m.score(s)
		visit(w, prob, best)
		if padded && w == 0 {
			s.restart()
		} else {
			s.advance()
		}
	}
}

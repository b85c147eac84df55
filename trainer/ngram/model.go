package ngram

import (
	"sweep/trainer/corpus"
)

// Model is a language model that was counted rather than trained.
type Model interface {
	// Name is "uniform", "unigram", "add-k", "interpolated", "kneser-ney", "class" or "entropy".
	Name() string
	// Order is the number of symbols of an n-gram, the predicted one included: a model of order 1 ignores the context.
	Order() int
	// Parameters is how many numbers the text has put into the model: one for each distinct n-gram that it uses, of
	// every order, and its weights or discounts.
	Parameters() int64
	// Prob returns the probability of target after context, whose last symbol is the one right before the target. Only
	// the last Order-1 symbols are used; a shorter context, or a symbol outside the vocabulary, panics.
	Prob(context []int32, target int32) float64
	// Notes says in plain words what was made up because the text could not supply it; usually nothing.
	Notes() []string

	// walk scores the examples from to to-1 of p, in order. Where p pads nothing from is Order-1 or more.
	walk(p corpus.Part, from, to int, visit visit)
}

// A visit receives one example: its target, the target's probability and the likeliest symbol in its place.
type visit func(target int32, prob float64, best int32)

// Uniform returns the model that gives each of vocab symbols the probability 1/vocab.
func Uniform(vocab int) Model {
	if vocab < 1 {
		panic("ngram: a vocabulary needs a symbol")
	}
	return uniform{vocab}
}

type uniform struct{ vocab int }

func (m uniform) Name() string      { return "uniform" }
func (m uniform) Order() int        { return 1 }
func (m uniform) Parameters() int64 { return 0 }
func (m uniform) Notes() []string   { return nil }

func (m uniform) Prob(_ []int32, target int32) float64 {
	if target < 0 || int(target) >= m.vocab {
		panic("ngram: symbol outside the vocabulary")
	}
	return 1 / float64(m.vocab)
}

func (m uniform) walk(p corpus.Part, from, to int, visit visit) {
	prob := 1 / float64(m.vocab)
	for i := from; i < to; i++ {
		visit(p.Target(i), prob, anySymbol)
	}
}

// anySymbol stands for the likeliest symbol where all are equally likely.
const anySymbol int32 = -1

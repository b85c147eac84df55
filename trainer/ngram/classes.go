package ngram

import (
	"fmt"
	"math"

	"sweep/trainer/corpus"
	"sweep/trainer/corpus/grammar"
)

// A ClassLaw is a language in which every symbol belongs to one class: which class comes next depends on the classes
// before it, and which of its symbols on nothing.
type ClassLaw struct {
	Classes []int32   // of each symbol; they count from 0
	Share   []float64 // of each symbol among those of its class
	History int       // how many classes decide what comes next
	// Next returns the probability of every class behind a history of that length, the last one last; nil if the law does
	// not know the history, which stands for equal ones. The history must not be kept.
	Next func(history []int) []float64
}

// LawOf is the law of the language that a synthetic corpus was drawn from.
func LawOf(l *corpus.Language) ClassLaw {
	law := ClassLaw{Classes: l.Classes, Share: make([]float64, len(l.Words)), History: grammar.History, Next: l.Next}
	for s, w := range l.Words {
		law.Share[s] = 1 // the end of a sentence is alone in its class
		if w >= 0 {
			law.Share[s] = l.Share(w)
		}
	}
	return law
}

// Entropy returns the model that knows the law of a text: no model can do better, but by chance. Its name is "entropy".
func Entropy(law ClassLaw) Model { return newClassModel("entropy", law, 0) }

// Class returns the class n-gram of the given order (Brown et al., 1992): the classes are given, and what follows what,
// and how often a symbol is the one of its class, is counted on p, with k added to every count. k must be above 0 and
// finite. It tells what can be had from the text by whoever knows the classes.
func Class(p corpus.Part, classes []int32, order int, k float64) Model {
	if order < 1 || !(k > 0 && k < 1e300) {
		panic(fmt.Sprintf("ngram: a class model of order %d with %g added", order, k))
	}
	most := int32(0)
	for _, c := range classes {
		most = max(most, c)
	}
	words, sizes := make([]float64, len(classes)), make([]float64, most+1)
	next := map[uint64][]float64{}
	history := make([]int32, order-1)
	for i := range p.Len() {
		target := p.Target(i)
		words[target]++
		p.Context(i, history)
		key := historyKey(history, classes)
		if next[key] == nil {
			next[key] = make([]float64, most+1)
		}
		next[key][classes[target]]++
	}
	numbers := int64(0)
	for w, c := range classes {
		words[w] += k
		sizes[c] += words[w]
		numbers++
	}
	for w, c := range classes {
		words[w] /= sizes[c]
	}
	for _, row := range next {
		total := 0.0
		for c := range row {
			if row[c] > 0 {
				numbers++
			}
			row[c] += k
			total += row[c]
		}
		for c := range row {
			row[c] /= total
		}
	}
	law := ClassLaw{Classes: classes, Share: words, History: order - 1, Next: func(h []int) []float64 {
		key := uint64(0)
		for _, c := range h {
			key = key<<historyBits | uint64(c)
		}
		return next[key]
	}}
	return newClassModel("class", law, numbers)
}

// historyBits are those of a class in a key: up to 4,096 classes and histories of five.
const historyBits = 12

func historyKey(symbols, classes []int32) (key uint64) {
	for _, s := range symbols {
		key = key<<historyBits | uint64(classes[s])
	}
	return key
}

type classModel struct {
	name    string
	law     ClassLaw
	numbers int64
	best    []int32   // the likeliest symbol of each class
	evenly  []float64 // over the classes, where the history is not known
}

func newClassModel(name string, law ClassLaw, numbers int64) *classModel {
	m := &classModel{name: name, law: law, numbers: numbers}
	for s, c := range law.Classes {
		for int(c) >= len(m.best) {
			m.best = append(m.best, anySymbol)
		}
		if m.best[c] == anySymbol || law.Share[s] > law.Share[m.best[c]] {
			m.best[c] = int32(s)
		}
	}
	m.evenly = make([]float64, len(m.best))
	for c := range m.evenly {
		m.evenly[c] = 1 / float64(len(m.evenly))
	}
	return m
}

func (m *classModel) Name() string      { return m.name }
func (m *classModel) Order() int        { return m.law.History + 1 }
func (m *classModel) Parameters() int64 { return m.numbers }
func (m *classModel) Notes() []string   { return nil }

func (m *classModel) Prob(context []int32, target int32) float64 {
	if target < 0 || int(target) >= len(m.law.Classes) {
		panic("ngram: symbol outside the vocabulary")
	}
	history := make([]int, m.law.History)
	m.classes(history, context[len(context)-m.law.History:])
	return m.next(history)[m.law.Classes[target]] * m.law.Share[target]
}

func (m *classModel) classes(history []int, context []int32) {
	for k, s := range context {
		history[k] = int(m.law.Classes[s])
	}
}

func (m *classModel) next(history []int) []float64 {
	if row := m.law.Next(history); row != nil {
		return row
	}
	return m.evenly
}

func (m *classModel) walk(p corpus.Part, from, to int, visit visit) {
	context, history := make([]int32, m.law.History), make([]int, m.law.History)
	for i := from; i < to; i++ {
		p.Context(i, context)
		m.classes(history, context)
		row := m.next(history)
		target := p.Target(i)
		best, most := anySymbol, math.Inf(-1)
		for c, prob := range row {
			if s := m.best[c]; s != anySymbol && prob*m.law.Share[s] > most {
				best, most = s, prob*m.law.Share[s]
			}
		}
		visit(target, row[m.law.Classes[target]]*m.law.Share[target], best)
	}
}

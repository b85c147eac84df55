package nplm

import (
	"strings"

	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// Table is a model's embedding table with what is known of its symbols: one entry a symbol in each field.
type Table struct {
	Symbols []string
	Vectors [][]float32 // m numbers a symbol
	Classes []string    // "vowel", "consonant", "boundary"; of words their class where the language is known, else nil
}

// Embedding returns a model's table C, each symbol with its class where symbols have some.
func Embedding(m *trainer.Model) Table {
	t := Table{Symbols: m.Symbols, Vectors: m.Embeddings()}
	l, drawn := corpus.LanguageOf(m.Data, m.Symbols)
	for i, s := range m.Symbols {
		switch {
		case drawn:
			t.Classes = append(t.Classes, l.KindName(int(l.Classes[i])))
		case m.Data.Level == corpus.Char:
			t.Classes = append(t.Classes, letterClass(i, s))
		}
	}
	return t
}

// letterClass sorts characters into vowels and consonants.
func letterClass(i int, symbol string) string {
	switch {
	case i == 0:
		return "boundary"
	case len(symbol) == 1 && strings.Contains("aeiou", symbol):
		return "vowel"
	case len(symbol) == 1 && symbol[0] >= 'a' && symbol[0] <= 'z':
		return "consonant"
	}
	return "other"
}

// Words returns a model's embeddings as a table that can be asked for words as the corpus cuts text. ok is false for a model
// with one-hot inputs, which has none.
func Words(m *trainer.Model) (t *embeddings.Table, ok bool) {
	vectors := m.Embeddings()
	if vectors == nil {
		return nil, false
	}
	fold := func(word string) []string {
		return corpus.Tokenize(m.Data.Level, m.Data.Corpus, m.Data.Lowercase, word)
	}
	return embeddings.New(m.Symbols, vectors, []int{0, m.Unknown}, fold), true
}

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
	Classes []string    // "vowel", "consonant", "boundary"; of words the band of frequency, or their class where the language is known
}

// Embedding returns a model's table C, each symbol with its class.
func Embedding(m *trainer.Model) Table {
	t := Table{Symbols: m.Symbols, Vectors: m.Embeddings()}
	l, drawn := corpus.LanguageOf(m.Data, m.Symbols)
	for i, s := range m.Symbols {
		c := class(i, s, m.Data.Level == corpus.Char)
		if drawn {
			c = l.KindName(int(l.Classes[i]))
		}
		t.Classes = append(t.Classes, c)
	}
	return t
}

// class sorts characters into vowels and consonants, and words into bands of frequency: a vocabulary is in order of
// frequency, so that a word's index is its rank.
func class(i int, symbol string, char bool) string {
	switch {
	case i == 0:
		return "boundary"
	case symbol == "<unk>":
		return "unknown"
	case char && len(symbol) == 1 && strings.Contains("aeiou", symbol):
		return "vowel"
	case char && len(symbol) == 1 && symbol[0] >= 'a' && symbol[0] <= 'z':
		return "consonant"
	case char:
		return "other"
	case i <= 100:
		return "rank 1 to 100"
	case i <= 1000:
		return "rank 101 to 1,000"
	}
	return "rank above 1,000"
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

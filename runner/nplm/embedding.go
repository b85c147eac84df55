package nplm

import (
	"strings"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Table is a model's embedding table with what is known of its symbols: one entry a symbol in each field.
type Table struct {
	Symbols []string
	Vectors [][]float32 // m numbers a symbol
	Classes []string    // "vowel", "consonant", "boundary"; of words the band of frequency
}

// Embedding returns a model's table C, each symbol with its class.
func Embedding(m *trainer.Model) Table {
	t := Table{Symbols: m.Symbols, Vectors: m.Embeddings()}
	for i, s := range m.Symbols {
		t.Classes = append(t.Classes, class(i, s, m.Data.Level == corpus.Char))
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

package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"sweep/trainer/corpus/grammar"
)

// Synthetic is the corpus that package grammar draws. It has parts of its own: pairs of words that training never shows
// occur in the others.
const Synthetic = "synthetic"

const (
	defaultSyntheticTokens = 1_000_000
	mostSyntheticTokens    = 100_000_000 // a gigabyte of memory
)

func (o Options) withSyntheticDefaults() Options {
	if o.VocabSize == 0 {
		o.VocabSize = DefaultVocabSize
	}
	if o.SyntheticTokens == 0 {
		o.SyntheticTokens = defaultSyntheticTokens
	}
	if o.SyntheticSeed == 0 {
		o.SyntheticSeed = 1
	}
	return o
}

// checkSynthetic refuses what would make the entropy a false one, and settings of the language where there is none.
func (o Options) checkSynthetic(bad func(option, hint, format string, args ...any)) {
	if o.Corpus != Synthetic {
		if o.SyntheticTokens != 0 {
			bad("synthetic_tokens", "leave it out", "has a meaning only with corpus: synthetic")
		}
		if o.SyntheticSeed != 0 {
			bad("synthetic_seed", "leave it out", "has a meaning only with corpus: synthetic")
		}
		return
	}
	if o.SyntheticTokens < 1000 || o.SyntheticTokens > mostSyntheticTokens {
		bad("synthetic_tokens", "give 1,000 to 100,000,000; a million is the default", "%s is no length of text", thousands(o.SyntheticTokens))
	}
	if o.VocabSize <= grammar.Least || o.VocabSize > 100_000 {
		bad("vocab_size", fmt.Sprintf("give %d to 100,000, the boundary included", grammar.Least+1), "%d is no size of the synthetic language", o.VocabSize)
	}
	for _, c := range []struct {
		option string
		given  bool
	}{
		{"level", o.Level != Word}, {"boundary", o.Boundary == None}, {"min_count", o.MinCount > 1}, {"lowercase", o.Lowercase}, {"vocab_from", o.VocabFrom != "train"},
		{"val_corpus", o.ValCorpus != ""}, {"test_corpus", o.TestCorpus != ""},
	} {
		if c.given {
			bad(c.option, "leave it out", "would make the entropy of the synthetic text another one, which is not known")
		}
	}
}

// readSynthetic draws the three parts, in the proportion of shares. The lexicon holds every word of the language, in the
// text or not.
func readSynthetic(ctx context.Context, o Options, words *lexicon) (*texts, error) {
	g, err := o.grammar()
	if err != nil {
		return nil, err
	}
	for _, w := range g.Words() {
		words.id([]byte(w))
	}
	h := sha256.New()
	t := &texts{main: &text{}, val: &text{}, test: &text{}}
	for k, part := range []*text{t.main, t.val, t.test} {
		part.files = []string{Synthetic}
		line := 0
		w := hashWriter{h: h}
		err := g.Text(o.SyntheticTokens/10*shares[k], uint64(k), k == 0, func(sentence []int) error {
			if line++; line%4096 == 0 && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			part.begin(0, line, 0)
			for _, s := range sentence {
				part.stream = append(part.stream, int32(s)) // the lexicon numbers words as the language does
				w.number(s)
			}
			w.number(len(g.Words()))
			if !part.end() {
				return &OptionError{Option: "synthetic_tokens", Message: "the text is too long"}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		w.flush()
	}
	t.sources = []Source{{Option: "corpus", Name: Synthetic, Files: 0, Hash: hex.EncodeToString(h.Sum(nil)),
		Detail: fmt.Sprintf("%s words, seed %d, entropy %.4f nats a symbol", thousands(len(g.Words())), o.SyntheticSeed, g.Entropy())}}
	return t, nil
}

func (o Options) grammar() (*grammar.Grammar, error) {
	return grammar.New(o.VocabSize-1, o.SyntheticSeed)
}

// Language is the language behind a synthetic corpus, over the symbols of a vocabulary.
type Language struct {
	*grammar.Grammar
	Words   []int   // of each symbol, its word in the grammar; -1 for the boundary
	Classes []int32 // of each symbol, its class; the boundary's is grammar.End
}

// LanguageOf returns the language that o draws its text from, over symbols, of which the first is the boundary. ok is
// false for a text that was not drawn.
func LanguageOf(o Options, symbols []string) (l *Language, ok bool) {
	o = o.WithDefaults()
	if o.Corpus != Synthetic {
		return nil, false
	}
	g, err := o.grammar()
	if err != nil {
		return nil, false
	}
	number := map[string]int{}
	for w, s := range g.Words() {
		number[s] = w
	}
	l = &Language{Grammar: g, Words: make([]int, len(symbols)), Classes: make([]int32, len(symbols))}
	for i, s := range symbols {
		w, known := number[s]
		if !known {
			w = -1
		} else {
			l.Classes[i] = int32(g.Class(w))
		}
		l.Words[i] = w
	}
	return l, true
}

// Language returns the language behind a synthetic corpus; ok is false for every other.
func (d *Data) Language() (l *Language, ok bool) { return LanguageOf(d.Options, d.Vocab.symbols) }

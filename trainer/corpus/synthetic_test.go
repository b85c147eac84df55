package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sweep/trainer/corpus/grammar"
)

func TestSyntheticHoldsEveryWord(t *testing.T) {
	for _, o := range []Options{
		{Corpus: Synthetic, VocabSize: 1000, SyntheticTokens: 50_000},
		{Corpus: Synthetic, VocabSize: 17_000, SyntheticTokens: 1000}, // far fewer tokens than words
		{Corpus: Synthetic, VocabSize: grammar.Least + 1, SyntheticTokens: 1000, Boundary: Stream},
	} {
		d := mustOpen(t, o)
		if d.Vocab.Size() != o.VocabSize || d.Vocab.Unk() >= 0 {
			t.Errorf("%+v: %d symbols, <unk> is %d", o, d.Vocab.Size(), d.Vocab.Unk())
		}
		l, ok := d.Language()
		if !ok {
			t.Fatal("no language")
		}
		for i, w := range l.Words {
			if i == 0 && w != -1 || i > 0 && l.Grammar.Words()[w] != d.Vocab.Symbol(i) {
				t.Fatalf("symbol %d, %s, is word %d of the grammar", i, d.Vocab.Symbol(i), w)
			}
			if i > 0 && int(l.Classes[i]) != l.Class(w) {
				t.Fatalf("symbol %s has class %d", d.Vocab.Symbol(i), l.Classes[i])
			}
		}
	}
}

func TestSyntheticKeepsPairsOutOfTraining(t *testing.T) {
	d := mustOpen(t, Options{Corpus: Synthetic, VocabSize: 1000, SyntheticTokens: 500_000})
	l, _ := d.Language()
	count := func(p Part) (n int) {
		s := p.Symbols()
		for i := 1; i < len(s); i++ {
			if l.IsWithheld(grammar.Pair{First: l.Words[s[i-1]], Second: l.Words[s[i]]}) {
				n++
			}
		}
		return n
	}
	if n := count(d.Train); n != 0 {
		t.Errorf("training holds %d of them", n)
	}
	if v, s := count(d.Val), count(d.Test); v < 20 || s < 20 {
		t.Errorf("validation holds %d and test %d, too few to ask about", v, s)
	}
	tokens := d.Stats(3, 0).Parts
	for k, want := range []int64{400_000, 50_000, 50_000} {
		if got := tokens[k].Tokens; got < want || got > want+11 {
			t.Errorf("part %d has %d words, want %d", k, got, want)
		}
	}
}

// The parts are independent texts: none is the beginning of another.
func TestSyntheticPartsAreApart(t *testing.T) {
	d := mustOpen(t, Options{Corpus: Synthetic, VocabSize: 500, SyntheticTokens: 5000})
	begin := func(p Part) string { return fmt.Sprint(p.Symbols()[:40]) }
	if begin(d.Train) == begin(d.Val) || begin(d.Train) == begin(d.Test) || begin(d.Val) == begin(d.Test) {
		t.Error("two parts begin with the same forty symbols")
	}
	l, _ := d.Language()
	symbols := map[string]bool{}
	for _, s := range documentsOf(d, d.Train) {
		symbols[s] = true
	}
	if len(symbols) < 200 || l.Classes[0] != grammar.End {
		t.Errorf("%d words in training, the boundary is of class %d", len(symbols), l.Classes[0])
	}
}

func TestSyntheticEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	cancel(why)
	if _, err := Open(ctx, Options{Corpus: Synthetic, VocabSize: 500, SyntheticTokens: 10_000_000}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

func TestSyntheticIsItsSeeds(t *testing.T) {
	o := Options{Corpus: Synthetic, VocabSize: 500, SyntheticTokens: 5000}
	d := mustOpen(t, o)
	if again := mustOpen(t, o); again.SplitHash != d.SplitHash || again.VocabHash != d.VocabHash || again.Sources[0].Hash != d.Sources[0].Hash {
		t.Error("the same options drew another text")
	}
	o.SyntheticSeed = 2
	if other := mustOpen(t, o); other.SplitHash == d.SplitHash || other.Sources[0].Hash == d.Sources[0].Hash {
		t.Error("another seed drew the same text")
	}
	if s := d.Sources[0].Detail; !strings.Contains(s, "entropy") || !strings.Contains(s, "499 words, seed 1") {
		t.Errorf("the source says %q", s)
	}
}

func TestSyntheticRefuses(t *testing.T) {
	path := write(t, "text.txt", numbered(100))
	for _, c := range []struct {
		o      Options
		option string
	}{
		{Options{Corpus: Synthetic, Level: Char}, "level"},
		{Options{Corpus: Synthetic, Boundary: None}, "boundary"},
		{Options{Corpus: Synthetic, MinCount: 2}, "min_count"},
		{Options{Corpus: Synthetic, VocabFrom: "all"}, "vocab_from"},
		{Options{Corpus: Synthetic, ValCorpus: path}, "val_corpus"},
		{Options{Corpus: Synthetic, TestCorpus: path}, "test_corpus"},
		{Options{Corpus: Synthetic, VocabSize: 100}, "vocab_size"},
		{Options{Corpus: Synthetic, VocabSize: 100_001}, "vocab_size"},
		{Options{Corpus: Synthetic, SyntheticTokens: 999}, "synthetic_tokens"},
		{Options{Corpus: Synthetic, SyntheticTokens: -1}, "synthetic_tokens"},
		{Options{Corpus: Synthetic, SyntheticTokens: 100_000_001}, "synthetic_tokens"},
		{Options{Corpus: Synthetic, Lowercase: true}, "lowercase"},
		{Options{Corpus: path, SyntheticTokens: 5000}, "synthetic_tokens"},
		{Options{Corpus: path, SyntheticSeed: 2}, "synthetic_seed"},
		{Options{Corpus: path, ValCorpus: Synthetic}, "val_corpus"},
	} {
		_, err := Open(t.Context(), c.o)
		var bad *OptionError
		if !errors.As(err, &bad) || bad.Option != c.option {
			t.Errorf("%+v: got %v, want an error of %s", c.o, err, c.option)
		}
	}
	if _, ok := LanguageOf(Options{Corpus: path}, []string{"</s>"}); ok {
		t.Error("a file has a language")
	}
}

package corpus

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vocabularyOf spells the vocabulary.
func vocabularyOf(d *Data) string { return strings.Join(d.Vocab.symbols, " ") }

func TestVocabulary(t *testing.T) {
	// b 3, c 2, a 2, d 1, e 1
	const train, known = "b c a b\nd e b c a\n", "a b\n"
	file := write(t, "words.txt", "e 10\n\nb 3 x\nzebra\na\n")
	marked := write(t, "marked.txt", "b\n<unk>\na\nc\n")
	for _, c := range []struct {
		name      string
		o         Options
		val, want string
	}{
		{"by frequency, then by string", Options{}, known, "</s> b a c d e"},
		{"all are asked for", Options{VocabSize: 6}, known, "</s> b a c d e"},
		{"a cut needs <unk>, at its place", Options{VocabSize: 5}, known, "</s> b <unk> a c"},
		{"and counts it", Options{VocabSize: 3}, known, "</s> <unk> b"},
		{"nothing but <unk>", Options{VocabSize: 2}, known, "</s> <unk>"},
		{"min_count", Options{MinCount: 2}, known, "</s> b <unk> a c"},
		{"min_count and a size", Options{MinCount: 2, VocabSize: 4}, known, "</s> <unk> b a"},
		{"a word unseen in training needs <unk>", Options{}, "a new b\n", "</s> b a c d e <unk>"},
		{"which vocab_size counts", Options{VocabSize: 7}, "a new b\n", "</s> b a c d e <unk>"},
		{"so that one less cuts", Options{VocabSize: 6}, "a new b\n", "</s> b a c <unk> d"},
		{"all parts", Options{VocabFrom: "all"}, "a new e e\n", "</s> b a e c d new"},
		{"a literal <unk> in training", Options{}, "a <unk>\n", "</s> b a c d e <unk>"},
		{"a file", Options{VocabFrom: file}, known, "</s> e b zebra a <unk>"},
		{"a file that is cut", Options{VocabFrom: file, VocabSize: 4}, known, "</s> e b <unk>"},
		{"a file with <unk>", Options{VocabFrom: marked}, known, "</s> b <unk> a c"},
		{"and cut", Options{VocabFrom: marked, VocabSize: 3}, known, "</s> b <unk>"},
		{"before <unk>", Options{VocabFrom: marked, VocabSize: 2}, known, "</s> <unk>"},
	} {
		d := mustOpen(t, threeParts(t, c.o, train, c.val, "b\n"))
		if got := vocabularyOf(d); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			continue
		}
		if got, want := d.Vocab.Unk() >= 0, strings.Contains(c.want, Unknown); got != want {
			t.Errorf("%s: <unk> is %d", c.name, d.Vocab.Unk())
		}
	}
}

// A literal <unk> is the unknown symbol: words that are cut are counted with it.
func TestLiteralUnknown(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{VocabSize: 4}, "a a a <unk> b b c\n", "a x <unk>\n", "a\n"))
	if got, want := vocabularyOf(d), "</s> a <unk> b"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := d.Vocab.Count(d.Vocab.Unk()); got != 2 {
		t.Errorf("<unk> counts %d, want 2: itself and c", got)
	}
	if got, want := spell(d, d.Val), "a <unk> <unk> </s>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := d.counts[1].unknown; got != 2 {
		t.Errorf("%d unknown tokens in validation, want 2", got)
	}
	// Among characters it is five characters.
	d = mustOpen(t, threeParts(t, Options{Level: Char}, "<unk>\n", "<unk>\n", "<unk>\n"))
	if d.Vocab.Unk() != -1 || d.Vocab.Size() != 6 {
		t.Errorf("characters: <unk> is %d of %d symbols", d.Vocab.Unk(), d.Vocab.Size())
	}
}

func TestLookup(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{VocabSize: 3}, "a a b c\n", "a\n", "a\n"))
	if got := d.Vocab.Lookup("a"); got < 1 || got == d.Vocab.Unk() {
		t.Errorf("a is %d", got)
	}
	if got := d.Vocab.Lookup("zebra"); got != d.Vocab.Unk() || got < 0 {
		t.Errorf("an unknown word is %d, want <unk>", got)
	}
	if _, ok := d.Vocab.Index("zebra"); ok {
		t.Error("Index found an unknown word")
	}
	d = mustOpen(t, Options{Corpus: "names"})
	if got := d.Vocab.Lookup("ß"); got != -1 {
		t.Errorf("a character that is not there is %d, want -1", got)
	}
}

// Count is what a unigram model needs: the targets of the training part, the boundary among them.
func TestCount(t *testing.T) {
	for boundary, want := range map[string]int64{Predict: 2, Stream: 2, None: 0} {
		d := mustOpen(t, threeParts(t, Options{Boundary: boundary}, "a b a\na\n", "a b\n", "b\n"))
		if got := d.Vocab.Count(0); got != want {
			t.Errorf("%s: the boundary counts %d, want %d", boundary, got, want)
		}
		if d.Vocab.Count(1) != 3 || d.Vocab.Count(2) != 1 {
			t.Errorf("%s: a and b count %d and %d, want 3 and 1", boundary, d.Vocab.Count(1), d.Vocab.Count(2))
		}
	}
}

func TestDefaultSize(t *testing.T) {
	var text strings.Builder
	for i := range 20_000 {
		text.WriteString("w")
		text.WriteString(thousands(i))
		text.WriteString("\n")
	}
	d := mustOpen(t, threeParts(t, Options{}, text.String(), "w1\n", "w2\n"))
	if d.Vocab.Size() != DefaultVocabSize {
		t.Errorf("%d symbols, want %d", d.Vocab.Size(), DefaultVocabSize)
	}
}

func TestBadVocabulary(t *testing.T) {
	words := func(o Options) Options { return threeParts(t, o, "a b c\n", "a\n", "b\n") }
	expectOptionError(t, words(Options{VocabSize: 5}), "vocab_size", "5 is more than the 4 symbols", "boundary included")
	expectOptionError(t, words(Options{VocabSize: 17_000}), "vocab_size", "17,000 is more than")
	expectOptionError(t, threeParts(t, Options{VocabSize: 6}, "a b c\n", "new\n", "b\n"), "vocab_size", "6 is more than the 5 symbols")

	char := threeParts(t, Options{Level: Char}, "abc\n", "ab\n", "b\n")
	char.VocabSize = 3
	expectOptionError(t, char, "vocab_size", "never cut", "there are 4")
	char.VocabSize = 5
	expectOptionError(t, char, "vocab_size", "5 is more than the 4")
	char.VocabSize = 4
	mustOpen(t, char)

	twice := words(Options{VocabFrom: write(t, "twice.txt", "a\nb\na\n")})
	expectOptionError(t, twice, "vocab_from", `twice.txt:3: "a" stands there twice`)
	long := threeParts(t, Options{Level: Char, VocabFrom: write(t, "long.txt", "a\nbc\n")}, "a\n", "a\n", "a\n")
	expectOptionError(t, long, "vocab_from", `long.txt:2: "bc" is not one character`)
}

// A character that training does not hold is named with its place, in the part where it stands.
func TestUnseenCharacter(t *testing.T) {
	o := threeParts(t, Options{Level: Char}, "abc\n", "ab\n\nbé\n", "b\n")
	expectOptionError(t, o, "val_corpus", `val.txt:3:2: the character "é" does not occur in the training part`, "vocab_from: all")
	o.VocabFrom = "all"
	if got, want := vocabularyOf(mustOpen(t, o)), ". b a c é"; got != want {
		t.Errorf("vocab_from all: got %q, want %q", got, want)
	}
	o.VocabFrom = write(t, "chars.txt", "a\nb\nc\n")
	expectOptionError(t, o, "val_corpus", `the character "é" does not occur in`, "add it to the file")
	o.VocabFrom = write(t, "chars.txt", ".\né\na\nb\nc\n \n")
	if got, want := vocabularyOf(mustOpen(t, o)), ". é a b c  "; got != want {
		t.Errorf("vocab_from a file: got %q, want %q", got, want)
	}

	// Split off the corpus itself, the place is in the corpus.
	path := write(t, "text.txt", strings.Repeat("a\n", 30)+"ab\n")
	for seed := range uint64(200) {
		_, err := Open(t.Context(), Options{Corpus: path, Level: Char, SplitSeed: seed + 1})
		var bad *OptionError
		if errors.As(err, &bad) {
			if bad.Option != "corpus" || !strings.Contains(bad.Message, "text.txt:31:2") {
				t.Errorf("got %v", err)
			}
			return
		}
	}
	t.Error("no seed put the last line into validation or test")
}

// The boundary among characters is written "." unless the text has one of its own.
func TestBoundarySymbol(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{Level: Char}, "a.b\n", "a\n", "a\n"))
	if got := d.Vocab.Symbol(0); got != "</s>" {
		t.Errorf("the boundary is %q beside a full stop", got)
	}
	if i, ok := d.Vocab.Index("."); !ok || i == 0 {
		t.Errorf("the full stop is %d", i)
	}
}

func TestLowercase(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{Lowercase: true}, "The THE the É\n", "the\n", "the\n"))
	if got, want := vocabularyOf(d), "</s> the é"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d = mustOpen(t, threeParts(t, Options{}, "The THE the\n", "the\n", "the\n"))
	if d.Vocab.Size() != 4 {
		t.Errorf("%d symbols, want 4: the case is kept", d.Vocab.Size())
	}
}

// The hashes tell what may be compared.
func TestHashes(t *testing.T) {
	train := "a b\nb c\nc c c\n"
	base := mustOpen(t, threeParts(t, Options{}, train, "a\n", "b\n"))
	for name, c := range map[string]struct {
		d                     *Data
		sameSplit, sameVocabs bool
	}{
		"other files":        {mustOpen(t, threeParts(t, Options{}, train, "a\n", "b\n")), true, true},
		"another vocabulary": {mustOpen(t, threeParts(t, Options{VocabSize: 3}, train, "a\n", "b\n")), true, false},
		"another boundary":   {mustOpen(t, threeParts(t, Options{Boundary: Stream}, train, "a\n", "b\n")), false, true},
		"another test":       {mustOpen(t, threeParts(t, Options{}, train, "a\n", "b b\n")), false, true},
		"other line ends":    {mustOpen(t, threeParts(t, Options{}, "a b\nb\nc c c c\n", "a\n", "b\n")), false, true},
		"another level":      {mustOpen(t, threeParts(t, Options{Level: Char, VocabFrom: "all"}, train, "a\n", "b\n")), false, false},
	} {
		if got := c.d.SplitHash == base.SplitHash; got != c.sameSplit {
			t.Errorf("%s: same split %t", name, got)
		}
		if got := c.d.VocabHash == base.VocabHash; got != c.sameVocabs {
			t.Errorf("%s: same vocabulary %t", name, got)
		}
	}
}

func TestVocabularyFileInFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "words"), 0o700); err != nil {
		t.Fatal(err)
	}
	expectOptionError(t, threeParts(t, Options{VocabFrom: filepath.Join(dir, "words")}, "a\n", "a\n", "a\n"), "vocab_from", "cannot read")
}

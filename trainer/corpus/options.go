package corpus

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sweep/trainer/corpus/library"
)

// Levels and boundaries by name, as Options spells them.
const (
	Word = "word"
	Char = "char"

	Predict = "predict"
	Stream  = "stream"
	None    = "none"
)

// DefaultVocabSize is the largest vocabulary of words when Options.VocabSize is 0, as in Bengio et al. (2003).
const DefaultVocabSize = 17000

// Options says which text to read and how to cut it. The zero value of every field but Corpus is its default.
type Options struct {
	// Corpus is a built-in corpus ("gostd", "names", "synthetic"), a name in the user's library (package library), the path of a
	// file, or a pattern of paths. Files may be compressed (.gz, .zst); .jsonl holds an object with a "text" a line,
	// everything else a document a line.
	Corpus string
	// ValCorpus and TestCorpus are paths of the texts for validation and test, or names in the library. One that is
	// empty is split off Corpus.
	ValCorpus, TestCorpus string
	// SplitSeed draws the split; 0 means 1.
	SplitSeed uint64
	// Level is "word" (tokens between white space, as they are) or "char" (Unicode code points); "" is char for
	// names and makemore-names, and word for everything else.
	Level string
	// Boundary is "predict" (also ""), "stream" or "none".
	Boundary string
	// VocabSize is the number of symbols, boundary and <unk> included. 0 is 17,000 words, or all if there are fewer,
	// and every character.
	VocabSize int
	// MinCount leaves words out that occur less often. 0 and 1 leave none out.
	MinCount int
	// Lowercase folds the text before it is cut into tokens.
	Lowercase bool
	// VocabFrom is "train" (also ""): counted on the training part; "all": on every part; or a file of symbols, one a
	// line in the order of the vocabulary.
	VocabFrom string
	// SyntheticTokens is how many words of the corpus "synthetic" are drawn, all parts together; 0 means 1,000,000.
	SyntheticTokens int
	// SyntheticSeed draws the words and the text of the corpus "synthetic"; 0 means 1.
	SyntheticSeed uint64
}

// OptionError is a mistake in the options, or in the text that they name. Option is the name of the parameter.
type OptionError struct {
	Option  string // empty where a text is read for itself
	Message string
	Hint    string // what to do about it; may be empty
	Err     error  // its cause; may be nil
}

// Error is "option: message; hint".
func (e *OptionError) Error() string {
	s := e.Message
	if e.Option != "" {
		s = e.Option + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Unwrap returns the cause.
func (e *OptionError) Unwrap() error { return e.Err }

// WithDefaults returns o with every default filled in, VocabSize and MinCount apart: 0 stays 0, because how many
// symbols there are is known only when the text has been read.
func (o Options) WithDefaults() Options {
	if o.SplitSeed == 0 {
		o.SplitSeed = 1
	}
	if o.Level == "" {
		o.Level = Word
		if o.Corpus == "names" || library.Level(o.Corpus) == Char {
			o.Level = Char
		}
	}
	if o.Boundary == "" {
		o.Boundary = Predict
	}
	if o.VocabFrom == "" {
		o.VocabFrom = "train"
	}
	if o.Corpus == Synthetic {
		o = o.withSyntheticDefaults()
	}
	return o
}

// Validate checks what can be checked without reading anything. Its error is an *OptionError, or several joined.
func (o Options) Validate() error {
	o = o.WithDefaults()
	var errs []error
	bad := func(option, hint, format string, args ...any) {
		errs = append(errs, &OptionError{Option: option, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if o.Corpus == "" {
		bad("corpus", builtinHint(), "is required")
	}
	for _, c := range []struct{ option, value string }{{"val_corpus", o.ValCorpus}, {"test_corpus", o.TestCorpus}} {
		if slices.Contains(builtinNames(), c.value) {
			bad(c.option, "leave it out to split the corpus itself", "takes a path, not the corpus %q", c.value)
		}
	}
	choice := func(option, value string, choices ...string) {
		if !slices.Contains(choices, value) {
			hint := ""
			if near := nearest(value, choices); near != "" {
				hint = "did you mean " + near
			}
			bad(option, hint, "%q is none of %s", value, strings.Join(choices, ", "))
		}
	}
	choice("level", o.Level, Word, Char)
	choice("boundary", o.Boundary, Predict, Stream, None)
	switch {
	case o.VocabSize < 0:
		bad("vocab_size", "0 takes the default", "%d is negative", o.VocabSize)
	case o.VocabSize == 1:
		bad("vocab_size", "index 0 is the boundary, so 2 is the least", "1 leaves no symbol to predict")
	}
	switch {
	case o.MinCount < 0:
		bad("min_count", "0 and 1 keep every word", "%d is negative", o.MinCount)
	case o.MinCount > 1 && o.Level == Char:
		bad("min_count", "leave it out", "%d would leave characters out, and they are never cut", o.MinCount)
	case o.MinCount > 1 && o.VocabFrom != "train" && o.VocabFrom != "all":
		bad("min_count", "leave one of them out", "%d has no meaning where vocab_from is a file", o.MinCount)
	}
	o.checkSynthetic(bad)
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// nearest returns the candidate that is a typing mistake away from s, or "".
func nearest(s string, candidates []string) string {
	best, least := "", 3 // at most two edits
	for _, c := range candidates {
		if d := edits(strings.ToLower(s), c); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

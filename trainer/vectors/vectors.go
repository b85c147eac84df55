// Package vectors reads what is known of words before a training begins: vectors that others have trained, or a table
// of semantic features. It brings them to the width and the spread that a table of embeddings starts with.
//
// It reads word2vec text and binary, GloVe text, and tables with a header line (see Formats), plain or compressed with
// gzip or Zstandard, and finds out by itself which it is. It knows nothing of networks and writes nothing.
//
// What leaves Fit ends in weights, so it is the same bits on every machine: sums are float64 in a fixed order, every
// product is rounded before it is added, and the eigenvectors come from this package's own solver.
package vectors

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Format is how a file writes vectors.
type Format string

// Formats that Read knows.
const (
	Word2vecText   Format = "word2vec text"     // a line "count dim", then "word x1 ... xdim" a line
	Word2vecBinary Format = "word2vec binary"   // a line "count dim", then the word, a space and dim little-endian float32
	GloveText      Format = "GloVe text"        // "word x1 ... xdim" a line
	FeatureTable   Format = "table of features" // tabs or commas: a line of names, then the word and its features
)

// Limits on what is read. A file says how large it is; it is not believed.
const (
	maxDim     = 1 << 12 // numbers a word: principal components of more would take minutes
	maxLine    = 1 << 22 // bytes of a line of text
	maxWord    = 1 << 12 // bytes of a word of a binary file
	maxTable   = 1 << 26 // bytes of a table of features
	maxColumns = 1 << 12 // of a table of features, once categories are coded
	maxNumbers = 1 << 30 // that are kept
)

// A Set is what was read of a file: the words that were asked for, in the file's order.
type Set struct {
	Format   Format
	Dim      int       // numbers a word
	Words    []string  // each once
	Values   []float32 // (len(Words), Dim), all finite
	Columns  []string  // of a table of features: what each number says, "length" or "kind=animal"; else nil
	Rows     int64     // words of the file, asked for or not
	Repeated int       // rows of words that had come before: the first row counts
	Hash     string    // hex SHA-256 of the content, decompressed

	index map[string]int
}

// Index returns a word's row, and whether there is one.
func (s *Set) Index(word string) (int, bool) {
	i, ok := s.index[word]
	return i, ok
}

// Row returns the numbers of row i.
func (s *Set) Row(i int) []float32 { return s.Values[i*s.Dim:][:s.Dim] }

// add takes a word with its numbers, of which it keeps a copy.
func (s *Set) add(word string, row []float32) error {
	if _, again := s.index[word]; again {
		s.Repeated++
		return nil
	}
	if len(s.Values)+len(row) > maxNumbers {
		return &Error{Message: fmt.Sprintf("more than %d numbers would have to be kept", maxNumbers), Hint: "make the vocabulary smaller, or take narrower vectors"}
	}
	s.index[word] = len(s.Words)
	s.Words = append(s.Words, word)
	s.Values = append(s.Values, row...)
	return nil
}

// An Error is what is wrong with a file of vectors.
type Error struct {
	Message string // what and where: file, line
	Hint    string // how to mend it; may be empty
	Err     error  // the cause; may be nil
}

// Error returns message and hint in one line.
func (e *Error) Error() string {
	if e.Hint != "" {
		return e.Message + "; " + e.Hint
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Builtin lists the tables that need no path.
func Builtin() []string { return []string{"features"} }

// Read reads the vectors of the words that keep accepts, of all if it is nil, from a file or a built-in table. Only
// those that are kept are held in memory, and only those are judged number by number. What is wrong with the file is an
// *Error; other errors are those of ctx.
func Read(ctx context.Context, name string, keep func(word string) bool) (*Set, error) {
	in, err := open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.close()
	return in.read(keep)
}

// read reads the source in whatever format it is.
func (s *source) read(keep func(string) bool) (*Set, error) {
	if keep == nil {
		keep = func(string) bool { return true }
	}
	set := &Set{index: map[string]int{}}
	var err error
	if set.Format, err = s.detect(); err != nil {
		return nil, err
	}
	switch set.Format {
	case FeatureTable:
		err = s.table(set, keep)
	case Word2vecBinary:
		err = s.binary(set, keep)
	default:
		err = s.text(set, keep)
	}
	if err != nil {
		return nil, err
	}
	if set.Rows == 0 {
		return nil, &Error{Message: fmt.Sprintf("%s holds no vectors", s.name)}
	}
	set.Hash = s.sum()
	return set, nil
}

// expected says what a file may look like.
const expected = `expected word2vec ("count dim" in the first line), GloVe (a word and its numbers in each line), or a table whose first line names tab or comma separated columns`

// clip shortens what an error quotes.
func clip(s []byte) string {
	const most = 40
	t := strings.ToValidUTF8(string(s[:min(len(s), 4*most)]), "\ufffd")
	if r := []rune(t); len(r) > most {
		return fmt.Sprintf("%q", string(r[:most])+"...")
	}
	return fmt.Sprintf("%q", t)
}

// builtin reports whether a name is that of a built-in table.
func builtin(name string) bool { return slices.Contains(Builtin(), name) }

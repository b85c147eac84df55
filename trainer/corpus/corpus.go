// Package corpus turns text into what a language model is trained on: documents, tokens, a vocabulary by frequency, a
// seeded split into three parts, and windows of n symbols and their successor that are read from the text where it
// lies, never copied.
//
// Open reads everything, once; the Data that it returns is never changed afterwards and may be shared by any number of
// goroutines. The same options and the same text give the same Data, whatever the machine, the number of cores or the
// path. The package trains nothing, counts no n-gram for prediction and keeps nothing on disk.
//
// # Documents
//
// A document is a line of a file: a trailing carriage return is removed, empty lines are skipped. Options.Boundary says
// what stands between documents:
//
//	predict  each document ends with the boundary symbol, which is predicted; a context that reaches back over the
//	         document's start is padded with boundary symbols
//	stream   each document ends with the boundary symbol, and contexts run on over it into the document before
//	none     documents are joined, no boundary symbol stands in the text
//
// # Vocabulary
//
// Index 0 is the boundary. The others follow by falling frequency in the training part, equal ones in the order of
// their bytes. The unknown symbol <unk> exists only if the vocabulary leaves out a word of any part, or if the text
// holds a literal <unk>, which is then that symbol; its place among the others is that of its frequency. Characters are
// never left out.
//
// # Parts
//
// Without files of their own, 10 % of the documents (of gostd: the documents of whole packages) are for validation and
// 10 % for the test, drawn by Options.SplitSeed. Inside a part documents keep the order of the text.
package corpus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// Data is a corpus that is ready to train on. It is read-only.
type Data struct {
	Name             string  // as the corpus was asked for: "gostd", "names" or the path
	Options          Options // completed with defaults
	Vocab            *Vocabulary
	Train, Val, Test Part

	// SplitHash is the hex SHA-256 of the level, the boundary and the documents of the three parts: losses may be
	// compared where it and VocabHash agree. The same parts read from other files have the same hash.
	SplitHash string
	// VocabHash is the hex SHA-256 of the symbols in order.
	VocabHash string
	// Sources says what was read, the corpus first, then the validation and test files if there are any.
	Sources []Source

	counts [3]partCounts // of the words before the vocabulary was cut
}

// Source is one text that Open read.
type Source struct {
	Option string `json:"option"`           // "corpus", "val_corpus" or "test_corpus"
	Name   string `json:"name"`             // as it was asked for
	Detail string `json:"detail,omitempty"` // the version of a built-in corpus
	Files  int    `json:"files"`            // how many files it was read from
	Hash   string `json:"hash"`             // hex SHA-256 of the text, independent of its path and of compression
}

// Open reads the corpus that o asks for. What is wrong with the options or with the text is an *OptionError that names
// the option; other errors are those of the machine, and of ctx.
func Open(ctx context.Context, o Options) (*Data, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.WithDefaults()
	words := newLexicon()
	parts, sources, err := readParts(ctx, o, words)
	if err != nil {
		return nil, err
	}
	counts := [3][]int64{}
	for k := range parts {
		counts[k] = parts[k].counts(words.size())
	}
	vocab, err := newVocabulary(o, words, parts, counts)
	if err != nil {
		return nil, err
	}
	d := &Data{Name: o.Corpus, Options: o, Vocab: vocab, VocabHash: vocab.hash(), Sources: sources}
	encode := vocab.encoding(words)
	for k, dst := range []*Part{&d.Train, &d.Val, &d.Test} {
		*dst = parts[k].encode(encode, o.Boundary)
		d.counts[k] = countPart(counts[k], encode, vocab.unk)
	}
	vocab.count(d.Train)
	d.SplitHash = splitHash(o, words, parts)
	return d, nil
}

// readParts reads the texts that the options name and splits them.
func readParts(ctx context.Context, o Options, words *lexicon) (parts [3]docList, sources []Source, err error) {
	t, err := read(ctx, o, words)
	if err != nil {
		return parts, nil, err
	}
	parts, err = t.parts(o)
	return parts, t.sources, err
}

func splitHash(o Options, words *lexicon, parts [3]docList) string {
	h := sha256.New()
	w := hashWriter{h: h}
	w.string(o.Level)
	w.string(o.Boundary)
	for _, p := range parts {
		w.number(len(p.docs))
		for _, d := range p.docs {
			ids := p.text(d)
			w.number(len(ids))
			for _, id := range ids {
				w.string(words.symbols[id])
			}
		}
	}
	w.flush()
	return hex.EncodeToString(h.Sum(nil))
}

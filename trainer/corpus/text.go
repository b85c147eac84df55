package corpus

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
)

// A lexicon numbers the distinct symbols of all texts of one corpus in the order in which they were first read.
type lexicon struct {
	symbols []string
	index   map[string]int32
}

func newLexicon() *lexicon { return &lexicon{index: map[string]int32{}} }

func (l *lexicon) size() int { return len(l.symbols) }

// id returns the number of symbol, a new one if it was never seen. It allocates only then.
func (l *lexicon) id(symbol []byte) int32 {
	if id, ok := l.index[string(symbol)]; ok {
		return id
	}
	id := int32(len(l.symbols))
	s := string(symbol)
	l.symbols = append(l.symbols, s)
	l.index[s] = id
	return id
}

// A document is a run of symbols in a text, and where it came from.
type document struct {
	start, end int32 // in text.stream
	file, line int32 // file is an index into text.files, line counts from 1
	group      int32 // documents of one group are never split between parts
}

// A text is what was read from one source, as numbers of the lexicon, without boundaries.
type text struct {
	stream []int32
	docs   []document
	files  []string
	groups int // 0: every document is its own group
}

// begin opens a document; what is appended to the stream until end belongs to it.
func (t *text) begin(file, line, group int) {
	at := int32(len(t.stream))
	t.docs = append(t.docs, document{start: at, end: at, file: int32(file), line: int32(line), group: int32(group)})
}

// end closes the document that begin opened, and forgets it if it is empty. It reports whether the text still fits.
func (t *text) end() bool {
	d := &t.docs[len(t.docs)-1]
	if len(t.stream)+len(t.docs) > math.MaxInt32 {
		return false
	}
	d.end = int32(len(t.stream))
	if d.start == d.end {
		t.docs = t.docs[:len(t.docs)-1]
	}
	return true
}

// A docList is the documents of one part, in the order of the text.
type docList struct {
	from *text
	docs []document
}

func (p docList) text(d document) []int32 { return p.from.stream[d.start:d.end] }

// counts returns how often each symbol of a lexicon of the given size occurs.
func (p docList) counts(size int) []int64 {
	n := make([]int64, size)
	for _, d := range p.docs {
		for _, id := range p.text(d) {
			n[id]++
		}
	}
	return n
}

// encode builds the part: symbols of the lexicon become those of the vocabulary.
func (p docList) encode(vocab []int32, boundary string) Part {
	size := 0
	for _, d := range p.docs {
		size += int(d.end-d.start) + 1
	}
	part := Part{stream: make([]int32, 0, size), stop: -1, docs: &docEnds{ends: make([]int32, 0, len(p.docs))}}
	for _, d := range p.docs {
		for _, id := range p.text(d) {
			part.stream = append(part.stream, vocab[id])
		}
		if boundary != None {
			part.stream = append(part.stream, 0)
		}
		part.docs.ends = append(part.docs.ends, int32(len(part.stream)))
	}
	if boundary == Predict {
		part.stop = 0
	}
	return part
}

// A hashWriter writes strings and numbers to a hash so that no two sequences look alike, in blocks.
type hashWriter struct {
	h   hash.Hash
	buf []byte
}

func (w *hashWriter) number(n int) {
	w.buf = binary.AppendUvarint(w.buf, uint64(n))
	w.spill()
}

func (w *hashWriter) string(s string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
	w.spill()
}

func (w *hashWriter) spill() {
	if len(w.buf) >= 1<<16 {
		w.flush()
	}
}

func (w *hashWriter) flush() {
	w.h.Write(w.buf)
	w.buf = w.buf[:0]
}

// sum returns the hex SHA-256 of strings in order.
func sum(strings []string) string {
	h := sha256.New()
	w := hashWriter{h: h}
	for _, s := range strings {
		w.string(s)
	}
	w.flush()
	return hex.EncodeToString(h.Sum(nil))
}

// hashText returns the hex SHA-256 of a text.
func hashText(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

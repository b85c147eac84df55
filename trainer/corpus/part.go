package corpus

import "slices"

// Part is one part of a corpus: a stream of symbols in which every position is an example, the symbols before it being
// the context and the symbol itself the target. The zero Part is empty. Its methods allocate nothing and may be called
// concurrently.
type Part struct {
	stream []int32 // documents in order, each followed by the boundary unless there is none
	// stop is the symbol that ends the walk back into the context: the boundary, or -1 where contexts run on.
	stop int32
	docs *docEnds
}

// docEnds holds, for each document of a part, the position in the stream behind its last symbol, boundary included.
type docEnds struct{ ends []int32 }

// Len returns the number of examples.
func (p Part) Len() int { return len(p.stream) }

// Documents returns the number of documents.
func (p Part) Documents() int {
	if p.docs == nil {
		return 0
	}
	return len(p.docs.ends)
}

// Target returns the symbol that example i predicts, 0 <= i < Len.
func (p Part) Target(i int) int32 { return p.stream[i] }

// Context fills dst with the len(dst) symbols before example i, the oldest first. With the boundary "predict" what lies
// before the document's start is 0, the boundary; otherwise the context runs on into the documents before, and only
// what lies before the first is 0.
func (p Part) Context(i int, dst []int32) {
	k := len(dst) - 1
	for j := i - 1; k >= 0 && j >= 0; j-- {
		s := p.stream[j]
		if s == p.stop {
			break
		}
		dst[k] = s
		k--
	}
	clear(dst[:k+1])
}

// Document returns the document that example i belongs to, counted from 0. A document's boundary belongs to it.
func (p Part) Document(i int) int {
	at, found := slices.BinarySearch(p.docs.ends, int32(i))
	if found {
		at++ // ends are exclusive: position i opens the next document
	}
	return at
}

// Symbols returns the whole stream: Symbols()[i] is Target(i). Each document is followed by the boundary, 0, unless the
// boundary is "none". It is shared and must not be changed.
func (p Part) Symbols() []int32 { return p.stream }

// Padded reports whether contexts stop at the boundary (boundary "predict").
func (p Part) Padded() bool { return p.stop == 0 }

// Package embeddings measures what the vectors of words know of the words: who lies near whom, whether nearness follows
// what people call similar, whether analogies are parallels, whether neighbours are of a kind.
//
// It takes symbols and vectors and knows no model, trains nothing and keeps nothing. Its functions are pure: the same
// table, file and seed give the same figures, whatever the number of cores.
package embeddings

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Measures of nearness.
const (
	Cosine    = "cosine"
	Euclidean = "euclidean"
)

// Table holds one vector a symbol. It is read-only and may be shared by any number of goroutines.
type Table struct {
	symbols []string
	vectors [][]float32 // (n, dim), shared with the caller of New
	unit    []float64   // (n, dim) of length 1; a vector of length 0 stays 0
	dim     int
	index   map[string]int
	hidden  []bool // symbols that are no words
	fold    func(string) []string
}

// New returns the table of n symbols with a vector each, all of one length; it panics if they differ. Symbols in hidden,
// by index, are no words: the boundary between documents, <unk>. They are looked up by nobody and are nobody's neighbours.
// fold cuts a word the way that the text of the symbols was cut, such as lower-case; it may be nil.
func New(symbols []string, vectors [][]float32, hidden []int, fold func(word string) []string) *Table {
	t := &Table{symbols: symbols, vectors: vectors, index: make(map[string]int, len(symbols)), hidden: make([]bool, len(symbols)), fold: fold}
	if len(vectors) > 0 {
		t.dim = len(vectors[0])
	}
	if len(vectors) != len(symbols) {
		panic(fmt.Sprintf("embeddings: %d vectors of %d symbols", len(vectors), len(symbols)))
	}
	t.unit = make([]float64, len(symbols)*t.dim)
	for i, v := range vectors {
		if len(v) != t.dim {
			panic(fmt.Sprintf("embeddings: vector %d has %d numbers, the first %d", i, len(v), t.dim))
		}
		t.direct(i, v)
		t.index[symbols[i]] = i
	}
	for _, i := range hidden {
		if i >= 0 {
			t.hidden[i] = true
			delete(t.index, symbols[i])
		}
	}
	return t
}

// direct keeps the direction of vector i.
func (t *Table) direct(i int, v []float32) {
	square := 0.0
	for _, x := range v {
		square += float64(float64(x) * float64(x))
	}
	if square == 0 {
		return
	}
	length := math.Sqrt(square)
	for k, x := range v {
		t.unit[i*t.dim+k] = float64(x) / length
	}
}

// Len returns the number of symbols, those that are no words included.
func (t *Table) Len() int { return len(t.symbols) }

// Symbol returns symbol i.
func (t *Table) Symbol(i int) string { return t.symbols[i] }

// Words returns the indices of the symbols that are words, ascending.
func (t *Table) Words() []int {
	var out []int
	for i, h := range t.hidden {
		if !h {
			out = append(out, i)
		}
	}
	return out
}

// Index looks a word up: as it is written, else as the text of the symbols would have been cut, if that is one symbol.
func (t *Table) Index(word string) (int, bool) {
	if i, ok := t.index[word]; ok {
		return i, true
	}
	if t.fold == nil {
		return 0, false
	}
	tokens := t.fold(word)
	if len(tokens) != 1 {
		return 0, false
	}
	i, ok := t.index[tokens[0]]
	return i, ok
}

// row is the direction of symbol i, (dim).
func (t *Table) row(i int) []float64 { return t.unit[i*t.dim:][:t.dim] }

// Cosine is the cosine of the angle between the vectors of symbols i and j; 0 if one of them has no direction.
func (t *Table) Cosine(i, j int) float64 { return dot(t.row(i), t.row(j)) }

// A Neighbor is a symbol near a place in the table's space.
type Neighbor struct {
	Index  int     `json:"index"`
	Symbol string  `json:"symbol"`
	Value  float64 `json:"value"` // cosine similarity, or Euclidean distance
}

// Neighbors returns the k words nearest to symbol i, the nearest first, by Cosine (largest value first) or Euclidean
// (smallest first); another measure panics. The symbol itself is left out.
func (t *Table) Neighbors(i, k int, by string) []Neighbor {
	place := make([]float64, t.dim)
	for d, x := range t.vectors[i] {
		place[d] = float64(x)
	}
	return t.near(place, k, by, i)
}

// Nearest returns the word nearest to symbol i by cosine, the first of equals; ok is false if there is no other.
func (t *Table) Nearest(i int) (word int, ok bool) {
	values := make([]float64, len(t.symbols))
	t.dots(t.row(i), values)
	word = t.first(values, i, i, i)
	return word, word >= 0
}

// Analogy returns the k words nearest to plus[0] + plus[1] - minus, the answers to "minus is to plus[0] as plus[1] is to
// what?". The three words are left out. By Cosine the directions are added up (3CosAdd: Mikolov, Yih and Zweig, 2013), by
// Euclidean the vectors as they are.
func (t *Table) Analogy(plus [2]int, minus, k int, by string) []Neighbor {
	place := make([]float64, t.dim)
	for d := range place {
		if by == Cosine {
			place[d] = t.row(plus[0])[d] - t.row(minus)[d] + t.row(plus[1])[d]
		} else {
			place[d] = float64(t.vectors[plus[0]][d]) - float64(t.vectors[minus][d]) + float64(t.vectors[plus[1]][d])
		}
	}
	return t.near(place, k, by, plus[0], plus[1], minus)
}

// near returns the k words nearest to a place, except some.
func (t *Table) near(place []float64, k int, by string, except ...int) []Neighbor {
	sign := -1.0 // the largest value is the nearest
	values := make([]float64, len(t.symbols))
	switch by {
	case Cosine:
		t.dots(place, values)
		if length := math.Sqrt(dot(place, place)); length > 0 {
			for i := range values {
				values[i] /= length
			}
		}
	case Euclidean:
		sign = 1
		for i, v := range t.vectors {
			values[i] = distance(place, v)
		}
	default:
		panic("embeddings: unknown measure " + by)
	}
	var all []Neighbor
	for i, v := range values {
		if !t.hidden[i] && !slices.Contains(except, i) {
			all = append(all, Neighbor{i, t.symbols[i], v})
		}
	}
	slices.SortFunc(all, func(a, b Neighbor) int {
		return cmp.Or(cmp.Compare(sign*a.Value, sign*b.Value), cmp.Compare(a.Index, b.Index))
	})
	return all[:min(max(k, 0), len(all))]
}

func distance(a []float64, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		d := x - float64(b[i])
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}

// dot adds products up in ascending order.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x * b[i])
	}
	return sum
}

// dots fills values, (n), with the dot products of place and every direction, each the sum that dot gives. Four rows at a
// time keep four sums apart, which the processor adds to at once.
func (t *Table) dots(place, values []float64) {
	n, m := len(values), t.dim
	i := 0
	for ; i+4 <= n; i += 4 {
		r0, r1, r2, r3 := t.unit[i*m:][:m], t.unit[(i+1)*m:][:m], t.unit[(i+2)*m:][:m], t.unit[(i+3)*m:][:m]
		var s0, s1, s2, s3 float64
		for k, x := range place[:m] {
			s0 += float64(x * r0[k])
			s1 += float64(x * r1[k])
			s2 += float64(x * r2[k])
			s3 += float64(x * r3[k])
		}
		values[i], values[i+1], values[i+2], values[i+3] = s0, s1, s2, s3
	}
	for ; i < n; i++ {
		values[i] = dot(place, t.row(i))
	}
}

package corpus

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// splitStream is the stream of the generator that draws the split, so that no other use of the same seed is tied to it.
const splitStream = 0x73706c6974 // "split"

// shares of the training, validation and test part, in tenths of the text.
var shares = [3]int{8, 1, 1}

// texts are what the options name: the corpus and, where they are given, the other parts.
type texts struct {
	main, val, test *text
	sources         []Source
}

// parts returns the training, validation and test documents. Parts that are no text of their own are split off the
// corpus in the proportion of shares.
func (t *texts) parts(o Options) ([3]docList, error) {
	parts := [3]docList{{from: t.main}, {from: t.main}, {from: t.main}}
	want := shares
	for k, own := range []*text{nil, t.val, t.test} {
		if own != nil {
			parts[k] = docList{from: own, docs: own.docs}
			want[k] = 0
		}
	}
	if want[1]+want[2] == 0 {
		parts[0].docs = t.main.docs
		return parts, nil
	}
	at := assign(t.main, o.SplitSeed, want)
	for i, d := range t.main.docs {
		k := at[d.group]
		if t.main.groups == 0 {
			k = at[i]
		}
		parts[k].docs = append(parts[k].docs, d)
	}
	for k, name := range []string{"training", "validation", "test"} {
		if len(parts[k].docs) == 0 {
			return parts, &OptionError{Option: "corpus",
				Message: fmt.Sprintf("%s holds too few documents to split (%d): none is left for the %s part", o.Corpus, len(t.main.docs), name),
				Hint:    "a document is a line; give a longer text, or the parts as files: val_corpus, test_corpus"}
		}
	}
	return parts, nil
}

// assign returns the part of each group of documents: groups in random order fill the parts in turn, each going where
// its middle document falls, so that parts come near their shares of the documents although groups differ in size.
func assign(t *text, seed uint64, want [3]int) []int {
	sizes := make([]int, t.groups)
	if t.groups == 0 {
		sizes = slices.Repeat([]int{1}, len(t.docs))
	} else {
		for _, d := range t.docs {
			sizes[d.group]++
		}
	}
	whole := want[0] + want[1] + want[2]
	part := make([]int, len(sizes))
	before := 0 // documents of the groups so far
	for _, g := range permutation(len(sizes), seed) {
		middle := 2*before + sizes[g] // in half documents
		k := 0
		for edge := want[0]; k < 2 && middle*whole >= 2*edge*len(t.docs); edge += want[k] {
			k++
		}
		part[g] = k
		before += sizes[g]
	}
	return part
}

// permutation is a Fisher-Yates shuffle of 0 to n-1 by the high word of a product, written out so that no release of
// the standard library can move a split.
func permutation(n int, seed uint64) []int {
	r := rand.NewPCG(seed, splitStream)
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j, _ := bits.Mul64(r.Uint64(), uint64(i+1))
		p[i], p[j] = p[j], p[i]
	}
	return p
}

package corpus

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// numbered returns a text of n documents that name themselves.
func numbered(n int) string {
	var s strings.Builder
	for i := range n {
		fmt.Fprintf(&s, "doc%d\n", i)
	}
	return s.String()
}

func documentsOf(d *Data, p Part) []string {
	return strings.Fields(strings.ReplaceAll(spell(d, p), "</s>", " "))
}

func TestSplit(t *testing.T) {
	text := write(t, "text.txt", numbered(1000))
	d := mustOpen(t, Options{Corpus: text, VocabFrom: "all"})
	if got, want := [3]int{d.Train.Documents(), d.Val.Documents(), d.Test.Documents()}, [3]int{800, 100, 100}; got != want {
		t.Errorf("got %v documents, want %v", got, want)
	}
	var all []string
	for _, p := range []Part{d.Train, d.Val, d.Test} {
		docs := documentsOf(d, p)
		if !slices.IsSortedFunc(docs, func(a, b string) int { return len(a) - len(b) }) {
			t.Error("a part is not in the order of the text")
		}
		all = append(all, docs...)
	}
	slices.Sort(all)
	want := strings.Fields(numbered(1000))
	slices.Sort(want)
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("the parts together are not the text (-want +got):\n%s", diff)
	}

	again := mustOpen(t, Options{Corpus: text, VocabFrom: "all"})
	if again.SplitHash != d.SplitHash {
		t.Error("the same seed split in another way")
	}
	other := mustOpen(t, Options{Corpus: text, VocabFrom: "all", SplitSeed: 2})
	if other.SplitHash == d.SplitHash {
		t.Error("another seed split in the same way")
	}
}

// A part that is given is not split off, and the others keep their proportion.
func TestSplitBesideFiles(t *testing.T) {
	text, own := write(t, "text.txt", numbered(900)), write(t, "own.txt", numbered(7))
	for _, c := range []struct {
		o    Options
		want [3]int
	}{
		{Options{ValCorpus: own}, [3]int{800, 7, 100}},
		{Options{TestCorpus: own}, [3]int{800, 100, 7}},
		{Options{ValCorpus: own, TestCorpus: own}, [3]int{900, 7, 7}},
	} {
		c.o.Corpus = text
		d := mustOpen(t, c.o)
		if got := [3]int{d.Train.Documents(), d.Val.Documents(), d.Test.Documents()}; got != c.want {
			t.Errorf("%+v: got %v documents, want %v", c.o, got, c.want)
		}
	}
}

// From eight documents on every part has some.
func TestSmallSplit(t *testing.T) {
	for n := 8; n < 40; n++ {
		mustOpen(t, Options{Corpus: write(t, "text.txt", numbered(n))})
	}
}

// The split of a text must never move: figures of earlier sweeps are compared with later ones.
func TestPermutation(t *testing.T) {
	if got, want := permutation(10, 1), []int{2, 3, 1, 4, 6, 7, 9, 5, 0, 8}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, n := range []int{0, 1, 2, 100} {
		p := permutation(n, 7)
		slices.Sort(p)
		for i := range n {
			if p[i] != i {
				t.Fatalf("%d: not a permutation", n)
			}
		}
	}
}

// Groups are never cut, and the parts come near their shares.
func TestAssignGroups(t *testing.T) {
	text := &text{groups: 200}
	for g := range 200 {
		for range 1 + g%17 {
			text.docs = append(text.docs, document{group: int32(g)})
		}
	}
	for seed := range uint64(20) {
		var docs [3]int
		part := assign(text, seed, shares)
		for _, d := range text.docs {
			docs[part[d.group]]++
		}
		for k, n := range docs {
			want := float64(len(text.docs)*shares[k]) / 10
			if d := float64(n) - want; d > 17 || d < -17 { // at most one group over or under
				t.Errorf("seed %d: part %d has %d of %d documents, want about %.0f", seed, k, n, len(text.docs), want)
			}
		}
	}
}

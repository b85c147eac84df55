package corpus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// windows writes every example of a part as "context>target".
func windows(d *Data, p Part, n int) []string {
	var out []string
	context := make([]int32, n)
	for i := range p.Len() {
		p.Context(i, context)
		var s strings.Builder
		for _, c := range context {
			s.WriteString(d.Vocab.Symbol(int(c)))
		}
		out = append(out, s.String()+">"+d.Vocab.Symbol(int(p.Target(i))))
	}
	return out
}

func TestWindows(t *testing.T) {
	for boundary, want := range map[string][]string{
		Predict: {"..>a", ".a>b", "ab>.", "..>c", ".c>.", "..>a", ".a>.", "..>a", ".a>b", "ab>c", "bc>."},
		Stream:  {"..>a", ".a>b", "ab>.", "b.>c", ".c>.", "c.>a", ".a>.", "a.>a", ".a>b", "ab>c", "bc>."},
		None:    {"..>a", ".a>b", "ab>c", "bc>a", "ca>a", "aa>b", "ab>c"},
	} {
		d := mustOpen(t, threeParts(t, Options{Level: Char, Boundary: boundary}, "ab\nc\na\nabc\n", "a\n", "b\n"))
		if diff := cmp.Diff(want, windows(d, d.Train, 2)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", boundary, diff)
		}
		if d.Vocab.Size() != 4 { // the boundary is counted even where it does not stand
			t.Errorf("%s: %d symbols, want 4", boundary, d.Vocab.Size())
		}
	}
}

// A context longer than the document, or the whole part, is padded.
func TestLongContext(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{Level: Char}, "ab\n", "a\n", "b\n"))
	if diff := cmp.Diff([]string{".....>a", "....a>b", "...ab>."}, windows(d, d.Train, 5)); diff != "" {
		t.Error(diff)
	}
	d = mustOpen(t, threeParts(t, Options{Level: Char, Boundary: Stream}, "ab\nc\n", "a\n", "b\n"))
	if diff := cmp.Diff([]string{".....>a", "....a>b", "...ab>.", "..ab.>c", ".ab.c>."}, windows(d, d.Train, 5)); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyContext(t *testing.T) {
	d := mustOpen(t, threeParts(t, Options{Level: Char}, "ab\n", "a\n", "b\n"))
	d.Train.Context(1, nil)
	if n := (Part{}).Len() + (Part{}).Documents(); n != 0 {
		t.Errorf("the zero Part has %d examples and documents", n)
	}
}

func TestDocument(t *testing.T) {
	for boundary, want := range map[string]string{Predict: "[0 0 0 1 1 2 2 2 2]", Stream: "[0 0 0 1 1 2 2 2 2]", None: "[0 0 1 2 2 2]"} {
		d := mustOpen(t, threeParts(t, Options{Level: Char, Boundary: boundary}, "ab\nc\nabc\n", "a\n", "b\n"))
		var got []int
		for i := range d.Train.Len() {
			got = append(got, d.Train.Document(i))
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, want %v", boundary, got, want)
		}
		if d.Train.Documents() != 3 {
			t.Errorf("%s: %d documents, want 3", boundary, d.Train.Documents())
		}
	}
}

func TestPartAllocatesNothing(t *testing.T) {
	d := mustOpen(t, Options{Corpus: "names"})
	context := make([]int32, 3)
	sum := int32(0)
	n := testing.AllocsPerRun(100, func() {
		for i := range 100 {
			d.Train.Context(i, context)
			sum += d.Train.Target(i) + context[0] + int32(d.Train.Document(i))
		}
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkContext(b *testing.B) {
	d, err := Open(b.Context(), Options{Corpus: "names"})
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{3, 8} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			context := make([]int32, n)
			i := 0
			for b.Loop() {
				d.Train.Context(i, context)
				if i++; i == d.Train.Len() {
					i = 0
				}
			}
		})
	}
}

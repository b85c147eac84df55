package embeddings

import (
	"context"
	"math"
)

// Score is how many questions of a section are answered.
type Score struct {
	Section   string
	Questions int // of the file
	Covered   int // all four words are in the vocabulary, and the answer is none of the three that are given
	Right     int // of the covered ones
}

// Accuracy is the share of the covered questions that are answered; NaN if there are none.
func (s Score) Accuracy() float64 { return float64(s.Right) / float64(s.Covered) }

// Analogies are the answers to a file of questions.
type Analogies struct {
	Sections []Score // in the file's order
	All      Score
	Chance   float64 // of a word drawn among those that may be the answer
}

// MeasureAnalogies answers each question A is to B as C is to ... by the word whose direction is nearest to that of
// B - A + C, the three left out (3CosAdd). It returns the context's cause when ctx ends.
func MeasureAnalogies(ctx context.Context, t *Table, questions []Question) (Analogies, error) {
	type covered struct{ a, b, c, d, section int }
	var out Analogies
	at := map[string]int{}
	var asked []covered
	for _, q := range questions {
		s, ok := at[q.Section]
		if !ok {
			s = len(out.Sections)
			at[q.Section] = s
			out.Sections = append(out.Sections, Score{Section: q.Section})
		}
		out.Sections[s].Questions++
		a, okA := t.Index(q.A)
		b, okB := t.Index(q.B)
		c, okC := t.Index(q.C)
		d, okD := t.Index(q.D)
		if okA && okB && okC && okD && d != a && d != b && d != c {
			out.Sections[s].Covered++
			asked = append(asked, covered{a, b, c, d, s})
		}
	}
	right := make([]bool, len(asked))
	err := each(ctx, len(asked), func() func(int) {
		place, values := make([]float64, t.dim), make([]float64, len(t.symbols))
		return func(i int) {
			q := asked[i]
			for d := range place {
				place[d] = t.row(q.b)[d] - t.row(q.a)[d] + t.row(q.c)[d]
			}
			t.dots(place, values)
			right[i] = t.first(values, q.a, q.b, q.c) == q.d
		}
	})
	if err != nil {
		return out, err
	}
	for i, q := range asked {
		if right[i] {
			out.Sections[q.section].Right++
		}
	}
	for _, s := range out.Sections {
		out.All.Questions += s.Questions
		out.All.Covered += s.Covered
		out.All.Right += s.Right
	}
	out.Chance = math.NaN()
	if n := len(t.Words()); n > 3 {
		out.Chance = 1 / float64(n-3)
	}
	return out, nil
}

// first is the word with the largest value, the first of equals, that is none of three.
func (t *Table) first(values []float64, a, b, c int) int {
	best := -1
	for i, v := range values {
		if (best < 0 || v > values[best]) && i != a && i != b && i != c && !t.hidden[i] {
			best = i
		}
	}
	return best
}

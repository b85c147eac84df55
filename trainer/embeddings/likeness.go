package embeddings

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
)

// likeFrequency is the largest ratio of the counts of two words of like frequency.
const likeFrequency = 2

// FewestLike is how many words of like frequency a percentile needs.
const FewestLike = 10

// Likeness is where two words stand among each other's neighbours. Frequent words lie elsewhere than rare ones, whatever
// they mean, so that a word is compared with words of like frequency alone: those at most twice as frequent and at least
// half as frequent.
type Likeness struct {
	A, B  int // symbols
	Among int // words of like frequency that B and A are compared with, the fewer of the two
	// Percentile is the share of the words of B's frequency that are less near to A, by cosine, than B is, averaged with the
	// same the other way round. It is a half by chance.
	Percentile float64
	// Random holds the same of pairs of words drawn at random, one of A's frequency and one of B's. Tables of one vocabulary
	// and one seed have the same pairs.
	Random []float64
}

// MeasureLikeness measures a pair of words and draws random pairs. counts say how frequent each symbol is. It fails if
// fewer than FewestLike words are as frequent as one of the pair, and returns the context's cause when ctx ends.
func MeasureLikeness(ctx context.Context, t *Table, counts []int64, a, b, draws int, seed uint64) (Likeness, error) {
	l := Likeness{A: a, B: b, Random: make([]float64, draws)}
	likeA, likeB := t.like(counts, a), t.like(counts, b)
	amongA, amongB := without(likeA, a, b), without(likeB, a, b)
	if l.Among = min(amongA, amongB); l.Among < FewestLike {
		rare := a
		if amongB < amongA {
			rare = b
		}
		return l, fmt.Errorf("only %s are about as frequent as %q, and %d are needed", count(l.Among, "word"), t.symbols[rare], FewestLike)
	}
	l.Percentile = (t.percentile(a, b, likeB) + t.percentile(b, a, likeA)) / 2
	rng := rand.New(rand.NewPCG(seed, 0x11ce)) //nolint:gosec // a simulation, not a secret
	pairs := make([][2]int, draws)
	for i := range pairs {
		for pairs[i][0] == pairs[i][1] {
			pairs[i] = [2]int{likeA[rng.IntN(len(likeA))], likeB[rng.IntN(len(likeB))]}
		}
	}
	err := each(ctx, draws, func() func(int) {
		return func(i int) {
			x, y := pairs[i][0], pairs[i][1]
			l.Random[i] = (t.percentile(x, y, likeB) + t.percentile(y, x, likeA)) / 2
		}
	})
	return l, err
}

// like lists the words of a symbol's frequency, ascending, the symbol itself included.
func (t *Table) like(counts []int64, of int) []int {
	var out []int
	for i, c := range counts {
		if !t.hidden[i] && c > 0 && c <= likeFrequency*counts[of] && counts[of] <= likeFrequency*c {
			out = append(out, i)
		}
	}
	return out
}

func without(words []int, a, b int) int {
	n := len(words)
	for _, w := range []int{a, b} {
		if slices.Contains(words, w) {
			n--
		}
	}
	return n
}

// percentile is the share of candidates, but for the two words, that are less near to a than b is; of those that are as
// near, half.
func (t *Table) percentile(a, b int, candidates []int) float64 {
	row, limit := t.row(a), t.Cosine(a, b)
	below, n := 0, 0
	for _, w := range candidates {
		if w == a || w == b {
			continue
		}
		n += 2
		below += 1 + cmp.Compare(limit, dot(row, t.row(w)))
	}
	return float64(below) / float64(n)
}

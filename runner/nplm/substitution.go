package nplm

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"sweep/internal/stats"
	"sweep/trainer"
	"sweep/trainer/corpus"
)

// Effect is a mean with its 95 % interval, which is NaN where there is none.
type Effect struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Substitution is what it costs to put another word in a word's place: by how much -ln p of the word that follows rises,
// nats. Intervals are over words, by the bootstrap.
type Substitution struct {
	Contexts   int     // of the validation part, in each of which one word was replaced
	Words      int     // different words that were
	Loss       float64 // mean over these contexts as they are
	Nearest    Effect  // the nearest neighbour by cosine stands in
	Random     Effect  // a random word about as frequent stands in
	Difference Effect  // Random minus Nearest
}

// Words stand in for one another if their ranks by frequency differ by a tenth, or by five where that is more.
const (
	rankShare = 10
	rankLeast = 5
)

// Substitute replaces one word each in count contexts of the validation part, drawn at random, first by its nearest
// neighbour and then by a random word about as frequent as the word itself. It fails for a model without embeddings and
// where there is nothing to replace, and returns the context's cause when ctx ends.
func Substitute(ctx context.Context, m *trainer.Model, d *corpus.Data, count int, seed uint64) (Substitution, error) {
	s, err := newSubstitutes(m, d, seed)
	if err != nil {
		return Substitution{}, err
	}
	s.draw(d.Val, count)
	if len(s.targets) == 0 {
		return Substitution{}, errors.New("the validation part has no context with a word in it that could be replaced")
	}
	var losses [3][]float64
	for k, contexts := range [][]int32{s.plain, s.nearest, s.random} {
		if losses[k], err = m.LossesAfter(ctx, contexts, s.targets); err != nil {
			return Substitution{}, err
		}
	}
	return s.effects(losses), nil
}

// substitutes are contexts with one word each replaced in two ways.
type substitutes struct {
	model *trainer.Model
	near  func(word int) (int, bool)
	rng   *rand.Rand

	ranked []int       // words of the training part, the most frequent first
	rank   map[int]int // of each in ranked

	plain, nearest, random []int32 // (contexts, n)
	targets                []int32
	words                  []int // which are replaced
}

func newSubstitutes(m *trainer.Model, d *corpus.Data, seed uint64) (*substitutes, error) {
	t, ok := Words(m)
	if !ok {
		return nil, ErrNoEmbeddings
	}
	s := &substitutes{model: m, rng: rand.New(rand.NewPCG(seed, 0x5b57)), rank: map[int]int{}} //nolint:gosec // a simulation, not a secret
	for _, w := range t.Words() {
		if d.Vocab.Count(w) > 0 {
			s.ranked = append(s.ranked, w)
		}
	}
	if len(s.ranked) < 3 {
		return nil, errors.New("there are fewer than three words, so that none can stand in for another")
	}
	slices.SortStableFunc(s.ranked, func(a, b int) int { return cmp.Compare(d.Vocab.Count(b), d.Vocab.Count(a)) })
	for r, w := range s.ranked {
		s.rank[w] = r
	}
	known := map[int]int{}
	s.near = func(word int) (int, bool) {
		if w, ok := known[word]; ok {
			return w, true
		}
		w, ok := t.Nearest(word)
		known[word] = w
		return w, ok
	}
	return s, nil
}

// draw chooses contexts and replaces a word in each. The same place is taken once.
func (s *substitutes) draw(part corpus.Part, count int) {
	n := s.model.Config.ContextLength
	context := make([]int32, n)
	seen := map[[2]int]bool{}
	for tries := 0; tries < 10*count && len(s.targets) < count && part.Len() > 0; tries++ {
		at := [2]int{s.rng.IntN(part.Len()), s.rng.IntN(n)}
		part.Context(at[0], context)
		word := int(context[at[1]])
		if _, isWord := s.rank[word]; !isWord || seen[at] {
			continue
		}
		seen[at] = true
		near, ok := s.near(word)
		if !ok {
			continue
		}
		s.targets, s.words = append(s.targets, part.Target(at[0])), append(s.words, word)
		s.plain = append(s.plain, context...)
		context[at[1]] = int32(near)
		s.nearest = append(s.nearest, context...)
		context[at[1]] = int32(s.like(word, near))
		s.random = append(s.random, context...)
	}
}

// like draws a word about as frequent as word, which is neither this nor its neighbour.
func (s *substitutes) like(word, near int) int {
	r := s.rank[word]
	reach := max(r/rankShare, rankLeast)
	low, high := max(0, r-reach), min(len(s.ranked), r+reach+1)
	for {
		if w := s.ranked[low+s.rng.IntN(high-low)]; w != word && w != near {
			return w
		}
	}
}

// effects averages how the losses have risen, words being drawn again as wholes for the intervals.
func (s *substitutes) effects(losses [3][]float64) Substitution {
	number := map[int]int{}
	for _, w := range s.words {
		if _, ok := number[w]; !ok {
			number[w] = len(number)
		}
	}
	c := stats.Clusters{}
	for range 2 {
		c.Sum, c.Count = append(c.Sum, make([]float64, len(number))), append(c.Count, make([]float64, len(number)))
	}
	for i, w := range s.words {
		for q := range 2 {
			c.Sum[q][number[w]] += losses[q+1][i] - losses[0][i]
			c.Count[q][number[w]]++
		}
	}
	of := func(m []float64) []float64 { return []float64{m[0], m[1], m[1] - m[0]} }
	means := of(c.Means())
	out := Substitution{Contexts: len(s.words), Words: len(number), Loss: stats.Mean(losses[0])}
	intervals, ok := c.Bootstrap(1, of)
	for q, e := range []*Effect{&out.Nearest, &out.Random, &out.Difference} {
		*e = Effect{means[q], math.NaN(), math.NaN()}
		if ok {
			e.Low, e.High = intervals[q].Low, intervals[q].High
		}
	}
	return out
}

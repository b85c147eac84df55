package embeddings

import (
	"math"

	"sweep/internal/stats"
)

// Similarity is how far cosines follow what people say.
type Similarity struct {
	Pairs     int     // of the file
	Covered   int     // both words are in the vocabulary
	Spearman  float64 // correlation of cosine and score over the covered pairs; NaN if there are too few
	Low, High float64 // 95 % interval over pairs, by the bootstrap; NaN if there is none
}

// MeasureSimilarity correlates the cosines of pairs of words with their scores. The seed is of the bootstrap.
func MeasureSimilarity(t *Table, pairs []Pair, seed uint64) Similarity {
	s := Similarity{Pairs: len(pairs), Low: math.NaN(), High: math.NaN()}
	var cosines, scores []float64
	for _, p := range pairs {
		a, okA := t.Index(p.A)
		b, okB := t.Index(p.B)
		if okA && okB {
			cosines, scores = append(cosines, t.Cosine(a, b)), append(scores, p.Score)
		}
	}
	s.Covered = len(cosines)
	s.Spearman = Spearman(cosines, scores)
	x, y := make([]float64, len(cosines)), make([]float64, len(cosines))
	iv, ok := stats.Bootstrap(seed, len(cosines), func(drawn []int) float64 {
		for i, k := range drawn {
			x[i], y[i] = cosines[k], scores[k]
		}
		return Spearman(x, y)
	})
	if ok && !math.IsNaN(s.Spearman) {
		s.Low, s.High = iv.Low, iv.High
	}
	return s
}

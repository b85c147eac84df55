package nplm

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"sweep/internal/stats"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// ErrNoEmbeddings is said of a model with one-hot inputs.
var ErrNoEmbeddings = errors.New("the model has no embeddings: its inputs are one-hot")

// LikePairs are the pairs of words that reports ask about: the ones of which the source material promises that a network
// finds them alike.
var LikePairs = [][2]string{{"cat", "dog"}, {"train", "plane"}, {"newspaper", "book"}}

const (
	// fewestOccurrences is how often both words of a pair have to be in the training part for a report to ask about it.
	fewestOccurrences = 10
	// likeDraws is how many random pairs a pair is compared with.
	likeDraws = 1000
	likeSeed  = 1
)

// PairLikeness is where two words stand among each other's neighbours of like frequency, over replicates: see
// embeddings.Likeness. Percentiles are between 0 and 1.
type PairLikeness struct {
	A, B           string
	CountA, CountB int64   // in the training part
	Among          int     // words of like frequency
	Each           Effect  // percentile, mean over replicates and t interval, NaN with one
	RandomLow      float64 // the middle 95 % of the random pairs, each averaged over the replicates as the pair is
	RandomHigh     float64
	P              float64 // share of the random pairs that are as alike, the pair counted among them
}

// Likeness is that of several pairs, and of all of them together.
type Likeness struct {
	Pairs      []PairLikeness
	All        Effect  // mean of the pairs' percentiles, over replicates
	P          float64 // against random pairs, one for each pair
	Replicates int
	Tokens     int // symbols of the training part
}

// MeasureLikeness measures pairs of words in the tables of replicates, which are of one vocabulary. It fails if a word is
// not in it or if too few words are as frequent, and returns the context's cause when ctx ends.
func MeasureLikeness(ctx context.Context, tables []*embeddings.Table, d *corpus.Data, pairs [][2]string) (Likeness, error) {
	out := Likeness{Replicates: len(tables), Tokens: d.Train.Len()}
	counts := make([]int64, d.Vocab.Size())
	for i := range counts {
		counts[i] = d.Vocab.Count(i)
	}
	all, random := make([]float64, len(tables)), make([]float64, likeDraws)
	for _, names := range pairs {
		var at [2]int
		for k, w := range names {
			i, ok := tables[0].Index(w)
			if !ok {
				return out, &UnknownWordError{w}
			}
			at[k] = i
		}
		p := PairLikeness{A: names[0], B: names[1], CountA: counts[at[0]], CountB: counts[at[1]]}
		own, mean := make([]float64, len(tables)), make([]float64, likeDraws)
		for r, t := range tables {
			l, err := embeddings.MeasureLikeness(ctx, t, counts, at[0], at[1], likeDraws, likeSeed)
			if err != nil {
				return out, err
			}
			p.Among, own[r] = l.Among, l.Percentile
			all[r] += l.Percentile / float64(len(pairs))
			for i, v := range l.Random {
				mean[i] += v / float64(len(tables))
				random[i] += v / float64(len(tables)*len(pairs))
			}
		}
		p.Each, p.P = effectOf(own), reached(mean, stats.Mean(own))
		iv := stats.Middle(mean)
		p.RandomLow, p.RandomHigh = iv.Low, iv.High
		out.Pairs = append(out.Pairs, p)
	}
	out.All, out.P = effectOf(all), reached(random, stats.Mean(all))
	return out, nil
}

// UnknownWordError tells of a word that the vocabulary does not hold.
type UnknownWordError struct{ Word string }

func (e *UnknownWordError) Error() string { return fmt.Sprintf("%q is not in the vocabulary", e.Word) }

// effectOf is the mean over replicates with its t interval.
func effectOf(values []float64) Effect {
	e := Effect{stats.Mean(values), math.NaN(), math.NaN()}
	if iv, ok := stats.MeanInterval(values); ok {
		e.Low, e.High = iv.Low, iv.High
	}
	return e
}

// reached is the share of random values that reach the true one, which is counted among them.
func reached(random []float64, truth float64) float64 {
	n := 1
	for _, v := range random {
		if v >= truth-1e-12 {
			n++
		}
	}
	return float64(n) / float64(len(random)+1)
}

// Held lists the pairs whose words both are in the vocabulary.
func Held(t *embeddings.Table, pairs [][2]string) (out [][2]string) {
	for _, p := range pairs {
		_, okA := t.Index(p[0])
		_, okB := t.Index(p[1])
		if okA && okB {
			out = append(out, p)
		}
	}
	return out
}

// Askable lists the pairs whose words both occur often enough for a report to ask about them.
func Askable(t *embeddings.Table, d *corpus.Data, pairs [][2]string) (out [][2]string) {
	often := func(w string) bool {
		i, ok := t.Index(w)
		return ok && d.Vocab.Count(i) >= fewestOccurrences
	}
	for _, p := range pairs {
		if often(p[0]) && often(p[1]) {
			out = append(out, p)
		}
	}
	return out
}

// Sentences say it in words, also where it has not come out.
func (l Likeness) Sentences() []string {
	var out, failed []string
	for _, p := range l.Pairs {
		out = append(out, fmt.Sprintf("%s (%d times in training) and %s (%d) are nearer to each other than to %s of the words about as frequent; random pairs are so near with p = %.3f.",
			p.A, p.CountA, p.B, p.CountB, percent(p.Each), p.P))
		if p.P > 0.05 {
			failed = append(failed, p.A+" and "+p.B)
		}
	}
	switch n := len(l.Pairs); {
	case n == 0:
	case len(failed) > 0:
		s := fmt.Sprintf("%s training symbols do not show that %s are alike", millions(l.Tokens), failed[0])
		if len(failed) > 1 {
			s += ", nor " + strings.Join(failed[1:], ", nor ")
		}
		s += ": random pairs are as near too often."
		if n > 1 && l.P <= 0.05 {
			s += fmt.Sprintf(" Together the %d pairs are nearer than chance puts them (p = %.3f).", n, l.P)
		}
		out = append(out, s)
	case n > 1:
		out = append(out, fmt.Sprintf("All %d pairs are nearer than chance puts them, after %s training symbols (together p = %.3f).", n, millions(l.Tokens), l.P))
	}
	return out
}

func millions(n int) string {
	if n < 100_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.2g million", float64(n)/1e6)
}

func percent(e Effect) string {
	if math.IsNaN(e.Low) {
		return fmt.Sprintf("%.1f %%", 100*e.Mean)
	}
	return fmt.Sprintf("%.1f %% [%.1f, %.1f]", 100*e.Mean, 100*max(e.Low, 0), 100*min(e.High, 1))
}

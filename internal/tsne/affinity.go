package tsne

import (
	"context"
	"math"

	"golang.org/x/sync/errgroup"
)

// affinities returns, for the pairs i < j row by row, (p(j|i) + p(i|j)) / 2n: how much the points are neighbours, where
// p(j|i) falls with the distance as a normal density does whose width gives i the perplexity asked for.
func affinities(ctx context.Context, rows [][]float32, perplexity float64, workers int) ([]float64, error) {
	n := len(rows)
	whole := make([]float64, n*n) // p(j|i)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	const grain = 32
	for from := 0; from < n; from += grain {
		g.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			for i := from; i < min(from+grain, n); i++ {
				neighbours(rows, i, whole[i*n:][:n], perplexity)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	p := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		for j := i + 1; j < n; j++ {
			p = append(p, (whole[i*n+j]+whole[j*n+i])/float64(2*n))
		}
	}
	return p, nil
}

// neighbours fills p with the probabilities of all points to be taken for a neighbour of point i.
func neighbours(rows [][]float32, i int, p []float64, perplexity float64) {
	squares := make([]float64, len(rows))
	least := math.Inf(1)
	for j := range rows {
		squares[j] = square(rows[i], rows[j])
		if j != i {
			least = min(least, squares[j])
		}
	}
	for j := range squares { // only differences count; this keeps the largest probability from vanishing
		squares[j] -= least
	}
	// The narrower, the fewer neighbours: the entropy falls as beta grows. Bisection, doubling until it is bracketed.
	goal := math.Log(perplexity)
	beta, low, high := 1.0, 0.0, math.Inf(1)
	for range 100 {
		entropy := densities(squares, i, beta, p)
		if math.Abs(entropy-goal) < 1e-5 {
			break
		}
		if entropy > goal {
			low = beta
			if math.IsInf(high, 1) {
				beta *= 2
				continue
			}
		} else {
			high = beta
		}
		beta = (low + high) / 2
	}
}

// densities fills p with exp(-beta * square), summing to 1 without point i, and returns their entropy, nats.
func densities(squares []float64, i int, beta float64, p []float64) float64 {
	sum, weighted := 0.0, 0.0
	for j, s := range squares {
		if j == i {
			p[j] = 0
			continue
		}
		p[j] = math.Exp(-beta * s)
		sum += p[j]
		weighted += s * p[j]
	}
	for j := range p {
		p[j] /= sum
	}
	return math.Log(sum) + beta*weighted/sum
}

// square is the squared Euclidean distance.
func square(a, b []float32) float64 {
	sum := 0.0
	for k, x := range a {
		d := float64(x) - float64(b[k])
		sum += d * d
	}
	return sum
}

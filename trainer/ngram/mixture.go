package ngram

import (
	"math"

	"sweep/trainer/internal/kernel"
)

// A Mixture gives every symbol w times the probability that one model gives it and 1-w times that of another, so that it
// sums to one as they do. Weight is w.
type Mixture struct{ Weight float64 }

// FitMixture returns the mixture of two models that makes the targets likeliest on which they have lost first and
// second, nats each, in the same order. Targets that one of them does not judge (NaN) are left out; without any other the
// weight is one half. The likelihood has one maximum, which expectation maximisation would find, too; here it is the
// zero of the derivative, to 1e-9.
func FitMixture(first, second []float32) Mixture {
	var ratios []float64 // of the second model's probability to the first's
	for i, a := range first {
		if d := float64(a) - float64(second[i]); !math.IsNaN(d) {
			ratios = append(ratios, exp(min(max(d, -farApart), farApart)))
		}
	}
	if len(ratios) == 0 {
		return Mixture{0.5}
	}
	slope := func(w float64) float64 { // of the likelihood
		sum := 0.0
		for _, r := range ratios {
			sum += (1 - r) / (w + float64((1-w)*r))
		}
		return sum
	}
	low, high := 0.0, 1.0
	for high-low > 1e-9 {
		if middle := (low + high) / 2; slope(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return Mixture{(low + high) / 2}
}

// farApart bounds the difference of two losses, whose ratio of probabilities would overflow; e^300 is as good as never.
const farApart = 300

// Losses returns what the mixture loses on each target.
func (m Mixture) Losses(first, second []float32) []float32 {
	losses := make([]float32, len(first))
	for i, a := range first {
		losses[i] = float32(m.loss(float64(a), float64(second[i])))
	}
	return losses
}

func (m Mixture) loss(a, b float64) float64 {
	w := m.Weight
	if b < a { // the likelier of the two as the measure, so that nothing overflows
		a, b, w = b, a, 1-w
	}
	if b-a > farApart {
		b = a + farApart
	}
	return a - kernel.Log(w+float64((1-w)*exp(a-b)))
}

// MeanLoss returns the mean of the losses that are there, nats, and how many those are.
func MeanLoss(losses []float32) (mean float64, n int64) {
	sum := 0.0
	for _, x := range losses {
		if x == x {
			sum += float64(x)
			n++
		}
	}
	return sum / float64(n), n
}

// Perplexity is e to a loss.
func Perplexity(loss float64) float64 { return exp(loss) }

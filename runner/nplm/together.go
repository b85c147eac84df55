package nplm

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sweep/internal/stats"
	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/ngram"
)

// CountLosses are what a count model loses on every target.
type CountLosses struct {
	Model string // as ngram.Model.Name
	Order int
	trainer.Losses
}

// LossesOf judges every target of the validation and test parts by a count model.
func LossesOf(ctx context.Context, m ngram.Model, d *corpus.Data) (c CountLosses, err error) {
	c = CountLosses{Model: m.Name(), Order: m.Order(), Losses: trainer.Losses{SplitHash: d.SplitHash, VocabHash: d.VocabHash}}
	if c.Val, err = ngram.Losses(ctx, m, d.Val); err != nil {
		return c, err
	}
	c.Test, err = ngram.Losses(ctx, m, d.Test)
	return c, err
}

// ExamplesOf describes the validation part by what has been counted.
func ExamplesOf(counts *ngram.Counts, d *corpus.Data) Examples {
	e := Examples{Document: make([]int32, d.Val.Len()), Longest: counts.LongestGrams(d.Val, counts.Order())}
	for i := range e.Document {
		e.Document[i] = int32(d.Val.Document(i))
	}
	return e
}

// Examples says of every validation example which document it is of, and how long an n-gram that ends in its target was
// seen in training, at most five symbols.
type Examples struct {
	Document []int32
	Longest  []uint8
}

// Mixing is a network mixed with one count model: p = w p(network) + (1-w) p(counts). The weight is fitted on validation,
// so that the validation figure of the mixture is too good; that on test is fair. Figures are perplexities, means over
// replicates.
type Mixing struct {
	Model                          string
	Order                          int
	Weight                         float64 // of the network, mean over replicates
	NetworkVal, CountVal, MixedVal float64
	NetworkTest, CountTest, Mixed  float64 // on test; NaN without a test part
	MixedLow, MixedHigh            float64 // 95 % t interval of Mixed over replicates; NaN with one
	EvenVal, EvenTest              float64 // half and half, as Bengio et al. (2003) mixed
	Replicates                     int
}

// ByContext is the mean validation loss, nats, where the longest n-gram seen in training has so many symbols, with 95 %
// intervals over documents, of one replicate, a count model and their mixture.
type ByContext struct {
	Longest  int
	Share    float64    // of the targets
	Mean     [3]float64 // network, counts, mixture
	Interval [3]stats.Interval
	Gap      stats.Interval // of network minus counts, paired
}

// Together is what networks and counts say together.
type Together struct {
	Mixings   []Mixing
	Contexts  []ByContext
	With      string // count model of Contexts
	WithOrder int
}

// Join mixes replicates of one configuration, the first of them the one that stands for it, with each count model. The
// losses by n-gram are with the best of these on validation.
func Join(networks []trainer.Losses, counts []CountLosses, examples Examples) (Together, error) {
	var out Together
	if len(networks) == 0 || len(counts) == 0 {
		return out, nil
	}
	for _, c := range counts {
		for _, n := range networks {
			if n.SplitHash != c.SplitHash || n.VocabHash != c.VocabHash || len(n.Val) != len(c.Val) || len(n.Test) != len(c.Test) {
				return out, fmt.Errorf("losses of %s are over another split or vocabulary than the network's", c.Model)
			}
		}
		out.Mixings = append(out.Mixings, mixing(networks, c))
	}
	best := slices.MinFunc(counts, func(a, b CountLosses) int {
		x, _ := ngram.MeanLoss(a.Val)
		y, _ := ngram.MeanLoss(b.Val)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	out.With, out.WithOrder = best.Model, best.Order
	out.Contexts = byContext(networks[0], best, examples)
	return out, nil
}

func mixing(networks []trainer.Losses, c CountLosses) Mixing {
	m := Mixing{Model: c.Model, Order: c.Order, Replicates: len(networks), MixedLow: math.NaN(), MixedHigh: math.NaN()}
	perplexity := func(losses []float32) float64 {
		mean, _ := ngram.MeanLoss(losses)
		return ngram.Perplexity(mean)
	}
	m.CountVal, m.CountTest = perplexity(c.Val), perplexity(c.Test)
	var weights, networkVal, networkTest, mixedVal, mixed, evenVal, evenTest []float64
	for _, n := range networks {
		mix := ngram.FitMixture(n.Val, c.Val)
		even := ngram.Mixture{Weight: 0.5}
		weights = append(weights, mix.Weight)
		networkVal, networkTest = append(networkVal, perplexity(n.Val)), append(networkTest, perplexity(n.Test))
		mixedVal, mixed = append(mixedVal, perplexity(mix.Losses(n.Val, c.Val))), append(mixed, perplexity(mix.Losses(n.Test, c.Test)))
		evenVal, evenTest = append(evenVal, perplexity(even.Losses(n.Val, c.Val))), append(evenTest, perplexity(even.Losses(n.Test, c.Test)))
	}
	m.Weight, m.NetworkVal, m.NetworkTest = stats.Mean(weights), stats.Mean(networkVal), stats.Mean(networkTest)
	m.MixedVal, m.Mixed, m.EvenVal, m.EvenTest = stats.Mean(mixedVal), stats.Mean(mixed), stats.Mean(evenVal), stats.Mean(evenTest)
	if iv, ok := stats.MeanInterval(mixed); ok {
		m.MixedLow, m.MixedHigh = iv.Low, iv.High
	}
	return m
}

// byContext divides the validation examples by the longest n-gram seen in training.
func byContext(network trainer.Losses, c CountLosses, ex Examples) []ByContext {
	if len(ex.Document) != len(network.Val) || len(ex.Longest) != len(network.Val) || len(network.Val) == 0 {
		return nil
	}
	mixed := ngram.FitMixture(network.Val, c.Val).Losses(network.Val, c.Val)
	most, documents := 0, 0
	for i, d := range ex.Document {
		most, documents = max(most, int(ex.Longest[i])), max(documents, int(d)+1)
	}
	total := 0
	var out []ByContext
	for longest := 1; longest <= most; longest++ {
		cl := stats.Clusters{}
		for range 3 {
			cl.Sum, cl.Count = append(cl.Sum, make([]float64, documents)), append(cl.Count, make([]float64, documents))
		}
		n := 0
		for i, d := range ex.Document {
			if int(ex.Longest[i]) != longest || c.Val[i] != c.Val[i] {
				continue
			}
			n++
			for q, losses := range [3][]float32{network.Val, c.Val, mixed} {
				cl.Sum[q][d] += float64(losses[i])
				cl.Count[q][d]++
			}
		}
		if n == 0 {
			continue
		}
		total += n
		b := ByContext{Longest: longest, Share: float64(n)}
		copy(b.Mean[:], cl.Means())
		intervals, ok := cl.Bootstrap(uint64(longest), func(m []float64) []float64 { return []float64{m[0], m[1], m[2], m[0] - m[1]} })
		if ok {
			copy(b.Interval[:], intervals)
			b.Gap = intervals[3]
		}
		out = append(out, b)
	}
	for i := range out {
		out[i].Share /= float64(total)
	}
	return out
}

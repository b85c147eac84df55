package nplm

import (
	"context"
	"fmt"
	"math"
	"slices"

	"sweep/internal/stats"
	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/corpus/grammar"
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
	e.Vocab = d.Vocab.Size()
	for n := range counts.Order() {
		e.Distinct = append(e.Distinct, counts.Distinct(n+1))
	}
	for i := range e.Document {
		e.Document[i] = int32(d.Val.Document(i))
	}
	if l, ok := d.Language(); ok {
		e.Withheld = withheldPlaces(l, d.Val)
	}
	return e
}

// withheldPlaces marks the examples whose target makes with the word before it a pair that training does not hold.
func withheldPlaces(l *corpus.Language, p corpus.Part) []bool {
	out := make([]bool, p.Len())
	before := make([]int32, 1)
	for i := range out {
		p.Context(i, before)
		out[i] = l.IsWithheld(grammar.Pair{First: l.Words[before[0]], Second: l.Words[p.Target(i)]})
	}
	return out
}

// Examples says of every validation example which document it is of, and how long an n-gram that ends in its target was
// seen in training, at most five symbols.
type Examples struct {
	Document []int32
	Longest  []uint8
	Withheld []bool // of a text from a known language: the target completes a pair that was kept out of training
	Vocab    int
	Distinct []int64 // different n-grams in training, by order from 1
}

// Grams is the curse of dimensionality at one order: a table of all n-grams that there could be, and those that there are.
type Grams struct {
	Order    int
	Possible string  // "17,000^4 = 8.4e16"
	Distinct int64   // in training
	Unseen   float64 // share of validation's targets that end an n-gram which training does not hold
}

// Grams counts the orders from 2 on.
func (e Examples) Grams() []Grams {
	var out []Grams
	for order := 2; order <= len(e.Distinct); order++ {
		g := Grams{Order: order, Possible: corpus.Power(e.Vocab, order), Distinct: e.Distinct[order-1]}
		judged := 0
		for _, longest := range e.Longest {
			if longest == 0 { // before a whole context
				continue
			}
			judged++
			if int(longest) < order {
				g.Unseen++
			}
		}
		g.Unseen /= float64(judged)
		out = append(out, g)
	}
	return out
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
// intervals over documents (NaN where they lie in a single one), of one replicate, a count model and their mixture.
type ByContext struct {
	Longest  int
	Share    float64    // of the targets
	Mean     [3]float64 // network, counts, mixture
	Interval [3]stats.Interval
	Gap      stats.Interval // of network minus counts, paired
}

// Together is what networks and counts say together.
type Together struct {
	Grams     []Grams
	Mixings   []Mixing
	Contexts  []ByContext
	Withheld  *ByContext // where pairs were kept out of training; its Share is of all targets, its Longest 0
	With      string     // count model of Contexts and Withheld
	WithOrder int
}

// Join mixes replicates of one configuration, the first of them the one that stands for it, with each count model. The
// losses by n-gram are with the best of these on validation.
func Join(networks []trainer.Losses, counts []CountLosses, examples Examples) (Together, error) {
	out := Together{Grams: examples.Grams()}
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
	out.Contexts, out.Withheld = byContext(networks[0], best, examples)
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

// byContext divides the validation examples by the longest n-gram seen in training, and sets those apart whose pair was
// kept out of it.
func byContext(network trainer.Losses, c CountLosses, ex Examples) (out []ByContext, withheld *ByContext) {
	if len(ex.Document) != len(network.Val) || len(ex.Longest) != len(network.Val) || len(network.Val) == 0 {
		return nil, nil
	}
	mixed := ngram.FitMixture(network.Val, c.Val).Losses(network.Val, c.Val)
	voices := [3][]float32{network.Val, c.Val, mixed}
	most := slices.Max(ex.Longest)
	total := 0.0
	for longest := 1; longest <= int(most); longest++ {
		b, ok := amongExamples(voices, ex.Document, uint64(longest), func(i int) bool { return int(ex.Longest[i]) == longest })
		if !ok {
			continue
		}
		b.Longest = longest
		total += b.Share
		out = append(out, b)
	}
	for i := range out {
		out[i].Share /= total
	}
	if ex.Withheld != nil {
		if b, ok := amongExamples(voices, ex.Document, 0, func(i int) bool { return ex.Withheld[i] }); ok {
			b.Share /= total
			withheld = &b
		}
	}
	return out, withheld
}

// amongExamples is what a network, a count model and their mixture lose on some examples; Share is how many those are.
func amongExamples(voices [3][]float32, document []int32, seed uint64, among func(i int) bool) (b ByContext, ok bool) {
	cl := stats.Clusters{}
	for range voices {
		documents := int(slices.Max(document)) + 1
		cl.Sum, cl.Count = append(cl.Sum, make([]float64, documents)), append(cl.Count, make([]float64, documents))
	}
	for i, d := range document {
		if !among(i) || voices[1][i] != voices[1][i] { // no whole context for the counts
			continue
		}
		b.Share++
		for q := range voices {
			cl.Sum[q][d] += float64(voices[q][i])
			cl.Count[q][d]++
		}
	}
	if b.Share == 0 {
		return b, false
	}
	copy(b.Mean[:], cl.Means())
	unknown := stats.Interval{Low: math.NaN(), High: math.NaN()} // of a single document
	b.Interval, b.Gap = [3]stats.Interval{unknown, unknown, unknown}, unknown
	if intervals, ok := cl.Bootstrap(seed, func(m []float64) []float64 { return []float64{m[0], m[1], m[2], m[0] - m[1]} }); ok {
		copy(b.Interval[:], intervals)
		b.Gap = intervals[3]
	}
	return b, true
}

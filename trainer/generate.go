package trainer

import (
	"math/rand/v2"
	"slices"
)

// SampleOptions say how text is generated. The zero value draws from the model's own probabilities.
type SampleOptions struct {
	Temperature float64 // divides the logits; 0 stands for 1, and a tiny one takes the likeliest
	TopK        int     // draw among the likeliest TopK symbols; 0: all
	MaxLen      int     // symbols after the prefix; 0: 100
	Prefix      []int32 // what the text begins with
}

// defaultMaxLen bounds a sample of a model that never ends a document.
const defaultMaxLen = 100

// Sample draws symbols one after the other, until the boundary ends the document or MaxLen are drawn. It returns the
// prefix and what follows, without the boundary. The same rng gives the same text. A negative temperature panics.
func (m *Model) Sample(rng *rand.Rand, o SampleOptions) []int32 {
	if o.Temperature < 0 {
		panic("trainer: negative temperature")
	}
	if o.Temperature == 0 {
		o.Temperature = 1
	}
	if o.MaxLen == 0 {
		o.MaxLen = defaultMaxLen
	}
	text := slices.Clone(o.Prefix)
	for range o.MaxLen {
		_, z := m.evaluate(text)
		next := draw(rng, z, o)
		if next == 0 {
			break
		}
		text = append(text, next)
	}
	return text
}

// draw picks a symbol by its logit.
func draw(rng *rand.Rand, z []float32, o SampleOptions) int32 {
	type choice struct {
		symbol int32
		weight float64
	}
	top := float64(slices.Max(z))
	choices := make([]choice, len(z))
	for i, x := range z {
		choices[i] = choice{int32(i), exponential((float64(x) - top) / o.Temperature)}
	}
	if o.TopK > 0 && o.TopK < len(choices) {
		slices.SortStableFunc(choices, func(a, b choice) int {
			if z[a.symbol] > z[b.symbol] {
				return -1
			}
			if z[a.symbol] < z[b.symbol] {
				return 1
			}
			return 0
		})
		choices = choices[:o.TopK]
	}
	sum := 0.0
	for _, c := range choices {
		sum += c.weight
	}
	left := rng.Float64() * sum
	for _, c := range choices {
		if left -= c.weight; left < 0 {
			return c.symbol
		}
	}
	// Rounding has left a rest: the last symbol that can be drawn at all.
	for i := len(choices) - 1; ; i-- {
		if choices[i].weight > 0 {
			return choices[i].symbol
		}
	}
}

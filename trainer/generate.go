package trainer

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"sweep/trainer/corpus"
)

// SampleOptions say how text is generated. The zero value draws from the model's own probabilities. Temperature, TopK and
// TopP are applied in this order.
type SampleOptions struct {
	Temperature float64 // divides the logits; 0 stands for 1
	Greedy      bool    // take the likeliest symbol every time, the first of equals: nothing is drawn
	TopK        int     // draw among the likeliest TopK symbols, the first of equals; 0: all
	TopP        float64 // draw among the fewest likeliest symbols that together have this share of what TopK leaves; 0: all
	MaxLen      int     // symbols after the prefix; 0: 100
	Prefix      []int32 // what the text begins with
}

// defaultMaxLen bounds a sample of a model that never ends a document.
const defaultMaxLen = 100

// Sample draws symbols one after the other, until the boundary ends the document or MaxLen are drawn. It returns the
// prefix and what follows, without the boundary, and whether the document has ended. A model of text without boundaries
// never ends one, and the boundary is not drawn. As in Predict, what lies before the text is the boundary. The same rng
// gives the same text on every machine. A negative temperature panics.
func (m *Model) Sample(rng *rand.Rand, o SampleOptions) (text []int32, ended bool) {
	if o.Temperature < 0 {
		panic("trainer: negative temperature")
	}
	if o.Temperature == 0 {
		o.Temperature = 1
	}
	if o.MaxLen == 0 {
		o.MaxLen = defaultMaxLen
	}
	first := int32(0)
	if m.Data.Boundary == corpus.None {
		first = 1
	}
	p, z := newPanel(m.w, 1), make([]float32, m.w.vocab)
	choices := make([]choice, 0, m.w.vocab)
	text = slices.Clone(o.Prefix)
	for range o.MaxLen {
		m.forward(p, z, text)
		choices = o.choices(choices[:0], z, first)
		next := draw(rng, choices)
		if next == 0 {
			return text, true
		}
		text = append(text, next)
	}
	return text, false
}

// choice is a symbol that may come next, with a weight in proportion to its probability.
type choice struct {
	symbol int32
	weight float64
}

// choices appends to dst what may be drawn of the symbols from first on, by their logits z. With a cut it is the
// likeliest first and of equals the lower index, otherwise in the vocabulary's order.
func (o SampleOptions) choices(dst []choice, z []float32, first int32) []choice {
	top := float64(slices.Max(z[first:]))
	for i, x := range z[first:] {
		dst = append(dst, choice{first + int32(i), exponential((float64(x) - top) / o.Temperature)})
	}
	if o.Greedy {
		o.TopK = 1
	}
	cutK, cutP := o.TopK > 0 && o.TopK < len(dst), o.TopP > 0 && o.TopP < 1
	if !cutK && !cutP {
		return dst
	}
	slices.SortFunc(dst, func(a, b choice) int {
		return cmp.Or(cmp.Compare(z[b.symbol], z[a.symbol]), cmp.Compare(a.symbol, b.symbol))
	})
	if cutK {
		dst = dst[:o.TopK]
	}
	if cutP {
		enough, sum := float64(o.TopP*total(dst)), 0.0
		for i, c := range dst {
			if sum += c.weight; sum >= enough {
				return dst[:i+1]
			}
		}
	}
	return dst
}

func total(choices []choice) float64 {
	sum := 0.0
	for _, c := range choices {
		sum += c.weight
	}
	return sum
}

// draw picks one of the choices by weight.
func draw(rng *rand.Rand, choices []choice) int32 {
	if len(choices) == 1 {
		return choices[0].symbol
	}
	left := float64(rng.Float64() * total(choices))
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

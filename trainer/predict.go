package trainer

import (
	"cmp"
	"fmt"
	"slices"
)

// A Prediction is one symbol that may come next.
type Prediction struct {
	Index       int     `json:"index"`
	Symbol      string  `json:"symbol"`
	Probability float64 `json:"probability"`
}

// An Explanation shows one prediction step by step, with the model's own numbers.
type Explanation struct {
	Context    []int        `json:"context"`    // (n) indices, padded with the boundary in front
	Symbols    []string     `json:"symbols"`    // (n)
	Embeddings [][]float32  `json:"embeddings"` // (n, m) rows of C; empty rows one-hot
	Input      []float32    `json:"input"`      // (n*m) they are joined: x; empty one-hot
	Hidden     []float32    `json:"hidden"`     // (h) the activation of H x + d; empty without hidden layer
	Logits     []float32    `json:"logits"`     // (|V|) U a + b, + W x with direct connections
	Normalizer float64      `json:"normalizer"` // ln of the sum of e^logit
	Likeliest  []Prediction `json:"likeliest"`  // the ten likeliest, the best first
}

// explained is how many predictions an Explanation holds.
const explained = 10

// Window returns the n symbols that the model sees: the last n of context, or context padded with the boundary in
// front. It panics if an index is not of the vocabulary.
func (m *Model) Window(context []int32) []int32 {
	n := m.Config.ContextLength
	w := make([]int32, n)
	context = context[max(0, len(context)-n):]
	copy(w[n-len(context):], context)
	for _, s := range w {
		if s < 0 || int(s) >= len(m.Symbols) {
			panic(fmt.Sprintf("trainer: symbol %d of a vocabulary of %d", s, len(m.Symbols)))
		}
	}
	return w
}

// evaluate runs one context forward and returns its panel and the logits.
func (m *Model) evaluate(context []int32) (*panel, []float32) {
	p := newPanel(m.w, 1)
	logits := make([]float32, m.w.vocab)
	m.forward(p, logits, context)
	return p, logits
}

// forward fills the panel's only example and the logits.
func (m *Model) forward(p *panel, logits []float32, context []int32) {
	copy(p.contexts, m.Window(context))
	p.forward(m.w, 1)
	for v := range logits {
		logits[v] = m.logit(p, v)
	}
}

// logit returns U[v] [a, 1, x] for the panel's only example, in float64 and rounded once.
func (m *Model) logit(p *panel, v int) float32 {
	row := m.w.U[v*m.w.us:][:m.w.k]
	z := 0.0
	for i, u := range row {
		z += float64(u) * float64(p.in[i*p.ld]) // the product of two float32 is exact in float64
	}
	return float32(z)
}

// logSumExp returns ln of the sum of e^z.
func logSumExp(z []float32) float64 {
	top := float64(slices.Max(z))
	sum := 0.0
	for _, x := range z {
		sum += exponential(float64(x) - top)
	}
	return top + logarithm(sum)
}

// Probabilities returns that of every symbol to come next after context. They sum to 1. Of a context longer than n
// the last n symbols count, a shorter one is padded with the boundary.
func (m *Model) Probabilities(context []int32) []float64 {
	_, z := m.evaluate(context)
	return probabilities(z)
}

func probabilities(z []float32) []float64 {
	total := logSumExp(z)
	p := make([]float64, len(z))
	for i, x := range z {
		p[i] = exponential(float64(x) - total)
	}
	return p
}

// Predict returns the k likeliest symbols to come next after context, the best first; all if k exceeds the
// vocabulary.
func (m *Model) Predict(context []int32, k int) []Prediction {
	return m.likeliest(m.Probabilities(context), k)
}

// likeliest returns the k best of p, of equals the lower index first.
func (m *Model) likeliest(p []float64, k int) []Prediction {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(p[b], p[a]), a-b) })
	best := make([]Prediction, 0, min(max(k, 0), len(p)))
	for _, i := range order[:cap(best)] {
		best = append(best, Prediction{i, m.Symbols[i], p[i]})
	}
	return best
}

// Explain returns every step of one prediction.
func (m *Model) Explain(context []int32) Explanation {
	p, z := m.evaluate(context)
	e := Explanation{
		Input:  slices.Clone(p.xt[:m.w.x]),
		Hidden: make([]float32, m.w.h),
		Logits: z, Normalizer: logSumExp(z),
		Likeliest: m.likeliest(probabilities(z), explained),
	}
	for i, s := range p.contexts {
		e.Context = append(e.Context, int(s))
		e.Symbols = append(e.Symbols, m.Symbols[s])
		e.Embeddings = append(e.Embeddings, e.Input[i*m.w.m:][:m.w.m])
	}
	for j := range e.Hidden {
		e.Hidden[j] = p.in[j*p.ld]
	}
	return e
}

// Embeddings returns copies of the rows of C, (|V|, m), by symbol; nil for a model with one-hot inputs, which has none.
func (m *Model) Embeddings() [][]float32 {
	if m.w.onehot {
		return nil
	}
	rows := make([][]float32, m.w.vocab)
	for i := range rows {
		rows[i] = slices.Clone(m.w.C[i*m.w.cs:][:m.w.m])
	}
	return rows
}

package trainer

import (
	"math"
	"slices"
	"testing"
)

func TestProbabilities(t *testing.T) {
	data := withUnknown(t)
	for _, cfg := range []Config{{HiddenSize: 7}, {HiddenSize: 7, Direct: true}, {Direct: true, EmbeddingInit: 50},
		{HiddenSize: 7, BatchNorm: true, Activation: "relu"}, {HiddenSize: 7, Representation: "onehot"}} {
		m := untrained(data, cfg)
		tw := twinOf(m.w)
		for i := range 20 {
			context := make([]int32, 3)
			data.Val.Context(i*5, context)
			p := m.Probabilities(context)
			sum := 0.0
			for _, x := range p {
				sum += x
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Errorf("probabilities sum to %.15f", sum)
			}
			_, z := tw.ask(context)
			target := data.Val.Target(i * 5)
			want := 0.0
			for _, x := range z {
				want += math.Exp(x - z[target])
			}
			if got := p[target] * want; math.Abs(got-1) > 1e-4 { // logits of some hundreds in float32
				t.Errorf("p[%d] = %g, twin says %g", target, p[target], 1/want)
			}
		}
	}
}

func TestPredict(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{HiddenSize: 7})
	p := m.Probabilities([]int32{1, 2, 3})
	best := m.Predict([]int32{9, 9, 1, 2, 3}, 5) // the last three count
	if len(best) != 5 || best[0].Probability != slices.Max(p) || best[0].Symbol != m.Symbols[best[0].Index] {
		t.Errorf("predictions %v", best)
	}
	for i, b := range best {
		if b.Probability != p[b.Index] || i > 0 && b.Probability > best[i-1].Probability {
			t.Errorf("predictions %v", best)
		}
	}
	if got, want := m.Predict([]int32{3}, 1)[0], m.Predict([]int32{0, 0, 3}, 1)[0]; got != want {
		t.Errorf("a short context predicts %v, padded %v", got, want)
	}
	if got := m.Predict(nil, 1000); len(got) != len(m.Symbols) {
		t.Errorf("%d predictions of %d", len(got), len(m.Symbols))
	}
	defer func() {
		if recover() == nil {
			t.Error("a symbol that does not exist did not panic")
		}
	}()
	m.Predict([]int32{int32(len(m.Symbols))}, 1)
}

// TestExplain follows the numbers from the indices to the probabilities.
func TestExplain(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{HiddenSize: 7, EmbeddingDim: 4, EmbeddingInit: 0.2})
	e := m.Explain([]int32{5, 6})
	if !slices.Equal(e.Context, []int{0, 5, 6}) || e.Symbols[0] != "</s>" || e.Symbols[2] != m.Symbols[6] {
		t.Errorf("context %v %v", e.Context, e.Symbols)
	}
	if !slices.Equal(slices.Concat(e.Embeddings...), e.Input) || !slices.Equal(e.Embeddings[1], m.Embeddings()[5]) {
		t.Error("the input is not made of the rows of C")
	}
	tw := twinOf(m.w)
	a, z := tw.ask([]int32{0, 5, 6})
	for j, want := range a {
		if math.Abs(float64(e.Hidden[j])-want) > 1e-6 {
			t.Errorf("hidden[%d] = %g, want %g", j, e.Hidden[j], want)
		}
	}
	for v, want := range z {
		if math.Abs(float64(e.Logits[v])-want) > 1e-5 {
			t.Errorf("logits[%d] = %g, want %g", v, e.Logits[v], want)
		}
	}
	top := e.Likeliest[0]
	if p := math.Exp(float64(e.Logits[top.Index]) - e.Normalizer); len(e.Likeliest) != 10 || math.Abs(p-top.Probability) > 1e-12 {
		t.Errorf("%d likeliest, the first %v, by logit and normalizer %g", len(e.Likeliest), top, p)
	}
}

package trainer

import (
	"math"
	"testing"
)

func TestLossesAfter(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{EmbeddingDim: 4, ContextLength: 3})
	var contexts, targets []int32
	for i := range 300 { // more than two panels
		s := func(k int) int32 { return int32((i*k + i/7) % len(m.Symbols)) }
		contexts = append(contexts, s(1), s(3), s(5))
		targets = append(targets, s(11))
	}
	got, err := m.LossesAfter(t.Context(), contexts, targets)
	if err != nil || len(got) != 300 {
		t.Fatalf("%d losses, %v", len(got), err)
	}
	for i, loss := range got {
		want := -math.Log(m.Probabilities(contexts[3*i:][:3])[targets[i]])
		if math.Abs(loss-want) > 1e-5 {
			t.Errorf("example %d: loss %g, want %g", i, loss, want)
		}
	}
}

package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestClustersBootstrap has intervals of the right width: for clusters of one observation that of the t interval, for
// clusters whose members are alike as much wider as that makes them fewer, and for paired differences nothing of what
// both share.
func TestClustersBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const clusters, members = 400, 5
	c := Clusters{Sum: make([][]float64, 2), Count: make([][]float64, 2)}
	var means []float64
	for range clusters {
		shared := rng.NormFloat64()
		means = append(means, shared)
		c.Sum[0], c.Count[0] = append(c.Sum[0], members*shared), append(c.Count[0], members)
		c.Sum[1], c.Count[1] = append(c.Sum[1], members*(shared+0.5)), append(c.Count[1], members)
	}
	identity := func(m []float64) []float64 { return []float64{m[0], m[1] - m[0]} }
	got, ok := c.Bootstrap(7, identity)
	if !ok || len(got) != 2 {
		t.Fatalf("%v, %v", got, ok)
	}
	want, _ := MeanInterval(means)
	if w, g := want.High-want.Low, got[0].High-got[0].Low; math.Abs(g/w-1) > 0.1 {
		t.Errorf("width %.4f, t interval %.4f", g, w)
	}
	if math.Abs(got[1].Low-0.5) > 1e-12 || math.Abs(got[1].High-0.5) > 1e-12 {
		t.Errorf("the paired difference is 0.5 in every cluster, interval %v", got[1])
	}
	again, _ := c.Bootstrap(7, identity)
	other, _ := c.Bootstrap(8, identity)
	if again[0] != got[0] || other[0] == got[0] {
		t.Error("the interval must depend on the seed, and on nothing else")
	}
	if m := c.Means(); math.Abs(m[1]-m[0]-0.5) > 1e-12 {
		t.Errorf("means %v", m)
	}
	if _, ok := (Clusters{Sum: [][]float64{{1}}, Count: [][]float64{{1}}}).Bootstrap(1, identity); ok {
		t.Error("an interval from one cluster")
	}
}

package trainer

import (
	"math"
	"slices"
	"testing"
)

func TestStreamKeys(t *testing.T) {
	seen := map[uint64]bool{}
	var s stream
	for seed := range uint64(5) {
		for p := forOrder; p <= forBench; p++ {
			for counter := range int64(20) {
				s.key(seed, p, counter)
				seen[s.pcg.Uint64()] = true
			}
		}
	}
	if want := 5 * int(forBench) * 20; len(seen) != want {
		t.Errorf("%d different first numbers, want %d", len(seen), want)
	}
	s.key(1, forH, 2)
	a := []float64{s.normal(), s.normal(), s.normal()}
	s.key(1, forH, 2) // in the middle of a pair
	if b := []float64{s.normal(), s.normal(), s.normal()}; !slices.Equal(a, b) {
		t.Errorf("the same key gives %v and %v", a, b)
	}
}

func TestNormal(t *testing.T) {
	var s stream
	s.key(1, forC, 0)
	const n = 200_000
	var sum, squares, fourth float64
	for range n {
		x := s.normal()
		sum += x
		squares += x * x
		fourth += x * x * x * x
	}
	// Standard errors: 1/sqrt(n), sqrt(2/n), sqrt(96/n).
	if m := sum / n; math.Abs(m) > 4/math.Sqrt(n) {
		t.Errorf("mean = %g", m)
	}
	if v := squares / n; math.Abs(v-1) > 4*math.Sqrt(2./n) {
		t.Errorf("variance = %g", v)
	}
	if k := fourth / n; math.Abs(k-3) > 4*math.Sqrt(96./n) {
		t.Errorf("fourth moment = %g", k)
	}
}

func TestBelow(t *testing.T) {
	var s stream
	s.key(1, forOrder, 0)
	const n, draws = 7, 70_000
	var count [n]int
	for range draws {
		count[s.below(n)]++
	}
	for i, c := range count {
		if math.Abs(float64(c)-draws/n) > 4*math.Sqrt(draws/n) {
			t.Errorf("%d drawn %d times of %d", i, c, draws)
		}
	}
}

// TestOrder takes batches across the ends of epochs, each of which must be a whole permutation, and from the middle.
func TestOrder(t *testing.T) {
	const n = 10
	all := make([]int32, 5*n)
	o := newOrder(3, n, 0)
	for i := 0; i < len(all); i += 7 {
		o.take(all[i:min(i+7, len(all))])
	}
	for e := range 5 {
		epoch := slices.Sorted(slices.Values(all[e*n : (e+1)*n]))
		for i, x := range epoch {
			if int(x) != i {
				t.Fatalf("epoch %d holds %v", e, epoch)
			}
		}
	}
	if slices.Equal(all[:n], all[n:2*n]) {
		t.Error("two epochs have the same order")
	}
	for from := range 4 * n {
		rest := make([]int32, n)
		newOrder(3, n, int64(from)).take(rest)
		if !slices.Equal(rest, all[from:from+n]) {
			t.Errorf("from example %d: %v, want %v", from, rest, all[from:from+n])
		}
	}
	if other := newOrder(4, n, 0); slices.Equal(other.perm, all[:n]) {
		t.Error("another seed has the same order")
	}
}

func TestSample(t *testing.T) {
	s := sample(1, 1000, 100)
	if len(s) != 100 || !slices.IsSorted(s) || len(slices.Compact(slices.Clone(s))) != 100 || s[99] >= 1000 {
		t.Errorf("sample = %v", s)
	}
	if !slices.Equal(s, sample(1, 1000, 100)) || slices.Equal(s, sample(2, 1000, 100)) {
		t.Error("a sample must depend on its seed, and on nothing else")
	}
	if sample(1, 100, 100) != nil {
		t.Error("all of a part is not nil")
	}
}

// TestSampledPartition draws the negatives of 10,000 steps: the weighted sum of exponentials over all symbols must on
// average be the exact partition function, and the counts of draws must follow count^0.75.
func TestSampledPartition(t *testing.T) {
	const vocab, steps = 60, 10_000
	cfg := Config{ContextLength: 1, EmbeddingDim: 1, HiddenSize: 1, BatchSize: 1, Loss: "sampled", Negatives: 32, Optimizer: "sgd", Seed: 5}
	counts := make([]int64, vocab)
	z := make([]float64, vocab)
	exact := 0.0
	for v := range counts {
		counts[v] = int64(1000 / (v + 1) / (v + 1)) // zeros among them
		z[v] = math.Sin(float64(v)) + math.Log(float64(counts[v])+1)
		exact += math.Exp(z[v])
	}
	l := newLearner(cfg, newWeights(cfg, vocab), counts)
	var sum, squares float64
	drawn := make([]float64, vocab)
	for step := range int64(steps) {
		l.gather(step)
		s := 0.0
		for at, v := range l.candidates.members {
			s += float64(l.weight[at]) * math.Exp(z[v])
			drawn[v] += math.Round(float64(l.weight[at]) * l.draws.q[v] * float64(cfg.Negatives))
		}
		sum += s
		squares += s * s
	}
	mean := sum / steps
	se := math.Sqrt((squares/steps - mean*mean) / steps)
	if math.Abs(mean-exact) > 4*se {
		t.Errorf("mean of the sum = %g, standard error %g, exact %g", mean, se, exact)
	}
	if se > exact/20 {
		t.Errorf("standard error %g of %g tells nothing", se, exact)
	}
	const draws = steps * 32
	total := 0.0
	for _, c := range counts {
		total += math.Pow(max(float64(c), rareCount), 0.75)
	}
	for v, n := range drawn {
		want := math.Pow(max(float64(counts[v]), rareCount), 0.75) / total * draws
		if math.Abs(n-want) > 5*math.Sqrt(want)+1 {
			t.Errorf("symbol %d drawn %g times, want about %g", v, n, want)
		}
	}
}

package trainer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// codes returns the first table of a model over vocab symbols.
func codes(c Config, vocab int) [][]float32 {
	c = c.WithDefaults("word")
	w := newWeights(c, vocab)
	w.initialize(c, make([]int64, vocab))
	return (&Model{Config: c, w: w}).Embeddings()
}

func TestIndex(t *testing.T) {
	flat := func(c Config) []float32 { return slices.Concat(codes(c, 5)...) }
	frequency := flat(Config{Representation: "index"})
	if want := []float32{0, 0.25, 0.5, 0.75, 1}; !slices.Equal(frequency, want) {
		t.Errorf("numbers %v, want %v", frequency, want)
	}
	one, two := flat(Config{Representation: "index", IndexOrder: "random", Seed: 1}), flat(Config{Representation: "index", IndexOrder: "random", Seed: 2})
	if slices.Equal(one, two) || slices.Equal(one, frequency) {
		t.Errorf("orders %v and %v: another seed, another order", one, two)
	}
	slices.Sort(one)
	if !slices.Equal(one, frequency) {
		t.Errorf("%v is no other order of %v", one, frequency)
	}
}

func TestBinary(t *testing.T) {
	const vocab = 32 // as many as there are codes of five bits
	code := func(seed uint64) [][]float32 {
		return codes(Config{Representation: "binary", EmbeddingDim: 5, Seed: seed}, vocab)
	}
	seen := map[string]int{}
	for v, row := range code(1) {
		for _, x := range row {
			if x != 1 && x != -1 {
				t.Fatalf("bit %g", x)
			}
		}
		if other, ok := seen[fmt.Sprint(row)]; ok {
			t.Errorf("symbols %d and %d share the code %v", other, v, row)
		}
		seen[fmt.Sprint(row)] = v
	}
	if slices.Equal(slices.Concat(code(1)...), slices.Concat(code(2)...)) {
		t.Error("codes must differ by replicate")
	}
	wide := codes(Config{Representation: "binary", EmbeddingDim: 200, Seed: 3}, 50)
	ones := 0
	for _, x := range slices.Concat(wide...) {
		if x == 1 {
			ones++
		}
	}
	if math.Abs(float64(ones)-5000) > 4*50 { // four standard errors of 10,000 tosses
		t.Errorf("%d ones of 10,000", ones)
	}
}

func TestSuits(t *testing.T) {
	c := Config{Representation: "binary", EmbeddingDim: 4}.WithDefaults("word")
	if err := c.Suits(16); err != nil {
		t.Errorf("16 symbols in 4 bits: %v", err)
	}
	if err := c.Suits(17); err == nil || !strings.Contains(err.Error(), "4 bits name 16 symbols, and there are 17; with representation: binary give at least 5") {
		t.Errorf("17 symbols in 4 bits: %v", err)
	}
	data := openText(t, "word", 40, 60)
	if _, err := Train(t.Context(), c, data, Session{}); err == nil {
		t.Error("Train takes a code that is too short")
	}
}

// TestSizes counts what is trained and what is stored, and has every kind of model written and read.
func TestSizes(t *testing.T) {
	makemore := Config{EmbeddingDim: 10, HiddenSize: 200}
	norm := makemore
	norm.BatchNorm = true
	of := func(representation string) Config {
		c := makemore
		c.Representation = representation
		return c
	}
	for _, c := range []struct {
		name                string
		cfg                 Config
		inputs              int
		parameters, numbers int64
	}{
		{"learned", makemore, 30, 11_897, 11_897},
		{"batch norm", norm, 30, 12_097, 12_497},
		{"index", of("index"), 3, 200*4 + 27*201, 200*4 + 27*201 + 27},
		{"one-hot", of("onehot"), 81, 200*82 + 27*201, 200*82 + 27*201},
		{"binary", of("binary"), 30, 11_897 - 270, 11_897},
		{"random", of("random"), 30, 11_897 - 270, 11_897},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := c.cfg.WithDefaults("char")
			if got := cfg.InputWidth(27); got != c.inputs {
				t.Errorf("%d inputs, want %d", got, c.inputs)
			}
			if got := cfg.ParameterCount(27); got != c.parameters {
				t.Errorf("%d parameters, want %d", got, c.parameters)
			}
			m := &Model{Config: cfg, Symbols: make([]string, 27), Unknown: -1, w: newWeights(cfg, 27)}
			m.w.initialize(cfg, make([]int64, 27))
			numbers := int64(0)
			for _, x := range m.Tensors() {
				numbers += int64(len(x.Data))
			}
			if numbers != c.numbers {
				t.Errorf("%d numbers, want %d", numbers, c.numbers)
			}
			file := t.TempDir() + "/model.safetensors"
			if err := Save(file, m); err != nil {
				t.Fatal(err)
			}
			back, err := Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(back.w.all, m.w.all) {
				t.Error("other weights after reading")
			}
		})
	}
}

// TestFixedCodes trains on fixed codes and finds them as they were.
func TestFixedCodes(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for _, representation := range []string{"index", "binary", "random"} {
		cfg := kinds()["adam"]
		cfg.Representation, cfg.EmbeddingDim, cfg.WeightDecay = representation, 8, 0.01
		m, err := Train(t.Context(), cfg.WithDefaults("word"), data, Session{})
		if err != nil {
			t.Fatal(err)
		}
		if before := codes(cfg, data.Vocab.Size()); !slices.Equal(slices.Concat(m.Embeddings()...), slices.Concat(before...)) {
			t.Errorf("%s: the codes have moved", representation)
		}
	}
}

// TestBatchNorm follows the running averages: plain means of the first batches, the variance without bias.
func TestBatchNorm(t *testing.T) {
	cfg := Config{ContextLength: 2, EmbeddingDim: 3, HiddenSize: 4, BatchSize: 5, BatchNorm: true, Seed: 1}.WithDefaults("word")
	w := newWeights(cfg, 9)
	w.initialize(cfg, make([]int64, 9))
	l := newLearner(cfg, w, make([]int64, 9))
	var mean, variance float64
	const steps = 3
	for step := range int64(steps) {
		contexts, _ := batchOf(9, 2, 5*(int(step)+1))
		copy(l.contexts, contexts[10*step:])
		l.lookup(w, 5)
		l.spread(w, 5)
		l.join(w, 5)
		row := slices.Clone(l.in[2*l.ld:][:5])
		center, squares := 0.0, 0.0
		for _, x := range row {
			center += float64(x) / 5
		}
		for _, x := range row {
			squares += (float64(x) - center) * (float64(x) - center)
		}
		mean += center / steps
		variance += squares / 4 / steps
		l.step(step, 0, false) // a rate of 0 moves nothing else
	}
	if math.Abs(float64(w.mean()[2])-mean) > 1e-6 || math.Abs(float64(w.variance()[2])-variance) > 1e-5*variance {
		t.Errorf("averages %g and %g, want %g and %g", w.mean()[2], w.variance()[2], mean, variance)
	}
	// In use, a neuron whose sums are spread as the averages say comes out with spread gamma about d.
	w.gamma()[2], w.H[2*w.hs+w.x] = 3, 0.5
	p := newPanel(w, 1)
	p.in[2*p.ld] = float32(mean + math.Sqrt(variance))
	p.standardize(w, 1)
	if got := p.in[2*p.ld]; math.Abs(float64(got)-3.5) > 1e-3 {
		t.Errorf("one deviation above the mean gives %g, want 3.5", got)
	}
}

// TestSaturated counts what hardly learns by each activation.
func TestSaturated(t *testing.T) {
	rows := []float32{0, 0.99, -0.98, 0.5, 9, 9, 0, 0, 0, 0, 9, 9} // two rows of four lanes, two lanes not in use
	for name, want := range map[string]int{"tanh": 2, "sigmoid": 7, "relu": 4} {
		if got := saturated(name, rows, 6, 2, 4); got != want {
			t.Errorf("%s: %d saturated, want %d", name, got, want)
		}
	}
}

package trainer

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sweep/trainer/corpus"
)

// untrained returns a model of random weights on data, with logits far from flat.
func untrained(data *corpus.Data, cfg Config) *Model {
	cfg = cfg.WithDefaults("word")
	cfg.Init = "normal"
	w := newWeights(cfg, data.Vocab.Size())
	w.initialize(cfg, nil)
	if w.norm { // running averages of a training
		for j := range w.h {
			w.mean()[j], w.variance()[j] = float32(j%3)-1, 0.5+float32(j%7)
		}
	}
	return newModel(cfg, data, w, 0)
}

// naive evaluates the examples one by one with the twin.
func naive(m *Model, p corpus.Part, chosen []int) Figures {
	tw := twinOf(m.w)
	var f Figures
	var known, first, top5, lossKnown float64
	for _, i := range chosen {
		context := make([]int32, m.Config.ContextLength)
		p.Context(i, context)
		_, z := tw.ask(context)
		top, sum, rank := slices.Max(z), 0.0, 0
		target := int(p.Target(i))
		for v, x := range z {
			sum += math.Exp(x - top)
			if x > z[target] || x == z[target] && v < target {
				rank++
			}
		}
		loss := math.Log(sum) + top - z[target]
		f.Loss += loss
		f.Examples++
		if target == m.Unknown {
			continue
		}
		known++
		lossKnown += loss
		if rank == 0 {
			first++
		}
		if rank < 5 {
			top5++
		}
	}
	n := float64(f.Examples)
	f.Loss /= n
	f.Perplexity, f.PerplexityKnown = math.Exp(f.Loss), math.Exp(lossKnown/known)
	f.Accuracy, f.Top5, f.UnkShare = first/known, top5/known, (n-known)/n
	return f
}

func closeFigures(t *testing.T, got, want Figures) {
	t.Helper()
	near := func(name string, a, b float64) {
		if math.Abs(a-b) > 2e-6*max(1, math.Abs(b)) {
			t.Errorf("%s = %.9g, want %.9g", name, a, b)
		}
	}
	near("loss", got.Loss, want.Loss)
	near("ln perplexity", math.Log(got.Perplexity), math.Log(want.Perplexity))
	near("ln perplexity of known targets", math.Log(got.PerplexityKnown), math.Log(want.PerplexityKnown))
	near("accuracy", got.Accuracy, want.Accuracy)
	near("top 5", got.Top5, want.Top5)
	near("<unk> share", got.UnkShare, want.UnkShare)
	if got.Examples != want.Examples {
		t.Errorf("%d examples, want %d", got.Examples, want.Examples)
	}
}

// withUnknown opens a text of which a part of the words is left out of the vocabulary.
func withUnknown(t *testing.T) *corpus.Data {
	t.Helper()
	data := openText(t, "word", 200, 60)
	o := data.Options
	o.VocabSize = 150
	data, err := corpus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if data.Vocab.Unk() < 0 {
		t.Fatal("the vocabulary has no <unk>")
	}
	return data
}

// TestEvaluate holds every figure against the twin, for part and sample, and for logits that overflow exp.
func TestEvaluate(t *testing.T) {
	data := withUnknown(t)
	for name, cfg := range map[string]Config{
		"plain":  {EmbeddingDim: 3, HiddenSize: 7, Seed: 1},
		"direct": {EmbeddingDim: 3, HiddenSize: 7, Direct: true, Seed: 1},
		"bare":   {EmbeddingDim: 3, Direct: true, Seed: 1},
		"steep":  {EmbeddingDim: 3, Direct: true, EmbeddingInit: 60, Seed: 1}, // logits of some hundreds
		"relu":   {EmbeddingDim: 3, HiddenSize: 7, Activation: "relu", Seed: 1},
		"norm":   {EmbeddingDim: 3, HiddenSize: 7, Activation: "sigmoid", BatchNorm: true, Seed: 1},
		"onehot": {HiddenSize: 7, Representation: "onehot", Seed: 1},
		"index":  {HiddenSize: 7, Representation: "index", Direct: true, Seed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := untrained(data, cfg)
			all := make([]int, data.Val.Len())
			for i := range all {
				all[i] = i
			}
			got, err := Evaluate(t.Context(), m, data.Val, 0)
			if err != nil {
				t.Fatal(err)
			}
			closeFigures(t, got, naive(m, data.Val, all))
			if got.UnkShare == 0 || got.UnkShare == 1 {
				t.Errorf("share of <unk> = %g tells nothing", got.UnkShare)
			}
			var some []int
			for _, i := range sample(1, data.Val.Len(), 37) {
				some = append(some, int(i))
			}
			got, err = Evaluate(t.Context(), m, data.Val, 37)
			if err != nil {
				t.Fatal(err)
			}
			closeFigures(t, got, naive(m, data.Val, some))
		})
	}
}

// TestEvaluateTies ranks equal logits by index: a model that knows nothing is not right every time.
func TestEvaluateTies(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{HiddenSize: 4})
	clear(m.w.all)
	got, err := Evaluate(t.Context(), m, data.Val, 0)
	if err != nil {
		t.Fatal(err)
	}
	ends, low, known := 0, 0, 0
	for i := range data.Val.Len() {
		target := int(data.Val.Target(i))
		if target == data.Vocab.Unk() {
			continue
		}
		known++
		if target == 0 {
			ends++
		}
		if target < 5 {
			low++
		}
	}
	if want := float64(ends) / float64(known); got.Accuracy != want {
		t.Errorf("accuracy = %g, want %g, the share of symbol 0", got.Accuracy, want)
	}
	if want := float64(low) / float64(known); got.Top5 != want {
		t.Errorf("top 5 = %g, want %g, the share of symbols 0 to 4", got.Top5, want)
	}
	if want := math.Log(float64(data.Vocab.Size())); math.Abs(got.Loss-want) > 1e-12 {
		t.Errorf("loss = %g, want %g", got.Loss, want)
	}
}

func TestEvaluateErrors(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{HiddenSize: 4})
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupt)
	if _, err := Evaluate(ctx, m, data.Val, 0); err != errInterrupt {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Evaluate(t.Context(), m, corpus.Part{}, 0); err == nil || !strings.Contains(err.Error(), "no examples") {
		t.Errorf("nothing to evaluate: %v", err)
	}
	m.w.U[m.w.h] = float32(math.NaN())
	if _, err := Evaluate(t.Context(), m, data.Val, 0); !errors.Is(err, ErrDiverged) {
		t.Errorf("NaN: %v", err)
	}
}

// TestUnknownOnly leaves out the figures of known targets when there are none.
func TestUnknownOnly(t *testing.T) {
	dir := t.TempDir()
	o := corpus.Options{Level: "word", VocabSize: 2, Boundary: "none"} // nothing but <unk> and a boundary that never comes
	for name, p := range map[string]*string{"a": &o.Corpus, "b": &o.ValCorpus, "c": &o.TestCorpus} {
		*p = filepath.Join(dir, name)
		if err := os.WriteFile(*p, []byte("x y z x y\nz y z y z\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := corpus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{}
	cfg := Config{EmbeddingDim: 2, HiddenSize: 2, Steps: 2, BatchSize: 2}.WithDefaults("word")
	if _, err := Train(t.Context(), cfg, data, Session{Dir: t.TempDir(), Observe: w.observe}); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.points {
		if math.IsNaN(p.Value) || strings.HasSuffix(p.Metric, "accuracy") {
			t.Errorf("%+v", p)
		}
	}
}

// TestEvaluateWindows measures the same to the bit whether examples of one context are found in the whole part or in
// windows of it, and where hashes of different contexts are the same.
func TestEvaluateWindows(t *testing.T) {
	data := withUnknown(t)
	m := untrained(data, Config{HiddenSize: 8})
	measure := func(window int) Figures {
		e := newEvaluator(m.w, m.Unknown)
		e.window = window
		f, err := e.part(data.Val, nil, func() error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	want := measure(evaluationWindow)
	for _, window := range []int{1, 7, 130, data.Val.Len() - 1} {
		if got := measure(window); got != want {
			t.Errorf("windows of %d: %+v, want %+v", window, got, want)
		}
	}

	e := newEvaluator(m.w, m.Unknown)
	order := e.byContext(data.Val, nil, 0, data.Val.Len())
	for i := range order {
		order[i].hash = 0
	}
	slices.SortFunc(order, func(a, b place) int { return int(a.example - b.example) })
	var collided tally
	collided.begin(len(order))
	for len(order) > 0 {
		taken, lanes := e.fill(data.Val, order)
		e.measure(lanes, &collided)
		order = order[taken:]
	}
	collided.end()
	if got := collided.figures(); got != want {
		t.Errorf("with one hash for all: %+v, want %+v", got, want)
	}
}

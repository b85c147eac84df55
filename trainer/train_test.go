package trainer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sweep/trainer/corpus"
)

// grammar writes documents of invented words, in which the next word is known from the last one with probability 0.8
// and is any of size words otherwise, the first one included.
func grammar(rng *rand.Rand, size, documents, length int) string {
	var b strings.Builder
	for range documents {
		w := rng.IntN(size)
		for i := range length {
			if i > 0 {
				b.WriteByte(' ')
				if rng.Float64() < 0.8 {
					w = (2*w + 1) % size
				} else {
					w = rng.IntN(size)
				}
			}
			fmt.Fprintf(&b, "w%d", w)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// openText makes a corpus of three texts of the grammar.
func openText(t testing.TB, level string, size, documents int) *corpus.Data {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(1, 2))
	o := corpus.Options{Level: level}
	for i, part := range []struct {
		name *string
		n    int
	}{{&o.Corpus, documents}, {&o.ValCorpus, documents / 5}, {&o.TestCorpus, documents / 5}} {
		*part.name = filepath.Join(dir, fmt.Sprintf("%d.txt", i))
		if err := os.WriteFile(*part.name, []byte(grammar(rng, size, part.n, 9)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := corpus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// watch collects a session's points and can end it.
type watch struct {
	points  []Point // those with a metric, of all sessions
	starts  []int64 // step that each session went on from
	ticks   int
	atPoint func(Point) error // asked at every point
}

func (w *watch) observe(p Point) error {
	if p.Metric == "" {
		w.ticks++
		if w.starts == nil || w.ticks == 1 {
			w.starts = append(w.starts, p.Step)
		}
	} else {
		w.points = append(w.points, p)
	}
	if w.atPoint != nil {
		return w.atPoint(p)
	}
	return nil
}

// values returns the points by what identifies them. A point that was told twice must have been the same.
func (w *watch) values(t *testing.T) map[string]float64 {
	t.Helper()
	m := map[string]float64{}
	for _, p := range w.points {
		key := fmt.Sprintf("%s %d %d %t", p.Metric, p.Step, p.Examples, p.Final)
		if old, ok := m[key]; ok && old != p.Value {
			t.Errorf("%s told as %v and as %v", key, old, p.Value)
		}
		m[key] = p.Value
	}
	return m
}

// sameRun requires two trainings to have told the same points and to have made the same weights.
func sameRun(t *testing.T, got, want *watch, gotModel, wantModel *Model) {
	t.Helper()
	g, w := got.values(t), want.values(t)
	if len(g) != len(w) {
		t.Errorf("%d points, want %d", len(g), len(w))
	}
	for k, v := range w {
		if x, ok := g[k]; !ok || x != v {
			t.Errorf("%s = %v (%t), want %v", k, x, ok, v)
		}
	}
	if a, b := fingerprint(gotModel), fingerprint(wantModel); a != b {
		t.Errorf("weights %s, want %s", a, b)
	}
}

// fastClock is a clock on which a second passes at every look, so that progress is told after every step.
func fastClock() func() time.Time {
	now := time.Unix(0, 0)
	return func() time.Time { now = now.Add(time.Second); return now }
}

// kinds are configurations that between them use everything a training has.
func kinds() map[string]Config {
	base := Config{EmbeddingDim: 4, HiddenSize: 10, BatchSize: 16, Steps: 60, Evaluations: 4, EvalExamples: 100, Seed: 3, LearningRate: 0.02}
	sgd := base
	sgd.Optimizer, sgd.LearningRate, sgd.Schedule, sgd.Warmup = "sgd", 0.3, "linear", 0.1
	sampled := base
	sampled.Loss, sampled.Negatives, sampled.Schedule = "sampled", 12, "cosine"
	dropout := base
	dropout.Dropout, dropout.WeightDecay, dropout.Schedule = 0.3, 0.01, "step"
	best := base
	best.Select, best.LearningRate = "best", 0.3 // so large that the last point is not the best
	direct := base
	direct.Direct, direct.HiddenSize = true, 0
	steep := base
	steep.LearningRate = 100 // so large that perplexities are infinite
	pairs := sampled
	pairs.Precision, pairs.BatchSize = "bf16", 15
	norm := sampled
	norm.BatchNorm, norm.InputDropout, norm.Activation, norm.Select = true, 0.2, "relu", "best"
	onehot := dropout
	onehot.Representation, onehot.Activation = "onehot", "sigmoid"
	binary := base
	binary.Representation, binary.EmbeddingDim = "binary", 8
	momentum, adagrad, mup := base, sampled, sampled
	momentum.Optimizer, momentum.Schedule, momentum.Decay = "momentum", "wsd", 0.5
	adagrad.Optimizer = "adagrad"
	mup.Optimizer, mup.WeightDecay, mup.Parametrization = "adamw", 0.01, "mup"
	snapshots := best
	snapshots.Snapshots, snapshots.ShuffleTargets = true, true
	kinds := map[string]Config{
		"snapshots": snapshots,
		"momentum":  momentum, "adagrad": adagrad, "mup": mup,
		"batch norm": norm, "one-hot": onehot, "binary": binary,
		"sgd": sgd, "adam": base, "sampled": sampled, "dropout": dropout, "best": best, "direct": direct, "steep": steep,
		"bf16": pairs,
	}
	for k, c := range kinds {
		kinds[k] = c.WithDefaults("word")
	}
	return kinds
}

func TestDiverged(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["sgd"]
	cfg.LearningRate, cfg.Warmup, cfg.Direct, cfg.Schedule = 1000, 0, true, "constant"
	cfg.Init, cfg.EmbeddingInit = "normal", 100
	dir := t.TempDir()
	m, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 1, Now: fastClock()})
	if m != nil || !errors.Is(err, ErrDiverged) {
		t.Fatalf("model %v, error %v", m, err)
	}
	if !strings.Contains(err.Error(), "step ") || !strings.Contains(err.Error(), "rate 1000") {
		t.Errorf("error %q names neither step nor rate", err)
	}
	if files := names(t, dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
}

// TestStopped ends a training early from its observer.
func TestStopped(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["adam"], t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Metric == "val/loss" && p.Step >= 30 {
			return fmt.Errorf("enough: %w", ErrStop)
		}
		return nil
	}
	m, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe})
	if err != nil || m == nil || m.Step != 30 {
		t.Fatalf("model %+v, error %v; want one of step 30", m, err)
	}
	if files := names(t, dir); !slices.Equal(files, finishedFiles) {
		t.Errorf("left behind: %v", files)
	}
	final := 0
	for _, p := range w.points {
		if p.Step > 30 {
			t.Errorf("point %+v after the stop", p)
		}
		if p.Final {
			final++
		}
	}
	if final != 13 {
		t.Errorf("%d final figures, want 13", final)
	}
	// Wanted whole, it begins anew: no optimiser's state was kept.
	again, whole := &watch{}, &watch{}
	got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
	if err != nil {
		t.Fatal(err)
	}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	sameRun(t, again, whole, got, want)
}

// TestObserverFails keeps a checkpoint when nobody listens any more.
func TestObserverFails(t *testing.T) {
	data := openText(t, "word", 20, 60)
	dir, full := t.TempDir(), errors.New("disk full")
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Step == 30 && p.Metric == "val/accuracy" {
			return full
		}
		return nil
	}
	if m, err := Train(t.Context(), kinds()["adam"], data, Session{Dir: dir, Observe: w.observe}); m != nil || !errors.Is(err, full) {
		t.Errorf("model %v, error %v", m, err)
	}
	if files := names(t, dir); !slices.Equal(files, []string{"step-000000000030.safetensors"}) {
		t.Errorf("files %v", files)
	}
}

// TestPoints checks what a training tells against what can be worked out otherwise.
func TestPoints(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["adam"]
	cfg.EvalExamples, cfg.BatchSize, cfg.Evaluations = 1<<30, 16, 3
	w := &watch{}
	m, err := Train(t.Context(), cfg, data, Session{Observe: w.observe})
	if err != nil {
		t.Fatal(err)
	}
	got := w.values(t)
	value := func(metric string, step int, final bool) float64 {
		v, ok := got[fmt.Sprintf("%s %d %d %t", metric, step, 16*step, final)]
		if !ok {
			t.Errorf("no %s at step %d (final %t)", metric, step, final)
		}
		return v
	}
	for part, p := range map[string]corpus.Part{"val": data.Val, "test": data.Test} {
		f, err := Evaluate(t.Context(), m, p, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]float64{"loss": f.Loss, "perplexity": f.Perplexity, "accuracy": f.Accuracy, "top5": f.Top5, "unk_share": f.UnkShare, "perplexity_known": f.PerplexityKnown} {
			if v := value(part+"/"+name, 60, true); v != want {
				t.Errorf("final %s/%s = %v, want %v", part, name, v, want)
			}
		}
	}
	if a, b := value("val/loss", 60, false), value("val/loss", 60, true); a != b {
		t.Errorf("with a sample of everything the curve ends at %v and the final figure is %v", a, b)
	}
	f, err := Evaluate(t.Context(), m, data.Train, 0)
	if err != nil || value("train/loss", 60, true) != f.Loss {
		t.Errorf("final train/loss = %v, want %v, %v", value("train/loss", 60, true), f.Loss, err)
	}
	if first, last := value("train/loss", 20, false), value("train/loss", 60, false); !(last < first) || first > 3.2 {
		t.Errorf("train/loss falls from %v to %v", first, last)
	}
	if a, b := value("train/loss", 60, false), value("val/loss", 60, false); math.Abs(a-b) > 0.3 {
		t.Errorf("mean loss of the last steps %v, of the validation part after them %v", a, b)
	}
	if r := value("learning_rate", 40, false); r != 0.02 {
		t.Errorf("learning_rate = %v", r)
	}
	if g := value("grad_norm", 40, false); g <= 0 || g > 10 {
		t.Errorf("grad_norm = %v", g)
	}
	// Adam moves about every weight by about the rate.
	if u := value("update_ratio", 20, false); u < 0.001 || u > 0.2 {
		t.Errorf("update_ratio = %v", u)
	}
	if s := value("saturated", 60, false); s < 0 || s > 0.5 {
		t.Errorf("saturated = %v", s)
	}
	known := map[string]bool{}
	for _, m := range Metrics() {
		known[m] = true
	}
	for _, p := range w.points {
		if !known[p.Metric] {
			t.Errorf("%q is not in Metrics", p.Metric)
		}
	}
}

// TestLearnsGrammar requires a perplexity near the best that any model can have.
func TestLearnsGrammar(t *testing.T) {
	const size = 20
	data := openText(t, "word", size, 3000)
	for _, loss := range []string{"full", "sampled"} {
		cfg := Config{EmbeddingDim: 8, HiddenSize: 32, ContextLength: 2, Loss: loss, Negatives: 10, Steps: 1500, LearningRate: 0.01, Schedule: "linear", Seed: 1}.WithDefaults("word")
		m, err := Train(t.Context(), cfg, data, Session{})
		if err != nil {
			t.Fatal(err)
		}
		f, err := Evaluate(t.Context(), m, data.Test, 0)
		if err != nil {
			t.Fatal(err)
		}
		// Nine words and an end that cannot be foreseen by two words: bounded below by knowing the position.
		p := 0.8 + 0.2/size
		word := -p*math.Log(p) - (1-p)*math.Log(0.2/size)
		least := (math.Log(size) + 8*word) / 10
		// Not knowing it costs the entropy of the end among nine words, about ln(9)/9 at each of them at most.
		most := least + 0.9*(math.Log(9)/9+8./9*math.Log(9./8))
		if f.Loss < least || f.Loss > 1.03*most {
			t.Errorf("%s: loss %.4f, want between %.4f and %.4f", loss, f.Loss, least, most)
		}
	}
}

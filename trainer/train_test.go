package trainer

import (
	"context"
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
	kinds := map[string]Config{"sgd": sgd, "adam": base, "sampled": sampled, "dropout": dropout, "best": best, "direct": direct}
	for k, c := range kinds {
		kinds[k] = c.WithDefaults("word")
	}
	return kinds
}

var errInterrupt = errors.New("interrupted by the test")

// TestInterrupted breaks trainings off at random moments, between steps as in the middle of evaluations, several
// times each, and requires what an unbroken one gives: points, sums, weights.
func TestInterrupted(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for name, cfg := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole := &watch{}
			want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe, Now: fastClock()})
			if err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 7))
			middle := 0
			for range 12 {
				broken, dir := &watch{}, t.TempDir()
				var got *Model
				for got == nil {
					ctx, cancel := context.WithCancelCause(t.Context())
					broken.ticks = 0
					patience := 1 + rng.IntN(90) // looks at the clock of a session
					broken.atPoint = func(p Point) error {
						if p.Metric == "" && broken.ticks == patience {
							cancel(errInterrupt)
						}
						return nil
					}
					got, err = Train(ctx, cfg, data, Session{Dir: dir, Observe: broken.observe, Now: fastClock()})
					if err != nil && err != errInterrupt {
						t.Fatal(err)
					}
					cancel(nil)
				}
				for _, s := range broken.starts {
					if s > 0 && s < int64(cfg.Steps) {
						middle++
					}
				}
				sameRun(t, broken, whole, got, want)
				again := &watch{}
				if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe}); err != nil {
					t.Fatal(err)
				}
				if len(again.points) != len(whole.points) {
					t.Errorf("%d points were kept, want %d", len(again.points), len(whole.points))
				}
			}
			if middle == 0 {
				t.Error("no session went on from the middle")
			}
		})
	}
}

// TestKilled takes what a killed process leaves: the folder as it was at some moment, nothing written at the end.
func TestKilled(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["sampled"]
	whole := &watch{}
	want, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
	if err != nil {
		t.Fatal(err)
	}
	for _, kill := range []int{3, 10, 37, 59, 63} {
		dir, left := t.TempDir(), t.TempDir()
		w := &watch{}
		w.atPoint = func(Point) error {
			if w.ticks == kill {
				if err := os.CopyFS(filepath.Join(left, "copy"), os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				w.ticks++
			}
			return nil
		}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 6 * time.Second, Observe: w.observe, Now: fastClock()}); err != nil {
			t.Fatal(err)
		}
		again, dir := &watch{}, filepath.Join(left, "copy")
		if err := os.WriteFile(filepath.Join(dir, ".step-000000000040.safetensors.part-1"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
		if err != nil {
			t.Fatal(err)
		}
		if kill >= 10 && again.starts[0] == 0 {
			t.Errorf("killed at look %d: it began anew", kill)
		}
		sameRun(t, again, whole, got, want)
		if files := names(t, dir); !slices.Equal(files, []string{"model.safetensors"}) {
			t.Errorf("killed at look %d: left behind %v", kill, files)
		}
	}
}

// TestFinished requires that a training which is done is not done again, but told again.
func TestFinished(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for _, kind := range []string{"adam", "best"} {
		cfg, dir := kinds()[kind], t.TempDir()
		cfg.EvalExamples = 1 << 30 // so that the curve's figures are over the whole part, too
		first, second := &watch{}, &watch{}
		want, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: first.observe, Every: 1, Now: fastClock()})
		if err != nil {
			t.Fatal(err)
		}
		if files := names(t, dir); !slices.Equal(files, []string{"model.safetensors"}) {
			t.Errorf("left behind: %v", files)
		}
		got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: second.observe})
		if err != nil {
			t.Fatal(err)
		}
		if second.starts[0] != int64(cfg.Steps) || second.ticks != 1 {
			t.Errorf("second session started at step %d and told progress %d times", second.starts[0], second.ticks)
		}
		sameRun(t, second, first, got, want)
		loaded, err := Load(filepath.Join(dir, "model.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		sameRun(t, second, first, loaded, want)
		if loaded.Step != want.Step || kind == "best" && loaded.Step == int64(cfg.Steps) {
			t.Errorf("%s: model of step %d, want %d", kind, loaded.Step, want.Step)
		}
		f, err := Evaluate(t.Context(), want, data.Val, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range first.points {
			if p.Metric != "val/loss" {
				continue
			}
			if p.Final && p.Value != f.Loss {
				t.Errorf("%s: final val/loss %v, the model's is %v", kind, p.Value, f.Loss)
			}
			if kind == "best" && (p.Value < f.Loss || !p.Final && p.Step == want.Step && p.Value != f.Loss) {
				t.Errorf("val/loss %v at step %d, the best model's, of step %d, is %v", p.Value, p.Step, want.Step, f.Loss)
			}
		}
		cfg.Seed++ // another training does not take the model over
		third := &watch{}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: third.observe}); err != nil || third.starts[0] != 0 {
			t.Errorf("another seed: %v, started at %d", err, third.starts[0])
		}
	}
}

// names lists a folder.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var s []string
	for _, e := range entries {
		s = append(s, e.Name())
	}
	return s
}

// TestDamagedCheckpoint damages the newest checkpoint, and both, in many ways: the older one is used, or none, and the
// result is the same.
func TestDamagedCheckpoint(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["adam"]
	want, err := Train(t.Context(), cfg, data, Session{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Step == 20 {
			return errInterrupt
		}
		return nil
	}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Every: 1, Observe: w.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	files := names(t, dir)
	if want := []string{"step-000000000019.safetensors", "step-000000000020.safetensors"}; !slices.Equal(files, want) {
		t.Fatalf("checkpoints %v, want %v", files, want)
	}
	whole := map[string][]byte{}
	for _, f := range files {
		if whole[f], err = os.ReadFile(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	newest := whole[files[1]]
	damaged := map[string][]byte{"empty": nil, "other trial's": nil}
	rng := rand.New(rand.NewPCG(8, 8))
	for i := range 16 {
		damaged[fmt.Sprint("cut ", i)] = newest[:i*len(newest)/16]
		flipped := slices.Clone(newest)
		flipped[rng.IntN(len(newest))] ^= 1 << rng.IntN(8)
		damaged[fmt.Sprint("flipped ", i)] = flipped
	}
	other := t.TempDir()
	otherCfg := cfg
	otherCfg.Seed++
	w.points = nil
	if _, err := Train(t.Context(), otherCfg, data, Session{Dir: other, Observe: w.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
	if damaged["other trial's"], err = os.ReadFile(filepath.Join(other, files[1])); err != nil {
		t.Fatal(err)
	}
	for name, bytes := range damaged {
		for _, both := range []bool{false, true} {
			dir := t.TempDir()
			put := func(f string, b []byte) {
				if err := os.WriteFile(filepath.Join(dir, f), b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			put(files[1], bytes)
			from := int64(19)
			put(files[0], whole[files[0]])
			if both {
				from = 0
				put(files[0], bytes)
			}
			again := &watch{}
			got, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: again.observe})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again.starts[0] != from {
				t.Errorf("%s: went on from %d, want %d", name, again.starts[0], from)
			}
			if a, b := fingerprint(got), fingerprint(want); a != b {
				t.Errorf("%s: weights %s, want %s", name, a, b)
			}
		}
	}
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
	if files := names(t, dir); !slices.Equal(files, []string{"model.safetensors"}) {
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

// TestObserverFailsAtEnd breaks off between the final figures: the next session tells each once.
func TestObserverFailsAtEnd(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg, dir := kinds()["adam"], t.TempDir()
	w := &watch{}
	w.atPoint = func(p Point) error {
		if p.Final && p.Metric == "val/top5" {
			return errInterrupt
		}
		return nil
	}
	if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe}); !errors.Is(err, errInterrupt) {
		t.Fatal(err)
	}
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
	if again.starts[0] != int64(cfg.Steps) || len(again.points) != len(whole.points) {
		t.Errorf("from step %d, %d points; want step %d and %d", again.starts[0], len(again.points), cfg.Steps, len(whole.points))
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

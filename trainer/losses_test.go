package trainer

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// finishedFiles are what a training leaves in its folder.
var finishedFiles = []string{lossesFile, modelFile}

// leftOver lists what a finished training of a configuration leaves in its folder.
func leftOver(cfg Config) []string {
	if cfg.Extends() {
		return append([]string{lastFile}, finishedFiles...)
	}
	return finishedFiles
}

// TestLosses has the losses of every target beside the model, in the order of the examples, whatever the windows and
// panels were, and after a break as without one.
func TestLosses(t *testing.T) {
	data, cfg, dir := openText(t, "word", 20, 60), kinds()["best"], t.TempDir()
	m, err := Train(t.Context(), cfg, data, Session{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	got, err := LoadLosses(LossesFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got.SplitHash != data.SplitHash || got.VocabHash != data.VocabHash {
		t.Errorf("losses of split %s, vocabulary %s", got.SplitHash, got.VocabHash)
	}
	if len(got.Val) != data.Val.Len() || len(got.Test) != data.Test.Len() {
		t.Fatalf("%d and %d losses, want %d and %d", len(got.Val), len(got.Test), data.Val.Len(), data.Test.Len())
	}
	context := make([]int32, cfg.ContextLength)
	for i, loss := range got.Val {
		data.Val.Context(i, context)
		if want := -math.Log(m.Probabilities(context)[data.Val.Target(i)]); math.Abs(float64(loss)-want) > 1e-4 {
			t.Fatalf("target %d: loss %g, want %g", i, loss, want)
		}
	}
	again, err := LossesOf(t.Context(), m, data)
	if err != nil || !slices.Equal(again.Val, got.Val) || !slices.Equal(again.Test, got.Test) {
		t.Errorf("judged again: other losses, %v", err)
	}
	e := newEvaluator(m.w, m.Unknown)
	e.window = 7
	var windows []float32
	e.each = &windows
	if _, err := e.part(data.Val, nil, func() error { return nil }); err != nil || !slices.Equal(windows, got.Val) {
		t.Errorf("in windows of 7: other losses, %v", err)
	}
}

func TestLossesMissingOrDamaged(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadLosses(LossesFile(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := SaveLosses(LossesFile(dir), Losses{"s", "v", []float32{1, float32(math.NaN())}, nil}); err != nil {
		t.Fatal(err)
	}
	l, err := LoadLosses(LossesFile(dir))
	if err != nil || l.SplitHash != "s" || l.VocabHash != "v" || len(l.Val) != 2 || l.Val[0] != 1 || len(l.Test) != 0 {
		t.Errorf("read back %+v, %v", l, err)
	}
	b, err := os.ReadFile(LossesFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"short": b[:len(b)-3], "empty": nil} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadLosses(file); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m := untrained(openText(t, "word", 20, 60), Config{HiddenSize: 4})
	file := filepath.Join(dir, "model.safetensors")
	if err := Save(file, m); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadLosses(file); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a model taken for losses: %v", err)
	}
}

// TestTallyNeverSticks adds as many losses as a long corpus has: a float32 sum would stand still at 2^24 times the
// addend or so.
func TestTallyNeverSticks(t *testing.T) {
	const window, windows = 1 << 16, 1 << 11 // 2^27 examples
	var sum tally
	sum.begin(window)
	for i := range sum.judged {
		sum.judged[i] = verdict{loss: 4 + float64(i%7)/8, known: true}
	}
	single := float32(0)
	for range windows {
		sum.begin(window)
		sum.end()
		for _, v := range sum.judged {
			single += float32(v.loss)
		}
	}
	want := 0.0
	for _, v := range sum.judged {
		want += v.loss / window
	}
	sum.known = sum.n
	if f := sum.figures(); f.Examples != window*windows || math.Abs(f.Loss-want) > 1e-9 {
		t.Errorf("mean of %d losses %.12g, want %.12g", f.Examples, f.Loss, want)
	}
	if got := float64(single) / (window * windows); math.Abs(got-want) < 0.1 {
		t.Errorf("the float32 sum, %g, did not stick: the test shows nothing", got)
	}
}

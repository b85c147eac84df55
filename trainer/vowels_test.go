package trainer

import (
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sweep/trainer/corpus"
)

func TestVowelRatio(t *testing.T) {
	// On a line: vowels at 0, 1, 2, 3, 4, the consonants b at 10 and c at 20, and what is no letter anywhere.
	symbols := strings.Fields(". c u a b e i o A é")
	row := func(x ...float32) [][]float32 {
		var t [][]float32
		for _, v := range x {
			t = append(t, []float32{v, 7})
		}
		return t
	}
	table := row(1000, 20, 4, 0, 10, 1, 2, 3, -500, 900)
	vowels := (4*1 + 3*2 + 2*3 + 1*4) / 10.0
	all := (20 + (10 + 9 + 8 + 7 + 6) + (20 + 19 + 18 + 17 + 16) + 10) / 21.0
	got, ok := VowelRatio(symbols, table)
	if !ok || math.Abs(got-vowels/all) > 1e-15 {
		t.Errorf("ratio %v (%t), want %v", got, ok, vowels/all)
	}
	for name, c := range map[string]struct {
		symbols []string
		table   [][]float32
	}{
		"without u":         {strings.Fields("a e i o b c"), row(1, 2, 3, 4, 5, 6)},
		"without consonant": {strings.Fields("a e i o u ."), row(1, 2, 3, 4, 5, 6)},
		"in one place":      {strings.Fields("a e i o u b"), row(1, 1, 1, 1, 1, 1)},
		"nothing":           {nil, nil},
	} {
		if r, ok := VowelRatio(c.symbols, c.table); ok {
			t.Errorf("%s: ratio %v", name, r)
		}
	}
}

// TestVowelPoints finds the ratio in the curve, at early steps, and at the end, for learned embeddings of characters and
// for nothing else; a broken training tells the same.
func TestVowelPoints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(file, []byte(strings.Repeat("anna\nbob\neli\nuno\noda\n", 20)), 0o644); err != nil {
		t.Fatal(err)
	}
	points := func(level string, cfg Config, session Session) (map[int64]float64, *Model) {
		t.Helper()
		data, err := corpus.Open(t.Context(), corpus.Options{Corpus: file, Level: level})
		if err != nil {
			t.Fatal(err)
		}
		w := &watch{}
		w.atPoint, session.Observe = session.Observe, w.observe
		m, err := Train(t.Context(), cfg.WithDefaults(level), data, session)
		if err != nil && !errors.Is(err, errInterrupt) {
			t.Fatal(err)
		}
		got := map[int64]float64{}
		for _, p := range w.points {
			if p.Metric != MetricVowels {
				continue
			}
			at := p.Step
			if p.Final {
				at = -1
			}
			if _, twice := got[at]; twice {
				t.Errorf("step %d told twice", at)
			}
			got[at] = p.Value
		}
		return got, m
	}
	cfg := Config{EmbeddingDim: 3, HiddenSize: 8, Steps: 40, Evaluations: 2, Seed: 1, LearningRate: 0.05, Snapshots: true, Select: "best"}
	dir := t.TempDir()
	got, m := points("char", cfg, Session{Dir: dir})
	shots, err := Snapshots(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shots {
		if s.Step == 4 {
			continue // a tenth of the steps is neither
		}
		if want, ok := VowelRatio(m.Symbols, s.C); !ok || got[s.Step] != want {
			t.Errorf("step %d: ratio %v, want %v", s.Step, got[s.Step], want)
		}
	}
	if want, ok := VowelRatio(m.Symbols, m.Embeddings()); !ok || got[-1] != want {
		t.Errorf("ratio at the end %v, want %v", got[-1], want)
	}
	steps := slices.Sorted(maps.Keys(got))
	if want := []int64{-1, 0, 1, 2, 5, 10, 20, 40}; !slices.Equal(steps, want) {
		t.Errorf("told at %v, want %v", steps, want)
	}
	if again, _ := points("char", cfg, Session{Dir: dir}); !maps.Equal(again, got) {
		t.Errorf("told again: %v", again)
	}
	for _, step := range []int64{0, 2, 20, 40} {
		dir := t.TempDir()
		points("char", cfg, Session{Dir: dir, Observe: func(p Point) error {
			if p.Metric == MetricVowels && p.Step == step {
				return errInterrupt
			}
			return nil
		}})
		if again, _ := points("char", cfg, Session{Dir: dir}); !maps.Equal(again, got) {
			t.Errorf("broken off at step %d: %v, want %v", step, again, got)
		}
	}
	for _, fixed := range []string{"binary", "onehot", "index", "random"} {
		c := cfg
		c.Representation, c.EmbeddingDim, c.Snapshots = fixed, 5, false
		if got, _ := points("char", c, Session{}); len(got) > 0 {
			t.Errorf("%s: ratios %v", fixed, got)
		}
	}
	if got, _ := points("word", cfg, Session{}); len(got) > 0 {
		t.Errorf("of words: ratios %v", got)
	}
	if !slices.Contains(Metrics(), MetricVowels) {
		t.Error("no metric of this name is listed")
	}
}

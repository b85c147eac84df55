package nplm

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/trainer"
	"sweep/trainer/corpus"
)

// writer trains a little on six names, and returns the model with the file of its text.
func writer(t *testing.T) (*trainer.Model, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "names")
	if err := os.WriteFile(file, []byte(strings.Repeat("ann\nbo\nann\nlu\nbo\n", 20)), 0o644); err != nil {
		t.Fatal(err)
	}
	data, err := corpus.Open(t.Context(), corpus.Options{Corpus: file, Level: corpus.Char})
	if err != nil {
		t.Fatal(err)
	}
	m, err := trainer.Train(t.Context(), trainer.Config{EmbeddingDim: 2, HiddenSize: 6, Steps: 300, Evaluations: 1, LearningRate: 0.02}.WithDefaults(corpus.Char), data, trainer.Session{})
	if err != nil {
		t.Fatal(err)
	}
	return m, file
}

func TestTexts(t *testing.T) {
	m, file := writer(t)
	texts, err := WriteSome(t.Context(), m, 1)
	if err != nil || len(texts) != mostTexts {
		t.Fatalf("%d texts of a tiny model, %v", len(texts), err)
	}
	for i := range 20 {
		if again := Write(m, 1, i, trainer.SampleOptions{MaxLen: longestText}); again.Text != texts[i].Text {
			t.Errorf("text %d is %q alone and %q among others", i, again.Text, texts[i].Text)
		}
	}
	train, err := TrainingPart(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := Compare(texts, train)
	known, repeated, seen := 0, 0, map[string]bool{}
	for i, x := range texts {
		want := x.Ended && (x.Text == "ann" || x.Text == "bo" || x.Text == "lu")
		if x.Known != want || x.Repeated != seen[x.Text] {
			t.Errorf("text %d, %q: known %t, repeated %t", i, x.Text, x.Known, x.Repeated)
		}
		if x.Known {
			known++
		}
		if x.Repeated {
			repeated++
		}
		seen[x.Text] = true
	}
	if got != (Novelty{mostTexts, known, repeated}) || known < mostTexts/2 || known == mostTexts {
		t.Errorf("%+v, want %d known, %d repeated", got, known, repeated)
	}
	cut := []Text{{Symbols: texts[0].Symbols}}
	if n := Compare(cut, train); n.Known != 0 {
		t.Error("a text that was cut off passed for a document")
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("other\n", 50)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := TrainingPart(t.Context(), m); err == nil || !strings.Contains(err.Error(), "has changed") {
		t.Errorf("another text: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := TrainingPart(t.Context(), m); err == nil {
		t.Error("no text, no error")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := WriteSome(ctx, m, 1); !errors.Is(err, stop) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestShort(t *testing.T) {
	of := func(length int, ended bool) Text { return Text{Symbols: make([]int32, length), Ended: ended} }
	for _, tt := range []struct {
		texts []Text
		want  bool
	}{
		{[]Text{of(6, true), of(7, true), of(23, true)}, true},
		{[]Text{of(6, true), of(40, true)}, false},
		{[]Text{of(1, false), of(1, false), of(1, true)}, false},
		{nil, false},
	} {
		if got := Short(tt.texts); got != tt.want {
			t.Errorf("%v: short %t", tt.texts, got)
		}
	}
}

package reports

import (
	"strings"
	"testing"

	"sweep/results"
)

// A text from a known language has its floor in the pictures and in words; what knows the language is no rival.
func TestEntropyFloor(t *testing.T) {
	in := hiddenSweep(3)
	in.Baselines = append(in.Baselines,
		results.Baseline{Model: "entropy", OrderN: 4, ValLoss: point(4.7), ValPerplexity: point(110), TestPerplexity: point(109)},
		results.Baseline{Model: "class", OrderN: 4, Parameters: 1171, ValLoss: point(4.71), ValPerplexity: point(111), TestPerplexity: point(110)})
	s := newStudyOf(in)
	labels := map[string]bool{}
	for _, r := range s.references() {
		labels[r.label] = true
	}
	if !labels["entropy floor"] || !labels["class 4-gram"] {
		t.Errorf("pictures draw %v", labels)
	}
	text := strings.Join(s.against(), " ")
	for _, want := range []string{"nobody can go, is 110", "the class 4-gram, which is given the classes", "% worse)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in: %s", want, text)
		}
	}
	if strings.Contains(text, "the best count model on this text, entropy") || strings.Contains(text, "the best count model on this text, class") {
		t.Errorf("a model that knows the language is a rival: %s", text)
	}
	for _, f := range figures(in, nil) {
		if caption := strings.Join(f.Caption, " "); f.Name == "effect-hidden_size" && !strings.Contains(caption, "its entropy is the floor") {
			t.Errorf("caption of %s: %s", f.Name, caption)
		}
	}
}

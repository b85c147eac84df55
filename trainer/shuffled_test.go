package trainer

import (
	"math"
	"slices"
	"testing"
)

func TestShuffledTargets(t *testing.T) {
	data := openText(t, "word", 20, 300)
	p := data.Train
	got := shuffledTargets(3, p)
	own := make([]int32, p.Len())
	same := 0
	for i := range own {
		own[i] = p.Target(i)
		if own[i] == got[i] {
			same++
		}
	}
	// A target that fell on one like it: as often as frequencies say, give or take.
	chance := 0.0
	for v := range data.Vocab.Size() {
		q := float64(data.Vocab.Count(v)) / float64(len(own))
		chance += q * q
	}
	n := float64(len(own))
	if math.Abs(float64(same)-n*chance) > 4*math.Sqrt(n*chance) {
		t.Errorf("%d of %d targets stayed what they were, want about %.0f", same, len(own), n*chance)
	}
	if !slices.Equal(got, shuffledTargets(3, p)) || slices.Equal(got, shuffledTargets(4, p)) {
		t.Error("the order must depend on the seed, and on nothing else")
	}
	slices.Sort(got)
	slices.Sort(own)
	if !slices.Equal(got, own) {
		t.Error("other targets than those of the part")
	}
}

// TestTrainShuffled learns the frequencies and nothing else, of a text in which the last word nearly tells the next. The
// loss on the training part is that on the targets that were trained on; the validation part is as it was.
func TestTrainShuffled(t *testing.T) {
	data := openText(t, "word", 20, 300)
	entropy := 0.0
	for v := range data.Vocab.Size() {
		if n := data.Vocab.Count(v); n > 0 {
			q := float64(n) / float64(data.Train.Len())
			entropy -= q * math.Log(q)
		}
	}
	loss := map[bool]map[string]float64{}
	for _, shuffle := range []bool{false, true} {
		cfg := Config{EmbeddingDim: 8, HiddenSize: 30, Steps: 600, BatchSize: 32, LearningRate: 0.005, Evaluations: 1, Seed: 5, ShuffleTargets: shuffle}
		w := &watch{}
		m, err := Train(t.Context(), cfg.WithDefaults("word"), data, Session{Observe: w.observe})
		if err != nil {
			t.Fatal(err)
		}
		loss[shuffle] = map[string]float64{}
		for _, p := range w.points {
			if p.Final {
				loss[shuffle][p.Metric] = p.Value
			}
		}
		f, err := Evaluate(t.Context(), m, data.Val, 0)
		if err != nil || f.Loss != loss[shuffle]["val/loss"] {
			t.Errorf("validation loss %g, the part's own targets give %g, %v", loss[shuffle]["val/loss"], f.Loss, err)
		}
		if f, err = Evaluate(t.Context(), m, data.Train, 0); err != nil || (f.Loss != loss[shuffle]["train/loss"]) != shuffle {
			t.Errorf("shuffled %t: training loss %g, the part's own targets give %g, %v", shuffle, loss[shuffle]["train/loss"], f.Loss, err)
		}
	}
	if v := loss[false]["val/loss"]; v > entropy-0.5 {
		t.Errorf("loss %.3f with the targets in their places, nothing but frequencies %.3f: not learned", v, entropy)
	}
	if v := loss[true]["val/loss"]; v < entropy-0.05 {
		t.Errorf("loss %.3f with targets shuffled is under that of frequencies, %.3f", v, entropy)
	}
	if v := loss[true]["train/loss"]; v > entropy {
		t.Errorf("loss %.3f on the shuffled targets, frequencies give %.3f", v, entropy)
	}
}

package trainer

import (
	"math"
	"testing"

	"sweep/trainer/corpus"
	"sweep/trainer/ngram"
)

// A network that sees three words comes within 3 % of the entropy of a language of 500 words, of which no n-gram model
// that does not know the classes comes within 20 %.
func TestNearTheEntropy(t *testing.T) {
	if testing.Short() {
		t.Skip("trains 9,000 steps")
	}
	data, err := corpus.Open(t.Context(), corpus.Options{Corpus: corpus.Synthetic, VocabSize: 500, SyntheticTokens: 500_000})
	if err != nil {
		t.Fatal(err)
	}
	l, _ := data.Language()
	perplexity := func(m ngram.Model) float64 {
		f, err := ngram.Evaluate(t.Context(), m, data.Val, data.Vocab.Unk())
		if err != nil {
			t.Fatal(err)
		}
		return f.Perplexity
	}
	floor, counts := perplexity(ngram.Entropy(ngram.LawOf(l))), perplexity(ngram.KneserNey(data.Train, data.Vocab.Size(), 4))
	cfg := Config{
		EmbeddingDim: 20, HiddenSize: 50, EmbeddingInit: 0.03, Loss: "sampled", Negatives: 128, LearningRate: 4e-3,
		Schedule: "linear", Warmup: 0.02, Epochs: 2, Evaluations: 1, EvalExamples: 1000, Seed: 1,
	}.WithDefaults("word")
	final := math.NaN()
	if _, err := Train(t.Context(), cfg, data, Session{Observe: func(p Point) error {
		if p.Final && p.Metric == "val/perplexity" {
			final = p.Value
		}
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	t.Logf("entropy %.2f, network %.2f, Kneser-Ney %.2f", floor, final, counts)
	if !(final < 1.03*floor) {
		t.Errorf("perplexity %.2f, the entropy's is %.2f", final, floor)
	}
	if final < floor*0.995 {
		t.Errorf("perplexity %.2f is under the entropy's, %.2f", final, floor)
	}
	if counts < 1.2*floor {
		t.Errorf("Kneser-Ney comes to %.2f by itself", counts)
	}
}

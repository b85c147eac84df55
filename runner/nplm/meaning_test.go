package nplm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/trainer"
	"sweep/trainer/corpus"
	"sweep/trainer/embeddings"
)

// textOfKinds is a text in which a word's kind alone tells what follows, of words of every frequency.
func textOfKinds(t *testing.T, words int) *corpus.Data {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	for range 4000 {
		r := rng.IntN(words)
		if rng.IntN(2) == 0 {
			r = rng.IntN(r + 1) // some more frequent than others
		}
		fmt.Fprintf(&b, "w%d verb%d .\n", r, r%4)
	}
	name := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(name, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	d, err := corpus.Open(t.Context(), corpus.Options{Corpus: name})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func trained(t *testing.T, d *corpus.Data, seed uint64, steps int) *trainer.Model {
	t.Helper()
	m, err := trainer.Train(t.Context(), trainer.Config{
		ContextLength: 1, EmbeddingDim: 6, EmbeddingInit: 0.05, HiddenSize: 16, Steps: steps, BatchSize: 64, LearningRate: 0.02,
		Evaluations: 1, EvalExamples: 100, Seed: seed,
	}.WithDefaults(corpus.Word), d, trainer.Session{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSubstitute(t *testing.T) {
	d := textOfKinds(t, 60)
	m := trained(t, d, 1, 1500)
	s, err := Substitute(t.Context(), m, d, 300, 7)
	if err != nil {
		t.Fatal(err)
	}
	// A neighbour of a noun is of the same kind and costs nothing; three of four random words are of another. The full
	// stop has no like.
	if s.Contexts != 300 || s.Words < 20 || s.Nearest.Mean > s.Random.Mean/2 || s.Difference.Low < 0.5 ||
		math.Abs(s.Random.Mean-s.Nearest.Mean-s.Difference.Mean) > 1e-9 || !(s.Difference.Low < s.Difference.Mean && s.Difference.Mean < s.Difference.High) {
		t.Errorf("%+v", s)
	}
	if again, err := Substitute(t.Context(), m, d, 300, 7); err != nil || again != s {
		t.Errorf("again: %+v, %v", again, err)
	}
	if other, err := Substitute(t.Context(), m, d, 300, 8); err != nil || other == s {
		t.Errorf("another seed: the same; %v", err)
	}
	if all, err := Substitute(t.Context(), m, d, 100_000, 7); err != nil || all.Contexts > d.Val.Len() {
		t.Errorf("more than there are: %+v, %v", all, err)
	}
	// By hand: the contexts are those of the part, one word changed, and what stands in is as frequent.
	x, err := newSubstitutes(m, d, 7)
	if err != nil {
		t.Fatal(err)
	}
	x.draw(d.Val, 300)
	for i, w := range x.words {
		if int(x.plain[i]) != w || x.nearest[i] == x.plain[i] || x.random[i] == x.plain[i] || x.random[i] == x.nearest[i] {
			t.Fatalf("context %d: %d, nearest %d, random %d for word %d", i, x.plain[i], x.nearest[i], x.random[i], w)
		}
		r := x.rank[w]
		if apart := x.rank[int(x.random[i])] - r; apart > max(5, r/10) || -apart > max(5, r/10) {
			t.Errorf("rank %d is replaced by one %d apart", r, apart)
		}
	}
}

func TestLikeness(t *testing.T) {
	d := textOfKinds(t, 60)
	var tables []*embeddings.Table
	for seed := range 3 {
		w, ok := Words(trained(t, d, uint64(seed), 1500))
		if !ok {
			t.Fatal("no embeddings")
		}
		tables = append(tables, w)
	}
	alike := [][2]string{{"w8", "w12"}, {"w21", "w29"}, {"W30", "w42"}}
	pairs := Askable(tables[0], d, append(alike, [2]string{"w1", "lion"}))
	if len(pairs) != 2 { // W30 is another word in this text
		t.Fatalf("pairs %v", pairs)
	}
	alike[2][0] = "w30"
	if pairs = Askable(tables[0], d, alike); len(pairs) != 3 {
		t.Fatalf("pairs %v", pairs)
	}
	l, err := MeasureLikeness(t.Context(), tables, d, pairs)
	if err != nil {
		t.Fatal(err)
	}
	if l.P > 0.05 || l.All.Mean < 0.85 || !(l.All.Low <= l.All.Mean && l.All.Mean <= l.All.High) || l.Replicates != 3 || l.Tokens != d.Train.Len() {
		t.Errorf("of one kind: %+v", l)
	}
	for _, p := range l.Pairs {
		i, _ := d.Vocab.Index(p.A)
		if p.CountA != d.Vocab.Count(i) || p.Each.Mean < 0.7 || p.RandomLow > 0.3 || p.RandomHigh < 0.7 {
			t.Errorf("%+v", p)
		}
	}
	apart, err := MeasureLikeness(t.Context(), tables, d, [][2]string{{"w8", "w13"}, {"w21", "w30"}})
	if err != nil || apart.P < 0.1 || apart.All.Mean > 0.7 {
		t.Errorf("of different kinds: %+v, %v", apart, err)
	}
	if last := apart.Sentences()[2]; !strings.Contains(last, "do not show that w8 and w13 are alike, nor w21 and w30") {
		t.Errorf("of different kinds: %s", last)
	}
	if _, err := MeasureLikeness(t.Context(), tables, d, [][2]string{{"w8", "lion"}}); err == nil || !strings.Contains(err.Error(), `"lion"`) {
		t.Errorf("an unknown word: %v", err)
	}
}

func TestLikenessSentences(t *testing.T) {
	pair := func(p float64) PairLikeness {
		return PairLikeness{A: "cat", B: "dog", CountA: 17, CountB: 67, Each: Effect{0.9, 0.85, 1.02}, P: p}
	}
	for _, c := range []struct {
		l    Likeness
		want []string
	}{
		{Likeness{}, nil},
		{Likeness{Pairs: []PairLikeness{pair(0.001)}, Tokens: 980_000}, []string{
			"cat (17 times in training) and dog (67) are nearer to each other than to 90.0 % [85.0, 100.0] of the words about as frequent; random pairs are so near with p = 0.001."}},
		{Likeness{Pairs: []PairLikeness{pair(0.01), pair(0.02)}, Tokens: 980_000, P: 0.002}, []string{
			"", "", "All 2 pairs are nearer than chance puts them, after 0.98 million training symbols (together p = 0.002)."}},
		{Likeness{Pairs: []PairLikeness{pair(0.01), pair(0.2)}, Tokens: 9000, P: 0.02}, []string{
			"", "", "9000 training symbols do not show that cat and dog are alike: random pairs are as near too often. Together the 2 pairs are nearer than chance puts them (p = 0.020)."}},
		{Likeness{Pairs: []PairLikeness{pair(0.2)}, Tokens: 1_200_000, P: 0.2}, []string{
			"", "1.2 million training symbols do not show that cat and dog are alike: random pairs are as near too often."}},
	} {
		got := c.l.Sentences()
		if len(got) != len(c.want) {
			t.Errorf("%v", got)
			continue
		}
		for i, w := range c.want {
			if w != "" && got[i] != w {
				t.Errorf("%s, want %s", got[i], w)
			}
		}
	}
}

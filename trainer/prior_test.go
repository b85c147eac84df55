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

	"sweep/trainer/corpus"
)

// vectorFile writes vectors of dim numbers for some words, in GloVe's form, and returns the file.
func vectorFile(t testing.TB, dim int, words ...string) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(6, uint64(dim)))
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w)
		for range dim {
			fmt.Fprintf(&b, " %d.25", rng.IntN(41)-20)
		}
		b.WriteByte('\n')
	}
	file := filepath.Join(t.TempDir(), "vectors.txt")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// someWords are words of openText's grammar.
func someWords(n int) []string {
	var words []string
	for i := range n {
		words = append(words, fmt.Sprintf("w%d", 2*i))
	}
	return words
}

// openWords makes a corpus of one text.
func openWords(t *testing.T, text string) *corpus.Data {
	t.Helper()
	file := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	data, err := corpus.Open(t.Context(), corpus.Options{Corpus: file, ValCorpus: file, TestCorpus: file, MinCount: 2})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReadPrior matches symbols as they are first, then in lower case; the boundary and <unk> only as they are.
func TestReadPrior(t *testing.T) {
	data := openWords(t, strings.Repeat("The Cat and the DOG saw THE\n", 3)+"rare\n")
	prior := func(words ...string) (*Prior, error) {
		return ReadPrior(t.Context(), Config{InitVectors: vectorFile(t, 3, words...)}, data)
	}
	covered := func(p *Prior) string {
		var out []string
		for _, i := range p.Covered {
			out = append(out, data.Vocab.Symbol(int(i)))
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	p, err := prior("the", "The", "cat", "dog", "Saw", "the", "other")
	if err != nil {
		t.Fatal(err)
	}
	if got := covered(p); got != "Cat DOG THE The the" {
		t.Errorf("covered are %s", got)
	}
	if want := 5.0 / float64(data.Vocab.Size()); p.Symbols != want {
		t.Errorf("%g of the symbols, want %g", p.Symbols, want)
	}
	if want := 15.0 / 26; p.Tokens != want { // 3 lines of 7 words and an end, and one of <unk> and an end
		t.Errorf("%g of the tokens, want %g", p.Tokens, want)
	}
	if p.Words != 7 || p.Repeated != 1 || p.Dim != 3 || p.Format != "GloVe text" {
		t.Errorf("%+v", p)
	}
	row := func(word string) []float32 {
		i, _ := data.Vocab.Index(word)
		return p.rows[3*slices.Index(p.Covered, int32(i)):][:3]
	}
	if slices.Equal(row("The"), row("the")) || !slices.Equal(row("THE"), row("the")) {
		t.Errorf("The %v, THE %v, the %v", row("The"), row("THE"), row("the"))
	}
	if p, err = prior("</s>", "<unk>"); err != nil || covered(p) != "</s> <unk>" {
		t.Errorf("%v: %v", p, err)
	}
	p, err = prior("</S>", "<UNK>", "unk")
	if e := (*ConfigError)(nil); !errors.As(err, &e) || e.Parameter != "init_vectors" || !strings.Contains(e.Message, "covers none of the 9 symbols (GloVe text, words: 3)") {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := ReadPrior(t.Context(), Config{}, data); p != nil || err != nil {
		t.Errorf("no vectors are named: %v, %v", p, err)
	}
	_, err = ReadPrior(t.Context(), Config{InitVectors: "nowhere.vec"}, data)
	if e := (*ConfigError)(nil); !errors.As(err, &e) || e.Parameter != "init_vectors" || !strings.Contains(e.Message, `no file "nowhere.vec"`) {
		t.Errorf("no such file: %v", err)
	}
}

// TestVectorsConfig refuses vectors where they are no use.
func TestVectorsConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{
		{Config{InitVectors: "none"}, ""},
		{Config{InitVectors: "features", Freeze: true}, ""},
		{Config{InitVectors: "features", Representation: "pretrained"}, ""},
		{Config{Freeze: true}, "freeze: there is nothing to freeze"},
		{Config{InitVectors: "none", Freeze: true}, "freeze: there is nothing to freeze"},
		{Config{Representation: "pretrained"}, "representation: pretrained needs vectors"},
		{Config{Representation: "binary", InitVectors: "features"}, "init_vectors: with representation: binary there is no table"},
	} {
		err := c.cfg.WithDefaults("word").Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.cfg, err, c.want)
		}
	}
	c := Config{InitVectors: "features", Representation: "pretrained", EmbeddingDim: 10, HiddenSize: 20}.WithDefaults("word")
	fixed := c.ParameterCount(100)
	c.Representation = "learned"
	if !c.Freeze || c.Frozen(100) != 1000 || fixed != c.ParameterCount(100)-1000 || c.Frozen(7) != 70 {
		t.Errorf("freeze %t, %d frozen, %d of %d parameters", c.Freeze, c.Frozen(100), fixed, c.ParameterCount(100))
	}
	if c.Freeze = false; c.Frozen(7) != 0 {
		t.Error("rows that are trained further are frozen")
	}
}

// tables returns the table before the first step of a training without and with vectors.
func tables(t *testing.T, cfg Config, data *corpus.Data) (random, informed [][]float32, p *Prior) {
	t.Helper()
	p, err := ReadPrior(t.Context(), cfg, data)
	if err != nil {
		t.Fatal(err)
	}
	with, err := newTraining(cfg, data, Session{Prior: p})
	if err != nil {
		t.Fatal(err)
	}
	plain := cfg
	plain.InitVectors, plain.Freeze, plain.Representation = "", false, "learned"
	without, err := newTraining(plain, data, Session{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(with.w.H, without.w.H) || !slices.Equal(with.w.U, without.w.U) {
		t.Error("vectors have changed other weights than the table")
	}
	return (&Model{w: without.w}).Embeddings(), (&Model{w: with.w}).Embeddings(), p
}

// TestPriorStart: rows that the file covers start with its numbers and the spread asked for, and nothing else changes.
func TestPriorStart(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for _, c := range []struct{ dim, width, filled int }{{8, 8, 8}, {8, 12, 8}, {50, 6, 6}, {50, 12, 7}} {
		t.Run(fmt.Sprintf("%d to %d", c.dim, c.width), func(t *testing.T) {
			cfg := Config{EmbeddingDim: c.width, Seed: 3, Steps: 1, InitVectors: vectorFile(t, c.dim, append(someWords(8), "w1000", "W3")...)}.WithDefaults("word")
			random, informed, p := tables(t, cfg, data)
			sum, squares, n := 0.0, 0.0, 0.0
			for i := range random {
				start := 0
				if slices.Contains(p.Covered, int32(i)) {
					start = c.filled
					for k, x := range informed[i][:start] {
						if x == random[i][k] {
							t.Errorf("%s[%d] is %g as without the file", data.Vocab.Symbol(i), k, x)
						}
						sum, squares, n = sum+float64(x), squares+float64(x)*float64(x), n+1
					}
				}
				if !slices.Equal(informed[i][start:], random[i][start:]) {
					t.Errorf("%s, which the file does not fill, starts elsewhere", data.Vocab.Symbol(i))
				}
			}
			if len(p.Covered) != 8 || n != float64(8*c.filled) {
				t.Errorf("%d symbols are covered", len(p.Covered))
			}
			if sd := math.Sqrt(squares / n); math.Abs(sd-cfg.EmbeddingInit) > 1e-6 || math.Abs(sum/n) > 1e-6 {
				t.Errorf("standard deviation %g about %g, want %g about 0", sd, sum/n, cfg.EmbeddingInit)
			}
		})
	}
}

// frozenCases are trainings in which rows are frozen, by every rule and loss.
func frozenCases() map[string]Config {
	all := kinds()
	cases := map[string]Config{}
	for name, c := range all {
		if c.Representation == repLearned {
			c.Freeze, c.WeightDecay = true, max(c.WeightDecay, 0.01)
			cases[name] = c
		}
	}
	pre := all["sampled"]
	pre.Representation = "pretrained"
	cases["pretrained"] = pre.WithDefaults("word")
	return cases
}

// TestFreeze leaves frozen rows as they are, to the bit, trains the others, and goes on from checkpoints to the same
// bits.
func TestFreeze(t *testing.T) {
	data := openText(t, "word", 20, 60)
	for name, cfg := range frozenCases() {
		t.Run(name, func(t *testing.T) {
			cfg.InitVectors = vectorFile(t, 6, someWords(6)...)
			_, start, p := tables(t, cfg, data)
			whole, dir := &watch{}, t.TempDir()
			m, err := Train(t.Context(), cfg, data, Session{Observe: whole.observe})
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range m.Embeddings() {
				fixed := slices.Contains(p.Covered, int32(i)) || name == "pretrained"
				if same := slices.Equal(row, start[i]); same != fixed {
					t.Errorf("%s: frozen %t, unchanged %t", data.Vocab.Symbol(i), fixed, same)
				}
			}
			values := whole.values(t)
			for metric, want := range map[string]float64{MetricCoveredSymbols: p.Symbols, MetricCoveredTokens: p.Tokens} {
				first := cfg.Steps / cfg.Evaluations
				if got, ok := values[fmt.Sprintf("%s %d %d false", metric, first, first*cfg.BatchSize)]; !ok || got != want {
					t.Errorf("%s = %g, %t; want %g", metric, got, ok, want)
				}
			}
			broken := &watch{}
			broken.atPoint = func(p Point) error {
				if p.Metric == "" && p.Step == 25 {
					return errInterrupt
				}
				return nil
			}
			if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: broken.observe, Now: fastClock()}); !errors.Is(err, errInterrupt) {
				t.Fatal(err)
			}
			broken.atPoint, broken.ticks = nil, 0
			again, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: broken.observe})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(broken.starts, 25) {
				t.Errorf("sessions went on from %v, want one from 25", broken.starts)
			}
			sameRun(t, broken, whole, again, m)
			back, err := Load(filepath.Join(dir, modelFile))
			if err != nil || fingerprint(back) != fingerprint(m) {
				t.Errorf("the saved model: %v", err)
			}
		})
	}
}

// TestChangedVectors goes on from no checkpoint and takes no model of other vectors under the same name, but of the same
// vectors under another.
func TestChangedVectors(t *testing.T) {
	data := openText(t, "word", 20, 60)
	cfg := kinds()["adam"]
	one, dir := vectorFile(t, 6, someWords(6)...), t.TempDir()
	train := func(file string) (start int64) {
		t.Helper()
		cfg.InitVectors = file
		w := &watch{}
		if _, err := Train(t.Context(), cfg, data, Session{Dir: dir, Observe: w.observe}); err != nil {
			t.Fatal(err)
		}
		return w.starts[0]
	}
	content, err := os.ReadFile(one)
	if err != nil {
		t.Fatal(err)
	}
	train(one)
	two := filepath.Join(t.TempDir(), "copy.txt")
	if err := os.WriteFile(two, content, 0o644); err != nil {
		t.Fatal(err)
	}
	if at := train(two); at != int64(cfg.Steps) {
		t.Errorf("the same vectors under another name begin at step %d", at)
	}
	if err := os.WriteFile(two, append(content, "w1 1 2 3 4 5 6\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if at := train(two); at != 0 {
		t.Errorf("other vectors under the same name go on from step %d", at)
	}
}

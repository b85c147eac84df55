package ngram

import (
	"bufio"
	"compress/gzip"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"sweep/trainer/corpus"
)

func evaluate(t testing.TB, m Model, p corpus.Part, unk int) Figures {
	t.Helper()
	f, err := Evaluate(t.Context(), m, p, unk)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestEurekaLabs reproduces the published grid of EurekaLabsAI/ngram @13f7465a over order and smoothing, the file read as
// one stream.
func TestEurekaLabs(t *testing.T) {
	d := open(t, corpus.Options{
		Corpus:     shared(t, "names-eureka", "train.txt"),
		ValCorpus:  shared(t, "names-eureka", "val.txt"),
		TestCorpus: shared(t, "names-eureka", "test.txt"),
		Level:      corpus.Char, Boundary: corpus.Stream,
	})
	if d.Vocab.Size() != 27 {
		t.Fatalf("%d symbols", d.Vocab.Size())
	}
	counts := Count(d.Train, 27, 5)
	for _, row := range []struct {
		order      int
		k          float64
		train, val float64
	}{
		{3, 0.03, 2.1843, 2.2443}, {3, 0.1, 2.1870, 2.2401}, {3, 0.3, 2.1935, 2.2404}, {3, 1, 2.2117, 2.2521},
		{4, 0.03, 1.8703, 2.1376}, {4, 0.1, 1.9028, 2.1118}, {4, 0.3, 1.9677, 2.1269}, {4, 1, 2.1006, 2.2114},
		{5, 0.03, 1.4955, 2.3540}, {5, 0.1, 1.6335, 2.2814}, {5, 0.3, 1.8610, 2.3210}, {5, 1, 2.2132, 2.4903},
	} {
		m := counts.AddK(row.order, row.k)
		for _, part := range []struct {
			name string
			got  float64
			want float64
		}{{"train", evaluate(t, m, d.Train, -1).Loss, row.train}, {"val", evaluate(t, m, d.Val, -1).Loss, row.val}} {
			if math.Abs(part.got-part.want) > 0.5e-4 {
				t.Errorf("order %d, k %g: %s %.6f, published %.4f", row.order, row.k, part.name, part.got, part.want)
			}
		}
	}
	f := evaluate(t, counts.AddK(4, 0.1), d.Test, -1)
	if math.Abs(f.Loss-2.1064) > 0.5e-4 || math.Abs(f.Perplexity-8.218) > 0.5e-3 {
		t.Errorf("order 4, k 0.1: test %.6f (perplexity %.4f), published 2.1064 (8.218)", f.Loss, f.Perplexity)
	}
}

// TestPaddedNames holds the same model over padded names to 2.0831 and 2.1121 at k 0.1: padding is another task.
func TestPaddedNames(t *testing.T) {
	d := open(t, corpus.Options{
		Corpus:     shared(t, "names-eureka", "train.txt"),
		ValCorpus:  shared(t, "names-eureka", "val.txt"),
		TestCorpus: shared(t, "names-eureka", "test.txt"),
		Level:      corpus.Char,
	})
	for order, want := range map[int]float64{4: 2.0831, 5: 2.1121} {
		if got := evaluate(t, AddK(d.Train, 27, order, 0.1), d.Val, -1).Loss; math.Abs(got-want) > 0.5e-4 {
			t.Errorf("order %d: %.6f, want %.4f", order, got, want)
		}
	}
}

// TestMakemoreBigram reproduces the first lecture: bigrams of all names, raw and with one added.
func TestMakemoreBigram(t *testing.T) {
	names := shared(t, "names-makemore", "names.txt")
	d := open(t, corpus.Options{Corpus: names, ValCorpus: names, TestCorpus: names, Level: corpus.Char})
	counts := Count(d.Train, 27, 2)
	for k, want := range map[float64]float64{1e-12: 2.4540, 1: 2.4546} {
		f := evaluate(t, counts.AddK(2, k), d.Train, -1)
		if f.Examples != 228146 || math.Abs(f.Loss-want) > 0.5e-4 {
			t.Errorf("k %g: %.6f over %d bigrams, want %.4f over 228,146", k, f.Loss, f.Examples, want)
		}
	}
}

// brown cuts the Brown corpus as Bengio et al. (2003) did: 800,000 tokens, 200,000, the rest, as running text.
func brown(t testing.TB) *corpus.Data {
	f, err := os.Open(shared(t, "brown", "brown.tokens.txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var parts [3]strings.Builder
	words := bufio.NewScanner(z)
	words.Split(bufio.ScanWords)
	for n := 0; words.Scan(); n++ {
		part := &parts[2]
		if n < 800_000 {
			part = &parts[0]
		} else if n < 1_000_000 {
			part = &parts[1]
		}
		part.Write(words.Bytes())
		part.WriteByte("\n "[min(n%1000, 1)])
	}
	if err := words.Err(); err != nil {
		t.Fatal(err)
	}
	return read(t, t.TempDir(), corpus.Options{
		Level: corpus.Word, Boundary: corpus.None, MinCount: 4, Lowercase: true, VocabFrom: "all",
	}, parts[0].String(), parts[1].String(), parts[2].String())
}

// TestBrown comes near the paper's rows on Brown: its text had 20,000 tokens more and a vocabulary of 16,383 against our
// 16,690 and the boundary.
func TestBrown(t *testing.T) {
	if testing.Short() {
		t.Skip("a million words")
	}
	d := brown(t)
	if d.Train.Len() != 800_000 || d.Val.Len() != 200_000 || d.Test.Len() != 161_192 || d.Vocab.Size() != 16_691 {
		t.Fatalf("%d, %d, %d tokens, %d symbols", d.Train.Len(), d.Val.Len(), d.Test.Len(), d.Vocab.Size())
	}
	counts := Count(d.Train, d.Vocab.Size(), 5)
	for _, row := range []struct {
		model     Model
		val, test float64 // measured; the paper's: 334, 323; 332, 321; 332, 321; 352, 336
	}{
		{counts.KneserNey(3), 347.1, 329.7}, {counts.KneserNey(4), 344.4, 327.2}, {counts.KneserNey(5), 343.8, 326.5},
		{counts.Interpolated(d.Val, 3), 355.8, 336.4},
	} {
		for _, part := range []struct {
			name string
			part corpus.Part
			want float64
		}{{"val", d.Val, row.val}, {"test", d.Test, row.test}} {
			got := evaluate(t, row.model, part.part, d.Vocab.Unk()).Perplexity
			t.Logf("%s %d: %s %.2f", row.model.Name(), row.model.Order(), part.name, got)
			if math.Abs(got-part.want) > 0.1 {
				t.Errorf("%s %d: %s %.2f, want %.1f", row.model.Name(), row.model.Order(), part.name, got, part.want)
			}
		}
		if notes := row.model.Notes(); row.model.Name() == "kneser-ney" && notes != nil {
			t.Errorf("a million words lack counts of counts: %q", notes)
		}
	}
}

func gostd(t testing.TB) *corpus.Data {
	t.Helper()
	d, err := corpus.Open(t.Context(), corpus.Options{Corpus: "gostd"})
	if bad := (*corpus.OptionError)(nil); errors.As(err, &bad) {
		t.Skipf("no Go distribution to read: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestGostd holds the baselines of the Go distribution near those measured once on Go 1.26; the text of another version
// differs a little.
func TestGostd(t *testing.T) {
	if testing.Short() {
		t.Skip("a million words")
	}
	d := gostd(t)
	vocab := d.Vocab.Size()
	counts := Count(d.Train, vocab, 5)
	for _, row := range []struct {
		model Model
		want  float64
	}{
		{counts.Unigram(), 476}, {counts.KneserNey(3), 128}, {counts.KneserNey(4), 123}, {counts.KneserNey(5), 122},
		{counts.Interpolated(d.Val, 3), 137},
	} {
		f := evaluate(t, row.model, d.Val, d.Vocab.Unk())
		t.Logf("%s %d: %.2f, known %.2f, accuracy %.4f", row.model.Name(), row.model.Order(), f.Perplexity, f.PerplexityKnown, f.Accuracy)
		if math.Abs(f.Perplexity/row.want-1) > 0.08 {
			t.Errorf("%s %d: %.2f, expected about %.0f", row.model.Name(), row.model.Order(), f.Perplexity, row.want)
		}
		for _, i := range []int{0, 1, 2, d.Test.Len() / 2, d.Test.Len() - 1} {
			context := make([]int32, 4)
			d.Test.Context(i, context)
			checkSum(t, row.model, context, vocab)
			if i == 0 {
				continue // padding alone is always known
			}
			slices.Reverse(context) // and hardly ever seen
			checkSum(t, row.model, context, vocab)
		}
	}
}

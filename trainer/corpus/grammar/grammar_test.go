package grammar

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func mustNew(t testing.TB, words int, seed uint64) *Grammar {
	t.Helper()
	g, err := New(words, seed)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestVocabularyHasTheSizeAskedFor(t *testing.T) {
	for _, n := range []int{Least, 151, 999, 16_999} {
		g := mustNew(t, n, 1)
		words := slices.Clone(g.Words())
		slices.Sort(words)
		if len(words) != n || len(slices.Compact(words)) != n {
			t.Errorf("%d words, %d distinct, want %d", len(g.Words()), len(slices.Compact(words)), n)
		}
		for c := 1; c < g.Classes(); c++ {
			if !slices.Contains(g.class, c) {
				t.Errorf("%d words: no %s", n, g.ClassName(c))
			}
		}
	}
	for _, n := range []int{0, Least - 1, 100_001} {
		if _, err := New(n, 1); err == nil {
			t.Errorf("%d words were accepted", n)
		}
	}
}

func TestProbabilitiesSumToOne(t *testing.T) {
	g := mustNew(t, 999, 1)
	for h, row := range g.rows {
		if sum := total(row); math.Abs(sum-1) > 1e-12 {
			t.Errorf("behind %v: %g", h, sum)
		}
	}
	for c := 1; c < g.Classes(); c++ {
		if sum := total(g.weight[c]); math.Abs(sum-1) > 1e-12 {
			t.Errorf("%s: %g", g.ClassName(c), sum)
		}
	}
}

func total(p []float64) (sum float64) {
	for _, x := range p {
		sum += x
	}
	return sum
}

// The entropy by the rules is what the text of a million words measures, within its noise.
func TestEntropyIsThatOfTheText(t *testing.T) {
	g := mustNew(t, 999, 1)
	var n, sum, squares float64
	err := g.Text(1_000_000, 9, false, func(sentence []int) error {
		h := make([]int, History)
		for i := 0; i <= len(sentence); i++ {
			c, p := End, 1.0
			if i < len(sentence) {
				c, p = g.Class(sentence[i]), g.Share(sentence[i])
			}
			loss := -math.Log(g.Next(h)[c] * p)
			n, sum, squares = n+1, sum+loss, squares+loss*loss
			h = append(h, c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mean := sum / n
	se := math.Sqrt((squares/n - mean*mean) / n)
	if d := mean - g.Entropy(); math.Abs(d) > 4*se {
		t.Errorf("the text has %.5f nats a symbol, the rules %.5f: %.1f standard errors", mean, g.Entropy(), d/se)
	}
}

func TestTextForTrainingHoldsNoWithheldPair(t *testing.T) {
	g := mustNew(t, 999, 1)
	if n := len(g.Withheld()); n != 32 {
		t.Errorf("%d pairs, want 8 of each of four kinds", n)
	}
	count := func(training bool) (found int) {
		err := g.Text(200_000, 1, training, func(s []int) error {
			for i := 1; i < len(s); i++ {
				if g.IsWithheld(Pair{s[i-1], s[i]}) {
					found++
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if n := count(true); n != 0 {
		t.Errorf("training holds %d withheld pairs", n)
	}
	if n := count(false); n < 50 {
		t.Errorf("another text holds %d, too few to measure anything on", n)
	}
}

func TestSameSeedSameText(t *testing.T) {
	text := func(seed, stream uint64) string {
		g := mustNew(t, 999, seed)
		var b strings.Builder
		if err := g.Text(200, stream, true, func(s []int) error {
			for _, w := range s {
				b.WriteString(g.Words()[w] + " ")
			}
			b.WriteByte('\n')
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	first := text(1, 1)
	if text(1, 1) != first {
		t.Error("the same seed drew another text")
	}
	if text(2, 1) == first || text(1, 2) == first {
		t.Error("another seed or stream drew the same text")
	}
	t.Log(first)
}

// The language is fixed: figures on it are compared over years. The entropy holds its rules and its shares, checked once
// by another program.
func TestLanguageIsFixed(t *testing.T) {
	g := mustNew(t, 999, 1)
	if got := g.Entropy(); math.Abs(got-3.2390733174) > 1e-9 {
		t.Errorf("entropy %.10f", got)
	}
	rng := g.Withheld()
	first := g.Words()[rng[0].First] + " " + g.Words()[rng[0].Second]
	if want := "horse sleeps"; first != want {
		t.Errorf("the first pair that is withheld is %q, want %q", first, want)
	}
	for class, want := range map[int]string{animal: "animal", doesToFood: "verb", animalActs: "verb", adverb: "other", adjective: "other", determiner: "other", End: "other"} {
		if got := g.KindName(class); got != want {
			t.Errorf("%s is of kind %s, want %s", g.ClassName(class), got, want)
		}
	}
}

// What a sentence held before says nothing of the next one.
func TestHistoryEndsAtTheEnd(t *testing.T) {
	g := mustNew(t, 999, 1)
	if !slices.Equal(g.Next([]int{animal, End, determiner}), g.Next([]int{End, End, determiner})) || g.Next([]int{animal, End, determiner}) == nil {
		t.Error("a word of the sentence before decides")
	}
	if g.Next([]int{determiner, determiner, determiner}) != nil {
		t.Error("no sentence has three determiners")
	}
}

// Every noun that acts has verbs of its own behind it, and no other's.
func TestVerbsSuitTheirNouns(t *testing.T) {
	g := mustNew(t, 999, 1)
	for _, noun := range []int{animal, vehicle, readable, food} {
		next := g.Next([]int{End, determiner, noun})
		for c, p := range next {
			if own := g.ClassName(c) == "verb of "+g.ClassName(noun)+"s"; own != (p == 1) || !own && p != 0 {
				t.Errorf("behind %s stands %s with %g", g.ClassName(noun), g.ClassName(c), p)
			}
		}
	}
	for _, verb := range []int{doesToAnimal, doesToVehicle, doesToReadable, doesToFood} {
		next := g.Next([]int{verb, article, adjective})
		for c, p := range next {
			if own := g.ClassName(verb) == "verb for "+g.ClassName(c)+"s"; own != (p == 1) {
				t.Errorf("%s are done to %s with %g", g.ClassName(verb), g.ClassName(c), p)
			}
		}
	}
}

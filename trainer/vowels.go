package trainer

import (
	"math"
	"slices"
	"strings"

	"sweep/trainer/corpus"
)

// vowelsOf are the letters that VowelRatio asks about.
const vowelsOf = "aeiou"

// VowelRatio says how close together a table of embeddings puts the vowels: the mean Euclidean distance between two of a,
// e, i, o and u over that between two of all letters a to z that are among the symbols; 1 where vowels lie like any
// letters. table holds a row a symbol, all of one length. ok is false if a vowel is missing, if no other letter is there,
// or if all letters lie in one place.
func VowelRatio(symbols []string, table [][]float32) (ratio float64, ok bool) {
	var vowels, letters []int
	for c := 'a'; c <= 'z'; c++ {
		i := slices.Index(symbols, string(c))
		if i < 0 {
			continue
		}
		letters = append(letters, i)
		if strings.ContainsRune(vowelsOf, c) {
			vowels = append(vowels, i)
		}
	}
	if len(vowels) < len(vowelsOf) || len(letters) == len(vowels) {
		return 0, false
	}
	all := meanDistance(table, letters)
	if !(all > 0) {
		return 0, false
	}
	return meanDistance(table, vowels) / all, true
}

// meanDistance is the mean Euclidean distance of all pairs of a set of rows.
func meanDistance(table [][]float32, set []int) float64 {
	sum, n := 0.0, 0
	for a, i := range set {
		for _, j := range set[:a] {
			sum += distance(table[i], table[j])
			n++
		}
	}
	return sum / float64(n)
}

// observeVowels tells the ratio at step 0 and after 1, 2, 5, 10, 20, 50, ... steps, beside the points of the curve: what
// happens to embeddings happens early.
func (t *training) observeVowels() error {
	step := t.Step
	for step >= 10 && step%10 == 0 {
		step /= 10
	}
	if step > 2 && step != 5 {
		return nil
	}
	from := len(t.Points)
	t.addVowels(false, t.w)
	return t.tell(from)
}

// addVowels notes the ratio of weights over characters, if there is one to learn, once a step.
func (t *training) addVowels(final bool, w *weights) {
	if t.data.Options.Level != corpus.Char || w.fixed || w.onehot {
		return
	}
	for i := len(t.Points) - 1; i >= 0 && t.Points[i].Step == t.Step && !final; i-- {
		if t.Points[i].Metric == MetricVowels {
			return
		}
	}
	symbols := make([]string, w.vocab)
	for i := range symbols {
		symbols[i] = t.data.Vocab.Symbol(i)
	}
	if r, ok := VowelRatio(symbols, rowsOf(w.C, w)); ok {
		t.add(final, MetricVowels, r)
	}
}

func distance(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		d := float64(x) - float64(b[i])
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}

// Package grammar is a language of our own whose entropy is known: sentences such as "the old dog barks near delavi" or
// "every teacher repairs a red train often", drawn from classes of words. It tells how far a model is from the best that
// any model can do, and whether the model has found the classes.
//
// Every word belongs to one class: animals, vehicles, things to read, foods, people, cities, the verbs that suit each,
// and a few small ones. What comes next depends on the classes of the last three words alone (Next), and which word of
// the class it is on nothing: words of a class differ in frequency only. A model that sees three words can therefore
// reach the entropy, and one that counts n-grams of words cannot until it has seen all of them.
//
// Everything follows from the number of words and a seed, the same on every machine. The package reads nothing and knows
// no text but the one that it draws.
package grammar

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Least is the smallest number of words that a grammar can have.
const Least = 150

// History is how many classes decide what comes next.
const History = 3

// End is the class of the end of a sentence, which is no word.
const End = 0

// Grammar is a language. It is read-only.
type Grammar struct {
	words    []string
	class    []int // of each word
	first    []int // the first word of each class; that of End is 0, with none
	weight   [][]float64
	rows     map[[History]int][]float64 // what may follow: the probability of every class
	withheld map[Pair]bool
	seed     uint64
}

// Pair is a word and the one right behind it.
type Pair struct{ First, Second int }

// New returns the grammar with the given number of words, Least to 100,000. Its words stand class by class, within one by
// falling frequency. The seed decides the invented words and the pairs that are withheld.
func New(words int, seed uint64) (*Grammar, error) {
	if words < Least || words > 100_000 {
		return nil, fmt.Errorf("a grammar has %d to 100,000 words, not %d", Least, words)
	}
	g := &Grammar{seed: seed, rows: rows()}
	lists := vocabulary(words, seed)
	for c, list := range lists {
		g.first = append(g.first, len(g.words))
		g.words = append(g.words, list...)
		g.class = append(g.class, slices.Repeat([]int{c}, len(list))...)
		g.weight = append(g.weight, zipf(len(list)))
	}
	g.withhold()
	return g, nil
}

// zipf returns the shares of n words: the r-th most frequent, counted from 0, has one in proportion to 1/(r+3).
func zipf(n int) []float64 {
	w := make([]float64, n)
	sum := 0.0
	for r := range w {
		w[r] = 1 / float64(r+3)
		sum += w[r]
	}
	for r := range w {
		w[r] /= sum
	}
	return w
}

// Words lists the words; they must not be changed.
func (g *Grammar) Words() []string { return g.words }

// Class returns the class of a word.
func (g *Grammar) Class(word int) int { return g.class[word] }

// Classes returns how many classes there are, End included.
func (g *Grammar) Classes() int { return len(kinds) }

// ClassName names a class: "animal".
func (g *Grammar) ClassName(class int) string { return kinds[class].name }

// KindName names what kind of word a class holds, coarser than ClassName: all verbs are "verb", and what says little of a
// thing or a deed is "other".
func (g *Grammar) KindName(class int) string {
	if !g.Grows(class) || class == adjective || class == adverb {
		return "other"
	}
	name, _, _ := strings.Cut(kinds[class].name, " ")
	return name
}

// Grows reports whether a class has the more words the more the grammar has: nouns, verbs, adjectives, adverbs, cities.
func (g *Grammar) Grows(class int) bool { return kinds[class].share > 0 }

// Share returns the probability of a word among those of its class.
func (g *Grammar) Share(word int) float64 {
	c := g.class[word]
	return g.weight[c][word-g.first[c]]
}

// Next returns the probability of every class behind a history of at least History classes, the last one last; nil if no
// sentence has that history. What lies before an End is of no importance. The slice must not be changed.
func (g *Grammar) Next(history []int) []float64 {
	return g.rows[last(history)]
}

// last cuts a history to what matters.
func last(history []int) (key [History]int) {
	for i := 1; i <= History; i++ {
		c := history[len(history)-i]
		if c == End {
			break // and before it, End too
		}
		key[History-i] = c
	}
	return key
}

// Withheld lists the pairs that a text for training never holds (Text), in the order of their words.
func (g *Grammar) Withheld() []Pair {
	var out []Pair
	for p := range g.withheld {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Pair) int {
		if a.First != b.First {
			return a.First - b.First
		}
		return a.Second - b.Second
	})
	return out
}

// IsWithheld reports whether a pair is one of Withheld.
func (g *Grammar) IsWithheld(p Pair) bool { return g.withheld[p] }

// withhold draws the pairs: for each kind of noun that can act some frequent ones, each with a frequent verb that suits it.
func (g *Grammar) withhold() {
	const pairs, among = 8, 12 // for each kind, among so many of the most frequent words
	g.withheld = map[Pair]bool{}
	r := rand.New(rand.NewPCG(g.seed, 0x7769746868656c64)) // "withheld"
	for _, a := range acts {
		nouns, verbs := min(among, len(g.weight[a.noun])), min(among, len(g.weight[a.verb]))
		for n := 0; n < min(pairs, nouns*verbs/4); {
			p := Pair{g.first[a.noun] + r.IntN(nouns), g.first[a.verb] + r.IntN(verbs)}
			if !g.withheld[p] {
				g.withheld[p] = true
				n++
			}
		}
	}
}

// Entropy returns the mean of -ln P of a symbol, the end of a sentence included, in nats: what no model can go under on a
// text that is long enough.
func (g *Grammar) Entropy() float64 {
	inside := make([]float64, len(kinds)) // of the choice of a word of the class
	for c := range kinds {
		for _, p := range g.weight[c] {
			inside[c] -= p * math.Log(p)
		}
	}
	nats, symbols := 0.0, 0.0 // of a sentence, expected
	// A sentence ends after eleven symbols at most; visits[h] is the probability that one comes to the history h.
	visits := map[[History]int]float64{{}: 1}
	for len(visits) > 0 {
		next := map[[History]int]float64{}
		for _, h := range histories(visits) {
			for c, p := range g.rows[h] {
				if p == 0 {
					continue
				}
				reach := visits[h] * p
				nats += reach * (inside[c] - math.Log(p))
				symbols += reach
				if c != End {
					next[last(append(h[:], c))] += reach
				}
			}
		}
		visits = next
	}
	return nats / symbols
}

// histories lists the keys in order, so that sums come out the same every time.
func histories(of map[[History]int]float64) [][History]int {
	var keys [][History]int
	for h := range of {
		keys = append(keys, h)
	}
	slices.SortFunc(keys, func(a, b [History]int) int { return slices.Compare(a[:], b[:]) })
	return keys
}

// Text draws sentences until they hold at least so many words, and calls visit with each; it may keep nothing of it. One
// for training holds no withheld pair: a sentence with one is drawn again. All others are the language as it is. Texts of
// different streams are independent.
func (g *Grammar) Text(words int, stream uint64, training bool, visit func(sentence []int) error) error {
	r := rand.New(rand.NewPCG(g.seed, 0x74657874<<8|stream)) // "text"
	draw := g.sums()
	var sentence []int
	for drawn := 0; drawn < words; {
		sentence = g.sentence(sentence[:0], r, draw)
		if training && g.holdsWithheld(sentence) {
			continue
		}
		drawn += len(sentence)
		if err := visit(sentence); err != nil {
			return err
		}
	}
	return nil
}

// sums are running sums of the probabilities that a sentence is drawn by.
type sums struct {
	next  map[[History]int][]float64 // of the classes behind a history
	words [][]float64                // of a class
}

func (g *Grammar) sums() sums {
	s := sums{next: map[[History]int][]float64{}}
	for h, row := range g.rows {
		s.next[h] = cumulate(row)
	}
	for _, w := range g.weight {
		s.words = append(s.words, cumulate(w))
	}
	return s
}

func cumulate(p []float64) []float64 {
	out := make([]float64, len(p))
	sum := 0.0
	for i, x := range p {
		sum += x
		out[i] = sum
	}
	return out
}

func (g *Grammar) sentence(out []int, r *rand.Rand, draw sums) []int {
	var h [History]int
	for {
		c := pick(r, draw.next[h])
		if c == End {
			return out
		}
		out = append(out, g.first[c]+pick(r, draw.words[c]))
		h = last(append(h[:], c))
	}
}

// pick draws an index by running sums.
func pick(r *rand.Rand, sums []float64) int {
	x := r.Float64() * sums[len(sums)-1]
	i, found := slices.BinarySearch(sums, x)
	if found {
		i++ // x lies below the sum that it is drawn under
	}
	for i > 0 && sums[i] == sums[i-1] { // of no probability
		i--
	}
	return i
}

func (g *Grammar) holdsWithheld(sentence []int) bool {
	for i := 1; i < len(sentence); i++ {
		if g.withheld[Pair{sentence[i-1], sentence[i]}] {
			return true
		}
	}
	return false
}

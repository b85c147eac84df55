package embeddings

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"sweep/internal/stats"
)

// Purity is how far the neighbours of words are of the words' own class.
type Purity struct {
	Listed  int // words of the file that are in one class
	Known   int // of these, in the vocabulary
	Used    int // of these, frequent enough: they alone are neighbours
	Classes int // that the used words are of

	Mean      float64 // share of the k nearest that are of the word's class, averaged over the used words; NaN if there are too few
	Low, High float64 // 95 % interval over words, by the bootstrap

	Chance                    float64 // what it would be if neighbours were drawn at random: from the classes' shares
	Shuffled                  float64 // what it is with the classes dealt out at random, mean over deals
	ShuffledLow, ShuffledHigh float64 // the middle 95 % of the deals
	P                         float64 // share of deals that reach Mean, the true one counted among them
}

// deals is how often classes are dealt out at random.
const deals = 1000

// MeasurePurity finds the k nearest neighbours, by cosine, of every word that has a class, among these words. frequent
// says which symbols are to count; nil counts all. It returns the context's cause when ctx ends.
func MeasurePurity(ctx context.Context, t *Table, c Classes, k int, frequent func(symbol int) bool, seed uint64) (Purity, error) {
	p := Purity{Listed: len(c.Of)}
	words, class, _ := t.classed(c, &p, frequent)
	p.Used = len(words)
	p.Classes = len(tally(class))
	nan := math.NaN()
	p.Mean, p.Low, p.High, p.Chance, p.Shuffled, p.ShuffledLow, p.ShuffledHigh, p.P = nan, nan, nan, nan, nan, nan, nan, nan
	if len(words) <= k {
		return p, nil
	}
	near, err := t.nearest(ctx, words, k)
	if err != nil {
		return p, err
	}
	shares := make([]float64, len(words))
	p.Mean = purity(near, class, k, shares)
	if iv, ok := stats.Bootstrap(seed, len(words), func(drawn []int) float64 {
		sum := 0.0
		for _, i := range drawn {
			sum += shares[i]
		}
		return sum / float64(len(drawn))
	}); ok {
		p.Low, p.High = iv.Low, iv.High
	}
	n := float64(len(words))
	p.Chance = 0
	for _, members := range tally(class) {
		m := float64(members)
		p.Chance += m / n * (m - 1) / (n - 1)
	}
	p.deal(near, class, k, seed)
	return p, nil
}

// Classify gives every symbol its class, "" where it has none or several, and counts the words of the file that the
// vocabulary holds.
func (t *Table) Classify(c Classes) (of []string, known int) {
	var p Purity
	words, numbers, names := t.classed(c, &p, nil)
	of = make([]string, len(t.symbols))
	for k, i := range words {
		of[i] = names[numbers[k]]
	}
	return of, p.Known
}

// classed lists the words that enter, ascending, their classes by number, and what these are called. A word that is written in two ways in the
// file, in two classes, and is one symbol, is left out.
func (t *Table) classed(c Classes, p *Purity, frequent func(int) bool) (words, class []int, names []string) {
	listed := slices.Sorted(maps.Keys(c.Of))
	const none, mixed = -1, -2
	of := make([]int, len(t.symbols))
	for i := range of {
		of[i] = none
	}
	numbers := map[string]int{}
	for exact := range 2 { // as it is written before how it might be cut
		for _, w := range listed {
			i, ok := t.Index(w)
			if !ok || (t.symbols[i] == w) != (exact == 0) {
				continue
			}
			p.Known++
			n, seen := numbers[c.Of[w]]
			if !seen {
				n = len(numbers)
				numbers[c.Of[w]] = n
				names = append(names, c.Of[w])
			}
			switch {
			case c.several[t.symbols[i]]:
			case of[i] == none:
				of[i] = n
			case of[i] != n && c.Of[t.symbols[i]] == "": // Polish and polish, of a text in lower case that has both from one file
				of[i] = mixed
			}
		}
	}
	for i, n := range of {
		if n >= 0 && (frequent == nil || frequent(i)) {
			words, class = append(words, i), append(class, n)
		}
	}
	return words, class, names
}

// tally counts the members of each class.
func tally(class []int) []int {
	var out []int
	for _, c := range class {
		for c >= len(out) {
			out = append(out, 0)
		}
		out[c]++
	}
	return slices.DeleteFunc(out, func(n int) bool { return n == 0 })
}

// nearest returns, for each of some words, the numbers of the k nearest others among them, (len(words), k), the nearest
// first and of equals the first. There are more than k.
func (t *Table) nearest(ctx context.Context, words []int, k int) ([]int32, error) {
	part := &Table{dim: t.dim, unit: make([]float64, 0, len(words)*t.dim)}
	for _, w := range words {
		part.unit = append(part.unit, t.row(w)...)
	}
	near := make([]int32, len(words)*k)
	err := each(ctx, len(words), func() func(int) {
		values := make([]float64, len(words))
		return func(i int) {
			part.dots(part.row(i), values)
			largest(values, i, near[i*k:][:k])
		}
	})
	return near, err
}

// largest fills top with the numbers of the largest values, the largest first, without one of them.
func largest(values []float64, without int, top []int32) {
	n := 0
	for i, v := range values {
		if i == without || n == len(top) && v <= values[top[n-1]] {
			continue
		}
		if n < len(top) {
			n++
		}
		at := n - 1
		for at > 0 && v > values[top[at-1]] {
			top[at] = top[at-1]
			at--
		}
		top[at] = int32(i)
	}
}

// purity is the mean share of neighbours of a word's own class; shares takes those of the words unless it is nil.
func purity(near []int32, class []int, k int, shares []float64) float64 {
	all := 0
	for i, c := range class {
		same := 0
		for _, j := range near[i*k:][:k] {
			if class[j] == c {
				same++
			}
		}
		all += same
		if shares != nil {
			shares[i] = float64(same) / float64(k)
		}
	}
	return float64(all) / float64(len(class)*k)
}

// deal measures purities with the classes dealt out at random among the words.
func (p *Purity) deal(near []int32, class []int, k int, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0xdea1)) //nolint:gosec // a simulation, not a secret
	dealt := slices.Clone(class)
	values := make([]float64, deals)
	reached := 1
	for d := range values {
		rng.Shuffle(len(dealt), func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
		values[d] = purity(near, dealt, k, nil)
		if values[d] >= p.Mean {
			reached++
		}
	}
	p.Shuffled, p.P = stats.Mean(values), float64(reached)/(deals+1)
	iv := stats.Middle(values)
	p.ShuffledLow, p.ShuffledHigh = iv.Low, iv.High
}

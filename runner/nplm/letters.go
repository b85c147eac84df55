package nplm

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"sweep/trainer"
)

// Letters says what embeddings of characters make of the alphabet, measured in all their dimensions over the
// replicates of one configuration.
type Letters struct {
	// VowelNeighbors counts, by replicate, the vowels (of five) whose nearest letter is a vowel.
	VowelNeighbors []int
	// Ratio is the mean distance among vowels over the mean distance of all pairs of letters, averaged over replicates.
	Ratio float64
	// Tighter is the share of the 65,780 sets of five letters whose mean distance is at most that of the vowels,
	// averaged over replicates.
	Tighter float64
	// Apart lists every symbol by its distance to its nearest neighbour, averaged over replicates, the farthest first.
	Apart []string
}

// MeasureLetters measures tables of the same symbols; ok is false if they are words, or do not hold the letters a to z.
func MeasureLetters(tables []Table) (l Letters, ok bool) {
	if len(tables) == 0 {
		return l, false
	}
	at := map[string]int{}
	for i, s := range tables[0].Symbols {
		at[s] = i
		if i > 0 && utf8.RuneCountInString(s) > 1 { // a word: beside words, letters are words, too
			return l, false
		}
	}
	var letters, vowels []int
	for c := 'a'; c <= 'z'; c++ {
		i, ok := at[string(c)]
		if !ok {
			return l, false
		}
		letters = append(letters, i)
		if strings.ContainsRune("aeiou", c) {
			vowels = append(vowels, i)
		}
	}
	apart := make([]float64, len(tables[0].Symbols))
	for _, t := range tables {
		d := distances(t.Vectors)
		near := 0
		for _, v := range vowels {
			if slices.Contains(vowels, nearest(d, v, letters)) {
				near++
			}
		}
		l.VowelNeighbors = append(l.VowelNeighbors, near)
		ratio, _ := trainer.VowelRatio(t.Symbols, t.Vectors) // 0 where all letters lie in one place
		l.Ratio += ratio / float64(len(tables))
		l.Tighter += tighter(d, letters, spread(d, vowels)) / float64(len(tables))
		for i := range apart {
			all := make([]int, len(apart))
			for j := range all {
				all[j] = j
			}
			apart[i] += d[i][nearest(d, i, all)]
		}
	}
	order := make([]int, len(apart))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case apart[a] > apart[b]:
			return -1
		case apart[a] < apart[b]:
			return 1
		}
		return 0
	})
	for _, i := range order {
		l.Apart = append(l.Apart, tables[0].Symbols[i])
	}
	return l, true
}

// Rank is a symbol's place in Apart, from 1; 0 if it is not there.
func (l Letters) Rank(symbol string) int { return slices.Index(l.Apart, symbol) + 1 }

// Sentences say it in words.
func (l Letters) Sentences() []string {
	return []string{
		fmt.Sprintf("Of the five vowels, %s have a vowel as their nearest letter, by replicate (by chance at least 4 would in 3 of 1,000).",
			joinInts(l.VowelNeighbors)),
		fmt.Sprintf("The mean distance among vowels is %.2f of that of all pairs of letters; %s of all sets of five letters are as tight.",
			l.Ratio, smallShare(l.Tighter)),
		fmt.Sprintf("Farthest from their nearest neighbour are %s; q is number %d, the boundary number %d of %d.",
			strings.Join(l.Apart[:5], ", "), l.Rank("q"), l.Rank("."), len(l.Apart)),
	}
}

func joinInts(ns []int) string {
	words := make([]string, len(ns))
	for i, n := range ns {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

func smallShare(p float64) string {
	if p < 0.0001 {
		return "less than 0.01 %"
	}
	return fmt.Sprintf("%.2f %%", 100*p)
}

// distances are the Euclidean distances of all pairs of rows.
func distances(rows [][]float32) [][]float64 {
	d := make([][]float64, len(rows))
	for i := range rows {
		d[i] = make([]float64, len(rows))
		for j := range i {
			sum := 0.0
			for k, x := range rows[i] {
				diff := float64(x) - float64(rows[j][k])
				sum += diff * diff
			}
			d[i][j] = math.Sqrt(sum)
			d[j][i] = d[i][j]
		}
	}
	return d
}

// nearest is the one of candidates, i apart, that is nearest to i.
func nearest(d [][]float64, i int, candidates []int) int {
	best := -1
	for _, j := range candidates {
		if j != i && (best < 0 || d[i][j] < d[i][best]) {
			best = j
		}
	}
	return best
}

// spread is the mean distance of all pairs of a set.
func spread(d [][]float64, set []int) float64 {
	sum, n := 0.0, 0
	for a, i := range set {
		for _, j := range set[:a] {
			sum += d[i][j]
			n++
		}
	}
	return sum / float64(n)
}

// tighter is the share of all sets of five letters whose spread is at most the limit.
func tighter(d [][]float64, letters []int, limit float64) float64 {
	all, tight := 0, 0
	set := make([]int, 0, 5)
	var choose func(from int)
	choose = func(from int) {
		if len(set) == 5 {
			all++
			if spread(d, set) <= limit {
				tight++
			}
			return
		}
		for i := from; i < len(letters); i++ {
			set = append(set, letters[i])
			choose(i + 1)
			set = set[:len(set)-1]
		}
	}
	choose(0)
	return float64(tight) / float64(all)
}

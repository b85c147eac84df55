package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/plot"
)

// mostSimilar is how many symbols the heat map of similarities holds.
const mostSimilar = 40

// similarityFigure shows the cosine similarities of chosen symbols, in an order that puts alike ones together.
func similarityFigure(s *study, e Embedding) figure {
	f := figure{Name: "similarity", Chapter: chapterEmbedding, Columns: 1, Height: 430}
	chosen := e.chosen()
	if len(chosen) < 2 {
		f.Height = 160
		f.Title = "Which symbols does the network treat alike?"
		f.Panels = []panel{{Empty: "no data: fewer than two symbols have a vector with a direction"}}
		f.Caption, f.Alt, f.Table = []string{s.source()}, "No data.", table{Columns: []string{"a", "b", "cosine"}}
		return f
	}
	sim := similarities(e, chosen)
	order := seriate(sim)
	bar := colorBar{Title: "cosine similarity", Diverges: true, Scale: axis{Min: -1, Max: 1}}
	var marksX, marksY []mark
	h := cells{}
	f.Table = table{Columns: []string{"a", "b", "cosine"}}
	n := len(order)
	best, bestA, bestB := math.Inf(-1), 0, 0
	for i, a := range order {
		name := symbolLabel(e.Symbols[chosen[a]])
		if r := []rune(name); len(r) > 12 {
			name = string(r[:11]) + "…"
		}
		marksY = append(marksY, mark{At: float64(n - 1 - i), Label: name})
		marksX = append(marksX, mark{At: float64(i), Label: name})
		for j, b := range order {
			v := sim[a][b]
			h.Cells = append(h.Cells, cell{X: j, Y: n - 1 - i, Fill: bar.at(v)})
			f.Table.add(e.Symbols[chosen[a]], e.Symbols[chosen[b]], v)
			if a < b && v > best {
				best, bestA, bestB = v, a, b
			}
		}
	}
	span := axis{Scale: category, Min: -0.5, Max: float64(n) - 0.5}
	p := panel{NoGrid: true, X: span, Y: span, Layers: []plot.Plotter{bundle{"cosine similarity", []plot.Plotter{h}}}}
	p.X.Marks, p.Y.Marks = marksX, marksY
	p.X.Upright = widest(marksX) > 340/float64(n)
	f.Panels = []panel{p}
	f.Bar = bar
	f.Title = fmt.Sprintf("Most alike among %d symbols: %s and %s (cosine %.2f)", n,
		symbolLabel(e.Symbols[chosen[bestA]]), symbolLabel(e.Symbols[chosen[bestB]]), best)
	f.Caption = []string{e.choice(n), "Ordered by average-linkage clustering, so that alike symbols stand together. Computed in all " +
		count(len(e.Vectors[chosen[0]]), "dimension") + "."}
	if e.Trial != "" {
		f.Caption = append(f.Caption, "Trial "+e.Trial+".")
	}
	f.Caption = append(f.Caption, s.source())
	f.Alt = f.Title + ". In order: " + strings.Join(marksText(marksX), " ") + "."
	return f
}

func marksText(ms []mark) []string {
	var out []string
	for _, m := range ms {
		out = append(out, m.Label)
	}
	return out
}

// widest is the width of the longest tick label, points.
func widest(ms []mark) float64 {
	w := 0.0
	for _, m := range ms {
		w = max(w, float64(textWidth(m.Label, sans(tickSize, false))))
	}
	return w
}

// chosen returns all symbols of a small vocabulary; of a large one the most frequent that contain a letter and are
// neither <unk> nor the boundary.
func (e Embedding) chosen() []int {
	var out []int
	small := len(e.Symbols) <= mostSimilar
	for _, i := range e.byCount() {
		v := e.Vectors[i]
		if len(out) == mostSimilar || !finite(v) || !(norm(v) > 0) || len(v) != len(e.Vectors[0]) {
			continue
		}
		word := strings.IndexFunc(e.Symbols[i], unicode.IsLetter) >= 0 && !strings.HasPrefix(e.Symbols[i], "<")
		if small || word {
			out = append(out, i)
		}
	}
	if len(out) < 2 && !small { // a vocabulary of numbers
		for _, i := range e.byCount()[:mostSimilar] {
			if finite(e.Vectors[i]) && norm(e.Vectors[i]) > 0 && !slices.Contains(out, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

func (e Embedding) choice(n int) string {
	if n == len(e.Symbols) {
		return "All symbols."
	}
	return fmt.Sprintf("The %d most frequent words.", n)
}

func norm(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum)
}

func cosine(a, b []float32) float64 {
	dot := 0.0
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
	}
	return min(max(dot/(norm(a)*norm(b)), -1), 1)
}

// seriate orders the rows of a similarity matrix so that alike ones stand together: average-linkage clustering, where
// each merger turns its two halves so that the ends that meet are the most alike.
func seriate(sim [][]float64) []int {
	type cluster struct{ items []int }
	var cs []cluster
	for i := range sim {
		cs = append(cs, cluster{[]int{i}})
	}
	link := func(a, b cluster) float64 {
		sum := 0.0
		for _, i := range a.items {
			for _, j := range b.items {
				sum += sim[i][j]
			}
		}
		return sum / float64(len(a.items)*len(b.items))
	}
	for len(cs) > 1 {
		bi, bj, best := 0, 1, math.Inf(-1)
		for i := range cs {
			for j := i + 1; j < len(cs); j++ {
				if l := link(cs[i], cs[j]); l > best {
					bi, bj, best = i, j, l
				}
			}
		}
		cs[bi] = cluster{join(cs[bi].items, cs[bj].items, sim)}
		cs = slices.Delete(cs, bj, bj+1)
	}
	if len(cs) == 0 {
		return nil
	}
	return cs[0].items
}

// join concatenates two ordered halves, each turned round if that makes the ends that meet more alike.
func join(a, b []int, sim [][]float64) []int {
	first, last := func(x []int) int { return x[0] }, func(x []int) int { return x[len(x)-1] }
	type way struct {
		turnA, turnB bool
		alike        float64
	}
	ways := []way{
		{false, false, sim[last(a)][first(b)]},
		{true, false, sim[first(a)][first(b)]},
		{false, true, sim[last(a)][last(b)]},
		{true, true, sim[first(a)][last(b)]},
	}
	best := ways[0]
	for _, w := range ways[1:] {
		if w.alike > best.alike {
			best = w
		}
	}
	a, b = slices.Clone(a), slices.Clone(b)
	if best.turnA {
		slices.Reverse(a)
	}
	if best.turnB {
		slices.Reverse(b)
	}
	return append(a, b...)
}

func distance(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}

package embeddings

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sweep/internal/stats"
)

// random returns a table of n words, w0 the boundary and w1 unknown, with normal numbers.
func random(n, dim int, seed uint64) *Table {
	rng := rand.New(rand.NewPCG(seed, 1))
	var symbols []string
	var vectors [][]float32
	for i := range n {
		symbols = append(symbols, fmt.Sprintf("w%d", i))
		v := make([]float32, dim)
		for k := range v {
			v[k] = float32(rng.NormFloat64())
		}
		vectors = append(vectors, v)
	}
	return New(symbols, vectors, []int{0, 1, -1}, func(w string) []string { return []string{strings.ToLower(w)} })
}

// slowCosine is the cosine by its definition.
func slowCosine(t *Table, i, j int) float64 {
	var dot, a, b float64
	for k := range t.dim {
		x, y := float64(t.vectors[i][k]), float64(t.vectors[j][k])
		dot, a, b = dot+x*y, a+x*x, b+y*y
	}
	return dot / math.Sqrt(a*b)
}

func TestSpearman(t *testing.T) {
	b, err := os.ReadFile("testdata/spearman.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name        string
		X, Y, Ranks []float64
		Spearman    *float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 7 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, c := range cases {
		if got := Ranks(c.X); !slices.Equal(got, c.Ranks) {
			t.Errorf("%s: ranks %v, want %v", c.Name, got, c.Ranks)
		}
		got := Spearman(c.X, c.Y)
		if c.Spearman == nil {
			if !math.IsNaN(got) {
				t.Errorf("%s: %g, want NaN", c.Name, got)
			}
		} else if math.Abs(got-*c.Spearman) > 1e-12 {
			t.Errorf("%s: %.15g, want %.15g", c.Name, got, *c.Spearman)
		}
	}
	if got := Spearman(nil, nil); !math.IsNaN(got) {
		t.Errorf("of nothing: %g", got)
	}
}

func TestIndex(t *testing.T) {
	x := New([]string{"</s>", "the", "<unk>", "Cat"}, make([][]float32, 4), []int{0, 2}, func(w string) []string {
		return strings.FieldsFunc(strings.ToLower(w), func(r rune) bool { return r == '-' })
	})
	for word, want := range map[string]int{"the": 1, "The": 1, "Cat": 3, "cat": -1, "</s>": -1, "<unk>": -1, "the-the": -1, "": -1} {
		if got, ok := x.Index(word); ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %d %v, want %d", word, got, ok, want)
		}
	}
	if got := x.Words(); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("words %v", got)
	}
}

func TestNeighbors(t *testing.T) {
	var symbols []string
	var vectors [][]float32
	for i := range 24 { // on a circle, the even ones on one of twice the radius
		a, r := float64(i)/24, 1+float64(1-i%2)
		symbols = append(symbols, fmt.Sprintf("s%d", i))
		vectors = append(vectors, []float32{float32(r * math.Cos(a)), float32(r * math.Sin(a))})
	}
	x := New(symbols, vectors, []int{0, 20}, nil)
	cos := x.Neighbors(12, 2, Cosine)
	if d := []int{cos[0].Index, cos[1].Index}; !slices.Contains(d, 11) || !slices.Contains(d, 13) || cos[0].Value > 1 || cos[0].Value < 0.999 {
		t.Errorf("by angle: %v", cos)
	}
	near := x.Neighbors(12, 2, Euclidean)
	if d := []int{near[0].Index, near[1].Index}; !slices.Contains(d, 10) || !slices.Contains(d, 14) || near[0].Value > near[1].Value {
		t.Errorf("by distance: %v", near)
	}
	all := x.Neighbors(12, 1000, Cosine)
	if len(all) != 24-3 {
		t.Errorf("%d neighbours of 24 symbols", len(all))
	}
	for _, n := range all {
		if n.Index == 0 || n.Index == 20 || n.Index == 12 || n.Symbol != symbols[n.Index] {
			t.Errorf("neighbour %v", n)
		}
	}
}

// Every value of near is the one of the definition, whatever the number of rows and the four that go together.
func TestNear(t *testing.T) {
	for n := 2; n < 14; n++ {
		x := random(n, 3, uint64(n))
		for i := range n {
			for _, got := range x.Neighbors(i, n, Cosine) {
				if want := slowCosine(x, i, got.Index); math.Abs(got.Value-want) > 1e-12 {
					t.Errorf("%d symbols: cosine of %d and %d is %g, want %g", n, i, got.Index, got.Value, want)
				}
			}
		}
	}
}

// royalty is a table in which sex and rank are directions.
func royalty() *Table {
	return New([]string{"</s>", "king", "queen", "man", "woman", "apple", "<unk>"}, [][]float32{
		{1, 1, -1}, {1, 1, 0.1}, {-1, 1, 0.1}, {1, -1, 0.1}, {-1, -1, 0.1}, {0, 0.1, 1}, {-1, 1.1, 0},
	}, []int{0, 6}, func(w string) []string { return []string{strings.ToLower(w)} })
}

func TestAnalogy(t *testing.T) {
	x := royalty()
	for _, by := range []string{Cosine, Euclidean} {
		got := x.Analogy([2]int{1, 4}, 3, 5, by)
		if len(got) != 2 || got[0].Symbol != "queen" || got[1].Symbol != "apple" {
			t.Errorf("king - man + woman by %s: %v", by, got)
		}
	}
	file := ": royal\nman king woman queen\nKING queen man WOMAN\nman king woman apple\n: fruit\nman king woman pear\nman king king king\n"
	qs, err := ReadQuestions("f", strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	a, err := MeasureAnalogies(t.Context(), x, qs)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Score{{"royal", 3, 3, 2}, {"fruit", 2, 0, 0}}; !slices.Equal(a.Sections, want) {
		t.Errorf("sections %v, want %v", a.Sections, want)
	}
	if want := (Score{"", 5, 3, 2}); a.All != want || a.Chance != 0.5 {
		t.Errorf("all %v, want %v; chance %g", a.All, want, a.Chance)
	}
	if got := a.Sections[1].Accuracy(); !math.IsNaN(got) {
		t.Errorf("accuracy of nothing: %g", got)
	}
}

func TestSimilarity(t *testing.T) {
	x := random(60, 8, 3)
	rng := rand.New(rand.NewPCG(9, 9))
	var exact, noise []Pair
	for range 200 {
		i := 2 + rng.IntN(58)
		j := 2 + (i-1+rng.IntN(57))%58
		p := Pair{A: x.Symbol(i), B: strings.ToUpper(x.Symbol(j)), Score: 5 * slowCosine(x, i, j)}
		exact = append(exact, p)
		p.Score = rng.NormFloat64()
		noise = append(noise, p)
	}
	exact = append(exact, Pair{"w0", "w3", 1}, Pair{"w3", "unheard", 1})
	s := MeasureSimilarity(x, exact, 1)
	if s.Pairs != 202 || s.Covered != 200 || math.Abs(s.Spearman-1) > 1e-9 || s.Low < 0.999 || s.High > 1 {
		t.Errorf("scores that are cosines: %+v", s)
	}
	s = MeasureSimilarity(x, noise, 1)
	if s.Low > 0 || s.High < 0 || s.Low < s.Spearman-0.25 || s.High > s.Spearman+0.25 || s.Low >= s.Spearman || s.High <= s.Spearman {
		t.Errorf("scores of chance: %+v", s)
	}
	if again := MeasureSimilarity(x, noise, 1); again != s {
		t.Errorf("again: %+v, was %+v", again, s)
	}
	if none := MeasureSimilarity(x, []Pair{{"a", "b", 1}}, 1); none.Covered != 0 || !math.IsNaN(none.Spearman) || !math.IsNaN(none.Low) {
		t.Errorf("no pair covered: %+v", none)
	}
}

// classesOf deals out classes by turns.
func classesOf(x *Table, n int) Classes {
	c := Classes{Of: map[string]string{"unheard": "class0"}}
	for i := range x.Len() {
		c.Of[strings.ToUpper(x.Symbol(i))] = fmt.Sprintf("class%d", i%n)
	}
	return c
}

func TestPurity(t *testing.T) {
	const n, k = 150, 5
	x := random(n, 4, 5)
	for i := range n { // half of what tells words apart is their class
		x.vectors[i][0] += float32(2 * (i % 3))
	}
	x = New(x.symbols, x.vectors, []int{0, 1}, x.fold)
	frequent := func(i int) bool { return i < 120 }
	p, err := MeasurePurity(t.Context(), x, classesOf(x, 3), k, frequent, 1)
	if err != nil {
		t.Fatal(err)
	}
	// By brute force: sort all others by cosine.
	same, pairs, alike := 0, 0, 0
	for i := 2; i < 120; i++ {
		var others []int
		for j := 2; j < 120; j++ {
			if j == i {
				continue
			}
			others = append(others, j)
			pairs++
			if i%3 == j%3 {
				alike++
			}
		}
		slices.SortFunc(others, func(a, b int) int {
			if slowCosine(x, i, a) > slowCosine(x, i, b) {
				return -1
			}
			return 1
		})
		for _, j := range others[:k] {
			if i%3 == j%3 {
				same++
			}
		}
	}
	if want := float64(same) / (118 * k); math.Abs(p.Mean-want) > 1e-12 {
		t.Errorf("purity %g, want %g", p.Mean, want)
	}
	chance := float64(alike) / float64(pairs)
	if math.Abs(p.Chance-chance) > 1e-12 || math.Abs(p.Shuffled-chance) > 0.005 || p.ShuffledLow > chance || p.ShuffledHigh < chance {
		t.Errorf("chance %g, by dealing %g [%g, %g], want %g", p.Chance, p.Shuffled, p.ShuffledLow, p.ShuffledHigh, chance)
	}
	if p.Listed != n+1 || p.Known != n-2 || p.Used != 118 || p.Classes != 3 || !(p.Low < p.Mean && p.Mean < p.High) || p.P != 1.0/1001 {
		t.Errorf("%+v", p)
	}
	runtime.GOMAXPROCS(max(1, 3-runtime.GOMAXPROCS(0)))
	if again, _ := MeasurePurity(t.Context(), x, classesOf(x, 3), k, frequent, 1); again != p {
		t.Errorf("with other workers %+v, was %+v", again, p)
	}
	few, err := MeasurePurity(t.Context(), x, classesOf(x, 3), k, func(i int) bool { return i < 7 }, 1)
	if err != nil || few.Used != 5 || !math.IsNaN(few.Mean) || !math.IsNaN(few.Chance) {
		t.Errorf("five words: %+v, %v", few, err)
	}
}

// A word in two spellings and two classes is nobody's, unless one spelling is the symbol's own.
func TestPuritySpellings(t *testing.T) {
	x := random(9, 3, 2)
	c, err := ReadClasses("f", strings.NewReader("W2\ta\nw2\tb\nW3\ta\nw3\ta\nW4\ta\nw5\tb\nw5\ta\nW5\tb\nw6\ta\nw7\tb\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	var p Purity
	words, class, _ := x.classed(c, &p, nil)
	if want := []int{2, 3, 4, 6, 7}; !slices.Equal(words, want) {
		t.Fatalf("words %v, want %v", words, want)
	}
	if class[0] == class[1] || class[1] != class[2] || class[0] != class[4] || c.Ambiguous != 1 {
		t.Errorf("classes %v, %d ambiguous", class, c.Ambiguous)
	}
	x.symbols[8] = "polish"
	x = New(x.symbols, x.vectors, nil, x.fold)
	if words, _, _ = x.classed(Classes{Of: map[string]string{"Polish": "a", "POLISH": "b"}}, &p, nil); len(words) != 0 {
		t.Errorf("two spellings, neither its own: %v", words)
	}
}

func TestLikeness(t *testing.T) {
	const n = 80
	x := random(n, 5, 11)
	copy(x.vectors[40], x.vectors[30])
	x.vectors[40][0] += 0.01
	x = New(x.symbols, x.vectors, []int{0, 1}, nil)
	counts := make([]int64, n)
	for i := range counts {
		counts[i] = int64(1000 - 10*i)
	}
	l, err := MeasureLikeness(t.Context(), x, counts, 30, 40, 500, 7)
	if err != nil {
		t.Fatal(err)
	}
	if l.Percentile != 1 {
		t.Errorf("twins: percentile %g", l.Percentile)
	}
	mean := stats.Mean(l.Random)
	if len(l.Random) != 500 || mean < 0.45 || mean > 0.55 {
		t.Errorf("random pairs: mean percentile %g of %d", mean, len(l.Random))
	}
	// By brute force for a pair that is not alike.
	l, err = MeasureLikeness(t.Context(), x, counts, 10, 72, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	share := func(a, b int) (float64, int) { // of words as frequent as b
		below, all := 0, 0
		for w := 2; w < n; w++ {
			if w != a && w != b && counts[w] <= 2*counts[b] && counts[b] <= 2*counts[w] {
				all++
				if slowCosine(x, a, w) < slowCosine(x, a, b) {
					below++
				}
			}
		}
		return float64(below) / float64(all), all
	}
	ab, amongB := share(10, 72)
	ba, amongA := share(72, 10)
	if math.Abs(l.Percentile-(ab+ba)/2) > 1e-12 || l.Among != min(amongA, amongB) || amongA == amongB {
		t.Errorf("percentile %g among %d, want %g among %d", l.Percentile, l.Among, (ab+ba)/2, min(amongA, amongB))
	}
	counts[5] = 1_000_000
	if _, err = MeasureLikeness(t.Context(), x, counts, 5, 30, 1, 7); err == nil || !strings.Contains(err.Error(), `"w5"`) {
		t.Errorf("a word like no other: %v", err)
	}
}

func BenchmarkPurity(b *testing.B) {
	x := random(17000, 30, 1)
	c := classesOf(x, 26)
	for b.Loop() {
		if _, err := MeasurePurity(b.Context(), x, c, 5, nil, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnalogies(b *testing.B) {
	x := random(17000, 30, 1)
	var qs []Question
	for i := range 100 {
		qs = append(qs, Question{"s", x.Symbol(2 + i), x.Symbol(200 + i), x.Symbol(300 + i), x.Symbol(400 + i)})
	}
	for b.Loop() {
		if _, err := MeasureAnalogies(b.Context(), x, qs); err != nil {
			b.Fatal(err)
		}
	}
}

// A symbol's class is its word's, however the file writes it; what is in several or none has none.
func TestClassify(t *testing.T) {
	x := New([]string{"</s>", "cat", "dog", "light", "fog"}, [][]float32{{1}, {1}, {1}, {1}, {1}}, nil, func(w string) []string { return []string{strings.ToLower(w)} })
	c, err := ReadClasses("kinds", strings.NewReader("Cat\tanimal\ndog\tanimal\nlight\ta\nlight\tb\nelk\tanimal\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	of, known := x.Classify(c)
	if want := []string{"", "animal", "animal", "", ""}; !slices.Equal(of, want) || known != 2 {
		t.Errorf("%q, %d known; want %q and 2", of, known, want)
	}
}

package trainer

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sweep/trainer/corpus"
)

// TestChoices keeps exactly the symbols that a cut allows, also where several are equally likely.
func TestChoices(t *testing.T) {
	ln := func(ps ...float64) []float32 {
		var z []float32
		for _, p := range ps {
			z = append(z, float32(math.Log(p)))
		}
		return z
	}
	halves := ln(0.25, 0.25, 0.25, 0.25)
	for _, tt := range []struct {
		name  string
		z     []float32
		o     SampleOptions
		first int32
		want  []int32
	}{
		{"all", ln(0.2, 0.5, 0.3), SampleOptions{}, 0, []int32{0, 1, 2}},
		{"top 2", ln(0.2, 0.5, 0.3), SampleOptions{TopK: 2}, 0, []int32{1, 2}},
		{"top 3 of 3", ln(0.2, 0.5, 0.3), SampleOptions{TopK: 3}, 0, []int32{0, 1, 2}},
		{"top 2 of equals", halves, SampleOptions{TopK: 2}, 0, []int32{0, 1}},
		{"top 3, two of them equal and one left out", ln(0.1, 0.3, 0.1, 0.4, 0.1), SampleOptions{TopK: 3}, 0, []int32{3, 1, 0}},
		{"half of equals", halves, SampleOptions{TopP: 0.5}, 0, []int32{0, 1}},
		{"a little more than half of equals", halves, SampleOptions{TopP: 0.500001}, 0, []int32{0, 1, 2}},
		{"exactly the first", ln(0.25, 0.5, 0.25), SampleOptions{TopP: 0.5}, 0, []int32{1}},
		{"nearly nothing", ln(0.2, 0.5, 0.3), SampleOptions{TopP: 1e-9}, 0, []int32{1}},
		{"everything", ln(0.2, 0.5, 0.3), SampleOptions{TopP: 1}, 0, []int32{0, 1, 2}},
		{"of what top 2 leaves", ln(0.2, 0.5, 0.3), SampleOptions{TopK: 2, TopP: 0.6}, 0, []int32{1}},
		{"after the temperature", ln(0.2, 0.5, 0.3), SampleOptions{TopP: 0.6, Temperature: 0.5}, 0, []int32{1}},
		{"before it", ln(0.2, 0.5, 0.3), SampleOptions{TopP: 0.6}, 0, []int32{1, 2}},
		{"the likeliest", ln(0.2, 0.4, 0.4), SampleOptions{Greedy: true, TopP: 0.9, TopK: 2}, 0, []int32{1}},
		{"without the boundary", ln(0.9, 0.04, 0.06), SampleOptions{TopK: 1}, 1, []int32{2}},
		{"without the boundary, all", ln(0.9, 0.04, 0.06), SampleOptions{}, 1, []int32{1, 2}},
	} {
		if tt.o.Temperature == 0 {
			tt.o.Temperature = 1
		}
		var got []int32
		for _, c := range tt.o.choices(nil, tt.z, tt.first) {
			got = append(got, c.symbol)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: kept %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestChoicesAlways holds the cuts against their definitions, for logits with many ties.
func TestChoicesAlways(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var z []float32
		for _, x := range rapid.SliceOfN(rapid.IntRange(-6, 3), 2, 12).Draw(r, "logits") {
			z = append(z, float32(x))
		}
		o := SampleOptions{
			Temperature: rapid.Float64Range(0.1, 3).Draw(r, "temperature"),
			TopK:        rapid.IntRange(0, 13).Draw(r, "top k"),
			TopP:        rapid.Float64Range(0, 1).Draw(r, "top p"),
		}
		got := o.choices(nil, z, 0)
		before := func(a, b int32) bool { return z[a] > z[b] || z[a] == z[b] && a < b }
		kept := map[int32]bool{}
		for _, c := range got {
			kept[c.symbol] = true
		}
		if len(kept) != len(got) || o.TopK > 0 && len(got) > o.TopK {
			r.Fatalf("kept %v", got)
		}
		weight := func(s int32) float64 { return math.Exp(float64(z[s]) / o.Temperature) }
		held, last := 0.0, got[0].symbol
		for s := range kept {
			held += weight(s)
			if before(last, s) {
				last = s
			}
			for i := range int32(len(z)) {
				if before(i, s) && !kept[i] {
					r.Fatalf("%v kept, %v not", s, i)
				}
			}
		}
		if o.TopP == 0 || o.TopP == 1 {
			if want := cmp.Or(min(o.TopK, len(z)), len(z)); len(got) != want {
				r.Fatalf("kept %d, want %d", len(got), want)
			}
			return
		}
		whole := 0.0
		k := o
		k.TopP = 0
		for _, c := range k.choices(nil, z, 0) {
			whole += weight(c.symbol)
		}
		if held < o.TopP*whole*(1-1e-9) || held-weight(last) > o.TopP*whole*(1+1e-9) {
			r.Fatalf("kept %v: %g of %g, for top p %g", got, held, whole, o.TopP)
		}
	})
}

// bounded opens a text of the grammar with a boundary.
func bounded(t *testing.T, boundary string) *corpus.Data {
	t.Helper()
	o := openText(t, "word", 20, 60).Options
	o.Boundary = boundary
	data, err := corpus.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestSampleFrequencies draws first and second symbols thousands of times and compares with the model's probabilities,
// for every boundary, from an empty, a short and a long context.
func TestSampleFrequencies(t *testing.T) {
	for _, boundary := range []string{"predict", "stream", "none"} {
		data := bounded(t, boundary)
		m, err := Train(t.Context(), kinds()["adam"], data, Session{})
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range [][]int32{nil, {3}, {1, 2, 3, 4, 5}} {
			for _, o := range []SampleOptions{{}, {Temperature: 0.5}, {TopK: 3}, {Temperature: 2, TopK: 3}, {TopP: 0.7}, {Temperature: 1.5, TopK: 9, TopP: 0.8}} {
				o.Prefix, o.MaxLen = prefix, 1
				name := fmt.Sprintf("%s %+v", boundary, o)
				const n = 4000
				p := m.Probabilities(prefix)
				if boundary == "none" {
					p[0] = 0
				}
				want := cut(p, o)
				got := make([]float64, len(want))
				for seed := range uint64(n) {
					text, ended := m.Sample(rand.New(rand.NewPCG(seed, 7)), o)
					switch {
					case ended && len(text) == len(prefix):
						got[0]++
					case !ended && len(text) == len(prefix)+1 && slices.Equal(text[:len(prefix)], prefix):
						got[text[len(prefix)]]++
					default:
						t.Fatalf("%s: text %v, ended %t", name, text, ended)
					}
				}
				compareCounts(t, name, got, want, n)
			}
		}
	}
}

// cut is what Sample is to draw from: probabilities p after temperature, top k and top p.
func cut(p []float64, o SampleOptions) []float64 {
	order := make([]int, len(p))
	sum := 0.0
	for i := range p {
		order[i] = i
		p[i] = math.Pow(p[i], 1/cmp.Or(o.Temperature, 1))
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	if o.TopK > 0 {
		order = order[:o.TopK]
	}
	for _, i := range order {
		sum += p[i]
	}
	want, have := make([]float64, len(p)), 0.0
	for _, i := range order {
		want[i] = p[i] / sum
		if have += want[i]; o.TopP > 0 && have >= o.TopP {
			break
		}
	}
	for i := range want {
		want[i] /= have
	}
	return want
}

// compareCounts requires counts of n draws to be within 4 standard errors of what their probabilities say; rare symbols
// are taken together.
func compareCounts(t *testing.T, name string, got, want []float64, n float64) {
	t.Helper()
	judge := func(what string, got, p float64) {
		if math.Abs(got-n*p) > 4*math.Sqrt(n*p*(1-p))+1e-9*n {
			t.Errorf("%s: %s drawn %g times, want about %.0f", name, what, got, n*p)
		}
	}
	rareGot, rareWant := 0.0, 0.0
	for i, p := range want {
		switch {
		case p == 0 && got[i] > 0:
			t.Errorf("%s: symbol %d drawn, which is left out", name, i)
		case n*p < 10:
			rareGot, rareWant = rareGot+got[i], rareWant+p
		default:
			judge(fmt.Sprint("symbol ", i), got[i], min(p, 1))
		}
	}
	if n*rareWant >= 10 {
		judge("rare symbols", rareGot, rareWant)
	}
}

// TestSampleText is the same text from the same seed, on every machine and kernel: these are stored.
func TestSampleText(t *testing.T) {
	data := openText(t, "word", 20, 60)
	m, err := Train(t.Context(), kinds()["adam"], data, Session{})
	if err != nil {
		t.Fatal(err)
	}
	draw := func(seed uint64, o SampleOptions) string {
		text, ended := m.Sample(rand.New(rand.NewPCG(seed, 0)), o)
		var words []string
		for _, s := range text {
			words = append(words, m.Symbols[s])
		}
		if ended {
			words = append(words, "/")
		}
		return strings.Join(words, " ")
	}
	for _, tt := range []struct {
		seed uint64
		o    SampleOptions
		want string
	}{
		{1, SampleOptions{}, "w15 w11 w19 w19 w9 w19 w19 /"},
		{2, SampleOptions{MaxLen: 6}, "w1 w3 w7 w15 w11 w15"},
		{2, SampleOptions{Temperature: 0.5, TopK: 4, TopP: 0.9, Prefix: []int32{4, 5}, MaxLen: 12}, "w3 w11 w15 w11 w15 w11 w3 w7 w15 w11 w3 w7 w15 w11"},
		{1, SampleOptions{Greedy: true, MaxLen: 5}, "w3 w7 w15 w11 w3"},
		{2, SampleOptions{Greedy: true, MaxLen: 5}, "w3 w7 w15 w11 w3"},
	} {
		if got := draw(tt.seed, tt.o); got != tt.want {
			t.Errorf("seed %d, %+v:\n got %q\nwant %q", tt.seed, tt.o, got, tt.want)
		}
	}
	text, _ := m.Sample(nil, SampleOptions{Greedy: true, Prefix: []int32{3}, MaxLen: 1})
	if want := m.Predict([]int32{3}, 1)[0].Index; int(text[1]) != want {
		t.Errorf("greedy: %v, want %d", text, want)
	}
}

// TestSampleWithoutBoundary runs on to the length that is asked for, whatever the boundary's own logit.
func TestSampleWithoutBoundary(t *testing.T) {
	data := bounded(t, "none")
	m := untrained(data, Config{HiddenSize: 7})
	m.w.U[m.w.h] = 100 // the boundary's bias
	text, ended := m.Sample(rand.New(rand.NewPCG(1, 1)), SampleOptions{MaxLen: 40})
	if ended || len(text) != 40 || slices.Contains(text, 0) {
		t.Errorf("text %v, ended %t", text, ended)
	}
}

package reports

import (
	"flag"
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"

	"sweep/results"
)

var regen = flag.Bool("regen", false, "write the golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *regen {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got)\n%s", file, d)
	}
}

// named finds a figure.
func named(t *testing.T, in Input, name string) figure {
	t.Helper()
	for _, f := range figures(in, nil) {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("there is no figure %s", name)
	return figure{}
}

func figureNames(in Input) (out []string) {
	for _, f := range figures(in, nil) {
		out = append(out, f.Name)
	}
	return out
}

func TestFigures(t *testing.T) {
	sets := dataSets()
	for name, want := range map[string][]string{
		"empty":  {"curves", "cost"},
		"hidden": {"effect-hidden_size", "difference", "curves", "related-hidden-rate-heatmap-hidden_size-learning_rate", "cost", "embedding", "similarity"},
		"names":  {"curves", "cost", "embedding", "similarity"},
		"rates":  {"effect-hidden_size", "effect-learning_rate", "difference", "curves", "rate-hidden_size", "heatmap-hidden_size-learning_rate", "cost"},
		"random": {"effect-hidden_size", "effect-learning_rate", "effect-dropout", "difference", "curves", "history", "parallel", "cost"},
		"search": {"effect-hidden_size", "effect-learning_rate", "effect-dropout", "importance", "curves", "history", "timeline",
			"parallel", "cost"},
		"category": {"representation", "effect-representation", "difference", "curves", "cost"},
		"cube": {"effect-context_length", "effect-embedding_dim", "effect-hidden_size", "difference", "curves", "parallel",
			"heatmap-context_length-embedding_dim", "heatmap-context_length-hidden_size", "heatmap-embedding_dim-hidden_size", "cost"},
	} {
		if d := cmp.Diff(want, figureNames(sets[name])); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

// The data of the pictures, to the last digit.
func TestTables(t *testing.T) {
	for _, tt := range []struct{ set, figure string }{
		{"hidden", "effect-hidden_size"}, {"hidden", "difference"}, {"hidden", "cost"}, {"diverged", "heatmap-hidden_size-learning_rate"}, {"one", "curves"},
	} {
		csv, err := named(t, dataSets()[tt.set], tt.figure).Table.csv()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, tt.set+"-"+tt.figure+".csv", csv)
	}
}

func TestTitles(t *testing.T) {
	tied := hiddenSweep(3)
	tied.Configurations[2].TiedWithBest = true
	all := hiddenSweep(3)
	for i := range all.Configurations {
		all.Configurations[i].TiedWithBest = true
	}
	manyTied := cube(3) // also among those for which the picture has no room
	manyTied.Configurations[0].TiedWithBest, manyTied.Configurations[25].TiedWithBest = true, true
	none := hiddenSweep(3)
	for i := range none.Configurations {
		none.Configurations[i].Best = false
	}
	for _, tt := range []struct {
		in         Input
		name, want string
	}{
		{hiddenSweep(3), "effect-hidden_size", "hidden_size 100 gives the lowest validation perplexity"},
		{tied, "effect-hidden_size", "The best hidden_size is among 100 and 200: they cannot be told apart"},
		{all, "effect-hidden_size", "No best hidden_size: validation perplexity cannot tell its values apart"},
		{none, "effect-hidden_size", "Which hidden_size gives the lowest validation perplexity?"},
		{hiddenSweep(1), "effect-hidden_size", "Validation perplexity is lowest at hidden_size 100, by one training each"},
		{categorySweep(), "effect-representation", "representation learned gives the highest validation accuracy"},
		{hiddenSweep(3), "difference", "All others can be told apart from the best, hidden_size 100"},
		{tied, "difference", "1 of 2 others can be told apart from the best, hidden_size 100"},
		{all, "difference", "None of the others can be told apart from the best, hidden_size 100"},
		{rateGrid(3), "difference", "All others can be told apart from the best, hidden_size 100, learning_rate 0.002"},
		{manyTied, "difference", "24 of 26 others can be told apart from the best, context_length 5, embedding_dim 10, hidden_size 200"},
		{hiddenSweep(1), "difference", "How far are the others from the best, hidden_size 100?"},
		{rateGrid(1), "heatmap-hidden_size-learning_rate", "The best learning_rate is not the same at every hidden_size"},
		{cube(3), "heatmap-context_length-hidden_size", "hidden_size 200 has the lowest validation loss at every context_length"},
		{tied, "cost", "The best has 2.24M parameters; one that cannot be told from it has 1.38M"},
	} {
		if tt.name == "cost" {
			tt.in.Configurations[0].TiedWithBest, tt.in.Configurations[2].TiedWithBest = true, false
		}
		if got := named(t, tt.in, tt.name).Title; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCaptions(t *testing.T) {
	for _, tt := range []struct{ set, figure, want string }{
		{"hidden", "effect-hidden_size", "n = 3 replicates; bars are 95 % intervals"},
		{"hidden", "effect-hidden_size", "Off the scale: unigram 476.0, uniform 17,000."},
		{"hidden", "effect-hidden_size", "Held fixed: corpus gostd, vocab_size 17000, context_length 3"},
		{"hidden", "effect-hidden_size", "Sweep hidden, corpus gostd."},
		{"one", "effect-hidden_size", "One training a point, so there is no interval."},
		{"one", "difference", "nothing can be said to be apart"},
		{"diverged", "effect-hidden_size", "5 trials diverged (crosses at the top) and have no value."},
		{"diverged", "effect-hidden_size", "1 trial failed and is not drawn."},
		{"diverged", "heatmap-hidden_size-learning_rate", "×: diverged trials, which are not in the mean."},
		{"rates", "effect-hidden_size", "The others at their best (thick line): learning_rate 0.002."},
		{"cube", "effect-hidden_size", "The others at their best (thick line): context_length 5 and embedding_dim 10."},
		{"cube", "heatmap-context_length-hidden_size", "The others at their best: embedding_dim 10."},
		{"random", "effect-dropout", "Every configuration also differs in hidden_size and learning_rate"},
		{"hidden", "curves", "The steep beginning lies outside the frame"},
		{"hidden", "curves", "the diamonds at their ends on all of it"},
		{"cube", "curves", "The best 7 are coloured, the other 20 grey."},
		{"names", "embedding", "turned and mirrored to lie like the large one"},
		{"hidden", "embedding", "the 2,000 most frequent are drawn"},
		{"hidden", "related-hidden-rate-heatmap-hidden_size-learning_rate", "hidden-rate found 0.002 best at hidden_size 200, hidden uses 0.001."},
		{"hidden", "related-hidden-rate-heatmap-hidden_size-learning_rate", "One training a cell: small differences may be chance."},
	} {
		if got := strings.Join(named(t, dataSets()[tt.set], tt.figure).Caption, " "); !strings.Contains(got, tt.want) {
			t.Errorf("%s %s: %q is not in %q", tt.set, tt.figure, tt.want, got)
		}
	}
}

// A zipped learning rate stands below its size, and the axis says that it belongs to it.
func TestEffectAxisOfZip(t *testing.T) {
	x := named(t, hiddenSweep(3), "effect-hidden_size").Panels[0].X
	if want := "hidden_size (neurons); below it learning_rate, tied to hidden_size"; x.Label != want {
		t.Errorf("got %q, want %q", x.Label, want)
	}
	want := []mark{{50, "50\n0.004"}, {100, "100\n0.002"}, {200, "200\n0.001"}}
	if d := cmp.Diff(want, x.Marks); d != "" || x.Scale != logarithmic {
		t.Errorf("scale %d (-want +got)\n%s", x.Scale, d)
	}
}

// layers returns the layers of one kind, those in bundles, too.
func layers[T any](p panel) []T { return ofKind[T](p.Layers) }

func ofKind[T any](all []plot.Plotter) (out []T) {
	for _, l := range all {
		if b, ok := l.(bundle); ok {
			out = append(out, ofKind[T](b.Layers)...)
		}
		if l, ok := l.(T); ok {
			out = append(out, l)
		}
	}
	return out
}

func TestEffectDrawsWhatItShould(t *testing.T) {
	p := named(t, hiddenSweep(3), "effect-hidden_size").Panels[0]
	if got := len(layers[interval](p)); got != 3 {
		t.Errorf("%d intervals", got)
	}
	if got := len(layers[rule](p)); got != 2 {
		t.Errorf("%d baselines", got)
	}
	points := 0
	for _, d := range layers[dots](p) {
		if d.Color.A < 0xFF {
			points += len(d.Points)
		}
	}
	if points != 9 {
		t.Errorf("%d faint points for 9 trials", points)
	}
	// The intervals are the record's own, not computed anew.
	in := hiddenSweep(3)
	if b := layers[interval](p)[0]; b.Low != *in.Configurations[0].Low || b.High != *in.Configurations[0].High {
		t.Errorf("interval [%g, %g]", b.Low, b.High)
	}
	if p.Y.Min > 122 || p.Y.Min < 115 || p.Y.Max > 145 {
		t.Errorf("far baselines squash the axis: [%g, %g]", p.Y.Min, p.Y.Max)
	}
}

// With two replicates an interval is wide; it does not decide the range.
func TestWideIntervalsDoNotSquash(t *testing.T) {
	in := hiddenSweep(2)
	in.Configurations[0].Low, in.Configurations[0].High = point(-5000), point(9000)
	if y := named(t, in, "effect-hidden_size").Panels[0].Y; y.Max-y.Min > 60 {
		t.Errorf("[%g, %g]", y.Min, y.Max)
	}
}

func TestDivergedTrialsHaveCrosses(t *testing.T) {
	in := divergedSweep()
	n := 0
	for _, l := range layers[lost](named(t, in, "effect-hidden_size").Panels[0]) {
		n += len(l.X)
	}
	if n != 5 {
		t.Errorf("%d crosses for 5 diverged trials", n)
	}
	n = 0
	curves := named(t, in, "curves").Panels[0]
	for _, d := range layers[dots](curves) {
		if d.Shape == cross {
			n += len(d.Points)
		}
	}
	for _, l := range layers[lost](curves) {
		n += len(l.X)
	}
	if n != 5 {
		t.Errorf("%d crosses in the curves", n)
	}
}

func TestEffectSmallMultiples(t *testing.T) {
	f := named(t, cube(3), "effect-hidden_size")
	if len(f.Panels) != 3 || len(f.Legend) < 3 {
		t.Fatalf("%d panels, %d entries in the legend", len(f.Panels), len(f.Legend))
	}
	for _, p := range f.Panels {
		if p.Y.Min != f.Panels[0].Y.Min || p.Y.Max != f.Panels[0].Y.Max || p.X.Min != f.Panels[0].X.Min {
			t.Errorf("%s has a range of its own", p.Title)
		}
		if got := len(layers[line](p)); got != 3 {
			t.Errorf("%s has %d lines", p.Title, got)
		}
	}
	if f.Panels[0].Y.Bare || !f.Panels[1].Y.Bare {
		t.Error("only the first panel of a row has labels on y")
	}
}

func TestCurvesOfReplicates(t *testing.T) {
	in := hiddenSweep(3)
	p := named(t, in, "curves").Panels[0]
	if got := len(layers[ribbon](p)); got != 3 {
		t.Errorf("%d bands", got)
	}
	var whole, want []float64
	for _, d := range layers[dots](p) {
		if d.Shape == diamond {
			whole = append(whole, d.Points[0].Y)
		}
	}
	for _, c := range in.Configurations {
		want = append(want, *c.Mean)
	}
	slices.Sort(whole)
	slices.Sort(want)
	if d := cmp.Diff(want, whole); d != "" {
		t.Errorf("the marks at the ends are not at the whole part's means (-want +got)\n%s", d)
	}
	ends := layers[endLabels](p)[0].Labels
	if len(ends) != 5 { // three lines and two baselines
		t.Errorf("%d labels", len(ends))
	}
}

func TestCurvesByExamples(t *testing.T) {
	in := hiddenSweep(1)
	for i := range in.Configurations {
		in.Configurations[i].Params = []byte(fmt.Sprintf(`{"batch_size":%d}`, 32<<i))
	}
	if got := named(t, in, "curves").Panels[0].X.Label; got != "training examples seen" {
		t.Errorf("configurations with different batches are drawn by %s", got)
	}
}

// A perplexity that no trainer reported is drawn from the loss.
func TestCurvesFromLoss(t *testing.T) {
	loss := math.Log(140)
	got := pointsOf([]results.Point{{Trial: "t", Metric: "val/loss", Step: 2, Value: &loss}, {Trial: "t", Metric: "val/loss", Step: 1}}, newMetric("val/perplexity", ""))
	if len(got["t"]) != 2 || got["t"][0].Step != 1 || math.Abs(*got["t"][1].Value-140) > 1e-9 || loss != math.Log(140) {
		t.Errorf("%+v", got)
	}
}

func TestParetoFront(t *testing.T) {
	s := newStudyOf(divergedSweep())
	for i, c := range []struct{ cost, mean float64 }{{1, 10}, {2, 11}, {3, 8}, {3, 9}, {4, 8}, {5, nan}, {6, 7}} {
		s.configs[i].mean, s.configs[i].parameters, s.configs[i].diverged = c.mean, int64(c.cost), 0
	}
	s.configs = s.configs[:7]
	cost := func(c config) float64 { return float64(c.parameters) }
	if d := cmp.Diff([]int{0, 2, 6}, s.front(cost)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	s.metric.Maximize = true
	if d := cmp.Diff([]int{0, 1}, s.front(cost)); d != "" {
		t.Errorf("maximised (-want +got)\n%s", d)
	}
	s.configs[6].diverged = 1
	s.metric.Maximize = false
	if got := s.front(cost); slices.Contains(got, 6) {
		t.Error("a configuration that diverges is no bargain")
	}
}

func TestHeatmapCells(t *testing.T) {
	f := named(t, divergedSweep(), "heatmap-hidden_size-learning_rate")
	got := map[string]int{}
	for _, c := range layers[cells](f.Panels[0])[0].Cells {
		switch {
		case c.Best:
			got["best"]++
		case c.Empty:
			got[c.Lines[0]+" "+c.Lines[len(c.Lines)-1]]++
		default:
			got["filled"]++
		}
	}
	if d := cmp.Diff(map[string]int{"best": 1, "filled": 9, "not run not run": 1, "× diverged": 1}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Where the others' best values leave most of the table empty, cells are averages, and say so.
func TestHeatmapAverages(t *testing.T) {
	in := cube(1)
	in.Configurations = slices.DeleteFunc(in.Configurations, func(c results.Configuration) bool {
		return strings.Contains(string(c.Params), `"hidden_size":200`) && !bool(c.Best)
	})
	f := named(t, in, "heatmap-context_length-embedding_dim")
	if got := strings.Join(f.Caption, " "); !strings.Contains(got, "Averaged over hidden_size.") {
		t.Errorf("caption %q", got)
	}
	c := layers[cells](f.Panels[0])[0].Cells[0]
	if got := c.Lines[1]; got != "n = 2" {
		t.Errorf("the first cell has %s", got)
	}
}

// With the pooled residual sd s on df degrees of freedom a difference of two means of n has the half width
// t(0.975, df) s sqrt(2/n).
func TestDifferences(t *testing.T) {
	in := hiddenSweep(3)
	ds := newStudyOf(in).differences(in.Answer)
	if len(ds) != 2 {
		t.Fatalf("%d differences", len(ds))
	}
	mean := func(c int) (m float64) {
		for r := range 3 {
			m += math.Log(*in.Trials[3*c+r].Value) / 3
		}
		return m
	}
	half := 2.7764451051977987 * *in.Answer.Residual * math.Sqrt(2.0/3) // t(0.975, 4)
	for _, d := range ds {
		want := mean(d.config) - mean(1)
		// Dunnett's one-sided quantile lies between that of one comparison and Bonferroni's of two.
		if q := (d.by - d.bound) / (half / 2.7764451051977987); q < 2.131847 || q > 2.776445 {
			t.Errorf("bound %g: quantile %g", d.bound, q)
		}
		if math.Abs(d.by-want) > 1e-12 || math.Abs(d.high-want-half) > 1e-9 || math.Abs(want-half-d.low) > 1e-9 {
			t.Errorf("got %g [%g, %g], want %g ± %g", d.by, d.low, d.high, want, half)
		}
	}
	in.Answer.Method = "welch"
	if d := newStudyOf(in).differences(in.Answer)[0]; math.IsNaN(d.low) || math.Abs(d.high-d.low-2*half) < 1e-9 {
		t.Errorf("Welch gives [%g, %g]", d.low, d.high)
	}
	in.Answer.Method = "none"
	if d := newStudyOf(in).differences(in.Answer)[0]; !math.IsNaN(d.low) {
		t.Errorf("without a method there is no interval, got [%g, %g]", d.low, d.high)
	}
	if ds := newStudyOf(hiddenSweep(1)).differences(hiddenSweep(1).Answer); len(ds) != 2 || !math.IsNaN(ds[0].low) {
		t.Error("one replicate gives an interval")
	}
}

// Where more is better a difference still says how much worse.
func TestDifferencesMaximized(t *testing.T) {
	in := categorySweep()
	for _, d := range newStudyOf(in).differences(in.Answer) {
		if d.by <= 0 {
			t.Errorf("configuration %d is better than the best by %g", d.config, -d.by)
		}
	}
}

func TestFlatten(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var vectors [][]float32
	for range 500 { // variance 9 along (0.6, -0.8, 0), 1 along the third, 0.01 along the rest
		a, b, c := rng.NormFloat64()*3, rng.NormFloat64(), rng.NormFloat64()*0.1
		vectors = append(vectors, []float32{float32(0.6*a + 0.8*c + 5), float32(-0.8*a + 0.6*c), float32(b)})
	}
	vectors[7] = []float32{float32(nan), 0, 0}
	f := flatten(vectors)
	if f.problem != "" || f.direct {
		t.Fatalf("%+v", f.problem)
	}
	if f.explained[0] < 0.87 || f.explained[0] > 0.92 || math.Abs(f.explained[0]+f.explained[1]-1) > 0.01 {
		t.Errorf("explained %v", f.explained)
	}
	if !math.IsNaN(f.xy[7][0]) {
		t.Error("a vector of NaN has a place")
	}
	// The largest loading, that of the second number, is positive: x grows with it.
	if (f.xy[0][0]-f.xy[1][0])*float64(vectors[0][1]-vectors[1][1]) < 0 {
		t.Error("the largest loading is negative")
	}
	sum := 0.0
	for i, p := range f.xy {
		if i != 7 {
			sum += p[0]
		}
	}
	if math.Abs(sum/499) > 1e-9 {
		t.Errorf("the map's centre lies at %g", sum/499)
	}
}

func TestFlattenDegenerate(t *testing.T) {
	for name, tt := range map[string]struct {
		vectors [][]float32
		problem bool
		direct  bool
	}{
		"two numbers are shown as they are": {[][]float32{{1, 2}, {3, 4}}, false, true},
		"one number":                        {[][]float32{{1}, {2}}, false, true},
		"all the same":                      {[][]float32{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}, true, false},
		"fewer than three":                  {[][]float32{{1, 2, 3}, {4, 5, 6}}, true, false},
		"nothing finite":                    {[][]float32{{float32(nan), 1, 2}}, true, false},
		"ragged":                            {[][]float32{{1, 2, 3}, {1}, {2, 3, 1}, {3, 1, 2}}, false, false},
		"nothing":                           {nil, true, false},
		"no numbers":                        {[][]float32{{}, {}}, true, false},
		"on a line":                         {[][]float32{{1, 1, 1}, {2, 2, 2}, {3, 3, 3}}, false, false},
	} {
		if f := flatten(tt.vectors); (f.problem != "") != tt.problem || f.direct != tt.direct {
			t.Errorf("%s: problem %q, direct %v", name, f.problem, f.direct)
		}
	}
	if f := flatten([][]float32{{1, 2}, {3, 4}}); f.xy[1] != [2]float64{3, 4} {
		t.Errorf("got %v", f.xy)
	}
}

func TestAlign(t *testing.T) {
	to := flatten(letters(2, 1).Vectors)
	for _, mirror := range []float64{1, -1} {
		turned := flat{xy: make([][2]float64, len(to.xy))}
		sin, cos := math.Sincos(2.1)
		for i, p := range to.xy {
			turned.xy[i] = [2]float64{cos*p[0] - sin*p[1] + 7, mirror * (sin*p[0] + cos*p[1])}
		}
		got := turned.alignTo(to)
		for i := range got.xy { // up to the place of the centre
			for j := range 2 {
				if d := (got.xy[i][j] - got.xy[0][j]) - (to.xy[i][j] - to.xy[0][j]); math.Abs(d) > 1e-9 {
					t.Fatalf("mirror %g: symbol %d is off by %g", mirror, i, d)
				}
			}
		}
	}
}

func TestClasses(t *testing.T) {
	e := letters(2, 1)
	of, classes := e.classes()
	var names []string
	for _, c := range classes {
		names = append(names, c.Name)
	}
	if d := cmp.Diff([]string{"vowel", "consonant", "boundary"}, names); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for i, s := range e.Symbols {
		want := 1
		if i == 0 {
			want = 2
		} else if strings.Contains("aeiou", s) {
			want = 0
		}
		if of[i] != want {
			t.Errorf("%s is a %s", s, names[of[i]])
		}
	}
	w := words(1200, 3)
	of, classes = w.classes()
	if len(classes) != 4 || of[0] != 0 || of[9] != 0 || of[10] != 1 || of[100] != 2 || of[1000] != 3 {
		t.Errorf("bands %v", classes)
	}
	e.Classes = make([]string, 27)
	if _, classes := e.classes(); len(classes) != 1 || legendOf(classes) != nil {
		t.Errorf("one class needs no legend: %v", classes)
	}
}

// Of more classes than there are colours the largest are told apart, and all others are grey, as what has no class is.
func TestMoreClassesThanColours(t *testing.T) {
	w := words(100, 3)
	w.Classes = make([]string, 100)
	for i := range 90 {
		w.Classes[i] = string(rune('a' + i%9)) // nine classes of ten
	}
	w.Classes[90] = "i" // which is thus among the largest
	of, classes := w.classes()
	want := []string{"a", "b", "c", "d", "e", "f", "i", otherClass, noClass}
	var names []string
	colors := map[color.NRGBA]bool{}
	for _, c := range classes {
		names = append(names, c.Name)
		colors[c.Color] = true
	}
	if d := cmp.Diff(want, names); d != "" || len(colors) != 9 {
		t.Errorf("%d colours (-want +got)\n%s", len(colors), d)
	}
	if got := classes[of[6]].Name + " " + classes[of[7]].Name + " " + classes[of[99]].Name; got != "other other no class" {
		t.Errorf("g, h and nothing are %s", got)
	}
	if n := len(legendOf(classes)); n != 9 {
		t.Errorf("%d entries in the legend", n)
	}
	for i := range w.Classes { // what is called other is grey, however much there is of it
		w.Classes[i] = []string{otherClass, otherClass, "a"}[i%3]
	}
	of, classes = w.classes()
	if c := classes[of[0]]; len(classes) != 2 || c.Name != otherClass || c.Color != ruleGrey {
		t.Errorf("%v, the first %v", classes, c)
	}
}

// Two groups of like vectors, given alternately, stand together.
func TestSeriate(t *testing.T) {
	var sim [][]float64
	for i := range 10 {
		sim = append(sim, make([]float64, 10))
		for j := range 10 {
			sim[i][j] = -0.5 - 0.01*math.Abs(float64(i-j))
			if i%2 == j%2 {
				sim[i][j] = 1 - 0.05*math.Abs(float64(i-j))
			}
		}
	}
	order := seriate(sim)
	changes := 0
	for k := 1; k < len(order); k++ {
		if order[k]%2 != order[k-1]%2 {
			changes++
		}
	}
	sorted := slices.Clone(order)
	slices.Sort(sorted)
	if changes != 1 || len(slices.Compact(sorted)) != 10 {
		t.Errorf("order %v", order)
	}
	if got := seriate(nil); got != nil {
		t.Errorf("nothing is ordered as %v", got)
	}
}

func TestNeighbors(t *testing.T) {
	e := Embedding{Symbols: []string{"up", "higher", "down", "\n"}, Vectors: [][]float32{{1, 0, 0}, {2, 0.1, 0}, {-1, 0, 0}, {0, 0, 0}}}
	got := neighborTable(e)
	if d := cmp.Diff([]string{"up", "higher (1.00), down (−1.00)"}, got.Rows[0].Cells); d != "" {
		t.Errorf("by cosine (-want +got)\n%s", d)
	}
	e = Embedding{Symbols: []string{"a", "b", "c"}, Vectors: [][]float32{{1, 0}, {4, 4}, {1, 2}}}
	if d := cmp.Diff([]string{"a", "c (2.00), b (5.00)"}, neighborTable(e).Rows[0].Cells); d != "" {
		t.Errorf("by distance (-want +got)\n%s", d)
	}
}

// What exploded or failed lies off the scale of the curves and is named; labels stand by the diamonds.
func TestCurvesScale(t *testing.T) {
	calm := named(t, cube(3), "curves").Panels[0].Y
	for name, ranked := range map[string]bool{"failed": false, "complete": true} {
		in := cube(3)
		c := &in.Configurations[0]
		for i, q := range in.Points {
			if strings.HasPrefix(q.Trial, "000000") && q.Value != nil {
				in.Points[i].Value = point(*q.Value * 300)
			}
		}
		if c.Mean = nil; ranked {
			c.Mean = point(700)
		} else {
			c.Rank, c.Low, c.High = nil, nil, nil
		}
		f := named(t, in, "curves")
		if y := f.Panels[0].Y; y.Max > 1.2*calm.Max || y.Min < 0 {
			t.Errorf("%s: the axis is [%g, %g], without the explosion [%g, %g]", name, y.Min, y.Max, calm.Min, calm.Max)
		}
		if got := strings.Join(f.Caption, " "); !strings.Contains(got, "Off the scale: context_length 2, embedding_dim 2, hidden_size 50: ") {
			t.Errorf("%s: caption %q", name, got)
		}
	}
}

func TestCurveBandsArePositive(t *testing.T) {
	in := hiddenSweep(2)
	for i := range in.Points {
		if in.Points[i].Value != nil && i%2 == 0 {
			in.Points[i].Value = point(*in.Points[i].Value * 3)
		}
	}
	s := newStudyOf(in)
	for r, q := range s.points[s.configs[0].trials[0].Trial.Trial] {
		*q.Value *= 1 + 20*float64(r)
	}
	if c := s.curve(s.configs[0], false, mostCurvePoints); slices.Min(c.low) != 0 {
		t.Errorf("the band reaches down to %g, want 0", slices.Min(c.low))
	}
}

func TestCurveLabelsStandByDiamonds(t *testing.T) {
	in := hiddenSweep(3)
	*in.Configurations[0].Mean += 2
	for _, l := range layers[endLabels](named(t, in, "curves").Panels[0])[0].Labels {
		if l.Text == "hidden_size 50" && l.At.Y != *in.Configurations[0].Mean {
			t.Errorf("the label is at %g, the diamond at %g", l.At.Y, *in.Configurations[0].Mean)
		}
	}
}

// A front of one point is no line, and no legend names it.
func TestCostFrontOfOnePoint(t *testing.T) {
	for _, one := range []bool{false, true} {
		in := hiddenSweep(3)
		if one { // the best is also the cheapest
			for i := range in.Trials {
				if i/3 == 1 {
					in.Trials[i].Parameters, in.Trials[i].Seconds = 1000, 0.5
				}
			}
		}
		f := named(t, in, "cost")
		named := slices.ContainsFunc(f.Legend, func(l legendEntry) bool { return l.Text == "Pareto front" })
		if named == one || strings.Contains(strings.Join(f.Caption, " "), "Pareto") == one {
			t.Errorf("one point: %v, legend %v, caption %q", one, f.Legend, f.Caption)
		}
	}
}

func TestEffectCaptionNamesNegatives(t *testing.T) {
	for loss, want := range map[string]string{"sampled": "(initialisation, order and negatives)", "full": "(initialisation and order)"} {
		in := hiddenSweep(3)
		for i, c := range in.Configurations {
			in.Configurations[i].Params = []byte(strings.Replace(string(c.Params), `"loss":"sampled"`, `"loss":"`+loss+`"`, 1))
		}
		if got := strings.Join(named(t, in, "effect-hidden_size").Caption, " "); !strings.Contains(got, want) {
			t.Errorf("%s: caption %q, want %s", loss, got, want)
		}
	}
}

// Losses that all lie at or below 0 have no median to be measured by.
func TestCurvesOfNegativeLosses(t *testing.T) {
	in := cube(1)
	for i := range in.Configurations {
		in.Configurations[i].Mean = point(-1 - float64(i))
	}
	if p := named(t, in, "curves").Panels[0]; p.Empty != "" {
		t.Error(p.Empty)
	}
}

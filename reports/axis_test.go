package reports

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"
)

var inf, nan = math.Inf(1), math.NaN()

// gonum/plot panics on each of these on a log axis, or draws a range of one value from minus one.
func TestCover(t *testing.T) {
	for _, tt := range []struct {
		name     string
		scale    scaleKind
		values   []float64
		min, max float64
	}{
		{"one learning rate on a log axis", logarithmic, []float64{0.001, 0.001}, 0.001 * math.Pow(10, -0.2), 0.001 * math.Pow(10, 0.2)},
		{"zero and negative values on a log axis", logarithmic, []float64{0, -3, 1, 100}, 1, 100},
		{"nothing positive on a log axis", logarithmic, []float64{0, -1}, 0.1, 10},
		{"NaN and infinities", linear, []float64{nan, 1, inf, 3, -inf}, 1, 3},
		{"nothing at all", linear, nil, 0, 1},
		{"only NaN", linear, []float64{nan}, 0, 1},
		{"one value", linear, []float64{2}, 1.9, 2.1},
		{"zero", linear, []float64{0}, -1, 1},
		{"categories", category, []float64{0, 2}, -0.5, 2.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := axis{Scale: tt.scale}
			a.cover(0, tt.values...)
			if math.Abs(a.Min-tt.min) > 1e-12 || math.Abs(a.Max-tt.max) > 1e-12 {
				t.Errorf("got [%g, %g], want [%g, %g]", a.Min, a.Max, tt.min, tt.max)
			}
		})
	}
}

// Whatever the values, the range can be drawn: by gonum/plot itself, with its ticks.
func TestCoverAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]scaleKind{linear, logarithmic, category}).Draw(t, "scale")
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{nan, inf, -inf, 0, 1, 5e-324, math.MaxFloat64})), 0, 6).Draw(t, "values")
		a := axis{Scale: kind, Whole: rapid.Bool().Draw(t, "whole")}
		a.cover(rapid.SampledFrom([]float64{0, 0.08, 1}).Draw(t, "pad"), values...)
		if !(a.Min < a.Max) || math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) || (kind == logarithmic && a.Min <= 0) {
			t.Fatalf("range [%g, %g]", a.Min, a.Max)
		}
		for _, v := range values {
			if usable(v, kind) && (v < a.Min*(1-1e-9)-1e-300 && a.Min > 0 || v > a.Max*(1+1e-9) && a.Max > 0) {
				t.Fatalf("%g lies outside [%g, %g]", v, a.Min, a.Max)
			}
		}
		for _, tick := range a.ticks(a.Min, a.Max) {
			if math.IsNaN(tick.Value) || tick.Value < a.Min-1e-6*(a.Max-a.Min) || tick.Value > a.Max+1e-6*(a.Max-a.Min) {
				t.Fatalf("tick %g outside [%g, %g]", tick.Value, a.Min, a.Max)
			}
		}
		y := axis{}
		y.cover(0, 1, 2)
		panel{X: a, Y: y}.plot().Draw(draw.NewCanvas(new(recorder.Canvas), 100*vg.Centimeter, 10*vg.Centimeter))
	})
}

func TestNormalizeNeverPanics(t *testing.T) {
	for _, x := range []float64{0, -1, nan, inf} {
		if got := logarithmic.Normalize(1, 10, x); got >= 0 && got <= 1 {
			t.Errorf("%g has the place %g on a log axis from 1 to 10", x, got)
		}
	}
	if got := logarithmic.Normalize(0, 10, 5); got >= 0 {
		t.Errorf("a log axis from 0 gives %g", got)
	}
	if got, want := logarithmic.Normalize(1, 100, 10), 0.5; math.Abs(got-want) > 1e-12 {
		t.Errorf("got %g, want %g", got, want)
	}
}

func labelsOf(ticks []plot.Tick) (out []string) {
	for _, t := range ticks {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return out
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		axis   axis
		lo, hi float64
		want   []string
	}{
		// plot.LogTicks begins at 1e-3 here, labels decades only and goes past the end.
		{"log, 1-2-5", axis{Scale: logarithmic}, 3e-4, 2e-2, []string{"0.0005", "0.001", "0.002", "0.005", "0.01", "0.02"}},
		{"log, small", axis{Scale: logarithmic}, 1e-6, 1e-4, []string{"1e-6", "2e-6", "5e-6", "1e-5", "2e-5", "5e-5", "0.0001"}},
		{"log, many decades", axis{Scale: logarithmic}, 1, 1e6, []string{"1", "100", "10k", "1M"}},
		{"log, less than a factor of three", axis{Scale: logarithmic}, 120, 200, []string{"120", "140", "160", "180", "200"}},
		{"SI", axis{}, 0, 40000, []string{"0", "10k", "20k", "30k", "40k"}},
		{"SI, fine", axis{}, 1.2e6, 1.3e6, []string{"1.2M", "1.22M", "1.24M", "1.26M", "1.28M", "1.3M"}},
		{"decimals of the step", axis{}, 2.05, 2.2, []string{"2.06", "2.08", "2.10", "2.12", "2.14", "2.16", "2.18", "2.20"}},
		{"whole numbers only", axis{Whole: true}, 0, 2, []string{"0", "1", "2"}},
		{"percent", axis{Percent: true}, 0.1, 0.2, []string{"10 %", "12 %", "14 %", "16 %", "18 %", "20 %"}},
		{"negative", axis{Ticks: 2}, -2, 2, []string{"−2", "0", "2"}},
		{"our own", axis{Marks: []mark{{At: 50, Label: "50"}, {At: nan, Label: "x"}}}, 0, 100, []string{"50"}},
		{"our own on a log axis", axis{Scale: logarithmic, Marks: []mark{{At: 0, Label: "0"}, {At: 5, Label: "5"}}}, 1, 100, []string{"5"}},
		{"none", axis{Blank: true}, 0, 1, nil},
		{"huge", axis{}, 0, 1e200, []string{"0", "2e199", "4e199", "6e199", "8e199", "1e200"}},
		{"tiny", axis{}, -1e-6, 1e-6, []string{"−1e-6", "−5e-7", "0", "5e-7", "1e-6"}},
		{"around zero", axis{}, -0.001, 0.001, []string{"−0.0010", "−0.0005", "0.0000", "0.0005", "0.0010"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := labelsOf(tt.axis.ticks(tt.lo, tt.hi)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Two ticks never carry the same label, however fine the step is.
func TestTickLabelsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-1e5, 1e5).Draw(t, "lo")
		a := axis{}
		a.cover(0, lo, lo+math.Pow(10, rapid.Float64Range(-3, 6).Draw(t, "log span")))
		ls := labelsOf(a.ticks(a.Min, a.Max))
		if len(ls) < 2 {
			t.Fatalf("only %q in [%g, %g]", ls, a.Min, a.Max)
		}
		slices.Sort(ls)
		if len(slices.Compact(slices.Clone(ls))) != len(ls) {
			t.Fatalf("[%g, %g] has %q", a.Min, a.Max, ls)
		}
	})
}

func TestSpaced(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   scaleKind
	}{
		{[]float64{50, 100, 200}, logarithmic},
		{[]float64{0.001, 0.002, 0.004, 0.008}, logarithmic},
		{[]float64{10, 30, 60}, logarithmic},
		{[]float64{1, 2, 3, 4, 5}, linear},
		{[]float64{0, 0.1, 0.5}, linear}, // zero has no logarithm
		{[]float64{-1, 1, 10}, linear},
		{[]float64{2, 3, 5}, linear}, // less than a factor of three
		{[]float64{1, 10}, logarithmic},
		{[]float64{7}, linear},
		{nil, linear},
	} {
		if got := spaced(tt.values); got != tt.want {
			t.Errorf("%v: got %d, want %d", tt.values, got, tt.want)
		}
	}
}

func TestSI(t *testing.T) {
	for v, want := range map[float64]string{17000: "17k", 1381550: "1.38M", 2.5e9: "2.5G", 0: "0", 950: "950", -17000: "−17k", 999999: "1M"} {
		if got := si(v, v/100); got != want {
			t.Errorf("%g: got %s, want %s", v, got, want)
		}
	}
}

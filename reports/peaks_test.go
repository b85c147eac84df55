package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sweep/results"
)

// A thinned curve keeps what stands out: both ends, the highest and the lowest value, and that there was no number.
func TestPeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1, 1), rapid.Just(math.NaN()), rapid.Just(1000.0)), 0, 500).Draw(t, "values")
		most := rapid.IntRange(8, 200).Draw(t, "most")
		var all []measured
		for i, v := range values {
			all = append(all, measured{int64(i), []float64{v}})
		}
		kept := peaks(all, most)
		if len(kept) > most || len(all) <= most && len(kept) != len(all) {
			t.Fatalf("%d of %d places, at most %d", len(kept), len(all), most)
		}
		if len(all) == 0 {
			return
		}
		if kept[0].place != 0 || kept[len(kept)-1].place != int64(len(all)-1) {
			t.Fatalf("an end is lost")
		}
		if !slices.IsSortedFunc(kept, func(a, b measured) int { return int(a.place - b.place) }) {
			t.Fatalf("out of order")
		}
		extremes := func(ms []measured) (lo, hi float64, none bool) {
			lo, hi = math.Inf(1), math.Inf(-1)
			for _, m := range ms {
				none = none || math.IsNaN(m.values[0])
				lo, hi = min(lo, or(m.values[0], math.Inf(1))), max(hi, or(m.values[0], math.Inf(-1)))
			}
			return lo, hi, none
		}
		lo, hi, none := extremes(all)
		if l, h, n := extremes(kept); l != lo || h != hi || n != none {
			t.Fatalf("from %g to %g, NaN %v, of %g to %g, NaN %v", l, h, n, lo, hi, none)
		}
	})
}

func or(v, other float64) float64 {
	if math.IsNaN(v) {
		return other
	}
	return v
}

// Of a sweep with very long curves the table holds what is drawn, and the caption says where the rest is.
func TestLongCurves(t *testing.T) {
	in := hiddenSweep(2)
	in.Points = nil
	const each = 30_000
	for _, tr := range in.Trials {
		for i := range each {
			v := 140 - float64(i)/each
			if i == 12_345 {
				v = 150 // a spike
			}
			in.Points = append(in.Points, results.Point{Trial: tr.Trial, Metric: in.Sweep.Metric, Step: int64(i), Value: &v})
		}
	}
	f := named(t, in, "curves")
	if n := len(f.Table.Rows); n > 2*mostCurvePoints+10 || n < mostCurvePoints/2 {
		t.Errorf("%d rows of %d", n, len(in.Points))
	}
	spikes := 0
	for _, l := range layers[line](f.Panels[0]) {
		for _, q := range l.Points {
			if q.Y == 150 {
				spikes++
			}
		}
	}
	if spikes != 3 || !strings.Contains(strings.Join(f.Caption, " "), "sweep export") {
		t.Errorf("%d spikes drawn of 3; caption %q", spikes, f.Caption)
	}
}

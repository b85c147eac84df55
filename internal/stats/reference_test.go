package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// reference holds figures that SciPy computed; testdata/scipy.txt is the script.
type reference struct {
	A, B, C, W []float64
	Summary    map[string]struct {
		Mean, SD float64
		Interval [2]float64
	}
	Welch, Paired map[string]struct{ Value, DF, P, Low, High, Correlation float64 }
	Blocks        struct{ SD, DF float64 }
	Best          []struct {
		K            int
		DF, Quantile float64
	}
	Shift []struct{ Critical, DF, Shift float64 }
}

func scipy(t *testing.T) (r reference) {
	t.Helper()
	b, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// near fails the test unless got is within a relative tolerance of want.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// seeded makes a group whose values belong to seeds 1, 2, ...
func seeded(values []float64) Group {
	g := Group{Values: values}
	for i := range values {
		g.Seeds = append(g.Seeds, uint64(i+1))
	}
	return g
}

func TestSummaryAsSciPy(t *testing.T) {
	r := scipy(t)
	for name, x := range map[string][]float64{"a": r.A, "b": r.B, "c": r.C, "w": r.W} {
		want := r.Summary[name]
		near(t, name+" mean", Mean(x), want.Mean, 1e-14)
		near(t, name+" sd", SD(x), want.SD, 1e-12)
		iv, ok := MeanInterval(x)
		if !ok {
			t.Fatalf("%s has no interval", name)
		}
		near(t, name+" low", iv.Low, want.Interval[0], 1e-9)
		near(t, name+" high", iv.High, want.Interval[1], 1e-9)
	}
}

func TestWelchAsSciPy(t *testing.T) {
	r := scipy(t)
	for name, y := range map[string][]float64{"ab": r.B, "aw": r.W} {
		want := r.Welch[name]
		d, ok := Welch(r.A, y)
		if !ok {
			t.Fatalf("%s: no comparison", name)
		}
		near(t, name+" value", d.Value, want.Value, 1e-12)
		near(t, name+" df", d.DF, want.DF, 1e-10)
		near(t, name+" p", d.P, want.P, 1e-10)
		near(t, name+" low", d.Low, want.Low, 1e-9)
		near(t, name+" high", d.High, want.High, 1e-9)
	}
}

func TestPairedAsSciPy(t *testing.T) {
	r := scipy(t)
	for name, g := range map[string][2][]float64{"ab": {r.A, r.B}, "bc": {r.B, r.C}} {
		want := r.Paired[name]
		p, ok := Paired(seeded(g[0]), seeded(g[1]))
		if !ok || p.N != 5 {
			t.Fatalf("%s: %+v", name, p)
		}
		near(t, name+" value", p.Value, want.Value, 1e-12)
		near(t, name+" p", p.P, want.P, 1e-9)
		near(t, name+" low", p.Low, want.Low, 1e-9)
		near(t, name+" high", p.High, want.High, 1e-9)
		near(t, name+" correlation", p.Correlation, want.Correlation, 1e-12)
	}
}

func TestBlocksAsSciPy(t *testing.T) {
	r := scipy(t)
	b, ok := NewBlocks([]Group{seeded(r.A), seeded(r.B), seeded(r.C)})
	if !ok {
		t.Fatal("no blocks")
	}
	near(t, "sd", b.SD, r.Blocks.SD, 1e-12)
	near(t, "df", b.DF, r.Blocks.DF, 0)
}

func TestBestQuantileAsIntegrated(t *testing.T) {
	var q Quantiles
	for _, want := range scipy(t).Best {
		// The simulation's standard error is near 1 % of the quantile at 2 degrees of freedom, 0.3 % at 8 and more.
		tolerance := 0.015
		if want.DF < 4 {
			tolerance = 0.04
		}
		near(t, "quantile", q.Best(want.K, want.DF)/want.Quantile, 1, tolerance)
	}
}

func TestShiftAsSciPy(t *testing.T) {
	for _, want := range scipy(t).Shift {
		near(t, "shift", Shift(want.Critical, want.DF), want.Shift, 1e-3)
	}
}

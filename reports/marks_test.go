package reports

import (
	"math"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// drawn plots a mark on a canvas of 100 by 100 points and returns the paths that it filled and stroked.
func drawn(m plot.Plotter, x, y axis) (fills, strokes []vg.Path) {
	var rec recorder.Canvas
	m.Plot(draw.NewCanvas(&rec, 100, 100), panel{X: x, Y: y}.plot())
	for _, a := range rec.Actions {
		switch a := a.(type) {
		case *recorder.Fill:
			fills = append(fills, a.Path)
		case *recorder.Stroke:
			strokes = append(strokes, a.Path)
		}
	}
	return fills, strokes
}

// inside reports whether all of a path lies on the canvas.
func inside(p vg.Path) bool {
	for _, c := range p {
		if c.Type == vg.CloseComp {
			continue
		}
		for _, v := range []vg.Length{c.Pos.X, c.Pos.Y} {
			if !(v >= -0.001 && v <= 100.001) {
				return false
			}
		}
	}
	return true
}

func TestRibbon(t *testing.T) {
	lin, log := axis{Max: 4}, axis{Scale: logarithmic, Min: 1, Max: 100}
	x := []float64{0, 1, 2, 3, 4}
	for _, tt := range []struct {
		name      string
		y         axis
		low, high []float64
		pieces    int
	}{
		{"whole", lin, []float64{1, 1, 1, 1, 1}, []float64{2, 2, 2, 2, 2}, 1},
		{"a gap makes two", lin, []float64{1, 1, nan, 1, 1}, []float64{2, 2, nan, 2, 2}, 2},
		{"one replicate has no band", lin, []float64{nan, nan, nan, nan, nan}, []float64{nan, nan, nan, nan, nan}, 0},
		{"a single place is no band", lin, []float64{nan, nan, 1, nan, nan}, []float64{nan, nan, 2, nan, nan}, 0},
		{"reaches below zero on a log axis", log, []float64{-5, -5, 2, 0, 1}, []float64{50, 60, 50, 40, 30}, 1},
		{"huge", lin, []float64{-1e289, 0, 0, 0, math.Inf(-1)}, []float64{1e289, 1e250, 3, 3, 3}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fills, _ := drawn(ribbon{X: x, Low: tt.low, High: tt.high}, axis{Max: 4}, tt.y)
			if len(fills) != tt.pieces {
				t.Errorf("%d pieces, want %d", len(fills), tt.pieces)
			}
			for _, f := range fills {
				if !inside(f) {
					t.Errorf("drawn outside: %v", f)
				}
			}
		})
	}
	if fills, _ := drawn(ribbon{}, lin, lin); len(fills) != 0 {
		t.Error("nothing has a band")
	}
}

func TestLine(t *testing.T) {
	unit := axis{Max: 4}
	for _, tt := range []struct {
		name   string
		points plotter.XYs
		pieces int
	}{
		{"whole", plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 2, Y: 0}}, 1},
		{"NaN breaks it", plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}, {X: 2, Y: nan}, {X: 3, Y: 1}, {X: 4, Y: 2}}, 2},
		{"a lonely point is a short dash", plotter.XYs{{X: 1, Y: 1}, {X: 2, Y: inf}}, 1},
		{"huge", plotter.XYs{{X: 0, Y: 1e289}, {X: 1, Y: 1}, {X: 2, Y: -1e289}}, 1},
		{"outside", plotter.XYs{{X: 10, Y: 10}, {X: 11, Y: 11}}, 0},
		{"nothing", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, strokes := drawn(line{Points: tt.points, Stroke: stroke{Width: 1}}, unit, unit)
			if len(strokes) != tt.pieces {
				t.Errorf("%d pieces, want %d", len(strokes), tt.pieces)
			}
			for _, s := range strokes {
				if !inside(s) {
					t.Errorf("drawn outside: %v", s)
				}
			}
		})
	}
}

// A bar has two caps; an end past the panel has none.
func TestInterval(t *testing.T) {
	unit, log := axis{Max: 4}, axis{Scale: logarithmic, Min: 1, Max: 100}
	for _, tt := range []struct {
		name string
		bar  interval
		y    axis
		want int
	}{
		{"whole", interval{At: 2, Low: 1, High: 3}, unit, 3},
		{"past the panel", interval{At: 2, Low: 1, High: 300}, unit, 2},
		{"no interval", interval{At: 2, Low: nan, High: nan}, unit, 0},
		{"upside down", interval{At: 2, Low: 3, High: 1}, unit, 0},
		{"below zero on a log axis", interval{At: 2, Low: -1, High: 10}, log, 2},
		{"nowhere", interval{At: nan, Low: 1, High: 2}, unit, 0},
		{"lying", interval{At: 2, Low: 1, High: 3, Flat: true}, unit, 3},
	} {
		if _, strokes := drawn(tt.bar, unit, tt.y); len(strokes) != tt.want {
			t.Errorf("%s: %d lines, want %d", tt.name, len(strokes), tt.want)
		}
	}
}

// Crosses of trials that diverged at one value stand one below the other.
func TestLost(t *testing.T) {
	_, strokes := drawn(lost{X: []float64{1, 1, 2, nan, 9}}, axis{Max: 4}, axis{Max: 4})
	if len(strokes) != 1 {
		t.Fatalf("%d paths", len(strokes))
	}
	places := map[vg.Point]bool{}
	for _, c := range strokes[0] {
		places[c.Pos] = true
	}
	if len(places) != 3*4 || !inside(strokes[0]) {
		t.Errorf("%d ends of strokes for three crosses: %v", len(places), strokes[0])
	}
}

func TestFormatPlain(t *testing.T) {
	for _, tt := range []struct {
		v, step float64
		want    string
	}{{nan, 1, "–"}, {inf, 0.01, "infinite"}, {0, 0, "0"}, {1.25, 0, "1"}, {12345.6, 0.1, "12,345.6"}, {-12345.6, 0.1, "−12,345.6"}, {0, 1e5, "0"}, {1e-20, 1, "0"}} {
		if got := formatPlain(tt.v, tt.step); got != tt.want {
			t.Errorf("%g in steps of %g: got %s, want %s", tt.v, tt.step, got, tt.want)
		}
	}
}

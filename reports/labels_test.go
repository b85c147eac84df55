package reports

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"
)

func TestDodge(t *testing.T) {
	for _, tt := range []struct {
		name string
		want []float64
		out  []float64
	}{
		{"apart already", []float64{10, 30, 60}, []float64{10, 30, 60}},
		{"two at one place share the shift", []float64{50, 50}, []float64{45, 55}},
		{"at the lower end", []float64{0, 0, 0}, []float64{0, 10, 20}},
		{"at the upper end", []float64{100, 100}, []float64{90, 100}},
		{"none", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.out, dodge(tt.want, 10, 0, 100)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// Labels keep their order, do not overlap, and stay in the margin.
func TestDodgeAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Float64Range(0, 200), 0, 30).Draw(t, "want")
		slices.Sort(want)
		got := dodge(want, 10, 0, 200)
		gap := 10.0
		if len(want) > 1 {
			gap = min(gap, 200/float64(len(want)-1))
		}
		for i, y := range got {
			if y < -1e-9 || y > 200+1e-9 {
				t.Fatalf("%v leaves the margin", got)
			}
			if i > 0 && y-got[i-1] < gap-1e-9 {
				t.Fatalf("%v: %d and %d overlap", got, i-1, i)
			}
		}
	})
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// Whatever the points: no placed label covers another one or any mark, all lie inside the panel.
func TestPlaceLabels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := placedLabels{Size: 8, Radius: 2, Leaders: rapid.Bool().Draw(t, "leaders")}
		for i := range rapid.IntRange(0, 60).Draw(t, "n") {
			l.Labels = append(l.Labels, label{
				At:   plotter.XY{X: rapid.Float64Range(-0.1, 1.1).Draw(t, "x"), Y: rapid.Float64Range(0, 1).Draw(t, "y")},
				Text: fmt.Sprintf("label %d", i), Weight: rapid.Float64().Draw(t, "weight"),
			})
		}
		p := panel{X: axis{Max: 1}, Y: axis{Max: 1}}.plot()
		c := draw.NewCanvas(new(recorder.Canvas), 200, 150)
		got := l.place(c, p)
		for i, a := range got {
			if a.box.Min.X < 0 || a.box.Min.Y < 0 || a.box.Max.X > 200 || a.box.Max.Y > 150 {
				t.Fatalf("%s lies outside: %v", a.label.Text, a.box)
			}
			for _, b := range got[:i] {
				if overlap(a.box, b.box) {
					t.Fatalf("%s covers %s", a.label.Text, b.label.Text)
				}
			}
			for _, q := range l.Labels {
				pt := vg.Point{X: vg.Length(q.At.X * 200), Y: vg.Length(q.At.Y * 150)}
				mark := vg.Rectangle{Min: vg.Point{X: pt.X - 2, Y: pt.Y - 2}, Max: vg.Point{X: pt.X + 2, Y: pt.Y + 2}}
				if c.Contains(pt) && overlap(a.box, mark) {
					t.Fatalf("%s covers the mark of %s", a.label.Text, q.Text)
				}
			}
		}
	})
}

// Of labels that cannot all have room the heaviest stays.
func TestPlaceDropsTheLightest(t *testing.T) {
	l := placedLabels{Size: 8, Radius: 1}
	for i := range 30 {
		l.Labels = append(l.Labels, label{At: plotter.XY{X: 0.5, Y: 0.5}, Text: "the same place", Weight: float64(i)})
	}
	got := l.place(draw.NewCanvas(new(recorder.Canvas), 200, 150), panel{X: axis{Max: 1}, Y: axis{Max: 1}}.plot())
	if len(got) == 0 || len(got) == 30 || got[0].label.Weight != 29 {
		t.Errorf("placed %d labels, the first of weight %v", len(got), got[0].label.Weight)
	}
}

// words of a large vocabulary: a good part of the most frequent ones finds a place.
func TestPlaceManyWords(t *testing.T) {
	e := words(3000, 30)
	f := embeddingFigure(newStudyOf(Input{}), []Embedding{e})
	l, ok := f.Panels[0].Layers[len(f.Panels[0].Layers)-1].(placedLabels)
	if !ok {
		t.Fatal("the last layer holds no labels")
	}
	got := l.place(draw.NewCanvas(new(recorder.Canvas), 480, 360), f.Panels[0].plot())
	if len(l.Labels) != mostLabels || len(got) < 80 {
		t.Errorf("%d of %d labels placed", len(got), len(l.Labels))
	}
}

// written records the texts that a plotter writes, with their places.
func written(c *recorder.Canvas) (out []recorder.FillString) {
	for _, a := range c.Actions {
		if s, ok := a.(*recorder.FillString); ok {
			out = append(out, *s)
		}
	}
	return out
}

func TestEndLabelsStandBesideThePanel(t *testing.T) {
	var rec recorder.Canvas
	c := draw.NewCanvas(&rec, 100, 100)
	e := endLabels{Width: 50, Labels: []endLabel{
		{At: plotter.XY{X: nan, Y: 0.5}, Text: "a"}, {At: plotter.XY{X: 1, Y: 0.5}, Text: "b"}, {At: plotter.XY{X: 1, Y: nan}, Text: "lost"},
		{At: plotter.XY{X: 0.2, Y: 0.9}, Text: "a name that is much too long for the margin that there is"},
	}}
	e.Plot(c, panel{X: axis{Max: 1}, Y: axis{Max: 1}}.plot())
	got := written(&rec)
	if len(got) != 3 {
		t.Fatalf("%d labels written", len(got))
	}
	slices.SortFunc(got, func(a, b recorder.FillString) int { return int(math.Copysign(1, float64(a.Point.Y-b.Point.Y))) })
	for i, s := range got {
		if s.Point.X < 100 {
			t.Errorf("%s is written over the data", s.String)
		}
		if i > 0 && s.Point.Y-got[i-1].Point.Y < tickSize {
			t.Errorf("%s and %s overlap", got[i-1].String, s.String)
		}
	}
	if last := got[2].String; textWidth(last, sans(tickSize, false)) > 50 {
		t.Errorf("%q is wider than the margin", last)
	}
}

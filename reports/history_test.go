package reports

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The best so far never gets worse, only trainings that went to their end set it, and confirming seeds are no part of it.
func TestHistory(t *testing.T) {
	in := searchSweep()
	confirming := in.Trials[0]
	confirming.Trial, confirming.Replicate, confirming.Confirms = "c0", 2, true
	confirming.Value = new(float64) // 0: better than all
	in.Trials = append(in.Trials, confirming)
	f := named(t, in, "history")
	best := math.Inf(1)
	for k, row := range f.Table.Rows {
		value, err := strconv.ParseFloat(row[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		if row[4] == "1" {
			best = min(best, value)
		}
		if want := number(best); row[5] != want && !math.IsInf(best, 0) {
			t.Errorf("row %d: best so far %s, want %s", k, row[5], want)
		}
	}
	if len(f.Table.Rows) != 39 { // of 40, one diverged
		t.Errorf("%d rows", len(f.Table.Rows))
	}
	for _, p := range f.Panels {
		for _, l := range layers[line](p) {
			for i := 1; i < len(l.Points); i++ {
				if l.Points[i].Y > l.Points[i-1].Y || l.Points[i].X < l.Points[i-1].X {
					t.Errorf("the best so far goes from %v to %v", l.Points[i-1], l.Points[i])
				}
			}
		}
	}
	if !strings.Contains(strings.Join(f.Caption, " "), "new seeds") {
		t.Errorf("the caption does not say that the answer goes by other seeds: %q", f.Caption)
	}
	if slices.Contains(figureNames(hiddenSweep(3)), "history") {
		t.Error("a grid has a history")
	}
}

// Sessions lie on as many slots as ran at once, none over another; a night in which nothing ran is left out.
func TestTimeline(t *testing.T) {
	in := searchSweep()
	shifts, slots, breaks := schedule(in.Sessions)
	if slots != 2 || len(breaks) != 1 || len(shifts) != 40 {
		t.Fatalf("%d slots, %d breaks, %d sessions", slots, len(breaks), len(shifts))
	}
	busy, end := 0.0, 0.0
	for i, a := range shifts {
		busy += a.end - a.begin
		end = max(end, a.end)
		for _, b := range shifts[:i] {
			if a.slot == b.slot && a.begin < b.end-1e-6 && b.begin < a.end-1e-6 {
				t.Errorf("%s and %s lie over one another", a.Trial, b.Trial)
			}
		}
	}
	if end > 0.6*busy { // two slots
		t.Errorf("%.0f s of sessions end after %.0f s", busy, end)
	}
	f := named(t, in, "timeline")
	stopped := 0
	for _, row := range f.Table.Rows {
		if row[6] == "stopped" {
			stopped++
		}
	}
	if stopped != 9 {
		t.Errorf("%d sessions ended at a rung, want 9", stopped)
	}
	if _, ok := newStudyOf(in).timelineFigure(nil); ok {
		t.Error("a timeline of nothing")
	}
}

// Which parameter matters most is said only where the intervals tell.
func TestImportanceTitle(t *testing.T) {
	in := searchSweep()
	if f := named(t, in, "importance"); f.Title != "learning_rate matters most: 80 % of the differences" || f.Table.Rows[0][0] != "learning_rate" {
		t.Errorf("%q, first %s", f.Title, f.Table.Rows[0])
	}
	*in.Importance.Shares[2].High = 0.7
	if f := named(t, in, "importance"); !strings.HasPrefix(f.Title, "Which matters most cannot be told: learning_rate and hidden_size") {
		t.Errorf("with intervals that overlap: %q", f.Title)
	}
	in.Importance.Shares[1].Low, in.Importance.Shares[1].High = nil, nil
	if f := named(t, in, "importance"); !strings.HasPrefix(f.Title, "Which matters most cannot be told") {
		t.Errorf("without an interval: %q", f.Title)
	}
}

// A line of the parallel coordinates meets each axis at its configuration's value.
func TestParallel(t *testing.T) {
	in := searchSweep()
	f := named(t, in, "parallel")
	axes := layers[parallelAxes](f.Panels[0])[0].Axes
	s := newStudyOf(in)
	if len(axes) != 4 {
		t.Fatalf("%d axes", len(axes))
	}
	lines := layers[line](f.Panels[0])
	if len(lines) != len(in.Configurations) {
		t.Errorf("%d lines for %d configurations", len(lines), len(in.Configurations))
	}
	best := lines[len(lines)-1]
	c := s.configs[s.best]
	for k, d := range s.dimensions {
		want := axes[k].place(d.at(c))
		if len(d.Values) < len(s.configs) { // side by side
			if math.Abs(best.Points[k].Y-want) > 0.03 {
				t.Errorf("%s: %g, want about %g", d.Name, best.Points[k].Y, want)
			}
		} else if best.Points[k].Y != want {
			t.Errorf("%s: %g, want %g", d.Name, best.Points[k].Y, want)
		}
	}
	if got := best.Points[3].Y; got != axes[3].place(c.mean) || best.Stroke.Width < 2 {
		t.Errorf("the best ends at %g", got)
	}
	if slices.Contains(figureNames(hiddenSweep(3)), "parallel") {
		t.Error("one parameter has parallel coordinates")
	}
	if f := named(t, fourDimensions(), "parallel"); !strings.HasPrefix(f.Title, "The best 3 all have") {
		t.Errorf("title %q", f.Title)
	}
}

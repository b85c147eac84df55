package reports

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// table33 is a table of three by three, one training a cell, with these losses and states by row of a.
func table33(method string, losses [9]float64, states [9]string) Input {
	var plans []plan
	for i, l := range losses {
		p := plan{fmt.Sprintf(`{"a":%d,"label":"v%d"}`, i/3+1, i%3), l, 0, 1, nil}
		if states[i] != "" {
			p.states = []string{states[i]}
		}
		plans = append(plans, p)
	}
	in := sweepOf("ties", "loss", []string{"a", "label"}, 1, 0, plans)
	in.Sweep.Method = method
	for i, s := range states { // as the record has it: what was stopped early has no mean
		if c := &in.Configurations[i]; s == "stopped" {
			c.Mean, c.Rank, c.N = nil, nil, 0
		}
	}
	return in
}

// Of exact ties no title makes a win.
func TestTiesAreNoWins(t *testing.T) {
	for _, tt := range []struct {
		losses          [9]float64
		heatmap, effect string
	}{
		{[9]float64{2, 2, 2, 2, 2, 2, 2, 2, 2}, "No best label: loss is equal for all of them at every a", "No best label: loss is equal at all of them, by one training each"},
		{[9]float64{1, 1, 2, 3, 3, 4, 5, 5, 6}, "label v0 and v1 are equal: the lowest loss at every a", "Loss is lowest at label v0 and v1 alike, by one training each"},
		{[9]float64{1, 2, 2, 3, 3, 4, 5, 6, 6}, "label v0 has the lowest loss at every a, though others equal it at some", "Loss is lowest at label v0, by one training each"},
		{[9]float64{1, 2, 2, 3, 4, 4, 5, 6, 6}, "label v0 has the lowest loss at every a", "Loss is lowest at label v0, by one training each"},
		{[9]float64{1, 2, 2, 4, 3, 4, 5, 6, 6}, "The best label is not the same at every a", "Loss is lowest at label v0, by one training each"},
	} {
		in := table33("grid", tt.losses, [9]string{})
		if got := named(t, in, "heatmap-a-label").Title; got != tt.heatmap {
			t.Errorf("%v: %q, want %q", tt.losses, got, tt.heatmap)
		}
		if got := named(t, in, "effect-label").Title; got != tt.effect {
			t.Errorf("%v: %q, want %q", tt.losses, got, tt.effect)
		}
	}
}

// An empty cell says why it is empty, and the legend what outlines stand for.
func TestEmptyCellsSayWhy(t *testing.T) {
	in := table33("grid", [9]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, [9]string{1: "stopped", 3: "failed", 5: "waiting"})
	in.Configurations = in.Configurations[:8]
	f := named(t, in, "heatmap-a-label")
	got := map[string]int{}
	for _, c := range layers[cells](f.Panels[0])[0].Cells {
		if c.Empty {
			got[c.Lines[len(c.Lines)-1]]++
		}
	}
	if len(got) != 4 || got["stopped"] != 1 || got["failed"] != 1 || got["not finished"] != 1 || got["not run"] != 1 {
		t.Errorf("cells %v", got)
	}
	if !slices.ContainsFunc(f.Legend, func(l legendEntry) bool { return l.Text == "not run or stopped or failed or not finished" }) {
		t.Errorf("legend %+v", f.Legend)
	}
}

// A table that a search has left with one mean is not drawn; the same search with all of them is.
func TestSearchLeavesNoTable(t *testing.T) {
	var stopped [9]string
	for i := range 8 {
		stopped[i+1] = "stopped"
	}
	losses := [9]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	if got := figureNames(table33("random", losses, stopped)); slices.Contains(got, "heatmap-a-label") {
		t.Error("one cell is drawn as a table")
	}
	if got := figureNames(table33("random", losses, [9]string{})); !slices.Contains(got, "heatmap-a-label") {
		t.Error("a full table is not drawn")
	}
}

// Where all others were stopped, the best was compared with nothing, and nothing grey is explained.
func TestOneTrainedToItsEnd(t *testing.T) {
	states := [9]string{"", "stopped", "stopped", "stopped", "stopped", "stopped", "stopped", "stopped", "stopped"}
	in := table33("random", [9]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, states)
	for i := range in.Configurations { // a third parameter, drawn for each
		in.Configurations[i].Params = []byte(strings.Replace(string(in.Configurations[i].Params), "{", fmt.Sprintf(`{"rate":%g,`, 0.1+float64(i)), 1))
	}
	grey := func(f figure) bool {
		return slices.ContainsFunc(f.Legend, func(l legendEntry) bool { return l.Text == "all other configurations" })
	}
	f := named(t, in, "effect-label")
	if f.Title != "Loss is 1 at label v0, the only one trained to its end" || grey(f) {
		t.Errorf("title %q, legend %+v", f.Title, f.Legend)
	}
	if f := named(t, searchSweep(), "effect-dropout"); !grey(f) || strings.Contains(f.Title, "the only one") {
		t.Errorf("title %q, legend %+v", f.Title, f.Legend)
	}
}

// Once new seeds have confirmed a configuration, those of the search are not in its mean, and have no dot beside it.
func TestDotsAreOfTheMean(t *testing.T) {
	in := hiddenSweep(3)
	drawn := func() (n int) {
		for _, b := range layers[bundle](named(t, in, "effect-hidden_size").Panels[0]) {
			for _, l := range b.Layers {
				if d, ok := l.(dots); ok && d.Radius == 2 {
					n += len(d.Points)
				}
			}
		}
		return n
	}
	if got := drawn(); got != 9 {
		t.Errorf("%d dots, want 9", got)
	}
	in.Trials[1].Confirms, in.Trials[2].Confirms = true, true
	if got := drawn(); got != 8 {
		t.Errorf("confirmed by two of three: %d dots, want 8", got)
	}
}

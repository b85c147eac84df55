package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"sweep/results"
)

// TestStoppedTrialsDoNotStandOut: of many configurations, those that were stopped early are grey, and no title counts them
// among what was compared.
func TestStoppedTrialsDoNotStandOut(t *testing.T) {
	var rows []results.Configuration
	for range 4 {
		rank := len(rows) + 1
		rows = append(rows, results.Configuration{Rank: &rank})
	}
	s := &study{best: 0}
	for i := range 12 {
		c := config{}
		if i < len(rows) {
			c.rank = *rows[i].Rank
		}
		s.configs = append(s.configs, c)
	}
	curves := make([]curve, len(s.configs)) // each with a point
	shown, colors := s.curveColors(curves)
	if len(shown) != len(rows) || len(colors) != len(rows) {
		t.Errorf("%d curves are coloured, want %d", len(shown), len(rows))
	}
	caption := strings.Join(s.curveCaption(curves, len(shown), false, false, 0), " ")
	if !strings.Contains(caption, "The best 4 are coloured, the other 8 grey.") {
		t.Error(caption)
	}
	if title := s.differenceTitle([]difference{{low: 1}}); !strings.Contains(title, "others that were ranked") {
		t.Error(title)
	}
}

// TestStoppedTrialsDoNotStretchTheScale: what a trial had come to when it was stopped is on no axis of ends.
func TestStoppedTrialsDoNotStretchTheScale(t *testing.T) {
	stopped := trial{Trial: results.Trial{State: "stopped"}, value: 25}
	ended := trial{Trial: results.Trial{State: "complete"}, value: 8}
	e := &effect{s: &study{configs: []config{{trials: []trial{stopped}, mean: math.NaN()}, {trials: []trial{ended}, mean: 8}}}}
	if got := e.values(); !slices.Equal(got, []float64{8, 8}) {
		t.Errorf("values %v", got)
	}
}

// Bands that the frame cuts are spoken of, and others are not.
func TestBandsBeyondTheFrame(t *testing.T) {
	const said = "Bands reach beyond the frame."
	in := hiddenSweep(3)
	for i := range in.Points { // level, and the replicates close together
		if p := &in.Points[i]; p.Metric == "val/perplexity" {
			*p.Value = 135 + 0.01*float64(p.Step%7)
		}
	}
	if got := strings.Join(named(t, in, "curves").Caption, " "); strings.Contains(got, said) || strings.Contains(got, "steep") {
		t.Errorf("bands within the frame: %s", got)
	}
	for i := range in.Points { // one replicate far from the others
		if p := &in.Points[i]; p.Metric == "val/perplexity" && p.Trial == in.Trials[0].Trial {
			*p.Value *= 1.04
		}
	}
	if got := strings.Join(named(t, in, "curves").Caption, " "); !strings.Contains(got, said) {
		t.Errorf("bands that are cut: %s", got)
	}
}

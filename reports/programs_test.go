package reports

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
)

// programSweep is a sweep of the user's own program: no text, no split, no parameters that are counted.
func programSweep(replicates int, losses ...float64) Input {
	var plans []plan
	for i, l := range losses {
		plans = append(plans, plan{fmt.Sprintf(`{"batch_size":%d,"depth":%d}`, 16<<i, i+1), l, 0, 0.01, nil})
	}
	in := sweepOf("program", "loss", []string{"batch_size", "depth"}, replicates, 0.01, plans)
	in.Provenance = results.Provenance{Command: []string{"sweep", "run", "program.yaml"}}
	for i := range in.Points {
		in.Points[i].Examples = 0
	}
	return in
}

// Of a program the report knows neither parameters, nor optimiser steps, nor that anything was measured on a sample.
func TestProgramsAreNotTheTrainer(t *testing.T) {
	in := programSweep(2, 0.5, 0.4, 0.3)
	curves, cost := named(t, in, "curves"), named(t, in, "cost")
	if got := cost.Title; got != "The best takes less than 0.1 s of training" {
		t.Error(got)
	}
	if x := curves.Panels[0].X; x.Label != "step" || x.Max != 4000 {
		t.Errorf("x of curves: %q up to %g", x.Label, x.Max)
	}
	said := []string{cost.Alt}
	for _, f := range figures(in, nil) {
		said = append(said, f.Title, f.Alt)
		said = append(said, f.Caption...)
		for _, l := range f.Legend {
			said = append(said, l.Text)
		}
		for _, p := range f.Panels {
			said = append(said, p.X.Label, p.Empty)
			for _, b := range layers[bundle](p) {
				for _, d := range b.Layers {
					if d, ok := d.(dots); ok {
						said = append(said, d.Of...)
					}
				}
			}
		}
	}
	said = append(said, newStudyOf(in).statistics(in)...)
	for _, wrong := range []string{"parameters", "sample", "whole part", "optimiser", "initialisation", "split", " 0.0 s", "test figures"} {
		for _, sentence := range said {
			if strings.Contains(strings.ToLower(sentence), wrong) {
				t.Errorf("a program's report speaks of %q: %s", wrong, sentence)
			}
		}
	}
	if s := newStudyOf(hiddenSweep(3)); s.program {
		t.Error("the built-in trainer is no program")
	}
}

// Units are known of the trainer's parameters only.
func TestUnits(t *testing.T) {
	if got := heatmapOf(t, programSweep(2, 0.5, 0.4, 0.3)); strings.Contains(got, "(") {
		t.Errorf("a program's batch_size counts %q", got)
	}
	if got := named(t, rateGrid(1), "rate-hidden_size").Panels[0].X.Label; got != "hidden_size (neurons)" {
		t.Errorf("the axis of rate-hidden_size: %q", got)
	}
}

// heatmapOf is the label under the values of batch_size.
func heatmapOf(t *testing.T, in Input) string {
	t.Helper()
	s := newStudyOf(in)
	return s.categories(s.dimension("batch_size")).Label + s.axis(s.dimension("batch_size")).Label
}

// Where two come to the same figure, what the best costs is no finding.
func TestCostOfEqualBest(t *testing.T) {
	in := programSweep(1, 0.4, 0.4, 0.5)
	in.Configurations[0].Mean = in.Configurations[1].Mean
	if got := named(t, in, "cost").Title; got != "What does loss cost?" {
		t.Error(got)
	}
}

// A text that reads as a value of another kind is another value, and shown as a text.
func TestTextsThatReadOtherwise(t *testing.T) {
	var got []string
	for _, v := range settings([]byte(`{"a":true,"b":"true","c":2,"d":"2","e":"tanh","f":"1e3"}`)) {
		got = append(got, v.value.String())
	}
	if d := cmp.Diff([]string{"true", `"true"`, "2", `"2"`, "tanh", `"1e3"`}, got); d != "" {
		t.Error(d)
	}
}

// One configuration of a program has no empty panel for parameters, and no time where none was kept.
func TestProgramCostsAlone(t *testing.T) {
	if f := named(t, programSweep(2, 0.5), "cost"); len(f.Panels) != 1 {
		t.Errorf("%d panels", len(f.Panels))
	}
	in := programSweep(1, 0.5, 0.4)
	for i := range in.Trials {
		in.Trials[i].Seconds = 0
	}
	if got := named(t, in, "cost").Title; got != "What does loss cost?" {
		t.Error(got)
	}
}

func TestWholeTicks(t *testing.T) {
	for _, a := range []axis{{Whole: true, Min: 1, Max: 2.1}, {Whole: true, Scale: logarithmic, Min: 0.9, Max: 2.2}, {Whole: true, Scale: logarithmic, Min: 0.4, Max: 9}} {
		for _, tick := range a.ticks(a.Min, a.Max) {
			if tick.Value != float64(int(tick.Value)) || tick.Value < 1 || strings.Contains(tick.Label, ".") {
				t.Errorf("%+v: tick %g, %q", a, tick.Value, tick.Label)
			}
		}
	}
	var params []string
	for i := range 12 {
		params = append(params, fmt.Sprintf(`{"depth":%d,"rate":%g}`, i+1, 0.5+float64(i)))
	}
	s := newStudy(results.Sweep{Method: "random"}, configurations(params...), nil, []string{"depth", "rate"})
	if !s.axis(s.dimensions[0]).Whole || s.axis(s.dimensions[1]).Whole {
		t.Error("a parameter of whole numbers has ticks at whole numbers, another does not")
	}
}

// A whole step may be far longer than the range: no tick lies outside.
func TestWholeTicksOfNarrowRanges(t *testing.T) {
	for _, k := range []scaleKind{linear, logarithmic} {
		a := axis{Whole: true, Scale: k, Min: 5.9e-10, Max: 1.5e-9}
		if got := a.ticks(a.Min, a.Max); len(got) > 0 {
			t.Errorf("ticks %v", got)
		}
	}
}

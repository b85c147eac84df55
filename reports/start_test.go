package reports

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"sweep/results"
)

// raceInput is a sweep of curves: one configuration a list of parameters, one curve a replicate, with a point every 100
// steps. NaN is a point without value.
func raceInput(metric, goal string, params []string, curves [][][]float64) Input {
	in := Input{Sweep: results.Sweep{Sweep: "race", Metric: metric, Goal: goal, Method: "grid"}}
	for i, p := range params {
		id := fmt.Sprintf("c%011d", i)
		in.Configurations = append(in.Configurations, results.Configuration{Configuration: id, Params: json.RawMessage(p), Metric: metric})
		for r, curve := range curves[i] {
			trial := fmt.Sprintf("%06d%06d", i, r)
			in.Trials = append(in.Trials, results.Trial{Trial: trial, Configuration: id, Replicate: r + 1, State: "complete", Params: json.RawMessage(p)})
			for k, v := range curve {
				q := results.Point{Trial: trial, Metric: metric, Step: int64(100 * (k + 1))}
				if !math.IsNaN(v) {
					q.Value = &v
				}
				in.Points = append(in.Points, q)
			}
		}
	}
	in.Swept = []string{"hidden_size", "init_vectors", "freeze"}
	return in
}

func TestRaces(t *testing.T) {
	const random, start, frozen = `{"init_vectors":"none"}`, `{"init_vectors":"dir/v.txt","freeze":false}`, `{"init_vectors":"dir/v.txt","freeze":true}`
	in := raceInput("val/loss", "minimize", []string{random, start, frozen}, [][][]float64{
		{{6, 5, 4, 4.5}, {6, 5, 4, 3}},              // the best after 300 and 400 steps
		{{5, 4.5, 3.5, 3}, {4, 3.5, 2.5, 2}},        // as good after 250 of 300, and 250 of 400
		{{4, 3.9, 3.8, 3.7}, {5, 5, math.NaN(), 5}}, // after 100 at the latest; never
	})
	s := newStudyOf(in)
	rs := s.races()
	if len(rs) != 2 {
		t.Fatalf("%d races, want 2", len(rs))
	}
	for i, want := range []float64{250. / 300, 250. / 400} {
		if l := rs[0].laps[i]; math.Abs(l.share()-want) > 1e-12 {
			t.Errorf("replicate %d: %g of the steps, want %g", l.replicate, l.share(), want)
		}
	}
	if l := rs[1].laps; l[0].steps != 100 || !math.IsNaN(l[1].steps) || l[1].most != 400 {
		t.Errorf("frozen: %+v", l)
	}
	if rs[1].never() != 1 || !math.IsNaN(rs[1].mean) {
		t.Errorf("frozen: %+v; the mean of what is not there is nothing", rs[1])
	}
	got := RaceSentences(in)
	for i, want := range []string{
		"The random start's best validation loss was reached by init_vectors v.txt, freeze false after 73 % of its steps [",
		"The random start's best validation loss was reached by init_vectors v.txt, freeze true in 1 of 2 replicates only.",
	} {
		if !strings.HasPrefix(got[i], want) {
			t.Errorf("got  %s\nwant %s", got[i], want)
		}
	}
}

// TestRacesOf pairs what agrees in everything else, and counts up where higher is better.
func TestRacesOf(t *testing.T) {
	up := func(best float64) [][]float64 { return [][]float64{{best / 2, best}} }
	in := raceInput("val/accuracy", "maximize", []string{
		`{"hidden_size":50,"init_vectors":"","learning_rate":1}`, `{"hidden_size":50,"init_vectors":"v","learning_rate":2}`,
		`{"hidden_size":100,"init_vectors":"","learning_rate":1}`, `{"hidden_size":100,"init_vectors":"v","learning_rate":2}`,
		`{"hidden_size":200,"init_vectors":"v","learning_rate":2}`,
	}, [][][]float64{up(0.2), up(0.4), up(0.4), up(0.2), up(0.1)})
	s := newStudyOf(in)
	rs := s.races()
	if len(rs) != 2 {
		t.Fatalf("%d races, want one at 50 and one at 100", len(rs))
	}
	if l := rs[0].laps[0]; l.steps != 100 || l.randomSteps != 200 {
		t.Errorf("at 50: %+v, want the target after 100 of 200 steps", l)
	}
	if rs[1].never() != 1 {
		t.Errorf("at 100: %+v, want never", rs[1])
	}
	if got := s.raceSentence(rs[1]); !strings.HasSuffix(got, "was never reached by hidden_size 100, init_vectors v.") {
		t.Error(got)
	}
	in.Mixed = true
	if rs := newStudyOf(in).races(); len(rs) > 0 {
		t.Error("losses over different texts were compared")
	}
	if _, ok := newStudyOf(hiddenSweep(3)).startFigure(); ok {
		t.Error("a picture of starts where none is swept")
	}
}

// TestStartFigure shows what the sentences say.
func TestStartFigure(t *testing.T) {
	f := named(t, startSweep(), "start")
	if len(f.Panels[0].Y.Marks) != 6 || len(f.Table.Rows) != 24 {
		t.Errorf("%d rows, %d lines of data; want 6 and 24", len(f.Panels[0].Y.Marks), len(f.Table.Rows))
	}
	if !strings.Contains(f.Title, "fewer steps to the random start's best") || !strings.Contains(f.Alt, "was never reached by hidden_size 100, init_vectors features, freeze true, in 4 replicates.") {
		t.Errorf("%s\n%s", f.Title, f.Alt)
	}
}

// TestStartTitle names the fastest of those whose interval leaves no doubt.
func TestStartTitle(t *testing.T) {
	s := newStudyOf(raceInput("val/loss", "minimize", []string{`{"init_vectors":"none"}`, `{"init_vectors":"doubtful"}`, `{"init_vectors":"clear"}`}, [][][]float64{
		{{5, 4, 3}, {5, 4, 3}}, {{3, 2, 1}, {5, 4, 3}}, {{5, 3.1, 2}, {5, 3.1, 2}},
	}))
	rs := s.races()
	if got := s.startTitle(rs); got != "init_vectors clear: 30 % fewer steps to the random start's best" {
		t.Error(got)
	}
	if got := s.startTitle(rs[:1]); got != "No start from vectors reaches the random start's best clearly sooner" {
		t.Error(got)
	}
}

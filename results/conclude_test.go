package results

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"sweep/sweeps"
)

// trained records a sweep whose trials end with the given perplexities: one row a size, one column a replicate.
func trained(t *testing.T, s *Store, p *sweeps.Plan, values map[int][]float64) {
	t.Helper()
	put(t, s, p)
	for _, c := range p.Configurations {
		size, _ := c.Params[1].Value.Int()
		for r, v := range values[int(size)] {
			train(t, s, c.Trials[r], perplexity(v))
		}
	}
	if err := s.EndSweep(t.Context(), p.Spec.Name, "complete", 10); err != nil {
		t.Fatal(err)
	}
}

func answer(t *testing.T, s *Store, sweep, metric string) Answer {
	t.Helper()
	a, err := s.Answer(t.Context(), sweep, metric)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Errorf("answer as JSON: %v", err)
	}
	return a
}

// says fails the test unless the sentence is this one.
func says(t *testing.T, a Answer, want string) {
	t.Helper()
	if a.Sentence != want {
		t.Errorf("the answer is\n  %s\nwant\n  %s", a.Sentence, want)
	}
}

func TestAnswerWithAClearBest(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {135.1, 135.4, 134.8}, 100: {133.4, 133.9, 133.2}, 200: {139.2, 139.9, 139.1}})
	a := answer(t, s, "hidden", "")
	says(t, a, "hidden_size = 100 (learning_rate = 0.001) is best: val/perplexity 133.50 [132.60, 134.40] (mean and 95 % interval of 3 replicates), "+
		"1.2 % below the next, hidden_size = 50 with 135.10; a difference of 0.21 % would have been shown.")
	if a.Method != "blocks" || a.Best.Configuration != p.Configurations[1].ID || len(a.Tied) != 0 || *a.DF != 4 {
		t.Errorf("%+v", a)
	}
	if a.BestTrial != p.Configurations[1].Trials[0].ID {
		t.Errorf("best trial %s, want the one with the median, 133.4", a.BestTrial)
	}
	if *a.CheapestCost != 1 || a.Parameters != 100_000 {
		t.Errorf("cost: %+v", a)
	}
}

func TestAnswerThatCannotTellApart(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {133.9, 133.6, 134.1}, 100: {133.4, 133.9, 133.2}, 200: {139.2, 139.9, 138.6}})
	a := answer(t, s, "hidden", "")
	says(t, a, "hidden_size = 100 (learning_rate = 0.001) has the lowest val/perplexity, 133.50 [132.60, 134.40] (mean and 95 % interval of 3 replicates), "+
		"but cannot be told apart from hidden_size = 50 (133.87); the cheapest of them is hidden_size = 50 with 0.50 times its parameters (50,000); "+
		"only a difference of 0.99 % or more would have been shown (80 % power at 5 %).")
	if len(a.Tied) != 1 || a.Cheapest.Configuration != p.Configurations[0].ID || *a.CheapestCost != 0.5 {
		t.Errorf("%+v", a)
	}
}

func TestRivalsHaveThePrecisionOfTheBest(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100)
	trained(t, s, p, map[int][]float64{50: {133.90, 133.91, 133.89}, 100: {133.4, 133.9, 133.2}})
	if a := answer(t, s, "hidden", ""); !strings.Contains(a.Sentence, "133.50 [132.60, 134.40]") || !strings.Contains(a.Sentence, "133.90)") {
		t.Errorf("the rival's mean is not as precise as the best's: %s", a.Sentence)
	}
}

func TestAnswerOfOneReplicate(t *testing.T) {
	s := opened(t)
	trained(t, s, grid("hidden", 1, 50, 100), map[int][]float64{50: {135.1}, 100: {133.4}})
	a := answer(t, s, "hidden", "")
	says(t, a, "hidden_size = 100 (learning_rate = 0.001) has the lowest val/perplexity, 133.4, before hidden_size = 50 with 135.1; "+
		"with one replicate of each there is no interval, and nothing can be told apart: raise `replicates`.")
	if a.Best.Low != nil || a.Best.SD != nil || a.Detectable != nil || a.Method != "none" || len(a.Tied) != 1 {
		t.Errorf("%+v", a)
	}
}

// TestAnswerOfTooFew: some have one replicate, or figures are equal.
func TestAnswerOfTooFew(t *testing.T) {
	for name, c := range map[string]struct {
		values map[int][]float64
		want   string
	}{
		"uneven": {map[int][]float64{50: {135.1}, 100: {133.4, 133.6}, 200: {136}}, "hidden_size = 100 (learning_rate = 0.001) has the lowest val/perplexity, " +
			"133.5 [132.2, 134.8] (mean and 95 % interval of 2 replicates), before hidden_size = 50 with 135.1 (1 replicate); " +
			"with one replicate of some there is nothing to compare them by, and nothing can be told apart: raise `replicates`."},
		"the best alone": {map[int][]float64{50: {135.1, 135.2}, 100: {133.4}}, "hidden_size = 100 (learning_rate = 0.001) has the lowest val/perplexity, " +
			"133.4 (one replicate, no interval), before hidden_size = 50 with 135.1 (2 replicates); " +
			"with one replicate of some there is nothing to compare them by, and nothing can be told apart: raise `replicates`."},
		"equal": {map[int][]float64{50: {133.4}, 100: {133.4}, 200: {136}}, "hidden_size = 50 (learning_rate = 0.002) and hidden_size = 100 have the same " +
			"val/perplexity, the lowest, 133.4; with one replicate of each there is no interval, and nothing can be told apart: raise `replicates`."},
	} {
		s := opened(t)
		trained(t, s, grid("hidden", 2, slices.Sorted(maps.Keys(c.values))...), c.values)
		if got := answer(t, s, "hidden", "").Sentence; got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAnswerOfOneConfiguration(t *testing.T) {
	s := opened(t)
	trained(t, s, grid("one", 3, 50), map[int][]float64{50: {135.1, 135.4, 134.8}})
	says(t, answer(t, s, "one", ""), "val/perplexity is 135.10 [134.35, 135.85] (mean and 95 % interval of 3 replicates); "+
		"with one configuration there is nothing to compare it with.")
	trained(t, s, grid("single", 1, 60), map[int][]float64{60: {120.5}})
	says(t, answer(t, s, "single", ""), "val/perplexity is 120.5 (one replicate, no interval); with one configuration there is nothing to compare it with.")
}

func TestAnswerBeforeTheEnd(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 2, 50, 100)
	put(t, s, p)
	says(t, answer(t, s, "hidden", ""), "No trial is complete yet: 4 waiting.")
	train(t, s, p.Trials()[0], perplexity(130))
	claim(t, s, p.Trials()[1])
	a := answer(t, s, "hidden", "")
	says(t, a, "hidden_size = 50 (learning_rate = 0.002) is the only configuration that could be ranked: val/perplexity 130.0 (one replicate, no interval).")
	if !slices.Equal(a.Notes, []string{"3 trials still to be trained to the end: the answer may change."}) {
		t.Errorf("notes: %q", a.Notes)
	}
	finish(t, s, p.Trials()[1], sweeps.Outcome{State: sweeps.Failed, Err: "x"})
	if a := answer(t, s, "hidden", ""); a.Notes[0] != "1 trial failed; the next run tries again." {
		t.Errorf("notes: %q", a.Notes)
	}
	empty := grid("empty", 1)
	put(t, s, empty)
	says(t, answer(t, s, "empty", ""), "The sweep has no trials.")
	stopped := grid("stopped", 1, 70)
	put(t, s, stopped)
	claim(t, s, stopped.Trials()[0])
	finish(t, s, stopped.Trials()[0], sweeps.Outcome{State: sweeps.Stopped})
	says(t, answer(t, s, "stopped", ""), "No trial is complete: 1 stopped.")
	if _, err := s.Answer(t.Context(), "none", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("answer of no sweep: %v", err)
	}
}

func TestDivergedConfigurationIsShownAndNotRanked(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 2, 50, 100)
	put(t, s, p)
	diverge := func(trial sweeps.Trial) {
		claim(t, s, trial)
		finish(t, s, trial, sweeps.Outcome{State: sweeps.Diverged, Err: "NaN", Step: 3, Linkable: true})
	}
	train(t, s, p.Configurations[0].Trials[0], perplexity(10)) // the luckiest value, beside one that diverged
	diverge(p.Configurations[0].Trials[1])
	train(t, s, p.Configurations[1].Trials[0], perplexity(130))
	train(t, s, p.Configurations[1].Trials[1], perplexity(132))
	rows, err := s.Configurations(t.Context(), "hidden", "")
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if r := rows[0]; r.Configuration != p.Configurations[1].ID || *r.Rank != 1 || !bool(r.Best) || !bool(r.TiedWithBest) || r.N != 2 {
		t.Errorf("best: %+v", r)
	}
	if r := rows[1]; r.Rank != nil || r.Best || r.TiedWithBest || r.N != 1 || *r.Mean != 10 {
		t.Errorf("diverged: %+v", r)
	}
	a := answer(t, s, "hidden", "")
	if a.Best.Configuration != p.Configurations[1].ID || a.Notes[0] != "hidden_size = 50 (learning_rate = 0.002) is not ranked: 1 of 2 replicates diverged." {
		t.Errorf("%+v", a)
	}

	all := grid("all", 2, 70)
	put(t, s, all)
	diverge(all.Trials()[0])
	diverge(all.Trials()[1])
	a = answer(t, s, "all", "")
	says(t, a, "All 2 trials diverged, so there is no best configuration.")
	if a.Best != nil {
		t.Errorf("%+v", a)
	}
	if _, err := s.Trial(t.Context(), "all:best"); !errors.Is(err, ErrNotFound) {
		t.Errorf("all:best: %v", err)
	}
}

func TestNaNIsNeverChosen(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {math.NaN()}, 100: {math.Inf(-1)}, 200: {140}})
	if a := answer(t, s, "hidden", ""); a.Best.Configuration != p.Configurations[2].ID {
		t.Errorf("%+v", a)
	}
}

func TestAnotherMetricWouldChooseOtherwise(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100)
	put(t, s, p)
	for i, c := range p.Configurations {
		for r, trial := range c.Trials {
			train(t, s, trial, map[string]float64{
				"val/perplexity": 130 + 5*float64(i) + float64(r)/10, "val/loss": 4.8 + 0.1*float64(i) + float64(r)/1000,
				"val/accuracy": 0.2 + 0.02*float64(i) + float64(r)/1000, "test/accuracy": 0.1 + float64(i), "val/unk_share": 0.02,
			})
		}
	}
	a := answer(t, s, "hidden", "")
	want := []string{"val/accuracy would choose hidden_size = 100 (learning_rate = 0.001): 0.2210 against 0.2010."}
	if !slices.Equal(a.OtherMetrics, want) {
		t.Errorf("other metrics: %q", a.OtherMetrics)
	}
	b := answer(t, s, "hidden", "val/accuracy")
	if b.Goal != "maximize" || b.Best.Configuration != p.Configurations[1].ID || !strings.Contains(b.Sentence, "above the next") {
		t.Errorf("%+v", b)
	}
	if _, err := s.Answer(t.Context(), "hidden", "val/nonsense"); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "val/accuracy, val/loss") {
		t.Errorf("unknown metric: %v", err)
	}
}

func TestMaximizedMetricOfAnyName(t *testing.T) {
	s := opened(t)
	p := grid("score", 3, 1, 2, 3)
	p.Spec.Metric = sweeps.Metric{Name: "f1", Maximize: true}
	put(t, s, p)
	for i, c := range p.Configurations {
		for r, trial := range c.Trials {
			train(t, s, trial, map[string]float64{"f1": 0.5 + 0.1*float64(i) + 0.001*float64(r*(i+1)%3)})
		}
	}
	a := answer(t, s, "score", "")
	if a.Best.Configuration != p.Configurations[2].ID || *a.Best.Mean < 0.7 || !strings.HasPrefix(a.Sentence, "hidden_size = 3 (learning_rate = 0.03333333333333333) is best: f1 0.7") {
		t.Errorf("%s", a.Sentence)
	}
	if a.DetectablePercent != nil {
		t.Error("a score has no percent of perplexity")
	}
}

func TestDifferentVocabulariesAreNotRanked(t *testing.T) {
	s := opened(t)
	p := grid("vocab", 2, 50, 100)
	p.Configurations[1].Data.Vocabulary = "cccc"
	trained(t, s, p, map[int][]float64{50: {100, 101}, 100: {50, 51}})
	a := answer(t, s, "vocab", "")
	says(t, a, "The configurations were trained on different splits or vocabularies, across which val/perplexity does not mean the same, so none is ranked.")
	if a.Best != nil {
		t.Errorf("%+v", a)
	}
}

func TestStoredStandingsAreThoseComputed(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {135.1, 135.4, 134.8}, 100: {133.4, 133.9, 133.2}, 200: {139.2, 139.9}})
	want, err := s.Configurations(t.Context(), "hidden", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []Configuration
	err = s.readers.Raw(`SELECT ` + columns[Configuration]() + ` FROM v_configurations v ORDER BY v.rank`).Scan(&got).Error
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) {
		t.Errorf("stored %s\ncomputed %s", a, b)
	}
}

func TestStandingsFollowWithoutEndSweep(t *testing.T) {
	t.Parallel()
	s := opened(t)
	p := grid("hidden", 1, 50, 100)
	put(t, s, p)
	train(t, s, p.Trials()[0], perplexity(130))
	waitFor(t, func() bool {
		var n int
		err := s.readers.Raw(`SELECT count(*) FROM v_configurations WHERE best = 1 AND n = 1 AND mean = 130`).Row().Scan(&n)
		return err == nil && n == 1
	})
}

// TestConfirmedStandFirst: those that new seeds have judged are ranked before others, and if one of these looks better, that
// is said.
func TestConfirmedStandFirst(t *testing.T) {
	s := opened(t)
	p := grid("search", 2, 50, 100, 200)
	for i := range p.Configurations[:2] {
		p.Configurations[i].Trials[1].Confirms = true
	}
	put(t, s, p)
	for i, values := range [][]float64{{100, 140}, {101, 130}, {120, 121}} {
		for r, trial := range p.Configurations[i].Trials {
			train(t, s, trial, perplexity(values[r]))
		}
	}
	a := answer(t, s, "search", "")
	if a.Best.Configuration != p.Configurations[1].ID || len(a.Confirmed) != 2 {
		t.Errorf("best %+v, confirmed %+v", a.Best, a.Confirmed)
	}
	if len(a.Notes) != 2 || !strings.Contains(a.Notes[1], "hidden_size = 200") || !strings.Contains(a.Notes[1], "judged are ranked first") {
		t.Errorf("notes: %q", a.Notes)
	}
}

// TestFailedReplicateOfARace: what failed leaves its configuration in the race, beside those that have as many replicates.
func TestFailedReplicateOfARace(t *testing.T) {
	s := opened(t)
	p := grid("race", 3, 50, 100)
	p.Spec.Replicates.Max = 5
	put(t, s, p)
	for i, c := range p.Configurations {
		for r, trial := range c.Trials {
			if i == 0 && r == 2 {
				claim(t, s, trial)
				finish(t, s, trial, sweeps.Outcome{State: sweeps.Failed, Err: "out of memory"})
				continue
			}
			train(t, s, trial, perplexity(100+10*float64(i)+float64(r)))
		}
	}
	if a := answer(t, s, "race", ""); a.Best.Configuration != p.Configurations[0].ID {
		t.Errorf("%s", a.Sentence)
	}
}

// TestLeftOutIsNotOpen: what a sweep leaves out that has come to its end will not change the answer.
func TestLeftOutIsNotOpen(t *testing.T) {
	s := opened(t)
	p := grid("target", 1, 50, 100)
	put(t, s, p)
	train(t, s, p.Trials()[0], perplexity(100))
	if err := s.EndSweep(t.Context(), "target", "complete", 1); err != nil {
		t.Fatal(err)
	}
	if a := answer(t, s, "target", ""); len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "1 trial left out") {
		t.Errorf("notes: %q", a.Notes)
	}
}

package results

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"sweep/sweeps"
)

func compared(t *testing.T, s *Store, a, b string) Comparison {
	t.Helper()
	c, err := s.Compare(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Errorf("comparison as JSON: %v", err)
	}
	return c
}

func TestCompareConfigurations(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100, 200)
	trained(t, s, p, map[int][]float64{50: {135.1, 135.4, 134.8}, 100: {133.4, 133.9, 133.2}, 200: {139.2, 139.9, 139.1}})
	a, b := p.Configurations[0].ID, p.Configurations[1].ID
	c := compared(t, s, a, b)
	if len(c.A.Trials) != 3 || c.A.Parameters != 50_000 || c.A.Seconds != 2 || c.B.Configuration != b {
		t.Errorf("sides: %+v %+v", c.A, c.B)
	}
	want := []ParamDiff{{"hidden_size", "50", "100"}, {"learning_rate", "0.002", "0.001"}}
	if len(c.Params) != 2 || c.Params[0] != want[0] || c.Params[1] != want[1] {
		t.Errorf("parameters: %+v", c.Params)
	}
	m := c.Metrics[0]
	if m.Metric != "val/perplexity" || m.Method != "blocks" || *m.DF != 4 || m.Unit != "nats" || m.NA != 3 {
		t.Fatalf("%+v", m)
	}
	// The mean difference of logarithms; its interval is t(0.975, 4) = 2.776 standard errors of 0.000702 sqrt(2/3).
	if d := *m.Difference; math.Abs(d+0.01191) > 2e-5 || math.Abs(*m.High-d-2.776*0.000702*math.Sqrt(2.0/3)) > 2e-5 {
		t.Errorf("difference %v [%v, %v]", d, *m.Low, *m.High)
	}
	if math.Abs(*m.Percent-100*math.Expm1(*m.Difference)) > 1e-12 || *m.PercentLow >= *m.Percent {
		t.Errorf("percent %v [%v, %v]", *m.Percent, *m.PercentLow, *m.PercentHigh)
	}
	if m.Pairs != 3 || *m.PairedP >= 0.05 || !(*m.Correlation > 0.8) || !(*m.Detectable > 0) {
		t.Errorf("paired: %+v", m)
	}
	if !strings.HasPrefix(m.Verdict, "val/perplexity: "+b+" is better than "+a+" by 1.2 %") {
		t.Errorf("verdict: %s", m.Verdict)
	}
	if c.Metrics[1].Metric != "val/loss" || *c.Metrics[1].Difference != 0 || !strings.Contains(c.Metrics[1].Verdict, "cannot be told apart") {
		t.Errorf("second metric: %+v", c.Metrics[1])
	}
}

func TestCompareTrialsAndBest(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 3, 50, 100)
	trained(t, s, p, map[int][]float64{50: {135.1, 135.4, 134.8}, 100: {133.4, 133.9, 133.2}})
	one, best := p.Configurations[0].Trials[2].ID, p.Configurations[1].Trials[0].ID
	c := compared(t, s, one, "hidden:best")
	if len(c.A.Trials) != 1 || c.A.Trials[0] != one || len(c.B.Trials) != 1 || c.B.Trials[0] != best {
		t.Errorf("a trial stands beside the best's median one: %+v %+v", c.A, c.B)
	}
	m := c.Metrics[0]
	if m.Method != "none" || m.Low != nil || m.P != nil || m.Detectable != nil || !strings.Contains(m.Verdict, "that may be the seed") {
		t.Errorf("%+v", m)
	}
	q := grid("wide", 4, 60, 400)
	trained(t, s, q, map[int][]float64{60: {135.1, 135.4, 134.8, 135}, 400: {120, 121, 122, 120.5}})
	c = compared(t, s, "hidden:best", "wide:best")
	if len(c.A.Trials) != 3 || len(c.B.Trials) != 4 || c.Metrics[0].Method != "welch" || c.Metrics[0].Pairs != 3 {
		t.Errorf("the best configurations of two sweeps: %+v", c)
	}
	// Against the same seeds of another sweep it is paired.
	r := grid("other", 3, 800)
	trained(t, s, r, map[int][]float64{800: {129, 129.5, 128.7}})
	if m := compared(t, s, "hidden:best", "other:best").Metrics[0]; m.Method != "paired" || *m.DF != 2 {
		t.Errorf("%+v", m)
	}
}

func TestCompareRefusesOtherDataAndUnknownThings(t *testing.T) {
	s := opened(t)
	p := grid("words", 2, 50)
	q := grid("letters", 2, 60)
	q.Configurations[0].Data = sweeps.Data{Corpus: "names", Split: "cccccccccc", Vocabulary: "dd"}
	r := grid("capped", 2, 70)
	r.Configurations[0].Data.Vocabulary = "ee"
	trained(t, s, p, map[int][]float64{50: {135, 136}})
	trained(t, s, q, map[int][]float64{60: {8, 9}})
	trained(t, s, r, map[int][]float64{70: {80, 81}})
	var e *IncomparableError
	if _, err := s.Compare(t.Context(), "words:best", "letters:best"); !errors.As(err, &e) || !strings.Contains(e.Reason, "different texts or splits (gostd aaaa and names cccccccc)") {
		t.Errorf("other split: %v", err)
	}
	if _, err := s.Compare(t.Context(), "words:best", r.Trials()[0].ID); !errors.As(err, &e) || !strings.Contains(e.Reason, "vocabularies differ") {
		t.Errorf("other vocabulary: %v", err)
	}
	for _, ref := range []string{"none:best", "0000000", "no such", "words/", ""} {
		if _, err := s.Compare(t.Context(), ref, "words:best"); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

func TestReferences(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 40, 50)
	put(t, s, p)
	other := grid("again", 1, 50)
	put(t, s, other)
	trial := p.Trials()[0]
	for _, ref := range []string{trial.ID, trial.ID[:11], trial.Key, "hidden/" + trial.ID[:9]} {
		got, err := s.Trial(t.Context(), ref)
		if err != nil || got.Trial != trial.ID || got.Sweep != "hidden" {
			t.Errorf("%s: %s/%s, %v", ref, got.Sweep, got.Trial, err)
		}
	}
	if got, err := s.Trial(t.Context(), "again/"+trial.ID); err != nil || got.Sweep != "again" {
		t.Errorf("within a sweep: %+v, %v", got, err)
	}
	// Where it has got further, there it is looked at.
	claim(t, s, other.Trials()[0])
	finish(t, s, other.Trials()[0], sweeps.Outcome{State: sweeps.Complete, Step: 5, Linkable: true})
	if got, err := s.Trial(t.Context(), trial.ID); err != nil || got.Sweep != "again" {
		t.Errorf("finished in another sweep: %+v, %v", got, err)
	}
	// Among forty ids of sixteen digits some two start alike.
	var ambiguous *AmbiguousError
	found := false
	for _, digit := range strings.Split("0123456789abcdef", "") {
		_, err := s.Trial(t.Context(), digit)
		if errors.As(err, &ambiguous) {
			found = errors.Is(err, ErrAmbiguous) && len(ambiguous.Matches) > 1 && len(ambiguous.Matches) <= 10
			break
		}
	}
	if !found {
		t.Errorf("no short id is ambiguous: %+v", ambiguous)
	}
	for _, ref := range []string{"", "xyz", "%", "'", "hidden/", "ffffffffffff"} {
		if _, err := s.Trial(t.Context(), ref); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

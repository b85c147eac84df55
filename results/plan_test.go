package results

import (
	"slices"
	"testing"

	"sweep/sweeps"
)

func TestEditedSweep(t *testing.T) {
	s := opened(t)
	first := grid("hidden", 2, 50, 100)
	put(t, s, first)
	for _, trial := range first.Trials() {
		train(t, s, trial, perplexity(140))
	}
	edited := grid("hidden", 3, 100, 200)
	want, err := s.Diff(t.Context(), edited)
	if err != nil {
		t.Fatal(err)
	}
	if want.Kept != 2 || want.New != 4 || want.Retired != 2 || want.Finished != 2 || want.Linked != 0 {
		t.Errorf("diff: %+v", want)
	}
	gone := []string{first.Configurations[0].Trials[0].ID, first.Configurations[0].Trials[1].ID}
	if !slices.Equal(want.RetiredTrials, gone) {
		t.Errorf("retired %v, want %v", want.RetiredTrials, gone)
	}
	if d := put(t, s, edited); d.Kept != want.Kept || d.New != want.New || d.Retired != want.Retired {
		t.Errorf("PutPlan says %+v, Diff said %+v", d, want)
	}
	rows := trials(t, s, "hidden")
	if r := rows[gone[0]]; !bool(r.Retired) || r.State != "complete" || *r.Value != 140 {
		t.Errorf("retired trial: %+v", r)
	}
	if len(rows) != 8 {
		t.Errorf("%d trials, want 6 planned and 2 retired", len(rows))
	}
	sw, err := s.Sweep(t.Context(), "hidden")
	if err != nil || sw.Trials != 6 || sw.Configurations != 2 || sw.Complete != 2 {
		t.Errorf("sweep counts what is planned: %+v, %v", sw, err)
	}
	// Taken back, nothing is lost and nothing is to be trained.
	if d := put(t, s, first); d.Kept != 4 || d.New != 0 || d.Retired != 4 || d.Finished != 0 {
		t.Errorf("taken back: %+v", d)
	}
	rows = trials(t, s, "hidden")
	if r := rows[gone[0]]; bool(r.Retired) || r.State != "complete" {
		t.Errorf("un-retired: %+v", r)
	}
}

func TestOrderOfRunning(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 2, 200, 50, 100)
	put(t, s, p)
	rows, err := s.Trials(t.Context(), "hidden")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, r := range rows {
		got = append(got, r.Trial)
	}
	for _, x := range p.Trials() {
		want = append(want, x.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	if string(rows[0].Params) != `{"corpus":"gostd","hidden_size":200,"learning_rate":0.0005}` {
		t.Errorf("parameters keep the spec's order: %s", rows[0].Params)
	}
}

func TestAnotherMetricRetrainsNothing(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 2, 50, 100)
	put(t, s, p)
	for i, trial := range p.Trials() {
		train(t, s, trial, map[string]float64{"val/perplexity": 140 + float64(i), "val/accuracy": 0.2 + float64(i)/100})
	}
	p.Spec.Metric = sweeps.Metric{Name: "val/accuracy", Maximize: true}
	if d := put(t, s, p); d.Kept != 4 || d.New != 0 {
		t.Errorf("diff: %+v", d)
	}
	sw, err := s.Sweep(t.Context(), "hidden")
	if err != nil || sw.Metric != "val/accuracy" || sw.Goal != "maximize" {
		t.Errorf("sweep: %+v, %v", sw, err)
	}
	var best string
	err = s.readers.Raw(`SELECT configuration FROM v_configurations WHERE best = 1 AND metric = 'val/accuracy'`).Row().Scan(&best)
	if err != nil || best != p.Configurations[1].ID {
		t.Errorf("best by the view %q, %v", best, err)
	}
	for _, r := range trials(t, s, "hidden") {
		if *r.Value != *r.ValAccuracy {
			t.Errorf("value %v is not the metric's", *r.Value)
		}
	}
}

func TestProvenanceIsKeptOnceAnEdit(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	for range 2 {
		put(t, s, p)
	}
	if _, err := s.PutPlan(t.Context(), p, Provenance{Program: "next", Swept: []string{"hidden_size"}, SpecSeed: 1 << 60}); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.readers.Raw(`SELECT count(*) FROM provenance`).Row().Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows of provenance, want 2 (%v)", n, err)
	}
	got, err := s.Provenance(t.Context(), "hidden")
	if err != nil || got.Program != "next" || got.At == "" || got.SpecSeed != 1<<60 {
		t.Errorf("provenance: %+v, %v", got, err)
	}
}

func TestPlanOfManyTrials(t *testing.T) {
	// More rows than one statement takes, and more variables than SQLite would take in one.
	s := opened(t)
	sizes := make([]int, 1200)
	for i := range sizes {
		sizes[i] = i + 1
	}
	p := grid("wide", 2, sizes...)
	if d := put(t, s, p); d.New != 2400 {
		t.Errorf("diff: %+v", d.New)
	}
	if d := put(t, s, p); d.Kept != 2400 || d.New != 0 {
		t.Errorf("diff of the same plan: kept %d, new %d", d.Kept, d.New)
	}
}

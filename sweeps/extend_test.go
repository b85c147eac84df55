package sweeps

import (
	"slices"
	"testing"
)

func TestListing(t *testing.T) {
	s := load(t, "replicates: [7, 9]\nmetric: {name: val/loss}\nparameters: {corpus: gostd, hidden_size: [1, 2, 3], learning_rate: [0.1, 0.2], optimizer: [sgd, adam]}\n")
	set := func(size int64, rate float64, optimizer string) Values {
		return Values{{"corpus", StringValue("gostd")}, {"hidden_size", IntValue(size)}, {"learning_rate", FloatValue(rate)}, {"optimizer", StringValue(optimizer)}}
	}
	want := []Values{set(3, 0.2, "adam"), set(1, 0.2, "sgd"), set(2, 0.2, "adam")}
	text, err := s.Listing("chosen", "yes: no", want)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("chosen.yaml", text, testTrainer())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := NewPlan(again, testTrainer())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if again.Description != "yes: no" || !slices.Equal(again.Replicates.Seeds, []uint64{7, 9}) || again.Metric.Name != "val/loss" {
		t.Errorf("the spec became\n%s", text)
	}
	if len(p.Configurations) != 3 {
		t.Fatalf("%d configurations\n%s", len(p.Configurations), text)
	}
	for i, c := range p.Configurations {
		if !slices.EqualFunc(c.Params, want[i], func(a, b Setting) bool { return a.Name == b.Name && a.Value.Same(b.Value) }) {
			t.Errorf("configuration %d is %v, want %v", i, c.Params, want[i])
		}
	}
	if _, err := s.Listing("mixed", "", []Values{want[0], want[1][:3]}); err == nil {
		t.Error("configurations of other parameters are listed together")
	}
}

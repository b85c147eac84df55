package sweeps

import "testing"

// TestAdopt: after a change of numeric version a plan keeps what the old one has finished, under its keys, and trains the
// rest by the new one.
func TestAdopt(t *testing.T) {
	const spec = "replicates: 2\nparameters: {corpus: gostd, hidden_size: [10, 20]}\n"
	old := plan(t, spec)
	finished := map[string]bool{old.Trials()[0].Key: true, old.Trials()[2].Key: true, old.Trials()[1].Key: true}
	trainer := testTrainer()
	trainer.Version = "2"
	p, err := NewPlan(load(t, spec), trainer)
	if err != nil {
		t.Fatal(err)
	}
	if p.Trials()[0].Key == old.Trials()[0].Key {
		t.Fatal("another version has the same keys")
	}
	if err := p.Adopt([]string{"1"}, func(key string) bool { return finished[key] }); err != nil {
		t.Fatal(err)
	}
	for i, tr := range p.Trials() {
		kept := tr.Key == old.Trials()[i].Key
		if kept != finished[old.Trials()[i].Key] || kept != (tr.Version == "1") {
			t.Errorf("trial %d: key %s, version %q", i, tr.ID, tr.Version)
		}
		if tr.Configuration != old.Trials()[i].Configuration {
			t.Errorf("trial %d is of configuration %s, was of %s", i, tr.Configuration, old.Trials()[i].Configuration)
		}
	}
	if n := p.Adopted()["1"]; n != 3 {
		t.Errorf("%d trials adopted", n)
	}

	// Once the new version has trained one as well, that one counts.
	again, err := NewPlan(load(t, spec), trainer)
	if err != nil {
		t.Fatal(err)
	}
	fresh := again.Trials()[0].Key
	if err := again.Adopt([]string{"1"}, func(key string) bool { return finished[key] || key == fresh }); err != nil {
		t.Fatal(err)
	}
	if again.Trials()[0].Key != fresh {
		t.Error("the older of two trainings is taken")
	}
}

package sweeps

import (
	"encoding/json"
	"testing"
)

// BenchmarkPlanOfDrawn opens a sweep of 10,000 random points, as every worker does that trains for it: what the record holds is parsed, planned
// and put on the schedule.
func BenchmarkPlanOfDrawn(b *testing.B) {
	about := Trainer{Name: "made-up", Version: "1", Resolve: func(vs Values) (Resolved, error) { return Resolved{Key: vs, Parameters: 1, Steps: 9, Points: 9}, nil }}
	spec, err := Load("made-up.yaml", []byte("name: made-up\ncommand: [none]\nmetric: {name: score}\nmethod: random\nbudget: {configurations: 10000}\n"+
		"early_terminate: {type: asha, min_iter: 1, eta: 3}\nparallel: 1000\nparameters: {x: {min: 0.0, max: 1.0}, y: 1}\n"), about)
	if err != nil {
		b.Fatal(err)
	}
	first, err := NewPlan(spec, about)
	if err != nil {
		b.Fatal(err)
	}
	recorded := make([][]byte, len(first.Configurations))
	for i, c := range first.Configurations {
		if recorded[i], err = json.Marshal(c.Params); err != nil {
			b.Fatal(err)
		}
	}
	seeds := []uint64{first.Trials()[0].Seed}
	b.ReportAllocs()
	for b.Loop() {
		drawn := make([]Drawn, len(recorded))
		for i, r := range recorded {
			drawn[i].Seeds = seeds
			if err := drawn[i].Params.UnmarshalJSON(r); err != nil {
				b.Fatal(err)
			}
		}
		p, err := NewPlan(spec, about, drawn...)
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Recall(Memory{}); err != nil || len(p.Trials()) != len(recorded) {
			b.Fatal(err)
		}
	}
}

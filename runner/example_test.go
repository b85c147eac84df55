package runner_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"sweep/runner"
	"sweep/sweeps"
)

// A program sweeps a function of its own: here the height of a bowl, whose lowest point it looks for.
func ExampleRunner() {
	bowl := func(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
		x, _ := t.Params.Lookup("x")
		y, _ := t.Params.Lookup("y")
		a, _ := x.Float()
		b, _ := y.Float()
		return report(runner.Point{Metric: "height", Step: 1, Value: a*a + (b-2)*(b-2), Final: true})
	}
	about := sweeps.Trainer{Name: "bowl", Version: "1"}
	spec, err := sweeps.Load("bowl.yaml", []byte(`
name: bowl
metric: {name: height, goal: minimize}
parameters:
  x: [-1, 0, 1]
  y: [0, 1.5]
`), about)
	if err != nil {
		log.Fatal(err)
	}
	plan, err := sweeps.NewPlan(spec, about)
	if err != nil {
		log.Fatal(err)
	}

	rec := &best{metric: "height"}
	r := runner.Runner{Trainer: runner.TrainerFunc(bowl), Recorder: rec, Workers: 4}
	sum, err := r.Run(context.Background(), plan)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d trials, the lowest %s is %g at %v\n", sum.Complete, rec.metric, rec.value, rec.params)
	// Output: 6 trials, the lowest height is 0.25 at [{x 0} {y 1.5}]
}

// best is a Recorder that keeps the lowest final value of a metric and nothing else. What shall outlive the program
// goes into a results.Store instead.
type best struct {
	metric string

	mu     sync.Mutex
	params sweeps.Values // nil: none yet
	value  float64
}

func (b *best) Record(_ context.Context, t sweeps.Trial, points []sweeps.Point) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range points {
		if p.Final && p.Metric == b.metric && (b.params == nil || p.Value < b.value) {
			b.params, b.value = t.Params, p.Value
		}
	}
	return nil
}

func (b *best) Claim(context.Context, sweeps.Trial) (sweeps.Claim, error) {
	return sweeps.Claim{Run: true, Attempt: 1}, nil
}

func (b *best) Finish(context.Context, sweeps.Trial, sweeps.Outcome) error { return nil }

func (b *best) Release(context.Context, string) error { return nil }

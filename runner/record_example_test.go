package runner_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// A Go program sweeps a function of its own, with the record that the command keeps: here the height of a curve over x,
// measured with an error that depends on the seed.
func ExampleRunner_record() {
	ctx := context.Background()
	curve := sweeps.Trainer{
		Name: "curve", Version: "1", Metrics: []string{"height"},
		Params:  []sweeps.Param{{Name: "x", Kind: sweeps.Float}},
		Resolve: func(v sweeps.Values) (sweeps.Resolved, error) { return sweeps.Resolved{Key: v, Steps: 1}, nil },
	}
	height := func(_ context.Context, t sweeps.Trial, report func(runner.Point) error) error {
		v, _ := t.Params.Lookup("x")
		x, _ := v.Float()
		err := 0.01 * math.Sin(float64(t.Seed%1000)+x)
		return report(runner.Point{Metric: "height", Step: 1, Value: (x-2)*(x-2) + err})
	}
	spec, err := sweeps.Load("curve.yaml", []byte("metric: {name: height}\nreplicates: 3\nparameters: {x: [1, 2, 4]}"), curve)
	check(err)
	plan, err := sweeps.NewPlan(spec, curve)
	check(err)
	dir, err := os.MkdirTemp("", "curve")
	check(err)
	defer os.RemoveAll(dir)
	store, err := results.Open(ctx, dir, results.Options{})
	check(err)
	defer store.Close()
	_, err = store.PutPlan(ctx, plan, results.Provenance{})
	check(err)
	_, err = (&runner.Runner{Trainer: runner.TrainerFunc(height), Recorder: store}).Run(ctx, plan)
	check(err)
	answer, err := store.Answer(ctx, "curve", "")
	check(err)
	fmt.Println(answer.BestLabel, "of", answer.Best.N, "replicates")
	// Output: x = 2 of 3 replicates
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

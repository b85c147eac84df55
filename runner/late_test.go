package runner

import (
	"context"
	"testing"

	"sweep/sweeps"
)

// TestLateEnds: a Trainer that cannot pause runs on past its rungs and comes to its end before it is decided whether it goes so
// far. Its worker trains another trial by then: the end is told as that of a trial that no worker has, after what was told
// of the worker.
func TestLateEnds(t *testing.T) {
	about := sweeps.Trainer{Name: "function", Version: "1"}
	spec, err := sweeps.Load("late.yaml", []byte("method: grid\nparallel: 4\nmetric: {name: score}\nearly_terminate: {type: hyperband, min_iter: 3, strict: true}\n"+
		"parameters: {x: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n"), about)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sweeps.NewPlan(spec, about)
	if err != nil {
		t.Fatal(err)
	}
	first := p.Trials()[0].ID
	others := make(chan struct{}) // closed once another trial has come to its end
	lanes := map[int]string{}     // what each worker trains
	states := map[sweeps.State]int{}
	late := 0
	m := newMemory()
	r := &Runner{Recorder: m, Workers: 2, Trainer: TrainerFunc(func(_ context.Context, trial sweeps.Trial, report func(Point) error) error {
		x, _ := trial.Params[0].Value.Float()
		if trial.ID == first {
			<-others
		}
		for step := int64(1); step <= 6; step++ {
			if err := report(Point{Metric: "score", Step: step, Value: x + 1/float64(step)}); err != nil {
				return err
			}
		}
		return nil
	}), Events: func(e Event) {
		switch {
		case e.Kind == Started:
			lanes[e.Worker] = e.Trial.ID
			return
		case e.Worker >= 0 && lanes[e.Worker] != e.Trial.ID:
			t.Errorf("%s of %s by worker %d, which has %s", e.Kind, e.Trial.ID, e.Worker, lanes[e.Worker])
		case e.Kind == Finished && e.Worker < 0:
			late++
		case e.Kind == Paused && e.Trial.ID != first:
			select {
			case <-others:
			default:
				close(others)
			}
		}
		if e.Kind == Finished {
			states[e.State]++
		}
	}}
	sum, err := r.Run(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Complete+sum.Stopped != 9 || sum.Stopped == 0 || sum.Complete == 0 || sum.Trained != 9 || sum.Waiting != 0 {
		t.Errorf("summary %+v", sum)
	}
	if late == 0 || states[sweeps.Complete] != sum.Complete || states[sweeps.Stopped] != sum.Stopped {
		t.Errorf("%d ends came late; told %v, summary %+v", late, states, sum)
	}
}

package runner

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sweep/sweeps"
)

func TestEventsOfATrialComeInOrder(t *testing.T) {
	var es events
	r := &Runner{Recorder: newMemory(), Workers: 4, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			for step := range int64(50) {
				if err := report(Point{Metric: "m", Step: step, Value: float64(step)}); err != nil {
					return err
				}
			}
			return nil
		})}
	if _, err := r.Run(t.Context(), planOf("s", ids(12)...)); err != nil {
		t.Fatal(err)
	}
	step := map[string]int64{}
	for _, e := range es {
		if e.Step < step[e.Trial.ID] {
			t.Errorf("trial %s went from step %d back to %d", e.Trial.ID, step[e.Trial.ID], e.Step)
		}
		step[e.Trial.ID] = e.Step
		if v, ok := e.Value("m"); ok && v != float64(e.Step) {
			t.Errorf("trial %s has value %g at step %d", e.Trial.ID, v, e.Step)
		}
	}
	for _, id := range ids(12) {
		if got := es.kinds(id); !slices.Equal(got, []string{"started", "finished"}) {
			t.Errorf("trial %s was told as %v", id, got)
		}
		if e := es.last(t, id); e.Kind != Finished || e.Step != 49 {
			t.Errorf("the last event of trial %s is %s at step %d", id, e.Kind, e.Step)
		}
	}
}

func TestASlowListenerDelaysNoTraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var es events
		slow := func(e Event) {
			time.Sleep(time.Hour)
			es.add(e)
		}
		var trained time.Duration
		start := time.Now()
		r := &Runner{Recorder: newMemory(), Workers: 1, Events: slow, Trainer: TrainerFunc(
			func(ctx context.Context, _ sweeps.Trial, report func(Point) error) error {
				for step := range int64(1000) {
					if err := report(Point{Step: step}); err != nil {
						return err
					}
					if err := pause(ctx, time.Second); err != nil {
						return err
					}
				}
				trained = time.Since(start)
				return nil
			})}
		if _, err := r.Run(t.Context(), planOf("s", "a", "b")); err != nil {
			t.Fatal(err)
		}
		if trained != 2000*time.Second {
			t.Errorf("2000 s of training took %s", trained)
		}
		if len(es) > 8 {
			t.Errorf("%d events were delivered, want old progress left out", len(es))
		}
		for _, id := range []string{"a", "b"} {
			if e := es.last(t, id); e.Kind != Finished || e.Step != 999 {
				t.Errorf("the last event of trial %s is %s at step %d", id, e.Kind, e.Step)
			}
		}
	})
}

// What a listener was handed does not change under it.
func TestAnEventKeepsItsValues(t *testing.T) {
	s := &session{run: &run{Runner: &Runner{}}, record: func([]Point) error { return nil }}
	if err := s.report(Point{Metric: "m", Step: 1, Value: 1}); err != nil {
		t.Fatal(err)
	}
	old := s.now
	if err := s.report(Point{Metric: "m", Step: 2, Value: 2}); err != nil {
		t.Fatal(err)
	}
	if v, _ := old.Value("m"); v != 1 {
		t.Errorf("the older event's value became %g", v)
	}
	if _, ok := old.Value("other"); ok {
		t.Error("a metric that was never reported has a value")
	}
}

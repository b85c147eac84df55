package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/sweeps"
)

// pause is a training that takes d and heeds ctx.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func TestOneWorkerKeepsTheOrderOfThePlan(t *testing.T) {
	var trained []string
	m := newMemory()
	r := &Runner{Recorder: m, Workers: 1, Trainer: TrainerFunc(
		func(_ context.Context, t sweeps.Trial, _ func(Point) error) error {
			trained = append(trained, t.ID)
			return nil
		})}
	sum, err := r.Run(t.Context(), planOf("s", "d", "a", "c", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"d", "a", "c", "b"}; !slices.Equal(trained, want) {
		t.Errorf("trained %v, want %v", trained, want)
	}
	sum.Seconds = 0
	if want := (Summary{Trials: 4, Complete: 4, Trained: 4}); sum != want {
		t.Errorf("summary %+v, want %+v", sum, want)
	}
	if first := m.calls[0]; first != "release s" {
		t.Errorf("the first call was %q, want the sweep released before anything is claimed", first)
	}
}

func TestWorkersTrainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		r := &Runner{Recorder: newMemory(), Workers: 3, Trainer: TrainerFunc(
			func(ctx context.Context, _ sweeps.Trial, _ func(Point) error) error {
				most.Store(max(most.Load(), now.Add(1)))
				defer now.Add(-1)
				return pause(ctx, time.Minute)
			})}
		sum, err := r.Run(t.Context(), planOf("s", ids(7)...))
		if err != nil {
			t.Fatal(err)
		}
		if most.Load() != 3 {
			t.Errorf("%d trials at once, want 3", most.Load())
		}
		if sum.Seconds != 180 {
			t.Errorf("7 minutes of work took 3 workers %g s of the clock, want 180", sum.Seconds)
		}
	})
}

func TestFailuresDoNotStopTheOthers(t *testing.T) {
	m := newMemory()
	var es events
	r := &Runner{Recorder: m, Workers: 2, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, t sweeps.Trial, report func(Point) error) error {
			switch t.ID {
			case "fails":
				return errors.New("out of luck")
			case "panics":
				var p *Point
				p.Step++
			case "diverges":
				if err := report(Point{Metric: "val/loss", Step: 7, Examples: 70, Value: math.NaN()}); err != nil {
					return err
				}
				return fmt.Errorf("step 7: %w", ErrDiverged)
			}
			return nil
		})}
	sum, err := r.Run(t.Context(), planOf("s", "fails", "panics", "diverges", "works"))
	if err != nil {
		t.Fatalf("the sweep ended with %v", err)
	}
	sum.Seconds = 0
	if want := (Summary{Trials: 4, Complete: 1, Diverged: 1, Failed: 2, Trained: 4}); sum != want {
		t.Errorf("summary %+v, want %+v", sum, want)
	}

	o := m.outcome(t, "fails")
	if o.State != sweeps.Failed || o.Err != "out of luck" {
		t.Errorf("the failing trial ended as %+v", o)
	}
	o = m.outcome(t, "panics")
	if o.State != sweeps.Failed || !strings.Contains(o.Err, "nil pointer") || !strings.Contains(o.Err, "runner_test.go") {
		t.Errorf("the panicking trial ended as %s without its cause and place:\n%s", o.State, o.Err)
	}
	o = m.outcome(t, "diverges")
	if o.State != sweeps.Diverged || o.Step != 7 || o.Examples != 70 || !o.Linkable || !strings.Contains(o.Err, "step 7") {
		t.Errorf("the diverging trial ended as %+v", o)
	}
	if e := es.last(t, "fails"); e.Kind != Finished || e.State != sweeps.Failed || e.Err != "out of luck" {
		t.Errorf("the last event of the failing trial is %+v", e)
	}
}

func TestEveryRecorderErrorEndsTheSweep(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, method := range []string{"claim", "record", "finish", "release"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				m.broken[method] = broken
				r := &Runner{Recorder: m, Workers: 2, Trainer: TrainerFunc(
					func(ctx context.Context, t sweeps.Trial, report func(Point) error) error {
						if t.ID == "b" { // until the other trial's error ends the sweep
							return pause(ctx, time.Hour)
						}
						return report(Point{Metric: "val/loss", Step: 1, Value: 1})
					})}
				start := time.Now()
				_, err := r.Run(t.Context(), planOf("s", ids(20)...))
				if !errors.Is(err, broken) || !strings.Contains(err.Error(), method) {
					t.Errorf("Run returned %v, want the error of %s", err, method)
				}
				if n := len(m.called("claim")); n > 2 {
					t.Errorf("%d trials were claimed, want no more than there are workers", n)
				}
				if d := time.Since(start); d != 0 {
					t.Errorf("Run let the other trial train for %s", d)
				}
			})
		})
	}
}

func TestATrainerThatSwallowsARecorderErrorDoesNotHideIt(t *testing.T) {
	m := newMemory()
	m.broken["record"] = errors.New("disk on fire")
	r := &Runner{Recorder: m, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			_ = report(Point{Metric: "val/loss", Step: 1, Value: 1})
			return nil
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); !errors.Is(err, m.broken["record"]) {
		t.Errorf("Run returned %v", err)
	}
	if n := len(m.called("finish")); n != 0 {
		t.Error("a trial whose points were lost was finished")
	}
}

func TestValuesPassBitForBit(t *testing.T) {
	values := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308, math.Copysign(0, -1), math.SmallestNonzeroFloat64, 0.1}
	m := newMemory()
	var es events
	r := &Runner{Recorder: m, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			for i, v := range values {
				if err := report(Point{Metric: "m", Step: int64(i), Value: v}); err != nil {
					return err
				}
			}
			return nil
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		if got := m.training("key of a").points[fmt.Sprintf("m@%d", i)]; got != math.Float64bits(v) {
			t.Errorf("%g was recorded as %g", v, math.Float64frombits(got))
		}
	}
	if v, ok := es.last(t, "a").Value("m"); !ok || v != 0.1 {
		t.Errorf("the latest value is %g, %t", v, ok)
	}
}

func TestOnlyTheFirstProgressIsRecorded(t *testing.T) {
	m := newMemory()
	var es events
	r := &Runner{Recorder: m, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			if err := report(Point{Step: 40, Examples: 400}); err != nil { // resumed from there
				return err
			}
			return report(Point{Step: 50, Examples: 500})
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if n := len(m.called("record")); n != 1 {
		t.Errorf("progress was recorded %d times, want once: where the session began", n)
	}
	e := es.last(t, "a")
	if e.From != 40 || e.Step != 50 || e.Examples != 500 {
		t.Errorf("the session is told as from %d to %d, %d examples", e.From, e.Step, e.Examples)
	}
	if o := m.outcome(t, "a"); o.Step != 50 || o.Examples != 500 {
		t.Errorf("the outcome is %+v", o)
	}
}

func TestPointsToldAgainTakeNoProgressBack(t *testing.T) {
	m := newMemory()
	var es events
	r := &Runner{Recorder: m, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			if err := report(Point{Step: 40, Examples: 400}); err != nil {
				return err
			}
			return report(Point{Metric: "m", Step: 10, Examples: 100, Value: 7})
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if e := es.last(t, "a"); e.Step != 40 || e.Examples != 400 {
		t.Errorf("the session is told to have reached step %d, %d examples", e.Step, e.Examples)
	}
	if o := m.outcome(t, "a"); o.Step != 40 || o.Examples != 400 {
		t.Errorf("the outcome is %+v", o)
	}
	if _, ok := m.training("key of a").points["m@10"]; !ok {
		t.Error("the older point was not recorded")
	}
}

func TestSecondsAreOfTheClockAndSummed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.training("key of a").seconds = 100 // of an earlier session
		var reported []float64
		record := recording{memory: m, seen: func(p Point) { reported = append(reported, p.Seconds) }}
		var es events
		r := &Runner{Recorder: record, Events: es.add, Trainer: TrainerFunc(
			func(ctx context.Context, _ sweeps.Trial, report func(Point) error) error {
				if err := pause(ctx, 5*time.Second); err != nil {
					return err
				}
				if err := report(Point{Metric: "m", Step: 1}); err != nil { // keeps no time of its own
					return err
				}
				return report(Point{Metric: "m", Step: 2, Seconds: 103.5}) // keeps its own
			})}
		if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]float64{105, 103.5}, reported); diff != "" {
			t.Errorf("seconds of the points (-want +got):\n%s", diff)
		}
		if o := m.outcome(t, "a"); o.Seconds != 5 {
			t.Errorf("the session is recorded with %g s, want 5", o.Seconds)
		}
		if e := es.last(t, "a"); e.Seconds != 105 {
			t.Errorf("the trial is told with %g s, want 105", e.Seconds)
		}
	})
}

// recording lets a test see each point on its way to the record.
type recording struct {
	*memory
	seen func(Point)
}

func (r recording) Record(ctx context.Context, t sweeps.Trial, ps []sweeps.Point) error {
	for _, p := range ps {
		r.seen(p)
	}
	return r.memory.Record(ctx, t, ps)
}

func TestAFinishedTrainingIsLinkedAndNotTrained(t *testing.T) {
	m := newMemory()
	m.training("key of a").state = sweeps.Complete
	m.training("key of b").state = sweeps.Diverged
	m.training("key of c").state = sweeps.Failed
	var es events
	r := &Runner{Recorder: m, Events: es.add, Trainer: TrainerFunc(
		func(_ context.Context, tr sweeps.Trial, _ func(Point) error) error {
			if tr.ID != "c" && tr.ID != "d" {
				t.Errorf("trial %s was trained again", tr.ID)
			}
			return nil
		})}
	sum, err := r.Run(t.Context(), planOf("s", "a", "b", "c", "d"))
	if err != nil {
		t.Fatal(err)
	}
	sum.Seconds = 0
	if want := (Summary{Trials: 4, Complete: 3, Diverged: 1, Trained: 2, Linked: 2}); sum != want {
		t.Errorf("summary %+v, want %+v", sum, want)
	}
	if e := es.last(t, "b"); e.Kind != Linked || e.State != sweeps.Diverged {
		t.Errorf("the diverged trial's event is %+v", e)
	}
}

func TestWhatIsReportedTooLateIsRefused(t *testing.T) {
	m := newMemory()
	var late func(Point) error
	r := &Runner{Recorder: m, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			late = report
			return nil
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if err := late(Point{Metric: "m", Step: 1}); !errors.Is(err, ErrStop) {
		t.Errorf("report returned %v after the trial's end", err)
	}
	if n := len(m.called("record")); n != 0 {
		t.Error("a finished trial was written to")
	}
}

func TestATrainerMayReportFromSeveralGoroutines(t *testing.T) {
	m := newMemory()
	r := &Runner{Recorder: m, Trainer: TrainerFunc(
		func(_ context.Context, _ sweeps.Trial, report func(Point) error) error {
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() { _ = report(Point{Metric: "m", Step: int64(i), Value: float64(i)}) })
			}
			wg.Wait()
			return nil
		})}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if n := len(m.training("key of a").points); n != 8 {
		t.Errorf("%d points of 8 were recorded", n)
	}
}

// mute is a record that answers a claim with nothing.
type mute struct{ *memory }

func (mute) Claim(context.Context, sweeps.Trial) (sweeps.Claim, error) { return sweeps.Claim{}, nil }

func TestARecordThatGivesNoAnswerEndsTheSweep(t *testing.T) {
	_, err := (&Runner{Recorder: mute{newMemory()}}).Run(t.Context(), planOf("s", "a"))
	if err == nil || !strings.Contains(err.Error(), "claim trial a") {
		t.Errorf("Run returned %v", err)
	}
}

func TestAnEmptyPlanIsDone(t *testing.T) {
	m := newMemory()
	sum, err := (&Runner{Recorder: m}).Run(t.Context(), planOf("s"))
	if err != nil || sum.Trials != 0 {
		t.Errorf("Run returned %+v, %v", sum, err)
	}
}

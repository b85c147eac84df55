package runner

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/sweeps"
)

var errCtrlC = errors.New("interrupt")

// minutes trains for some minutes, reports each and remembers how far it came when it is interrupted.
type minutes struct {
	of   int64
	kept map[string]int64 // by trial; its own worker writes it
}

func (m *minutes) Train(ctx context.Context, t sweeps.Trial, report func(Point) error) error {
	for step := m.kept[t.ID]; step < m.of; step++ {
		if err := report(Point{Step: step}); err != nil {
			return err
		}
		if err := pause(ctx, time.Minute); err != nil {
			m.kept[t.ID] = step
			return err
		}
	}
	return report(Point{Metric: "val/loss", Step: m.of, Value: 1, Final: true})
}

func TestInterruptKeepsWhatRunsAndBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		tr := &minutes{of: 10, kept: map[string]int64{}}
		var es events
		r := &Runner{Recorder: m, Trainer: tr, Workers: 1, Events: es.add}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(14*time.Minute+30*time.Second, func() { cancel(errCtrlC) })

		sum, err := r.Run(ctx, planOf("s", "a", "b", "c"))
		if !errors.Is(err, errCtrlC) {
			t.Errorf("Run returned %v, want the cause", err)
		}
		sum.Seconds = 0
		if want := (Summary{Trials: 3, Complete: 1, Trained: 1, Waiting: 2}); sum != want {
			t.Errorf("summary %+v, want %+v", sum, want)
		}
		want := sweeps.Outcome{State: sweeps.Waiting, Seconds: 270, Step: 4}
		if diff := cmp.Diff(want, m.outcome(t, "b")); diff != "" {
			t.Errorf("the interrupted trial (-want +got):\n%s", diff)
		}
		if e := es.last(t, "b"); e.Kind != Finished || e.State != sweeps.Waiting {
			t.Errorf("the last event of the interrupted trial is %+v", e)
		}
		if slices.Contains(m.called("claim"), "c") {
			t.Error("a trial was begun after the interrupt")
		}

		es = nil
		sum, err = r.Run(t.Context(), planOf("s", "a", "b", "c"))
		if err != nil {
			t.Fatal(err)
		}
		sum.Seconds = 0
		if want := (Summary{Trials: 3, Complete: 3, Trained: 2, Linked: 1}); sum != want {
			t.Errorf("summary of the second run %+v, want %+v", sum, want)
		}
		e := es.last(t, "b")
		if e.From != 4 || e.Attempt != 2 || e.Seconds != 270+360 {
			t.Errorf("the resumed trial went on from step %d in attempt %d to %g s", e.From, e.Attempt, e.Seconds)
		}
	})
}

func TestAProgramKilledByTheInterruptHasNotFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		ctx, cancel := context.WithCancelCause(t.Context())
		r := &Runner{Recorder: m, Trainer: TrainerFunc(
			func(ctx context.Context, _ sweeps.Trial, _ func(Point) error) error {
				cancel(errCtrlC)
				<-ctx.Done()
				return errors.New("signal: terminated")
			})}
		if _, err := r.Run(ctx, planOf("s", "a")); !errors.Is(err, errCtrlC) {
			t.Errorf("Run returned %v", err)
		}
		if o := m.outcome(t, "a"); o.State != sweeps.Waiting || o.Err != "signal: terminated" {
			t.Errorf("the trial ended as %+v", o)
		}
	})
}

func TestAPanicDuringTheInterruptHasFailed(t *testing.T) {
	m := newMemory()
	ctx, cancel := context.WithCancelCause(t.Context())
	r := &Runner{Recorder: m, Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error {
			cancel(errCtrlC)
			panic("checkpoint")
		})}
	if _, err := r.Run(ctx, planOf("s", "a")); err != nil {
		t.Errorf("Run returned %v although no trial waits", err)
	}
	if o := m.outcome(t, "a"); o.State != sweeps.Failed {
		t.Errorf("the trial ended as %s", o.State)
	}
}

func TestAnInterruptAfterTheLastTrialInterruptsNothing(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	r := &Runner{Recorder: newMemory(), Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error {
			cancel(errCtrlC)
			return nil
		})}
	sum, err := r.Run(ctx, planOf("s", "a"))
	if err != nil || sum.Complete != 1 {
		t.Errorf("Run returned %+v, %v", sum, err)
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errCtrlC)
	for range 50 { // a worker that is ready and the interrupt come at once: either may be seen first
		m := newMemory()
		sum, err := (&Runner{Recorder: m, Locks: Folder(t.TempDir())}).Run(ctx, planOf("s", "a", "b"))
		if !errors.Is(err, errCtrlC) || sum.Waiting != 2 {
			t.Errorf("Run returned %+v, %v", sum, err)
		}
		if n := len(m.called("claim")); n != 0 {
			t.Fatalf("%d trials were claimed", n)
		}
	}
}

func TestBudgetOfTimeLeavesWhatItDoesNotReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		r := &Runner{
			Recorder: m, Trainer: &minutes{of: 10, kept: map[string]int64{}}, Workers: 1,
			Budget: sweeps.Budget{Time: 45 * time.Minute}, Spent: 20 * time.Minute,
		}
		sum, err := r.Run(t.Context(), planOf("s", ids(6)...))
		if err != nil {
			t.Fatal(err)
		}
		// The third trial begins in the last five minutes and is trained whole: a clock never decides what is in one.
		if want := (Summary{Trials: 6, Complete: 3, Trained: 3, Waiting: 3, Left: 3, Seconds: 1800}); sum != want {
			t.Errorf("summary %+v, want %+v", sum, want)
		}
		if got := m.called("claim"); !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("claimed %v", got)
		}
	})
}

func TestTrialTimeStopsATrialThatCannotBeLinked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.training("key of a").seconds = 120 // of earlier sessions: they count
		r := &Runner{
			Recorder: m, Trainer: &minutes{of: 10, kept: map[string]int64{}}, Workers: 2,
			Budget: sweeps.Budget{TrialTime: 5 * time.Minute},
		}
		sum, err := r.Run(t.Context(), planOf("s", "a", "b"))
		if err != nil {
			t.Fatal(err)
		}
		if sum.Stopped != 2 || sum.Waiting != 0 {
			t.Errorf("summary %+v, want both stopped", sum)
		}
		want := sweeps.Outcome{State: sweeps.Stopped, Seconds: 240, Step: 4, ByClock: true}
		if diff := cmp.Diff(want, m.outcome(t, "a")); diff != "" {
			t.Errorf("the trial that had trained before (-want +got):\n%s", diff)
		}
		want = sweeps.Outcome{State: sweeps.Stopped, Seconds: 360, Step: 6, ByClock: true}
		if diff := cmp.Diff(want, m.outcome(t, "b")); diff != "" {
			t.Errorf("the new trial (-want +got):\n%s", diff)
		}
	})
}

func TestTrialTimeDoesNotStopWhatIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		r := &Runner{
			Recorder: m, Budget: sweeps.Budget{TrialTime: time.Minute},
			Trainer: TrainerFunc(func(ctx context.Context, tr sweeps.Trial, report func(Point) error) error {
				if err := pause(ctx, time.Hour); err != nil {
					return err
				}
				return report(Point{Metric: "val/loss", Step: 100, Final: tr.ID == "final"})
			})}
		p := planOf("s", "final", "last")
		p.Configurations[1].Trials[0].Steps = 100
		if _, err := r.Run(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"final", "last"} {
			if o := m.outcome(t, id); o.State != sweeps.Complete || !o.Linkable {
				t.Errorf("the trial with its %s figure in ended as %+v", id, o)
			}
		}
	})
}

func TestATrainerMayStopItsOwnTrial(t *testing.T) {
	m := newMemory()
	r := &Runner{Recorder: m, Trainer: TrainerFunc(
		func(context.Context, sweeps.Trial, func(Point) error) error { return ErrStop })}
	if _, err := r.Run(t.Context(), planOf("s", "a")); err != nil {
		t.Fatal(err)
	}
	if o := m.outcome(t, "a"); o.State != sweeps.Stopped || !o.Linkable || o.Err != "" {
		t.Errorf("the trial ended as %+v; no clock decided, so it may be linked", o)
	}
}

// A clock of the caller's own decides budgets and seconds.
func TestClockIsTheRunnersOwn(t *testing.T) {
	now := time.Unix(0, 0)
	m := newMemory()
	r := &Runner{
		Recorder: m, Workers: 1, Budget: sweeps.Budget{Time: time.Hour},
		Now: func() time.Time { return now },
		Trainer: TrainerFunc(func(context.Context, sweeps.Trial, func(Point) error) error {
			now = now.Add(40 * time.Minute)
			return nil
		})}
	sum, err := r.Run(t.Context(), planOf("s", "a", "b", "c"))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Complete != 2 || sum.Left != 1 || sum.Seconds != 4800 {
		t.Errorf("summary %+v, want 2 trials of 40 minutes and one left", sum)
	}
	if o := m.outcome(t, "a"); o.Seconds != 2400 {
		t.Errorf("the trial took %g s", o.Seconds)
	}
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdLockIn); dir != "" {
		holdLock(dir)
		return
	}
	os.Exit(m.Run())
}

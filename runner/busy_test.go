package runner

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sweep/sweeps"
)

// runBy makes a training look as if the process of a sweep ran it.
func (m *memory) runBy(sweep, trial string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	tr := m.training("key of " + trial)
	tr.state, tr.sweep = sweeps.Running, sweep
}

// endAs ends such a training.
func (m *memory) endAs(s sweeps.State, trial string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.training("key of " + trial).state = s
}

func TestABusyTrialKeepsNoWorkerFromOtherWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		other, err := Folder(dir).Lock(t.Context(), "other", lockPatience)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Release()
		m := newMemory()
		m.runBy("other", "a")
		time.AfterFunc(20*time.Minute+800*time.Millisecond, func() { m.endAs(sweeps.Complete, "a") })

		var es events
		r := &Runner{
			Recorder: m, Trainer: &minutes{of: 5, kept: map[string]int64{}},
			Workers: 1, Locks: Folder(dir), Events: es.add,
		}
		sum, err := r.Run(t.Context(), planOf("s", "a", "b", "c"))
		if err != nil {
			t.Fatal(err)
		}
		// b and c take ten minutes, then a is asked for every half second.
		if want := (Summary{Trials: 3, Complete: 3, Trained: 2, Linked: 1, Seconds: 1201}); sum != want {
			t.Errorf("summary %+v, want %+v", sum, want)
		}
		if got, want := es.kinds("a"), []string{"delayed", "linked"}; !slices.Equal(got, want) {
			t.Errorf("the busy trial was told as %v, want %v", got, want)
		}
		if got := m.called("claim")[:3]; !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("claimed %v first", got)
		}
		if es[0].Busy != "other" {
			t.Errorf("the first event is %+v", es[0])
		}
		if slices.Contains(m.called("release"), "other") {
			t.Error("a sweep was released whose process lives")
		}
	})
}

func TestABusyTrialThatIsInterruptedThereIsTrainedHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		other, err := Folder(dir).Lock(t.Context(), "other", lockPatience)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Release()
		m := newMemory()
		m.runBy("other", "a")
		time.AfterFunc(time.Minute, func() { m.endAs(sweeps.Waiting, "a") })
		r := &Runner{Recorder: m, Trainer: &minutes{of: 5, kept: map[string]int64{}}, Workers: 2, Locks: Folder(dir)}
		sum, err := r.Run(t.Context(), planOf("s", "a"))
		if err != nil || sum.Trained != 1 {
			t.Errorf("Run returned %+v, %v", sum, err)
		}
	})
}

func TestWhatADeadProcessLeftIsTakenOver(t *testing.T) {
	m := newMemory()
	m.runBy("dead", "a") // nobody holds the lock of that sweep
	m.runBy("dead", "b")
	m.runBy("s", "c") // left by this sweep's own last process
	var es events
	r := &Runner{
		// One worker: of several, one may meet the dead sweep's lock while another takes the sweep over, and wait for it.
		Recorder: m, Locks: Folder(t.TempDir()), Workers: 1, Events: es.add,
		Trainer: TrainerFunc(func(context.Context, sweeps.Trial, func(Point) error) error { return nil }),
	}
	sum, err := r.Run(t.Context(), planOf("s", "a", "b", "c"))
	if err != nil || sum.Trained != 3 {
		t.Errorf("Run returned %+v, %v", sum, err)
	}
	if got := es.kinds("a"); !slices.Equal(got, []string{"started", "finished"}) {
		t.Errorf("a dead process's trial was told as %v, want no delay", got)
	}
	dead, err := r.Locks.Lock(t.Context(), "dead", lockPatience)
	if err != nil {
		t.Fatalf("the dead sweep's lock was kept: %v", err)
	}
	dead.Release()
}

func TestBusyTrialsAreAskedForInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		for i, id := range ids(3) {
			m.runBy("other", id)
			time.AfterFunc(time.Duration(3-i)*10*time.Second, func() { m.endAs(sweeps.Complete, id) })
		}
		sum, err := (&Runner{Recorder: m, Workers: 1}).Run(t.Context(), planOf("s", ids(3)...))
		if err != nil || sum.Linked != 3 {
			t.Errorf("Run returned %+v, %v", sum, err)
		}
		if got := m.called("claim")[:6]; !slices.Equal(got, []string{"a", "b", "c", "a", "b", "c"}) {
			t.Errorf("claimed %v", got)
		}
	})
}

func TestWaitingForABusyTrialCanBeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.runBy("other", "a")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Hour, func() { cancel(errCtrlC) })
		sum, err := (&Runner{Recorder: m, Workers: 2}).Run(ctx, planOf("s", "a")) // no locks: it may only wait
		if !errors.Is(err, errCtrlC) || sum.Waiting != 1 || sum.Seconds != 3600 {
			t.Errorf("Run returned %+v, %v", sum, err)
		}
	})
}

func TestTimeBudgetEndsTheWaitForABusyTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		m.runBy("other", "a")
		r := &Runner{Recorder: m, Workers: 2, Budget: sweeps.Budget{Time: time.Minute}}
		sum, err := r.Run(t.Context(), planOf("s", "a"))
		if want := (Summary{Trials: 1, Waiting: 1, Left: 1, Seconds: 60}); err != nil || sum != want {
			t.Errorf("Run returned %+v, %v, want %+v", sum, err, want)
		}
	})
}

// Two configurations of one plan may be one training, when what they differ in has no effect.
func TestTheSameTrainingTwiceInAPlanIsTrainedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := planOf("s", "a", "twin")
		p.Configurations[1].Trials[0].Key = p.Configurations[0].Trials[0].Key
		r := &Runner{
			Recorder: newMemory(), Trainer: &minutes{of: 5, kept: map[string]int64{}},
			Workers: 2, Locks: Folder(t.TempDir()),
		}
		sum, err := r.Run(t.Context(), p)
		if err != nil || sum.Trained != 1 || sum.Linked != 1 {
			t.Errorf("Run returned %+v, %v", sum, err)
		}
	})
}

package program

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sweep/runner"
	"sweep/sweeps"
)

var errBroken = errors.New("no space left on device")

// act is what a trial does: it takes some time, maybe measures something at its beginning, and ends with an error.
type act struct {
	takes    time.Duration
	measures bool
	err      error
}

var (
	breaks = act{takes: 100 * time.Millisecond, err: errBroken}
	works  = act{takes: time.Hour, measures: true}
)

func (a act) Train(ctx context.Context, _ sweeps.Trial, report func(runner.Point) error) error {
	if err := report(runner.Point{Step: 1}); err != nil { // progress alone says nothing
		return err
	}
	if a.measures {
		if err := report(runner.Point{Metric: "loss", Step: 1}); err != nil {
			return err
		}
	}
	select {
	case <-time.After(a.takes):
		return a.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// acting is a trainer whose trials act as their number says, the first being 0.
type acting []act

func (as acting) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	return as[t.Replicate].Train(ctx, t, report)
}

func (as acting) trial(g *Guard, n int) error {
	return g.Train(context.Background(), sweeps.Trial{Replicate: n}, func(runner.Point) error { return nil })
}

func TestGuardOneAfterTheOther(t *testing.T) {
	quick := func(err error) act { return act{takes: time.Second, err: err} }
	for _, c := range []struct {
		name  string
		acts  acting
		guard *Guard
		tried int // of acts, before the guard gives up
	}{
		{"all break", acting{breaks, breaks, breaks, breaks, breaks}, &Guard{}, 3},
		{"a higher limit", acting{breaks, breaks, breaks, breaks, breaks}, &Guard{Fast: 4}, 4},
		{"no limit", acting{breaks, breaks, breaks, breaks, breaks}, &Guard{Fast: -1}, 5},
		{"one succeeds between", acting{breaks, breaks, quick(nil), breaks, breaks}, &Guard{}, 5},
		{"one diverges between", acting{breaks, breaks, quick(fmt.Errorf("x: %w", runner.ErrDiverged)), breaks, breaks}, &Guard{}, 5},
		{"one measures between and fails", acting{breaks, breaks, {measures: true, err: errBroken}, breaks, breaks}, &Guard{}, 5},
		{"a slow failure is no sign", acting{breaks, breaks, {takes: time.Minute, err: errBroken}, breaks, breaks}, &Guard{}, 4},
		{"what counts as slow", acting{breaks, breaks, {takes: 15 * time.Second, err: errBroken}, breaks}, &Guard{Within: 20 * time.Second}, 3},
		{"a stop is no sign", acting{breaks, breaks, quick(runner.ErrStop), breaks, breaks}, &Guard{}, 4},
		{"a pause is no sign", acting{breaks, breaks, quick(runner.ErrPause), breaks, breaks}, &Guard{}, 4},
		{"retries count by the last one", acting{
			{takes: time.Hour, err: &ExitError{Status: 1, Ran: time.Second}}, {takes: time.Hour, err: &StartError{errBroken}}, breaks, breaks}, &Guard{}, 3},
		{"a short wait and a long attempt", acting{{err: &ExitError{Status: 1, Ran: time.Minute}}, breaks, breaks, breaks, breaks}, &Guard{}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := c.guard
				g.Trainer = c.acts
				for n, a := range c.acts {
					err := c.acts.trial(g, n)
					if n < c.tried && err != a.err {
						t.Errorf("trial %d: %v, want %v", n, err, a.err)
					}
					var m *MachineError
					if n >= c.tried && (!errors.As(err, &m) || !errors.Is(err, runner.ErrMachine) || errors.Is(err, errBroken)) {
						t.Errorf("trial %d: %v, want a *MachineError", n, err)
					}
				}
			})
		})
	}
}

func TestGuardSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acts := acting{breaks, breaks, breaks, breaks}
		g := &Guard{Trainer: acts}
		for n := range 3 {
			_ = acts.trial(g, n) // the failures
		}
		err := acts.trial(g, 3)
		for _, want := range []string{"the last 3 trials failed as soon as they began", "mend the machine", "exclude them", errBroken.Error()} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v lacks %q", err, want)
			}
		}
	})
}

func TestGuardDoesNotCountInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Guard{Trainer: runner.TrainerFunc(func(ctx context.Context, _ sweeps.Trial, _ func(runner.Point) error) error {
			<-ctx.Done()
			return errors.New("terminated")
		})}
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			err := g.Train(ctx, sweeps.Trial{}, nil)
			cancel()
			if errors.Is(err, runner.ErrMachine) {
				t.Fatal(err)
			}
		}
	})
}

// One device of eight is broken: the trials that the others have trained for long and go on measuring do not hide it.
func TestGuardFindsABlackHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const trials = 500
		var mu sync.Mutex
		good := 7
		burnt := 0
		g := &Guard{Trainer: runner.TrainerFunc(func(ctx context.Context, tr sweeps.Trial, report func(runner.Point) error) error {
			mu.Lock()
			free := good > 0
			if free {
				good--
			} else {
				burnt++
			}
			mu.Unlock()
			if !free {
				return breaks.Train(ctx, tr, report)
			}
			for range 600 { // ten minutes, a metric every second
				if err := works.beat(report); err != nil {
					return err
				}
			}
			mu.Lock()
			good++
			mu.Unlock()
			return nil
		})}
		queue := make(chan int)
		var wg sync.WaitGroup
		var refused error
		for range 8 {
			wg.Go(func() {
				for range queue {
					err := g.Train(t.Context(), sweeps.Trial{}, func(runner.Point) error { return nil })
					if errors.Is(err, runner.ErrMachine) {
						mu.Lock()
						refused = err
						mu.Unlock()
						return // as the runner is to end
					}
				}
			})
		}
	feed:
		for n := range trials {
			select {
			case queue <- n:
			case <-time.After(time.Minute):
				break feed
			}
		}
		close(queue)
		wg.Wait()
		if refused == nil || burnt != 3 {
			t.Errorf("%d trials of %d were burnt, want 3: %v", burnt, trials, refused)
		}
	})
}

func (a act) beat(report func(runner.Point) error) error {
	<-time.After(time.Second)
	return report(runner.Point{Metric: "loss"})
}

// A trial that began before the first failure takes nothing back, when it measures something at last.
func TestGuardIsNotTakenInByWhatBeganBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := runner.TrainerFunc(func(_ context.Context, _ sweeps.Trial, report func(runner.Point) error) error {
			<-time.After(time.Minute)
			return works.beat(report)
		})
		trainers := []runner.Trainer{late, breaks, breaks, breaks, works}
		g := &Guard{Trainer: runner.TrainerFunc(func(ctx context.Context, tr sweeps.Trial, report func(runner.Point) error) error {
			return trainers[tr.Replicate].Train(ctx, tr, report)
		})}
		train := func(n int) error {
			return g.Train(t.Context(), sweeps.Trial{Replicate: n}, func(runner.Point) error { return nil })
		}
		done := make(chan error)
		go func() { done <- train(0) }()
		synctest.Wait()
		_, _ = train(1), train(2) // fail
		if err := <-done; err != nil {
			t.Error(err)
		}
		_ = train(3) // fails
		if err := train(4); !errors.Is(err, runner.ErrMachine) {
			t.Errorf("after three failures in a row: %v", err)
		}
	})
}

// Eight workers fall into the same hole at once: those that were under way when it was found are handed back untried.
func TestGuardWithManyWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Guard{Trainer: breaks}
		var mu sync.Mutex
		burnt, back := 0, 0
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				err := g.Train(t.Context(), sweeps.Trial{}, func(runner.Point) error { return nil })
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, runner.ErrMachine) {
					back++
				} else {
					burnt++
				}
			})
		}
		wg.Wait()
		if burnt != 3 || back != 5 {
			t.Errorf("%d burnt and %d handed back, want 3 and 5", burnt, back)
		}
	})
}

// The guard around a real program that fails.
func TestGuardOfAProgram(t *testing.T) {
	tr := script(t, "exit 1")
	g := &Guard{Trainer: tr}
	for n := range 4 {
		err := g.Train(t.Context(), trialT, (&points{}).report)
		if refused := errors.Is(err, runner.ErrMachine); refused != (n == 3) {
			t.Errorf("trial %d: %v", n, err)
		}
	}
}

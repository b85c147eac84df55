package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"sweep/sweeps"
)

// fate is what a made-up training does at its last step.
type fate struct {
	steps int64
	end   string // completes, fails, panics, diverges or stops
}

// history is a Trainer of made-up trainings with checkpoints, and counts what it trains.
type history struct {
	fates   map[string]fate
	kept    map[string]*int64 // by trial: the step to go on from
	trained map[string]*atomic.Int64

	reports   atomic.Int64
	interrupt int64 // cancels at this report
	cancel    context.CancelCauseFunc
}

func newHistory(fates map[string]fate) *history {
	h := &history{fates: fates, kept: map[string]*int64{}, trained: map[string]*atomic.Int64{}}
	for id := range fates {
		h.kept[id], h.trained[id] = new(int64), new(atomic.Int64)
	}
	return h
}

func (h *history) Train(ctx context.Context, t sweeps.Trial, report func(Point) error) error {
	f, kept := h.fates[t.ID], h.kept[t.ID]
	for step := *kept; step < f.steps; step++ {
		if err := context.Cause(ctx); err != nil {
			*kept = step
			return err
		}
		h.trained[t.ID].Add(1)
		value := math.Sqrt(float64(step)) + float64(len(t.ID)) // of trial and step only
		if step == f.steps-1 && f.end == "diverges" {
			value = math.NaN()
		}
		if err := report(Point{Metric: "val/loss", Step: step, Value: value}); err != nil {
			return err
		}
		if h.reports.Add(1) == h.interrupt {
			h.cancel(errCtrlC)
		}
	}
	*kept = f.steps
	switch f.end {
	case "fails":
		return errors.New("fails")
	case "panics":
		panic("panics")
	case "diverges":
		return ErrDiverged
	case "stops":
		return ErrStop
	}
	return nil
}

// ended is what the record says of a training, times and attempts apart.
type ended struct {
	State  sweeps.State
	Points map[string]uint64
}

func TestRecordDoesNotDependOnWorkersOrInterrupts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fates := map[string]fate{}
		var order []string
		for i := range rapid.IntRange(1, 12).Draw(t, "trials") {
			id := fmt.Sprintf("trial-%d", i)
			order = append(order, id)
			fates[id] = fate{
				steps: rapid.Int64Range(0, 8).Draw(t, "steps"),
				end:   rapid.SampledFrom([]string{"completes", "fails", "panics", "diverges", "stops"}).Draw(t, "end"),
			}
		}
		interrupts := rapid.SliceOfN(rapid.Int64Range(1, 20), 0, 6).Draw(t, "interrupts")

		var first map[string]ended
		for _, workers := range []int{1, 2, 4, 8} {
			got := sweepWith(t, workers, fates, order, interrupts)
			if first == nil {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("%d workers record something else than one (-1 +%d):\n%s", workers, workers, diff)
			}
		}
	})
}

// sweepWith runs a sweep, interrupting it after so many reports of each session, until nothing waits.
func sweepWith(t *rapid.T, workers int, fates map[string]fate, order []string, interrupts []int64) map[string]ended {
	m := newMemory()
	h := newHistory(fates)
	r := &Runner{Trainer: h, Recorder: m, Workers: workers}
	for waiting := true; waiting; {
		ctx, cancel := context.WithCancelCause(context.Background())
		h.reports.Store(0)
		h.interrupt, h.cancel = 0, cancel
		if len(interrupts) > 0 {
			h.interrupt, interrupts = interrupts[0], interrupts[1:]
		}
		sum, err := r.Run(ctx, planOf("s", order...))
		cancel(nil)
		if err != nil && !errors.Is(err, errCtrlC) {
			t.Fatalf("%d workers: %v", workers, err)
		}
		if got := sum.Complete + sum.Stopped + sum.Diverged + sum.Failed + sum.Waiting; got != len(order) {
			t.Fatalf("%d workers: %+v does not add up", workers, sum)
		}
		if (err != nil) != (sum.Waiting > 0) {
			t.Fatalf("%d workers: %d trials wait and the error is %v", workers, sum.Waiting, err)
		}
		waiting = sum.Waiting > 0
	}

	all := make(map[string]ended)
	for id, f := range fates {
		tr := m.training("key of " + id)
		all[id] = ended{State: tr.state, Points: tr.points}
		ends := 0
		for _, o := range tr.outcomes {
			if o.State.Finished() && o.State != sweeps.Failed {
				ends++
			}
		}
		if tr.state != sweeps.Failed && ends != 1 {
			t.Fatalf("%d workers: trial %s ended %d times", workers, id, ends)
		}
		if n := h.trained[id].Load(); n != f.steps {
			t.Fatalf("%d workers: trial %s trained %d steps of %d", workers, id, n, f.steps)
		}
	}
	return all
}

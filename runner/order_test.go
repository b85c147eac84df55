package runner

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"sweep/sweeps"
)

// costed returns a plan of two replicates whose configurations cost so much, in seconds.
func costed(costs ...float64) *sweeps.Plan {
	p := &sweeps.Plan{Spec: &sweeps.Spec{Name: "s", Replicates: sweeps.Replicates{N: 2}}}
	for i, cost := range costs {
		c := sweeps.Configuration{ID: ids(len(costs))[i], Resolved: sweeps.Resolved{Cost: cost}}
		for r := 1; r <= 2; r++ {
			id := c.ID + string(rune('0'+r))
			c.Trials = append(c.Trials, sweeps.Trial{
				ID: id, Key: "key of " + id, Sweep: "s", Configuration: c.ID, Replicate: r, Resolved: c.Resolved,
			})
		}
		p.Configurations = append(p.Configurations, c)
	}
	return p
}

// asLong trains each trial for as many seconds as it costs, and notes the order in which they begin.
func asLong(began *[]string) Trainer {
	return TrainerFunc(func(ctx context.Context, t sweeps.Trial, _ func(Point) error) error {
		*began = append(*began, t.ID)
		return pause(ctx, time.Duration(t.Cost*float64(time.Second)))
	})
}

func TestLongestTrialOfAReplicateBeginsFirst(t *testing.T) {
	for _, c := range []struct {
		name   string
		budget sweeps.Budget
		want   []string
	}{
		{"no budget", sweeps.Budget{}, []string{"c1", "a1", "d1", "b1", "c2", "a2", "d2", "b2"}},
		{"of trials, which the plan has counted", sweeps.Budget{Trials: 8}, []string{"c1", "a1", "d1", "b1", "c2", "a2", "d2", "b2"}},
		// 2 + 1 + 4 s of the first replicate are over when the time is up: what is left out comes last in the plan.
		{"of time", sweeps.Budget{Time: 7 * time.Second}, []string{"a1", "b1", "c1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var began []string
				r := &Runner{Recorder: newMemory(), Workers: 1, Trainer: asLong(&began), Budget: c.budget}
				p := costed(2, 1, 4, 2)
				p.Spec.Budget = c.budget
				sum, err := r.Run(t.Context(), p)
				if err != nil || sum.Waiting != sum.Left {
					t.Fatalf("%+v, %v", sum, err)
				}
				if !slices.Equal(began, c.want) {
					t.Errorf("began %v, want %v", began, c.want)
				}
			})
		})
	}
}

// TestLongTrialDoesNotBeginLast: in the order of the plan one worker would idle for 4 of 12 s.
func TestLongTrialDoesNotBeginLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := costed(1, 1, 1, 1, 1, 5)
		r := &Runner{Recorder: newMemory(), Workers: 2, Trainer: TrainerFunc(
			func(ctx context.Context, t sweeps.Trial, _ func(Point) error) error {
				return pause(ctx, time.Duration(t.Cost*float64(time.Second)))
			})}
		sum, err := r.Run(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Seconds != 10 { // 20 s of work on two workers
			t.Errorf("the sweep took %g s of the clock, want 10", sum.Seconds)
		}
	})
}

func TestOrderLeavesThePlanAlone(t *testing.T) {
	trials := costed(1, 2).Trials()
	before := slices.Clone(trials)
	sweeps.Order(trials, sweeps.Budget{})
	for i := range trials {
		if trials[i].ID != before[i].ID {
			t.Fatalf("trial %d was %s and is %s", i, before[i].ID, trials[i].ID)
		}
	}
}

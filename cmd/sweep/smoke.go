package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"sweep/runner"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// smokeResult is what a hundredth of one configuration shows.
type smokeResult struct {
	Configuration string        `json:"configuration"`
	Params        sweeps.Values `json:"params"`
	Parameters    int64         `json:"parameters"`
	Steps         int64         `json:"steps"`
	State         sweeps.State  `json:"state"`
	Error         string        `json:"error,omitempty"`
	StepMillis    float64       `json:"ms_per_step"`
	FullSeconds   float64       `json:"full_seconds"` // one whole training at this pace
	Loss          *float64      `json:"train_loss"`
}

// smoke trains every configuration for a hundredth of its steps in a folder that is thrown away: it shows what would
// fail, diverge or take too long before the real run starts.
func (a *app) smoke(ctx context.Context, plan *sweeps.Plan, workers int) error {
	scratch, err := os.MkdirTemp("", "sweep-smoke-")
	if err != nil {
		return &statusError{statusRecord, err}
	}
	defer os.RemoveAll(scratch)
	trainer := nplm.New(scratch)
	out := make([]smokeResult, len(plan.Configurations))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i, c := range plan.Configurations {
		g.Go(func() error {
			out[i] = smokeOne(gctx, trainer, c)
			return context.Cause(gctx)
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return a.printSmoke(plan, out, workers)
}

// smokeSteps is the least that a pace can be judged by.
const smokeSteps = 100

func smokeOne(ctx context.Context, trainer *nplm.Trainer, c sweeps.Configuration) smokeResult {
	steps := max(c.Steps/100, min(c.Steps, smokeSteps))
	trial := c.Trials[0]
	trial.Params = nil
	for _, s := range c.Params {
		switch s.Name {
		case "epochs", "steps", "evaluations", "eval_examples":
		default:
			trial.Params = append(trial.Params, s)
		}
	}
	trial.Params = append(trial.Params,
		sweeps.Setting{Name: "steps", Value: sweeps.IntValue(steps)},
		sweeps.Setting{Name: "evaluations", Value: sweeps.IntValue(1)},
		sweeps.Setting{Name: "eval_examples", Value: sweeps.IntValue(1000)})
	r := smokeResult{Configuration: c.ID, Params: c.Params, Parameters: c.Parameters, Steps: steps, State: sweeps.Complete}
	var trained float64 // seconds, as the trainer counts them: measuring the loss left out
	err := trainer.Train(ctx, trial, func(p runner.Point) error {
		trained = p.Seconds
		if p.Metric == "train/loss" && !p.Final {
			r.Loss = &p.Value
		}
		if p.Final {
			return runner.ErrStop // the whole parts are judged by real runs
		}
		return nil
	})
	r.StepMillis = 1000 * trained / float64(steps)
	r.FullSeconds = r.StepMillis / 1000 * float64(c.Steps)
	switch {
	case err == nil, errors.Is(err, runner.ErrStop):
	case errors.Is(err, runner.ErrDiverged):
		r.State, r.Error = sweeps.Diverged, err.Error()
	default:
		r.State, r.Error = sweeps.Failed, err.Error()
	}
	return r
}

func (a *app) printSmoke(plan *sweeps.Plan, out []smokeResult, workers int) error {
	failed := 0
	for _, r := range out {
		if r.State == sweeps.Failed {
			failed++
		}
	}
	if a.json {
		if err := printEach(a, out); err != nil {
			return err
		}
	} else {
		swept := plan.Swept()
		t := table{header: append(append([]string{}, swept...), ">parameters", ">steps", ">ms/step", ">whole training", "state")}
		var total float64
		for _, r := range out {
			var cells []string
			for _, name := range swept {
				v, _ := r.Params.Lookup(name)
				cells = append(cells, v.String())
			}
			state := string(r.State)
			if r.Error != "" {
				state += ": " + r.Error
			}
			t.row(append(cells, grouped(r.Parameters), grouped(r.Steps), figure(r.StepMillis), seconds(r.FullSeconds), state)...)
			total += r.FullSeconds * float64(plan.Spec.Replicates.N)
		}
		if err := t.write(a.stdout); err != nil {
			return err
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Fprintf(a.stdout, "\nall of it: about %s of training on %s, evaluation apart; memory now %d MB\nnothing was recorded\n",
			seconds(total/float64(workers)), plural(workers, "worker"), m.Sys>>20)
	}
	if failed > 0 {
		return &statusError{statusTrialFailed, fmt.Errorf("%s would fail", plural(failed, "configuration"))}
	}
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"sweep/sweeps"
)

// extendFlags are what extend takes beside those of run.
type extendFlags struct {
	runFlags
	top    int
	epochs int
	steps  int
	print  bool
}

func (a *app) extendCommand() *cobra.Command {
	var f extendFlags
	c := &cobra.Command{
		Use:   "extend SWEEP",
		Short: "Train the best configurations longer",
		Long: "Extend runs a sweep NAME-extended of the best configurations of another, with more epochs or steps and the same\n" +
			"seeds. With lr_schedule: constant a training goes on from where the shorter one ended, to the bits of one from the\n" +
			"start; a schedule that falls towards the end depends on where that is, and then it trains from the start.",
		Example: examples("sweep extend hidden --top 3 --epochs 20", "the three best, for twenty epochs",
			"sweep extend hidden --epochs 20 --print", "the spec alone, to be edited"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.extend(cmd.Context(), args[0], f)
		},
	}
	c.Flags().IntVar(&f.top, "top", 3, "how many of the best configurations")
	c.Flags().IntVar(&f.epochs, "epochs", 0, "passes over the training part")
	c.Flags().IntVar(&f.steps, "steps", 0, "optimiser steps, in place of epochs")
	c.Flags().BoolVar(&f.print, "print", false, "print the spec and run nothing")
	a.runAgainFlags(c, &f.runFlags)
	return c
}

func (a *app) extend(ctx context.Context, sweep string, f extendFlags) error {
	switch {
	case f.top < 1:
		return usage("--top %d: at least 1", f.top)
	case (f.epochs > 0) == (f.steps > 0):
		return usage("say how long: --epochs 20, or --steps 50000")
	}
	source, err := a.extended(ctx, sweep, f)
	if err != nil {
		return err
	}
	if f.print {
		_, err := a.stdout.Write(source)
		return err
	}
	f.source, f.order = source, "logical"
	if f.every == 0 {
		f.every = 30 * time.Second
	}
	return a.runSpec(ctx, sweep+"-extended.yaml", f.runFlags)
}

// extended writes the spec of the longer trainings.
func (a *app) extended(ctx context.Context, sweep string, f extendFlags) ([]byte, error) {
	s, _, spec, err := a.openRecorded(ctx, sweep)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if spec.External() {
		return nil, usage("sweep %s trains an external program; extend works with the built-in trainer", sweep)
	}
	rows, err := s.Configurations(ctx, sweep, "")
	if err != nil {
		return nil, err
	}
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		return nil, err
	}
	done := map[string]int64{} // steps of a configuration's complete trainings
	for _, t := range trials {
		if t.State == string(sweeps.Complete) {
			done[t.Configuration] = t.Steps
		}
	}
	var longer []sweeps.Values
	for _, r := range rows {
		if r.Rank == nil || len(longer) == f.top {
			break
		}
		var vs sweeps.Values
		if err := json.Unmarshal(r.Params, &vs); err != nil {
			return nil, err
		}
		vs, exact, err := lengthened(vs, done[r.Configuration], f)
		if err != nil {
			return nil, err
		}
		if !exact && !a.quiet {
			fmt.Fprintf(a.stderr, "sweep: %s: its points would lie elsewhere, so that it is trained from the start; a multiple of its length goes on\n", r.Configuration)
		}
		longer = append(longer, vs)
	}
	if len(longer) == 0 {
		return nil, &statusError{statusNotFound, fmt.Errorf("no configuration of sweep %s is ranked", sweep)}
	}
	return spec.Listing(sweep+"-extended", fmt.Sprintf("The best of %s, trained longer", sweep), longer)
}

// The built-in trainer's defaults that a longer training has to know.
const (
	defaultEpochs      = 4
	defaultEvaluations = 20
)

// lengthened gives a configuration more steps, and as many more points, so that those which it has had stay where they
// are; exact is false where they cannot.
func lengthened(vs sweeps.Values, steps int64, f extendFlags) (out sweeps.Values, exact bool, err error) {
	whole := func(name string, otherwise int64) int64 {
		if v, ok := vs.Lookup(name); ok {
			if n, ok := v.Int(); ok {
				return n
			}
		}
		return otherwise
	}
	_, inSteps := vs.Lookup("steps")
	total := int64(f.steps)
	if total == 0 {
		if inSteps {
			return nil, false, usage("--epochs %d: the sweep counts steps; write --steps", f.epochs)
		}
		epochs := whole("epochs", defaultEpochs)
		total = (steps*int64(f.epochs) + epochs - 1) / epochs
	}
	if total <= steps {
		return nil, false, usage("the sweep has trained %d steps already, and this is %d", steps, total)
	}
	evaluations := whole("evaluations", defaultEvaluations)
	exact = evaluations*total%steps == 0
	points := max(1, evaluations*total/steps)
	for _, s := range vs {
		if s.Name != "epochs" && s.Name != "steps" && s.Name != "evaluations" {
			out = append(out, s)
		}
	}
	return append(out, sweeps.Setting{Name: "steps", Value: sweeps.IntValue(total)},
		sweeps.Setting{Name: "evaluations", Value: sweeps.IntValue(points)}), exact, nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"sweep/runner/nplm"
	"sweep/sweeps"
)

func (a *app) checkCommand() *cobra.Command {
	var f specFlags
	c := &cobra.Command{
		Use:   "check SPEC",
		Short: "Find every mistake in a spec, each with its place",
		Long: "Check decodes a spec and prints every mistake at once as file:line:column: message, with a\n" +
			"suggestion where there is one. Nothing is trained and nothing is written.",
		Example: examples("sweep check sweeps/hidden.yaml", "silent but for \"ok\" when all is well",
			"sweep check --json my.yaml", "for editors and scripts"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd.Context(), args[0], f) },
	}
	f.add(c)
	a.jsonFlag(c)
	return c
}

const checkSchema = "sweep.check/1"

// checkReport is `check --json`.
type checkReport struct {
	Schema   string           `json:"schema"`
	OK       bool             `json:"ok"`
	Problems []sweeps.Problem `json:"problems"`
	Warnings []sweeps.Problem `json:"warnings"`
}

func (a *app) check(ctx context.Context, file string, f specFlags) error {
	src, err := readSpec(file)
	if err != nil && a.json {
		if err := a.printJSON(checkReport{Schema: checkSchema, Problems: []sweeps.Problem{{File: file, Message: err.Error()}}, Warnings: []sweeps.Problem{}}); err != nil {
			return err
		}
		return &statusError{status: statusUsage}
	}
	if err != nil {
		return err
	}
	t := nplm.New(a.dir).Describe(ctx)
	report := checkReport{Schema: checkSchema, Problems: []sweeps.Problem{}, Warnings: []sweeps.Problem{}}
	spec, err := sweeps.Load(file, src, t, f.set...)
	if err == nil {
		report.Warnings = append(report.Warnings, spec.Warnings...)
		// The values are judged against one another and the text, too: what run would refuse, check refuses.
		if spec.External() {
			_, t, err = a.external(spec)
		}
	}
	if err == nil {
		var plan *sweeps.Plan
		if plan, err = sweeps.NewPlan(spec, t); err == nil && spec.Decides() {
			err = plan.Recall(sweeps.Memory{}) // the first configurations of a search
		}
		if err == nil {
			report.Warnings = append(report.Warnings, plan.Warnings...)
		}
	}
	var ps sweeps.Problems
	switch {
	case err == nil:
		report.OK = true
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &ps):
		report.Problems = ps
	default:
		report.Problems = []sweeps.Problem{{File: file, Line: 1, Column: 1, Message: err.Error()}}
	}
	if a.json {
		if err := a.printJSON(report); err != nil {
			return err
		}
		if !report.OK {
			return &statusError{status: statusUsage}
		}
		return nil
	}
	for _, w := range report.Warnings {
		fmt.Fprintln(a.stderr, warning(w))
	}
	if !report.OK {
		return sweeps.Problems(report.Problems)
	}
	fmt.Fprintf(a.stdout, "%s: ok\n", file)
	return nil
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/sweeps"
)

func (a *app) trialsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "trials SWEEP",
		Short: "List a sweep's trials",
		Example: examples("sweep trials hidden", "one line a trial, in running order",
			"sweep trials hidden --json", "the columns of v_trials, one object a line"),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.trials(cmd.Context(), args[0]) },
	}
	a.jsonFlag(c)
	return c
}

func (a *app) trials(ctx context.Context, sweep string) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	sw, err := s.Sweep(ctx, sweep)
	if err != nil {
		return err
	}
	rows, err := s.Trials(ctx, sweep)
	if err != nil {
		return err
	}
	if a.json {
		return printEach(a, rows)
	}
	swept := sweptNames(rows)
	t := table{header: append([]string{"trial"}, swept...)}
	t.header = append(t.header, "replicate", "state", ">"+sw.Metric, ">val accuracy", ">steps", ">time", "")
	for _, r := range rows {
		cells := []string{r.Trial}
		for _, name := range swept {
			cells = append(cells, param(r.Params, name))
		}
		note := ""
		if r.Retired {
			note = "retired"
		}
		if r.Error != nil {
			note = strings.TrimSpace(note + " " + firstLine(*r.Error))
		}
		t.row(append(cells, fmt.Sprint(r.Replicate), r.State, number(r.Value), number(r.ValAccuracy),
			grouped(r.Steps), seconds(r.Seconds), note)...)
	}
	t.leaveOut(">val accuracy", ">steps") // which programs may not report
	return t.write(a.stdout)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// param reads one value out of a params object; an absent one is "".
func param(params json.RawMessage, name string) string {
	var m map[string]sweeps.Value
	if json.Unmarshal(params, &m) != nil {
		return ""
	}
	return m[name].String()
}

// sweptNames lists the parameters that differ among trials that are not retired, in the spec's order.
func sweptNames(rows []results.Trial) []string {
	var order []string
	first := map[string]string{}
	differ := map[string]bool{}
	seen := 0
	for _, r := range rows {
		if r.Retired {
			continue
		}
		names := paramNames(r.Params)
		if seen == 0 {
			order = names
		}
		for _, n := range names {
			v := param(r.Params, n)
			if seen == 0 {
				first[n] = v
			} else if first[n] != v {
				differ[n] = true
			}
		}
		seen++
	}
	var out []string
	for _, n := range order {
		if differ[n] {
			out = append(out, n)
		}
	}
	return out
}

// paramNames lists the names in a params object in their order.
func paramNames(params json.RawMessage) []string {
	d := json.NewDecoder(strings.NewReader(string(params)))
	var names []string
	if _, err := d.Token(); err != nil {
		return nil
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return names
		}
		if name, ok := t.(string); ok {
			names = append(names, name)
		}
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return names
		}
	}
	return names
}

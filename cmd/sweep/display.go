package main

import (
	"math"
	"strings"

	"sweep/runner"
	"sweep/sweeps"
)

// display shows what a running sweep does: bars or lines on standard error, JSON lines on standard output, or nothing.
type display struct {
	app      *app
	progress *progress // nil with --json and --quiet
}

func (a *app) newDisplay(plan *sweeps.Plan) *display {
	d := &display{app: a}
	if !a.json && !a.quiet {
		width, terminal := isTerminal(a.stderr)
		d.progress = newProgress(a.stderr, terminal, width, plan.Trials())
		d.progress.metric = plan.Spec.Metric.Name
		a.notices.to(d.progress)
	}
	return d
}

func (d *display) handle(e runner.Event) {
	if d.progress != nil {
		d.progress.handle(e)
	}
	if d.app.json {
		d.print(e)
	}
}

func (d *display) close() {
	if d.progress != nil {
		d.app.notices.to(d.app.stderr)
		d.progress.close()
	}
}

// print writes an event of `run --json`. Progress that a later event repeats is left out by the feed already.
func (d *display) print(e runner.Event) {
	o := &orderedObject{}
	switch e.Kind {
	case runner.Finished, runner.Linked:
		o.add("event", "trial")
	default:
		o.add("event", e.Kind.String())
	}
	o.add("trial", e.Trial.ID)
	o.add("configuration", e.Trial.Configuration)
	o.add("replicate", e.Trial.Replicate)
	if e.State != "" {
		o.add("state", e.State)
	}
	if e.Kind == runner.Linked {
		o.add("linked", true)
	}
	if e.Busy != "" {
		o.add("busy", e.Busy)
	}
	if e.Err != "" {
		o.add("error", e.Err)
	}
	o.add("step", e.Step)
	o.add("steps", e.Trial.Steps)
	o.add("seconds", e.Seconds)
	for _, p := range e.Latest {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			o.add(viewColumn(p.Metric), nil)
			continue
		}
		o.add(viewColumn(p.Metric), p.Value)
	}
	// A reader that went away is noticed by the sweep's last line; training goes on.
	_ = d.app.printJSON(o)
}

// viewColumn is a metric's name as the views spell it: val/perplexity is val_perplexity.
func viewColumn(metric string) string { return strings.ReplaceAll(metric, "/", "_") }

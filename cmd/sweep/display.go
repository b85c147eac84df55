package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"sweep/results"
	"sweep/runner"
	"sweep/sweeps"
)

// display shows what a running sweep does: bars or lines on standard error, JSON lines on standard output, or nothing.
type display struct {
	app      *app
	store    *results.Store
	progress *progress // nil with --json and --quiet
	metric   string    // that trials are judged by
	missed   bool      // a trial has ended without it
}

func (a *app) newDisplay(plan *sweeps.Plan, store *results.Store) *display {
	d := &display{app: a, store: store, metric: plan.Spec.Metric.Name}
	if !a.json && !a.quiet {
		width, terminal := isTerminal(a.stderr)
		d.progress = newProgress(a.stderr, terminal, width, plan.Trials(), plan.Spec.Budget)
		d.progress.metric = plan.Spec.Metric.Name
		d.progress.pace.expect(plan.Expected())
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
	if _, has := e.Value(d.metric); e.Kind == runner.Finished && e.State == sweeps.Complete && !has && !d.missed && e.Worker >= 0 {
		d.missed = true
		fmt.Fprintf(d.app.notices, "sweep: note: trial %s ended without reporting %s, by which it is judged; it reported %s: see metric.name\n",
			e.Trial.ID, d.metric, cmp.Or(strings.Join(e.Reported(), ", "), "nothing"))
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
	if e.Kind == runner.Linked {
		d.printKept(e)
		return
	}
	o := &orderedObject{}
	kind := e.Kind.String()
	if e.Kind == runner.Finished {
		kind = "trial"
	}
	o.add("event", kind)
	o.add("trial", e.Trial.ID)
	o.add("configuration", e.Trial.Configuration)
	o.add("replicate", e.Trial.Replicate)
	if e.State != "" {
		o.add("state", e.State)
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

// printKept writes a trial that was finished before this run, with its figures from the record. It is linked if another
// sweep trained it.
func (d *display) printKept(e runner.Event) {
	o := &orderedObject{}
	o.add("event", "trial")
	t, err := d.store.Trial(context.Background(), e.Trial.ID)
	if err != nil {
		o.add("trial", e.Trial.ID)
		o.add("state", e.State)
		o.add("error", err.Error())
		_ = d.app.printJSON(o)
		return
	}
	o.add("trial", t.Trial)
	o.add("configuration", e.Trial.Configuration)
	o.add("replicate", e.Trial.Replicate)
	o.add("state", e.State)
	o.add("trained", false)
	o.add("linked", t.Attempts == 0 || t.Sweep != e.Trial.Sweep)
	o.add("step", t.Steps)
	o.add("steps", e.Trial.Steps)
	o.add("seconds", t.Seconds)
	o.add("train_loss", t.TrainLoss)
	o.add("val_loss", t.ValLoss)
	o.add("val_perplexity", t.ValPerplexity)
	o.add("val_accuracy", t.ValAccuracy)
	o.add("val_top5", t.ValTop5)
	o.add("test_loss", t.TestLoss)
	o.add("test_perplexity", t.TestPerplexity)
	o.add("test_accuracy", t.TestAccuracy)
	o.add("test_top5", t.TestTop5)
	_ = d.app.printJSON(o)
}

// viewColumn is a metric's name as the views spell it: val/perplexity is val_perplexity.
func viewColumn(metric string) string { return strings.ReplaceAll(metric, "/", "_") }

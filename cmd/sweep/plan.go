package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/sweeps"
)

func (a *app) planCommand() *cobra.Command {
	var f specFlags
	var detect string
	c := &cobra.Command{
		Use:   "plan SPEC",
		Short: "Show what run would do: new, kept and retired configurations",
		Long: "Plan expands a spec and holds it against the record: + is trained by the next run, = is kept,\n" +
			"- stays in the record but leaves the sweep. Nothing is trained and nothing is written.",
		Example: examples("sweep plan sweeps/grid.yaml", "configurations with their parameter counts",
			"sweep plan sweeps/hidden.yaml --detect 0.5%", "replicates that it takes to show half a percent",
			"sweep plan --json sweeps/grid.yaml", "one object, schema sweep.plan/1"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.makePlan(cmd.Context(), args[0], f)
			if err != nil {
				return err
			}
			if err := a.recall(cmd.Context(), p); err != nil {
				return err
			}
			if detect != "" {
				return a.printDetect(cmd.Context(), p.chosen, detect)
			}
			return a.printPlan(cmd.Context(), p)
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.retrain, "retrain", false, "as with run --retrain: what an older numeric version has trained is not kept")
	c.Flags().StringVar(&detect, "detect", "", "say how many replicates it takes to show a difference, such as 0.5% or 0.01")
	a.jsonFlag(c)
	return c
}

// planReport is `plan --json`.
type planReport struct {
	Schema  string     `json:"schema"`
	Sweep   string     `json:"sweep"`
	Method  string     `json:"method"`
	Metric  planMetric `json:"metric"`
	New     int        `json:"new"`
	Kept    int        `json:"kept"`
	Retired int        `json:"retired"`
	Linked  int        `json:"linked"` // trained in another sweep already
	// Undecided are in the record; results will say whether they are in the plan.
	Undecided int `json:"undecided,omitempty"`
	// Seconds is how long what is new will take at the pace of the record's latest trials, all cores at work; nil: unknown.
	Seconds        *float64            `json:"estimated_seconds"`
	Configurations []planConfiguration `json:"configurations"`
	Space          planSpace           `json:"space"`
}

type planMetric struct {
	Name   string   `json:"name"`
	Goal   string   `json:"goal"`
	Target *float64 `json:"target,omitempty"`
}

type planConfiguration struct {
	Configuration string          `json:"configuration"`
	Params        sweeps.Values   `json:"params"`
	Parameters    int64           `json:"parameters"`
	Steps         int64           `json:"steps"`
	Notes         []string        `json:"notes,omitempty"`
	Replicates    []planReplicate `json:"replicates"`
}

type planReplicate struct {
	Replicate int          `json:"replicate"`
	Seed      uint64       `json:"seed"`
	Trial     string       `json:"trial"`
	State     sweeps.State `json:"state"`
	Version   string       `json:"version,omitempty"` // the older numeric version that trained it
}

// planSpace is where configurations come from: all of it for a grid, draws from it for a search.
type planSpace struct {
	Parameters []planParameter `json:"parameters"`
	Zip        [][]string      `json:"zip,omitempty"`
}

// planParameter describes one dimension of the space; bounds are as the spec gives them.
type planParameter struct {
	Name          string         `json:"name"`
	Distribution  string         `json:"distribution"`
	Values        []sweeps.Value `json:"values,omitempty"`
	Probabilities []float64      `json:"probabilities,omitempty"`
	Min           *float64       `json:"min,omitempty"`
	Max           *float64       `json:"max,omitempty"`
}

func newPlanReport(plan *sweeps.Plan, d results.Diff) planReport {
	s := plan.Spec
	r := planReport{
		Schema: "sweep.plan/1", Sweep: s.Name, Method: s.Method,
		Metric: planMetric{s.Metric.Name, s.Metric.Goal(), s.Metric.Target},
		New:    d.New, Kept: d.Kept, Retired: d.Retired, Linked: d.Linked, Undecided: d.Undecided, Configurations: []planConfiguration{},
	}
	within := map[string]bool{}
	for _, t := range plan.Trials() {
		within[t.ID] = true
	}
	for _, c := range plan.Configurations {
		pc := planConfiguration{Configuration: c.ID, Params: c.Params, Parameters: c.Parameters, Steps: c.Steps, Notes: c.Notes}
		for _, t := range c.Trials {
			if within[t.ID] {
				pc.Replicates = append(pc.Replicates, planReplicate{t.Replicate, t.Seed, t.ID, stateOf(d, t.ID), t.Version})
			}
		}
		if len(pc.Replicates) > 0 {
			r.Configurations = append(r.Configurations, pc)
		}
	}
	r.Space.Zip = s.Zip
	for _, p := range s.Parameters {
		d := planParameter{Name: p.Name, Distribution: p.Dist.Type, Values: p.Dist.Values, Probabilities: p.Dist.Probabilities}
		if _, _, bounded := p.Dist.Bounds(); bounded && !p.Dist.Listed() {
			d.Min, d.Max = &p.Dist.Min, &p.Dist.Max
		}
		r.Space.Parameters = append(r.Space.Parameters, d)
	}
	return r
}

func stateOf(d results.Diff, trial string) sweeps.State {
	if s, ok := d.States[trial]; ok {
		return s
	}
	return sweeps.New
}

func (a *app) printPlan(ctx context.Context, p planned) error {
	plan := p.chosen
	d, err := a.diff(ctx, plan)
	if err != nil {
		return err
	}
	if len(plan.Configurations) < len(p.whole.Configurations) { // what --only hides is not retired
		d.Retired, d.RetiredTrials = 0, nil
	}
	r := newPlanReport(plan, d)
	pace, err := a.pace(ctx)
	if err != nil {
		return err
	}
	r.Seconds = timeLeft(plan, d, pace)
	if a.json {
		return a.printJSON(r)
	}
	swept := plan.Swept()
	t := table{header: append([]string{""}, swept...)}
	t.header = append(t.header, ">parameters", ">steps", "replicates")
	for _, c := range r.Configurations {
		cells := []string{"="}
		var states []string
		for _, rep := range c.Replicates {
			if !rep.State.Finished() || rep.State == sweeps.Failed {
				cells[0] = "+"
			}
			states = append(states, string(rep.State))
		}
		for _, name := range swept {
			v, _ := c.Params.Lookup(name)
			cells = append(cells, v.String())
		}
		t.row(append(cells, grouped(c.Parameters), grouped(c.Steps), tally(states))...)
	}
	t.leaveOut(">parameters", ">steps") // of a program neither is known
	if err := t.write(a.stdout); err != nil {
		return err
	}
	for _, note := range notesOf(r.Configurations) {
		fmt.Fprintf(a.stdout, "\n%s\n", note)
	}
	for _, old := range d.RetiredTrials {
		fmt.Fprintf(a.stdout, "-  %s\n", old)
	}
	more := ""
	if n := plan.Expected(); n > len(plan.Trials()) {
		more = fmt.Sprintf("; results decide on the others, up to %s in all", plural(n, "trial"))
	}
	if _, err := fmt.Fprintf(a.stdout, "\n%s, %s: %s%s\n",
		plural(len(r.Configurations), "configuration"), plural(len(plan.Trials()), "trial"), changes(d), more); err != nil || r.Seconds == nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "about %s on %s, at the pace of %s\n", seconds(*r.Seconds),
		plural(workers(0, plan.Spec), "worker"), plural(pace.Trials, "trial"))
	return err
}

// notesOf lists what is noted of configurations, each note once.
func notesOf(configurations []planConfiguration) []string {
	var out []string
	for _, c := range configurations {
		for _, n := range c.Notes {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// tally writes how often each word stands in a list, in order of first appearance: "2 complete, 1 new".
func tally(words []string) string {
	count := map[string]int{}
	var order []string
	for _, w := range words {
		if count[w] == 0 {
			order = append(order, w)
		}
		count[w]++
	}
	for i, w := range order {
		order[i] = fmt.Sprintf("%d %s", count[w], w)
	}
	return strings.Join(order, ", ")
}

package sweeps

import (
	"fmt"
	"strings"
	"testing"
)

func TestSet(t *testing.T) {
	const spec = `
replicates: 3
metric: {name: val/accuracy, goal: maximize}
parameters:
  corpus: gostd
  hidden_size: [50, 100]
  learning_rate: {min: 1e-3, max: 1e-1, count: 3, distribution: log_uniform_values}
`
	for set, want := range map[string]string{
		"parameters.hidden_size=300":              "300x3",
		"parameters.hidden_size=[10, 20]":         "10x3 20x3",
		"parameters.hidden_size={min: 1, max: 2}": "1x3 2x3",
		"parameters.learning_rate.count=2":        "50x2 100x2",
		" parameters.learning_rate = 1 ":          "50x1 100x1",
		"parameters.epochs=[1, 2]":                "50x6 100x6",
		"constraints=[hidden_size > 60]":          "100x3",
	} {
		p := plan(t, spec, set)
		counts, words := map[string]int{}, []string{}
		for _, v := range column(p, "hidden_size") {
			if counts[v]++; counts[v] == 1 {
				words = append(words, v)
			}
		}
		for i, w := range words {
			words[i] = fmt.Sprintf("%sx%d", w, counts[w])
		}
		if got := strings.Join(words, " "); got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
	s := load(t, spec, "replicates=1", "metric.goal=minimize", "budget.trials=7", "budget.time=10m", "description=why = not", "name=other", "seed=0o17")
	if s.Replicates.N != 1 || s.Metric.Maximize || s.Metric.Name != "val/accuracy" || s.Budget.Trials != 7 || s.Budget.Time.Minutes() != 10 ||
		s.Description != "why = not" || s.Name != "other" || s.Seed != 15 {
		t.Errorf("not all were set: %+v", s)
	}
	if got := len(plan(t, spec, "parameters.hidden_size=1", "parameters.hidden_size=[7, 8, 9]", "parameters.learning_rate=1").Configurations); got != 3 {
		t.Errorf("%d configurations, want 3: the last of several wins", got)
	}
}

// TestSetNested: names joined by dots reach nested parameters, however they are written.
func TestSetNested(t *testing.T) {
	const spec = "parameters: {a: {parameters: {b: 1, c.d: 2}}, e.f: 3}"
	for set, want := range map[string]string{
		"parameters.a.b=5":            "a.b=5 a.c.d=2 e.f=3",
		"parameters.a.c.d=5":          "a.b=1 a.c.d=5 e.f=3",
		"parameters.e.f=5":            "a.b=1 a.c.d=2 e.f=5",
		"parameters.a.parameters.b=5": "a.b=5 a.c.d=2 e.f=3",
		"parameters.a.x=5":            "a.b=1 a.c.d=2 a.x=5 e.f=3",
		"parameters.x.y=5":            "a.b=1 a.c.d=2 e.f=3 x.y=5",
		"parameters={z: 1}":           "z=1",
	} {
		s, err := Load("spec.yaml", []byte(spec), Trainer{}, set)
		if err != nil {
			t.Errorf("%s: %v", set, err)
			continue
		}
		p, err := NewPlan(s, Trainer{})
		if err != nil {
			t.Errorf("%s: %v", set, err)
			continue
		}
		if got := text(p.Configurations[0].Params); got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
	}
}

func TestSetErrors(t *testing.T) {
	const spec = "replicates: 3\nparameters: {corpus: gostd, hidden_size: [50, 100]}\n"
	for set, want := range map[string]string{
		"hidden_size=3":              `--set hidden_size=3: a spec has no key "hidden_size"; hyperparameters are set by parameters.hidden_size=...`,
		"replicate=3":                `--set replicate=3: a spec has no key "replicate"; did you mean replicates`,
		"paramters.hidden_size=3":    `--set paramters.hidden_size=3: a spec has no key "paramters"; did you mean parameters`,
		"replicates":                 "--set replicates: not of the form path=value; write --set parameters.hidden_size=100, or --set replicates=1",
		"=3":                         "--set =3: not of the form path=value; write --set parameters.hidden_size=100, or --set replicates=1",
		"replicates=":                `--set replicates=: the value is missing; "" is the empty string`,
		"replicates=[1":              "--set replicates=[1: in the value: a list or mapping in brackets is not closed; add the missing comma, ] or }",
		"replicates.n=3":             "--set replicates.n=3: replicates is 3 and has no keys; write --set replicates=...",
		"replicates=0":               "--set replicates=0: replicates must be at least 1, not 0",
		"parameters.hiden_size=3":    `--set parameters.hiden_size=3: unknown parameter "hiden_size"; did you mean hidden_size`,
		"parameters.hidden_size=2.5": "--set parameters.hidden_size=2.5: hidden_size takes a whole number, not 2.5",
		"parameters.hidden_size=":    `--set parameters.hidden_size=: the value is missing; "" is the empty string`,
		"parameters.hidden_size=~":   `--set parameters.hidden_size=~: the value is missing; "" is the empty string`,
		"metric=val/loss":            "--set metric=val/loss: metric must be a mapping, not the string \"val/loss\"; write metric: {name: val/loss}",
	} {
		if got := problemsOf(t, spec, set).Error(); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", set, got, want)
		}
	}
	// Mistakes of the file and of arguments are told together, the file's first.
	got := problemsOf(t, "parameters: {corpus: gostd, epohcs: 3}", "replicates=0").Error()
	if want := "spec.yaml:1:29: unknown parameter \"epohcs\"; did you mean epochs\n--set replicates=0: replicates must be at least 1, not 0"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

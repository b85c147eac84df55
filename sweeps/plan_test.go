package sweeps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func order(p *Plan) string {
	var words []string
	for _, trial := range p.Trials() {
		h, _ := trial.Params.Lookup("hidden_size")
		words = append(words, fmt.Sprintf("%s/%d", h, trial.Replicate))
	}
	return strings.Join(words, " ")
}

// TestOrderOfRunning: replicate by replicate, then as declared; a budget of trials takes the first.
func TestOrderOfRunning(t *testing.T) {
	const spec = "replicates: 2\nparameters: {corpus: gostd, hidden_size: [200, 50, 100]}\n"
	for set, want := range map[string]string{
		"budget={}":                  "200/1 50/1 100/1 200/2 50/2 100/2",
		"budget={trials: 4}":         "200/1 50/1 100/1 200/2",
		"budget={trials: 2}":         "200/1 50/1",
		"budget={trials: 9}":         "200/1 50/1 100/1 200/2 50/2 100/2",
		"run_cap=3":                  "200/1 50/1 100/1",
		"budget={configurations: 2}": "200/1 50/1 200/2 50/2",
	} {
		p := plan(t, spec, set)
		if got := order(p); got != want {
			t.Errorf("%s: %s, want %s", set, got, want)
		}
		n := 0
		for _, c := range p.Configurations {
			n += len(c.Trials)
		}
		if n != len(p.Trials()) || slices.ContainsFunc(p.Configurations, func(c Configuration) bool { return len(c.Trials) == 0 }) {
			t.Errorf("%s: configurations hold %d trials, %d are to run", set, n, len(p.Trials()))
		}
	}
}

func seedsOf(p *Plan) string {
	var seeds []uint64
	for _, trial := range p.Configurations[0].Trials {
		seeds = append(seeds, trial.Seed)
	}
	return fmt.Sprint(seeds)
}

func TestReplicates(t *testing.T) {
	const parameters = "parameters: {corpus: gostd}\n"
	derived := fmt.Sprint([]uint64{ReplicateSeed(1, 1), ReplicateSeed(1, 2)})
	for src, want := range map[string]string{
		parameters + "replicates: 2":                          derived,
		parameters + "replicates: 2.0":                        derived,
		parameters + "replicates: [12, 11]":                   "[12 11]",
		parameters:                                            fmt.Sprint([]uint64{ReplicateSeed(1, 1)}),
		parameters + "seed: 5":                                fmt.Sprint([]uint64{ReplicateSeed(5, 1)}),
		"parameters: {corpus: gostd, seed: [3, 4]}":           "[3 4]", // W&B's habit
		"parameters: {corpus: gostd, seed: 42}":               "[42]",
		"parameters: {corpus: gostd, seed: {min: 1, max: 3}}": "[1 2 3]",
		"parameters: {corpus: gostd, seed: {min: 0, max: 3, q: 1, distribution: q_uniform}}": "[0 1 2]",
	} {
		p := plan(t, src)
		if got := seedsOf(p); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
		if _, ok := p.Configurations[0].Params.Lookup("seed"); ok {
			t.Errorf("%s: seed is still a hyperparameter", src)
		}
	}
	p := plan(t, "replicates: 3\nparameters: {corpus: gostd, hidden_size: [50, 100]}")
	for r := range 3 {
		if a, b := p.Configurations[0].Trials[r].Seed, p.Configurations[1].Trials[r].Seed; a != b {
			t.Errorf("replicate %d has seeds %d and %d: configurations are compared on equal terms", r+1, a, b)
		}
	}
	ps := problemsOf(t, "method: random\nbudget: {trials: 3}\nparameters: {corpus: gostd, seed: {min: 0, max: 1000}}")
	if want := "seed must be a list, not int_uniform"; len(ps) != 1 || ps[0].Message != want {
		t.Errorf("got %v, want %s", ps, want)
	}
}

func TestOnly(t *testing.T) {
	const spec = "parameters: {corpus: gostd, hidden_size: [50, 100, 200], optimizer: [sgd, adam], momentum: {value: 0.9, when: {optimizer: sgd}}}\n"
	for filters, want := range map[string]string{
		"hidden_size=50":                       "50/1 50/1",
		"hidden_size=5e1 optimizer=adam":       "50/1",
		"hidden_size=50 hidden_size=200":       "50/1 50/1 200/1 200/1",
		"hidden_size=[50,200] optimizer='sgd'": "50/1 200/1",
		"parameters.hidden_size=100":           "100/1 100/1",
		"momentum=0.9":                         "50/1 100/1 200/1",
		"corpus=gostd":                         "50/1 50/1 100/1 100/1 200/1 200/1",
	} {
		p := plan(t, spec)
		if err := p.Only(strings.Fields(filters)...); err != nil {
			t.Errorf("%s: %v", filters, err)
		} else if got := order(p); got != want {
			t.Errorf("%s: %s, want %s", filters, got, want)
		}
	}
	for filters, want := range map[string]string{
		"hidden=50":                   `--only hidden=50: no parameter "hidden" in this sweep; did you mean hidden_size`,
		"hidden_size=70":              "--only hidden_size=70: no configuration has hidden_size 70; there is 50, 100, 200",
		"hidden_size":                 "--only hidden_size: not of the form X=V; write --only hidden_size=100",
		"hidden_size=":                `--only hidden_size=: the value is missing; "" is the empty string`,
		"hidden_size=[":               "--only hidden_size=[: in the value: a list or mapping in brackets is not closed; add the missing ] or }",
		"hidden_size={a: 1}":          "--only hidden_size={a: 1}: the value must be a number, a string, true or false, or a list of them",
		"momentum=0.9 optimizer=adam": "--only momentum=0.9 --only optimizer=adam: no configuration has all of these",
	} {
		p := plan(t, spec)
		var args []string
		if args = strings.Fields(filters); strings.Contains(filters, "{") {
			args = []string{filters}
		}
		err := p.Only(args...)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", filters, err, want)
		}
		if len(p.Configurations) != 6 {
			t.Errorf("%s: a filter that is refused must not change the plan", filters)
		}
	}
}

func TestSwept(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  hidden_size: [50, 5e1]
  optimizer: [sgd, adam]
  momentum: {value: 0.9, when: {optimizer: sgd}}
  epochs: {derive: 4}
  learning_rate: [1e-3, 1e-2]
include:
- {optimizer: sgd, hidden_size: 50, learning_rate: 1e-3, dropout: 0.5}
`)
	if got, want := fmt.Sprint(p.Swept()), "[optimizer momentum learning_rate dropout]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestWhen: an inactive parameter is absent, and what it alone tells apart is one configuration.
func TestWhen(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  momentum: {values: [0.5, 0.9], when: {optimizer: sgd}}
  optimizer: [sgd, adam]
  warmup: {values: [0.1, 0.2], when: {momentum: [0.9], optimizer: [sgd, adam]}}
`)
	var got []string
	for _, c := range p.Configurations {
		got = append(got, strings.TrimPrefix(text(c.Params), "corpus=gostd "))
	}
	want := []string{"momentum=0.5 optimizer=sgd", "optimizer=adam", "momentum=0.9 optimizer=sgd warmup=0.1", "momentum=0.9 optimizer=sgd warmup=0.2"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDerive(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  batch_size: {derive: hidden_size // 3}
  hidden_size: {derive: 2 * embedding_dim, when: {optimizer: adam}}
  embedding_dim: [20, 30]
  optimizer: [adam, sgd]
  dropout: {derive: embedding_dim / 100}
`)
	for name, want := range map[string]string{
		"hidden_size": "40 - 60 -",
		"batch_size":  "13 - 20 -", // derived from what is absent: absent
		"dropout":     "0.2 0.2 0.3 0.3",
	} {
		if got := strings.Join(column(p, name), " "); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if v, _ := p.Configurations[0].Params.Lookup("hidden_size"); v.Kind() != Int {
		t.Errorf("hidden_size is %s, not a whole number", v.Kind())
	}
	if got := p.Configurations[0].Params[1].Name; got != "batch_size" {
		t.Errorf("the second parameter is %s: derived ones stand where they are declared", got)
	}
}

func TestConstraints(t *testing.T) {
	const spec = "parameters: {corpus: gostd, vocab_size: 100, embedding_dim: [10, 20], hidden_size: [50, 100], optimizer: [sgd, adam], momentum: {value: 0.9, when: {optimizer: sgd}}}\n"
	for constraint, want := range map[string]int{
		"hidden_size <= 5 * embedding_dim":                 6,
		"parameters <= 2000":                               4, // (vocab + hidden) * embedding
		"parameters <= 2000 or optimizer == 'sgd'":         6,
		"20 <= embedding_dim < hidden_size":                4,
		"not (embedding_dim == 10 and optimizer != 'sgd')": 6,
		"momentum < 0.5":                                   4, // holds where there is none
		"dropout == 0":                                     8, // the trainer's default
		"true":                                             8,
	} {
		p := plan(t, spec, "constraints=[\""+constraint+"\"]")
		if got := len(p.Configurations); got != want {
			t.Errorf("%s: %d configurations, want %d", constraint, got, want)
		}
	}
}

func TestIncludeAndExclude(t *testing.T) {
	p := plan(t, `
parameters:
  corpus: gostd
  hidden_size: [50, 100]
  epochs: [1, 2]
  batch_size: {derive: hidden_size + epochs}
constraints: [hidden_size < 150]
include:
- {hidden_size: 2e2, epochs: 1, dropout: 0}
- {hidden_size: 50, epochs: 2}
exclude:
- {hidden_size: 100, epochs: [2, 3]}
- {epochs: 7}
`)
	if got, want := order(p), "50/1 50/1 100/1 200/1"; got != want {
		t.Errorf("%s, want %s: one left out, one added, one there already", got, want)
	}
	last := p.Configurations[3].Params
	if got, want := text(last), "corpus=gostd hidden_size=200 epochs=1 batch_size=201 dropout=0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if v, _ := last.Lookup("dropout"); v != FloatValue(0) {
		t.Errorf("dropout is %s %s, not the trainer's kind", v.Kind(), v)
	}
	if len(p.Warnings) != 1 || p.Warnings[0].Line != 13 || p.Warnings[0].Message != "this leaves out nothing" {
		t.Errorf("the second exclude leaves out nothing; warnings: %v", p.Warnings)
	}
}

// TestMergedConfigurations: what comes to the same training is one configuration, and that is said.
func TestMergedConfigurations(t *testing.T) {
	trainer := testTrainer()
	resolve := trainer.Resolve
	trainer.Resolve = func(vs Values) (Resolved, error) { // the optimiser has no effect
		r, err := resolve(vs)
		r.Key = slices.DeleteFunc(r.Key, func(s Setting) bool { return s.Name == "optimizer" })
		return r, err
	}
	s, err := Load("spec.yaml", []byte("parameters: {corpus: gostd, optimizer: [adam, sgd], hidden_size: [50, 70]}"), trainer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(s, trainer)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(column(p, "hidden_size"), column(p, "optimizer")), "[50 70] [adam adam]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(p.Warnings) != 1 || p.Warnings[0].Message != "2 configurations come to the same training as others and are left out" {
		t.Errorf("warnings: %v", p.Warnings)
	}
}

// TestRefusedConfigurations: what the trainer says of a value points at that value, wherever it came from.
func TestRefusedConfigurations(t *testing.T) {
	ps := problemsOf(t, `parameters:
  corpus: gostd
  vocab_size: [100, 50000]
  hidden_size:
  - 50
  - 0
  epochs: 3
`, "parameters.steps=5")
	var got []string
	for _, p := range ps {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", p.File, p.Line, p.Column, p.Path))
	}
	want := []string{"spec.yaml:3:21 parameters.vocab_size", "spec.yaml:6:5 parameters.hidden_size", "--set parameters.steps=5:0:0 parameters.steps"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestTrainerErrors: an error that is about no value is the trainer's own.
func TestTrainerErrors(t *testing.T) {
	trainer := testTrainer()
	trainer.Resolve = func(Values) (Resolved, error) { return Resolved{}, context.Canceled }
	_, err := NewPlan(load(t, "parameters: {corpus: gostd}"), trainer)
	var ps Problems
	if !errors.Is(err, context.Canceled) || errors.As(err, &ps) {
		t.Errorf("got %v", err)
	}
	trainer.Resolve = func(Values) (Resolved, error) {
		return Resolved{}, fmt.Errorf("wrapped: %w", errors.Join(&ValueError{Param: "corpus", Message: "a"}, fmt.Errorf("deeper: %w", &ValueError{Param: "epochs", Message: "b"})))
	}
	_, err = NewPlan(load(t, "\nparameters: {corpus: gostd}"), trainer)
	if want := "spec.yaml:2:1: epochs: b\nspec.yaml:2:22: corpus: a"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestAnyTrainer: a trainer without a list of parameters and metrics takes any, and needs no Resolve.
func TestAnyTrainer(t *testing.T) {
	s, err := Load("spec.yaml", []byte("metric: {name: score, goal: maximize}\nparameters: {x: [1, 2.5, text, true]}"), Trainer{Name: "any", Version: "3"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(s, Trainer{Name: "any", Version: "3"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(column(p, "x")), "[1 2.5 text true]"; got != want || p.Trainer != "any" || p.Version != "3" {
		t.Errorf("%s, want %s; trainer %s %s", got, want, p.Trainer, p.Version)
	}
}

package sweeps

import (
	"errors"
	"strings"
	"testing"
)

// TestFilesOfWandB has equivalents of the configurations in W&B's sweeps repository (examples/ and tests/) and documentation
// (sweep-config-keys, define-sweep-configuration, walkthrough): each decodes to the parameter sets that W&B makes of it, or
// is refused with a reason.
func TestFilesOfWandB(t *testing.T) {
	const three = "  base: {values: [10, 15, 20]}\n  increment: {values: [0.1, 0.2, 0.3]}\n  direction: {values: [-1, 0.1, 1]}\n"
	const fixed = "  epochs: {value: 5}\n  variance: {value: 5}\n  sleep: {value: 0.5}\n"
	const head = "program: train.py\nproject: examples\nmetric: {name: loss_metric, goal: minimize}\n"
	for _, c := range []struct {
		what    string
		spec    string
		sets    int      // of a grid; -1: it is a search
		has     []string // parameters of the first set, as text
		refused string   // part of the reason; "" if it is taken
	}{
		{what: "grid", spec: head + "method: grid\nparameters:\n" + fixed + three, sets: 27,
			has: []string{"epochs=5", "variance=5", "sleep=0.5", "base=10", "increment=0.1", "direction=-1"}},
		{what: "bayes without a cap, which W&B runs for ever", spec: head + "method: bayes\nparameters:\n" + fixed + three,
			refused: "needs to know how many configurations to draw"},
		{what: "bayes", spec: head + "method: bayes\nrun_cap: 10\nparameters:\n" + fixed + three, sets: -1},
		{what: "local controller", spec: head + "controller: {type: local}\nmethod: bayes\nrun_cap: 10\nparameters:\n" + fixed + three, sets: -1},
		{what: "local controller with hyperband", sets: 27,
			spec: head + "controller: {type: local}\nmethod: grid\nearly_terminate: {type: hyperband, max_iter: 10, s: 2, eta: 3}\nparameters:\n" + fixed + three},
		{what: "nested parameters", sets: 8, has: []string{"batch_size=32", "optimizer.lr=0.001", "optimizer.nadam.beta=0.9"},
			spec: "program: nested.py\nmethod: grid\nmetric: {name: loss, goal: minimize}\nparameters:\n  batch_size: {values: [32, 64]}\n" +
				"  optimizer: {parameters: {lr: {values: [0.001, 0.0001]}, nadam: {parameters: {beta: {values: [0.9, 0.95]}}}}}\n"},
		{what: "Launch", spec: "job: entity/project/job:latest\nmethod: grid\nmetric: {name: loss}\nparameters: {a: {values: [1, 2]}}\n",
			refused: "jobs are started by W&B Launch"},
		{what: "an image of Launch", spec: "image_uri: registry/image\nmethod: grid\nmetric: {name: loss}\nparameters: {a: {values: [1, 2]}}\n",
			refused: "container images are started by W&B Launch"},
		{what: "a scheduler of Launch", spec: head + "scheduler: {num_workers: 2}\nmethod: grid\nparameters: {a: {values: [1, 2]}}\n",
			refused: "schedulers are a service of W&B's"},
		{what: "Ax", spec: head + "method: ax\nparameters:\n  lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}\n  layers: {min: 1, max: 5}\n",
			refused: "method cannot be \"ax\""},
		{what: "several objectives", spec: "program: train.py\nmethod: bayes\nmetrics: [{name: a}, {name: b}]\nparameters: {a: {min: 0.0, max: 1.0}}\n",
			refused: "a sweep has one metric to choose by"},
		{what: "a controller of one's own", spec: head + "method: custom\nparameters: {a: {values: [1]}}\n", refused: "method custom is code that W&B calls"},
		{what: "documentation: the first example", sets: -1,
			spec: "program: train.py\nname: sweepdemo\nmethod: bayes\nrun_cap: 20\nmetric: {goal: minimize, name: validation_loss}\nparameters:\n" +
				"  learning_rate: {min: 0.0001, max: 0.1}\n  batch_size: {values: [16, 32, 64]}\n  epochs: {values: [5, 10, 15]}\n  optimizer: {values: [adam, sgd]}\n"},
		{what: "documentation: the same as a grid", refused: "learning_rate is continuous (uniform), which a grid cannot exhaust",
			spec: "program: train.py\nmethod: grid\nmetric: {name: validation_loss}\nparameters: {learning_rate: {min: 0.0001, max: 0.1}, batch_size: {values: [16, 32]}}\n"},
		{what: "documentation: doubly nested", sets: 4, has: []string{"nested_param.learning_rate=0.01", "nested_param.double_nested.x=0.9"},
			spec: "program: sweep_nest.py\nmethod: grid\nmetric: {name: loss}\nparameters:\n  nested_param: {parameters: {learning_rate: {values: [0.01, 0.1]}, double_nested: {parameters: {x: {values: [0.9, 0.8]}}}}}\n"},
		{what: "documentation: probabilities", sets: -1,
			spec: head + "method: random\nrun_cap: 5\nparameters:\n  size: {values: [1, 2, 3], probabilities: [0.1, 0.6, 0.3]}\n"},
		{what: "probabilities in a grid", spec: head + "method: grid\nparameters:\n  size: {values: [1, 2], probabilities: [0.1, 0.9]}\n",
			refused: "cannot have probabilities"},
		{what: "documentation: each distribution", sets: -1, spec: head + "method: random\nrun_cap: 5\nparameters:\n" +
			"  a: {distribution: constant, value: 3}\n  b: {distribution: categorical, values: [x, y]}\n  c: {distribution: int_uniform, min: 1, max: 9}\n" +
			"  d: {distribution: uniform, min: 0, max: 1}\n  e: {distribution: q_uniform, min: 0, max: 10, q: 2}\n  f: {distribution: log_uniform, min: -6, max: -1}\n" +
			"  g: {distribution: log_uniform_values, min: 0.001, max: 1}\n  h: {distribution: q_log_uniform, min: 0, max: 4, q: 1}\n" +
			"  i: {distribution: q_log_uniform_values, min: 8, max: 256, q: 8}\n  j: {distribution: inv_log_uniform, min: 1, max: 3}\n" +
			"  k: {distribution: inv_log_uniform_values, min: 0.1, max: 10}\n  l: {distribution: normal, mu: 100, sigma: 10}\n  m: {distribution: q_normal, mu: 5, sigma: 2, q: 1}\n" +
			"  n: {distribution: log_normal, mu: 0, sigma: 1}\n  o: {distribution: q_log_normal, mu: 2, sigma: 1, q: 1}\n  p: {distribution: beta, a: 2, b: 3}\n  q: {distribution: q_beta, a: 2, b: 3, q: 0.1}\n"},
		{what: "documentation: hyperband by its least iteration", sets: 3,
			spec: head + "method: grid\nearly_terminate: {type: hyperband, min_iter: 3}\nparameters: {a: {values: [1, 2, 3]}}\n"},
		{what: "documentation: hyperband by its greatest", sets: 3,
			spec: head + "method: grid\nearly_terminate: {type: hyperband, s: 2, eta: 3, max_iter: 27}\nparameters: {a: {values: [1, 2, 3]}}\n"},
		{what: "documentation: an interpreter of one's own", sets: 2,
			spec: head + "method: grid\ncommand: [\"${env}\", python3, -m, \"${program}\", \"${args}\"]\nparameters: {a: {values: [1, 2]}}\n"},
		{what: "documentation: without an interpreter", sets: 2,
			spec: head + "method: grid\ncommand: [\"${env}\", \"${program}\", \"${args_no_hyphens}\"]\nparameters: {a: {values: [1, 2]}}\n"},
		{what: "documentation: boolean flags", sets: 2, has: []string{"flag=true"},
			spec: head + "method: grid\ncommand: [\"${env}\", \"${interpreter}\", \"${program}\", \"${args_no_boolean_flags}\"]\nparameters: {flag: {values: [true, false]}}\n"},
		{what: "documentation: extra arguments and a target", sets: 2,
			spec: "program: train.py\nmethod: grid\nmetric: {name: accuracy, goal: maximize, target: 0.95}\ncommand: [\"${env}\", \"${interpreter}\", \"${program}\", --model, resnet, \"${args}\"]\nparameters: {a: {values: [1, 2]}}\n"},
		{what: "tests: values of all kinds", sets: 4, has: []string{"mix=1"},
			spec: head + "method: grid\nparameters: {mix: {values: [1, 2.5, text, true]}}\n"},
		{what: "tests: an integer range", sets: 4, spec: head + "method: grid\nparameters: {v: {min: 0, max: 3}}\n"},
		{what: "tests: steps of a range", sets: 5, spec: head + "method: grid\nparameters: {v: {distribution: q_uniform, min: 0, max: 10, q: 2}}\n"},
		{what: "a name that only W&B takes", spec: "name: my sweep\n" + head + "method: grid\nparameters: {a: {values: [1]}}\n", refused: "name cannot be \"my sweep\""},
	} {
		t.Run(c.what, func(t *testing.T) {
			external := Trainer{Name: "program", Version: "1"}
			s, err := Load("spec.yaml", []byte(c.spec), external)
			var p *Plan
			if err == nil {
				if p, err = NewPlan(s, external); err == nil {
					err = p.Recall(Memory{})
				}
			}
			if c.refused != "" {
				var ps Problems
				if !errors.As(err, &ps) || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("%v, want a refusal that says %q", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.sets >= 0 && len(p.Configurations) != c.sets {
				t.Errorf("%d parameter sets, want %d", len(p.Configurations), c.sets)
			}
			for _, want := range c.has {
				name, text, _ := strings.Cut(want, "=")
				if v, ok := p.Configurations[0].Params.Lookup(name); !ok || v.String() != text {
					t.Errorf("%s is %v in the first set, want %s", name, v, text)
				}
			}
		})
	}
}

package sweeps

import (
	"slices"
	"strings"
	"testing"
)

// TestWandBFile writes specs for W&B and reads them back: the same trainings are planned, for replicates have become the
// list of seeds.
func TestWandBFile(t *testing.T) {
	external := Trainer{Name: "program", Version: "1"}
	planned := func(file string, src []byte) (ids []string) {
		t.Helper()
		s, err := Load(file, src, external)
		if err != nil {
			t.Fatalf("%v\n%s", err, src)
		}
		p, err := NewPlan(s, external)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Recall(Memory{}); err != nil {
			t.Fatal(err)
		}
		for _, trial := range p.Trials() {
			ids = append(ids, trial.ID)
		}
		slices.Sort(ids)
		return ids
	}
	for what, spec := range map[string]string{
		"grid": "name: g\nprogram: t.py\nreplicates: 3\nmetric: {name: acc, goal: maximize, target: 0.5}\nparameters:\n" +
			"  lr: [1e-7, 0.5, 1e+20]\n  act: [tanh, 'yes', '1e-3', '12:30:45', '0x10', \"a\\nb\", ' ']\n  on: [true, 3]\n  whole: [1.0, 2.0]\n",
		"points of ranges": "name: g\nprogram: t.py\nreplicates: [5, 6]\nmetric: {name: acc}\nparameters:\n" +
			"  lr: {min: 1e-4, max: 1e-1, count: 4, distribution: log_uniform_values}\n  n: {min: 1, max: 9, count: 3}\n  m: {min: 1, max: 3}\n  q: {min: 0.0, max: 1.0, q: 0.25, distribution: q_uniform}\n",
		"random": "name: r\nprogram: t.py\nmethod: random\nbudget: {trials: 20}\nmetric: {name: acc}\nparameters:\n" +
			"  lr: {min: 1e-4, max: 1e-1, distribution: log_uniform_values}\n  w: {values: [a, b], probabilities: [0.25, 0.75]}\n  n: {min: 1, max: 9}\n  z: {mu: 1, sigma: 2, distribution: normal}\n",
		"a search by Gaussian process": "name: gp\ncommand: [\"${env}\", x, \"${args}\"]\nmethod: gp\nbudget: {configurations: 9}\nconfirm: none\nmetric: {name: acc}\nearly_terminate: {type: hyperband, min_iter: 3, strict: false}\nparameters:\n" +
			"  lr: {min: -9, max: -1, distribution: log_uniform}\n  b: {a: 2, b: 3, distribution: beta}\n",
	} {
		t.Run(what, func(t *testing.T) {
			s, err := Load("spec.yaml", []byte(spec), external)
			if err != nil {
				t.Fatal(err)
			}
			file, lost, err := s.WandB()
			if err != nil || len(lost) > 0 {
				t.Fatalf("%v, lost %q", err, lost)
			}
			if want, got := planned("spec.yaml", []byte(spec)), planned("wandb.yaml", file); s.Method != "gp" && !slices.Equal(want, got) {
				t.Errorf("%d trials became %d\n%s", len(want), len(got), file)
			}
			if s.Method == "gp" && !strings.Contains(string(file), "method: bayes\n") {
				t.Errorf("%s", file)
			}
		})
	}
}

// TestWandBLosses asks for a sentence for everything that W&B has no word for.
func TestWandBLosses(t *testing.T) {
	spec := `name: all
replicates: {min: 2, max: 4, until: separated}
metric: {name: acc}
zip: [[a, b]]
constraints: [a < 3]
include: [{a: 1, b: 2, c: 5, d: 1}]
exclude: [{a: 2}]
parameters:
  a: [1, 2]
  b: [3, 4]
  c: {derive: 2 * a}
  d: {values: [1, 2], when: {a: 1}}
`
	s, err := Load("spec.yaml", []byte(spec), Trainer{Name: "own", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	file, lost, err := s.WandB()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"trained by sweep itself", "a, b advanced together", "c was derived", "d was there under a condition", "constraint a < 3",
		"added by include", "left out by exclude", "4 replicates raced"} {
		if !slices.ContainsFunc(lost, func(l string) bool { return strings.Contains(l, want) }) || !strings.Contains(string(file), want) {
			t.Errorf("nothing says %q:\n%s", want, file)
		}
	}
	if strings.Contains(string(file), "derive") && strings.Contains(string(file), "\n  c:") {
		t.Errorf("a derived parameter is swept:\n%s", file)
	}
}

func TestWandBConfig(t *testing.T) {
	b, err := WandBConfig(Values{{"lr", FloatValue(1e-7)}, {"n", IntValue(3)}, {"on", BoolValue(true)}, {"text", StringValue("yes")}, {"absent", Value{}}, {"one", FloatValue(1)}})
	if err != nil {
		t.Fatal(err)
	}
	want := "wandb_version: 1\nlr:\n    desc: null\n    value: 1.0e-07\n\"n\":\n    desc: null\n    value: 3\n\"on\":\n    desc: null\n    value: true\n" +
		"text:\n    desc: null\n    value: \"yes\"\none:\n    desc: null\n    value: 1.0\n"
	if string(b) != want {
		t.Errorf("%s\nwant\n%s", b, want)
	}
}

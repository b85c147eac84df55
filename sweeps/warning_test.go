package sweeps

import (
	"slices"
	"strings"
	"testing"
)

// TestWarnings: what is legal but probably not meant.
func TestWarnings(t *testing.T) {
	const parameters = "parameters: {corpus: gostd}\n"
	for src, want := range map[string]string{
		parameters: "",
		parameters + "metric: {name: val/accuracy}":                   "spec.yaml:2:16: the goal for val/accuracy is left at minimize; write goal: maximize",
		parameters + "metric: {name: val/top5}":                       "spec.yaml:2:16: the goal for val/top5 is left at minimize; write goal: maximize",
		parameters + "metric: {name: val/accuracy, goal: minimize}":   "",
		parameters + "metric: {name: val/accuracy, goal: maximize}":   "",
		parameters + "metric: {name: val/loss}":                       "",
		parameters + "metric: {name: val/perplexity, goal: maximize}": "spec.yaml:2:16: the goal for val/perplexity is maximize; write goal: minimize",
		parameters + "project: p\nentity: e":                          "spec.yaml:2:10: project is kept as a label, nothing is sent anywhere\nspec.yaml:3:9: entity is kept as a label, nothing is sent anywhere",
		"parameters: {corpus: gostd, epochs: [1, 2, 1]}":              "spec.yaml:1:44: 1 is listed twice; it is trained once",
		"parameters: {corpus: gostd, dropout: {min: 0, max: 0}}":      "spec.yaml:1:38: whole-number bounds draw whole numbers, and dropout takes fractions, too; write min: 0.0 for numbers in between",
		"method: random\nbudget: {trials: 1}\nparameters: {corpus: gostd, learning_rate: {min: 0.0001, max: 0.01, distribution: log_uniform}}": "spec.yaml:3:44: the bounds of log_uniform are exponents: this is 1 to 1.01; for bounds that are values take log_uniform_values",
		"method: random\nbudget: {trials: 1}\nparameters: {corpus: gostd, epochs: {min: 1, max: 4, count: 2}}":                                 "spec.yaml:3:61: count is for a grid; method random draws from the whole range",
	} {
		s := load(t, src)
		if got := Problems(s.Warnings).Error(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", src, got, want)
		}
	}
}

// TestHyperbandStrict: W&B's schema says true, their documentation false; we follow the schema and say so.
func TestHyperbandStrict(t *testing.T) {
	for src, want := range map[string]bool{"{type: hyperband, min_iter: 3}": true, "{type: hyperband, min_iter: 3, strict: false}": false} {
		s, ps := decode("spec.yaml", nil, tree(t, "parameters: {x: 1}\nearly_terminate: "+src))
		if len(ps) > 0 {
			t.Fatal(ps)
		}
		if s.EarlyTerminate.Strict != want || s.EarlyTerminate.Eta != 3 {
			t.Errorf("%s: %+v", src, s.EarlyTerminate)
		}
		said := slices.ContainsFunc(s.Warnings, func(p Problem) bool { return strings.Contains(p.Message, "strict is true") })
		if said != want {
			t.Errorf("%s: warnings %v", src, s.Warnings)
		}
	}
}

// TestEveryKeyDecodes reads each key into what it means.
func TestEveryKeyDecodes(t *testing.T) {
	s := load(t, files(t, "good")["everything.yaml"])
	switch {
	case s.Name != "everything", s.Description != "all keys at once", s.Method != "grid":
		t.Errorf("name, description, method: %q %q %q", s.Name, s.Description, s.Method)
	case s.Metric.Name != "val/accuracy", s.Metric.Goal() != "maximize", s.Metric.Impute != "best", s.Metric.ImputeWhileRunning != "false":
		t.Errorf("metric: %+v", s.Metric)
	case s.Replicates.N != 2, s.Replicates.Seeds[1] != 12, s.Seed != 7, s.Workers != 2, s.Parallel != 8:
		t.Errorf("replicates %+v, seed %d, workers %d, parallel %d", s.Replicates, s.Seed, s.Workers, s.Parallel)
	case s.Durability != "normal", s.KeepModels != "best":
		t.Errorf("durability %s, keep_models %s", s.Durability, s.KeepModels)
	case s.Budget.Trials != 30, s.Budget.Configurations != 20, s.Budget.Time.Minutes() != 90, s.Budget.TrialTime.Seconds() != 600:
		t.Errorf("budget: %+v", s.Budget)
	}
	s = load(t, "parameters: {corpus: gostd}\n")
	if s.Name != "spec" || s.Method != "grid" || s.Seed != 1 || s.Parallel != 4 || s.Durability != "full" || s.KeepModels != "all" ||
		s.Metric.Name != "val/loss" || s.Metric.Maximize || s.Metric.Impute != "worst" || s.Replicates.N != 1 {
		t.Errorf("defaults: %+v", s)
	}
	s, ps := decode("search.yaml", nil, tree(t, files(t, "good")["search.yaml"]))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	if s.Method != "tpe" || s.Program != "train.py" || len(s.Command) != 4 || *s.Confirm != (Confirm{3, 5}) {
		t.Errorf("method %s, program %s, command %q, confirm %+v", s.Method, s.Program, s.Command, s.Confirm)
	}
	if want := (EarlyTerminate{Type: "hyperband", MaxIter: 27, S: 2, Eta: 3}); *s.EarlyTerminate != want {
		t.Errorf("early_terminate: %+v, want %+v", *s.EarlyTerminate, want)
	}
}

// TestBandsOfMaxIter: without s, bands are counted back from max_iter to 1, as Hyperband and ASHA have it; W&B's stopping
// rule needs s.
func TestBandsOfMaxIter(t *testing.T) {
	const parameters = "parameters: {corpus: gostd, hidden_size: [1, 2]}\n"
	for _, c := range []struct {
		rule string
		want []int
	}{
		{"{type: hyperband, brackets: 3, max_iter: 27}", []int{1, 3, 9}},
		{"{type: hyperband, brackets: 3, max_iter: 100, eta: 4}", []int{1, 6, 25}},
		{"{type: asha, max_iter: 27}", []int{1, 3, 9}},
		{"{type: asha, max_iter: 27, s: 2}", []int{3, 9}},
		{"{type: asha, max_iter: 27, min_iter: 2}", []int{2, 6, 18}},
	} {
		s := load(t, "early_terminate: "+c.rule+"\n"+parameters)
		if got := s.Rungs(0); !slices.Equal(got, c.want) {
			t.Errorf("%s: judged at %v, want %v", c.rule, got, c.want)
		}
	}
	for rule, want := range map[string]string{
		"{type: hyperband, max_iter: 27}": "hyperband needs min_iter, or max_iter and s, or brackets",
		"{type: asha, s: 2}":              "s counts bands back from max_iter; add max_iter, or write min_iter in place of s",
		"{type: asha, max_iter: 2}":       "no band lies between 1 and max_iter: 2 / 3 is below 1; raise max_iter, or lower eta",
	} {
		if ps := problemsOf(t, "early_terminate: "+rule+"\n"+parameters); len(ps) != 1 || !strings.Contains(ps.Error(), want) {
			t.Errorf("%s: got %v, want %s", rule, ps, want)
		}
	}
}

// TestDefaultMetricOfOthers: a trainer that does not report val/loss needs to be told what to judge by.
func TestDefaultMetricOfOthers(t *testing.T) {
	_, err := Load("spec.yaml", []byte("parameters: {x: 1}"), Trainer{Metrics: []string{"score"}})
	if want := "spec.yaml:1:1: the trainer does not report the default metric, val/loss; write metric: {name: score}"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSuggest(t *testing.T) {
	known := testTrainer().names()
	for name, want := range map[string]string{
		"hiden_size": "hidden_size", "hidden-size": "hidden_size", "Hidden_Size": "hidden_size", "hidden": "hidden_size",
		"hiden": "hidden_size", "rat": "", "schedul": "lr_schedule",
		"lr": "learning_rate", "learning_rte": "learning_rate", "epohcs": "epochs", "epoch": "epochs", "bs": "batch_size",
		"batchsize": "batch_size", "vocab": "vocab_size", "optimiser": "optimizer", "x": "", "gpu": "", "": "", "colour": "",
		strings.Repeat("hidden_size", 100): "",
	} {
		if got := suggest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ac", 1}, {"abc", "abxc", 1}, {"abc", "xbc", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestShipped: every spec that comes with the program is one, and the fixed one for hidden sizes is among them.
func TestShipped(t *testing.T) {
	src, err := shipped.ReadFile("hidden.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(src); !strings.HasPrefix(got, "#") {
		t.Error("hidden.yaml does not open with the question it answers")
	}
	entries, err := shipped.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		src, err := shipped.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(e.Name(), src, Trainer{}); err != nil {
			t.Error(err)
		}
	}
}

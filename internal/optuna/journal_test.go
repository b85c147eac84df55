package optuna

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/results"
	"sweep/sweeps"
)

// small is a journal with what Optuna's processes may do to a study, in the words of version 5.
const small = `{"op_code":0,"worker_id":"w","study_name":"first","directions":[1]}
{"op_code":0,"worker_id":"w","study_name":"second","directions":[2]}
{"op_code":0,"worker_id":"x","study_name":"second","directions":[1]}
{"op_code":3,"worker_id":"w","study_id":1,"system_attr":{"study:metric_names":["acc"]}}
{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-01-02T03:04:05.000006+00:00"}
{"op_code":4,"worker_id":"w","study_id":1,"datetime_start":"2026-01-02T03:04:05.000006+00:00"}
{"op_code":5,"worker_id":"w","trial_id":1,"param_name":"lr","param_value_internal":0.01,"distribution":"{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": 1e-05, \"high\": 0.1, \"log\": true}}"}
{"op_code":5,"worker_id":"w","trial_id":1,"param_name":"act","param_value_internal":2,"distribution":"{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [\"relu\", true, null, [1, 2], 3]}}"}
{"op_code":7,"worker_id":"w","trial_id":1,"step":2,"intermediate_value":0.5}
{"op_code":7,"worker_id":"w","trial_id":1,"step":1,"intermediate_value":NaN}
{"op_code":7,"worker_id":"w","trial_id":1,"step":2,"intermediate_value":0.75}
{"op_code":8,"worker_id":"w","trial_id":1,"user_attr":{"time":1.5}}
{"op_code":8,"worker_id":"w","trial_id":1,"user_attr":{"say":"NaN \" -Infinity"}}
{"op_code":9,"worker_id":"w","trial_id":1,"system_attr":{"x":NaN}}
{"op_code":6,"worker_id":"w","trial_id":1,"state":1,"values":[0.75],"datetime_complete":"2026-01-02T03:04:15.000006+00:00"}
{"op_code":7,"worker_id":"x","trial_id":1,"step":9,"intermediate_value":9.0}
{"op_code":6,"worker_id":"x","trial_id":1,"state":3,"values":null,"datetime_complete":"2026-01-02T03:05:00.000000+00:00"}
{"op_code":4,"worker_id":"w","study_id":1,"datetime_start":null,"state":4,"value":null,"values":null,"distributions":{},"params":{},"user_attrs":{},"system_attrs":{},"intermediate_values":{}}
{"op_code":6,"worker_id":"w","trial_id":2,"state":0,"values":null,"datetime_start":"2026-01-02T03:06:00.000000+00:00"}
{"op_code":5,"worker_id":"w","trial_id":2,"param_name":"lr","param_value_internal":1,"distribution":"{\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, \"step\": 1, \"low\": 1, \"high\": 4}}"}
{"op_code":6,"worker_id":"w","trial_id":2,"state":2,"values":[0.25],"datetime_complete":"2026-01-02T03:06:01.500000+00:00"}
{"op_code":4,"worker_id":"w","study_id":1,"datetime_start":"2026-01-02T03:07:00.000000+00:00","state":1,"value":Infinity,"values":null,"datetime_complete":"2026-01-02T03:07:01.000000+00:00","distributions":{"n":"{\"name\": \"IntUniformDistribution\", \"attributes\": {\"low\": 1, \"high\": 9, \"step\": 2}}"},"params":{"n":3.0},"user_attrs":{},"system_attrs":{},"intermediate_values":{"4":1.0,"2":2.0}}
{"op_code":4,"worker_id":"w","study_id":1,"datetime_start":"2026-01-02T03:08:00.000000+00:00"}
{"op_code":1,"worker_id":"w","study_id":0}
{"op_code":6,"worker_id":"w","trial_id":0,"state":1,"values":[1.0],"datetime_complete":"2026-01-02T03:09:00.000000+00:00"}
{"op_code":10,"worker_id":"w","study_id":1}
{"op_code":6,"worker_id":"w","trial_id":4,"state":1,"val`

func readSmall(t *testing.T) []Study {
	t.Helper()
	studies, err := ReadJournal(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	return studies
}

func TestReadJournal(t *testing.T) {
	studies := readSmall(t)
	s, err := Find(studies, "")
	if err != nil || s.Name != "second" || len(s.Trials) != 4 { // first was deleted, and the last line is being written
		t.Fatalf("%+v, %v", studies, err)
	}
	x, err := s.Import(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	want := []results.ImportedTrial{{
		ID: "0", Seed: 0, State: sweeps.Complete, Started: start, Finished: start.Add(10 * time.Second),
		Params: sweeps.Values{{Name: "lr", Value: sweeps.FloatValue(0.01)}, {Name: "act", Value: sweeps.StringValue("None")}},
		Finals: map[string]float64{"acc": 0.75, "time": 1.5},
		Points: []sweeps.Point{{Metric: "acc", Step: 1, Value: math.NaN()}, {Metric: "acc", Step: 2, Value: 0.75}},
	}, {
		ID: "1", Seed: 1, State: sweeps.Stopped, Started: start.Add(115*time.Second - 6*time.Microsecond), Finished: start.Add(116500*time.Millisecond - 6*time.Microsecond),
		Finals: map[string]float64{"acc": 0.25}, // lr as a whole number does not go with what it was before
	}, {
		ID: "2", Seed: 2, State: sweeps.Diverged, Error: "its value is +Inf", Started: start.Add(175*time.Second - 6*time.Microsecond), Finished: start.Add(176*time.Second - 6*time.Microsecond),
		Params: sweeps.Values{{Name: "n", Value: sweeps.IntValue(3)}}, Finals: map[string]float64{"acc": math.Inf(1)},
		Points: []sweeps.Point{{Metric: "acc", Step: 2, Value: 2}, {Metric: "acc", Step: 4, Value: 1}},
	}}
	equal := []cmp.Option{
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }), cmp.Comparer(func(a, b sweeps.Value) bool { return a == b }),
		cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }),
	}
	if d := cmp.Diff(want, x.Trials, equal...); d != "" {
		t.Error(d)
	}
	if x.Left != 1 || x.Metric != "acc" || !x.Maximize || x.Sweep != "second" {
		t.Errorf("%+v", x)
	}
	spec, err := sweeps.Load("second.yaml", x.Spec, sweeps.Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range x.Trials {
		if _, ok := spec.At(c.Params); !ok {
			t.Errorf("%v is outside of the space\n%s", c.Params, x.Spec)
		}
	}
}

func TestRefused(t *testing.T) {
	head := strings.Join(strings.SplitAfter(small, "\n")[:6], "")
	for _, c := range []struct{ line, want string }{
		{`{"op_code":11,"worker_id":"w"}`, "line 7: there is no operation with op_code 11"},
		{`{"worker_id":"w"}`, "op_code -1"},
		{`a,b`, "line 7: it is no operation of an Optuna journal"},
		{`{"op_code":0,"study_name":"x","directions":[]}`, "has no direction"},
		{`{"op_code":0,"study_name":"x","directions":[7]}`, "unknown direction 7"},
		{`{"op_code":6,"trial_id":1,"state":8,"values":[1]}`, "state is missing or unknown"},
		{`{"op_code":6,"trial_id":1,"state":1,"values":[1],"datetime_complete":"yesterday"}`, `"yesterday" is no time`},
		{`{"op_code":5,"trial_id":1,"param_name":"x","param_value_internal":1,"distribution":"{\"name\":\"Odd\"}"}`, `unknown distribution "Odd"`},
		{`{"op_code":4,"study_id":1,"datetime_start":null,"params":{"x":1.0},"distributions":{}}`, "parameter x has no distribution"},
		{`{"op_code":4,"study_id":1,"datetime_start":null,"intermediate_values":{"a":1.0}}`, `step "a" is no whole number`},
	} {
		if _, err := ReadJournal(strings.NewReader(head + c.line + "\n")); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.line, err, c.want)
		}
	}
	if _, err := ReadJournal(strings.NewReader("a,b")); err == nil {
		t.Error("a file of one line that is no journal is taken for an empty one")
	}
}

func TestChoose(t *testing.T) {
	both := &Study{Name: "both", Maximize: []bool{false, true}, Objectives: []string{"loss", "acc"}, Trials: []Trial{{State: Complete, Values: []float64{1, 0.5}}}}
	for _, c := range []struct{ objective, want string }{
		{"", "choose with --objective, by number or name: 0 (loss, minimize), 1 (acc, maximize)"},
		{"2", `has no objective "2"; there is 0 (loss, minimize), 1 (acc, maximize)`},
	} {
		if _, err := both.Import(Choice{Objective: c.objective}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.objective, err)
		}
	}
	for _, objective := range []string{"1", "acc"} {
		x, err := both.Import(Choice{Objective: objective, Metric: "val/accuracy"})
		if err != nil || x.Metric != "val/accuracy" || !x.Maximize || x.Trials[0].Finals["val/accuracy"] != 0.5 || x.Trials[0].Finals["loss"] != 1 {
			t.Errorf("%s: %+v, %v", objective, x, err)
		}
	}
	if _, err := Find(readSmall(t), "third"); err == nil || !strings.Contains(err.Error(), "there is second") {
		t.Errorf("an unknown study: %v", err)
	}
	if _, err := Find([]Study{{Name: "a"}, {Name: "b"}}, ""); err == nil || !strings.Contains(err.Error(), "--study: a, b") {
		t.Errorf("none of two: %v", err)
	}
	if _, err := (&Study{Name: "empty", Maximize: []bool{false}, Trials: []Trial{{}}}).Import(Choice{}); err == nil || !strings.Contains(err.Error(), "no trial that has ended") {
		t.Errorf("nothing to import: %v", err)
	}
}

func TestStrict(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":NaN,"b":[Infinity,-Infinity]}`: `{"a":"NaN","b":["Infinity","-Infinity"]}`,
		`{"NaN":"a \" NaN","b":1}`:           `{"NaN":"a \" NaN","b":1}`,
		`"NaN\\"NaN`:                         `"NaN\\""NaN"`,
		`"open NaN`:                          `"open NaN`,
		`"open\`:                             `"open\`,
	} {
		if got := string(strict([]byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestWriteRead writes a sweep as a journal and reads it again.
func TestWriteRead(t *testing.T) {
	value := func(v float64) *float64 { return &v }
	text := func(s string) *string { return &s }
	source := `
method: random
metric: {name: score, goal: maximize}
budget: {configurations: 4}
program: train.py
parameters:
  lr: {min: 0.001, max: 0.1, distribution: log_uniform_values}
  width: {min: 8, max: 64}
  drop: {min: 0.0, max: 0.5, q: 0.1, distribution: q_uniform}
  size: {values: [10, 20, 40]}
  act: {values: [relu, tanh]}
  noise: {mu: 0.0, sigma: 1.0, distribution: normal}
  fixed: 7
`
	spec, err := sweeps.Load("w.yaml", []byte(source), sweeps.Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	trial := func(id, state string, v *float64, params string) results.Trial {
		return results.Trial{
			Sweep: "w", Trial: id, Configuration: "c" + id, Replicate: 1, Seed: 5, State: state, Value: v, Seconds: 10, Params: json.RawMessage(params),
			StartedAt: text("2026-01-02T03:04:05.006Z"), FinishedAt: text("2026-01-02T03:04:15.006Z"), ValAccuracy: v,
		}
	}
	failed := trial("3", "failed", nil, `{"lr":0.1,"width":64,"drop":0.3,"size":40,"act":"gelu","noise":2,"fixed":7}`)
	failed.Error = text("out of memory")
	retired := trial("5", "complete", value(9), `{"lr":0.1,"width":64,"drop":0.3,"size":40,"act":"tanh","noise":2,"fixed":7}`)
	retired.Retired = true
	x := Export{
		Sweep: results.Sweep{Sweep: "w", Metric: "score", Goal: "maximize"}, Spec: spec, Provenance: results.Provenance{Description: "a test", Program: "devel"},
		Trials: []results.Trial{
			trial("1", "complete", value(0.5), `{"lr":0.001,"width":8,"drop":0.3,"size":10,"act":"relu","noise":-1.5,"fixed":7}`),
			trial("2", "stopped", value(0.25), `{"lr":0.01,"width":80,"drop":0,"size":20,"act":"tanh","noise":0.5,"fixed":7}`),
			failed, trial("4", "diverged", nil, `{"lr":0.1,"width":64,"drop":0.3,"size":40,"act":"tanh","noise":2,"fixed":7}`), retired,
			trial("6", "waiting", nil, `{"lr":0.1,"width":64,"drop":0.3,"size":40,"act":"tanh","noise":2,"fixed":7}`),
		},
		Points: []results.Point{{Trial: "1", Metric: "score", Step: 1, Value: value(0.4)}, {Trial: "1", Metric: "score", Step: 2}, {Trial: "1", Metric: "else", Step: 1, Value: value(7)}},
	}
	var b strings.Builder
	if err := Write(&b, x); err != nil {
		t.Fatal(err)
	}
	studies, err := ReadJournal(strings.NewReader(b.String()))
	if err != nil || len(studies) != 1 {
		t.Fatalf("%v, %v\n%s", studies, err, b.String())
	}
	s := studies[0]
	if s.Name != "w" || !s.Maximize[0] || s.Objectives[0] != "score" || len(s.Trials) != 4 {
		t.Errorf("%+v", s)
	}
	for i, want := range []State{Complete, Pruned, Fail, Fail} {
		if s.Trials[i].State != want {
			t.Errorf("trial %d is %v, want %v", i, s.Trials[i].State, want)
		}
	}
	list := func(choices ...string) (out []json.RawMessage) {
		for _, c := range choices {
			out = append(out, json.RawMessage(c))
		}
		return out
	}
	want := map[string]Distribution{
		"lr": {Kind: Float, Low: 0.001, High: 0.1, Log: true}, "width": {Kind: Int, Low: 8, High: 80, Step: 1}, // widened to what there is
		"drop": {Kind: Float, Low: 0, High: 0.5, Step: 0.1}, "size": {Kind: Categorical, Choices: list("10", "20", "40")},
		"act": {Kind: Categorical, Choices: list(`"relu"`, `"tanh"`, `"gelu"`)}, "noise": {Kind: Float, Low: -1.5, High: 2},
	}
	for _, p := range s.Trials[0].Params {
		if d := cmp.Diff(want[p.Name], p.Distribution); d != "" {
			t.Errorf("%s: %s", p.Name, d)
		}
		delete(want, p.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
	again, err := s.Import(Choice{})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range []string{"complete", "stopped", "failed", "diverged"} {
		if got := again.Trials[i]; got.State != sweeps.State(w) {
			t.Errorf("trial %d comes back as %s, was %s", i, got.State, w)
		}
	}
	one := again.Trials[0]
	if one.Finals["score"] != 0.5 || one.Finals["val/accuracy"] != 0.5 || len(one.Finals) != 2 || len(one.Points) != 2 || !math.IsNaN(one.Points[1].Value) {
		t.Errorf("comes back as %+v", one)
	}
	if again.Trials[2].Error != "out of memory" {
		t.Errorf("why it failed comes back as %q", again.Trials[2].Error)
	}
	x.Spec = nil
	if err := Write(&b, x); err != nil {
		t.Errorf("without a spec: %v", err)
	}
}

func FuzzReadJournal(f *testing.F) {
	f.Add([]byte(small))
	for _, line := range strings.SplitAfter(small, "\n") {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		studies, err := ReadJournal(strings.NewReader(string(b)))
		if err != nil {
			return
		}
		for _, s := range studies {
			x, err := s.Import(Choice{Objective: "0", Sweep: "fuzz"})
			if err != nil {
				continue
			}
			if _, err := x.Fresh(); err != nil && !strings.Contains(err.Error(), "trial") {
				t.Error(err)
			}
		}
	})
}

func FuzzParseDistribution(f *testing.F) {
	f.Add(`{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 0.1, "log": true}}`)
	f.Add(`{"name": "CategoricalDistribution", "attributes": {"choices": ["a", NaN, null, [1]]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDistribution(text)
		if err != nil {
			return
		}
		for _, x := range []float64{0, 1, d.Low, d.High, math.NaN()} {
			_, _ = Param{"p", d, x}.Value()
		}
		_ = ranged{Name: "p", Distribution: d}.form()
	})
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sweep/sweeps"
)

// TestBestIsReadBack has the winner's parameters read by what they are written for: YAML as a spec, a shell, env, JSON.
func TestBestIsReadBack(t *testing.T) {
	values := sweeps.Values{
		{Name: "spaces", Value: sweeps.StringValue("  two  words ")}, {Name: "quotes", Value: sweeps.StringValue(`it's "so" \ $HOME ` + "`id`")},
		{Name: "lines", Value: sweeps.StringValue("a\nb\n")}, {Name: "tab", Value: sweeps.StringValue("a\tb\x7f\u0085\u2028")}, {Name: "empty", Value: sweeps.StringValue("")},
		{Name: "number_text", Value: sweeps.StringValue("1e-3")}, {Name: "truth_text", Value: sweeps.StringValue("true")}, {Name: "null_text", Value: sweeps.StringValue("null")},
		{Name: "yaml_text", Value: sweeps.StringValue("- {a: [b]} #c & *d !e %f @g |h")}, {Name: "unicode", Value: sweeps.StringValue("café 漢字 😀")},
		{Name: "glob", Value: sweeps.StringValue("* ? [a-z] ~ !")}, {Name: "dash", Value: sweeps.StringValue("-n")},
		{Name: "yes", Value: sweeps.BoolValue(true)}, {Name: "flag", Value: sweeps.BoolValue(false)},
		{Name: "small", Value: sweeps.FloatValue(1e-7)}, {Name: "rate", Value: sweeps.FloatValue(1e-3)}, {Name: "third", Value: sweeps.FloatValue(1.0 / 3)},
		{Name: "large", Value: sweeps.FloatValue(1e22)}, {Name: "million", Value: sweeps.IntValue(3_000_000)}, {Name: "negative", Value: sweeps.IntValue(-5)},
		{Name: "opt.lr-decay", Value: sweeps.FloatValue(0.5)}, {Name: "opt.name", Value: sweeps.StringValue("sgd")},
	}
	// The spec is written by hand: JSON is YAML, but for the characters that YAML does not take as they are.
	spec := "name: odd\ncommand: [/bin/sh, -c, 'echo \"{\\\"loss\\\": 1}\"', \"${args}\"]\nmetric: {name: loss}\nparameters:\n"
	for _, v := range values {
		text, err := json.Marshal(v.Value)
		if err != nil {
			t.Fatal(err)
		}
		escaped := strings.NewReplacer("\x7f", `\x7f`, "\u0085", `\x85`).Replace(string(text))
		spec += fmt.Sprintf("  %q: %s\n", v.Name, escaped)
	}
	inFolder(t, map[string]string{"odd.yaml": spec})
	mustRun(t, "run", "odd.yaml", "--quiet")

	var back sweeps.Values
	if err := back.UnmarshalJSON([]byte(mustRun(t, "best", "odd", "--as", "json"))); err != nil {
		t.Fatal(err)
	}
	agree(t, "json", values, back)

	again := spec[:strings.Index(spec, "parameters:\n")] + "parameters:\n"
	for line := range strings.Lines(mustRun(t, "best", "odd", "--as", "yaml")) {
		again += "  " + line
	}
	if err := os.WriteFile("again.yaml", []byte(again), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "check", "again.yaml")
	loaded, err := sweeps.Load("again.yaml", []byte(again), sweeps.Trainer{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := sweeps.NewPlan(loaded, sweeps.Trainer{Name: "t", Version: "1", Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) { return sweeps.Resolved{Key: vs}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	agree(t, "yaml", values, plan.Configurations[0].Params)
	if out := mustRun(t, "plan", "again.yaml"); !strings.Contains(out, "0 new, 1 kept, 0 retired") {
		t.Errorf("a spec of the winner is another training:\n%s", out)
	}

	shell := func(script string) []string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", script).Output()
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	}
	words := shell(`printf '%s\0' ` + strings.TrimSuffix(mustRun(t, "best", "odd", "--as", "args"), "\n"))
	if len(words) != len(values) {
		t.Errorf("%d words: %q", len(words), words)
	}
	for i, v := range values {
		if want := "--" + v.Name + "=" + v.Value.String(); i < len(words) && words[i] != want {
			t.Errorf("args: got %q, want %q", words[i], want)
		}
	}
	if err := os.WriteFile("odd.env", []byte(mustRun(t, "best", "odd", "--as", "env")), 0o644); err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, line := range shell(`set -a; . ./odd.env; exec env -0`) {
		has[line] = true
	}
	for _, v := range values {
		if want := strings.ToUpper(envName(v.Name)) + "=" + v.Value.String(); !has[want] {
			t.Errorf("env lacks %q", want)
		}
	}
}

func agree(t *testing.T, as string, want, got sweeps.Values) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", as, len(got), len(want))
	}
	for _, w := range want {
		v, ok := got.Lookup(w.Name)
		if !ok || !v.Same(w.Value) {
			t.Errorf("%s: %s is %#v, want %#v", as, w.Name, v, w.Value)
		}
	}
}

func TestBestAsEnvRefusesTwoOfAName(t *testing.T) {
	inFolder(t, map[string]string{"two.yaml": "name: two\ncommand: [/bin/sh, -c, 'echo \"{\\\"loss\\\": 1}\"']\nmetric: {name: loss}\nparameters: {a.b: 1, a_b: 2}\n"})
	mustRun(t, "run", "two.yaml", "--quiet")
	if status, out, stderr := program(t, "best", "two", "--as", "env"); status != statusUsage || out != "" || !strings.Contains(stderr, "a.b and a_b would both be A_B") {
		t.Errorf("exit status %d, %q, %s", status, out, stderr)
	}
}

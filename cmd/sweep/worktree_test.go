package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sweep/results"
	"sweep/sweeps"
)

func TestWorkTree(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	dir := t.TempDir()
	if c := workTree(dir); c != (checkout{}) {
		t.Errorf("under no version control: %+v", c)
	}
	if c := workTree(filepath.Join(dir, "nothing")); c != (checkout{}) {
		t.Errorf("a folder that is not there: %+v", c)
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.org"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	if c := workTree(dir); c != (checkout{}) {
		t.Errorf("before a commit: %+v", c)
	}
	const spec = "name: tiny\nmetric: {name: loss}\ncommand: [/bin/sh, -c, 'echo \"{\\\"loss\\\": 1}\"']\nparameters: {x: 1}\n"
	write("a.txt", "one\n")
	write("tiny.yaml", spec)
	git("add", ".")
	git("commit", "-q", "-m", "first")
	first := workTree(dir)
	if len(first.revision) != 40 || first.diff != "" || first.untracked != 0 {
		t.Errorf("after a commit: %+v", first)
	}
	write("a.txt", "two\n")
	write("new.txt", "three\n")
	changed := workTree(dir)
	if changed.revision != first.revision || len(changed.diff) != 64 || changed.untracked != 1 {
		t.Errorf("with changes: %+v", changed)
	}
	write("a.txt", "four\n")
	if again := workTree(dir); again.diff == changed.diff || again.diff == "" {
		t.Errorf("with other changes: %+v", again)
	}
	write("a.txt", "two\n")
	git("add", "a.txt") // staged or not, it is not committed
	if again := workTree(dir); again != changed {
		t.Errorf("staged: %+v, not %+v", again, changed)
	}
	// What the work tree's own settings would run is not run.
	ran := filepath.Join(t.TempDir(), "ran")
	git("config", "core.fsmonitor", "touch "+ran)
	git("config", "diff.external", "touch "+ran)
	if again := workTree(dir); again != changed {
		t.Errorf("with settings: %+v", again)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a command of the work tree was run")
	}
	record := t.TempDir()
	if status, _, stderr := program(t, "run", filepath.Join(dir, "tiny.yaml"), "--quiet", "--dir", record); status != 0 {
		t.Fatalf("run: exit status %d, %s", status, stderr)
	}
	_, out, _ := program(t, "show", "tiny", "--json", "--dir", record)
	var shown struct{ Provenance results.Provenance }
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		t.Fatal(err)
	}
	p := shown.Provenance
	if p.Project != changed.revision || p.ProjectDiff != changed.diff || p.Untracked != 1 || p.Dir == "" {
		t.Errorf("recorded %+v", p)
	}
	t.Setenv("PATH", t.TempDir())
	if c := workTree(dir); c != (checkout{}) {
		t.Errorf("without git: %+v", c)
	}
}

func TestYAMLText(t *testing.T) {
	for _, text := range []string{
		"", "a", " a ", "it's", `"q" \ b`, "a\nb\n", "a\tb", "- a", "a: b", "#c", "{x}", "true", "1e3", "null", "~", "@a", "%a", "\u00a0", "\u2028\u2029",
		"\x01\x1b\x7f", "\u0085", "\ufeffbom", "caf\u00e9 \U0001f600", "\U000e0001", "$HOME `id`", "*a &b !c", "\ufffd",
	} {
		spec, err := sweeps.Load("x.yaml", []byte("name: x\ncommand: [a]\nmetric: {name: l}\nparameters:\n  p: "+yamlText(sweeps.StringValue(text))+"\n"), sweeps.Trainer{})
		if err != nil {
			t.Errorf("%q as %s: %v", text, yamlText(sweeps.StringValue(text)), err)
			continue
		}
		plan, err := sweeps.NewPlan(spec, sweeps.Trainer{Name: "t", Version: "1", Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) { return sweeps.Resolved{Key: vs}, nil }})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if v, _ := plan.Configurations[0].Params.Lookup("p"); v != sweeps.StringValue(text) {
			t.Errorf("%q came back as %q", text, v)
		}
	}
}

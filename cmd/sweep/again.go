package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// again is the command that runs a sweep once more; of an imported one that which imports it.
func (a *app) again(p results.Provenance) string {
	if p.Imported() {
		words := make([]string, len(p.Command))
		for i, w := range p.Command {
			words[i] = shellQuote(w)
		}
		return strings.Join(words, " ")
	}
	there, dir := a.place(p)
	spec := specPath(p)
	if there != "" {
		spec = p.SpecFile
	}
	words := []string{"sweep", "run", shellQuote(spec)}
	for set := range strings.Lines(p.Extra["set"]) {
		words = append(words, "--set", shellQuote(strings.TrimSuffix(set, "\n")))
	}
	line := there + strings.Join(words, " ") + dir
	if p.SpecFile == standardInput {
		line += hereDocument(p.SpecSource)
	}
	return line
}

// place is what stands before a command that is printed in another folder than that in which the sweep was run, so that the
// files that its spec names are found, and the flag that keeps it to this record.
func (a *app) place(p results.Provenance) (there, dir string) {
	if a.dir != "runs" {
		dir = " --dir " + shellQuote(a.dir)
	}
	if a.store != "" {
		dir += " --store " + shellQuote(results.Address(a.store))
	}
	here, err := os.Getwd()
	if err != nil || p.Dir == "" || !exists(p.Dir) || sameFolder(here, p.Dir) {
		return "", dir
	}
	record, err := filepath.Abs(a.dir)
	if err != nil {
		return "", dir
	}
	store := ""
	if a.store != "" {
		store = " --store " + shellQuote(results.Address(a.store))
	}
	return "cd " + shellQuote(p.Dir) + " && ", " --dir " + shellQuote(record) + store
}

// specPath is where the spec of a sweep is: as it was named, or from another folder than that in which it was run, absolute.
func specPath(p results.Provenance) string {
	if p.SpecFile == standardInput || p.Dir == "" || filepath.IsAbs(p.SpecFile) {
		return p.SpecFile
	}
	if here, err := os.Getwd(); err == nil && sameFolder(here, p.Dir) {
		return p.SpecFile
	}
	return filepath.Join(p.Dir, p.SpecFile)
}

func sameFolder(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// specChanged says so if the file of a sweep's spec is no longer what was run.
func (a *app) specChanged(sweep string, p results.Provenance) {
	if p.Imported() || p.SpecFile == standardInput || p.SpecSource == "" {
		return
	}
	path := specPath(p)
	switch text, err := os.ReadFile(path); {
	case err != nil:
		fmt.Fprintf(a.stderr, "sweep: note: the spec cannot be read any more: %s; the record has it: `sweep show %s --json`, spec_source\n", visible(err.Error()), sweep)
	case string(text) != p.SpecSource:
		fmt.Fprintf(a.stderr, "sweep: note: %s has changed since the sweep was run; the record has it: `sweep show %s --json`, spec_source\n", visible(path), sweep)
	}
}

// trialAgain is the command that trains one trial once more, and nothing else. It holds the whole configuration: the sweep's
// spec may have been edited since, and of a search no part can be trained alone.
func (a *app) trialAgain(ctx context.Context, s *results.Store, t results.Trial, p results.Provenance) (string, error) {
	spec, err := a.recordedSpec(ctx, s, t.Sweep)
	if err != nil {
		return "", err
	}
	text, err := trialSpec(spec, t)
	if err != nil {
		return "", err
	}
	there, dir := a.place(p)
	if same, err := a.comesTo(ctx, text, t.Trial); err != nil || !same {
		reason := "the text, a file or the numeric version has changed since"
		if err != nil {
			reason = firstLine(err.Error())
		}
		fmt.Fprintf(a.stderr, "sweep: note: this is another training now than %s: %s\n", t.Trial, reason)
	}
	if sweeps.State(t.State).Finished() && sweeps.State(t.State) != sweeps.Failed {
		fmt.Fprintf(a.stderr, "sweep: note: in this record, which has it, the command trains nothing: `sweep verify %s` trains it again; with another --dir the command does\n", t.Trial)
	}
	return there + "sweep run -" + dir + hereDocument(text), nil
}

// comesTo reports whether a spec plans one trial, with this id.
func (a *app) comesTo(ctx context.Context, text, trial string) (bool, error) {
	spec, err := sweeps.Load(standardInput, []byte(text), nplm.New(a.dir).Describe(ctx))
	if err != nil {
		return false, err
	}
	about := nplm.New(a.dir).Describe(ctx)
	if spec.External() {
		if _, about, err = a.external(spec); err != nil {
			return false, err
		}
	}
	plan, err := sweeps.NewPlan(spec, about)
	if err != nil {
		return false, err
	}
	trials := plan.Trials()
	return len(trials) == 1 && trials[0].ID == trial, nil
}

// trialSpec writes a spec of one trial.
func trialSpec(spec *sweeps.Spec, t results.Trial) (string, error) {
	var params sweeps.Values
	if err := params.UnmarshalJSON(t.Params); err != nil {
		return "", err
	}
	var b strings.Builder
	name := spec.Name[:min(len(spec.Name), 100)] + "-" + t.Trial
	fmt.Fprintf(&b, "name: %s\n", yamlText(sweeps.StringValue(name)))
	if spec.Program != "" {
		fmt.Fprintf(&b, "program: %s\n", yamlText(sweeps.StringValue(spec.Program)))
	}
	if spec.Command != nil {
		var words []string
		for _, w := range spec.Command {
			words = append(words, yamlText(sweeps.StringValue(w)))
		}
		fmt.Fprintf(&b, "command: [%s]\n", strings.Join(words, ", "))
	}
	if spec.GPUs > 0 {
		fmt.Fprintf(&b, "gpus: %d\n", spec.GPUs)
	}
	fmt.Fprintf(&b, "metric: {name: %s, goal: %s}\n", yamlText(sweeps.StringValue(spec.Metric.Name)), spec.Metric.Goal())
	if spec.SeedSwept() {
		params = append(params, sweeps.Setting{Name: "seed", Value: sweeps.IntValue(int64(t.Seed))}) //nolint:gosec // below 2^53
	} else {
		fmt.Fprintf(&b, "replicates: [%d]\n", t.Seed)
	}
	b.WriteString("parameters:\n")
	for _, v := range params {
		if v.Name == "seed" && spec.SeedSwept() {
			fmt.Fprintf(&b, "  seed: [%s]\n", v.Value)
			continue
		}
		fmt.Fprintf(&b, "  %s: %s\n", yamlName(v.Name), yamlText(v.Value))
	}
	return b.String(), nil
}

// hereDocument hands a text to a command's standard input.
func hereDocument(text string) string {
	end := "END"
	for strings.Contains("\n"+text, "\n"+end+"\n") {
		end += "D"
	}
	return " <<'" + end + "'\n" + strings.TrimSuffix(text, "\n") + "\n" + end
}

// yamlText writes a value so that YAML reads it back: as JSON does, but for characters that YAML does not take as they are.
func yamlText(v sweeps.Value) string {
	text, ok := v.Text()
	if !ok {
		b, err := json.Marshal(v)
		if err != nil {
			return v.String() // which sweeps do not have
		}
		return string(b)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100 && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r) || r == utf8.RuneError || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// yamlName writes a parameter's name; those that YAML takes for something else are quoted.
func yamlName(name string) string {
	switch strings.ToLower(name) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return `"` + name + `"`
	}
	return name
}

package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"sweep/results"
	"sweep/sweeps"
	"sweep/trainer"
)

// provenance says what a sweep's figures come from, as far as this process knows. The overrides of --set are part of it.
func provenance(plan *sweeps.Plan, set []string) results.Provenance {
	b := build()
	s := plan.Spec
	p := results.Provenance{
		Description: s.Description, Program: b.Version, Trainer: plan.Trainer, TrainerVersion: plan.Version,
		Go: b.Go, OS: b.OS, Arch: b.Arch, CPU: cpuName(), Cores: runtime.NumCPU(), Kernel: trainer.Kernel(),
		Command: withoutPasswords(os.Args), SpecFile: s.File, SpecSource: string(s.Source), SpecHash: s.Hash(), SpecSeed: s.Seed,
		Swept: plan.Swept(), VCS: b.Revision,
	}
	if len(set) > 0 {
		p.Extra = map[string]string{"set": strings.Join(set, "\n")}
	}
	if b.Modified {
		p.VCS += " with changes"
	}
	if host, err := os.Hostname(); err == nil {
		p.Host = host
	}
	if dir, err := os.Getwd(); err == nil {
		p.Dir = dir
	}
	c := workTree(filepath.Dir(s.File))
	p.Project, p.ProjectDiff, p.Untracked = c.revision, c.diff, c.untracked
	if trials := plan.Trials(); len(trials) > 0 {
		d := trials[0].Data
		p.Corpus, p.Split, p.Vocabulary = d.Corpus, d.Split, d.Vocabulary
	}
	return p
}

// cpuName is the processor's model where the system tells it, else "".
func cpuName() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.SplitSeq(string(info), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

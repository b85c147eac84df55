package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"sweep/trainer"
)

func (a *app) versionCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print the program's version and the trainer's numeric version",
		Example: examples("sweep version", "what built it, and which numbers it computes"),
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := build()
			if a.json {
				return a.printJSON(v)
			}
			_, err := fmt.Fprintf(a.stdout, "sweep %s (%s, %s/%s), numeric version %s\n", v.Version, v.Go, v.OS, v.Arch, v.Numeric)
			return err
		},
	}
	a.jsonFlag(c)
	return c
}

// buildInfo is `version --json`, and part of a sweep's provenance.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Numeric  string `json:"numeric_version"`
}

// build reads what the Go tool wrote into the binary.
func build() buildInfo {
	b := buildInfo{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Numeric: trainer.Version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

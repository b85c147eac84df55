package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	programs "sweep/runner/program"
	"sweep/sweeps"
)

func (a *app) initCommand() *cobra.Command {
	var schema, python bool
	c := &cobra.Command{
		Use:   "init [SPEC]",
		Short: "Write a spec to start from",
		Long: "Init copies one of the shipped specs into the current folder; without a name it lists them. An existing\n" +
			"file is never overwritten.",
		Example: examples("sweep init", "what there is", "sweep init hidden", "writes hidden.yaml",
			"sweep init --schema", "writes schema.json, for completion in editors",
			"sweep init --python", "writes sweep.py: import sweep as wandb"),
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case schema:
				return a.writeNew("schema.json", sweeps.Schema())
			case python:
				return a.writeNew("sweep.py", []byte(programs.Module))
			case len(args) == 0:
				return a.listShipped()
			}
			return a.initSpec(strings.TrimSuffix(args[0], ".yaml"))
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return shipped(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().BoolVar(&python, "python", false, "write sweep.py instead, the module with which a Python script reports to a sweep")
	c.Flags().BoolVar(&schema, "schema", false, "write the JSON Schema of specs instead")
	return c
}

// shipped lists the names of the shipped specs.
func shipped() []string {
	files, err := fs.Glob(sweeps.Shipped(), "*.yaml")
	if err != nil {
		return nil
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

func (a *app) listShipped() error {
	var t table
	for _, name := range shipped() {
		src, err := fs.ReadFile(sweeps.Shipped(), name+".yaml")
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(src), "\ndescription: ")
		asks, _, _ := strings.Cut(rest, "\n")
		t.row(name, asks)
	}
	t.header = []string{"spec", "asks"}
	return t.write(a.stdout)
}

func (a *app) initSpec(name string) error {
	src, err := fs.ReadFile(sweeps.Shipped(), name+".yaml")
	if err != nil {
		return usage("no shipped spec %q; there are %s", name, strings.Join(shipped(), ", "))
	}
	if err := a.writeNew(name+".yaml", src); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "sweep run %s.yaml trains it; `sweep check %s.yaml` after an edit\n", name, name)
	return err
}

// writeNew writes a file that does not exist yet.
func (a *app) writeNew(file string, b []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s exists already and stays as it is; move it away or work in another folder", filepath.Base(file))
	}
	if err != nil {
		return &statusError{statusRecord, err}
	}
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		_, err = fmt.Fprintf(a.stdout, "wrote %s\n", file)
	}
	return err
}

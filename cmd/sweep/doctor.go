package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"sweep/artifacts"
	"sweep/results"
	"sweep/trainer"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "Look at the machine and the record, and say what would get in the way",
		Example: examples("sweep doctor", "exit status 5 if something would"),
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
}

// finding is one line of the doctor's: a nil trouble is well.
type finding struct {
	what, how string
	trouble   error
}

func (a *app) doctor(ctx context.Context) error {
	b := build()
	found := []finding{
		{what: "program", how: fmt.Sprintf("sweep %s, %s, %s/%s", b.Version, b.Go, b.OS, b.Arch)},
		{what: "cores", how: fmt.Sprintf("%d, of which %d are used", runtime.NumCPU(), runtime.GOMAXPROCS(0))},
		kernelFinding(),
		{what: "SQLite", how: results.Driver()},
		gostdFinding(ctx),
		a.folderFinding(),
		a.recordFinding(ctx),
	}
	if a.artifacts != "" {
		found = append(found, a.artifactsFinding(ctx))
	}
	troubles := 0
	for _, f := range found {
		mark := "ok"
		if f.trouble != nil {
			mark = "!!"
			f.how = f.trouble.Error()
			troubles++
		}
		fmt.Fprintf(a.stdout, "%s  %-9s  %s\n", mark, f.what, f.how)
	}
	if troubles > 0 {
		return &statusError{statusCheck, fmt.Errorf("%s to mend", plural(troubles, "thing"))}
	}
	return nil
}

func kernelFinding() finding {
	f := finding{what: "kernel", how: trainer.Kernel()}
	if err := trainer.UseKernel(""); err != nil {
		f.trouble = err
	}
	if f.how == "generic" {
		f.how += " (plain Go: right to the bit, but slow; AVX2, AVX-512 or NEON would be used)"
	}
	return f
}

// gostdFinding looks for the text of the word sweeps.
func gostdFinding(ctx context.Context) finding {
	f := finding{what: "gostd"}
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	root := strings.TrimSpace(string(out))
	if err != nil || root == "" {
		f.trouble = errors.New("no go command: corpus gostd needs a Go distribution; names and your own files do not")
		return f
	}
	f.how = filepath.Join(root, "src")
	if _, err := os.Stat(f.how); err != nil {
		f.trouble = fmt.Errorf("%s: no sources there: corpus gostd needs a whole Go distribution", f.how)
	}
	return f
}

// folderFinding tries to write below the record's folder, or beside where it would be made.
func (a *app) folderFinding() finding {
	f := finding{what: "folder"}
	dir := a.dir
	if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
		f.trouble = fmt.Errorf("%s is a file; --dir names a folder", dir)
		return f
	}
	for {
		if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
			break
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	tmp, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		f.trouble = fmt.Errorf("%s cannot be written: %w; --dir names another folder", a.dir, err)
		return f
	}
	tmp.Close()
	os.Remove(tmp.Name())
	f.how = a.dir + " can be written"
	return f
}

func (a *app) recordFinding(ctx context.Context) finding {
	f := finding{what: "record"}
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrNoRecord) {
		f.how = "none yet; the first run makes it"
		return f
	}
	if err != nil {
		f.trouble = err
		return f
	}
	defer s.Close()
	problems, err := s.Check(ctx)
	switch {
	case err != nil:
		f.trouble = err
	case len(problems) > 0:
		f.trouble = fmt.Errorf("%s; `sweep db check` lists them", plural(len(problems), "problem"))
	case a.store != "":
		f.how = "sound, at " + a.where()
	default:
		f.how = "sound, " + size(filepath.Join(a.dir, results.FileName))
	}
	return f
}

// artifactsFinding looks for the store of files.
func (a *app) artifactsFinding(ctx context.Context) finding {
	f := finding{what: "artifacts", how: "at " + a.artifacts}
	b, err := artifacts.Open(ctx, a.artifacts)
	if err != nil {
		f.trouble = err
		return f
	}
	defer b.Close()
	f.trouble = b.Try(ctx)
	return f
}

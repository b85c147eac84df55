package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/results/export"
	"sweep/sweeps"
)

// exportFormats are what `sweep export` writes. To add one is to add a line.
var exportFormats = []exportFormat{
	{name: "csv", what: "trials.csv and points.csv, the views with param.NAME columns: any program",
		files: []string{"trials.csv", "points.csv"}, write: writeTables("csv", export.CSV)},
	{name: "json", what: "trials.json and points.json, an object a line: pandas, DuckDB, jq",
		files: []string{"trials.json", "points.json"}, write: writeTables("json", export.JSON)},
	{name: "parquet", what: "trials.parquet and points.parquet: pandas, DuckDB, Spark, R",
		files: []string{"trials.parquet", "points.parquet"}, write: writeTables("parquet", export.Parquet)},
	{name: "sqlite", what: "sweep.db, the record of this sweep alone: any SQLite, and sweep --dir",
		files: []string{results.FileName}, once: true, write: writeRecord},
	{name: "tensorboard", what: "a folder a trial: tensorboard --logdir (scalars, HParams, projector)",
		files: []string{"TRIAL/events.out.tfevents.*", "TRIAL/projector_config.pbtxt", "TRIAL/embedding.tsv", "TRIAL/metadata.tsv"}, check: haveBegun, write: writeTensorBoard},
	{name: "word2vec", what: "TRIAL.txt, with --binary TRIAL.bin: gensim, most readers of word vectors",
		files: []string{"TRIAL.txt"}, check: haveVectors, write: writeWord2vec},
	{name: "safetensors", what: "TRIAL.safetensors, weights with the configuration and vocabulary: PyTorch, NumPy, JAX",
		files: []string{"TRIAL.safetensors"}, check: haveModels, write: writeSafetensors},
	{name: "wandb", what: "sweep.yaml for wandb sweep, and TRIAL/config.yaml: the same sweep on W&B",
		files: []string{"sweep.yaml", "TRIAL/config.yaml"}, check: haveSpec, write: writeWandB},
	{name: "optuna", what: "study.log, a journal: optuna.load_study, optuna-dashboard",
		files: []string{"study.log"}, check: leaveRetired, write: writeOptuna},
	{name: "mlflow", what: "an experiment on the server at --out http://HOST:PORT, a run a trial; again, what is new",
		check: leaveRetired, write: sendMLflow},
}

// exportFormat is one way to write a sweep or a trial.
type exportFormat struct {
	name string
	what string // it writes, and who reads that
	// files match, below --out, whatever write may write: path.Match patterns in which TRIAL is the id of a trial that is
	// exported. A folder that holds anything else is refused. Without files the format writes none: --out is handed to it as
	// it is, an address perhaps.
	files []string
	once  bool // files that are there already are not replaced
	// check refuses, before anything is made, what cannot be written; nil: nothing. It may leave trials out of e.
	check func(ctx context.Context, e *exported) error
	// write writes into the folder out, which is empty.
	write func(ctx context.Context, e *exported, out string) error
}

// exported is what is written: a sweep, or one trial of it.
type exported struct {
	results.Contents // as of one moment
	app              *app
	store            *results.Store
	single           bool // it is one trial, named as such
	binary           bool // --binary
}

// what names the thing in messages.
func (e *exported) what() string {
	if e.single {
		return "trial " + e.Trials[0].Trial
	}
	return "sweep " + e.Sweep.Sweep
}

func (a *app) exportCommand() *cobra.Command {
	var format, out string
	var binary bool
	c := &cobra.Command{
		Use:               "export SWEEP or TRIAL --format F --out DIR",
		Short:             "Write a sweep or a trial for other programs",
		Long:              exportHelp(),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeSweeps,
		Example: examples("sweep export hidden --format parquet --out tables", "for pandas and DuckDB",
			"sweep export hidden --format tensorboard --out tb", "then: tensorboard --logdir tb",
			"sweep export hidden:best --format word2vec --out vectors", "the winner's embeddings"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := exportFormatNamed(format)
			if err != nil {
				return err
			}
			switch {
			case out == "":
				return usage("--out is missing: the folder to write into, or the address of an MLflow server")
			case f.files != nil && strings.Contains(out, "://"):
				return usage("--out %s: %s writes into a folder; an address goes with --format mlflow", out, f.name)
			case binary && f.name != "word2vec":
				return usage("--binary goes with --format word2vec, not with %s", f.name)
			}
			return a.export(cmd.Context(), args[0], f, out, binary)
		},
	}
	c.Flags().StringVar(&format, "format", "", "what to write: "+strings.Join(exportNames(), ", "))
	c.Flags().StringVar(&out, "out", "", "folder to write into, which is made; of mlflow the address of a server")
	c.Flags().BoolVar(&binary, "binary", false, "word2vec's binary format, TRIAL.bin")
	_ = c.RegisterFlagCompletionFunc("format", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return exportNames(), cobra.ShellCompDirectiveNoFileComp
	})
	a.jsonFlag(c)
	return c
}

func exportHelp() string {
	var b strings.Builder
	b.WriteString("Export writes a sweep, or one trial, in the format of another program, and prints the files:\n\n")
	for _, f := range exportFormats {
		fmt.Fprintf(&b, "  %-12s %s\n", f.name, f.what)
	}
	b.WriteString("\nFiles appear whole or not at all. The folder must be new or empty, or hold files of the same export only, which are\n" +
		"replaced (sqlite replaces none). Tables hold retired trials, too; other formats only if such a trial is named.")
	return b.String()
}

func exportNames() []string {
	var names []string
	for _, f := range exportFormats {
		names = append(names, f.name)
	}
	return names
}

func exportFormatNamed(name string) (exportFormat, error) {
	for _, f := range exportFormats {
		if f.name == name {
			return f, nil
		}
	}
	known := strings.Join(exportNames(), ", ")
	if name == "" {
		return exportFormat{}, usage("--format is missing: %s", known)
	}
	return exportFormat{}, usage("--format %s: %s", name, known)
}

// export refuses what it can before it makes anything, writes into a temporary folder and moves the files to their places.
func (a *app) export(ctx context.Context, ref string, f exportFormat, out string, binary bool) error {
	s, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	e := &exported{app: a, store: s, binary: binary}
	if binary {
		f.files = []string{"TRIAL.bin"}
	}
	if err := e.find(ctx, ref); err != nil {
		return err
	}
	if f.check != nil {
		if err := f.check(ctx, e); err != nil {
			return err
		}
	}
	if f.files == nil {
		return f.write(ctx, e, out)
	}
	place, err := f.place(e, out, a.dir)
	if err != nil {
		return err
	}
	files, err := place.fill(func(temp string) error { return f.write(ctx, e, temp) })
	if err != nil {
		return err
	}
	return a.tellExport(e, f, out, files)
}

// find reads what is exported.
func (e *exported) find(ctx context.Context, ref string) error {
	sweep, trial := ref, ""
	_, err := e.store.Sweep(ctx, ref)
	if errors.Is(err, results.ErrNotFound) {
		var t results.Trial
		t, err = e.store.Trial(ctx, ref)
		sweep, trial, e.single = t.Sweep, t.Trial, true
	}
	switch {
	case errors.Is(err, results.ErrAmbiguous):
		return &statusError{statusUsage, err}
	case errors.Is(err, results.ErrNotFound):
		return notFound("the record holds neither a sweep nor a trial %q; `sweep ls` lists the sweeps", ref)
	case err != nil:
		return err
	}
	e.Contents, err = e.store.Contents(ctx, sweep, trial)
	return err
}

// tellExport prints what was written.
func (a *app) tellExport(e *exported, f exportFormat, out string, files []string) error {
	if a.json {
		o := &orderedObject{}
		o.add("schema", "sweep.export/1")
		o.add("sweep", e.Sweep.Sweep)
		if e.single {
			o.add("trial", e.Trials[0].Trial)
		}
		o.add("format", f.name)
		o.add("out", filepath.ToSlash(out))
		o.add("files", files)
		return a.printJSON(o)
	}
	for _, name := range files {
		fmt.Fprintln(a.stdout, filepath.Join(out, filepath.FromSlash(name)))
	}
	return nil
}

// valuesInOrder are a trial's hyperparameters in the order of the spec.
func valuesInOrder(t results.Trial) (sweeps.Values, error) {
	var vs sweeps.Values
	if err := json.Unmarshal(t.Params, &vs); err != nil {
		return nil, fmt.Errorf("params of trial %s: %w", t.Trial, err)
	}
	return vs, nil
}

// leaveRetired is keepPlanned for formats that have nothing else to check.
func leaveRetired(_ context.Context, e *exported) error {
	e.keepPlanned()
	return nil
}

// keepPlanned leaves retired trials out of a sweep's export.
func (e *exported) keepPlanned() {
	if !e.single {
		e.Trials = slices.DeleteFunc(e.Trials, func(t results.Trial) bool { return bool(t.Retired) })
	}
}

// exportPlace is where an export goes.
type exportPlace struct {
	out string
	old []string // files of the same export that are there, to be replaced
	new bool     // out is not there yet
}

// place finds out whether out can take the export.
func (f exportFormat) place(e *exported, out, record string) (exportPlace, error) {
	p := exportPlace{out: filepath.Clean(out)}
	info, err := os.Stat(p.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.new = true
		return p, nil
	case err != nil:
		return p, &statusError{statusRecord, err}
	case !info.IsDir():
		return p, usage("--out %s is a file; name a folder", out)
	}
	if r, err := os.Stat(record); err == nil && os.SameFile(r, info) {
		return p, usage("--out %s is the folder of the record itself; name another", out)
	}
	err = filepath.WalkDir(p.out, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == p.out {
			return err
		}
		rel, err := filepath.Rel(p.out, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && f.holds(e, rel, true):
		case d.Type().IsRegular() && f.holds(e, rel, false):
			if f.once {
				return usage("%s is there already; an export as %s replaces nothing: name another folder", name, f.name)
			}
			p.old = append(p.old, rel)
		default:
			return usage("--out %s holds %s, which is no part of this export; name a new or an empty folder", out, rel)
		}
		return nil
	})
	if err != nil && !errors.As(err, new(*statusError)) {
		err = &statusError{statusRecord, err}
	}
	return p, err
}

// holds reports whether the format writes a file of that name, or a file in a folder of that name.
func (f exportFormat) holds(e *exported, name string, folder bool) bool {
	for _, pattern := range f.files {
		if folder {
			if pattern = path.Dir(pattern); pattern == "." {
				continue
			}
		}
		for _, t := range e.Trials {
			if ok, _ := path.Match(strings.ReplaceAll(pattern, "TRIAL", t.Trial), name); ok {
				return true
			}
		}
	}
	return false
}

// fill lets write fill a temporary folder beside or in the place, moves what it has written there, and returns the files'
// names, with slashes, in order. If it fails nothing has changed, unless it is the moving that fails half-way.
func (p exportPlace) fill(write func(temp string) error) ([]string, error) {
	parent := p.out
	if p.new {
		parent = filepath.Dir(p.out)
		made, err := makeFolders(parent)
		if err != nil {
			return nil, &statusError{statusRecord, err}
		}
		defer func() {
			for _, dir := range made { // those that are still empty, the innermost first
				os.Remove(dir)
			}
		}()
	}
	temp, err := os.MkdirTemp(parent, ".export-*")
	if err != nil {
		return nil, &statusError{statusRecord, err}
	}
	defer os.RemoveAll(temp)
	if err := write(temp); err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) && strings.HasPrefix(at.Path, temp) {
			err = &statusError{statusRecord, err}
		}
		return nil, err
	}
	files, err := filesIn(temp)
	if err != nil {
		return nil, &statusError{statusRecord, err}
	}
	if err := p.move(temp, files); err != nil {
		return nil, &statusError{statusRecord, err}
	}
	return files, nil
}

// move puts the files of a folder into their places.
func (p exportPlace) move(temp string, files []string) error {
	if p.new {
		if err := os.Chmod(temp, 0o755); err != nil {
			return err
		}
		return os.Rename(temp, p.out)
	}
	for _, name := range files {
		to := filepath.Join(p.out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(temp, filepath.FromSlash(name)), to); err != nil {
			return err
		}
	}
	for _, name := range p.old {
		if !slices.Contains(files, name) { // the last export had it, this one has not
			if err := os.Remove(filepath.Join(p.out, filepath.FromSlash(name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeFolders makes a folder with those above it, and returns the ones it has made, the innermost first.
func makeFolders(dir string) (made []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		made = append(made, at)
	}
	return made, os.MkdirAll(dir, 0o755)
}

// filesIn lists the files below a folder, with slashes, in order.
func filesIn(dir string) ([]string, error) {
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// create writes one file through a buffer.
func create(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<16)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	return errors.Join(err, f.Close())
}

// writeTables writes trials and points by one writer of tables.
func writeTables(extension string, write func(io.Writer, export.Table) error) func(context.Context, *exported, string) error {
	return func(_ context.Context, e *exported, out string) error {
		trials, err := export.Trials(e.Trials)
		if err != nil {
			return err
		}
		err = create(filepath.Join(out, "trials."+extension), func(w io.Writer) error { return write(w, trials) })
		if err != nil {
			return err
		}
		return create(filepath.Join(out, "points."+extension), func(w io.Writer) error { return write(w, export.Points(e.Points)) })
	}
}

// writeRecord writes a record of the sweep alone; of a trial, that of its sweep.
func writeRecord(ctx context.Context, e *exported, out string) error {
	return e.store.Extract(ctx, e.Sweep.Sweep, filepath.Join(out, results.FileName))
}

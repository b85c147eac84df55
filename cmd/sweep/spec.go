package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sweep/results"
	"sweep/runner"
	"sweep/runner/nplm"
	programs "sweep/runner/program"
	"sweep/sweeps"
)

// specFlags are what run, plan and check take beside the file's name.
type specFlags struct {
	set     []string
	only    []string
	source  []byte // of the spec, where it is not read from its file
	retrain bool   // what older numeric versions have trained is not kept
}

func (f *specFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.set, "set", nil, "override a key of the spec: --set parameters.hidden_size=64 (repeatable)")
	c.Flags().StringArrayVar(&f.only, "only", nil, "keep the configurations in which X has the value V: --only hidden_size=100 (repeatable)")
}

// standardInput is the file name that stands for it.
const standardInput = "-"

// readSpec reads a spec's file, of at most 1 MiB and a byte: the decoder says what is too much.
func readSpec(file string) ([]byte, error) {
	if file == standardInput {
		src, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<20+1))
		if err != nil {
			return nil, usage("standard input: %v", err)
		}
		return src, nil
	}
	f, err := os.Open(file)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "; `sweep init` writes a spec to start from"
		}
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, usage("%s: %v%s", file, err, hint)
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.IsDir() {
		return nil, usage("%s: a folder, not a spec; name the YAML file in it", file)
	}
	src, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err != nil {
		return nil, usage("%s: %v", file, err)
	}
	return src, nil
}

// loadSpec decodes a spec for the built-in trainer and prints its warnings.
func (a *app) loadSpec(file string, f specFlags) (*sweeps.Spec, error) {
	src := f.source
	if src == nil {
		var err error
		if src, err = readSpec(file); err != nil {
			return nil, err
		}
	}
	spec, err := sweeps.Load(file, src, nplm.New(a.dir).Describe(context.Background()), f.set...)
	if err != nil {
		return nil, err
	}
	a.warn(spec.Warnings)
	return spec, nil
}

// warn prints what is legal but probably not meant.
func (a *app) warn(ps []sweeps.Problem) {
	for _, p := range ps {
		if line := warning(p); !slices.Contains(a.warned, line) {
			fmt.Fprintf(a.stderr, "sweep: %s\n", line)
			a.warned = append(a.warned, line)
		}
	}
}

func warning(p sweeps.Problem) string {
	place := p.File
	if p.Line > 0 { // none in what a flag sets
		place += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	s := fmt.Sprintf("%s: note: %s", place, p.Message)
	if p.Hint != "" {
		s += "; " + p.Hint
	}
	return s
}

// planned is a spec made concrete. Only chosen is trained; the rest of whole stays in the sweep as it is.
type planned struct {
	whole, chosen *sweeps.Plan // the same but for --only
	trainer       *nplm.Trainer
	program       *programs.Guard // in the trainer's place, where the spec names a program; else nil
}

// runs is what trains the trials.
func (p planned) runs() runner.Trainer {
	if p.program != nil {
		return p.program
	}
	return p.trainer
}

// programName stands for external programs in the keys of trainings.
const programName = "program"

// external makes the trainer of a spec that names a program, and what the planner is told of it. A training is identified by
// the command and its parameters, not by what the program's file holds: to mend a mistake in it must not throw away what
// was trained.
func (a *app) external(spec *sweeps.Spec) (*programs.Guard, sweeps.Trainer, error) {
	if err := programs.Check(spec.Program, spec.Command, ""); err != nil {
		var ps sweeps.Problems
		for line := range strings.SplitSeq(err.Error(), "\n") {
			ps = append(ps, spec.ProgramProblem(line))
		}
		return nil, sweeps.Trainer{}, ps
	}
	t := &programs.Trainer{
		Record: a.dir, Program: spec.Program, Command: spec.Command, GPUs: spec.GPUs, Silence: spec.Silence,
		Retries: spec.Retries, Backoff: retryAfter, Devices: a.devices,
	}
	if spec.SeedSwept() {
		t.SeedParam = "seed"
	}
	if spec.Budget.TrialTime > 0 {
		t.Beat = time.Second
	}
	if e := spec.EarlyTerminate; e != nil {
		t.Pausing = e.Promote
	}
	resolve := func(vs sweeps.Values) (sweeps.Resolved, error) {
		key := append(sweeps.Values{{Name: "$program", Value: sweeps.StringValue(spec.Program)}}, vs...)
		for i, word := range spec.Command {
			key = append(key, sweeps.Setting{Name: fmt.Sprintf("$command[%d]", i), Value: sweeps.StringValue(word)})
		}
		return sweeps.Resolved{Key: key, Steady: 1}, nil
	}
	return &programs.Guard{Trainer: t}, sweeps.Trainer{Name: programName, Version: "1", Resolve: resolve}, nil
}

// retryAfter is the pause before a program that failed is tried again; it doubles.
const retryAfter = 10 * time.Second

// makePlan decodes a spec and expands it, reading the corpora that it names.
func (a *app) makePlan(ctx context.Context, file string, f specFlags) (p planned, err error) {
	spec, err := a.loadSpec(file, f)
	if err != nil {
		return p, err
	}
	if err := a.refuseImported(ctx, spec); err != nil {
		return p, err
	}
	if a.trainer == nil {
		a.trainer = nplm.New(a.dir)
	}
	p.trainer = a.trainer
	var about sweeps.Trainer
	if spec.External() {
		if p.program, about, err = a.external(spec); err != nil {
			return p, err
		}
	} else {
		about = p.trainer.Describe(ctx)
	}
	drawn, err := a.drawn(ctx, spec)
	if err != nil {
		return p, err
	}
	p.whole, err = sweeps.NewPlan(spec, about, drawn...)
	if ctx.Err() != nil {
		return p, context.Cause(ctx)
	}
	if err != nil {
		return p, err
	}
	a.warn(p.whole.Warnings)
	if !f.retrain {
		if err := a.adopt(ctx, p.whole); err != nil {
			return p, err
		}
	}
	if spec.Decides() {
		if len(f.only) > 0 {
			return p, usage("--only %s: %s is a sweep whose trainings depend on one another's results, of which no part can be trained alone; "+
				"narrow its parameters with --set", f.only[0], spec.Name)
		}
		p.chosen = p.whole
		return p, nil
	}
	chosen := *p.whole
	p.chosen = &chosen
	return p, p.chosen.Only(f.only...)
}

// glance opens the record for what planning takes from it. It is nil where there is none, or none for reading: whoever writes it says why. A
// worker insists: it has the record open, and would train by another plan without.
func (a *app) glance(ctx context.Context) (*results.Store, error) {
	s, err := a.open(ctx)
	if err != nil && !a.insists {
		return nil, nil
	}
	return s, err
}

// refuseImported guards what another program has trained: no spec takes over its name.
func (a *app) refuseImported(ctx context.Context, spec *sweeps.Spec) error {
	s, err := a.glance(ctx)
	if s == nil {
		return err
	}
	defer s.Close()
	row, err := s.Sweep(ctx, spec.Name)
	if err != nil || row.Method != results.ImportedMethod {
		return nil
	}
	return usage("%s: sweep %s: %w", spec.File, spec.Name, results.ErrImported)
}

// drawn returns the random points that earlier sessions have drawn for a spec.
func (a *app) drawn(ctx context.Context, spec *sweeps.Spec) ([]sweeps.Drawn, error) {
	if spec.Method != "random" && spec.Method != "sobol" {
		return nil, nil
	}
	s, err := a.glance(ctx)
	if s == nil {
		return nil, err
	}
	defer s.Close()
	return s.Drawn(ctx, spec.Name)
}

// adopt lets a plan keep what older numeric versions of the trainer have made of its sweep, and says so.
func (a *app) adopt(ctx context.Context, plan *sweeps.Plan) error {
	s, err := a.glance(ctx)
	if s == nil {
		return err
	}
	defer s.Close()
	versions, err := s.Versions(ctx, plan.Spec.Name, plan.Trainer)
	if err != nil {
		return err
	}
	versions = slices.DeleteFunc(versions, func(v string) bool { return v == plan.Version })
	if len(versions) == 0 {
		return nil
	}
	keys, err := s.FinishedKeys(ctx, plan.Spec.Name)
	if err != nil {
		return err
	}
	if err := plan.Adopt(versions, func(key string) bool { return keys[key] }); err != nil {
		return err
	}
	for _, v := range versions {
		if n := plan.Adopted()[v]; n > 0 {
			line := fmt.Sprintf("%s: %s of the plan were made by numeric version %s, and this program is %s, which gives other bits; they are kept and marked, --retrain makes them anew",
				plan.Spec.Name, plural(n, "training"), v, plan.Version)
			if !slices.Contains(a.warned, line) {
				fmt.Fprintf(a.stderr, "sweep: %s\n", line)
				a.warned = append(a.warned, line)
			}
		}
	}
	return nil
}

// recall takes a plan to where the record stands, as far as its trainings depend on results.
func (a *app) recall(ctx context.Context, p planned) error {
	if !p.whole.Spec.Decides() {
		return nil
	}
	defer func() { a.warn(p.whole.Warnings) }() // with what the first configurations of a search show
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrNotFound) {
		return p.recall(ctx, nil)
	}
	if err != nil {
		return err
	}
	defer s.Close()
	return p.recall(ctx, s)
}

// recall is the same with an open record, nil for none.
func (p planned) recall(ctx context.Context, s *results.Store) error {
	spec := p.whole.Spec
	if !spec.Decides() {
		return nil
	}
	var m sweeps.Memory
	if s != nil {
		var err error
		if m, err = s.Memory(ctx, spec, p.whole.Identity()); err != nil {
			return err
		}
	}
	return p.whole.Recall(m)
}

// diff holds a plan against the record; without a record everything is new.
func (a *app) diff(ctx context.Context, plan *sweeps.Plan) (results.Diff, error) {
	s, err := a.open(ctx)
	if errors.Is(err, results.ErrNotFound) {
		return results.Diff{New: len(plan.Trials())}, nil
	}
	if err != nil {
		return results.Diff{}, err
	}
	defer s.Close()
	return s.Diff(ctx, plan)
}

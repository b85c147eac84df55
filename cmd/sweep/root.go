package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sweep/results"
	"sweep/runner/nplm"
	programs "sweep/runner/program"
	"sweep/sweeps"
	"sweep/trainer"
	"sweep/trainer/embeddings"
)

// app is what the verbs share: where output goes and the flags that all of them take.
type app struct {
	stdout, stderr io.Writer
	notices        *notices     // where lines go that may come at any time
	dir            string       // of the record, and of checkpoints and reports
	artifacts      string       // the address of a store of files that other machines reach, too; "": there is none
	store          string       // the address of a record that is not in dir, "": it is
	inStore        sweeps.Locks // of store, once they were needed; their connection ends with the process
	json           bool
	quiet          bool
	counted        map[counting]judged // count models that this process has made already
	classes        embeddings.Classes  // what report --classes colours maps of embeddings by
	classFile      string
	trainer        *nplm.Trainer    // of all plans of this process: it keeps the texts that it has read
	fetched        map[string]error // trials whose files were looked for in the store of files, and why they were not there
	warned         []string         // lines that were said already
	devices        *programs.Devices
	insists        bool // on reading the record where planning takes something from it
}

// run is main without the process around it: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, notices: &notices{w: stderr}, devices: new(programs.Devices)}
	ctx, stop := withSignals(ctx, a.notices)
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	lost := ofRecord(err) // beside a signal
	if cause := context.Cause(ctx); errors.As(cause, new(interrupted)) {
		err = errors.Join(cause, err) // the signal decides the exit status
	}
	status := exitStatus(err)
	var silent *statusError
	switch {
	case err == nil, errors.As(err, &silent) && silent.err == nil:
	case errors.As(err, new(interrupted)) && !lost: // said already by withSignals
	default:
		a.complain(err)
	}
	return status
}

// complain says what is wrong.
func (a *app) complain(err error) {
	for line := range strings.SplitSeq(strings.TrimRight(err.Error(), "\n"), "\n") {
		fmt.Fprintf(a.stderr, "sweep: %s\n", visible(line))
	}
}

// notices writes lines that come at any time: over the bars of a running sweep while there are any.
type notices struct {
	mu sync.Mutex
	w  io.Writer
}

func (n *notices) to(w io.Writer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.w = w
}

func (n *notices) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.w.Write(b)
}

// withSignals ends the context at the first interrupt and the process at the second.
func withSignals(parent context.Context, say io.Writer) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for n := 0; ; n++ {
			select {
			case s := <-signals:
				cause := interrupted{s}
				if n > 0 {
					os.Exit(cause.status())
				}
				fmt.Fprintln(say, "sweep: stopping (once more to stop at once)")
				cancel(cause)
			case <-done:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

const rootHelp = `Sweep trains every configuration of a YAML spec, several times with different seeds, in
parallel, keeps every figure in SQLite or PostgreSQL, and answers which is best and how sure that is.

Exit status: 0 done; 1 done, but a trial failed, or a corpus or a server could not be reached; 2 a mistake
in the spec, a flag or a file that these name; 3 no such sweep, trial or word; 4 the record's folder, or
that of corpora, cannot be written, is full or busy, or its database away; 5 a check failed; 130 and 143 interrupted.`

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "sweep",
		Short:         "Sweep hyperparameters on your own machine, with replicates and honest intervals",
		Long:          rootHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			// Not the flags' defaults, which help would show with passwords. An empty flag says: not this time.
			if !cmd.Flags().Changed("store") {
				a.store = os.Getenv("SWEEP_STORE")
			}
			if !cmd.Flags().Changed("artifacts") {
				a.artifacts = os.Getenv("SWEEP_ARTIFACTS")
			}
			if a.dir == "" {
				return usage("--dir is empty; name the folder of the record, such as --dir runs")
			}
			if err := trainer.UseKernel(""); err != nil {
				return &statusError{statusUsage, err}
			}
			return nil
		},
		Example: examples(
			"sweep run sweeps/hidden.yaml", "train what is missing, then report",
			"sweep best hidden", "the winner, and what cannot be told apart from it",
			"sweep predict hidden:best the end of", "the fourth word",
		),
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	dir := os.Getenv("SWEEP_DIR")
	if dir == "" {
		dir = "runs"
	}
	root.PersistentFlags().StringVar(&a.dir, "dir", dir, "folder of the record, checkpoints and reports (or SWEEP_DIR)")
	root.PersistentFlags().StringVar(&a.store, "store", "", "record in PostgreSQL, postgres://USER@HOST/DATABASE, instead of the folder's (or SWEEP_STORE)")
	root.PersistentFlags().StringVar(&a.artifacts, "artifacts", "", "keep checkpoints, models, logs and reports where all machines reach them: file:///FOLDER or s3://BUCKET (or SWEEP_ARTIFACTS)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%v; see `%s --help`", err, cmd.CommandPath())
	})
	root.AddGroup(&cobra.Group{ID: "run", Title: "Run:"}, &cobra.Group{ID: "control", Title: "Control a running sweep from another terminal, or with a store from any machine:"}, &cobra.Group{ID: "read", Title: "Read the record:"},
		&cobra.Group{ID: "model", Title: "Ask a trained model:"}, &cobra.Group{ID: "house", Title: "Data and housekeeping:"})
	group := func(id string, cmds ...*cobra.Command) {
		for _, c := range cmds {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group("run", a.runCommand(), a.planCommand(), a.checkCommand(), a.refineCommand(), a.extendCommand(), a.initCommand(), a.importCommand())
	group("control", a.workerCommand(), a.stopCommand(), a.pauseCommand(), a.resumeCommand(), a.retryCommand(), a.watchCommand(), a.logsCommand(), a.fetchCommand())
	group("read", a.lsCommand(), a.trialsCommand(), a.showCommand(), a.bestCommand(), a.compareCommand(), a.tableCommand(),
		a.reportCommand(), a.plotCommand(), a.importanceCommand(), a.queryCommand(), a.exportCommand(), a.schemaCommand(),
		a.verifyCommand(), a.noteCommand(), a.tagCommand())
	group("model", a.predictCommand(), a.neighborsCommand(), a.sampleCommand(), a.evalCommand())
	group("house", a.dataCommand(), a.benchCommand(), a.dbCommand(), a.rmCommand(), a.gcCommand(), a.doctorCommand(), a.completionCommand(), a.versionCommand())
	root.SetHelpCommandGroupID("house")
	describeArgs(root)
	return root
}

// examples lays out commands and what they are for in two columns.
func examples(pairs ...string) string {
	width := 0
	for i := 0; i < len(pairs); i += 2 {
		width = max(width, len(pairs[i]))
	}
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "  %-*s  # %s\n", width, pairs[i], pairs[i+1])
	}
	return strings.TrimRight(b.String(), "\n")
}

// describeArgs turns cobra's complaints about arguments into ours, with the usage line as the mend.
func describeArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage("%v; usage: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		describeArgs(sub)
	}
}

// open opens the record for reading; one that does not exist is not made.
func (a *app) open(ctx context.Context) (*results.Store, error) {
	return a.openTo(ctx, results.Options{ReadOnly: true})
}

// openTo opens the record where it is.
func (a *app) openTo(ctx context.Context, o results.Options) (*results.Store, error) {
	o.URL = a.store
	return results.Open(ctx, a.dir, o)
}

// where is where the record is, for people.
func (a *app) where() string {
	if a.store != "" {
		return results.Address(a.store)
	}
	return a.dir
}

// isTerminal reports whether w is a terminal, and how wide.
func isTerminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 80
	}
	return width, true
}

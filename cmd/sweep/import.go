package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sweep/internal/mlflow"
	"sweep/internal/optuna"
	"sweep/internal/wandb"
	"sweep/results"
	"sweep/results/optunadb"
	"sweep/sweeps"
)

// importFlags are what every kind of import takes.
type importFlags struct {
	name   string
	metric string
	goal   string
	seed   string
	dryRun bool
}

func (f *importFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "name", "", "what to call the sweep")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would be taken, and take nothing")
}

// addMetric adds the flags of sources that do not say what their runs are judged by.
func (f *importFlags) addMetric(c *cobra.Command) {
	c.Flags().StringVar(&f.metric, "metric", "", "the metric that runs are judged by")
	c.Flags().StringVar(&f.goal, "goal", "", "minimize or maximize it")
	c.Flags().StringVar(&f.seed, "seed-param", "seed", "the parameter that only tells replicates apart, where a run has it")
}

// maximize reads --goal, which a metric like val/loss answers by its name.
func (f *importFlags) maximize() (bool, error) {
	if f.metric == "" {
		return false, usage("--metric is missing: what are the runs judged by?")
	}
	goal := f.goal
	if goal == "" {
		goal = results.MetricGoal(f.metric)
	}
	switch goal {
	case "minimize", "maximize":
		return goal == "maximize", nil
	case "":
		return false, usage("--goal is missing: minimize or maximize %s?", f.metric)
	}
	return false, usage("--goal %s: minimize or maximize", goal)
}

func (a *app) importCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "import optuna, wandb or mlflow",
		Short: "Take over what Optuna, W&B or MLflow has recorded",
		Long: "Import makes a sweep of what another program has recorded: parameters, figures, curves and times of the runs that\n" +
			"have ended. It stands in the record like any sweep, and is never trained. Importing again adds what is new.",
		Example: examples("sweep import optuna study.log", "a journal file, or a storage in SQLite",
			"sweep import wandb runs.csv --metric val_loss --goal minimize", "the runs table, exported as CSV",
			"sweep import mlflow http://127.0.0.1:5000 --experiment tune --metric val_loss --goal minimize", "a running server"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(a.importOptunaCommand(), a.importWandbCommand(), a.importMlflowCommand())
	return c
}

func (a *app) importOptunaCommand() *cobra.Command {
	var f importFlags
	var study, objective string
	c := &cobra.Command{
		Use:   "optuna FILE",
		Short: "Import a study from Optuna's journal file or SQLite storage",
		Long: "Import a study of Optuna from the file of its JournalFileBackend or from its SQLite storage, which may also be written\n" +
			"as Optuna does, sqlite:///FILE. Complete trials are complete, pruned ones stopped, failed ones failed; one whose value is\n" +
			"infinite has diverged. Intermediate values become the curve, numbers among the user attributes further figures.",
		Example: examples("sweep import optuna journal.log --study tune", "one of several studies",
			"sweep import optuna sqlite:///optuna.db --metric val/loss", "call the objective by its name",
			"sweep import optuna journal.log --objective 0 --name tune-loss", "one of several objectives"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := strings.TrimPrefix(args[0], "sqlite:///")
			x, err := readOptuna(cmd.Context(), file, study, optuna.Choice{Objective: objective, Metric: f.metric, Sweep: f.name})
			if err != nil {
				return sourceError(cmd.Context(), file, err)
			}
			return a.takeOver(cmd.Context(), x, f.dryRun)
		},
	}
	f.add(c)
	c.Flags().StringVar(&study, "study", "", "the study's name; needed where the file holds several")
	c.Flags().StringVar(&objective, "objective", "", "the number or name of one of several objectives")
	c.Flags().StringVar(&f.metric, "metric", "", "what to call the objective (default: its name in the study, else value)")
	a.jsonFlag(c)
	return c
}

// sqliteMagic is how every SQLite file begins.
var sqliteMagic = []byte("SQLite format 3\x00")

// readOptuna reads a study from a file of either kind.
func readOptuna(ctx context.Context, file, study string, o optuna.Choice) (x results.Import, err error) {
	b, sum, err := readSource(file)
	if err != nil {
		return x, err
	}
	var studies []optuna.Study
	version := ""
	if bytes.HasPrefix(b, sqliteMagic) {
		studies, version, err = optunadb.Read(ctx, file)
	} else {
		studies, err = optuna.ReadJournal(bytes.NewReader(b))
	}
	if err != nil {
		return x, err
	}
	s, err := optuna.Find(studies, study)
	if err != nil {
		return x, err
	}
	if x, err = s.Import(o); err != nil {
		return x, err
	}
	x.Source.Version = version
	x.Source.Details = map[string]string{"study": s.Name, "file": file, "sha256": sum}
	return x, nil
}

func (a *app) importWandbCommand() *cobra.Command {
	var f importFlags
	var o wandb.Choice
	var history string
	c := &cobra.Command{
		Use:   "wandb RUNS.csv",
		Short: "Import the runs table of W&B, exported as CSV",
		Long: "Import a table of runs as W&B's web page exports it, or as wandb.Api().runs gives it: with columns config.X and\n" +
			"summary.X, or config and summary that hold dicts. The page's table does not say which columns are parameters; they are\n" +
			"those before the place where the sorted names begin anew, or else --params names them. --history is a table of steps:\n" +
			"with a column run, run_id, id or name, or as charts are exported, RUN - METRIC.",
		Example: examples("sweep import wandb runs.csv --metric val_loss --goal minimize", "the sweep is called runs",
			"sweep import wandb runs.csv --metric val/acc --goal maximize --params lr,layers --name tune", "two columns are parameters",
			"sweep import wandb runs.csv --metric val_loss --goal minimize --history history.csv", "with curves"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Maximize, err = f.maximize(); err != nil {
				return err
			}
			o.Metric, o.Seed = f.metric, f.seed
			if o.Sweep = f.name; o.Sweep == "" {
				base := filepath.Base(args[0])
				o.Sweep = sweeps.Spelling(strings.TrimSuffix(base, filepath.Ext(base)))
			}
			x, err := readWandb(args[0], history, o)
			if err != nil {
				return sourceError(cmd.Context(), args[0], err)
			}
			return a.takeOver(cmd.Context(), x, f.dryRun)
		},
	}
	f.add(c)
	f.addMetric(c)
	c.Flags().StringSliceVar(&o.Params, "params", nil, "the columns that are parameters")
	c.Flags().StringVar(&history, "history", "", "a CSV file with the metrics' curves")
	c.Flags().StringVar(&o.Step, "step", "", "the column of --history that counts steps (default _step or step)")
	a.jsonFlag(c)
	return c
}

func readWandb(runs, history string, o wandb.Choice) (x results.Import, err error) {
	b, sum, err := readSource(runs)
	if err != nil {
		return x, err
	}
	details := map[string]string{"file": runs, "sha256": sum}
	var curves io.Reader
	if history != "" {
		h, sum, err := readSource(history)
		if err != nil {
			return x, err
		}
		curves = bytes.NewReader(h)
		details["history"], details["history_sha256"] = history, sum
	}
	x, err = wandb.Read(bytes.NewReader(b), curves, o)
	x.Source.Details = details
	return x, err
}

func (a *app) importMlflowCommand() *cobra.Command {
	var f importFlags
	var o mlflow.Choice
	c := &cobra.Command{
		Use:   "mlflow URL --experiment NAME",
		Short: "Import an experiment from a running MLflow server",
		Long: "Import the runs of an experiment by MLflow's REST interface. Finished runs are complete, killed ones stopped, failed\n" +
			"ones failed; one whose metric is no number has diverged. All last values are figures; the history of --metric, and of\n" +
			"those that --curves names, becomes curves. No other address is asked.",
		Example: examples("sweep import mlflow http://127.0.0.1:5000 --experiment tune --metric val_loss --goal minimize", "",
			"sweep import mlflow http://127.0.0.1:5000 --experiment tune --metric acc --goal maximize --curves loss,lr", "more curves"),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Experiment == "" {
				return usage("--experiment is missing: which of the server's?")
			}
			var err error
			if o.Maximize, err = f.maximize(); err != nil {
				return err
			}
			o.Metric, o.Seed, o.Sweep = f.metric, f.seed, f.name
			client, err := mlflow.NewClient(args[0])
			if err != nil {
				return usage("%v", err)
			}
			x, err := client.Import(cmd.Context(), o)
			if err != nil {
				return sourceError(cmd.Context(), "", err)
			}
			return a.takeOver(cmd.Context(), x, f.dryRun)
		},
	}
	f.add(c)
	f.addMetric(c)
	c.Flags().StringVar(&o.Experiment, "experiment", "", "the experiment's name")
	c.Flags().StringSliceVar(&o.Metrics, "curves", nil, "other metrics whose histories are taken, too")
	a.jsonFlag(c)
	return c
}

// readSource reads a file and its SHA-256.
func readSource(file string) ([]byte, string, error) {
	b, err := os.ReadFile(file)
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:]), err
}

// sourceError gives what ended the reading of a source its exit status: 1 for the network, 2 for the rest.
func sourceError(ctx context.Context, file string, err error) error {
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, new(*mlflow.NetworkError)):
		return &statusError{statusNetwork, err}
	case file != "":
		return usage("%s: %w", file, err)
	}
	return &statusError{statusUsage, err}
}

// taken is `import --json`.
type taken struct {
	Schema string `json:"schema"`
	Sweep  string `json:"sweep"`
	Source string `json:"source"`
	Metric string `json:"metric"`
	Goal   string `json:"goal"`
	Trials int    `json:"trials"`
	results.ImportDiff
	Left   int      `json:"left"` // had not ended there
	Params []string `json:"params"`
	DryRun bool     `json:"dry_run"`
}

// takeOver records an import, or says what it would come to.
func (a *app) takeOver(ctx context.Context, x results.Import, dryRun bool) error {
	x.Program = build().Version
	x.Command = append([]string{"sweep"}, withoutPasswords(os.Args[1:])...)
	d, err := a.putImport(ctx, x, dryRun)
	if err != nil {
		return err
	}
	t := taken{
		"sweep.import/1", x.Sweep, x.Source.Name, x.Metric, sweeps.Metric{Maximize: x.Maximize}.Goal(), len(x.Trials), d, x.Left, []string{}, dryRun,
	}
	seen := map[string]bool{}
	for _, trial := range x.Trials {
		for _, p := range trial.Params {
			if !seen[p.Name] {
				t.Params = append(t.Params, p.Name)
			}
			seen[p.Name] = true
		}
	}
	if a.json {
		return a.printJSON(t)
	}
	left := ""
	if x.Left > 0 {
		left = fmt.Sprintf("; %s left out, which had not ended", plural(x.Left, "trial"))
	}
	would := ""
	if dryRun {
		would = "nothing was written: "
	}
	_, err = fmt.Fprintf(a.stdout, "%s%s: %d new, %d kept%s\n%s to %s; parameters: %s\n", would, x.Sweep, d.New, d.Kept, left,
		t.Metric, t.Goal, orDash(strings.Join(t.Params, ", ")))
	return err
}

// putImport records an import. What the record refuses is refused before a folder for it is made.
func (a *app) putImport(ctx context.Context, x results.Import, dryRun bool) (d results.ImportDiff, err error) {
	s, err := a.open(ctx)
	switch {
	case errors.Is(err, results.ErrNotFound):
		d, err = x.Fresh()
	case errors.Is(err, results.ErrOlder) && !dryRun: // opening it to write brings it up to date
		err = nil
	case err == nil:
		d, err = s.DiffImport(ctx, x)
		s.Close()
	}
	if err != nil || dryRun {
		return d, err
	}
	if err := a.bringUpToDate(ctx); err != nil {
		return d, err
	}
	if s, err = a.openTo(ctx, results.Options{}); err != nil {
		return d, err
	}
	d, err = s.Import(ctx, x)
	return d, errors.Join(err, s.Close())
}

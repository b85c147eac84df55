package interop

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exportSpecs are sweeps that exports are made of: a grid with all kinds of values and a trial that is retired later, one
// that diverges, programs with texts that are hard to carry, and models of every shape that weights can have.
var exportSpecs = map[string]string{
	"names": `
name: names
metric: {name: val/loss}
replicates: 2
parameters: {corpus: names, embedding_dim: 5, hidden_size: [8, 12], direct: [false, true], learning_rate: 0.01, batch_size: 32, steps: 300, evaluations: 3, eval_examples: 500}
`,
	"wild": `
name: wild
parameters: {corpus: names, hidden_size: 8, embedding_dim: 4, activation: relu, optimizer: sgd, learning_rate: [0.1, 1000], steps: 40, evaluations: 20, eval_examples: 100}
`,
	"texts": `
name: texts
command: [sh, train.sh]
metric: {name: loss}
parameters:
  text: ["=1+1", "-", "näive \"quoted\", a,b;c", "two\nlines", " ", "None", "1e5", "tab\there"]
  mixed: [1, auto]
  lr: [1e-7, 3]
  large: 9007199254740991
`,
	"shapes": `
name: shapes
parameters: {corpus: names, embedding_dim: 5, hidden_size: 12, direct: [false, true], batch_norm: [false, true], activation: [tanh, relu, sigmoid], batch_size: 32, steps: 60, evaluations: 1, eval_examples: 100}
`,
}

const trainScript = `printf '{"loss": 0.1, "step": 1}\n{"loss": NaN, "step": 2, "other": -1e300}\n{"loss": 0.30000000000000004, "step": 3}\n'
`

// workshop is a record with sweeps, made by the real program when they are wanted first.
type workshop struct {
	t       *testing.T
	program string
	dir     string // with runs/sweep.db
	made    map[string]bool
}

func newWorkshop(t *testing.T) *workshop {
	w := &workshop{t, filepath.Join(t.TempDir(), "sweep"), t.TempDir(), map[string]bool{}}
	if err := os.WriteFile(filepath.Join(w.dir, "train.sh"), []byte(trainScript), 0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

// make trains sweeps of exportSpecs.
func (w *workshop) make(names ...string) {
	w.t.Helper()
	if len(w.made) == 0 {
		if out, err := exec.CommandContext(w.t.Context(), "go", "build", "-o", w.program, "sweep/cmd/sweep").CombinedOutput(); err != nil {
			w.t.Fatalf("build: %v\n%s", err, out)
		}
	}
	for _, name := range names {
		if w.made[name] {
			continue
		}
		w.made[name] = true
		if err := os.WriteFile(filepath.Join(w.dir, name+".yaml"), []byte(exportSpecs[name]), 0o644); err != nil {
			w.t.Fatal(err)
		}
		if name == "names" { // with a configuration that the spec then has no more
			w.sweep("run", "names.yaml", "--quiet", "--set", "parameters.hidden_size=[8, 12, 6]", "--set", "replicates=1")
		}
		w.sweep("run", name+".yaml", "--quiet")
	}
}

// sweep runs the program where the record lies and returns what it prints; it must succeed.
func (w *workshop) sweep(args ...string) string {
	w.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(w.t.Context(), w.program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = w.dir, &out, &errs
	if err := cmd.Run(); err != nil {
		w.t.Fatalf("sweep %q: %v\n%s%s", args, err, out.String(), errs.String())
	}
	return out.String()
}

// export writes a sweep or trial in a format and returns the folder.
func (w *workshop) export(t *testing.T, what, format string, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), format)
	w.sweep(append([]string{"export", what, "--format", format, "--out", out}, flags...)...)
	return out
}

func (w *workshop) record() string { return filepath.Join(w.dir, "runs", "sweep.db") }

// trials are the ids of a sweep's trials that are not retired.
func (w *workshop) trials(sweep string) (ids []string) {
	for line := range strings.Lines(w.sweep("trials", sweep, "--json")) {
		var row struct {
			Trial   string `json:"trial"`
			Retired int    `json:"retired"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			w.t.Fatal(err)
		}
		if row.Retired == 0 {
			ids = append(ids, row.Trial)
		}
	}
	return ids
}

// interpreter is the Python that SWEEP_PYTHON names.
func interpreter() string { return cmp.Or(os.Getenv("SWEEP_PYTHON"), "python3") }

// needs skips the test where the interpreter, or a module, is missing.
func needs(t *testing.T, modules ...string) {
	t.Helper()
	if _, err := exec.LookPath(interpreter()); err != nil {
		t.Skipf("there is no %s (SWEEP_PYTHON names the interpreter)", interpreter())
	}
	for _, m := range modules {
		find := "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
		if exec.Command(interpreter(), "-I", "-c", find, m).Run() != nil {
			t.Skipf("%s has no module %s", interpreter(), m)
		}
	}
}

// readers runs a script of this folder and logs what it prints. Python does not look for modules beside the script, where
// files may have their names.
func readers(t *testing.T, script string, args ...string) {
	t.Helper()
	script, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), interpreter(), append([]string{"-I", script}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(script), err, out)
	}
	t.Logf("%s", bytes.TrimSpace(out))
}

// TestExports exports real sweeps and has each format read back by the program that it is for.
func TestExports(t *testing.T) {
	w := newWorkshop(t)
	all := []string{"names", "wild", "texts", "shapes"}
	t.Run("tables", func(t *testing.T) {
		needs(t, "pandas", "duckdb", "pyarrow")
		w.make(all...)
		for _, s := range all {
			readers(t, "read_tables.py", w.record(), s, w.export(t, s, "csv"), w.export(t, s, "json"), w.export(t, s, "parquet"))
		}
	})
	t.Run("copy", func(t *testing.T) {
		needs(t, "sqlite3")
		w.make("wild", "texts")
		for _, s := range []string{"wild", "texts"} {
			out := w.export(t, s, "sqlite")
			readers(t, "read_copy.py", w.record(), filepath.Join(out, "sweep.db"), s)
			w.sweep("db", "check", "--dir", out)
			if got, want := w.sweep("best", s, "--dir", out, "--json"), w.sweep("best", s, "--json"); got != want {
				t.Errorf("the copy's best is %s, the record's %s", got, want)
			}
		}
	})
	t.Run("events", func(t *testing.T) {
		needs(t, "tensorboard", "numpy")
		w.make(all...)
		for _, s := range all {
			readers(t, "read_events.py", w.record(), s, w.export(t, s, "tensorboard"))
		}
	})
	t.Run("board", func(t *testing.T) {
		needs(t, "tensorboard", "numpy", "safetensors")
		w.make("names", "wild", "texts")
		for _, s := range []string{"names", "wild", "texts"} {
			readers(t, "read_board.py", w.record(), s, w.export(t, s, "tensorboard"), filepath.Join(w.dir, "runs", "checkpoints"))
		}
	})
	t.Run("vectors", func(t *testing.T) {
		needs(t, "gensim", "safetensors")
		w.make("names")
		trial := w.trials("names")[0]
		neighbors := filepath.Join(t.TempDir(), "neighbors")
		if err := os.WriteFile(neighbors, []byte(w.sweep("neighbors", trial, "a", "e", "q", "z", "--json")), 0o644); err != nil {
			t.Fatal(err)
		}
		readers(t, "read_vectors.py", filepath.Join(w.export(t, trial, "word2vec"), trial+".txt"),
			filepath.Join(w.export(t, trial, "word2vec", "--binary"), trial+".bin"), w.weights(trial), neighbors)
	})
	t.Run("weights", func(t *testing.T) {
		needs(t, "numpy", "safetensors")
		w.make("shapes")
		out := w.export(t, "shapes", "safetensors")
		var pairs []string
		for _, trial := range w.trials("shapes") {
			pairs = append(pairs, filepath.Join(out, trial+".safetensors"), w.weights(trial))
		}
		readers(t, "read_weights.py", pairs...)
	})
	t.Run("network", func(t *testing.T) {
		needs(t, "torch", "safetensors")
		w.make("shapes")
		out := w.export(t, "shapes", "safetensors")
		var pairs []string
		for _, trial := range w.trials("shapes") {
			var lines strings.Builder
			for _, words := range [][]string{nil, {"a"}, {"e", "m", "m"}, {"z", "q", "x", "y"}} {
				lines.WriteString(w.sweep(append([]string{"predict", trial, "--json", "--explain", "--top", "27"}, words...)...))
			}
			predictions := filepath.Join(t.TempDir(), "predictions")
			if err := os.WriteFile(predictions, []byte(lines.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			pairs = append(pairs, filepath.Join(out, trial+".safetensors"), predictions)
		}
		readers(t, "network.py", pairs...)
	})
	t.Run("wandb", func(t *testing.T) {
		needs(t, "yaml", "sweeps")
		w.make(all...)
		for _, s := range all {
			readers(t, "read_wandb.py", w.record(), s, w.export(t, s, "wandb"))
		}
	})
}

func (w *workshop) weights(trial string) string {
	return filepath.Join(w.dir, "runs", "checkpoints", trial, "model.safetensors")
}

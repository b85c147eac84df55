package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sweep/results"
	"sweep/runner/nplm"
	"sweep/sweeps"
)

// trainedText makes, in a new folder that the test then stands in, a record of two trials on a text of its own.
func trainedText(t *testing.T) (trial string) {
	t.Helper()
	inFolder(t, map[string]string{
		"text.txt": strings.Repeat("the cat sat on the mat\nthe dog sat on the log\na cat and a dog met\nit flew away\n", 20),
		"tiny.yaml": "name: tiny\nreplicates: 2\nparameters: {corpus: text.txt, level: word, hidden_size: 4, embedding_dim: 3, steps: 40, " +
			"evaluations: 4, eval_examples: 30, min_count: 1}\n",
	})
	if status, _, stderr := program(t, "run", "tiny.yaml", "--quiet"); status != 0 {
		t.Fatalf("run: exit status %d, %s", status, stderr)
	}
	_, out, _ := program(t, "trials", "tiny", "--columns", "trial", "--csv", "--where", "replicate = 1")
	return strings.TrimPrefix(strings.TrimSpace(out), "trial\n")
}

// change makes changes to the record that the program would not.
func change(t *testing.T, queries ...string) {
	t.Helper()
	pool, err := sql.Open(sqliteDriver(t), filepath.Join("runs", results.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, q := range queries {
		res, err := pool.Exec(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if n, _ := res.RowsAffected(); n == 0 && strings.HasPrefix(q, "UPDATE") {
			t.Fatalf("%s: nothing was changed", q)
		}
	}
}

// verified verifies a trial and returns the exit status and what --json says.
func verified(t *testing.T, trial string) (int, verification) {
	t.Helper()
	status, out, stderr := program(t, "verify", trial, "--json")
	var v verification
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("exit status %d, %q, %s: %v", status, out, stderr, err)
	}
	return status, v
}

func TestVerifyFindsEveryDifference(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, trial string)
		want   string // the beginning of difference or reason; "": the same
	}{
		"nothing": {func(*testing.T, string) {}, ""},
		"the last bit of a point": {func(t *testing.T, trial string) {
			change(t, `UPDATE points SET value = value * (1 + 2.3e-16) WHERE step = 20 AND metric_id = (SELECT id FROM metrics WHERE name = 'val/loss')
				AND training_id = (SELECT id FROM trainings WHERE trial = '`+trial+`')`)
		}, "step 20: val/loss was "},
		"a point less": {func(t *testing.T, trial string) {
			change(t, `DELETE FROM points WHERE step = 20 AND metric_id = (SELECT id FROM metrics WHERE name = 'val/loss')`)
		}, "step 20: val/loss is "},
		"a point more": {func(t *testing.T, trial string) {
			change(t, `INSERT INTO points SELECT training_id, metric_id, 25, examples, seconds, value FROM points WHERE step = 20`)
		}, "step 25: "},
		"examples": {func(t *testing.T, trial string) {
			change(t, `UPDATE points SET examples = examples + 1 WHERE step = 40`)
		}, "step 40: "},
		"a figure at the end": {func(t *testing.T, trial string) {
			change(t, `DROP TRIGGER finals_changed`, `UPDATE finals SET value = value + 1e-12 WHERE metric = 'test/loss'`)
		}, "at the end test/loss was "},
		"a figure that is NULL": {func(t *testing.T, trial string) {
			change(t, `DROP TRIGGER finals_changed`, `UPDATE finals SET value = NULL WHERE metric = 'test/loss'`)
		}, "at the end test/loss was no number"},
		"an end": {func(t *testing.T, trial string) {
			change(t, `DROP TRIGGER trials_finished`, `UPDATE trials SET state = 'diverged'`)
		}, "it diverged, and now it did not"},
		"a weight": {func(t *testing.T, trial string) {
			file := nplm.ModelFile("runs", trial)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)-1] ^= 1
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "weights: "},
		"a model cut short": {func(t *testing.T, trial string) {
			if err := os.Truncate(nplm.ModelFile("runs", trial), 2000); err != nil {
				t.Fatal(err)
			}
		}, "the file of the weights cannot be read"},
		"no model": {func(t *testing.T, trial string) { os.RemoveAll(filepath.Join("runs", "checkpoints")) }, ""},
		"the text": {func(t *testing.T, trial string) {
			f, err := os.OpenFile("text.txt", os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(f, "a bird saw them")
			f.Close()
		}, "the text of text.txt has changed: its split was "},
		"no text": {func(t *testing.T, trial string) { os.Remove("text.txt") }, "corpus: no corpus and no file"},
		"the numeric version": {func(t *testing.T, trial string) {
			var params sweeps.Values
			_, out, _ := program(t, "trials", "tiny", "--json", "--where", "replicate = 1")
			var row results.Trial
			if err := json.Unmarshal([]byte(out), &row); err != nil {
				t.Fatal(err)
			}
			if err := params.UnmarshalJSON(row.Params); err != nil {
				t.Fatal(err)
			}
			r, err := nplm.New("runs").Describe(t.Context()).Resolve(params)
			if err != nil {
				t.Fatal(err)
			}
			id, err := sweeps.TrialID(nplm.Name, "0.9", r.Key, row.Seed)
			if err != nil {
				t.Fatal(err)
			}
			change(t, `UPDATE trainings SET trial = '`+id+`' WHERE trial = '`+trial+`'`,
				`UPDATE provenance SET body = json_set(body, '$.trainer_version', '0.9')`)
		}, "it was trained by numeric version 0.9, and this program is "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			trial := trainedText(t)
			before := files(t, "runs")
			c.change(t, trial)
			if name == "the numeric version" {
				_, out, _ := program(t, "trials", "tiny", "--columns", "trial", "--csv", "--where", "replicate = 1")
				trial = strings.TrimPrefix(strings.TrimSpace(out), "trial\n")
			}
			status, v := verified(t, trial)
			if same := c.want == ""; v.Same != same || (status == 0) != same || !same && status != statusCheck {
				t.Errorf("exit status %d, %+v", status, v)
			}
			if got := v.Difference + v.Reason; !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if name == "nothing" && (v.Figures < 10 || v.Points < 20 || v.Step != 40 || v.Model == 0) {
				t.Errorf("compared only %+v", v)
			}
			if left := files(t, os.Getenv("TMPDIR")); len(left) > 0 {
				t.Errorf("left behind %q", left)
			}
			if name == "nothing" && strings.Join(files(t, "runs"), " ") != strings.Join(before, " ") {
				t.Errorf("the record's folder has changed:\n%q\n%q", before, files(t, "runs"))
			}
		})
	}
}

// files lists what lies below a folder, the log of SQLite left out.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestVerifyInterrupted(t *testing.T) {
	trainedText(t)
	spec := strings.Replace(killSpec, "name: killed", "name: long", 1)
	if err := os.WriteFile("long.yaml", []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", "long.yaml", "--quiet", "--set", "replicates=1", "--set", "parameters.steps=20000"); status != 0 {
		t.Fatalf("run: exit status %d, %s", status, stderr)
	}
	temp := t.TempDir()
	cmd := sweepCommand(t, "verify", "long:best")
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the training", func() bool {
		entries, err := os.ReadDir(temp)
		return err == nil && len(entries) > 0
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
}

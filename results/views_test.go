package results

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

var regen = flag.Bool("regen", false, "renew the files of testdata")

// views are the contract with everybody's scripts: names and order of the columns.
var views = map[string]string{
	"v_sweeps": "sweep, state, method, metric, goal, configurations, trials, complete, failed, created_at, seconds, notes, tags",
	"v_trials": "sweep, trial, configuration, replicate, seed, state, retired, params, value, " +
		"val_loss, val_perplexity, val_accuracy, val_top5, val_unk_share, val_perplexity_known, " +
		"test_loss, test_perplexity, test_accuracy, test_top5, test_unk_share, test_perplexity_known, " +
		"train_loss, parameters, steps, examples, seconds, attempts, started_at, finished_at, error, confirms, notes, tags",
	"v_points":         "sweep, trial, metric, step, examples, seconds, value",
	"v_configurations": "sweep, configuration, params, n, metric, mean, sd, low, high, rank, best, tied_with_best",
	"v_artifacts":      "trial, sweep, generation, name, object, sha256, bytes, kept_at",
	"v_baselines": "corpus, split, vocabulary, model, order_n, smoothing, val_loss, val_perplexity, val_accuracy, val_perplexity_known, " +
		"test_loss, test_perplexity, test_accuracy, test_perplexity_known, parameters, fitted",
}

func TestViewsHaveTheirColumns(t *testing.T) {
	s := opened(t)
	var names []string
	list := `SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name`
	if pgtest.Server() != "" {
		list = `SELECT viewname FROM pg_views WHERE schemaname = current_schema() ORDER BY viewname`
	}
	if err := s.readers.Raw(list).Scan(&names).Error; err != nil {
		t.Fatal(err)
	}
	if len(names) != len(views) {
		t.Errorf("views %q", names)
	}
	for view, want := range views {
		rows, err := s.Query(t.Context(), "SELECT * FROM "+view)
		if err != nil {
			t.Errorf("%s: %v", view, err)
		}
		if got := strings.Join(rows.Columns, ", "); got != want {
			t.Errorf("%s has %s\nwant %s", view, got, want)
		}
	}
}

// TestViewsAreDocumented holds the documentation to the views and to what their columns contain.
func TestViewsAreDocumented(t *testing.T) {
	s := reopened(t, filepath.Dir(sample(t)), Options{ReadOnly: true})
	docs := Views()
	if len(docs) != len(views) {
		t.Errorf("%d views are documented", len(docs))
	}
	for _, v := range docs {
		rows, err := s.Query(t.Context(), "SELECT * FROM "+v.View)
		if err != nil {
			t.Errorf("%s: %v", v.View, err)
			continue
		}
		var names []string
		for _, c := range v.Columns {
			names = append(names, c.Column)
			if c.Meaning == "" || !slices.Contains([]string{"text", "integer", "real"}, c.Type) {
				t.Errorf("%s.%s: %+v", v.View, c.Column, c)
			}
		}
		if !slices.Equal(names, rows.Columns) {
			t.Errorf("%s: documented %q, has %q", v.View, names, rows.Columns)
			continue
		}
		for _, row := range rows.Rows {
			for i, x := range row {
				if got := map[string]string{"string": "text", "int64": "integer", "float64": "real"}[fmt.Sprintf("%T", x)]; x != nil && got != v.Columns[i].Type {
					t.Errorf("%s.%s is %s, documented as %s", v.View, v.Columns[i].Column, got, v.Columns[i].Type)
				}
			}
		}
	}
	if _, err := ViewNamed("v_trails"); err == nil || !strings.Contains(err.Error(), "did you mean v_trials") {
		t.Error(err)
	}
}

func TestQueryHints(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	for q, want := range map[string]string{
		"SELECT val_perplexty FROM v_trials":     "did you mean val_perplexity; `sweep schema` lists",
		"SELECT t.val_perplexty FROM v_trials t": "did you mean val_perplexity; `sweep schema` lists",
		"SELECT xyzzy FROM v_trials":             "no such column: xyzzy; `sweep schema` lists",
		"SELECT 1 FROM v_trails":                 "did you mean v_trials; `sweep schema` lists",
		"SELECT 1 FROM nowhere":                  "there is v_sweeps, v_trials, v_points",
	} {
		_, err := s.Query(t.Context(), q)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(strings.ReplaceAll(err.Error(), " (1)", ""), want) {
			t.Errorf("%s: %v; want %s", q, err, want)
		}
	}
}

func TestRowsAreNamedAsTheViews(t *testing.T) {
	for view, row := range map[string]any{
		"v_sweeps": Sweep{}, "v_trials": Trial{}, "v_points": Point{}, "v_configurations": Configuration{}, "v_baselines": Baseline{},
	} {
		var names []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(row)) {
			names = append(names, f.Tag.Get("json"))
		}
		if got := strings.Join(names, ", "); got != views[view] {
			t.Errorf("%s has %s\nwant %s", view, got, views[view])
		}
	}
}

// sample makes a record with something in every view.
func sample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{Now: clock(), URL: addressFor(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	p := grid("hidden", 2, 50, 100)
	put(t, s, p)
	for i, trial := range p.Trials()[:3] {
		train(t, s, trial, map[string]float64{"val/perplexity": 130 + float64(i), "val/accuracy": 0.25, "test/loss": 5})
	}
	claim(t, s, p.Trials()[3])
	finish(t, s, p.Trials()[3], sweeps.Outcome{State: sweeps.Diverged, Err: "loss is NaN", Linkable: true})
	known := 99.5
	if err := s.PutBaselines(t.Context(), []Baseline{{Corpus: "gostd", Split: "aaaa", Vocabulary: "bbbb", Model: "kneser-ney", OrderN: 4, ValPerplexity: &known, Parameters: 12}}); err != nil {
		t.Fatal(err)
	}
	if err := s.EndSweep(t.Context(), "hidden", "complete", 12.5); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir + "/" + FileName
}

// reading is what other programs must get out of the sample: one row as text, columns between bars.
var reading = map[string]string{
	"SELECT sweep, state, goal, trials, complete, created_at, seconds FROM v_sweeps":                                                                     "hidden|complete|minimize|4|3|2026-01-02T03:04:06.678Z|12.5",
	"SELECT count(*), sum(value), max(val_accuracy), count(val_top5), max(json_extract(params, '$.hidden_size')) FROM v_trials WHERE state = 'complete'": "3|393.0|0.25|0|100",
	"SELECT state, error, value IS NULL FROM v_trials WHERE state <> 'complete'":                                                                         "diverged|loss is NaN|1",
	"SELECT count(*), min(step), max(value) FROM v_points WHERE metric = 'val/loss'":                                                                     "6|50|6.0",
	"SELECT n, mean, low IS NOT NULL, rank, best, tied_with_best FROM v_configurations WHERE best = 1":                                                   "2|131.0|1|1|1|1",
	"SELECT n, rank IS NULL, best FROM v_configurations WHERE best = 0":                                                                                  "1|1|0",
	"SELECT corpus, order_n, smoothing IS NULL, val_perplexity FROM v_baselines":                                                                         "gostd|4|1|99.5",
}

func TestCommandLineShellReadsTheViews(t *testing.T) {
	ofFiles(t)
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("sqlite3 not found")
	}
	file := sample(t)
	for query, want := range reading {
		out, err := exec.Command(shell, "-readonly", file, query).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", query, got, err, want)
		}
	}
}

func TestPythonReadsTheViews(t *testing.T) {
	ofFiles(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 not found")
	}
	if err := exec.Command(python, "-c", "import sqlite3").Run(); err != nil {
		t.Skip("python3 has no sqlite3")
	}
	file := sample(t)
	const script = `import sqlite3, sys
c = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
print("|".join(str(x) for x in c.execute(sys.argv[2]).fetchone()))`
	for query, want := range reading {
		out, err := exec.Command(python, "-c", script, file, query).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", query, got, err, want)
		}
	}
}

func TestSchemaIsAsItWas(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	var statements []string
	err := s.readers.Raw(`SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite_%' ORDER BY type, name`).
		Scan(&statements).Error
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(statements, "\n\n") + "\n"
	const golden = "testdata/schema.sql"
	if *regen {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("the schema differs from %s (%v): a record that exists needs a new migration; -regen renews the file", golden, err)
	}
	// Every table is strict: no text in a column of numbers.
	for _, st := range statements {
		if strings.HasPrefix(st, "CREATE TABLE") && !strings.Contains(st, "STRICT") {
			t.Errorf("not strict: %.60s", st)
		}
	}
}

// TestTimes has the views cut times to milliseconds as the program does, so that the same instant is the same text of every
// command and database.
func TestTimes(t *testing.T) {
	s := opened(t)
	put(t, s, grid("times", 1, 1))
	exec := func(statement string, at int64) {
		t.Helper()
		if err := s.writer.db.Exec(statement, at).Error; err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO artifacts (sweep_id, generation, name, object, sha256, bytes, kept_at) SELECT id, 1, 'a', 'b', 'c', 1, ? FROM sweeps`, 0)
	for us := int64(1795789476575000); us < 1795789476577000; us += 37 {
		for _, statement := range []string{`UPDATE sweeps SET created_at = ?`, `UPDATE trials SET started_at = ?`, `UPDATE trials SET finished_at = ?`, `UPDATE artifacts SET kept_at = ?`} {
			exec(statement, us)
		}
		rows, err := s.Query(t.Context(), `SELECT created_at, started_at, finished_at, kept_at FROM v_sweeps JOIN v_trials USING (sweep) JOIN v_artifacts USING (sweep)`)
		if err != nil {
			t.Fatal(err)
		}
		want := timeText(us)
		if d := cmp.Diff([][]any{{want, want, want, want}}, rows.Rows); d != "" {
			t.Fatalf("%d us: %s", us, d)
		}
	}
	if want := "2026-11-27T14:24:36.575Z"; timeText(1795789476575999) != want {
		t.Errorf("%s, want %s", timeText(1795789476575999), want)
	}
}

func TestFlagInJSON(t *testing.T) {
	b, err := json.Marshal(Configuration{Best: true})
	if err != nil || !strings.Contains(string(b), `"best":1,"tied_with_best":0`) {
		t.Errorf("%s, %v", b, err)
	}
	var c Configuration
	if err := json.Unmarshal(b, &c); err != nil || !bool(c.Best) || bool(c.TiedWithBest) {
		t.Errorf("%+v, %v", c, err)
	}
	if err := json.Unmarshal([]byte(`2`), new(Flag)); err == nil {
		t.Error("2 is taken for a flag")
	}
}

func TestBaselines(t *testing.T) {
	s := opened(t)
	k, first, second := 0.1, 8.5, 8.26
	put := func(rows ...Baseline) {
		t.Helper()
		if err := s.PutBaselines(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	put(Baseline{Corpus: "names", Split: "s", Vocabulary: "v", Model: "add-k", OrderN: 4, Smoothing: &k, ValPerplexity: &first, Parameters: 7},
		Baseline{Corpus: "names", Split: "s", Vocabulary: "v", Model: "uniform", OrderN: 0})
	put(Baseline{Corpus: "names", Split: "s", Vocabulary: "v", Model: "add-k", OrderN: 4, Smoothing: &k, ValPerplexity: &second, Parameters: 7},
		Baseline{Corpus: "names", Split: "s", Vocabulary: "v", Model: "uniform", OrderN: 0},
		Baseline{Corpus: "names", Split: "other", Vocabulary: "v", Model: "uniform", OrderN: 0})
	rows, err := s.Baselines(t.Context(), "s", "v")
	if err != nil || len(rows) != 2 {
		t.Fatalf("%+v, %v", rows, err)
	}
	if i := slices.IndexFunc(rows, func(b Baseline) bool { return b.Model == "add-k" }); *rows[i].ValPerplexity != second || *rows[i].Smoothing != k || rows[i].Parameters != 7 {
		t.Errorf("%+v", rows[i])
	}
	if rows, err = s.Baselines(t.Context(), "", ""); err != nil || len(rows) != 3 {
		t.Errorf("%+v, %v", rows, err)
	}
}

package optunadb

import (
	"database/sql"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sweep/internal/optuna"
)

// tables are those of Optuna's that are read.
const tables = `
CREATE TABLE version_info (version_info_id INTEGER, schema_version INTEGER, library_version TEXT);
CREATE TABLE studies (study_id INTEGER PRIMARY KEY, study_name TEXT);
CREATE TABLE study_directions (study_direction_id INTEGER PRIMARY KEY, direction TEXT, study_id INTEGER, objective INTEGER);
CREATE TABLE study_system_attributes (id INTEGER PRIMARY KEY, study_id INTEGER, key TEXT, value_json TEXT);
CREATE TABLE trials (trial_id INTEGER PRIMARY KEY, number INTEGER, study_id INTEGER, state TEXT, datetime_start DATETIME, datetime_complete DATETIME);
CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY, trial_id INTEGER, param_name TEXT, param_value FLOAT, distribution_json TEXT);
CREATE TABLE trial_values (trial_value_id INTEGER PRIMARY KEY, trial_id INTEGER, objective INTEGER, value FLOAT, value_type TEXT);
CREATE TABLE trial_intermediate_values (id INTEGER PRIMARY KEY, trial_id INTEGER, step INTEGER, intermediate_value FLOAT, intermediate_value_type TEXT);
CREATE TABLE trial_user_attributes (id INTEGER PRIMARY KEY, trial_id INTEGER, key TEXT, value_json TEXT);
INSERT INTO version_info VALUES (1, 12, '5.0.0');
INSERT INTO studies VALUES (3, 'one'), (5, 'two');
INSERT INTO study_directions VALUES (1, 'MAXIMIZE', 5, 1), (2, 'MINIMIZE', 5, 0), (3, 'MAXIMIZE', 3, 0);
INSERT INTO study_system_attributes VALUES (1, 5, 'study:metric_names', '["loss", "acc"]'), (2, 5, 'else', 'NaN');
INSERT INTO trials VALUES (8, 1, 3, 'PRUNED', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:06'), (9, 0, 3, 'COMPLETE', '2026-01-02 03:00:00.000000', '2026-01-02 03:00:01.500000'),
	(10, 0, 5, 'COMPLETE', NULL, NULL), (11, 1, 5, 'RUNNING', '2026-01-02 03:00:00.000000', NULL);
INSERT INTO trial_params VALUES (1, 9, 'n', 3.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}'),
	(2, 9, 'act', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["relu", "tanh"]}}');
INSERT INTO trial_values VALUES (1, 9, 0, 0.5, 'FINITE'), (2, 10, 1, NULL, 'INF_NEG'), (3, 10, 0, NULL, 'INF_POS');
INSERT INTO trial_intermediate_values VALUES (1, 8, 2, NULL, 'NAN'), (2, 8, 1, 0.25, 'FINITE');
INSERT INTO trial_user_attributes VALUES (1, 9, 'time', '1.5'), (2, 9, 'odd', 'NaN');
`

func file(t *testing.T, statements ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "optuna ?.db")
	driver := sql.Drivers()[slices.IndexFunc(sql.Drivers(), func(d string) bool { return strings.HasPrefix(d, "sqlite") })]
	pool, err := sql.Open(driver, filepath.Join(filepath.Dir(name), "o.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := pool.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(name), "o.db"), name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRead(t *testing.T) {
	name := file(t, tables)
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	studies, version, err := Read(t.Context(), name)
	if err != nil || version != "5.0.0" || len(studies) != 2 {
		t.Fatalf("%+v, %s, %v", studies, version, err)
	}
	one, two := studies[0], studies[1]
	if !slices.Equal(one.Maximize, []bool{true}) || !slices.Equal(two.Maximize, []bool{false, true}) || !slices.Equal(two.Objectives, []string{"loss", "acc"}) {
		t.Errorf("objectives: %+v", studies)
	}
	first, second := one.Trials[0], one.Trials[1]
	if first.State != optuna.Complete || !slices.Equal(first.Values, []float64{0.5}) || string(first.Attributes["time"]) != "1.5" || first.End.Sub(first.Start) != 1500*time.Millisecond {
		t.Errorf("%+v", first)
	}
	if len(first.Params) != 2 || first.Params[0].Name != "n" || first.Params[1].Distribution.Kind != optuna.Categorical {
		t.Errorf("%+v", first.Params)
	}
	if second.State != optuna.Pruned || len(second.Curve) != 2 || second.Curve[0].Step != 1 || !math.IsNaN(second.Curve[1].Value) {
		t.Errorf("%+v", second)
	}
	if want := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC); !second.Start.Equal(want) {
		t.Errorf("it began at %v, want %v", second.Start, want)
	}
	if v := two.Trials[0].Values; len(v) != 2 || !math.IsInf(v[0], 1) || !math.IsInf(v[1], -1) || !two.Trials[0].Start.IsZero() {
		t.Errorf("%+v", two.Trials[0])
	}
	after, err := os.ReadFile(name)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file has changed: %v", err)
	}
	if others, err := os.ReadDir(filepath.Dir(name)); err != nil || len(others) != 1 {
		t.Errorf("files beside it: %v, %v", others, err)
	}
}

// Before version 5 Optuna kept the time of the machine that it ran on.
func TestOlderTimes(t *testing.T) {
	studies, _, err := Read(t.Context(), file(t, tables, `UPDATE version_info SET library_version = '4.6.0'`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := studies[0].Trials[1].Start, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.Local); !got.Equal(want) {
		t.Errorf("it began at %v, want %v", got, want)
	}
}

func TestRefused(t *testing.T) {
	for statement, want := range map[string]string{
		`DROP TABLE version_info`:                                  "it is an SQLite file, but no storage of Optuna",
		`DELETE FROM version_info`:                                 "it is an SQLite file, but no storage of Optuna",
		`UPDATE version_info SET schema_version = 13`:              "schema 13, and this program reads 12",
		`UPDATE trials SET state = 'ODD' WHERE trial_id = 9`:       `unknown state "ODD"`,
		`UPDATE trials SET datetime_start = 'yesterday'`:           `"yesterday" is no time`,
		`DELETE FROM trial_values WHERE trial_value_id = 3`:        "trial_id 10: its value of objective 0 is missing",
		`UPDATE trial_params SET distribution_json = '{}'`:         `unknown distribution ""`,
		`DELETE FROM study_directions WHERE study_id = 3`:          `study "one" has no direction`,
		`UPDATE study_system_attributes SET value_json = 'NaN'`:    "invalid character",
		`UPDATE trial_params SET param_name = NULL, param_value=1`: "NULL",
	} {
		if _, _, err := Read(t.Context(), file(t, tables, statement)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", statement, err, want)
		}
	}
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte("SQLite format 3\x00 and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Read(t.Context(), text); err == nil {
		t.Error("a damaged file is read")
	}
}

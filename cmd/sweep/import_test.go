package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportSQLite imports a study from Optuna's storage in SQLite, which is told by its content.
func TestImportSQLite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "study")
	pool, err := sql.Open(sqliteDriver(t), file)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`CREATE TABLE version_info (schema_version INTEGER, library_version TEXT)`, `INSERT INTO version_info VALUES (12, '5.0.0')`,
		`CREATE TABLE studies (study_id INTEGER, study_name TEXT)`, `INSERT INTO studies VALUES (1, 'tune')`,
		`CREATE TABLE study_directions (direction TEXT, study_id INTEGER, objective INTEGER)`, `INSERT INTO study_directions VALUES ('MAXIMIZE', 1, 0)`,
		`CREATE TABLE study_system_attributes (study_id INTEGER, key TEXT, value_json TEXT)`,
		`CREATE TABLE trials (trial_id INTEGER, number INTEGER, study_id INTEGER, state TEXT, datetime_start DATETIME, datetime_complete DATETIME)`,
		`INSERT INTO trials VALUES (1, 0, 1, 'COMPLETE', '2026-01-02 03:00:00.000000', '2026-01-02 03:00:05.000000')`,
		`CREATE TABLE trial_params (param_id INTEGER, trial_id INTEGER, param_name TEXT, param_value FLOAT, distribution_json TEXT)`,
		`INSERT INTO trial_params VALUES (1, 1, 'n', 3.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 4}}')`,
		`CREATE TABLE trial_values (trial_id INTEGER, objective INTEGER, value FLOAT, value_type TEXT)`, `INSERT INTO trial_values VALUES (1, 0, 0.5, 'FINITE')`,
		`CREATE TABLE trial_intermediate_values (trial_id INTEGER, step INTEGER, intermediate_value FLOAT, intermediate_value_type TEXT)`,
		`CREATE TABLE trial_user_attributes (trial_id INTEGER, key TEXT, value_json TEXT)`,
	} {
		if _, err := pool.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if status, stdout, stderr := program(t, "import", "optuna", "sqlite:///"+file, "--dir", dir); status != 0 || !strings.HasPrefix(stdout, "tune: 1 new, 0 kept\nvalue to maximize") {
		t.Fatalf("exit status %d: %s%s", status, stdout, stderr)
	}
	if _, stdout, _ := program(t, "show", "tune", "--dir", dir); !strings.Contains(stdout, "source version   5.0.0") {
		t.Errorf("show: %s", stdout)
	}
	// The network and what it is not.
	if status, _, stderr := program(t, "import", "mlflow", "http://127.0.0.1:1", "--experiment", "e", "--metric", "val/loss", "--dir", dir); status != 1 {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if status, _, stderr := program(t, "import", "optuna", filepath.Join(dir, "sweep.db"), "--dir", dir); status != 2 || !strings.Contains(stderr, "no storage of Optuna") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	spec := filepath.Join(dir, "tune.yaml")
	if err := os.WriteFile(spec, []byte("name: tune\ncommand: [echo]\nmetric: {name: value, goal: maximize}\nparameters: {n: [1, 2]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--replace", "--dir", dir); status != 2 || !strings.Contains(stderr, "it was imported") {
		t.Errorf("run: exit status %d: %s", status, stderr)
	}
}

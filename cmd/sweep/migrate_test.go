package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sweep/results"
)

// TestMigrateVerb brings a record of the first schema up to date, which verbs that read refuse until then.
func TestMigrateVerb(t *testing.T) {
	dir := t.TempDir()
	if status, _, stderr := program(t, "db", "migrate", "--dir", dir); status != 3 {
		t.Errorf("without a record: exit status %d, %s", status, stderr)
	}
	s, err := results.Open(t.Context(), dir, results.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open(sqliteDriver(t), filepath.Join(dir, results.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`DROP VIEW v_trials`, `DROP VIEW v_sweeps`, `DROP TABLE notes`, `DROP TABLE tags`, `DROP TRIGGER trials_kept`, `DROP TRIGGER finals_removed`, `DROP TABLE removals`,
		`CREATE TRIGGER trials_kept BEFORE DELETE ON trials BEGIN SELECT 1; END`, `CREATE TRIGGER finals_removed BEFORE DELETE ON finals BEGIN SELECT 1; END`, `CREATE VIEW v_sweeps AS SELECT id FROM sweeps`, `ALTER TABLE trials DROP COLUMN confirms`, `ALTER TABLE sweeps DROP COLUMN looks`,
		`ALTER TABLE configurations DROP COLUMN cost`,
		`ALTER TABLE trials DROP COLUMN undecided`, `ALTER TABLE trials DROP COLUMN stopped_by`, `ALTER TABLE sweeps DROP COLUMN stopping`,
		`CREATE VIEW v_trials AS SELECT id FROM trials`,
		`DROP VIEW v_artifacts`, `DROP TABLE artifacts`, `DROP TABLE identity`,
		`DROP TABLE workers`, `ALTER TABLE sweeps DROP COLUMN queued`, `ALTER TABLE sweeps DROP COLUMN round`, `DROP INDEX sessions_worker`, `ALTER TABLE sessions DROP COLUMN worker_id`, `DROP INDEX trials_told`, `ALTER TABLE trials DROP COLUMN told`,
		`DROP VIEW v_baselines`, `ALTER TABLE baselines DROP COLUMN fitted`, `CREATE VIEW v_baselines AS SELECT corpus FROM baselines`,
		`DELETE FROM goose_db_version WHERE version_id > 1`, `PRAGMA user_version = 1`,
	} {
		if _, err := pool.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(dir, results.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "ls", "--dir", dir); status != 4 || !strings.Contains(stderr, "sweep db migrate") {
		t.Errorf("reading an older record: exit status %d, %s", status, stderr)
	}
	if status, _, stderr := program(t, "db", "migrate", "--dir", dir); status != 0 {
		t.Fatalf("exit status %d, %s", status, stderr)
	}
	if status, _, stderr := program(t, "ls", "--dir", dir); status != 0 {
		t.Errorf("after it: exit status %d, %s", status, stderr)
	}

	// A run does it by itself.
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, results.FileName), old, 0o644); err != nil {
		t.Fatal(err)
	}
	spec := filepath.Join(t.TempDir(), "tiny.yaml")
	text := "name: tiny\nparameters: {corpus: names, hidden_size: 4, steps: 10, evaluations: 1, eval_examples: 100}\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := program(t, "run", spec, "--dir", dir, "--quiet"); status != 0 {
		t.Errorf("a run: exit status %d, %s", status, stderr)
	}
}

// sqliteDriver is the name of the driver that package results has registered.
func sqliteDriver(t *testing.T) string {
	t.Helper()
	for _, name := range sql.Drivers() {
		if strings.HasPrefix(name, "sqlite") {
			return name
		}
	}
	t.Fatal("no driver of SQLite")
	return ""
}

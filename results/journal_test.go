package results

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// TestKilledWhileMakingTheRecord leaves what a process leaves that was killed in the middle of its first transaction: a
// file that is half written and the journal that undoes it.
func TestKilledWhileMakingTheRecord(t *testing.T) {
	alive, dead := filepath.Join(t.TempDir(), FileName), t.TempDir()
	pool, err := sql.Open(driverName, sourceName(alive, "mode=rwc"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	for _, q := range []string{
		"CREATE TABLE a (x)", "DROP TABLE a", "PRAGMA cache_size = 1", "BEGIN", "CREATE TABLE half (x)",
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO half SELECT randomblob(500) FROM n",
	} {
		if _, err := pool.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	for _, end := range []string{"", "-journal"} {
		b, err := os.ReadFile(alive + end)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) == 0 {
			t.Fatalf("%s%s is empty: nothing to undo", FileName, end)
		}
		if err := os.WriteFile(filepath.Join(dead, FileName+end), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(t.Context(), dead, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := s.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("the record is not sound: %v, %q", err, problems)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

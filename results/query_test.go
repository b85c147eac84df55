package results

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestQueryReads(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	trained(t, s, grid("hidden", 2, 50, 100), map[int][]float64{50: {135.1, 135.4}, 100: {133.4, 133.9}})
	for _, q := range []string{
		`SELECT sweep, count(*) AS n, max(value) AS most, NULL AS empty FROM v_trials GROUP BY sweep`,
		" -- a remark; with a semicolon\nSELECT sweep, count(*) n, max(value) most, NULL empty FROM v_trials GROUP BY 1 ; /* ; */ ",
		`WITH t AS (SELECT * FROM v_trials WHERE sweep <> ';' AND sweep <> 'it''s;') SELECT sweep, count(*) AS n, max(value) AS most, NULL AS [empty] FROM t`,
	} {
		rows, err := s.Query(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
			continue
		}
		if strings.Join(rows.Columns, " ") != "sweep n most empty" || len(rows.Rows) != 1 || rows.Truncated {
			t.Errorf("%s: %+v", q, rows)
			continue
		}
		r := rows.Rows[0]
		if r[0] != "hidden" || r[1] != int64(4) || r[2] != 135.4 || r[3] != nil {
			t.Errorf("%s: %#v", q, r)
		}
	}
	rows, err := s.Query(t.Context(), `SELECT json_extract(params, '$.hidden_size') FROM v_configurations ORDER BY rank`)
	if err != nil || rows.Rows[0][0] != int64(100) {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestQueryOnlyReads(t *testing.T) {
	s := opened(t)
	trained(t, s, grid("hidden", 1, 50), map[int][]float64{50: {135.1}})
	other := filepath.Join(t.TempDir(), "other.db")
	for _, q := range []string{
		``, ` ; `, `-- nothing`,
		`SELECT 1; SELECT 2`,
		`SELECT 1; DROP TABLE trials`,
		`SELECT 'it`, `SELECT "x`, `SELECT [x`, `SELECT /* 1`, "SELECT 1\x00; DROP TABLE trials",
		`SELEC 1`, `SELECT * FROM nowhere`,
		`DELETE FROM points`, `UPDATE sweeps SET name = 'x'`, `DROP VIEW v_trials`, `INSERT INTO metrics (name) VALUES ('x')`,
		`WITH x AS (SELECT 1) DELETE FROM points`,
		`PRAGMA query_only = 0`, `PRAGMA journal_mode`, `/* x */ pragma user_version`, `SELECT * FROM pragma_database_list`,
		`VACUUM`, `BEGIN`, `SAVEPOINT x`, `ANALYZE`, `CREATE TEMP TABLE x (a)`, `DETACH main`,
		`ATTACH '` + other + `' AS other`, `SELECT 1;; ATTACH '` + other + `' AS other`, `VACUUM INTO '` + other + `'`,
		`SELECT load_extension('x')`,
		`SELECT '` + strings.Repeat("x", 70<<10) + `'`,
	} {
		if rows, err := s.Query(t.Context(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%.60q: %v, %v", q, rows, err)
		}
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("a query made a file")
	}
	if sw, err := s.Sweep(t.Context(), "hidden"); err != nil || sw.Complete != 1 {
		t.Errorf("after all that: %+v, %v", sw, err)
	}
}

// TestQueryAttacks tries what a query could do harm with: each is refused, or ends within the bounds.
func TestQueryAttacks(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	s := opened(t)
	trained(t, s, grid("hidden", 1, 50), map[int][]float64{50: {135.1}})
	nest := func(n int, l, r, m string) string { return strings.Repeat(l, n) + m + strings.Repeat(r, n) }
	for _, q := range []string{
		`SELECT length(randomblob(1000000000))`, `SELECT length(printf('%.*c', 1000000000, 'x'))`, `SELECT length(printf('%1000000000d', 1))`,
		`SELECT length(hex(zeroblob(8000000)))`, `SELECT length(quote(zeroblob(8000000)))`,
		`SELECT length(replace(hex(zeroblob(4000000)), '0', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx'))`,
		`SELECT ` + nest(30000, "(", ")", "1"), `SELECT ` + strings.Repeat("- ", 30000) + "1", `SELECT ` + strings.Repeat("NOT ", 15000) + "1",
		`SELECT 1` + strings.Repeat("||1", 20000), `SELECT 1` + strings.Repeat(" UNION ALL SELECT 1", 3000), nest(2000, "SELECT * FROM (", ")", "SELECT 1"),
		`SELECT ` + nest(3000, "CASE WHEN ", " THEN 1 END", "1"), `SELECT ` + strings.Repeat("*, ", 2000) + `1 FROM v_trials`,
		`SELECT count(*) FROM v_trials` + strings.Repeat(", v_trials", 63), `SELECT json('` + nest(2000, "[", "]", "") + `')`,
		`SELECT 'a' LIKE '` + strings.Repeat("%0", 2000) + `1'`, `SELECT 'a' GLOB '` + strings.Repeat("*0", 2000) + `1'`,
		`SELECT * FROM pragma_table_info('trials')`, `SELECT readfile('/etc/passwd')`, `SELECT writefile('x', 'y')`, `SELECT edit('x')`,
		`SELECT * FROM fsdir('/')`, `SELECT fts3_tokenizer('x')`, `SELECT ?1`, `SELECT :a`,
		`EXPLAIN QUERY PLAN ATTACH 'x' AS y`, `REINDEX`, `ROLLBACK`, `COMMIT`, `RELEASE x`, `INSERT INTO metrics (name) VALUES ('x') RETURNING id`,
		`WITH x AS (DELETE FROM points RETURNING *) SELECT * FROM x`, `REPLACE INTO metrics (id, name) VALUES (1, 'x')`,
		`WITH a AS (SELECT 1) UPDATE sweeps SET name = 'x' RETURNING name`, `CREATE TEMP VIEW v AS SELECT 1`, `ALTER TABLE sweeps ADD COLUMN x`,
		`CREATE VIRTUAL TABLE temp.x USING fts5(a)`, `INSERT INTO removals VALUES (1)`,
	} {
		begun := time.Now()
		if rows, err := s.Query(t.Context(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%.60s: %d rows, %v", q, len(rows.Rows), err)
		}
		if d := time.Since(begun); d > queryTime+queryGrace+3*time.Second {
			t.Errorf("%.60s: %v", q, d)
		}
	}
	sound(t, filepath.Dir(s.db.String()))
}

// TestLongStepIsLeft has one call of a function take longer than a query may: no interrupt reaches it.
func TestLongStepIsLeft(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	s := opened(t)
	begun := time.Now()
	_, err := s.Query(t.Context(), `SELECT instr(hex(zeroblob(500000)), hex(zeroblob(250000)) || '1')`)
	if err == nil && time.Since(begun) < queryTime {
		t.Skip("this machine is too fast for the test")
	}
	if !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), "longer than 2s") {
		t.Error(err)
	}
	if d := time.Since(begun); d > queryTime+queryGrace+3*time.Second {
		t.Errorf("left after %v", d)
	}
	if rows, err := s.Query(t.Context(), `SELECT 1`); err != nil || len(rows.Rows) != 1 {
		t.Errorf("the next query: %+v, %v", rows, err)
	}
}

func TestQueryIsBounded(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	s := opened(t)
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < `
	rows, err := s.Query(t.Context(), numbers+`20000) SELECT i FROM n`)
	if err != nil || len(rows.Rows) != queryRows || !rows.Truncated {
		t.Errorf("%d rows, truncated %v, %v", len(rows.Rows), rows.Truncated, err)
	}
	if rows, err = s.Query(t.Context(), numbers+`10000) SELECT i FROM n`); err != nil || len(rows.Rows) != 10000 || rows.Truncated {
		t.Errorf("%d rows, truncated %v, %v", len(rows.Rows), rows.Truncated, err)
	}
	if rows, err = s.Query(t.Context(), numbers+`100) SELECT hex(zeroblob(1000000)) FROM n`); err != nil || !rows.Truncated || len(rows.Rows) > 6 {
		t.Errorf("%d rows of 2 MB, truncated %v, %v", len(rows.Rows), rows.Truncated, err)
	}
	if _, err := s.Query(t.Context(), `SELECT zeroblob(100000000)`); !errors.Is(err, ErrQuery) {
		t.Errorf("a huge value: %v", err)
	}
}

func TestEndlessQueryIsStopped(t *testing.T) {
	t.Parallel()
	s := opened(t)
	const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT `
	for name, rest := range map[string]string{
		"before the first row":  `count(*) FROM n`,
		"after some rows":       `DISTINCT i % 7 FROM n`,
		"while sorting":         `i FROM n ORDER BY i DESC`,
		"joining after one row": `a.i FROM n a, n b WHERE a.i + b.i = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := s.Query(t.Context(), numbers+rest)
			if !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), "longer than 2s") {
				t.Error(err)
			}
			if d := time.Since(begun); d > queryTime+3*time.Second { // room for a slow machine
				t.Errorf("stopped after %v", d)
			}
		})
	}
	t.Run("by its caller", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := s.Query(ctx, numbers+`DISTINCT i % 7 FROM n`); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrQuery) {
			t.Error(err)
		}
	})
}

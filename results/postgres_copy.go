package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"
)

// tables are those of the record, in an order in which they can be filled: figures before the trials that have ended, to
// which nothing is added.
var tables = []string{"sweeps", "provenance", "configurations", "standings", "trainings", "metrics", "points", "finals", "trials", "sessions",
	"baselines", "notes", "tags", "artifacts"}

// serverTables are those that only a record on a server has, or that no copy takes along, and the queue's.
var serverTables = []string{"identity", "removals", "requests", "workers", "river_job"}

// copyTo writes one snapshot of the record as a file of SQLite.
func (p *postgresSchema) copyTo(ctx context.Context, file string) error {
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	made := &sqliteFile{path: file, options: Options{Patience: p.options.Patience, Durability: "full"}, steps: migrations}
	if err := made.migrate(ctx, file); err != nil {
		return err
	}
	from := stdlib.OpenDB(*p.config)
	defer from.Close()
	source, err := from.BeginTx(ctx, p.snapshot())
	if err != nil {
		return err
	}
	defer func() { _ = source.Rollback() }() // nothing was changed
	to, err := sql.Open(driverName, sourceName(file, "_foreign_keys=0", "_journal_mode=DELETE"))
	if err != nil {
		return err
	}
	defer to.Close()
	to.SetMaxOpenConns(1)
	target, err := to.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = target.Rollback() }() // nothing, once it is committed
	for _, t := range tables {
		if err := copyTable(ctx, source, target, t); err != nil {
			return fmt.Errorf("copy %s: %w", t, err)
		}
	}
	if _, err := target.ExecContext(ctx, `UPDATE sweeps SET queued = NULL WHERE queued IS NOT NULL`); err != nil { // a file has no queue
		return err
	}
	var orphan string
	switch err := target.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&orphan); {
	case err == nil:
		return fmt.Errorf("%w: rows of %s refer to others that are not there", ErrCorrupt, orphan)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return target.Commit()
}

// copyTable copies the rows of a table, by the columns that SQLite has.
func copyTable(ctx context.Context, source, target *sql.Tx, table string) error {
	columns, err := columnsOf(ctx, target, table)
	if err != nil {
		return err
	}
	list := strings.Join(columns, ", ")
	rows, err := source.QueryContext(ctx, `SELECT `+list+` FROM `+table+` ORDER BY 1, 2`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var args []any
	flush := func() error {
		if len(args) == 0 {
			return nil
		}
		_, err := target.ExecContext(ctx, `INSERT INTO `+table+` (`+list+`) VALUES `+tuples(len(args)/len(columns), len(columns)), args...)
		args = args[:0]
		return err
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if args = append(args, row...); len(args) >= rowsPerStatement*len(columns) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return flush()
}

// columnsOf lists a table's columns in SQLite.
func columnsOf(ctx context.Context, tx *sql.Tx, table string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT name FROM pragma_table_info('`+table+`') ORDER BY cid`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

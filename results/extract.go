package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
)

// remainder deletes from a record, in this order, whatever does not belong to the sweep of which ?1 is the name: rows that
// refer to others before those. Of curves it keeps what the sweep's own trials show.
var remainder = []string{
	`DELETE FROM sessions WHERE trial_id NOT IN (SELECT t.id FROM trials t JOIN sweeps s ON s.id = t.sweep_id WHERE s.name = ?1)`,
	`DELETE FROM finals WHERE trial_id NOT IN (SELECT t.id FROM trials t JOIN sweeps s ON s.id = t.sweep_id WHERE s.name = ?1)`,
	`DELETE FROM trials WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1)`,
	`DELETE FROM standings WHERE configuration_id NOT IN
		(SELECT c.id FROM configurations c JOIN sweeps s ON s.id = c.sweep_id WHERE s.name = ?1)`,
	`DELETE FROM configurations WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1)`,
	`DELETE FROM provenance WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1)`,
	`DELETE FROM notes WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1) OR training_id NOT IN (SELECT training_id FROM trials)`,
	`DELETE FROM tags WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1) OR training_id NOT IN (SELECT training_id FROM trials)`,
	`DELETE FROM artifacts WHERE sweep_id NOT IN (SELECT id FROM sweeps WHERE name = ?1) OR training_id NOT IN (SELECT training_id FROM trials)`,
	`DELETE FROM removals WHERE true`,
	`DELETE FROM workers WHERE true`,
	`UPDATE sweeps SET queued = NULL WHERE queued IS NOT NULL`,
	`DELETE FROM identity WHERE true`, // objects of the original are not the copy's to remove
	`INSERT INTO identity (id) VALUES (lower(hex(randomblob(8))))`,
	`DELETE FROM sweeps WHERE name <> ?1`,
	`DELETE FROM points WHERE NOT EXISTS (SELECT 1 FROM trials t WHERE t.training_id = points.training_id
		AND (t.state <> 'waiting' OR t.attempts > 0) AND (t.state NOT IN ('stopped', 'failed') OR points.step <= t.steps))`,
	`DELETE FROM trainings WHERE id NOT IN (SELECT training_id FROM trials)`,
	`DELETE FROM metrics WHERE id NOT IN (SELECT metric_id FROM points)`,
	`DELETE FROM baselines WHERE NOT EXISTS (SELECT 1 FROM configurations c
		WHERE c.split = baselines.split AND c.vocabulary = baselines.vocabulary)`,
}

// Extract writes to file, which must not exist, a record that holds one sweep and nothing else: a plain file without a log
// beside it, checked before Extract returns. Named sweep.db in a folder of its own it is a record that Open takes.
func (s *Store) Extract(ctx context.Context, sweep, file string) error {
	if _, err := s.Sweep(ctx, sweep); err != nil {
		return err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("copy sweep %s: %w", sweep, err)
	}
	return fault("copy sweep "+sweep+" to "+file, s.extract(ctx, sweep, abs))
}

func (s *Store) extract(ctx context.Context, sweep, file string) error {
	if err := s.db.copyTo(ctx, file); err != nil {
		return err
	}
	if err := reduce(ctx, sweep, file); err != nil {
		return err
	}
	if err := soundCopy(ctx, file); err != nil {
		return err
	}
	return syncFile(file)
}

// reduce makes a copy of a record into one of a single sweep. VACUUM leaves nothing of the others in free pages.
func reduce(ctx context.Context, sweep, file string) error {
	pool, err := sql.Open(driverName, sourceName(file, "mode=rw", "_busy_timeout=2000"))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	// The triggers that keep finished trials would keep those of other sweeps as well.
	triggers, err := triggersOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range triggers {
		if _, err := tx.ExecContext(ctx, `DROP TRIGGER "`+t.name+`"`); err != nil {
			return err
		}
	}
	for _, statement := range remainder {
		if _, err := tx.ExecContext(ctx, statement, sweep); err != nil {
			return err
		}
	}
	for _, t := range triggers {
		if _, err := tx.ExecContext(ctx, t.source); err != nil {
			return err
		}
	}
	// A record of a later version may have tables that remainder does not know.
	var table string
	switch err := tx.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table); {
	case err == nil:
		return fmt.Errorf("%w: rows of %s belong to other sweeps; use the program that wrote the record", ErrNewer, table)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, statement := range []string{"PRAGMA journal_mode = DELETE", "VACUUM"} {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

type trigger struct{ name, source string }

func triggersOf(ctx context.Context, tx *sql.Tx) ([]trigger, error) {
	rows, err := tx.QueryContext(ctx, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []trigger
	for rows.Next() {
		var t trigger
		if err := rows.Scan(&t.name, &t.source); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

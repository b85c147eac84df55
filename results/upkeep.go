package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"
)

// Check looks for damage: of the file, of references between its rows, and of what must always hold. It returns what
// it found, one finding a line, and an error only if it could not look.
func (s *Store) Check(ctx context.Context) ([]string, error) {
	var found []string
	err := s.view(ctx, "check record", func(tx *gorm.DB) error {
		found = nil
		var err error
		if found, err = s.db.damage(tx); err != nil {
			return err
		}
		for _, c := range invariants {
			var hits []string
			if err := tx.Raw(c.query).Scan(&hits).Error; err != nil {
				return err
			}
			for _, h := range hits {
				found = append(found, fmt.Sprintf(c.finding, h))
			}
		}
		return nil
	})
	if errors.Is(err, ErrCorrupt) {
		return append(found, err.Error()), nil // that is what was looked for
	}
	return found, err
}

func (f *sqliteFile) damage(tx *gorm.DB) (found []string, err error) {
	var lines []string
	if err := tx.Raw(`PRAGMA integrity_check(100)`).Scan(&lines).Error; err != nil {
		return nil, err
	}
	for _, l := range lines {
		if l != "ok" {
			found = append(found, l)
		}
	}
	rows, err := tx.Raw(`PRAGMA foreign_key_check`).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, parent string
		var row sql.NullInt64
		var key int64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return nil, err
		}
		found = append(found, fmt.Sprintf("row %d of %s refers to a row of %s that is not there", row.Int64, table, parent))
	}
	return found, rows.Err()
}

// invariants are queries that find nothing in a sound record.
var invariants = []struct{ query, finding string }{
	// A program may end well without having said it: of what it trains the record holds no text.
	{`SELECT s.name || '/' || g.trial FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id
		JOIN configurations c ON c.id = t.configuration_id
		WHERE c.corpus <> '' AND t.state = 'complete' AND NOT EXISTS (SELECT 1 FROM finals f WHERE f.trial_id = t.id AND f.metric = s.metric)
		AND EXISTS (SELECT 1 FROM finals f JOIN trials o ON o.id = f.trial_id WHERE o.sweep_id = t.sweep_id AND f.metric = s.metric)`,
		"trial %s is complete without a value of the sweep's metric, which others have"},
	{`SELECT g.trial FROM trials t JOIN trainings g ON g.id = t.training_id WHERE t.state = 'running' GROUP BY g.id, g.trial HAVING count(*) > 1`,
		"training %s is running in several sweeps at once"},
	{`SELECT g.trial FROM sessions x JOIN trials t ON t.id = x.trial_id JOIN trainings g ON g.id = t.training_id
		WHERE x.outcome = 'running' GROUP BY t.id, g.trial HAVING count(*) > 1`,
		"trial %s has two live sessions"},
	{`SELECT g.trial FROM trials t JOIN trainings g ON g.id = t.training_id
		WHERE (t.state = 'running') <> EXISTS (SELECT 1 FROM sessions x WHERE x.trial_id = t.id AND x.outcome = 'running')`,
		"trial %s and its sessions disagree whether it is running"},
	{`SELECT g.trial FROM trials t JOIN trainings g ON g.id = t.training_id
		WHERE t.state IN ('complete', 'stopped', 'diverged', 'failed') AND t.finished_at IS NULL`,
		"trial %s has ended at no time"},
	{`SELECT g.trial FROM trainings g WHERE g.trial <> substr(g.key, 1, 12)`,
		"trial %s is not the short form of its key"},
}

// Backup writes a sound copy of the record to file while others go on writing: to a temporary file beside it, which
// is checked, synced and renamed. A file of that name is replaced.
func (s *Store) Backup(ctx context.Context, file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	if same(abs, s.db.String()) {
		return fmt.Errorf("back up to %s: that is the record itself: %w", file, ErrUnwritable)
	}
	return fault("back up to "+file, s.backup(ctx, abs))
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return a == b || errX == nil && errY == nil && os.SameFile(x, y)
}

func (s *Store) backup(ctx context.Context, file string) error { return backup(ctx, s.db, file) }

func backup(ctx context.Context, db database, file string) error {
	temp, err := os.MkdirTemp(filepath.Dir(file), ".backup-*")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	defer os.RemoveAll(temp)
	copied := filepath.Join(temp, filepath.Base(file))
	if err := db.copyTo(ctx, copied); err != nil {
		return err
	}
	if err := soundCopy(ctx, copied); err != nil {
		return err
	}
	if err := syncFile(copied); err != nil {
		return err
	}
	if err := os.Rename(copied, file); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// copyTo copies the record to a file that is not there yet, while others go on writing.
func (f *sqliteFile) copyTo(ctx context.Context, file string) error {
	// VACUUM INTO reads one snapshot and wants a connection that may write, though not to its own file.
	settings := []string{"mode=ro", "_busy_timeout=2000"}
	if f.immutable {
		settings = append(settings, "immutable=1")
	}
	pool, err := sql.Open(driverName, sourceName(f.path, settings...))
	if err != nil {
		return err
	}
	defer pool.Close()
	return persist(ctx, f.options.Patience, func() error {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return err
		}
		if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
			return err
		}
		return rename(ctx, file)
	})
}

// rename gives a copy an identity of its own: objects that begin with that of the original are not the copy's to remove.
func rename(ctx context.Context, file string) error {
	pool, err := sql.Open(driverName, sourceName(file, "_journal_mode=DELETE"))
	if err != nil {
		return err
	}
	defer pool.Close()
	var has bool // an older schema has none
	err = pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'identity')`).Scan(&has)
	if err != nil || !has {
		return err
	}
	_, err = pool.ExecContext(ctx, `UPDATE identity SET id = lower(hex(randomblob(8)))`)
	return err
}

// soundCopy checks a copy before anybody relies on it.
func soundCopy(ctx context.Context, file string) error {
	pool, err := sql.Open(driverName, readerName(file, true))
	if err != nil {
		return err
	}
	defer pool.Close()
	var found string
	if err := pool.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: the copy: %s", ErrCorrupt, strings.TrimSpace(found))
	}
	return nil
}

func syncFile(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncFolder makes a rename last. Where folders cannot be opened or synced the system does it in its own time.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // the copy itself is synced
	}
	_ = f.Sync() // not every file system can
	return f.Close()
}

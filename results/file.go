package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// applicationID marks the file as a record: "SWEP".
const applicationID = 0x53574550

// quickCheckLimit bounds the file size up to which a record that was not closed in order is looked over when it is
// opened; the check reads the whole file.
const quickCheckLimit = 64 << 20

// sourceName writes a data source name: a file URI, so that any character may stand in the path.
func sourceName(file string, settings ...string) string {
	p := filepath.ToSlash(file)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/runs/sweep.db
	}
	return (&url.URL{Scheme: "file", Path: p, RawQuery: strings.Join(settings, "&")}).String()
}

func writerName(file string, o Options) string {
	journal := "WAL"
	if o.NetworkDisk {
		journal = "DELETE" // the log's index is shared memory, which a network does not share
	}
	synchronous := "FULL"
	if o.Durability == "normal" {
		synchronous = "NORMAL"
	}
	return sourceName(file, "_txlock=immediate", "_journal_mode="+journal, "_synchronous="+synchronous,
		"_busy_timeout=2000", "_foreign_keys=1", "_stmt_cache_size=64")
}

func readerName(file string, immutable bool) string {
	settings := []string{"mode=ro", "_query_only=1", "_busy_timeout=2000"}
	if immutable {
		settings = append(settings, "immutable=1")
	}
	return sourceName(file, settings...)
}

// prepare makes the directory and takes the lock under which records are made and brought up to date, so that of
// many processes one does it. The caller closes the lock.
func prepare(ctx context.Context, dir string, o Options) (*flock.Flock, error) {
	// The name starts with a dot: no sweep's does, whose locks lie in the same folder.
	locks := filepath.Join(dir, "locks")
	if err := os.MkdirAll(locks, 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	if name, err := networkDisk(dir); err != nil {
		return nil, err
	} else if name != "" && !o.NetworkDisk {
		return nil, fmt.Errorf("%w: %s is on a network file system (%s), where SQLite loses data; use a local folder", ErrUnwritable, dir, name)
	}
	lock := flock.New(filepath.Join(locks, ".record.lock"))
	wait, cancel := context.WithTimeout(ctx, o.Patience)
	defer cancel()
	switch _, err := lock.TryLockContext(wait, 10*time.Millisecond); {
	case err == nil:
		return lock, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: another process is opening it", ErrBusy)
	default:
		return nil, fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
}

// header is what tells a record from another file.
type header struct {
	application int64
	version     int64
	tables      int64 // the migrations' own bookkeeping, which comes first, left out
}

// inspect reads the header without changing anything.
func inspect(ctx context.Context, file string, immutable bool) (header, error) {
	var h header
	pool, err := sql.Open(driverName, readerName(file, immutable))
	if err != nil {
		return h, err
	}
	defer pool.Close()
	// One transaction, for another process may be making the schema at this moment.
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return h, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	for _, r := range []struct {
		query string
		into  *int64
	}{
		{"SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT LIKE 'goose_%' AND tbl_name NOT LIKE 'sqlite_%'", &h.tables},
		{"PRAGMA application_id", &h.application},
		{"PRAGMA user_version", &h.version},
	} {
		if err := tx.QueryRowContext(ctx, r.query).Scan(r.into); err != nil {
			return h, err
		}
	}
	return h, nil
}

// locked reports whether a process holds the record's lock to write its schema.
func locked(dir string) bool {
	file := filepath.Join(dir, "locks", ".record.lock")
	if _, err := os.Stat(file); err != nil {
		return false
	}
	lock := flock.New(file)
	defer lock.Close()
	free, err := lock.TryRLock()
	return err == nil && !free
}

// rollBack lets SQLite undo what a process that was killed while it made the record had written by half. A hot journal
// lies beside the file then, and whoever only reads cannot take it away. The caller holds the record's lock.
func rollBack(ctx context.Context, file string) error {
	if info, err := os.Stat(file + "-journal"); err != nil || info.Size() == 0 {
		return nil
	}
	pool, err := sql.Open(driverName, sourceName(file, "mode=rw", "_busy_timeout=2000"))
	if err != nil {
		return err
	}
	defer pool.Close()
	var tables int64
	return pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables)
}

// fresh reports a file that nothing was written to yet.
func (h header) fresh() bool { return h.application == 0 && h.version == 0 && h.tables == 0 }

func (h header) ours() error {
	if h.application != applicationID && !h.fresh() {
		return fmt.Errorf("%w: this SQLite file is not a record of sweep; give another directory", ErrCorrupt)
	}
	return nil
}

func (h header) readable(newest int64) error {
	switch {
	case h.fresh():
		return fmt.Errorf("the record is empty: %w", ErrNotFound)
	case h.ours() != nil:
		return h.ours()
	case h.version < newest:
		return fmt.Errorf("%w: its schema is %d, this program's %d; `sweep db migrate` brings it up to date and keeps a copy, as the next `sweep run` does", ErrOlder, h.version, newest)
	}
	return nil // a newer one has the same views, or more
}

func (h header) writable(newest int64) error {
	if err := h.ours(); err != nil {
		return err
	}
	if h.version > newest {
		return fmt.Errorf("%w: schema %d, this program knows %d; use the newer program (reading still works)", ErrNewer, h.version, newest)
	}
	return nil
}

// quiet reports whether no write-ahead log lies beside the file.
func quiet(file string) bool {
	info, err := os.Stat(file + "-wal")
	return errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0
}

// quickCheck looks the whole file over after an end that was not orderly.
func (f *sqliteFile) quickCheck(ctx context.Context) error {
	if info, err := os.Stat(f.path); err != nil || info.Size() > quickCheckLimit {
		return err
	}
	var found string
	if err := f.pools[0].QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s; %s", ErrCorrupt, found, mend)
	}
	return nil
}

// OpenForeign opens the SQLite file of another program to read, with the driver that the record is read with. The caller
// closes it.
func OpenForeign(file string) (*sql.DB, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	pool, err := sql.Open(driverName, readerName(abs, false))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return pool, nil
}

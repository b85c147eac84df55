package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"sweep/sweeps"
)

// sqliteFile is a record in a file of SQLite.
type sqliteFile struct {
	path    string
	options Options
	steps   fs.FS     // of its schema
	pools   []*sql.DB // readers first: the writer closes last and so tidies the write-ahead log away

	immutable bool // opened to read in a folder that cannot be written
	synced    bool // the connection that writes is set to sync each commit
}

func newFile(dir string, o Options, steps fs.FS) (*sqliteFile, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return &sqliteFile{path: filepath.Join(dir, FileName), options: o, steps: steps, synced: o.Durability != "normal"}, nil
}

func (f *sqliteFile) String() string { return f.path }

func (f *sqliteFile) open(ctx context.Context) (readers, writer *gorm.DB, err error) {
	if f.options.ReadOnly {
		readers, err = f.openToRead(ctx)
		return readers, nil, err
	}
	return f.openToWrite(ctx)
}

func (f *sqliteFile) openToRead(ctx context.Context) (*gorm.DB, error) {
	switch info, err := os.Stat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrNoRecord
	case err != nil:
		return nil, err
	case info.Size() == 0:
		return nil, fmt.Errorf("the file is empty: %w", ErrNoRecord)
	}
	immutable := false
	err := persist(ctx, f.options.Patience, func() error {
		h, err := inspect(ctx, f.path, immutable)
		if errors.Is(sentinel(err), ErrUnwritable) && !immutable && quiet(f.path) {
			// A read-only folder cannot take the log's index. Without a log nobody is writing, so none is needed.
			immutable = true
			h, err = inspect(ctx, f.path, immutable)
		}
		if err != nil {
			return err
		}
		if h.version < newest(f.steps) && h.ours() == nil {
			if locked(filepath.Dir(f.path)) {
				return fmt.Errorf("another process is bringing the schema up to date: %w", ErrBusy)
			}
			if h, err = inspect(ctx, f.path, immutable); err != nil { // it may have done so just now
				return err
			}
		}
		return h.readable(newest(f.steps))
	})
	if err != nil {
		return nil, err
	}
	f.immutable = immutable
	return f.openReaders(ctx)
}

func (f *sqliteFile) openToWrite(ctx context.Context) (readers, writer *gorm.DB, err error) {
	lock, err := prepare(ctx, filepath.Dir(f.path), f.options)
	if err != nil {
		return nil, nil, err
	}
	defer lock.Close()
	unclean, err := f.upToDate(ctx)
	if err != nil {
		return nil, nil, err
	}
	pool, err := sql.Open(driverName, writerName(f.path, f.options))
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	f.pools = append(f.pools, pool)
	err = persist(ctx, f.options.Patience, func() (err error) {
		if writer, err = wrap(pool); err != nil {
			return err
		}
		return probe(writer)
	})
	if err != nil {
		return nil, nil, err
	}
	if readers, err = f.openReaders(ctx); err != nil {
		return nil, nil, err
	}
	if unclean {
		err = f.quickCheck(ctx)
	}
	return readers, writer, err
}

func (f *sqliteFile) openReaders(ctx context.Context) (db *gorm.DB, err error) {
	pool, err := sql.Open(driverName, readerName(f.path, f.immutable))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(4)
	pool.SetMaxIdleConns(4)
	f.pools = append([]*sql.DB{pool}, f.pools...)
	err = persist(ctx, f.options.Patience, func() (err error) {
		db, err = wrap(pool)
		return err
	})
	return db, err
}

// wrap gives a pool to gorm. gorm neither prepares statements (with one connection that waits for ever) nor opens
// transactions of its own.
func wrap(pool *sql.DB) (*gorm.DB, error) {
	return gorm.Open(&sqlite.Dialector{Conn: pool}, &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard,
	})
}

// probe finds out whether the file can be written, before anything relies on it.
func probe(db *gorm.DB) error {
	tx := db.Begin()
	if tx.Error != nil {
		return tx.Error
	}
	return tx.Rollback().Error
}

func (f *sqliteFile) close() error {
	var errs []error
	for _, p := range f.pools {
		errs = append(errs, p.Close())
	}
	f.pools = nil
	return errors.Join(errs...)
}

// snapshot needs no setting: every transaction of SQLite's is one.
func (f *sqliteFile) snapshot() *sql.TxOptions { return nil }

func (f *sqliteFile) side() gorm.ConnPool { return nil }

func (f *sqliteFile) clock() string { return `CAST(unixepoch('subsec') * 1000000 AS INTEGER)` }

// begin has nothing to do: the transactions of the connection that writes lock the file when they begin.
func (f *sqliteFile) begin(*gorm.DB, bool) error { return nil }

func (f *sqliteFile) shared() bool { return false }

// analyze does nothing: what SQLite supposes of a table that it has not looked at suits the record.
func (f *sqliteFile) analyze(*gorm.DB) error { return nil }

func (f *sqliteFile) sync(db *gorm.DB, on bool) error {
	if on == f.synced {
		return nil
	}
	level := "NORMAL"
	if on {
		level = "FULL"
	}
	if err := execute(db, "PRAGMA synchronous = "+level); err != nil {
		return err
	}
	f.synced = on
	return nil
}

func (f *sqliteFile) param(name string, _ []sweeps.Kind) string {
	return `(SELECT value FROM json_each(v.params) WHERE key = ` + literal(name) + `)`
}

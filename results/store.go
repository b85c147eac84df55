package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"sweep/internal/stats"
)

// FileName is the record's name in its directory.
const FileName = "sweep.db"

// Options say how a record is opened. The zero value opens it to write, with every finished trial synced to disk.
type Options struct {
	ReadOnly bool
	// Durability is "full" (also "": a finished trial survives a power cut) or "normal" (it survives the death of
	// the process; a power cut may lose the last seconds, never the file).
	Durability string
	// Patience is how long a write waits for other processes, or for a full disk to get room again. 0: a minute.
	Patience time.Duration
	// NetworkDisk allows a network file system, on which SQLite's locks are not to be trusted: one process only.
	NetworkDisk bool
	// Now is the clock of what is written down; nil: time.Now.
	Now func() time.Time
}

func (o Options) complete() (Options, error) {
	switch o.Durability {
	case "":
		o.Durability = "full"
	case "full", "normal":
	default:
		return o, fmt.Errorf("open record: durability is full or normal, not %q", o.Durability)
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// Store is an open record. Its methods may be called concurrently. The goroutine that writes ends with Close.
type Store struct {
	file    string
	options Options
	pools   []*sql.DB // readers first: the writer closes last and so tidies the write-ahead log away
	readers *gorm.DB
	writer  *writer // nil when opened to read

	immutable bool            // opened to read in a folder that cannot be written
	quantiles stats.Quantiles // of comparisons with the best, computed once

	mu   sync.Mutex
	live map[place]*session // trials that this process trains
}

// Open opens the record of a directory, dir/sweep.db. To write, it makes directory and file as needed and brings an
// older schema up to date; to read, it makes nothing. It wraps ErrNotFound (to read, and there is none), ErrOlder (to read),
// ErrUnwritable, ErrBusy, ErrNewer or ErrCorrupt.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	return open(ctx, dir, o, migrations)
}

func open(ctx context.Context, dir string, o Options, steps fs.FS) (*Store, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	s := &Store{file: filepath.Join(dir, FileName), options: o, live: map[place]*session{}}
	doing := "open record " + s.file
	if o.ReadOnly {
		if err := s.openToRead(ctx, steps); err != nil {
			return nil, errors.Join(fault(doing, err), s.closePools())
		}
		return s, nil
	}
	if err := s.openToWrite(ctx, dir, steps); err != nil {
		return nil, errors.Join(fault(doing, err), s.closePools())
	}
	return s, nil
}

func (s *Store) openToRead(ctx context.Context, steps fs.FS) error {
	switch info, err := os.Stat(s.file); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no record here: %w", ErrNotFound)
	case err != nil:
		return err
	case info.Size() == 0:
		return fmt.Errorf("the record is empty: %w", ErrNotFound)
	}
	immutable := false
	err := persist(ctx, s.options.Patience, func() error {
		h, err := inspect(ctx, s.file, immutable)
		if errors.Is(sentinel(err), ErrUnwritable) && !immutable && quiet(s.file) {
			// A read-only folder cannot take the log's index. Without a log nobody is writing, so none is needed.
			immutable = true
			h, err = inspect(ctx, s.file, immutable)
		}
		if err != nil {
			return err
		}
		if h.version < newest(steps) && h.ours() == nil {
			if locked(filepath.Dir(s.file)) {
				return fmt.Errorf("another process is bringing the schema up to date: %w", ErrBusy)
			}
			if h, err = inspect(ctx, s.file, immutable); err != nil { // it may have done so just now
				return err
			}
		}
		return h.readable(newest(steps))
	})
	if err != nil {
		return err
	}
	s.immutable = immutable
	return s.openReaders(ctx)
}

func (s *Store) openToWrite(ctx context.Context, dir string, steps fs.FS) error {
	lock, err := prepare(ctx, dir, s.options)
	if err != nil {
		return err
	}
	defer lock.Close()
	unclean, err := s.upToDate(ctx, steps)
	if err != nil {
		return err
	}
	pool, err := sql.Open(driverName, writerName(s.file, s.options))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	s.pools = append(s.pools, pool)
	var db *gorm.DB
	err = persist(ctx, s.options.Patience, func() (err error) {
		if db, err = wrap(pool); err != nil {
			return err
		}
		return probe(db)
	})
	if err != nil {
		return err
	}
	if err := s.openReaders(ctx); err != nil {
		return err
	}
	if unclean {
		if err := s.quickCheck(ctx); err != nil {
			return err
		}
	}
	s.writer = startWriter(db, s.options, s.updateStandings)
	return nil
}

func (s *Store) openReaders(ctx context.Context) error {
	pool, err := sql.Open(driverName, readerName(s.file, s.immutable))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(4)
	pool.SetMaxIdleConns(4)
	s.pools = append([]*sql.DB{pool}, s.pools...)
	return persist(ctx, s.options.Patience, func() (err error) {
		s.readers, err = wrap(pool)
		return err
	})
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

// Close waits for what was recorded to be written and closes the record.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = s.writer.stop()
	}
	return errors.Join(err, fault("close record", s.closePools()))
}

func (s *Store) closePools() error {
	var errs []error
	for _, p := range s.pools {
		errs = append(errs, p.Close())
	}
	s.pools = nil
	return errors.Join(errs...)
}

// File returns the path of the record's file.
func (s *Store) File() string { return s.file }

// view runs f in one read transaction, so that all its queries see the same state, and tries again while the record
// is busy.
func (s *Store) view(ctx context.Context, doing string, f func(*gorm.DB) error) error {
	err := persist(ctx, s.options.Patience, func() error {
		return s.readers.WithContext(ctx).Transaction(f)
	})
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	return fault(doing, err)
}

package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"sweep/internal/stats"
	"sweep/sweeps"
)

// FileName is the record's name in its directory.
const FileName = "sweep.db"

// Options say how a record is opened. The zero value opens it to write, with every finished trial synced to disk.
type Options struct {
	ReadOnly bool
	// Durability is "full" (also "": a finished trial survives a power cut) or "normal" (it survives the death of
	// the process; a power cut may lose the last seconds, never the file).
	Durability string
	// Patience is how long a write waits for other processes, for a full disk to get room again, or for a server to come back.
	// 0: a minute; with a server ten.
	Patience time.Duration
	// URL, postgres://..., says that the record lies in PostgreSQL and not in the directory's file.
	URL string
	// NetworkDisk allows a network file system, on which SQLite's locks are not to be trusted: one process only.
	NetworkDisk bool
	// Now is the clock of what is written down; nil: time.Now.
	Now func() time.Time

	spool    string // folder for points while the server is away; "": there is none
	identity string // of the record, where there is such a folder
}

func (o Options) complete() (Options, error) {
	switch o.Durability {
	case "":
		o.Durability = "full"
	case "full", "normal":
	default:
		return o, fmt.Errorf("open record: durability is full or normal, not %q", o.Durability)
	}
	switch {
	case o.Patience != 0:
	case o.URL != "":
		o.Patience = 10 * time.Minute
	default:
		o.Patience = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// Store is an open record. Its methods may be called concurrently. The goroutine that writes ends with Close.
type Store struct {
	db      database
	options Options
	readers *gorm.DB
	writer  *writer // nil when opened to read

	queue  Queue        // filled by decisions; nil: none
	heard  atomic.Int64 // when this worker was heard of last, in nanoseconds since 1970
	tired  tired        // of waiting for the database
	worker atomic.Int64 // this process's number among the workers of a queue, 0: it is none

	quantiles stats.Quantiles // of comparisons with the best, computed once

	mu     sync.Mutex
	live   map[place]*session // trials that this process trains
	claims map[place]bool     // those of which it asks for a task just now
}

// database is what holds a record, a file of SQLite or a schema of PostgreSQL, as far as the two differ.
type database interface {
	// open brings the schema up to date, or to read makes sure that it can be read, and returns a pool that reads and, to
	// write, a connection that writes.
	open(ctx context.Context) (readers, writer *gorm.DB, err error)
	close() error
	// String is where the record is, without what is secret.
	String() string

	// snapshot are the settings of a transaction whose queries all see the same state.
	snapshot() *sql.TxOptions
	// begin is called first in each transaction that writes. One that yields is an errTaken where it would have to wait for others.
	begin(tx *gorm.DB, yields bool) error
	// shared reports whether other machines write, too, for whom a transaction may have to wait long.
	shared() bool
	// analyze has the database look at how much was just written, by which it plans what is asked next.
	analyze(tx *gorm.DB) error
	// sync chooses whether the next commit of the connection that writes waits for the disk.
	sync(db *gorm.DB, on bool) error
	// query runs one statement that can do nothing but read, within bounds.
	query(ctx context.Context, statement string) (Rows, error)
	// param is an expression for the value of a hyperparameter of a row of v_trials v, which has values of some kinds.
	param(name string, kinds []sweeps.Kind) string
	// damage looks for what is broken in the database itself.
	damage(tx *gorm.DB) ([]string, error)
	// copyTo copies the record to a file of SQLite that is not there yet, while others go on writing.
	copyTo(ctx context.Context, file string) error
	vacuum(ctx context.Context) error
	// side is a pool for what is not to wait for its turn with the connection that writes; nil where there is only that one.
	side() gorm.ConnPool
	// clock is an expression for the database's time, in microseconds since 1970.
	clock() string
	// versions are those of the schema: the record's, 0 for one that is not made yet, and the program's.
	versions(ctx context.Context) (record, program int64, err error)
}

// Open opens the record of a directory, dir/sweep.db, or the one at Options.URL. To write, it makes directory, file and schema
// as needed and brings an older schema up to date; to read, it makes nothing. It wraps ErrNotFound (to read, and there is
// none), ErrOlder (to read), ErrUnwritable, ErrBusy, ErrAway, ErrNewer or ErrCorrupt.
func Open(ctx context.Context, dir string, o Options) (*Store, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if o.URL != "" && dir != "" {
		o.spool = filepath.Join(dir, "spool")
	}
	db, err := o.database(dir)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	return open(ctx, db, o)
}

// database finds where the record is.
func (o Options) database(dir string) (database, error) {
	if o.URL != "" {
		return newPostgres(o, postgresMigrations)
	}
	return newFile(dir, o, migrations)
}

func open(ctx context.Context, db database, o Options) (*Store, error) {
	s := &Store{db: db, options: o, live: map[place]*session{}, claims: map[place]bool{}}
	readers, writer, err := db.open(ctx)
	if err != nil {
		return nil, errors.Join(fault("open record "+db.String(), err), db.close())
	}
	s.readers = readers
	if writer != nil && o.spool != "" {
		if o.identity, err = s.Identity(ctx); err != nil {
			return nil, errors.Join(err, db.close())
		}
	}
	if writer != nil {
		s.writer = startWriter(s, writer, db, o)
	}
	return s, nil
}

// Close waits for what was recorded to be written and closes the record.
func (s *Store) Close() error {
	var err error
	if s.writer != nil {
		err = s.writer.stop()
	}
	return errors.Join(err, fault("close record", s.db.close()))
}

// view runs f in one read transaction, so that all its queries see the same state, and tries again while the record
// is busy.
func (s *Store) view(ctx context.Context, doing string, f func(*gorm.DB) error) error {
	return s.read(ctx, doing, func() error { return s.readers.WithContext(ctx).Transaction(f, s.db.snapshot()) })
}

// glimpse is view for one statement, which takes a server a third of the messages: it is asked for every second, by each of many workers.
func (s *Store) glimpse(ctx context.Context, doing string, f func(*gorm.DB) error) error {
	return s.read(ctx, doing, func() error { return f(s.readers.WithContext(ctx)) })
}

func (s *Store) read(ctx context.Context, doing string, f func() error) error {
	err := s.tired.persist(ctx, s.options.Patience, f)
	if ctx.Err() != nil && err != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	return fault(doing, err)
}

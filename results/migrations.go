package results

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*/*.sql
var embedded embed.FS

// migrations holds the numbered steps of SQLite's schema, the first making it. Each sets user_version to its number.
// PostgreSQL's have the same numbers and come to the same tables and views.
var migrations, postgresMigrations = stepsIn("sqlite"), stepsIn("postgres")

func stepsIn(database string) fs.FS {
	sub, err := fs.Sub(embedded, "migrations/"+database)
	if err != nil {
		panic(err) // the embed directive names the folder
	}
	return sub
}

// newest returns the number of the last step.
func newest(steps fs.FS) int64 {
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	var last int64
	for _, n := range names {
		number, _, _ := strings.Cut(filepath.Base(n), "_")
		v, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("results: migration %s has no number", n))
		}
		last = max(last, v)
	}
	return last
}

// upToDate makes the schema or brings it to the newest version; the caller holds the record's lock. It reports
// whether the file was left with a log that its last user did not put away.
func (f *sqliteFile) upToDate(ctx context.Context) (unclean bool, err error) {
	h := header{}
	switch info, err := os.Stat(f.path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case info.Size() == 0 && quiet(f.path):
	default:
		unclean = !quiet(f.path)
		err := persist(ctx, f.options.Patience, func() (err error) {
			if err = rollBack(ctx, f.path); err == nil {
				h, err = inspect(ctx, f.path, false)
			}
			return err
		})
		if err != nil {
			return false, err
		}
	}
	if err := h.writable(newest(f.steps)); err != nil {
		return false, err
	}
	if h.version == newest(f.steps) {
		return unclean, nil
	}
	if h.fresh() {
		return false, f.create(ctx)
	}
	if err := backup(ctx, f, fmt.Sprintf("%s.v%d", f.path, h.version)); err != nil {
		return false, fmt.Errorf("back up before migrating: %w", err)
	}
	return unclean, f.migrate(ctx, f.path)
}

// create makes the file beside its place and renames it: whoever looks while it is made, or after its maker was killed,
// sees no record rather than one of an older version.
func (f *sqliteFile) create(ctx context.Context) error {
	dir := filepath.Dir(f.path)
	temp := filepath.Join(dir, ".new") // one is enough: the caller holds the record's lock
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o755)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, FileName)
	if err := f.migrate(ctx, file); err != nil {
		return err
	}
	if err := errors.Join(syncFile(file), os.Rename(file, f.path)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// migrate runs the steps that a file lacks, each in a transaction of its own.
func (f *sqliteFile) migrate(ctx context.Context, file string) error {
	pool, err := sql.Open(driverName, writerName(file, f.options))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, f.steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return persist(ctx, f.options.Patience, func() error {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}

// versions returns 0 for a file that is not made yet.
func (f *sqliteFile) versions(ctx context.Context) (record, program int64, err error) {
	program = newest(f.steps)
	if info, err := os.Stat(f.path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return 0, program, nil
	}
	h, err := inspect(ctx, f.path, false)
	if err == nil {
		err = h.ours()
	}
	if err != nil {
		return 0, program, err
	}
	return h.version, program, nil
}

// SchemaVersions returns the schema version of the record in dir, or at o.URL, 0 for one that is not made yet, and the version
// that this program writes. Open brings an older record up to date, keeping a copy beside it where it is a file.
func SchemaVersions(ctx context.Context, dir string, o Options) (record, program int64, err error) {
	if o, err = o.complete(); err != nil {
		return 0, 0, err
	}
	db, err := o.database(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("read schema: %w", err)
	}
	record, program, err = db.versions(ctx)
	return record, program, fault("read schema of "+db.String(), errors.Join(err, db.close()))
}

// Migrate brings a record up to date and returns the versions before and after. Open does so, too.
func Migrate(ctx context.Context, dir string, o Options) (from, to int64, err error) {
	from, to, err = SchemaVersions(ctx, dir, o)
	if err != nil {
		return 0, 0, err
	}
	s, err := Open(ctx, dir, o)
	if err != nil {
		return from, from, err
	}
	return from, to, s.Close()
}

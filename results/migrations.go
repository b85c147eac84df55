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

//go:embed migrations/*.sql
var embedded embed.FS

// migrations holds the numbered steps of the schema, the first making it. Each sets user_version to its number.
var migrations = func() fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the embed directive names the folder
	}
	return sub
}()

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
func (s *Store) upToDate(ctx context.Context, steps fs.FS) (unclean bool, err error) {
	h := header{}
	switch info, err := os.Stat(s.file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return false, err
	case info.Size() == 0 && quiet(s.file):
	default:
		unclean = !quiet(s.file)
		err := persist(ctx, s.options.Patience, func() (err error) {
			if err = rollBack(ctx, s.file); err == nil {
				h, err = inspect(ctx, s.file, false)
			}
			return err
		})
		if err != nil {
			return false, err
		}
	}
	if err := h.writable(newest(steps)); err != nil {
		return false, err
	}
	if h.version == newest(steps) {
		return unclean, nil
	}
	if h.fresh() {
		return false, s.create(ctx, steps)
	}
	if err := s.backup(ctx, fmt.Sprintf("%s.v%d", s.file, h.version)); err != nil {
		return false, fmt.Errorf("back up before migrating: %w", err)
	}
	return unclean, s.migrate(ctx, s.file, steps)
}

// create makes the file beside its place and renames it: whoever looks while it is made, or after its maker was killed,
// sees no record rather than one of an older version.
func (s *Store) create(ctx context.Context, steps fs.FS) error {
	dir := filepath.Dir(s.file)
	temp := filepath.Join(dir, ".new") // one is enough: the caller holds the record's lock
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o755)); err != nil {
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, FileName)
	if err := s.migrate(ctx, file, steps); err != nil {
		return err
	}
	if err := errors.Join(syncFile(file), os.Rename(file, s.file)); err != nil {
		return err
	}
	return syncFolder(dir)
}

// migrate runs the steps that a file lacks, each in a transaction of its own.
func (s *Store) migrate(ctx context.Context, file string, steps fs.FS) error {
	pool, err := sql.Open(driverName, writerName(file, s.options))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	return persist(ctx, s.options.Patience, func() error {
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
}

// SchemaVersions returns the schema version of the record in dir, 0 for one that is not made yet, and the version
// that this program writes. Open brings an older record up to date, keeping a copy beside it.
func SchemaVersions(ctx context.Context, dir string) (record, program int64, err error) {
	program = newest(migrations)
	if dir, err = filepath.Abs(dir); err != nil {
		return 0, program, fmt.Errorf("read schema: %w", err)
	}
	file := filepath.Join(dir, FileName)
	if info, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return 0, program, nil
	}
	h, err := inspect(ctx, file, false)
	if err == nil {
		err = h.ours()
	}
	if err != nil {
		return 0, program, fault("read schema of "+file, err)
	}
	return h.version, program, nil
}

// Migrate brings the record in dir up to date and returns the versions before and after. Open does so, too.
func Migrate(ctx context.Context, dir string, o Options) (from, to int64, err error) {
	if from, _, err = SchemaVersions(ctx, dir); err != nil {
		return 0, 0, err
	}
	s, err := Open(ctx, dir, o)
	if err != nil {
		return from, from, err
	}
	return from, newest(migrations), s.Close()
}

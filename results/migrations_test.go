package results

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// openFile opens a record whose schema has the given steps.
func openFile(t *testing.T, dir string, o Options, steps fs.FS) (*Store, error) {
	t.Helper()
	o, err := o.complete()
	if err != nil {
		t.Fatal(err)
	}
	db, err := newFile(dir, o, steps)
	if err != nil {
		t.Fatal(err)
	}
	return open(t.Context(), db, o)
}

func TestNewerSchemaIsRefused(t *testing.T) {
	ofFiles(t)
	file := sample(t)
	setVersion(t, file, 99)
	if _, err := Open(t.Context(), filepath.Dir(file), Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("to write: %v", err)
	}
	s, err := Open(t.Context(), filepath.Dir(file), Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("to read: %v", err)
	}
	defer s.Close()
	if rows, err := s.Sweeps(t.Context()); err != nil || len(rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
	if record, program, err := SchemaVersions(t.Context(), filepath.Dir(file), Options{}); record != 99 || program != newest(migrations) || err != nil {
		t.Errorf("versions %d, %d, %v", record, program, err)
	}
}

func setVersion(t *testing.T, file string, version int) {
	t.Helper()
	pool, err := sql.Open(driverName, sourceName(file))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(`PRAGMA user_version = ` + strconv.Itoa(version)); err != nil {
		t.Fatal(err)
	}
}

// steps returns our migrations and further ones.
func steps(t *testing.T, more map[string]string) fs.FS {
	t.Helper()
	m := fstest.MapFS{}
	ours, err := fs.Glob(migrations, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range ours {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		m[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range more {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

// A record is made as a whole: when a step breaks, or the process dies between two, there is none, and the next one makes it.
func TestRecordIsMadeAsAWhole(t *testing.T) {
	dir := t.TempDir()
	broken := steps(t, map[string]string{"00099_mood.sql": "-- +goose Up\nUPDATE sweeps SET nothing = 1;\n"})
	if _, err := openFile(t, dir, Options{}, broken); err == nil {
		t.Fatal("a step that breaks makes a record")
	}
	if _, err := Open(t.Context(), dir, Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("reading what was half made: %v", err)
	}
	left := filepath.Join(dir, ".new", FileName) // of a process that was killed
	if err := errors.Join(os.Mkdir(filepath.Dir(left), 0o755), os.WriteFile(left, []byte("half"), 0o644)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(left)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what a killed process left is still there: %v", err)
	}
}

func TestMigrationKeepsEverything(t *testing.T) {
	ofFiles(t)
	file := sample(t)
	dir := filepath.Dir(file)
	next := steps(t, map[string]string{
		"00099_mood.sql": "-- +goose Up\nPRAGMA user_version = 99;\nALTER TABLE sweeps ADD COLUMN mood TEXT;\nUPDATE sweeps SET mood = 'good';\n",
	})
	if _, err := openFile(t, dir, Options{ReadOnly: true}, next); !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "sweep db migrate") {
		t.Errorf("reading an older schema: %v", err)
	}
	// A step that breaks half-way leaves the old schema.
	broken := steps(t, map[string]string{
		"00099_mood.sql": "-- +goose Up\nPRAGMA user_version = 99;\nALTER TABLE sweeps ADD COLUMN mood TEXT;\nUPDATE sweeps SET nothing = 1;\n",
	})
	if _, err := openFile(t, dir, Options{}, broken); err == nil {
		t.Error("a broken step is no error")
	}
	if v, _, err := SchemaVersions(t.Context(), dir, Options{}); v != newest(migrations) || err != nil {
		t.Errorf("after a broken step: version %d, %v", v, err)
	}
	s, err := openFile(t, dir, Options{}, next)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var mood string
	if err := s.readers.Raw(`SELECT mood FROM sweeps`).Row().Scan(&mood); err != nil || mood != "good" {
		t.Errorf("mood %q, %v", mood, err)
	}
	if got := trials(t, s, "hidden"); len(got) != 4 {
		t.Errorf("%d trials after the step", len(got))
	}
	kept := t.TempDir()
	if err := os.Rename(fmt.Sprintf("%s.v%d", file, newest(migrations)), filepath.Join(kept, FileName)); err != nil {
		t.Fatalf("no copy of the older record: %v", err)
	}
	old := reopened(t, kept, Options{ReadOnly: true})
	if got := trials(t, old, "hidden"); len(got) != 4 {
		t.Errorf("%d trials in the copy", len(got))
	}
}

func TestMigrate(t *testing.T) {
	ofFiles(t)
	dir := t.TempDir()
	if from, to, err := Migrate(t.Context(), dir, Options{}); from != 0 || to != newest(migrations) || err != nil {
		t.Errorf("%d to %d, %v", from, to, err)
	}
	if from, to, err := Migrate(t.Context(), dir, Options{}); from != to || to != newest(migrations) || err != nil {
		t.Errorf("%d to %d, %v", from, to, err)
	}
	sound(t, dir)
}

// TestFittedBaselines has a record of the first schema say which of its count models were fitted on validation.
func TestFittedBaselines(t *testing.T) {
	ofFiles(t)
	dir := t.TempDir()
	first := steps(t, nil).(fstest.MapFS)
	for name := range first {
		if name != "00001_record.sql" {
			delete(first, name)
		}
	}
	old, err := openFile(t, dir, Options{}, first)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open(driverName, sourceName(filepath.Join(dir, FileName)))
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"interpolated", "kneser-ney"} {
		if _, err := pool.Exec(`INSERT INTO baselines (corpus, split, vocabulary, model, order_n, parameters) VALUES ('c', 's', 'v', ?, 4, 10)`, model); err != nil {
			t.Fatal(err)
		}
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := reopened(t, dir, Options{}).Baselines(t.Context(), "s", "v")
	if err != nil || len(rows) != 2 || !bool(rows[0].Fitted) || bool(rows[1].Fitted) {
		t.Errorf("%+v, %v", rows, err)
	}
}

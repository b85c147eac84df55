package results

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

func TestNewerSchemaIsRefused(t *testing.T) {
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
	if record, program, err := SchemaVersions(t.Context(), filepath.Dir(file)); record != 99 || program != 1 || err != nil {
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
	first, err := fs.ReadFile(migrations, "00001_record.sql")
	if err != nil {
		t.Fatal(err)
	}
	m["00001_record.sql"] = &fstest.MapFile{Data: first}
	for name, text := range more {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestMigrationKeepsEverything(t *testing.T) {
	file := sample(t)
	dir := filepath.Dir(file)
	next := steps(t, map[string]string{
		"00002_mood.sql": "-- +goose Up\nPRAGMA user_version = 2;\nALTER TABLE sweeps ADD COLUMN mood TEXT;\nUPDATE sweeps SET mood = 'good';\n",
	})
	if _, err := open(t.Context(), dir, Options{ReadOnly: true}, next); !errors.Is(err, ErrUnwritable) || !strings.Contains(err.Error(), "sweep db migrate") {
		t.Errorf("reading an older schema: %v", err)
	}
	// A step that breaks half-way leaves the old schema.
	broken := steps(t, map[string]string{
		"00002_mood.sql": "-- +goose Up\nPRAGMA user_version = 2;\nALTER TABLE sweeps ADD COLUMN mood TEXT;\nUPDATE sweeps SET nothing = 1;\n",
	})
	if _, err := open(t.Context(), dir, Options{}, broken); err == nil {
		t.Error("a broken step is no error")
	}
	if v, _, err := SchemaVersions(t.Context(), dir); v != 1 || err != nil {
		t.Errorf("after a broken step: version %d, %v", v, err)
	}
	s, err := open(t.Context(), dir, Options{}, next)
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
	if err := os.Rename(file+".v1", filepath.Join(kept, FileName)); err != nil {
		t.Fatalf("no copy of the older record: %v", err)
	}
	old := reopened(t, kept, Options{ReadOnly: true})
	if got := trials(t, old, "hidden"); len(got) != 4 {
		t.Errorf("%d trials in the copy", len(got))
	}
}

func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	if from, to, err := Migrate(t.Context(), dir, Options{}); from != 0 || to != 1 || err != nil {
		t.Errorf("%d to %d, %v", from, to, err)
	}
	if from, to, err := Migrate(t.Context(), dir, Options{}); from != 1 || to != 1 || err != nil {
		t.Errorf("%d to %d, %v", from, to, err)
	}
	sound(t, dir)
}

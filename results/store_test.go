package results

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"sweep/sweeps"
)

func TestOpenToReadMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	if _, err := Open(t.Context(), dir, Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("empty folder: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
	if err := os.WriteFile(filepath.Join(dir, FileName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{ReadOnly: true}); !errors.Is(err, ErrNotFound) {
		t.Errorf("empty file: %v", err)
	}
	s := reopened(t, dir, Options{}) // which a process that died at once may leave behind
	put(t, s, grid("hidden", 1, 50))
}

func TestReadingStoreDoesNotWrite(t *testing.T) {
	dir := filepath.Dir(sample(t))
	s := reopened(t, dir, Options{ReadOnly: true})
	p := grid("hidden", 3, 50)
	_, putErr := s.PutPlan(t.Context(), p, Provenance{})
	_, claimErr := s.Claim(t.Context(), p.Trials()[0])
	for what, err := range map[string]error{
		"put": putErr, "claim": claimErr,
		"record":  s.Record(t.Context(), p.Trials()[0], []sweeps.Point{{}}),
		"finish":  s.Finish(t.Context(), p.Trials()[0], sweeps.Outcome{State: sweeps.Complete}),
		"release": s.Release(t.Context(), "hidden"), "end": s.EndSweep(t.Context(), "hidden", "complete", 1),
		"baselines": s.PutBaselines(t.Context(), nil),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.readers.Exec(`UPDATE sweeps SET name = 'x'`).Error; err == nil {
		t.Error("a reader's connection writes")
	}
	if d, err := s.Diff(t.Context(), p); err != nil || d.Kept != 2 || d.New != 1 {
		t.Errorf("diff: %+v, %v", d, err)
	}
}

func TestUseAfterClose(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := grid("hidden", 1, 50)
	put(t, s, p)
	claim(t, s, p.Trials()[0])
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
	if err := s.Record(t.Context(), p.Trials()[0], []sweeps.Point{{Metric: "x"}}); !errors.Is(err, ErrClosed) {
		t.Errorf("record: %v", err)
	}
	if err := s.Finish(t.Context(), p.Trials()[0], sweeps.Outcome{State: sweeps.Complete}); !errors.Is(err, ErrClosed) {
		t.Errorf("finish: %v", err)
	}
	if _, err := s.Sweeps(t.Context()); err == nil {
		t.Error("a closed record is read")
	}
}

func TestCloseWritesWhatWasRecorded(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := grid("hidden", 1, 50)
	put(t, s, p)
	claim(t, s, p.Trials()[0])
	record(t, s, p.Trials()[0], sweeps.Point{Metric: "train/loss", Step: 1, Value: 2})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := reopened(t, dir, Options{})
	if pts, err := again.Points(t.Context(), "hidden"); err != nil || len(pts) != 1 {
		t.Errorf("%+v, %v", pts, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, FileName+"-*")); err != nil || len(left) != 2 {
		t.Errorf("an open record has its log and index beside it: %q, %v", left, err)
	}
}

func TestAnyFolderName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my runs?a=1&mode=memory#x%20%zzü")
	s := reopened(t, dir, Options{})
	put(t, s, grid("hidden", 1, 50))
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		t.Error(err)
	}
	if rows, err := s.Query(t.Context(), "SELECT sweep FROM v_sweeps"); err != nil || len(rows.Rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "copy?#.db")); err != nil {
		t.Error(err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {ReadOnly: true}} {
		if _, err := Open(t.Context(), filepath.Join(file, "runs"), o); !errors.Is(err, ErrUnwritable) {
			t.Errorf("under a file, %+v: %v", o, err)
		}
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, FileName), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrUnwritable) {
		t.Errorf("the record is a folder: %v", err)
	}
}

func TestOtherPeoplesFileIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, FileName)
	pool, err := sql.Open(driverName, sourceName(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(`CREATE TABLE cakes (name)`); err != nil {
		t.Fatal(err)
	}
	if err := pool.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {ReadOnly: true}} {
		if _, err := Open(t.Context(), dir, o); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "not a record of sweep") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the file changed (%v)", err)
	}
}

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
	if _, err := pool.Exec(`PRAGMA user_version = ` + string(rune('0'+version/10)) + string(rune('0'+version%10))); err != nil {
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

// hold keeps the record locked against writers until the returned function is called.
func hold(t *testing.T, s *Store) func() {
	t.Helper()
	pool, err := sql.Open(driverName, writerName(s.file, s.options))
	if err != nil {
		t.Fatal(err)
	}
	pool.SetMaxOpenConns(1)
	tx, err := pool.Begin()
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), pool.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestWaitsForOtherWriters(t *testing.T) {
	t.Parallel()
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	release := hold(t, s)
	var wg sync.WaitGroup
	wg.Go(func() {
		time.Sleep(2500 * time.Millisecond) // longer than SQLite waits by itself
		release()
	})
	// What is recorded is taken, and readers read, while somebody else writes.
	record(t, s, trial, sweeps.Point{Metric: "val/perplexity", Step: 1, Value: 2})
	if _, err := s.Trials(t.Context(), "hidden"); err != nil {
		t.Error(err)
	}
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Linkable: true})
	wg.Wait()
	if got := trials(t, s, "hidden")[trial.ID]; got.State != "complete" || *got.Value != 2 {
		t.Errorf("%+v", got)
	}
}

func TestBusyForTooLong(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	release := hold(t, s)
	record(t, s, trial, sweeps.Point{Metric: "val/perplexity", Step: 1, Value: 2})
	end := sweeps.Outcome{State: sweeps.Complete, Step: 1, Linkable: true}
	if err := s.Finish(t.Context(), trial, end); !errors.Is(err, ErrBusy) {
		t.Errorf("finish: %v", err)
	}
	if err := s.Record(t.Context(), trial, []sweeps.Point{{Step: 2}}); !errors.Is(err, ErrBusy) {
		t.Errorf("record while nothing can be written: %v", err)
	}
	release()
	// Nothing that was taken is lost: it is written with the next thing that can be.
	finish(t, s, trial, end)
	if got := trials(t, s, "hidden")[trial.ID]; got.State != "complete" || *got.Value != 2 {
		t.Errorf("%+v", got)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	p := grid("hidden", 2, 50)
	put(t, s, p)
	trial, other := p.Trials()[0], p.Trials()[1]
	claim(t, s, trial)
	claim(t, s, other)
	// SQLite reports a file that reached its limit as it does a disk that is full.
	var pages int
	if err := s.writer.db.Raw(`PRAGMA max_page_count = 1`).Row().Scan(&pages); err != nil { // it answers with the present size
		t.Fatal(err)
	}
	const n = 5000
	for step := range n {
		err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "train/loss", Step: int64(step), Value: 1}})
		if err != nil {
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			break
		}
	}
	end := sweeps.Outcome{State: sweeps.Complete, Step: n, Linkable: true}
	if err := s.Finish(t.Context(), trial, end); !errors.Is(err, ErrFull) {
		t.Errorf("finish: %v", err)
	}
	taken := map[int64]bool{}
	if got := trials(t, s, "hidden")[trial.ID]; got.State != "running" {
		t.Errorf("the record says %s", got.State)
	}
	if err := s.writer.db.Raw(`PRAGMA max_page_count = 1000000`).Row().Scan(&pages); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return s.writer.failed() == nil }) // it tries again by itself
	if err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "train/loss", Step: n, Value: 2}}); err != nil {
		t.Errorf("record after room was made: %v", err)
	}
	finish(t, s, trial, end)
	finish(t, s, other, sweeps.Outcome{State: sweeps.Waiting})
	pts, err := s.TrialPoints(t.Context(), "hidden", trial.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range pts {
		taken[q.Step] = true
	}
	for step := range int64(len(pts) - 1) {
		if !taken[step] {
			t.Fatalf("of %d points that of step %d is lost", len(pts), step)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	lock, err := prepare(t.Context(), dir, Options{Patience: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	if _, err := Open(ctx, dir, Options{}); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	if _, err := Open(t.Context(), dir, Options{Patience: 50 * time.Millisecond}); !errors.Is(err, ErrBusy) {
		t.Errorf("locked for ever: %v", err)
	}
}

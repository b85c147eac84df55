package results

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sweep/internal/pgtest"
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
	s, err := Open(t.Context(), dir, Options{URL: addressFor(t, dir)})
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
	if left, err := filepath.Glob(filepath.Join(dir, FileName+"-*")); pgtest.Server() == "" && (err != nil || len(left) != 2) {
		t.Errorf("an open record has its log and index beside it: %q, %v", left, err)
	}
}

func TestAnyFolderName(t *testing.T) {
	ofFiles(t)
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

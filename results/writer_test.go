package results

import (
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"sweep/sweeps"
)

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

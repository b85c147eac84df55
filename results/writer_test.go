package results

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// hold keeps the record locked against writers until the returned function is called.
func hold(t *testing.T, s *Store) func() {
	t.Helper()
	var pool *sql.DB
	if p, ok := s.db.(*postgresSchema); ok {
		pool = stdlib.OpenDB(*p.config)
	} else {
		var err error
		if pool, err = sql.Open(driverName, writerName(s.db.String(), s.options)); err != nil {
			t.Fatal(err)
		}
	}
	pool.SetMaxOpenConns(1)
	tx, err := pool.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if pgtest.Server() != "" {
		if _, err := tx.Exec(`SELECT ` + writing); err != nil {
			t.Fatal(err)
		}
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

func TestTrainingGoesOnWhileSomebodyElseWrites(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: 2 * time.Second})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	release := hold(t, s)
	for step := range int64(4000) { // were it to wait for the other one, the patience would be used up
		record(t, s, trial, sweeps.Point{Metric: "train/loss", Step: step, Value: 1})
	}
	release()
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 4000, Linkable: true})
	if pts := points(t, s, "hidden"); len(pts) != 4000 {
		t.Errorf("%d points", len(pts))
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
	ofFiles(t)
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

// broken makes every point fail, for a reason that does not pass, until the returned function is called.
func broken(t *testing.T, s *Store) (mended func()) {
	t.Helper()
	pool, err := sql.Open(driverName, sourceName(s.db.String(), "_busy_timeout=2000"))
	if p, ok := s.db.(*postgresSchema); ok {
		pool = stdlib.OpenDB(*p.config)
	}
	if err != nil {
		t.Fatal(err)
	}
	run := func(q string) {
		t.Helper()
		if _, err := pool.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	breaks, mends := `CREATE TRIGGER broken BEFORE INSERT ON points BEGIN SELECT RAISE(ABORT, 'a broken disk'); END`, `DROP TRIGGER broken`
	if pgtest.Server() != "" {
		breaks, mends = `ALTER TABLE points ADD CONSTRAINT broken CHECK (step < 0) NOT VALID`, `ALTER TABLE points DROP CONSTRAINT broken`
	}
	run(breaks)
	return func() {
		run(mends)
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTrialWhosePointsWereLostDoesNotEnd(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{URL: addressFor(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	p := grid("hidden", 2, 50)
	put(t, s, p)
	trial, other := p.Trials()[0], p.Trials()[1]
	claim(t, s, trial)
	claim(t, s, other)
	mended := broken(t, s)
	record(t, s, trial, sweeps.Point{Metric: "val/perplexity", Step: 1, Value: 3})
	s.mu.Lock()
	live := s.live[place{"hidden", trial.ID}]
	s.mu.Unlock()
	waitFor(t, func() bool { return s.writer.lostOf(live) != nil })
	mended()
	// The other trial lost nothing, and that it ends well makes nothing good.
	record(t, s, other, sweeps.Point{Metric: "val/perplexity", Step: 1, Value: 2})
	done := sweeps.Outcome{State: sweeps.Complete, Step: 2, Linkable: true}
	finish(t, s, other, done)
	const want = "points were lost: "
	if err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "val/perplexity", Step: 2, Value: 2}}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("record: %v", err)
	}
	for range 2 {
		if err := s.Finish(t.Context(), trial, done); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("finish: %v", err)
		}
	}
	if got := trials(t, s, "hidden"); got[trial.ID].State != "running" || got[other.ID].State != "complete" || *got[other.ID].Value != 2 {
		t.Errorf("%+v", got)
	}
	// Another attempt begins anew.
	if err := s.Release(t.Context(), "hidden"); err != nil {
		t.Fatal(err)
	}
	train(t, s, trial, perplexity(100))
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("close: %v", err)
	}
	sound(t, dir)
}

// refusedWhileHeld has the writer try, in vain, to write a point of the trial while another process writes.
func refusedWhileHeld(t *testing.T, s *Store, w *writer, trial sweeps.Trial, p sweeps.Point) *session {
	t.Helper()
	live := s.live[place{trial.Sweep, trial.ID}]
	release := hold(t, s)
	defer release()
	w.write([]request{{points: []point{{live, p}}}})
	if err := w.failed(); !errors.Is(err, ErrBusy) || len(w.pending) != 1 {
		t.Fatalf("%d points wait, %v", len(w.pending), err)
	}
	return live
}

func TestPointThatWaitedDoesNotReplaceALaterOne(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	w := idle(t, s)
	defer close(w.done)
	live := refusedWhileHeld(t, s, w, trial, sweeps.Point{Metric: "val/loss", Step: 1, Value: 6})
	w.write([]request{{points: []point{{live, sweeps.Point{Metric: "val/loss", Step: 1, Value: 5}}}}})
	if pts := points(t, s, "hidden"); len(pts) != 1 || *pts[0].Value != 5 {
		t.Errorf("points: %+v, want the value that came last", pts)
	}
}

func TestStandingsTakeWaitingPointsAlong(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	w := idle(t, s)
	defer close(w.done)
	live := refusedWhileHeld(t, s, w, trial, sweeps.Point{Metric: "val/loss", Step: 1, Value: 6})
	w.stale[live.sweep] = struct{}{}
	w.refresh(true)
	if pts := points(t, s, "hidden"); len(pts) != 1 {
		t.Errorf("points: %+v", pts)
	}
	if err := w.add(t.Context(), live, nil); err != nil {
		t.Errorf("record when nothing waits any more: %v", err)
	}
}

func TestFailureWithoutPointsKeepsNobodyFromRecording(t *testing.T) {
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	p := grid("hidden", 2, 50)
	put(t, s, p)
	claim(t, s, p.Trials()[0])
	release := hold(t, s)
	if _, err := s.Claim(t.Context(), p.Trials()[1]); !errors.Is(err, ErrBusy) {
		t.Errorf("claim: %v", err)
	}
	release()
	record(t, s, p.Trials()[0], sweeps.Point{Metric: "val/loss", Step: 1, Value: 6})
}

func TestMorePointsThanCanWaitAreLost(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	s := reopened(t, t.TempDir(), Options{Patience: time.Millisecond})
	w := idle(t, s)
	early, late := &session{}, &session{}
	many := make([]point, mostPending+1)
	for i := range many {
		many[i].at = late
	}
	many[0].at = early
	release := hold(t, s)
	w.write([]request{{points: many}})
	release()
	if err := w.lostOf(early); !errors.Is(err, ErrBusy) {
		t.Errorf("the first point's trial: %v", err)
	}
	if err := w.lostOf(late); err != nil || len(w.pending) != mostPending {
		t.Errorf("of the others %d wait, %v", len(w.pending), err)
	}
	close(w.done)
	w.lost, w.failure, w.pending = nil, nil, nil // they were seen
}

// TestPointsDoNotWaitForStandings lets points that could not be written be tried again soon, however late standings are
// due: until then no trial's points are taken.
func TestPointsDoNotWaitForStandings(t *testing.T) {
	w := &writer{spool: newSpool("", ""), computed: time.Now(), took: time.Minute, stale: map[int64]struct{}{1: {}}}
	if wait, ok := w.nap(); !ok || wait < 19*time.Minute {
		t.Errorf("with standings alone it sleeps %v, want 20 minutes", wait)
	}
	w.pending = make([]point, 1)
	if wait, ok := w.nap(); !ok || wait > retryAfter {
		t.Errorf("with points, too, it sleeps %v, want %v at most", wait, retryAfter)
	}
	w.stale = nil
	if wait, ok := w.nap(); !ok || wait != retryAfter {
		t.Errorf("with points alone it sleeps %v, want %v", wait, retryAfter)
	}
	w.pending = nil
	if _, ok := w.nap(); ok {
		t.Error("with nothing it wakes up")
	}
}

func TestStandingsThatTakeLongAreRare(t *testing.T) {
	w := &writer{spool: newSpool("", ""), computed: time.Unix(100, 0), took: time.Millisecond}
	if got := w.due(); !got.Equal(time.Unix(101, 0)) {
		t.Errorf("after 1 ms of work the next is due at %v, want a second later", got)
	}
	w.took = time.Second
	if got := w.due(); !got.Equal(time.Unix(120, 0)) {
		t.Errorf("after 1 s of work the next is due at %v, want 20 s later", got)
	}
}

// TestStandingsGiveWay: those of one process do not stand in line with what others write, unless they have given way often.
func TestStandingsGiveWay(t *testing.T) {
	s := opened(t)
	if !s.db.shared() {
		t.Skip("of a record that machines share")
	}
	p := grid("hidden", 1, 50)
	put(t, s, p)
	train(t, s, p.Trials()[0], perplexity(3))
	w := idle(t, s)
	defer close(w.done)
	w.stale = map[int64]struct{}{1: {}}
	w.computed, w.took = time.Time{}, time.Minute
	release := hold(t, s)
	w.refresh(false)
	if w.yielded != 1 || len(w.stale) != 1 || time.Until(w.due()) > standingsEvery {
		t.Errorf("given way %d times, %d are stale, due in %v", w.yielded, len(w.stale), time.Until(w.due()))
	}
	w.computed, w.yielded = time.Time{}, mostYields
	time.AfterFunc(100*time.Millisecond, release)
	w.refresh(false)
	if w.yielded != 0 || len(w.stale) != 0 || w.took <= 0 || w.took > time.Minute {
		t.Errorf("given way %d times, %d are stale, took %v", w.yielded, len(w.stale), w.took)
	}
}

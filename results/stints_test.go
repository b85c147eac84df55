package results

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// watch is a clock that a test moves by hand.
type watch struct{ micros atomic.Int64 }

func (w *watch) now() time.Time { return time.UnixMicro(w.micros.Load()) }

func (w *watch) pass(seconds float64) { w.micros.Add(int64(seconds * 1e6)) }

// takes fails the test if the record does not say that a sweep took so long.
func takes(t *testing.T, s *Store, sweep string, want float64, when string) {
	t.Helper()
	if sw, err := s.Sweep(t.Context(), sweep); err != nil || sw.Seconds != want {
		t.Errorf("%s: %s took %v s, want %v (%v)", when, sweep, sw.Seconds, want, err)
	}
}

func end(t *testing.T, s *Store, sweep string, seconds float64) {
	t.Helper()
	if err := s.EndSweep(t.Context(), sweep, "interrupted", seconds); err != nil {
		t.Fatal(err)
	}
}

func TestKilledSessionKeepsItsSeconds(t *testing.T) {
	dir, at := t.TempDir(), new(watch)
	killed := reopened(t, dir, Options{Now: at.now})
	p := grid("hidden", 3, 50)
	put(t, killed, p)
	first, second := p.Trials()[0], p.Trials()[1]
	at.pass(1000) // before the first claim there is no session
	claim(t, killed, first)
	takes(t, killed, "hidden", 0, "first claim")
	at.pass(0.1)
	record(t, killed, first, sweeps.Point{Metric: "val/loss", Step: 1, Value: 6})
	waitFor(t, func() bool { return len(points(t, killed, "hidden")) == 1 })
	takes(t, killed, "hidden", 0.1, "point")
	at.pass(0.2)
	finish(t, killed, first, sweeps.Outcome{State: sweeps.Complete, Step: 1, Linkable: true})
	takes(t, killed, "hidden", 0.3, "finish")
	at.pass(30)
	if _, err := killed.Claim(t.Context(), first); err != nil { // finished already: that takes time, too
		t.Fatal(err)
	}
	takes(t, killed, "hidden", 30.3, "claim of a finished trial")
	at.pass(10)
	claim(t, killed, second)
	takes(t, killed, "hidden", 40.3, "second claim")
	at.pass(500) // and nothing more comes from it

	next := reopened(t, dir, Options{Now: at.now})
	if err := next.Release(t.Context(), "hidden"); err != nil {
		t.Fatal(err)
	}
	takes(t, next, "hidden", 40.3, "after the kill")
	claim(t, next, second)
	at.pass(7)
	finish(t, next, second, sweeps.Outcome{State: sweeps.Complete, Step: 1, Linkable: true})
	at.pass(1)
	end(t, next, "hidden", 9.75)
	takes(t, next, "hidden", 50.05, "after the next session")
}

func TestOrderlySessionTakesWhatItsEndSays(t *testing.T) {
	at := new(watch)
	s := reopened(t, t.TempDir(), Options{Now: at.now})
	p := grid("hidden", 4, 50)
	put(t, s, p)
	for i, c := range []struct{ told, want float64 }{
		{10.5, 10.5},
		{2, 12.5}, // less than its transactions added
		{0.1, 12.6},
	} {
		trial := p.Trials()[i]
		claim(t, s, trial)
		for step := range int64(5) {
			at.pass(0.7)
			record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: step, Value: 6})
		}
		at.pass(0.1)
		finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 4, Linkable: true})
		end(t, s, "hidden", c.told)
		takes(t, s, "hidden", c.want, "end")
		at.pass(3600) // between sessions no time is counted
	}
	end(t, s, "hidden", 1) // a session without a claim
	takes(t, s, "hidden", 13.6, "a session without a claim")
}

func TestSweepsOfOneProcessTakeTheirOwnTime(t *testing.T) {
	at := new(watch)
	s := reopened(t, t.TempDir(), Options{Now: at.now})
	a, b := grid("a", 2, 50), grid("b", 2, 100)
	put(t, s, a)
	put(t, s, b)
	claim(t, s, a.Trials()[0])
	at.pass(5)
	claim(t, s, b.Trials()[0])
	at.pass(2)
	record(t, s, a.Trials()[0], sweeps.Point{Metric: "val/loss", Step: 1, Value: 6})
	waitFor(t, func() bool { return len(points(t, s, "a")) == 1 })
	takes(t, s, "a", 7, "point of a")
	takes(t, s, "b", 0, "point of a")
	at.pass(1)
	finish(t, s, b.Trials()[0], sweeps.Outcome{State: sweeps.Waiting})
	takes(t, s, "a", 7, "finish in b")
	takes(t, s, "b", 3, "finish in b")
	end(t, s, "a", 8)
	at.pass(1)
	claim(t, s, b.Trials()[1])
	takes(t, s, "a", 8, "end")
	takes(t, s, "b", 4, "end of a")
	// A session that was given up leaves what it took, and none of it to the next.
	at.pass(100)
	if err := s.Release(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	claim(t, s, b.Trials()[0])
	at.pass(1)
	finish(t, s, b.Trials()[0], sweeps.Outcome{State: sweeps.Complete, Step: 1, Linkable: true})
	end(t, s, "b", 1.5)
	takes(t, s, "b", 5.5, "the session after")
}

func TestSecondsOfWhatIsNotWrittenAreNotCounted(t *testing.T) {
	ofFiles(t)
	t.Parallel()
	at := new(watch)
	s := reopened(t, t.TempDir(), Options{Now: at.now, Patience: time.Millisecond})
	p := grid("hidden", 2, 50)
	put(t, s, p)
	first, second := p.Trials()[0], p.Trials()[1]
	claim(t, s, first)
	at.pass(3)
	release := hold(t, s)
	if _, err := s.Claim(t.Context(), second); !errors.Is(err, ErrBusy) {
		t.Errorf("claim: %v", err)
	}
	release()
	// What is refused takes its time back, too, and nothing else.
	if err := s.writer.db.Exec(`CREATE TRIGGER refuse BEFORE UPDATE ON trials BEGIN SELECT RAISE(ABORT, 'no'); END`).Error; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(t.Context(), second); err == nil {
		t.Error("the claim was not refused")
	}
	if err := s.writer.db.Exec(`DROP TRIGGER refuse`).Error; err != nil {
		t.Fatal(err)
	}
	// And a transaction that is rolled back after it added to them.
	s.mu.Lock()
	live := s.live[place{"hidden", first.ID}]
	s.mu.Unlock()
	full := func(*gorm.DB) error { return ErrFull }
	if err := s.writer.do(request{points: []point{{live, sweeps.Point{Step: 1}}}, act: full}); !errors.Is(err, ErrFull) {
		t.Errorf("a full disk: %v", err)
	}
	takes(t, s, "hidden", 0, "after what failed")
	at.pass(1)
	claim(t, s, second)
	takes(t, s, "hidden", 4, "the next that succeeds")
	end(t, s, "hidden", 6)
	takes(t, s, "hidden", 6, "end")
	for _, trial := range p.Trials() {
		finish(t, s, trial, sweeps.Outcome{State: sweeps.Waiting})
	}
	takes(t, s, "hidden", 6, "after the end")
}

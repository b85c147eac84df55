package results

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

func TestExtremeValuesRoundTrip(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	values := []float64{
		math.NaN(), math.Inf(1), math.Inf(-1), 1e308, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, 5e-320, math.Copysign(0, -1), 0, 0.1, 1.0 / 3, -133.52,
	}
	for i, v := range values {
		record(t, s, trial, sweeps.Point{Metric: "odd", Step: int64(i), Value: v},
			sweeps.Point{Metric: fmt.Sprintf("odd/%02d", i), Step: 1, Value: v, Final: true})
	}
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 20, Linkable: true})
	pts, err := s.TrialPoints(t.Context(), "hidden", trial.ID)
	if err != nil || len(pts) != len(values) {
		t.Fatalf("%d points, %v", len(pts), err)
	}
	finals, err := s.Finals(t.Context(), "hidden", trial.ID)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		for what, got := range map[string]*float64{"point": pts[i].Value, "final": finals[fmt.Sprintf("odd/%02d", i)]} {
			switch {
			case math.IsNaN(v) || math.IsInf(v, 0):
				if got != nil {
					t.Errorf("%s %v is %v, want NULL", what, v, *got)
				}
			case got == nil:
				t.Errorf("%s %v is NULL", what, v)
			case v == 0: // SQLite keeps no sign of zero
				if *got != 0 {
					t.Errorf("%s -0 is %v", what, *got)
				}
			case math.Float64bits(*got) != math.Float64bits(v):
				t.Errorf("%s %v came back as %v", what, v, *got)
			}
		}
	}
}

// idle stops a store's writing goroutine, so that a test can do its steps one by one.
func idle(t *testing.T, s *Store) *writer {
	t.Helper()
	w := s.writer
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	w.quit, w.done = make(chan struct{}), make(chan struct{})
	return w
}

func TestRequestsGatherIntoOneTransaction(t *testing.T) {
	s := opened(t)
	w := idle(t, s)
	defer close(w.done)
	at := &session{}
	for range 150 {
		if err := w.add(t.Context(), at, []point{{at: at}}); err != nil {
			t.Fatal(err)
		}
	}
	w.requests <- request{act: func(*gorm.DB) error { return nil }}
	w.requests <- request{act: func(*gorm.DB) error { return nil }}
	if batch, more := w.gather(); len(batch) != 152 || !more {
		t.Errorf("gathered %d requests, want the 150 points with the two actions", len(batch))
	}
	for range 3 {
		w.requests <- request{points: make([]point, flushPoints/2)}
	}
	if batch, _ := w.gather(); len(batch) != 3 {
		t.Errorf("gathered %d requests of many points", len(batch))
	}
	w.requests <- request{points: make([]point, 1)}
	if batch, _ := w.gather(); len(batch) != 1 {
		t.Errorf("gathered %d requests, want the point that waited long enough", len(batch))
	}
}

func TestOnlyWhatFinishesIsSynced(t *testing.T) {
	ofFiles(t)
	s := opened(t)
	w := idle(t, s)
	defer close(w.done)
	nothing := func(*gorm.DB) error { return nil }
	for _, c := range []struct {
		sync bool
		want int
	}{{false, 1}, {true, 2}, {false, 1}} {
		w.write([]request{{act: nothing, sync: c.sync, reply: make(chan error, 1)}})
		var level int
		if err := w.db.Raw(`PRAGMA synchronous`).Row().Scan(&level); err != nil || level != c.want {
			t.Errorf("sync %v: synchronous is %d, want %d (%v)", c.sync, level, c.want, err)
		}
	}
}

func TestPointIsSeenSoon(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	record(t, s, trial, sweeps.Point{Metric: "train/loss", Step: 3, Examples: 30, Seconds: 0.25, Value: 1})
	waitFor(t, func() bool {
		pts, err := s.TrialPoints(t.Context(), "hidden", trial.ID)
		return err == nil && len(pts) == 1
	})
	if got := trials(t, s, "hidden")[trial.ID]; got.Steps != 3 || got.Examples != 30 || got.Seconds != 0.25 {
		t.Errorf("a running trial tells how far it is: %+v", got)
	}
}

func TestNormalDurability(t *testing.T) {
	ofFiles(t)
	s := reopened(t, t.TempDir(), Options{Durability: "normal"})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	train(t, s, p.Trials()[0], perplexity(100))
	var level int
	if err := s.writer.db.Raw(`PRAGMA synchronous`).Row().Scan(&level); err != nil || level != 1 {
		t.Errorf("synchronous is %d, want 1 (%v)", level, err)
	}
	if _, err := Open(t.Context(), t.TempDir(), Options{Durability: "some"}); err == nil {
		t.Error("an unknown durability is taken")
	}
}

func TestPointThatCannotBeWrittenStopsNothingElse(t *testing.T) {
	s := opened(t)
	p := grid("hidden", 1, 50)
	put(t, s, p)
	claim(t, s, p.Trials()[0])
	w := idle(t, s)
	// A point of a training that the record does not hold, as only a mistake of ours could make it.
	at := s.live[place{"hidden", p.Trials()[0].ID}]
	at.training = 99
	w.write([]request{{points: []point{{at: at, Point: sweeps.Point{Metric: "x"}}}}})
	if err := w.add(t.Context(), at, nil); err == nil {
		t.Error("the next one to record for it is not told")
	}
	if err := w.add(t.Context(), &session{}, nil); err != nil {
		t.Errorf("another trial is told: %v", err)
	}
	reply := make(chan error, 1)
	w.write([]request{{act: func(*gorm.DB) error { return nil }, reply: reply}})
	if err := <-reply; err != nil {
		t.Errorf("what comes after it: %v", err)
	}
	if err := w.failed(); err != nil {
		t.Errorf("still failing: %v", err)
	}
	close(w.done)
	if err := w.stop(); err == nil {
		t.Error("the end does not tell what was lost")
	}
	w.lost = nil // it was seen
}

func TestMetricOfWhatIsRolledBackIsNotRemembered(t *testing.T) {
	s := reopened(t, t.TempDir(), Options{Patience: 100 * time.Millisecond})
	p := grid("hidden", 1, 50)
	put(t, s, p)
	claim(t, s, p.Trials()[0])
	w := idle(t, s)
	defer close(w.done)
	live := s.live[place{"hidden", p.Trials()[0].ID}]
	full := func(*gorm.DB) error { return ErrFull }
	w.write([]request{{points: []point{{live, sweeps.Point{Metric: "mine", Step: 1, Value: 2}}}, act: full, reply: make(chan error, 1)}})
	if !errors.Is(w.failed(), ErrFull) {
		t.Fatalf("a full disk: %v", w.failed())
	}
	// Meanwhile another process gives the number to a metric of its own.
	if err := w.db.Exec(`INSERT INTO metrics (name) VALUES ('theirs')`).Error; err != nil {
		t.Fatal(err)
	}
	w.write(nil)
	if pts := points(t, s, "hidden"); len(pts) != 1 || pts[0].Metric != "mine" {
		t.Errorf("points: %+v", pts)
	}
}

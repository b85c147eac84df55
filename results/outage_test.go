package results

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// long is a counting decider that takes its time.
type long struct {
	counting
	takes time.Duration
}

func (l *long) Decide(told []sweeps.Told, own []sweeps.Own) (sweeps.Decision, error) {
	time.Sleep(l.takes)
	return l.counting.Decide(told, own)
}

// TestDecisionThatTakesLong: a process that decides for longer than a frozen one may hold up the others is let.
func TestDecisionThatTakesLong(t *testing.T) {
	before := mostIdle
	mostIdle = 2 * time.Second
	t.Cleanup(func() { mostIdle = before })
	s := store(t, Options{Patience: 5 * time.Second})
	p := grid("long", 1, 50, 100)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	d := &long{counting{plan: p, to: 1}, mostIdle * 5 / 4}
	o := sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true}
	if err := s.Turn(t.Context(), sweeps.Turn{Trial: trial, Outcome: &o, Metric: "val/perplexity", Spec: p.Identity(), Decider: d}); err != nil {
		t.Fatal(err)
	}
	if d.asked != 1 {
		t.Errorf("it was decided %d times", d.asked)
	}
}

// TestReapThatWaited: whoever takes others for lost by what it has heard, and waits for its turn meanwhile, may have heard nothing since, as they.
func TestReapThatWaited(t *testing.T) {
	before := mostGap
	mostGap = 200 * time.Millisecond
	t.Cleanup(func() { mostGap = before })
	s := opened(t)
	held := make(chan bool)
	var waits, holds atomic.Bool
	go func() {
		_ = s.write("hold", request{act: func(tx *gorm.DB) error {
			holds.Store(true)
			<-held
			return execute(tx, `INSERT INTO workers (name, machine, process, began, slots, since, beat_at) VALUES ('silent', 'another', 1, 1, 1, 0, 0)`)
		}})
	}()
	waitFor(t, holds.Load)
	s.UseQueue(&tasks{})
	reaped := make(chan error, 1)
	go func() {
		waits.Store(true)
		_, err := s.Reap(t.Context(), 2*LostAfter)
		reaped <- err
	}()
	waitFor(t, waits.Load)
	time.Sleep(2 * mostGap)
	close(held)
	if err := <-reaped; err != nil {
		t.Fatal(err)
	}
	left := func() any {
		rows, err := s.Query(t.Context(), `SELECT count(*) FROM workers`)
		if err != nil {
			t.Fatal(err)
		}
		return rows.Rows[0][0]
	}
	if n := left(); n != int64(1) {
		t.Errorf("%v workers are left", n)
	}
	waitFor(t, func() bool { // soon it has not waited
		if _, err := s.Reap(t.Context(), 2*LostAfter); err != nil {
			t.Fatal(err)
		}
		return left() == int64(0)
	})
}

// TestOutOfTheQueue: a sweep is taken out of the queue by the plan that is meant, and cleared unless somebody trains it.
func TestOutOfTheQueue(t *testing.T) {
	s := opened(t)
	p := grid("queued", 1, 50)
	put(t, s, p)
	in := func(want bool, at string) {
		t.Helper()
		if q, err := s.Queued(t.Context(), "queued"); err != nil || q.In != want {
			t.Errorf("%s: %+v, %v", at, q, err)
		}
	}
	queue := func(spec string) {
		t.Helper()
		err := s.Enqueue(t.Context(), sweeps.Queueing{Sweep: "queued", Spec: spec}, 0, func([]sweeps.Told) ([]sweeps.Trial, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	out := func(spec string, rest bool) {
		t.Helper()
		if err := s.Dequeue(t.Context(), "queued", spec, rest); err != nil {
			t.Fatal(err)
		}
	}
	queue("a")
	out("b", false)
	in(true, "by another plan")
	out("a", true)
	in(true, "what was begun may go on")
	out("a", false)
	in(false, "by its plan")
	queue("b")
	out("", false)
	in(false, "whatever plan")

	queue("a")
	if err := s.Enroll(t.Context(), "w", 1); err != nil {
		t.Fatal(err)
	}
	claim(t, s, p.Trials()[0])
	if err := s.write("have it in hand", request{act: func(tx *gorm.DB) error { return execute(tx, `UPDATE sessions SET worker_id = ?`, s.WorkerID()) }}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Clear(t.Context(), "queued"); err != nil || n != 1 {
		t.Errorf("%d trials are in hand, %v", n, err)
	}
	in(true, "somebody trains it")
	finish(t, s, p.Trials()[0], sweeps.Outcome{State: sweeps.Complete, Step: 1})
	if n, err := s.Clear(t.Context(), "queued"); err != nil || n != 0 {
		t.Errorf("%d trials are in hand, %v", n, err)
	}
	in(false, "nobody trains it")
}

// TestServerOutOfRoom: what a server refuses for now, since its disk is full or its memory, is written later; of a full disk it lies on this one meanwhile.
func TestServerOutOfRoom(t *testing.T) {
	for _, c := range []struct {
		code  string
		spool bool
	}{{"53100", true}, {"53200", false}, {"58030", true}} {
		t.Run(c.code, func(t *testing.T) {
			pgtest.Need(t)
			address := pgtest.Schema(t, "test_room")
			dir := t.TempDir()
			s, err := Open(t.Context(), dir, Options{URL: address, Patience: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			p := grid("room", 1, 10)
			put(t, s, p)
			trial := p.Trials()[0]
			claim(t, s, trial)
			full := `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '` + c.code + `'; END $$;
				CREATE TRIGGER full_disk BEFORE INSERT ON points EXECUTE FUNCTION full_disk()`
			if err := pgtest.ExecAt(address, full); err != nil {
				t.Fatal(err)
			}
			record(t, s, trial, losses(1, 10)...)
			if c.spool {
				waitFor(t, func() bool { return len(spoolFiles(t, dir)) == 1 })
			}
			time.Sleep(500 * time.Millisecond)
			if err := pgtest.ExecAt(address, `DROP TRIGGER full_disk ON points`); err != nil {
				t.Fatal(err)
			}
			finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 10})
			if n := len(points(t, s, "room")); n != 10 {
				t.Errorf("the record has %d points", n)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTired: patience with a server that is away is used up once, not by each who asks.
func TestTired(t *testing.T) {
	server := pgtest.Own(t)
	s, err := Open(t.Context(), "", Options{URL: server.Address(), Patience: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, grid("tired", 1, 10))
	server.Stop("immediate")
	for i := range 4 {
		begun := time.Now()
		_, err := s.Queued(context.Background(), "tired")
		if i%2 == 1 {
			err = s.Dequeue(context.Background(), "tired", "", false)
		}
		if took := time.Since(begun); !errors.Is(err, ErrAway) || i > 0 && took > 4*time.Second {
			t.Errorf("asked for the %d. time: %v after %v", i+1, err, took)
		}
	}
	server.Start()
	if err := s.Dequeue(t.Context(), "tired", "", false); err != nil {
		t.Errorf("it is back: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestBeatAlong: a worker whose beat is late is heard of by what it writes, and one that was given up is not.
func TestBeatAlong(t *testing.T) {
	s := opened(t)
	put(t, s, grid("along", 1, 50))
	if err := s.Enroll(t.Context(), "w", 1); err != nil {
		t.Fatal(err)
	}
	beats := func() int64 {
		t.Helper()
		rows, err := s.Query(t.Context(), `SELECT count(*) FROM workers WHERE beat_at > 0`)
		if err != nil {
			t.Fatal(err)
		}
		return rows.Rows[0][0].(int64)
	}
	write := func(statement string) {
		t.Helper()
		if err := s.write("write", request{act: func(tx *gorm.DB) error { return execute(tx, statement) }}); err != nil {
			t.Fatal(err)
		}
	}
	write(`UPDATE workers SET beat_at = 0`)
	write(`UPDATE sweeps SET seconds = 1`)
	if beats() != 0 {
		t.Error("it is heard of although its beat is in time")
	}
	s.heard.Store(time.Now().Add(-2 * BeatEvery).UnixNano())
	write(`UPDATE sweeps SET seconds = 2`)
	if beats() != 1 {
		t.Error("its beat is late, and it is not heard of by what it writes")
	}
	s.heard.Store(0)
	write(`DELETE FROM workers`)
	if beats() != 0 {
		t.Error("it was given up, and is heard of")
	}
}

// TestBeatBesideADecision: what a worker decides for long, and with that is late to beat, does not keep its beats from being heard.
func TestBeatBesideADecision(t *testing.T) {
	s := store(t, Options{})
	if err := s.Enroll(t.Context(), "w", 1); err != nil {
		t.Fatal(err)
	}
	s.heard.Store(time.Now().Add(-2 * BeatEvery).UnixNano())
	begun, over, written := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		written <- s.write("decide", request{act: func(tx *gorm.DB) error {
			close(begun)
			<-over
			return nil
		}})
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.Beat(ctx); err != nil {
		t.Errorf("while it decides: %v", err)
	}
	close(over)
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// TestQuestionThatIsGivenUp: how a sweep stands is asked no longer than the caller likes, whatever holds the server up.
func TestQuestionThatIsGivenUp(t *testing.T) {
	s := store(t, Options{})
	put(t, s, grid("held", 1, 50))
	tx, err := s.db.(*postgresSchema).pool(1).Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`LOCK TABLE sweeps IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	asked := make(chan error, 2)
	go func() {
		_, err := s.Queued(ctx, "held")
		asked <- err
		_, err = s.InHand(ctx, "held")
		asked <- err
	}()
	for range 2 {
		select {
		case err := <-asked:
			if err == nil {
				t.Error("it has an answer")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it waits on")
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Error(err)
	}
}

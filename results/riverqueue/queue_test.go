package riverqueue_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sweep/internal/pgtest"
	"sweep/results"
	"sweep/results/riverqueue"
	"sweep/runner"
	"sweep/sweeps"
)

// queued is a record at an address, with a sweep of some trials in its queue.
func queued(t *testing.T, address, name string) (*results.Store, *riverqueue.Queue, *sweeps.Plan) {
	t.Helper()
	s, q, err := openQueue(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close(); s.Close() })
	p, err := plan(t.Context(), "name: "+name+"\ncommand: [none]\nmetric: {name: score}\nreplicates: 20\nparameters: {x: [0.1, 0.2]}\n", s)
	if err == nil {
		_, err = s.PutPlan(t.Context(), p, results.Provenance{})
	}
	if err == nil {
		_, err = (&runner.Runner{Recorder: s, Queue: q}).Enqueue(t.Context(), p)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, q, p
}

// TestDropAndDelay looks into River's table for what becomes of the tasks of one sweep among others.
func TestDropAndDelay(t *testing.T) {
	pgtest.Need(t)
	address := pgtest.Schema(t, "test_drop")
	_, q, p := queued(t, address, "one")
	queued(t, address, "two")
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	count := func(sweep, state string) (n int) {
		t.Helper()
		if err := db.QueryRow(`SELECT count(*) FROM river_job WHERE args->>'sweep' = $1 AND state = $2::river_job_state`, sweep, state).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	ask := func(step string, err error, available, scheduled int) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		if a, s := count("one", "available"), count("one", "scheduled"); a != available || s != scheduled {
			t.Errorf("%s: %d are available and %d scheduled, want %d and %d", step, a, s, available, scheduled)
		}
		if n := count("two", "available"); n != 40 {
			t.Errorf("%s: of the other sweep %d are available", step, n)
		}
	}
	ask("queued", nil, 40, 0)
	ask("delayed", q.Delay(t.Context(), "one", time.Hour), 0, 40)
	ask("wakened", q.Delay(t.Context(), "one", 0), 40, 0)
	ask("of a round before", q.Drop(t.Context(), sweeps.Task{Sweep: "one", Round: 0}), 40, 0)
	ask("delayed", q.Delay(t.Context(), "one", time.Hour), 0, 40)
	ask("dropped", q.Drop(t.Context(), sweeps.Task{Sweep: "one", Round: 1, Spec: p.Identity()}), 0, 0)
}

// TestClaimWhoseAnswerIsLost: a worker whose connection breaks as a claim is committed has the trial in hand all the same.
func TestClaimWhoseAnswerIsLost(t *testing.T) {
	pgtest.Need(t)
	u, err := url.Parse(pgtest.Schema(t, "test_lost_claim"))
	if err != nil {
		t.Fatal(err)
	}
	var cut atomic.Bool
	u.Host = swallowing(t, u.Host, &cut)
	s, _, p := queued(t, u.String(), "one")
	if err := s.Enroll(t.Context(), "w", 1); err != nil {
		t.Fatal(err)
	}
	trial := p.Trials()[0]
	task := sweeps.Task{Sweep: "one", Trial: trial.ID, Attempt: 1, Spec: p.Identity(), Round: 1}
	cut.Store(true)
	c, err := s.ClaimTask(t.Context(), trial, task)
	if cut.Load() {
		t.Fatal("no answer was lost")
	}
	if err != nil || !c.Run || c.Attempt != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "score", Step: 1, Value: 1}}); err != nil {
		t.Error(err)
	}
	if err := s.Finish(t.Context(), trial, sweeps.Outcome{State: sweeps.Complete, Step: 1}); err != nil {
		t.Error(err)
	}
	if _, err := s.ClaimTask(t.Context(), trial, task); err == nil {
		t.Error("a task that was handed out twice was begun twice")
	}
}

// swallowing is the address of a proxy that, once it is told to, hands on a COMMIT and breaks the connection before the answer.
func swallowing(t *testing.T, to string, cut *atomic.Bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			var broken atomic.Bool
			go func() {
				defer client.Close()
				defer server.Close()
				_, _ = io.Copy(unless{client, &broken}, server)
			}()
			go func() {
				defer server.Close()
				b := make([]byte, 1<<16)
				for {
					n, err := client.Read(b)
					if err != nil {
						return
					}
					if bytes.Contains(bytes.ToLower(b[:n]), []byte("commit\x00")) && cut.CompareAndSwap(true, false) {
						broken.Store(true)
					}
					if _, err := server.Write(b[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// unless writes until it is broken.
type unless struct {
	w      io.Writer
	broken *atomic.Bool
}

func (u unless) Write(b []byte) (int, error) {
	if u.broken.Load() {
		return 0, io.ErrClosedPipe
	}
	return u.w.Write(b)
}

// TestNoGoroutineIsLeft: a worker whose connections the server ends, and that is told to end, leaves nothing behind in its process.
func TestNoGoroutineIsLeft(t *testing.T) {
	pgtest.Need(t)
	address := pgtest.With(pgtest.Schema(t, "test_left"), "application_name", "test_left")
	s, q, err := openQueue(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	q.Close()
	s.Close()
	before := runtime.NumGoroutine()
	for i := range 3 {
		s, q, err := openQueue(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("name: left-%d\ncommand: [none]\nmetric: {name: score}\nreplicates: 8\nparameters: {x: [0.1, 0.2], sleep: 0.1}\n", i)
		p, err := plan(t.Context(), text, s)
		if err == nil {
			_, err = s.PutPlan(t.Context(), p, results.Provenance{})
		}
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan bool)
		go func() {
			for range 4 {
				time.Sleep(200 * time.Millisecond)
				if err := pgtest.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test_left'`); err != nil {
					t.Error(err)
				}
			}
			close(ended)
		}()
		sum, err := (&runner.Runner{Recorder: s, Workers: 4, Queue: q, Load: load(s, text), Name: "w"}).Run(t.Context(), p)
		if err != nil || sum.Complete != 16 {
			t.Errorf("%+v, %v", sum, err)
		}
		<-ended
		q.Close()
		s.Close()
	}
	for start := time.Now(); runtime.NumGoroutine() > before; time.Sleep(50 * time.Millisecond) {
		if time.Since(start) > 15*time.Second {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
	}
}

// TestTasksThatOneCannotTrain: a process that leaves them to others, and looks for tasks as they do, does not keep them from those.
func TestTasksThatOneCannotTrain(t *testing.T) {
	pgtest.Need(t)
	address := pgtest.Schema(t, "test_left")
	_, unable, _ := queued(t, address, "one") // 40 tasks
	s, able, err := openQueue(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { able.Close(); s.Close() })
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	none := func(context.Context) error { return nil }
	var left, done atomic.Int32
	var both sync.WaitGroup
	both.Go(func() {
		err := unable.Work(ctx, 8, func(context.Context, sweeps.Task) (time.Duration, error) {
			left.Add(1)
			return 2 * time.Second, sweeps.ErrLeft
		}, none)
		if err != nil {
			t.Error(err)
		}
	})
	for left.Load() < 40 { // it has had all of them
		time.Sleep(10 * time.Millisecond)
	}
	began := time.Now()
	both.Go(func() {
		err := able.Work(ctx, 2, func(context.Context, sweeps.Task) (time.Duration, error) {
			time.Sleep(100 * time.Millisecond)
			done.Add(1)
			return 0, nil
		}, none)
		if err != nil {
			t.Error(err)
		}
	})
	for done.Load() < 40 && time.Since(began) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("40 tasks of 100 ms on two slots took %v; they were left %d times", time.Since(began), left.Load())
	if done.Load() != 40 {
		t.Errorf("%d of 40 tasks are done", done.Load())
	}
	if n := left.Load(); n > 200 {
		t.Errorf("they were left %d times", n)
	}
	stop()
	both.Wait()
}

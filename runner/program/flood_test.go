package program

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"sweep/runner"
)

// memory returns the most that the heap grew while f ran.
func memory(f func()) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, done := make(chan bool), make(chan uint64)
	go func() {
		var most uint64
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	return max(<-done, before.HeapAlloc) - before.HeapAlloc
}

func TestAFloodWithoutLineEnds(t *testing.T) {
	tr := script(t, `exec "$SELF" as line 1024`) // a GiB
	var ps points
	grown := memory(func() {
		if err := tr.Train(t.Context(), trialT, ps.report); err != nil {
			t.Error(err)
		}
	})
	ps.value(t, "done") // what comes after it is read
	if n := len(output(t, tr)); n > maxLine+200 {
		t.Errorf("the log has %d bytes of one line", n)
	}
	if grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

func TestAFloodOfMetrics(t *testing.T) {
	const n = 300_000
	tr := script(t, `exec "$SELF" as metrics 300000`)
	values, last := 0, int64(0)
	grown := memory(func() {
		err := tr.Train(t.Context(), trialT, func(p runner.Point) error {
			if p.Metric != "" {
				values++
				last = p.Step
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	if values != n || last != n {
		t.Errorf("%d values up to step %d, want %d", values, last, n)
	}
	if grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// A flood that its program does not end is cut off with it.
func TestAFloodIsStopped(t *testing.T) {
	tr := script(t, `trap '' TERM; while :; do echo '{"x": 1}'; echo text; done`)
	tr.Grace = 100 * time.Millisecond
	begun := time.Now()
	err := tr.Train(t.Context(), trialT, func(runner.Point) error { return runner.ErrStop })
	if !errors.Is(err, runner.ErrStop) {
		t.Error(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if !strings.Contains(output(t, tr), "text\n") {
		t.Error("the log is empty")
	}
}

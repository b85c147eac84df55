package results

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

// spoolFiles are those in a record's folder.
func spoolFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "spool", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func losses(from, to int64) (out []sweeps.Point) {
	for step := from; step <= to; step++ {
		out = append(out, sweeps.Point{Metric: "val/loss", Step: step, Examples: 10 * step, Value: 1 / float64(step)})
	}
	return out
}

// awayStore is a claimed trial in a record on a server of the test's own, which is away now.
func awayStore(t *testing.T, patience time.Duration) (*pgtest.Cluster, *Store, sweeps.Trial, string) {
	t.Helper()
	server, dir := pgtest.Own(t), t.TempDir()
	s, err := Open(t.Context(), dir, Options{URL: server.Address(), Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	p := grid("spooled", 1, 10)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	record(t, s, trial, losses(1, 10)...)
	server.Stop("immediate")
	return server, s, trial, dir
}

// TestSpool: what is measured while the server is away waits on the disk, too, and trainings do not wait for it.
func TestSpool(t *testing.T) {
	server, s, trial, dir := awayStore(t, time.Minute)
	start := time.Now()
	for i := range int64(2 * queueLength) { // more than the writer's queue takes
		record(t, s, trial, losses(11+i, 11+i)...)
		if i == 0 {
			waitFor(t, func() bool { return len(spoolFiles(t, dir)) == 1 })
		}
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("the training waited for %v", took)
	}
	if got, err := readSpool(spoolFiles(t, dir)[0]); err != nil || len(got) < 2*queueLength {
		t.Errorf("%d points are on the disk, %v", len(got), err)
	}
	server.Start()
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 10 + 2*queueLength})
	if n := len(points(t, s, "spooled")); n != 10+2*queueLength {
		t.Errorf("the record has %d points", n)
	}
	if files := spoolFiles(t, dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestSpoolOfDeadProcess: what a process has measured that died before the server was back is recorded by whoever takes the trial up.
func TestSpoolOfDeadProcess(t *testing.T) {
	server, s, trial, dir := awayStore(t, 3*time.Second)
	record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: 11, Value: math.NaN()})
	waitFor(t, func() bool { return len(spoolFiles(t, dir)) == 1 })
	record(t, s, trial, losses(12, 20)...)
	if err := s.Close(); err == nil {
		t.Error("closed as if all were written")
	}
	// The process died in the middle of a line, and the disk has damaged the one before.
	f, err := os.OpenFile(spoolFiles(t, dir)[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("0badc0de {\"metric\":\"val/loss\",\"step\":21,\"value\":\"5\"}\n0badc0de {\"metric\":\"val/loss\",\"step\":22"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	server.Start()
	if s, err = Open(t.Context(), dir, Options{URL: server.Address()}); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(t.Context(), "spooled"); err != nil {
		t.Fatal(err)
	}
	claim(t, s, trial)
	record(t, s, trial, sweeps.Point{Metric: "val/loss", Step: 20, Value: 7}) // told again: the newer one stands
	finish(t, s, trial, sweeps.Outcome{State: sweeps.Complete, Step: 20})
	got := points(t, s, "spooled")
	if len(got) < 11 || got[len(got)-1].Step != 20 || got[len(got)-1].Value == nil || *got[len(got)-1].Value != 7 {
		t.Errorf("the record has %d points", len(got))
	}
	for i, p := range got[max(0, len(got)-10):] {
		if p.Step != int64(11+i) || (p.Value == nil) != (p.Step == 11) {
			t.Errorf("point %+v", p)
		}
	}
	if files := spoolFiles(t, dir); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzReadSpool(f *testing.F) {
	at := &session{key: "0123456789ab", sweep: 3, attempt: 2}
	dir := f.TempDir()
	s := newSpool(dir, "0123456789abcdef")
	s.leave([]point{{at, sweeps.Point{Metric: "val/loss", Step: 1, Value: math.Inf(-1)}}, {at, sweeps.Point{Metric: "a b", Step: 2, Value: 0.5}}}, nil)
	whole, err := os.ReadFile(s.name(at, 2))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(whole))
	f.Add(string(whole[:len(whole)-3]))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), "spool")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := readSpool(file)
		if err != nil || len(got) > strings.Count(text, "\n")+1 {
			t.Errorf("%d points of %q, %v", len(got), text, err)
		}
		if text == string(whole) && (len(got) != 2 || !math.IsInf(got[0].Value, -1) || got[1].Metric != "a b") {
			t.Errorf("%+v", got)
		}
	})
}

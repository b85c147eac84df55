package results

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sweep/sweeps"
)

// childEnv, when set, makes the test binary one of the processes of a test: what it shall do.
const childEnv = "RESULTS_TEST_CHILD"

func TestMain(m *testing.M) {
	children := map[string]func(dir, name string) error{"record": childRecords, "forever": childForever, "look": childLooks, "open": childOpens}
	if f, ok := children[os.Getenv(childEnv)]; ok {
		if err := f(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child prepares a process that does something to the record in dir.
func child(what, dir, name string) *exec.Cmd {
	c := exec.Command(os.Args[0], dir, name)
	c.Env = append(os.Environ(), childEnv+"="+what)
	return c
}

const (
	childBatches = 20
	batchPoints  = 10
)

// childRecords runs a small sweep of its own: the name is the sweep's.
func childRecords(dir, name string) (err error) {
	ctx := context.Background()
	s, err := Open(ctx, dir, Options{Patience: 10 * time.Minute})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	var size int
	if _, err := fmt.Sscanf(name, "s%d", &size); err != nil {
		return err
	}
	p := grid(name, 1, size)
	if _, err := s.PutPlan(ctx, p, Provenance{}); err != nil {
		return err
	}
	trial := p.Trials()[0]
	if c, err := s.Claim(ctx, trial); err != nil || !c.Run {
		return fmt.Errorf("claim: %+v: %w", c, err)
	}
	for b := range childBatches {
		pts := []sweeps.Point{{Step: int64(b)}}
		for i := range batchPoints {
			pts = append(pts, sweeps.Point{Metric: fmt.Sprintf("m%d", i), Step: int64(b), Value: float64(size)})
		}
		if err := s.Record(ctx, trial, pts); err != nil {
			return err
		}
		time.Sleep(rand.N(10 * time.Millisecond))
	}
	if err := s.Finish(ctx, trial, sweeps.Outcome{State: sweeps.Complete, Step: childBatches, Linkable: true}); err != nil {
		return err
	}
	return s.EndSweep(ctx, name, "complete", 1)
}

// TestManyProcessesOneRecord has 64 processes make, migrate and fill one record at once, while it is read.
func TestManyProcessesOneRecord(t *testing.T) {
	ofFiles(t)
	const processes = 64
	dir := filepath.Join(t.TempDir(), "runs")
	var wg sync.WaitGroup
	said := make([]bytes.Buffer, processes)
	failed := make([]error, processes)
	for i := range processes {
		wg.Go(func() {
			c := child("record", dir, fmt.Sprintf("s%d", i+1))
			c.Stderr = &said[i]
			failed[i] = c.Run()
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	reads := 0
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		case <-time.After(20 * time.Millisecond):
		}
		s, err := Open(t.Context(), dir, Options{ReadOnly: true})
		if errors.Is(err, ErrNotFound) && reading {
			continue // not made yet
		} else if err != nil {
			t.Fatalf("open to read: %v", err)
		}
		if _, err := s.Sweeps(t.Context()); err != nil {
			t.Errorf("read: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		reads++
	}
	for i, err := range failed {
		if err != nil {
			t.Errorf("process %d: %v: %s", i+1, err, said[i].String())
		}
	}
	s := reopened(t, dir, Options{})
	rows, err := s.Query(t.Context(), `SELECT (SELECT count(*) FROM v_points), (SELECT count(*) FROM v_trials WHERE state = 'complete'),
		(SELECT count(*) FROM v_sweeps WHERE state = 'complete'), (SELECT count(*) FROM goose_db_version),
		(SELECT count(*) FROM v_configurations WHERE n = 0)`)
	if err != nil {
		t.Fatal(err)
	}
	// goose notes an empty beginning and every migration once, however many processes wanted to make them.
	if got, want := fmt.Sprint(rows.Rows[0]), fmt.Sprint([]any{processes * childBatches * batchPoints, processes, processes, 1 + newest(migrations), processes}); got != want {
		t.Errorf("points, trials, sweeps, migrations, configurations without the metric: %s, want %s", got, want)
	}
	t.Logf("read %d times meanwhile", reads)
}

// childForever trains one trial after the other and says which are finished.
func childForever(dir, name string) error {
	ctx := context.Background()
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	if err := s.Release(ctx, name); err != nil {
		return err
	}
	p := grid(name, 400, 50)
	if _, err := s.PutPlan(ctx, p, Provenance{}); err != nil {
		return err
	}
	for _, trial := range p.Trials() {
		c, err := s.Claim(ctx, trial)
		if err != nil {
			return err
		}
		if !c.Run {
			continue
		}
		for step := range int64(3) {
			if err := s.Record(ctx, trial, []sweeps.Point{{Metric: "val/perplexity", Step: step, Value: float64(trial.Replicate)}}); err != nil {
				return err
			}
		}
		if err := s.Finish(ctx, trial, sweeps.Outcome{State: sweeps.Complete, Step: 2, Linkable: true}); err != nil {
			return err
		}
		fmt.Println(trial.ID)
	}
	return s.Close()
}

// TestKilledProcessLosesNothing kills a process that records, again and again.
func TestKilledProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for i := range 15 {
		c := child("forever", dir, "hidden")
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// The first rounds die early, perhaps while the schema is made; the others after their first trial, whenever a
		// busy machine comes to it.
		kill := func() { time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = c.Process.Kill() }) }
		if i <= 3 {
			kill()
		}
		told := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id := lines.Text(); len(id) == shortID { // the last may be cut
				if acknowledged[id] {
					t.Errorf("trial %s was trained twice", id)
				}
				acknowledged[id] = true
				if told++; told == 1 && i > 3 {
					kill()
				}
			}
		}
		_ = c.Wait() // it was killed
		if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
			continue // killed before it made anything
		}
		s, err := Open(t.Context(), dir, Options{})
		if err != nil {
			t.Fatalf("after kill %d: %v", i, err)
		}
		found, err := s.Check(t.Context())
		if err != nil || len(found) > 0 {
			t.Fatalf("after kill %d: %v, %q", i, err, found)
		}
		complete := 0
		if rows, err := s.Trials(t.Context(), "hidden"); err == nil {
			state := map[string]Trial{}
			for _, r := range rows {
				state[r.Trial] = r
				if r.State == "complete" {
					complete++
				}
			}
			for id := range acknowledged {
				if r := state[id]; r.State != "complete" || r.Value == nil || *r.Value != float64(r.Replicate) {
					t.Fatalf("after kill %d: trial %s was finished, the record says %+v", i, id, r)
				}
			}
		} else if !errors.Is(err, ErrNotFound) || len(acknowledged) > 0 {
			t.Fatal(err)
		}
		// At most one trial is complete that nobody was told of: the one that was being finished, per kill.
		if complete > len(acknowledged)+i+1 {
			t.Errorf("%d complete, %d acknowledged", complete, len(acknowledged))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(acknowledged) == 0 {
		t.Error("no process came to finish a trial before it was killed")
	}
	t.Logf("%d trials acknowledged", len(acknowledged))
}

// childLooks reads the record and says how many sweeps it holds.
func childLooks(dir, _ string) error {
	s, err := Open(context.Background(), dir, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	rows, err := s.Sweeps(context.Background())
	if err != nil {
		return err
	}
	if _, err := s.Query(context.Background(), "SELECT 1 FROM v_sweeps"); err != nil {
		return err
	}
	fmt.Println(len(rows))
	return s.Close()
}

// childOpens opens the record to write and says which error that is.
func childOpens(dir, _ string) error {
	s, err := Open(context.Background(), dir, Options{Patience: time.Second})
	if err == nil {
		return s.Close()
	}
	if errors.Is(err, ErrUnwritable) && !strings.Contains(err.Error(), "\n") {
		fmt.Println("unwritable")
		return nil
	}
	return err
}

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/results"
)

// buffer is a bytes.Buffer that several goroutines may write.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// killSpec is small enough for seconds and long enough to be killed in its middle.
const killSteps = 30000

const killSpec = `
name: killed
metric: {name: val/loss}
replicates: 2
parameters:
  corpus: names
  embedding_dim: 4
  hidden_size: [16, 48]
  optimizer: [sgd, adam]
  learning_rate: 0.02
  lr_schedule: linear
  warmup: 0.02
  batch_size: 32
  steps: 30000
  evaluations: 6
  eval_examples: 500
`

// lasting runs a spec undisturbed, for so many steps a trial that it takes at least a time on this machine, however fast that is: what is
// to happen in the middle of such a run has the time to. It returns where the record is, and the number of steps as run --set takes it.
func lasting(t *testing.T, spec string, lasts time.Duration, args ...string) (dir, steps string) {
	t.Helper()
	for n := killSteps; ; {
		dir, steps = t.TempDir(), "parameters.steps="+strconv.Itoa(n)
		began := time.Now()
		if status, _, stderr := program(t, append([]string{"run", spec, "--dir", dir, "--store", "", "--quiet", "--set", steps}, args...)...); status != 0 {
			t.Fatalf("undisturbed run: exit status %d\n%s", status, stderr)
		}
		took := time.Since(began)
		if took >= lasts {
			return dir, steps
		}
		n = int(1.2 * float64(n) * float64(lasts) / float64(took))
	}
}

// TestKill kills the program with SIGKILL at random moments, runs it again until it is done, and requires the record of
// an unbroken run: nothing lost, nothing trained twice, every resumed trial going on from its newest checkpoint.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills and resumes for half a minute; run without -short")
	}
	kills := 30
	if n, err := strconv.Atoi(os.Getenv("SWEEP_KILLS")); err == nil {
		kills = n
	}
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	unbroken, began := t.TempDir(), time.Now()
	if status, _, stderr := program(t, "run", spec, "--dir", unbroken, "--store", storeOf(t, unbroken), "--quiet", "--workers", "2"); status != 0 {
		t.Fatalf("unbroken run: exit status %d\n%s", status, stderr)
	}
	takes := time.Since(began)
	want := recorded(t, unbroken)

	total := killTally{}
	for _, workers := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("workers=%d", workers), func(t *testing.T) {
			k := killTally{}
			// On until enough kills have met a training in its middle, which depends on how fast the machine is.
			for round := 0; k.kills < kills/3 || k.resumed < kills/9 && k.kills < 2*kills; round++ {
				dir := t.TempDir()
				k.add(killUntilDone(t, spec, dir, workers, max(kills/3-k.kills, 5), takes, uint64(100*workers+round)))
				if diff := cmp.Diff(want, recorded(t, dir)); diff != "" {
					t.Fatalf("round %d: the record differs from an unbroken run's (-unbroken +killed):\n%s", round, diff)
				}
				checkRecord(t, dir)
			}
			t.Logf("%d kills of a run that takes %v, %d of them of a trial with a checkpoint, after %d of them a trial went on from one", k.kills, takes.Round(10*time.Millisecond), k.withCheckpoint, k.resumed)
			total.add(k)
		})
	}
	if want := 3 * (kills / 9); total.resumed < want {
		t.Errorf("%d of %d kills (a run takes %v) led to a trial that went on from its middle, want at least %d", total.resumed, total.kills, takes, want)
	}
}

// storeOf is where the record lies whose files are in a folder: "" for the folder, or else a schema of the PostgreSQL that the
// tests are given.
func storeOf(t *testing.T, dir string) string {
	t.Helper()
	if pgtest.Server() == "" {
		return ""
	}
	return pgtest.Schema(t, fmt.Sprintf("test_%x", sha256.Sum256([]byte(dir)))[:20])
}

type killTally struct{ kills, withCheckpoint, resumed int }

func (k *killTally) add(l killTally) {
	k.kills += l.kills
	k.withCheckpoint += l.withCheckpoint
	k.resumed += l.resumed
}

// killUntilDone runs a sweep, killing it at random moments at most so often, until a run ends by itself. The moments are in proportion to
// what a run takes.
func killUntilDone(t *testing.T, spec, dir string, workers, most int, takes time.Duration, seed uint64) killTally {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	var tally killTally
	var before map[string]int64 // newest checkpoint of each trial when the last process died
	var attempts map[string]int // sessions begun by then
	for {
		cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", storeOf(t, dir), "--workers", strconv.Itoa(workers), "--quiet", "--checkpoint-every", "10ms")
		var stderr buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		died := make(chan error, 1)
		go func() { died <- cmd.Wait() }()
		killed := false
		if tally.kills < most {
			select {
			case err := <-died:
				died <- err
			case <-time.After(time.Duration((0.1 + 0.5*rng.Float64()) * float64(takes))):
				killed = cmd.Process.Kill() == nil
			}
		}
		err := <-died
		if before != nil {
			tally.resumed += min(1, checkResumed(t, dir, before, attempts))
		}
		var exit *exec.ExitError
		if !killed || err == nil {
			if err != nil {
				t.Fatalf("run ended with %v\n%s", err, stderr.String())
			}
			return tally
		}
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("run ended with %v instead of the kill\n%s", err, stderr.String())
		}
		tally.kills++
		before, attempts = newestCheckpoints(t, dir), begun(t, dir)
		tally.withCheckpoint += min(1, len(before))
	}
}

func sweepCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asSweep+"=1")
	return cmd
}

// newestCheckpoints reads the step of each trial's newest checkpoint from the names of the files. A trial that was killed
// after its last step, but before that was recorded, has its final weights instead.
func newestCheckpoints(t *testing.T, dir string) map[string]int64 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "step-*.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	newest := map[string]int64{}
	for _, f := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "step-"), ".safetensors")
		step, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		trial := filepath.Base(filepath.Dir(f))
		newest[trial] = max(newest[trial], step)
	}
	models, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*", "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range models {
		newest[filepath.Base(filepath.Dir(f))] = killSteps
	}
	return newest
}

// sessions lists the sessions of each trial; none before the record exists, with all its tables.
func sessions(t *testing.T, dir string) map[string][]results.Session {
	t.Helper()
	ctx := context.Background()
	s, err := results.Open(ctx, dir, results.Options{ReadOnly: true, URL: storeOf(t, dir)})
	if errors.Is(err, results.ErrNotFound) || errors.Is(err, results.ErrOlder) { // killed as it was made
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Sessions(ctx, "killed")
	if errors.Is(err, results.ErrNotFound) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]results.Session{}
	for _, r := range all {
		out[r.Trial] = append(out[r.Trial], r)
	}
	return out
}

func begun(t *testing.T, dir string) map[string]int {
	t.Helper()
	n := map[string]int{}
	for trial, ss := range sessions(t, dir) {
		n[trial] = len(ss)
	}
	return n
}

// checkResumed requires that the first session that a trial began after a kill went on from the newest checkpoint that
// the kill left, or from the start where it left none. It returns how many went on from a checkpoint. So the steps that
// were trained in all are those planned and those after the last checkpoints.
func checkResumed(t *testing.T, dir string, newest map[string]int64, attempts map[string]int) (resumed int) {
	t.Helper()
	for trial, ss := range sessions(t, dir) {
		if len(ss) <= attempts[trial] || attempts[trial] == 0 {
			continue
		}
		first := ss[attempts[trial]]
		if first.StartStep == nil { // killed before it reported
			continue
		}
		if *first.StartStep != newest[trial] {
			t.Errorf("trial %s went on from step %d, its newest checkpoint was of step %d", trial, *first.StartStep, newest[trial])
		}
		if *first.StartStep > 0 {
			resumed++
		}
	}
	return resumed
}

// row is what of a trial must not depend on how often its process was killed.
type row struct {
	Trial  map[string]any
	Points []string
}

// recorded reads v_trials and v_points without their times.
func recorded(t *testing.T, dir string) []row {
	t.Helper()
	return recordedAt(t, dir, storeOf(t, dir))
}

// recordedAt does so where the record is in a store.
func recordedAt(t *testing.T, dir, store string) []row {
	t.Helper()
	ctx := context.Background()
	s, err := results.Open(ctx, dir, results.Options{ReadOnly: true, URL: store})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trials, err := s.Trials(ctx, "killed")
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, tr := range trials {
		b, err := json.Marshal(tr)
		if err != nil {
			t.Fatal(err)
		}
		var r row
		if err := json.Unmarshal(b, &r.Trial); err != nil {
			t.Fatal(err)
		}
		for _, times := range []string{"seconds", "attempts", "started_at", "finished_at"} {
			delete(r.Trial, times)
		}
		points, err := s.TrialPoints(ctx, "killed", tr.Trial)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			v := "null"
			if p.Value != nil {
				v = strconv.FormatFloat(*p.Value, 'g', -1, 64)
			}
			r.Points = append(r.Points, fmt.Sprintf("%s %d %d %s", p.Metric, p.Step, p.Examples, v))
		}
		out = append(out, r)
	}
	return out
}

func checkRecord(t *testing.T, dir string) {
	t.Helper()
	s, err := results.Open(context.Background(), dir, results.Options{ReadOnly: true, URL: storeOf(t, dir)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	problems, err := s.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}

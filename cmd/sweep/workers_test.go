package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/elsewhere"
	"sweep/internal/pgtest"
	"sweep/results"
	"sweep/trainer"
)

// worker starts a worker process. words stand before the program, if any.
func worker(t *testing.T, store, dir, artifacts string, slots int, words ...string) *exec.Cmd {
	t.Helper()
	cmd := sweepCommand(t, "worker", "--store", store, "--dir", dir, "--artifacts", artifacts, "--slots", strconv.Itoa(slots), "--checkpoint-every", "50ms")
	if len(words) > 0 {
		path, err := exec.LookPath(words[0])
		if err != nil {
			t.Skip(err)
		}
		cmd.Args = append(append([]string{}, words...), append([]string{cmd.Path}, cmd.Args[1:]...)...)
		cmd.Path = path
	}
	var stderr buffer
	cmd.Stdout, cmd.Stderr = new(buffer), &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && stderr.String() != "" {
			t.Logf("a worker said: %s", stderr.String())
		}
	})
	return cmd
}

// figuresOf is what a record says of all trials, times and who trained what apart.
func figuresOf(t *testing.T, dir, store string) string {
	t.Helper()
	status, out, stderr := program(t, "query", "--csv", "--dir", dir, "--store", store,
		"SELECT sweep, trial, configuration, replicate, seed, state, params, steps, examples, value, val_loss, test_loss, test_accuracy, error FROM v_trials ORDER BY sweep, trial")
	if status != 0 {
		t.Fatal(stderr)
	}
	return out
}

// TestWorkers trains a sweep by one, two and four processes that have nothing in common but the store, and by one of each SIMD width: the record
// is that of one process that trains it alone. SWEEP_WORKERS=full has it train grid.yaml as it is.
func TestWorkers(t *testing.T) {
	pgtest.Need(t)
	const spec = "../../sweeps/grid.yaml"
	set := []string{"--set", "parameters.steps=600", "--set", "parameters.eval_examples=500"}
	if os.Getenv("SWEEP_WORKERS") == "full" {
		set = nil
	}
	run := func(args ...string) {
		t.Helper()
		if status, _, stderr := program(t, append(append([]string{"run", spec, "--quiet"}, set...), args...)...); status != 0 {
			t.Fatalf("exit status %d, %s", status, stderr)
		}
	}
	alone := t.TempDir()
	run("--dir", alone)
	want := figuresOf(t, alone, "")
	fleets := map[string][][]string{"1": make([][]string, 1), "2": make([][]string, 2), "4": make([][]string, 4)}
	for _, kernel := range []string{"generic", "avx2", "avx512", "neon"} { // machines of other makes come to the same bits
		if trainer.UseKernel(kernel) == nil {
			fleets["kernels"] = append(fleets["kernels"], []string{"env", "SWEEP_KERNEL=" + kernel})
		}
	}
	if err := trainer.UseKernel(""); err != nil {
		t.Fatal(err)
	}
	for n, fleet := range fleets {
		t.Run(n, func(t *testing.T) {
			dir := t.TempDir()
			store := pgtest.Schema(t, "test_workers_"+n)
			var all []*exec.Cmd
			start := time.Now()
			for _, words := range fleet {
				all = append(all, worker(t, store, t.TempDir(), "", 1, words...))
			}
			run("--dir", dir, "--store", store, "--workers", "0")
			t.Logf("%v", time.Since(start).Round(time.Millisecond))
			for _, w := range all {
				if err := w.Process.Signal(syscall.SIGTERM); err != nil {
					t.Error(err)
				}
				if err := w.Wait(); w.ProcessState.ExitCode() != 143 {
					t.Errorf("a worker that was told to end: %v", err)
				}
			}
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(figuresOf(t, dir, store), "\n")); diff != "" {
				t.Errorf("the record differs (-one process +workers):\n%s", diff)
			}
		})
	}
}

// TestWorkersAreKilled kills a worker again and again and starts another, which has nothing in common with it but the store and that of files:
// what it had in hand goes on elsewhere, from its checkpoints, and the record is that of an undisturbed run. SWEEP_WORKER_KILLS says how often (6); with SWEEP_ELSEWHERE=1 each worker has a process space of its own, as on another
// machine, where only its silence tells that it is dead, SWEEP_KILL_EVERY apart.
func TestWorkersAreKilled(t *testing.T) {
	pgtest.Need(t)
	kills, every := 6, 700*time.Millisecond
	if n, err := strconv.Atoi(os.Getenv("SWEEP_WORKER_KILLS")); err == nil {
		kills = n
	}
	if d, err := time.ParseDuration(os.Getenv("SWEEP_KILL_EVERY")); err == nil {
		every = d
	}
	var space []string
	slots := 3
	if os.Getenv("SWEEP_ELSEWHERE") != "" {
		slots = 8 // as many as trials: one that was lost waits for nobody else's
		space = elsewhere.Words(t)
	}
	spec := filepath.Join(t.TempDir(), "killed.yaml")
	if err := os.WriteFile(spec, []byte(killSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	undisturbed, steps := lasting(t, spec, 2*time.Duration(kills)*every)
	store, dir, artifacts := pgtest.Schema(t, "test_workers_killed"), t.TempDir(), "file://"+filepath.ToSlash(t.TempDir())
	cmd := sweepCommand(t, "run", spec, "--dir", dir, "--store", store, "--quiet", "--set", steps, "--workers", "0")
	var stderr buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	start := func() *exec.Cmd {
		w := worker(t, store, t.TempDir(), artifacts, 1, space...)
		if space != nil {
			elsewhere.Keep(t, w)
		}
		return w
	}
	var workers []*exec.Cmd
	for range slots {
		workers = append(workers, start())
	}
	rng := rand.New(rand.NewPCG(8, 0))
	var killed []kill
	for over := false; !over; {
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("%v\n%s", err, stderr.String())
			}
			over = true
		case <-time.After(every):
			if len(killed) == kills {
				continue
			}
			i := rng.IntN(len(workers))
			at := time.Now()
			if err := workers[i].Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = workers[i].Wait()
			killed = append(killed, kill{at, inHand(workers[i].Stdout.(*buffer).String())})
			workers[i] = start()
		}
	}
	for _, w := range workers {
		_ = w.Process.Kill()
		_ = w.Wait()
	}
	if len(killed) < kills {
		t.Errorf("the sweep was over after %d kills", len(killed))
	}
	if diff := cmp.Diff(strings.Split(figuresOf(t, undisturbed, ""), "\n"), strings.Split(figuresOf(t, dir, store), "\n")); diff != "" {
		t.Errorf("the record differs (-undisturbed +killed):\n%s", diff)
	}
	waits, resumed := recoveries(t, store, killed)
	if len(waits) > 3 && resumed == 0 {
		t.Errorf("of %d trials that were lost none went on from a checkpoint", len(waits))
	}
	if len(waits) > 0 {
		t.Logf("%d kills, %d of a trial, of which %d went on from a checkpoint; until it went on: median %v, 95 %% within %v, at most %v", len(killed), len(waits), resumed,
			waits[len(waits)/2], waits[int(math.Ceil(0.95*float64(len(waits))))-1], waits[len(waits)-1])
	}
}

// kill is the end of a worker, with what it had in hand: "TRIAL ATTEMPT", or "".
type kill struct {
	at     time.Time
	inHand string
}

var (
	beginsLine = regexp.MustCompile(`^killed ([0-9a-f]+): begins, slot \d+, attempt (\d+)$`)
	endsLine   = regexp.MustCompile(`^killed [0-9a-f]+: (put away|complete|stopped|waiting) `)
)

// inHand reads of what a worker of one slot has said what it is training.
func inHand(said string) (trial string) {
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if m := beginsLine.FindStringSubmatch(line); m != nil {
			trial = m[1] + " " + m[2]
		} else if endsLine.MatchString(line) {
			trial = ""
		}
	}
	return trial
}

// recoveries returns how long after each kill the trial that was lost by it went on, in order, and how many did so from a checkpoint.
func recoveries(t *testing.T, store string, killed []kill) (waits []time.Duration, resumed int) {
	t.Helper()
	s, err := results.Open(t.Context(), "", results.Options{URL: store, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	all, err := s.Sessions(t.Context(), "killed")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range killed {
		for _, n := range all {
			if k.inHand == fmt.Sprint(n.Trial, " ", n.Attempt-1) {
				waits = append(waits, timeOf(t, n.StartedAt).Sub(k.at).Round(time.Millisecond))
				if n.StartStep != nil && *n.StartStep > 0 {
					resumed++
				}
			}
		}
	}
	slices.Sort(waits)
	return waits, resumed
}

func timeOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestPlanWithoutItsRecord: who plans for people plans without a record that is not to be had, and a worker does not.
func TestPlanWithoutItsRecord(t *testing.T) {
	a := &app{dir: t.TempDir(), store: "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"}
	if s, err := a.glance(t.Context()); s != nil || err != nil {
		t.Errorf("for people: %v, %v", s, err)
	}
	a.insists = true
	if s, err := a.glance(t.Context()); s != nil || !errors.Is(err, results.ErrAway) {
		t.Errorf("for a worker: %v, %v", s, err)
	}
}

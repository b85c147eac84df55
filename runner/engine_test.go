package runner_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sweep/internal/pgtest"
	"sweep/results"
	"sweep/results/queuetest"
	"sweep/results/riverqueue"
	"sweep/runner"
	"sweep/sweeps"
)

// Engines are held to the same cases: whoever trains the trials, and wherever, the record is that of one process that trains them itself.

// logs is how often a made-up training logs its metric.
const logs = 12

// madeUp trains in no time, by a curve that only the trial decides.
type madeUp struct {
	pauses bool
	pace   time.Duration // between logs
	broken func(t sweeps.Trial) error
	slow   int  // how many more logs it makes when it is asked to pause
	curt   bool // it tells nothing that it has told before but the last

	mu    *sync.Mutex
	kept  map[string]int // by trial: logs that were made, as checkpoints keep them
	begun map[string]int
}

func newMadeUp() *madeUp {
	return &madeUp{pauses: true, mu: new(sync.Mutex), kept: map[string]int{}, begun: map[string]int{}}
}

func (m *madeUp) Pauses() bool { return m.pauses }

func valueOf(t sweeps.Trial, k int) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, t.Key)
	rng := rand.New(rand.NewPCG(h.Sum64(), uint64(k)))
	x, _ := t.Params.Lookup("x")
	at, _ := x.Float()
	return 1 + math.Abs(at-0.3) + 2/float64(k) + 0.02*rng.NormFloat64()
}

func (m *madeUp) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	m.mu.Lock()
	m.begun[t.ID]++
	from := 0
	if m.pauses {
		from = m.kept[t.ID]
	}
	m.mu.Unlock()
	if m.broken != nil {
		if err := m.broken(t); err != nil {
			return err
		}
	}
	for k := 1; k <= logs; k++ {
		if m.curt && k < from {
			continue
		}
		if k > from {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			time.Sleep(m.pace)
		}
		step := int64(10 * k)
		if err := report(runner.Point{Step: step, Examples: step}); err != nil {
			return err
		}
		err := m.log(t, k, report)
		if errors.Is(err, runner.ErrPause) {
			for more := k + 1; more <= min(k+m.slow, logs); more++ {
				_ = m.log(t, more, report)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// log makes one log, and keeps that it was made.
func (m *madeUp) log(t sweeps.Trial, k int, report func(runner.Point) error) error {
	step := int64(10 * k)
	err := report(runner.Point{Metric: "score", Step: step, Examples: step, Value: valueOf(t, k)})
	if err == nil {
		err = report(runner.Point{Step: step, Examples: step})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[t.ID] = max(m.kept[t.ID], k)
	return err
}

// planned makes a plan of a spec, recalled from a record.
func planned(t testing.TB, text string, s *results.Store) *sweeps.Plan {
	t.Helper()
	p, err := plan(context.Background(), text, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plan(ctx context.Context, text string, s *results.Store) (*sweeps.Plan, error) {
	spec, err := sweeps.Load("made-up.yaml", []byte(text), sweeps.Trainer{Name: "made-up"})
	if err != nil {
		return nil, err
	}
	drawn, err := s.Drawn(ctx, spec.Name)
	if err != nil {
		return nil, err
	}
	p, err := sweeps.NewPlan(spec, sweeps.Trainer{Name: "made-up", Version: "1", Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) {
		return sweeps.Resolved{Key: vs, Parameters: 1, Steps: 10 * logs, Points: logs}, nil
	}}, drawn...)
	if err != nil || !spec.Decides() {
		return p, err
	}
	m, err := s.Memory(ctx, spec, p.Identity())
	if err != nil {
		return nil, err
	}
	return p, p.Recall(m)
}

// engine trains a spec to its end.
type engine struct {
	name string
	// open opens a record, with a queue if the engine has one, as one more process.
	open func(t testing.TB) (*results.Store, runner.Queue)
	// workers are processes beside the one that runs the sweep; -1: that trains alone, without a queue.
	workers int
}

// engines are local, the queue for tests, and River where there is a PostgreSQL, each with its place for a record.
func engines(t *testing.T) []engine {
	inFile := func(queue bool) func(testing.TB) (*results.Store, runner.Queue) {
		dir := t.TempDir()
		return func(t testing.TB) (*results.Store, runner.Queue) {
			s, err := results.Open(t.Context(), dir, results.Options{Durability: "normal"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			if !queue {
				return s, nil
			}
			return s, queuetest.Open(t, dir, s)
		}
	}
	all := []engine{
		{"local", inFile(false), -1}, {"queue, one process", inFile(true), 0}, {"queue, three processes", inFile(true), 2},
	}
	if pgtest.Server() != "" {
		inServer := func(name string) func(testing.TB) (*results.Store, runner.Queue) {
			address := pgtest.Schema(t, fmt.Sprintf("test_engine_%s_%08x", name, rand.Uint32()))
			return func(t testing.TB) (*results.Store, runner.Queue) {
				s, err := results.Open(t.Context(), "", results.Options{URL: address})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				q, err := riverqueue.Open(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(q.Close)
				s.UseQueue(q)
				return s, q
			}
		}
		all = append(all, engine{"River, three processes", inServer("three"), 2})
		if !testing.Short() {
			all = append(all, engine{"River, one process", inServer("one"), 0})
		}
	}
	return all
}

// driver is the one for SQLite that the record has registered.
// site is how a process comes to train a sweep by a record.
func site(s *results.Store, tr runner.Trainer, text string) func(context.Context, string) (runner.Job, error) {
	return func(ctx context.Context, _ string) (runner.Job, error) {
		p, err := plan(ctx, text, s)
		return runner.Job{Plan: p, Trainer: tr}, err
	}
}

// run trains a spec by an engine and returns how it went. The trainings of all processes share their checkpoints.
func (e engine) run(t *testing.T, ctx context.Context, text string, tr runner.Trainer, events func(runner.Event)) (runner.Summary, error) {
	t.Helper()
	s, q := e.open(t)
	p := planned(t, text, s)
	if _, err := s.PutPlan(ctx, p, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	r := &runner.Runner{Trainer: tr, Recorder: s, Workers: 2, Budget: p.Spec.Budget, Events: events}
	if e.workers >= 0 {
		r.Queue, r.Load, r.Name = q, site(s, tr, text), "the run"
	}
	working, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range max(e.workers, 0) {
		s, q := e.open(t)
		w := &runner.Worker{Queue: q, Recorder: s, Load: site(s, tr, text), Name: fmt.Sprint("worker ", i), Slots: 2}
		all.Go(func() {
			if err := w.Run(working); err != nil {
				t.Errorf("%s: %v", w.Name, err)
			}
		})
	}
	sum, err := r.Run(ctx, p)
	stop()
	all.Wait()
	return sum, err
}

// transcript is what a record says of a sweep, but for times and who trained what.
func transcript(t *testing.T, s *results.Store, sweep string) string {
	t.Helper()
	ctx := t.Context()
	trials, err := s.Trials(ctx, sweep)
	if err != nil {
		t.Fatal(err)
	}
	points, err := s.Points(ctx, sweep)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, tr := range trials {
		curve := 0
		for _, p := range points {
			if p.Trial == tr.Trial {
				curve++
			}
		}
		value := "-"
		if tr.Value != nil {
			value = fmt.Sprint(*tr.Value)
		}
		failed := ""
		if tr.Error != nil {
			failed = *tr.Error
		}
		lines = append(lines, fmt.Sprintln(tr.Configuration, tr.Replicate, tr.Seed, tr.State, tr.Retired, tr.Steps, value, failed, curve))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

const space = "command: [none]\nmetric: {name: score}\nparameters: {x: {min: 0.0, max: 1.0}}\nmethod: random\nseed: 3\n"

var cases = map[string]string{
	"grid":      "command: [none]\nmetric: {name: score}\nreplicates: 3\nparameters: {x: [0.1, 0.2, 0.3, 0.4]}\n",
	"asha":      space + "budget: {configurations: 24}\nearly_terminate: {type: asha, min_iter: 2}\nparallel: 6\n",
	"hyperband": space + "budget: {configurations: 16}\nearly_terminate: {type: hyperband, min_iter: 2}\n",
	"median":    space + "budget: {configurations: 10}\nearly_terminate: {type: median, min_iter: 3}\nparallel: 4\n",
	"search":    "command: [none]\nmetric: {name: score}\nparameters: {x: {min: 0.0, max: 1.0}}\nmethod: tpe\nseed: 3\nbudget: {configurations: 24}\nparallel: 4\n",
	"race":      "command: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3, 0.4]}\nreplicates: {min: 2, max: 4, until: separated}\n",
	"target":    space + "budget: {configurations: 30}\nmetric: {name: score, target: 1.3}\nparallel: 3\n",
	"confirm":   space + "budget: {configurations: 12}\nearly_terminate: {type: asha, min_iter: 2}\nconfirm: {top: 2, replicates: 2}\n",
}

// TestEnginesHearWhatComesAfterAPause: what a training measures between the request to pause and its end counts, for it goes on from behind that:
// how long it takes to end decides nothing.
func TestEnginesHearWhatComesAfterAPause(t *testing.T) {
	for _, name := range []string{"asha", "hyperband", "confirm"} {
		t.Run(name, func(t *testing.T) {
			text := "name: made-up\n" + cases[name]
			var want string
			for _, slow := range []int{0, 1, 3, logs} {
				for _, e := range engines(t) {
					tr := newMadeUp()
					tr.slow, tr.curt = slow, true
					if _, err := e.run(t, t.Context(), text, tr, nil); err != nil {
						t.Fatalf("%s: %v", e.name, err)
					}
					s, _ := e.open(t)
					got := transcript(t, s, "made-up")
					if want == "" {
						want = got
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("%s, slow by %d logs (-in time +late):\n%s", e.name, slow, d)
					}
				}
			}
		})
	}
}

func TestEnginesLeaveTheSameRecord(t *testing.T) {
	for name, text := range cases {
		if name == "target" {
			text = strings.Replace(text, "metric: {name: score}\n", "", 1)
		}
		for _, pauses := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, pauses %v", name, pauses), func(t *testing.T) {
				text := "name: made-up\n" + text
				var want string
				for _, e := range engines(t) {
					tr := newMadeUp()
					tr.pauses = pauses
					sum, err := e.run(t, t.Context(), text, tr, nil)
					if err != nil {
						t.Fatalf("%s: %v", e.name, err)
					}
					s, _ := e.open(t)
					got := transcript(t, s, "made-up")
					if want == "" {
						want = got
						continue
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s leaves another record (-local +%s):\n%s", e.name, e.name, diff)
					}
					if q, err := s.Queued(t.Context(), "made-up"); err != nil || q.In {
						t.Errorf("%s leaves the sweep in the queue: %+v, %v", e.name, q, err)
					}
					if sum.Complete+sum.Stopped+sum.Diverged+sum.Failed+sum.Waiting != sum.Trials {
						t.Errorf("%s: %+v does not add up", e.name, sum)
					}
				}
			})
		}
	}
}

func TestEnginesTellOfFailures(t *testing.T) {
	const text = "name: made-up\ncommand: [none]\nmetric: {name: score}\nparameters: {x: [0.1, 0.2, 0.3, 0.4, 0.5]}\n"
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			tr := newMadeUp()
			tr.broken = func(t sweeps.Trial) error {
				x, _ := t.Params.Lookup("x")
				switch x.String() {
				case "0.2":
					return errors.New("it breaks")
				case "0.3":
					return fmt.Errorf("at once: %w", runner.ErrDiverged)
				case "0.4":
					panic("a panic")
				}
				return nil
			}
			var told []runner.Event
			sum, err := e.run(t, t.Context(), text, tr, func(e runner.Event) { told = append(told, e) })
			if err != nil {
				t.Fatal(err)
			}
			if sum.Complete != 2 || sum.Failed != 2 || sum.Diverged != 1 || sum.Waiting != 0 || sum.Trained != 5 {
				t.Errorf("%+v", sum)
			}
			ends := map[string]int{}
			for _, e := range told {
				if e.Kind == runner.Finished && e.State.Finished() {
					ends[e.Trial.ID]++
				}
			}
			if len(ends) != 5 {
				t.Errorf("the ends of %d trials were told, want those of 5", len(ends))
			}
			for id, n := range ends {
				if n != 1 {
					t.Errorf("the end of trial %s was told %d times", id, n)
				}
			}
			// The next run tries those again, and only those.
			tr.broken = nil
			begun := len(tr.begun)
			clear(tr.begun)
			if sum, err = e.run(t, t.Context(), text, tr, nil); err != nil || sum.Complete != 4 || sum.Linked != 3 || len(tr.begun) != 2 {
				t.Errorf("the next run: %+v, %v, trained %d of %d", sum, err, len(tr.begun), begun)
			}
		})
	}
}

func TestEnginesGoOnAfterAnInterrupt(t *testing.T) {
	text := "name: made-up\n" + cases["asha"]
	var want string
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			tr := newMadeUp()
			tr.pace = time.Millisecond
			stopped := errors.New("Ctrl-C")
			for n := 1; ; n++ {
				ctx, cancel := context.WithCancelCause(t.Context())
				left := 9 * n
				_, err := e.run(t, ctx, text, tr, func(e runner.Event) {
					if left--; left == 0 {
						cancel(stopped)
					}
				})
				cancel(nil)
				if err == nil {
					break
				}
				if !errors.Is(err, stopped) {
					t.Fatalf("run %d: %v", n, err)
				}
			}
			s, _ := e.open(t)
			got := transcript(t, s, "made-up")
			if want == "" {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("another record (-local +%s):\n%s", e.name, diff)
			}
		})
	}
}

package riverqueue_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into River's table

	"sweep/internal/elsewhere"
	"sweep/internal/pgtest"
	"sweep/results"
	"sweep/results/riverqueue"
	"sweep/runner"
	"sweep/sweeps"
)

// A control plane is tried with trials that only sleep. SWEEP_SCALE is the store of a process that is one of the workers.

func TestMain(m *testing.M) {
	if store := os.Getenv("SWEEP_SCALE"); store != "" {
		if err := beWorker(store); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func beWorker(store string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	slots, err := strconv.Atoi(os.Getenv("SWEEP_SCALE_SLOTS"))
	if err != nil {
		return err
	}
	s, q, err := openQueue(ctx, store)
	if err != nil {
		return err
	}
	defer s.Close()
	defer q.Close()
	server, err := s.Server()
	if err != nil {
		return err
	}
	w := &runner.Worker{
		Queue: q, Recorder: s, Locks: server.Locks(), Load: load(s, os.Getenv("SWEEP_SCALE_SPEC")), Name: os.Getenv("SWEEP_SCALE_NAME"), Slots: slots,
	}
	return w.Run(ctx)
}

func openQueue(ctx context.Context, store string) (*results.Store, *riverqueue.Queue, error) {
	s, err := results.Open(ctx, "", results.Options{URL: store})
	if err != nil {
		return nil, nil, err
	}
	q, err := riverqueue.Open(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	s.UseQueue(q)
	return s, q, nil
}

func load(s *results.Store, text string) func(context.Context, string) (runner.Job, error) {
	return func(ctx context.Context, _ string) (runner.Job, error) {
		p, err := plan(ctx, text, s)
		return runner.Job{Plan: p, Trainer: sleeper{}}, err
	}
}

// points is how often a trial logs its metric.
const points = 9

func plan(ctx context.Context, text string, s *results.Store) (*sweeps.Plan, error) {
	spec, err := sweeps.Load("sleep.yaml", []byte(text), sweeps.Trainer{Name: "sleep"})
	if err != nil {
		return nil, err
	}
	var drawn []sweeps.Drawn
	if spec.Method == "random" {
		if drawn, err = s.Drawn(ctx, spec.Name); err != nil {
			return nil, err
		}
	}
	p, err := sweeps.NewPlan(spec, sweeps.Trainer{Name: "sleep", Version: "1", Resolve: func(vs sweeps.Values) (sweeps.Resolved, error) {
		return sweeps.Resolved{Key: vs, Parameters: 1, Steps: points, Points: points}, nil
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

// sleeper sleeps as long as the trial says, from rung to rung: a second, or half as much more or less; a trial without x does so once, and
// logs one value. Checkpoints it needs none.
type sleeper struct{}

func (sleeper) Pauses() bool { return true }

func valueOf(t sweeps.Trial, k int) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, t.Key)
	rng := rand.New(rand.NewPCG(h.Sum64(), uint64(k)))
	return 1 + rng.Float64() + 2/float64(k)
}

func (sleeper) Train(ctx context.Context, t sweeps.Trial, report func(runner.Point) error) error {
	long, _ := t.Params.Lookup("sleep")
	seconds, _ := long.Float()
	x, varies := t.Params.Lookup("x")
	if !varies {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Duration(seconds * float64(time.Second))):
		}
		return report(runner.Point{Metric: "score", Step: points, Examples: points, Value: valueOf(t, points), Final: true})
	}
	at, _ := x.Float()
	sleep := time.Duration(seconds * (0.5 + at) * float64(time.Second))
	for k := 1; k <= points; k++ {
		if k == 1 || k == 2 || k == 4 { // on the way to each rung
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(sleep):
			}
		}
		if err := report(runner.Point{Step: int64(k), Examples: int64(k)}); err != nil {
			return err
		}
		for _, metric := range []string{"score", "loss", "accuracy"} {
			if err := report(runner.Point{Metric: metric, Step: int64(k), Examples: int64(k), Value: valueOf(t, k)}); err != nil {
				return err
			}
		}
		if err := report(runner.Point{Step: int64(k), Examples: int64(k)}); err != nil { // when its decision is due
			return err
		}
	}
	return nil
}

// number reads a setting of the environment.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestScale has many slots train trials of ASHA that only sleep: none is lost, none ends twice, and there are as many segments as the
// schedule has, replayed. SWEEP_SCALE_PROCESSES (2), SWEEP_SCALE_SLOTS of each (20) and SWEEP_SCALE_TRIALS (120) say how many.
func TestScale(t *testing.T) {
	pgtest.Need(t)
	processes, slots, trials := number("SWEEP_SCALE_PROCESSES", 2), number("SWEEP_SCALE_SLOTS", 20), number("SWEEP_SCALE_TRIALS", 120)
	text := fmt.Sprintf("name: scale\ncommand: [none]\nmetric: {name: score}\nmethod: random\nseed: 1\nbudget: {configurations: %d}\n"+
		"early_terminate: {type: asha, min_iter: 1, eta: 3}\nparallel: %d\nparameters: {x: {min: 0.0, max: 1.0}, sleep: 1}\n", trials, processes*slots)
	f := newFleet(t, "test_scale", text, processes, slots)
	took := f.run()
	want, states := replay(t, text)
	segments := f.sessions("outcome IN ('interrupted', 'complete', 'stopped')")
	if n := f.sessions("true"); n != segments {
		t.Errorf("%d sessions, %d of which came to an end", n, segments)
	}
	if segments != want {
		t.Errorf("%d segments, %d of them without a step, and %d of the schedule replayed", segments, f.sessions("coalesce(end_step, 0) <= coalesce(start_step, 0)"), want)
	}
	if n := f.one(`SELECT count(*) FROM trials WHERE state IN ('complete', 'stopped')`); n != trials {
		t.Errorf("%d of %d trials have ended", n, trials)
	}
	if n := f.one(`SELECT count(*) FROM (SELECT trial_id FROM sessions WHERE outcome = 'complete' GROUP BY trial_id HAVING count(*) > 1) d`); n != 0 {
		t.Errorf("%d trials have ended twice", n)
	}
	f.ended(states)
	t.Logf("%d processes of %d slots, %d trials: %d segments in %v, %.0f a second; at most %d connections; %s of log written",
		processes, slots, trials, segments, took.Round(time.Millisecond), float64(segments)/took.Seconds(), f.most, f.wal())
	f.dispatch()
}

// TestScaleKilled has processes of TestScale killed, SWEEP_KILL_EVERY (1s) apart, each of which another takes the place of: no trial is lost, and
// each ends as in the schedule replayed. SWEEP_SCALE_KILLS says how often (3); with SWEEP_ELSEWHERE=1 each has a process space of its own, as on
// another machine, where only its silence tells that it is dead.
func TestScaleKilled(t *testing.T) {
	pgtest.Need(t)
	processes, slots, trials := number("SWEEP_SCALE_PROCESSES", 2), number("SWEEP_SCALE_SLOTS", 20), number("SWEEP_SCALE_TRIALS", 120)
	every, err := time.ParseDuration(cmp.Or(os.Getenv("SWEEP_KILL_EVERY"), "1s"))
	if err != nil {
		t.Fatal(err)
	}
	kills := number("SWEEP_SCALE_KILLS", 3)
	// Each segment sleeps so long that the schedule takes longer than the kills.
	sleep := max(1, int(3*every.Seconds()*float64(kills*processes*slots)/float64(3*trials)))
	text := fmt.Sprintf("name: scale\ncommand: [none]\nmetric: {name: score}\nmethod: random\nseed: 1\nbudget: {configurations: %d}\n"+
		"early_terminate: {type: asha, min_iter: 1, eta: 3}\nparallel: %d\nparameters: {x: {min: 0.0, max: 1.0}, sleep: %d}\n", trials, processes*slots, sleep)
	f := newFleet(t, "test_scale_killed", text, processes, slots)
	f.kills, f.every = kills, every
	if os.Getenv("SWEEP_ELSEWHERE") != "" {
		f.space = elsewhere.Words(t)
	}
	took := f.run()
	if len(f.killed) < kills {
		t.Errorf("the sweep was over after %d kills", len(f.killed))
	}
	_, states := replay(t, text)
	f.ended(states)
	lost := f.sessions("outcome = 'lost'")
	if lost == 0 {
		t.Error("no session was lost by the kills")
	}
	t.Logf("%d kills of processes of %d slots among %d, each segment half of %d s to one and a half: %d of %d sessions were lost; %v",
		len(f.killed), slots, processes, sleep, lost, f.sessions("true"), took.Round(time.Millisecond))
	f.recovery()
}

// TestThroughPooler has workers of one slot each reach the server through a PgBouncer in transaction mode, which has 40 connections for them
// all. SWEEP_POOLED says how many they are (12).
func TestThroughPooler(t *testing.T) {
	pgtest.Need(t)
	server := pgtest.Own(t)
	processes := number("SWEEP_POOLED", 12)
	text := fmt.Sprintf("name: scale\ncommand: [none]\nmetric: {name: score}\nmethod: random\nseed: 1\nbudget: {configurations: %d}\n"+
		"early_terminate: {type: asha, min_iter: 1, eta: 3}\nparallel: %d\nparameters: {x: {min: 0.0, max: 1.0}, sleep: 1}\n", 3*processes, processes)
	f := fleetAt(t, server.Address(), text, processes, 1)
	f.pooled = server.Pooler(40)
	s, q, err := openQueue(t.Context(), f.store) // makes the tables, which cannot be done through the pooler
	if err != nil {
		t.Fatal(err)
	}
	q.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	took := f.run()
	want, _ := replay(t, text)
	if n := f.sessions("outcome IN ('interrupted', 'complete', 'stopped')"); n != want || f.sessions("true") != want {
		t.Errorf("%d sessions, %d of which came to an end, and %d of the schedule replayed", f.sessions("true"), n, want)
	}
	if n := f.one(`SELECT count(*) FROM river_job WHERE errors IS NOT NULL`); n != 0 {
		var first string
		_ = f.db.QueryRow(`SELECT errors[1]::text FROM river_job WHERE errors IS NOT NULL LIMIT 1`).Scan(&first)
		t.Errorf("%d tasks have met an error, one of them %s", n, first)
	}
	if f.most > 60 {
		t.Errorf("%d connections to the server", f.most)
	}
	t.Logf("%d processes through a pooler: %d segments in %v; at most %d connections to the server", processes, f.sessions("true"), took.Round(time.Millisecond), f.most)
	f.dispatch()
}

// TestSlotsAreBusy has trials sleep for ten seconds, or SWEEP_SCALE_SLEEP, and looks how much of the time slots were asleep.
func TestSlotsAreBusy(t *testing.T) {
	pgtest.Need(t)
	seconds := number("SWEEP_SCALE_SLEEP", 1)
	sizes := []int{4}
	if os.Getenv("SWEEP_SCALE_SLEEP") != "" {
		sizes = []int{1, 10, 100, 1000}
	}
	for _, size := range sizes {
		t.Run(fmt.Sprint(size, " slots"), func(t *testing.T) {
			processes := min(8, size)
			for size%processes != 0 {
				processes--
			}
			slots := size / processes
			// Each slot trains three trials.
			text := fmt.Sprintf("name: scale\ncommand: [none]\nmetric: {name: score}\nseed: 1\nreplicates: %d\nparameters: {sleep: %d}\n", 3*processes*slots, seconds)
			f := newFleet(t, fmt.Sprintf("test_busy_%d", size), text, processes, slots)
			f.run()
			asleep := float64(3 * processes * slots * seconds)
			open := float64(f.one(`SELECT max(ended_at) - min(started_at) FROM sessions`)) / 1e6 * float64(processes*slots)
			t.Logf("%d processes of %d slots, trials of %d s: %.1f %% of the time asleep", processes, slots, seconds, 100*asleep/open)
			f.dispatch()
		})
	}
}

// fleet is some processes of workers at a store.
type fleet struct {
	t                *testing.T
	store, text      string
	pooled           string // by which workers reach it, if that is another address
	processes, slots int
	db               *sql.DB
	most             int // connections
	from             int // position in the server's log

	space []string // the words before a worker's command that give it a process space of its own
	begun int      // workers, of which each has its number as a name

	kills  int // of processes, of which others take the place
	every  time.Duration
	killed map[int64]int64 // by the worker's number when, in microseconds since 1970
}

func newFleet(t *testing.T, schema, text string, processes, slots int) *fleet {
	t.Helper()
	return fleetAt(t, pgtest.Schema(t, schema), text, processes, slots)
}

func fleetAt(t *testing.T, store, text string, processes, slots int) *fleet {
	t.Helper()
	f := &fleet{t: t, store: store, text: text, processes: processes, slots: slots}
	db, err := sql.Open("pgx", f.store)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	f.db = db
	return f
}

// run returns how long it takes from when all workers are there.
func (f *fleet) run() time.Duration {
	f.t.Helper()
	ctx := f.t.Context()
	s, q, err := openQueue(ctx, f.store)
	if err != nil {
		f.t.Fatal(err)
	}
	defer s.Close()
	defer q.Close()
	p, err := plan(ctx, f.text, s)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := s.PutPlan(ctx, p, results.Provenance{}); err != nil {
		f.t.Fatal(err)
	}
	var all []*exec.Cmd
	for range f.processes {
		all = append(all, f.worker())
	}
	for f.one(`SELECT count(*) FROM workers`) < f.processes {
		time.Sleep(50 * time.Millisecond)
	}
	f.from = f.one(`SELECT pg_current_wal_lsn() - '0/0'`)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(500 * time.Millisecond):
				f.most = max(f.most, f.one(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sweep'`))
			}
		}
	}()
	var killing sync.WaitGroup
	if f.kills > 0 {
		killing.Go(func() { f.kill(all, done) })
	}
	start := time.Now()
	_, err = (&runner.Runner{Recorder: s, Workers: -1, Queue: q, Budget: p.Spec.Budget}).Run(ctx, p)
	took := time.Since(start)
	close(done)
	killing.Wait()
	if err != nil {
		f.t.Error(err)
	}
	end := syscall.SIGTERM
	if f.space != nil {
		end = syscall.SIGKILL // no other goes through to a process space
	}
	for _, w := range all {
		_ = w.Process.Signal(end)
	}
	for _, w := range all {
		if err := w.Wait(); err != nil && f.space == nil {
			f.t.Errorf("a worker: %v", err)
		}
	}
	return took
}

// kill kills one process after the other, in turn, and puts another in its place.
func (f *fleet) kill(all []*exec.Cmd, done <-chan struct{}) {
	f.killed = map[int64]int64{}
	for n := range f.kills {
		select {
		case <-done:
			return
		case <-time.After(f.every):
		}
		i := n % len(all)
		id := f.one(fmt.Sprintf(`SELECT coalesce(max(id), 0) FROM workers WHERE name = '%s'`, nameOf(all[i]))) // 0: it has not begun
		f.killed[int64(id)] = time.Now().UnixMicro()
		if err := all[i].Process.Kill(); err != nil {
			f.t.Error(err)
		}
		_ = all[i].Wait()
		all[i] = f.worker()
	}
}

// ended holds the record to the states in which trials of the schedule end.
func (f *fleet) ended(states map[string]sweeps.State) {
	f.t.Helper()
	rows, err := f.db.Query(`SELECT trial, state FROM v_trials`)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var trial string
		var state sweeps.State
		if err := rows.Scan(&trial, &state); err != nil {
			f.t.Fatal(err)
		}
		if state != states[trial] {
			f.t.Errorf("trial %s is %s, and %s in the schedule replayed", trial, state, states[trial])
		}
	}
	if err := rows.Err(); err != nil || n != len(states) {
		f.t.Errorf("%d trials, %v, and %d of the schedule replayed", n, err, len(states))
	}
}

// recovery tells how long it took lost trials to begin again, from when their process was killed.
func (f *fleet) recovery() {
	f.t.Helper()
	rows, err := f.db.Query(`SELECT a.worker_id, b.started_at FROM sessions a JOIN sessions b ON b.trial_id = a.trial_id AND b.attempt = a.attempt + 1
		WHERE a.outcome = 'lost'`)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var waits []float64
	for rows.Next() {
		var worker, again int64
		if err := rows.Scan(&worker, &again); err != nil {
			f.t.Fatal(err)
		}
		waits = append(waits, float64(again-f.killed[worker])/1e6)
	}
	slices.Sort(waits)
	if err := rows.Err(); err != nil || len(waits) == 0 {
		f.t.Fatalf("%d lost trials have begun again, %v", len(waits), err)
	}
	at := func(p float64) float64 { return waits[int(math.Ceil(p*float64(len(waits))))-1] }
	f.t.Logf("from killed to begun again: median %.1f s, 95 %% within %.1f s, at most %.1f s", at(0.5), at(0.95), at(1))
}

func (f *fleet) worker() *exec.Cmd {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	words := append(slices.Clone(f.space), self)
	cmd := exec.Command(words[0], words[1:]...)
	f.begun++
	cmd.Env = append(os.Environ(), fmt.Sprint(nameIn, f.begun), "SWEEP_SCALE="+cmp.Or(f.pooled, f.store), "SWEEP_SCALE_SLOTS="+strconv.Itoa(f.slots), "SWEEP_SCALE_SPEC="+f.text)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	if f.space != nil {
		elsewhere.Keep(f.t, cmd)
	}
	return cmd
}

// nameIn is the setting of the environment that names a worker.
const nameIn = "SWEEP_SCALE_NAME="

func nameOf(worker *exec.Cmd) string {
	i := slices.IndexFunc(worker.Env, func(e string) bool { return strings.HasPrefix(e, nameIn) })
	return worker.Env[i][len(nameIn):]
}

func (f *fleet) one(query string) (n int) {
	f.t.Helper()
	var v float64
	if err := f.db.QueryRow(query).Scan(&v); err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return int(v)
}

func (f *fleet) sessions(which string) int {
	return f.one(`SELECT count(*) FROM sessions WHERE ` + which)
}

func (f *fleet) wal() string {
	return fmt.Sprintf("%.0f MB", float64(f.one(`SELECT pg_current_wal_lsn() - '0/0'`)-f.from)/1e6)
}

// dispatch tells how long tasks were ready before they were begun.
func (f *fleet) dispatch() {
	f.t.Helper()
	rows, err := f.db.Query(`SELECT n.started_at / 1e6 - extract(epoch FROM j.created_at), n.started_at / 1e6 - extract(epoch FROM j.attempted_at) FROM river_job j JOIN trainings g ON g.trial = j.args ->> 'trial'
		JOIN trials t ON t.training_id = g.id JOIN sessions n ON n.trial_id = t.id AND n.attempt = (j.args ->> 'attempt')::bigint WHERE j.kind = 'sweep_task'`)
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var waits, claims []float64 // until they were begun: since they were ready, and since they were handed out
	for rows.Next() {
		var w, c float64
		if err := rows.Scan(&w, &c); err != nil {
			f.t.Fatal(err)
		}
		waits, claims = append(waits, w), append(claims, c)
	}
	if err := rows.Err(); err != nil || len(waits) == 0 {
		f.t.Fatalf("%d tasks, %v", len(waits), err)
	}
	tell := func(what string, waits []float64) {
		slices.Sort(waits)
		at := func(p float64) float64 { return 1000 * waits[int(math.Ceil(p*float64(len(waits))))-1] }
		f.t.Logf("from %s to begun: median %.0f ms, 99 %% within %.0f ms, at most %.0f ms", what, at(0.5), at(0.99), at(1))
	}
	tell("ready", waits)
	tell("handed out", claims)
}

// replay counts the segments of a schedule of which all results are known, and says in which state each trial ends, by its id.
func replay(t *testing.T, text string) (segments int, states map[string]sweeps.State) {
	t.Helper()
	s, err := results.Open(t.Context(), t.TempDir(), results.Options{}) // in which nothing is known
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p, err := plan(t.Context(), text, s)
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := p.Schedule()
	if err != nil {
		t.Fatal(err)
	}
	for work := schedule.Work(); len(work) > 0; work = append(work[1:], schedule.Work()...) {
		w := work[0]
		segments++
		known := schedule.Known(w.Trial.ID)
		until := w.Until
		if until == 0 {
			until = points
			known.State, known.Value = sweeps.Complete, valueOf(w.Trial, points)
		}
		var curve []sweeps.Logged
		for k := 1; k <= until; k++ {
			curve = append(curve, sweeps.Logged{Step: int64(k), Value: valueOf(w.Trial, k)})
		}
		known.Curve = curve
		if err := schedule.Tell(w.Trial.ID, known, w.Until == 0); err != nil {
			t.Fatal(err)
		}
	}
	if !schedule.Over() {
		t.Error("the schedule, replayed, does not come to its end: " + strings.TrimSpace(text))
	}
	states = map[string]sweeps.State{}
	for _, trial := range p.Trials() {
		states[trial.ID] = cmp.Or(schedule.Known(trial.ID).State, sweeps.Stopped) // at the rung from which it was not promoted
	}
	return segments, states
}

package results_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sweep/results"
	"sweep/results/queuetest"
	"sweep/sweeps"
)

// actor is a process at a record with a queue.
type actor struct {
	t     *testing.T
	store *results.Store
	queue *queuetest.Queue
	plan  *sweeps.Plan
	id    int64 // of the task in hand in the queue
	task  sweeps.Task
	taken bool // it has one there
	has   bool // it has claimed it
	ends  *int // how often the end of a trial was recorded, by all actors
}

// follow decides as a search would: when the first trial is complete, the second one is trained.
type follow struct{ plan *sweeps.Plan }

func (f follow) Since(context.Context) (int64, error) { return 0, nil }
func (f follow) Forget()                              {}
func (f follow) Decide(_ []sweeps.Told, own []sweeps.Own) (sweeps.Decision, error) {
	n := len(f.plan.Trials())
	d := sweeps.Decision{Plan: f.plan, Since: n, From: n}
	for _, o := range own {
		switch first, second := f.plan.Trials()[0], f.plan.Trials()[1]; {
		case o.Trial == first.ID && o.Outcome.State == sweeps.Complete:
			d.Work = append(d.Work, second)
		case o.Outcome.State == sweeps.Waiting:
			d.Work = append(d.Work, first)
		}
	}
	return d, nil
}

// take takes what the queue hands out, if that is anything. A worker holds one trial at a time.
func (a *actor) take() {
	if a.taken || a.has {
		return
	}
	var err error
	if a.id, a.task, a.taken, err = a.queue.Take(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}

// claim claims what it has taken.
func (a *actor) claim() {
	if !a.taken {
		return
	}
	a.taken = false
	c, err := a.store.ClaimTask(a.t.Context(), a.trial(a.task), a.task)
	again := time.Duration(0)
	switch {
	case errors.Is(err, sweeps.ErrGone): // by which it learns that it was given up
		again = time.Nanosecond
	case errors.Is(err, sweeps.ErrSuperseded):
	case err != nil:
		a.t.Fatal(err)
	case c.Run:
		a.has = true
		return
	}
	if err := a.queue.Give(a.t.Context(), a.id, again); err != nil {
		a.t.Fatal(err)
	}
}

func (a *actor) trial(t sweeps.Task) sweeps.Trial {
	for _, tr := range a.plan.Trials() {
		if tr.ID == t.Trial {
			return tr
		}
	}
	a.t.Fatalf("a task of trial %s", t.Trial)
	return sweeps.Trial{}
}

// log records a point of the trial in hand.
func (a *actor) log() {
	if !a.has {
		return
	}
	err := a.store.Record(a.t.Context(), a.trial(a.task), []sweeps.Point{{Metric: "val/perplexity", Step: 100, Value: float64(a.task.Attempt)}})
	if err != nil && !errors.Is(err, sweeps.ErrSuperseded) {
		a.t.Fatal(err)
	}
}

// finish ends the trial in hand.
func (a *actor) finish() {
	if !a.has {
		return
	}
	a.has = false
	t := a.trial(a.task)
	err := a.store.Turn(a.t.Context(), sweeps.Turn{
		Trial: t, Outcome: &sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true}, Metric: "val/perplexity", Spec: a.plan.Identity(), Decider: follow{a.plan},
	})
	switch {
	case errors.Is(err, sweeps.ErrSuperseded):
	case err != nil:
		a.t.Fatal(err)
	default:
		*a.ends++
	}
	if err := a.queue.Give(a.t.Context(), a.id, 0); err != nil {
		a.t.Fatal(err)
	}
}

func (a *actor) reap() {
	if _, err := a.store.Reap(a.t.Context(), 0); err != nil {
		a.t.Fatal(err)
	}
}

// world is a record, its workers and two who look for lost ones. The first worker may become a zombie: it is not heard of for long, and goes on.
type world struct {
	t             *testing.T
	db            *sql.DB
	plan          *sweeps.Plan
	zombie, other *actor
	first, second *actor // who reap
	ends          int
	lost          map[int64]bool // sessions that were
}

func newWorld(t *testing.T, plan *sweeps.Plan) *world {
	t.Helper()
	dir := t.TempDir()
	if fast := "/dev/shm"; exists(fast) { // the interleavings are many, and none is about the disk
		var err error
		if dir, err = os.MkdirTemp(fast, "queue"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	w := &world{t: t, plan: plan}
	open := func(name string) *actor {
		s, err := results.Open(t.Context(), dir, results.Options{Durability: "normal"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		q := queuetest.Open(t, dir, s)
		if err := s.Enroll(t.Context(), name, 1); err != nil {
			t.Fatal(err)
		}
		return &actor{t: t, store: s, queue: q, plan: plan, ends: &w.ends}
	}
	w.zombie, w.other, w.first, w.second = open("zombie"), open("other"), open("first"), open("second")
	db, err := sql.Open(queuetest.Driver(t), "file:"+filepath.Join(dir, results.FileName)+"?_txlock=immediate&_busy_timeout=10000&_synchronous=0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	w.db = db
	if _, err := w.zombie.store.PutPlan(t.Context(), plan, results.Provenance{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (w *world) exec(statements ...string) {
	w.t.Helper()
	for _, s := range statements {
		if _, err := w.db.Exec(s); err != nil {
			w.t.Fatalf("%s: %v", s, err)
		}
	}
}

// reset takes the world back to where one trial is queued and nothing has happened.
func (w *world) reset() {
	w.t.Helper()
	w.exec(`DELETE FROM test_tasks`, `INSERT INTO removals SELECT id FROM trials`, `DELETE FROM finals`, `DELETE FROM sessions`, `DELETE FROM points`, `DELETE FROM trials`,
		`DELETE FROM removals`, `DELETE FROM workers WHERE id = `+strconv.FormatInt(w.zombie.store.WorkerID(), 10))
	if _, err := w.other.store.PutPlan(w.t.Context(), w.plan, results.Provenance{}); err != nil {
		w.t.Fatal(err)
	}
	w.ends, w.lost = 0, map[int64]bool{}
	w.zombie.has, w.other.has, w.zombie.taken, w.other.taken = false, false, false, false
	// The others are heard of, and have been for long.
	w.exec(`UPDATE workers SET since = 0, beat_at = CAST(unixepoch('subsec') * 1000000 AS INTEGER)`)
	if err := w.zombie.store.Enroll(w.t.Context(), "zombie", 1); err != nil {
		w.t.Fatal(err)
	}
	q := sweeps.Queueing{Sweep: "queued", Spec: w.plan.Identity(), Metric: "val/perplexity"}
	err := w.other.store.Enqueue(w.t.Context(), q, 0, func([]sweeps.Told) ([]sweeps.Trial, error) { return w.plan.Trials()[:1], nil })
	if err != nil {
		w.t.Fatal(err)
	}
}

// check holds what must be true at any time.
func (w *world) check(at string) {
	w.t.Helper()
	var live, done int
	err := w.db.QueryRow(`SELECT (SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM sessions WHERE outcome = 'running' GROUP BY trial_id)),
		(SELECT count(*) FROM sessions WHERE outcome = 'complete')`).Scan(&live, &done)
	if err != nil {
		w.t.Fatal(err)
	}
	if live > 1 || done != w.ends || w.ends > 2 {
		w.t.Fatalf("after %s: %d live attempts at a trial, %d sessions complete, %d ends told", at, live, done, w.ends)
	}
	rows, err := w.db.Query(`SELECT id, worker_id FROM sessions WHERE outcome = 'lost'`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	lost := map[int64]bool{}
	for rows.Next() {
		var id, worker int64
		if err := rows.Scan(&id, &worker); err != nil {
			w.t.Fatal(err)
		}
		if lost[id] = true; worker != w.zombie.store.WorkerID() {
			w.t.Fatalf("after %s: session %d of a worker that was heard of is lost", at, id)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	for id := range w.lost {
		if !lost[id] {
			w.t.Fatalf("after %s: session %d was lost and is not any more", at, id)
		}
	}
	w.lost = lost
}

// TestEveryInterleaving lets a worker that is given up and goes on nevertheless, one that takes over, and two that reap do their steps in
// every order. Each step is one transaction, and transactions that write come one after the other: other orders than these there are none.
// SWEEP_INTERLEAVINGS says how many are tried, by default some of them.
func TestEveryInterleaving(t *testing.T) {
	t.Setenv("SWEEP_POSTGRES", "")
	w := newWorld(t, two("queued"))
	t.Run("a zombie", func(t *testing.T) { w.interleave(t, w.zombie.take, w.zombie.claim, w.zombie.log, w.zombie.finish) })
	t.Run("a worker that dies", func(t *testing.T) { w.interleave(t, w.zombie.take, w.zombie.claim, w.zombie.log) })
	t.Run("a worker that dies before it begins", func(t *testing.T) { w.interleave(t, w.takeAndDie) })
}

// takeAndDie has the zombie take a task and die. One that is handed to a worker after that was given up is what River hands out again
// after a while.
func (w *world) takeAndDie() {
	w.zombie.take()
	w.exec(`UPDATE test_tasks SET worker = NULL WHERE worker NOT IN (SELECT id FROM workers)`)
}

const silence = `UPDATE workers SET beat_at = 0 WHERE id = `

// interleave tries what the first worker does in every order with what the others do.
func (w *world) interleave(t *testing.T, zombie ...func()) {
	for _, a := range []*actor{w.zombie, w.other, w.first, w.second} {
		a.t = t
	}
	w.t = t
	scripts := [][]func(){
		zombie,
		{func() { w.exec(silence + strconv.FormatInt(w.zombie.store.WorkerID(), 10)) }},
		{w.first.reap, w.first.reap},
		{w.second.reap, w.second.reap},
		{w.other.take, w.other.claim, w.other.log, w.other.finish},
		{func() { w.exec(`UPDATE test_tasks SET worker = NULL`) }}, // what was handed out long ago is handed out again
	}
	names := []string{"zombie", "silence", "first reaper", "second reaper", "other", "queue"}
	lengths := make([]int, len(scripts))
	for i, s := range scripts {
		lengths[i] = len(s)
	}
	all := count(lengths)
	tries := 400
	if v := os.Getenv("SWEEP_INTERLEAVINGS"); v != "" {
		var err error
		if tries, err = strconv.Atoi(v); err != nil {
			t.Fatal(err)
		}
	}
	tries = min(tries, all)
	for n := range tries {
		w.reset()
		order := nth(lengths, n*7919%all) // a prime that does not divide the number of orders: all, each once
		next := make([]int, len(scripts))
		at := ""
		for _, who := range order {
			at += names[who] + " "
			scripts[who][next[who]]()
			next[who]++
			w.check(at)
		}
		w.end(at)
	}
	t.Logf("%d of %d interleavings", tries, all)
}

// end lets what is left be done, and holds that each trial has ended once.
func (w *world) end(at string) {
	w.t.Helper()
	w.exec(silence + strconv.FormatInt(w.zombie.store.WorkerID(), 10))
	w.first.reap()
	for range 6 {
		w.other.take()
		w.other.claim()
		w.other.log()
		w.other.finish()
		w.check(at + "and the rest")
	}
	var complete, left int
	err := w.db.QueryRow(`SELECT (SELECT count(*) FROM trials WHERE state = 'complete'), (SELECT count(*) FROM test_tasks WHERE worker IS NULL)`).Scan(&complete, &left)
	if err != nil {
		w.t.Fatal(err)
	}
	if complete != 2 || w.ends != 2 || left != 0 {
		w.t.Fatalf("after %s and the rest: %d of 2 trials complete, %d ends, %d tasks left", at, complete, w.ends, left)
	}
}

// count is how many orders there are of steps of several actors, each in its own order.
func count(lengths []int) int {
	n, out := 0, 1
	for _, l := range lengths {
		for i := 1; i <= l; i++ {
			n++
			out = out * n / i
		}
	}
	return out
}

// nth is one of the orders, by number.
func nth(lengths []int, n int) (order []int) {
	left := append([]int(nil), lengths...)
	for total := sum(left); total > 0; total-- {
		for who := range left {
			if left[who] == 0 {
				continue
			}
			left[who]--
			if c := count(left); n >= c {
				n -= c
				left[who]++
				continue
			}
			order = append(order, who)
			break
		}
	}
	return order
}

func sum(ns []int) (s int) {
	for _, n := range ns {
		s += n
	}
	return s
}

// two is a plan of two trials.
func two(name string) *sweeps.Plan {
	p := &sweeps.Plan{
		Spec:    &sweeps.Spec{Name: name, Method: "grid", Seed: 1, Replicates: sweeps.Replicates{N: 1}, Metric: sweeps.Metric{Name: "val/perplexity"}},
		Trainer: "test", Version: "1",
	}
	for i := range 2 {
		id := fmt.Sprintf("%012d", i+1)
		key := id + fmt.Sprintf("%052d", 0)
		c := sweeps.Configuration{ID: id, Params: sweeps.Values{{Name: "x", Value: sweeps.IntValue(int64(i))}}}
		c.Trials = []sweeps.Trial{{ID: id, Key: key, Sweep: name, Configuration: c.ID, Replicate: 1, Seed: 1, Params: c.Params}}
		p.Configurations = append(p.Configurations, c)
	}
	return p
}

// TestEndOfARunWhoseSweepGoesOn: a sweep that is in the queue runs, however the run of a part of it has ended.
func TestEndOfARunWhoseSweepGoesOn(t *testing.T) {
	w := newWorld(t, two("queued"))
	w.reset()
	for _, queued := range []bool{true, false} {
		if !queued {
			if err := w.first.store.Dequeue(t.Context(), "queued", "", false); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.first.store.EndSweep(t.Context(), "queued", "complete", 1); err != nil {
			t.Fatal(err)
		}
		row, err := w.first.store.Sweep(t.Context(), "queued")
		if want := map[bool]string{true: "running", false: "complete"}[queued]; err != nil || row.State != want {
			t.Errorf("in the queue %v: it is %s, %v", queued, row.State, err)
		}
	}
}

package results

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"sweep/sweeps"
)

// counting is a decider that notes what it is asked. Of the trial at place i among those whose turn it is, the one at to+i ends.
type counting struct {
	plan *sweeps.Plan
	to   int

	asked int
	own   []string
	since int64
	told  []int64
}

func (c *counting) Since(context.Context) (int64, error) { return c.since, nil }
func (c *counting) Forget()                              { c.asked = -1000 }
func (c *counting) Decide(told []sweeps.Told, own []sweeps.Own) (sweeps.Decision, error) {
	c.asked++
	all := c.plan.Trials()
	d := sweeps.Decision{Plan: c.plan, Since: len(all), From: len(all)}
	for _, t := range told {
		c.told = append(c.told, t.Number)
		c.since = max(c.since, t.Number)
	}
	for _, o := range own {
		c.own = append(c.own, o.Trial)
		i := slices.IndexFunc(all, func(t sweeps.Trial) bool { return t.ID == o.Trial })
		if i+c.to < len(all) {
			d.Ends = append(d.Ends, sweeps.End{Trial: all[i+c.to], State: sweeps.Stopped, Step: 50})
		}
	}
	return d, nil
}

// outcomeOf is how the trial at a place ends.
func outcomeOf(i int) sweeps.Outcome {
	return []sweeps.Outcome{
		{State: sweeps.Complete, Step: 100, Examples: 1000, Seconds: 2, Linkable: true},
		{State: sweeps.Waiting, Seconds: 1},
		{State: sweeps.Stopped, Step: 50, Examples: 1000, ByRule: true},
		{State: sweeps.Failed, Err: "no reason"},
		{State: sweeps.Diverged, Step: 100, Examples: 1000},
		{State: sweeps.Complete, Step: 100, Undecided: true, Linkable: true},
		{State: sweeps.Waiting, Suspect: true, Err: "no reason, elsewhere perhaps"},
	}[i%7]
}

// lastly is a decider by which a sweep is over with what it is told.
type lastly struct{ plan *sweeps.Plan }

func (lastly) Since(context.Context) (int64, error) { return 0, nil }
func (lastly) Forget()                              {}
func (l lastly) Decide([]sweeps.Told, []sweeps.Own) (sweeps.Decision, error) {
	n := len(l.plan.Trials())
	return sweeps.Decision{Plan: l.plan, Since: n, From: n, Over: true}, nil
}

// TestOverWithStandings has the turn that ends a sweep leave its standings, which no process may be there to bring up to date later.
func TestOverWithStandings(t *testing.T) {
	s := opened(t)
	p := grid("over", 1, 50)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	if err := s.Record(t.Context(), trial, []sweeps.Point{{Metric: "val/perplexity", Step: 100, Value: 130, Final: true}}); err != nil {
		t.Fatal(err)
	}
	err := s.write("never bring standings up to date", request{act: func(*gorm.DB) error {
		s.writer.standings = func(*gorm.DB, int64) error { return nil }
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	o := sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true}
	if err := s.Turn(t.Context(), sweeps.Turn{Trial: trial, Outcome: &o, Metric: "val/perplexity", Spec: p.Identity(), Decider: lastly{p}}); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Query(t.Context(), `SELECT state, n, mean, best FROM v_sweeps JOIN v_configurations USING (sweep)`)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]any{{"complete", int64(1), 130.0, int64(1)}}, rows.Rows); d != "" {
		t.Error(d)
	}
}

// TestTurnOfAnotherPlan: a trial ends whose sweep has been queued by another plan meanwhile. That it ends is recorded, and nothing is decided by
// the plan that is no more; nor does a trial that is retired become a task.
func TestTurnOfAnotherPlan(t *testing.T) {
	s := opened(t)
	p := grid("edited", 1, 50, 100)
	put(t, s, p)
	trial := p.Trials()[0]
	claim(t, s, trial)
	err := s.write("edit", request{act: func(tx *gorm.DB) error {
		return errors.Join(execute(tx, `UPDATE sweeps SET queued = 'another plan'`), execute(tx, `UPDATE trials SET retired = 1 WHERE state = 'waiting'`))
	}})
	if err != nil {
		t.Fatal(err)
	}
	d := &counting{plan: p, to: 1}
	o := sweeps.Outcome{State: sweeps.Complete, Step: 100, Linkable: true}
	if err := s.Turn(t.Context(), sweeps.Turn{Trial: trial, Outcome: &o, Metric: "val/perplexity", Spec: p.Identity(), Decider: d}); err != nil {
		t.Fatal(err)
	}
	if row, err := s.Trial(t.Context(), trial.ID); err != nil || row.State != string(sweeps.Complete) || d.asked != 0 {
		t.Errorf("it is %s, %v, and was decided by %d times", row.State, err, d.asked)
	}
	q := &tasks{}
	s.UseQueue(q)
	err = s.write("queue", request{act: func(tx *gorm.DB) error { return s.putWork(tx, 1, "edited", "another plan", p.Trials()) }})
	if err != nil || len(q.put) > 0 {
		t.Errorf("%v, tasks %+v", err, q.put)
	}
}

func (q *tasks) Taken(context.Context, *sql.Tx, int64) ([]sweeps.Task, error) { return nil, nil }

// TestReapByWhoIsNoWorker: a run that only coordinates gives up a worker that is not heard of if it has itself heard from the record for long enough.
func TestReapByWhoIsNoWorker(t *testing.T) {
	s := opened(t)
	err := s.write("silence", request{act: func(tx *gorm.DB) error {
		return execute(tx, `INSERT INTO workers (name, machine, process, began, slots, since, beat_at) VALUES ('silent', 'another', 1, 1, 1, 0, 0)`)
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.UseQueue(&tasks{})
	for _, c := range []struct {
		heard time.Duration
		left  int64
	}{{0, 1}, {LostAfter - time.Second, 1}, {LostAfter + time.Second, 0}} {
		if _, err := s.Reap(t.Context(), c.heard); err != nil {
			t.Fatal(err)
		}
		rows, err := s.Query(t.Context(), `SELECT count(*) FROM workers`)
		if err != nil || rows.Rows[0][0] != c.left {
			t.Errorf("heard for %v: %v workers are left, want %d, %v", c.heard, rows.Rows, c.left, err)
		}
	}
}

// TestWorkThatIsNamedTwice: a trial that is named twice, far apart, becomes one task.
func TestWorkThatIsNamedTwice(t *testing.T) {
	s := opened(t)
	sizes := make([]int, rowsPerStatement+1)
	for i := range sizes {
		sizes[i] = i + 1
	}
	p := grid("twice", 1, sizes...)
	put(t, s, p)
	q := &tasks{}
	s.UseQueue(q)
	work := append(p.Trials(), p.Trials()[0])
	err := s.write("queue", request{act: func(tx *gorm.DB) error { return s.putWork(tx, 1, "twice", p.Identity(), work) }})
	if err != nil || len(q.put) != len(sizes) {
		t.Errorf("%v, %d tasks of %d trials", err, len(q.put), len(sizes))
	}
}

// tasks is a queue that notes what it is given.
type tasks struct {
	Queue
	put []sweeps.Task
}

func (q *tasks) Put(_ context.Context, _ *sql.Tx, put []sweeps.Task) error {
	q.put = append(q.put, put...)
	return nil
}

// TestTurnsTogether has many trials end at once, some of which are not this process's any more, or have lost points. The record is the one
// that they leave which end one after the other.
func TestTurnsTogether(t *testing.T) {
	const running, interrupted, superseded, lost = 90, 12, 8, 14 // the last two are places among those that run
	record := func(t *testing.T, together bool) (map[string]Trial, map[string]map[string]*float64) {
		s := reopened(t, t.TempDir(), Options{Now: func() time.Time { return time.UnixMicro(1e15) }})
		sizes := make([]int, running+interrupted)
		for i := range sizes {
			sizes[i] = i + 1
		}
		p := grid("together", 1, sizes...)
		put(t, s, p)
		all := p.Trials()
		for i, trial := range all {
			claim(t, s, trial)
			pts := []sweeps.Point{
				{Step: 0}, {Metric: "val/loss", Step: 50, Examples: 500, Seconds: 1, Value: float64(i)}, {Metric: "val/loss", Step: 100, Examples: 1000, Seconds: 2, Value: 2 * float64(i)},
			}
			pts = append(pts, sweeps.Point{Metric: "val/perplexity", Step: 100, Value: float64(i), Final: i%2 == 0})
			if err := s.Record(t.Context(), trial, pts); err != nil {
				t.Fatal(err)
			}
			if i >= running {
				finish(t, s, trial, sweeps.Outcome{State: sweeps.Waiting, Step: 100})
			}
		}
		err := s.write("give a trial to another", request{act: func(tx *gorm.DB) error {
			return execute(tx, `UPDATE trials SET attempts = 2 WHERE training_id = (SELECT id FROM trainings WHERE key = ?)`, all[superseded].Key)
		}})
		if err != nil {
			t.Fatal(err)
		}
		s.writer.mu.Lock()
		s.live[place{"together", all[lost].ID}].lost = errors.New("the disk was full")
		s.writer.mu.Unlock()

		d := &counting{plan: p, to: running}
		errs := make([]error, running)
		turn := func(i int) {
			o := outcomeOf(i)
			errs[i] = s.Turn(t.Context(), sweeps.Turn{Trial: all[i], Outcome: &o, Metric: "val/perplexity", Spec: p.Identity(), Decider: d})
		}
		var wg sync.WaitGroup
		var begun atomic.Int64
		release := func() {}
		if together {
			release = hold(t, s)
		}
		for i := range running {
			if !together {
				turn(i)
				continue
			}
			wg.Go(func() {
				begun.Add(1)
				turn(i)
			})
		}
		if together {
			waitFor(t, func() bool { return begun.Load() == running })
			time.Sleep(500 * time.Millisecond) // until they wait for the writer
		}
		release()
		wg.Wait()
		for i, err := range errs {
			switch i {
			case superseded:
				if !errors.Is(err, sweeps.ErrSuperseded) {
					t.Errorf("of another: %v", err)
				}
			case lost:
				if err == nil || errors.Is(err, sweeps.ErrSuperseded) {
					t.Errorf("points were lost: %v", err)
				}
			default:
				if err != nil {
					t.Errorf("trial %d: %v", i, err)
				}
			}
		}
		most := running - 2
		if together {
			most = 5 // some may have been on their way to the file before the others came
			if s.db.shared() {
				most = 1
			}
		}
		if d.asked < 1 || d.asked > most || !together && d.asked < most {
			t.Errorf("decided %d times, want %d", d.asked, most)
		}
		slices.Sort(d.own)
		if len(slices.Compact(d.own)) != running-2 || slices.Contains(d.own, all[superseded].ID) || slices.Contains(d.own, all[lost].ID) {
			t.Errorf("%d trials had their turn", len(d.own))
		}
		if told := slices.Compact(slices.Clone(d.told)); !slices.IsSorted(told) || len(told) != running-2 {
			t.Errorf("told %v", d.told)
		}
		finals := map[string]map[string]*float64{}
		for _, trial := range all {
			if finals[trial.ID], err = s.Finals(t.Context(), "together", trial.ID); err != nil {
				t.Fatal(err)
			}
		}
		return trials(t, s, "together"), finals
	}
	one, oneFinals := record(t, false)
	for i, trial := range grid("together", 1, 1, 2, 3, 4, 5).Trials() { // where a trial was stopped that had gone on is how far it has come
		if r := one[trial.ID]; i == 2 && (r.State != "stopped" || r.Steps != 50 || r.Examples != 500) {
			t.Errorf("%+v", r)
		}
	}
	many, manyFinals := record(t, true)
	if diff := cmp.Diff(one, many); diff != "" {
		t.Errorf("one by one (-) and together (+):\n%s", diff)
	}
	if diff := cmp.Diff(oneFinals, manyFinals); diff != "" {
		t.Errorf("figures, one by one (-) and together (+):\n%s", diff)
	}
}

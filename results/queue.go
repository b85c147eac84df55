package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// Queue keeps tasks in the record's own database, so that they are there if and only if what they follow from is.
type Queue interface {
	// Put adds tasks, but those that are waiting in it already, when tx commits.
	Put(ctx context.Context, tx *sql.Tx, tasks []sweeps.Task) error
	// Taken returns the tasks that a worker has been handed and has not given back, by its number.
	Taken(ctx context.Context, tx *sql.Tx, worker int64) ([]sweeps.Task, error)
}

// UseQueue lets decisions fill a queue. It is called before anything is claimed.
func (s *Store) UseQueue(q Queue) { s.queue = q }

// put hands tasks to the queue in the open transaction.
func (s *Store) put(tx *gorm.DB, tasks []sweeps.Task) error {
	if len(tasks) == 0 || s.queue == nil {
		return nil
	}
	return s.queue.Put(context.WithoutCancel(tx.Statement.Context), plain(tx), tasks)
}

// plain is an open transaction without what is around it; nil if it is none of ours.
func plain(tx *gorm.DB) *sql.Tx {
	switch c := tx.Statement.ConnPool.(type) {
	case *spelledTx:
		return c.Tx
	case *sql.Tx:
		return c
	}
	return nil
}

// Enqueue puts a sweep into the queue: those of its trials that may be trained, and wait or have failed, become tasks. Those that are tasks already
// stay so. Which may be, open says of what was told after a number, in the same transaction: else one that has just come to a decision
// would be a task before that is made. A sweep that was not in the queue begins a new round: a task of an earlier one, which some worker may
// just be giving up, is none any more and does not stand for the new one. Nor is one of another plan.
func (s *Store) Enqueue(_ context.Context, q sweeps.Queueing, since int64, open func([]sweeps.Told) ([]sweeps.Trial, error)) error {
	return s.write("queue sweep "+q.Sweep, request{sync: true, act: func(tx *gorm.DB) error {
		var id int64
		s.writer.next.begin(q.Sweep, s.options.Now())
		err := one(tx, `UPDATE sweeps SET round = round + CASE WHEN coalesce(queued, '') = ? THEN 0 ELSE 1 END,
			queued = ?, state = 'running' WHERE name = ? RETURNING id`, q.Spec, q.Spec, q.Sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", q.Sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		told, err := toldOf(tx, id, since, q.Metric, q.Curves)
		if err != nil {
			return err
		}
		trials, err := open(told)
		if err != nil {
			return err
		}
		return s.putWork(tx, id, q.Sweep, q.Spec, trials, "")
	}})
}

// Dequeue takes a sweep out of the queue: nothing of it is begun any more, and what runs is put away. With rest what runs may
// go on.
func (s *Store) Dequeue(_ context.Context, sweep string, rest bool) error {
	return s.write("take sweep "+sweep+" out of the queue", request{sync: true, act: func(tx *gorm.DB) error {
		if rest {
			return execute(tx, `UPDATE sweeps SET queued = '' WHERE name = ? AND queued IS NOT NULL`, sweep)
		}
		return execute(tx, `UPDATE sweeps SET queued = NULL WHERE name = ?`, sweep)
	}})
}

// Queued returns how a sweep stands in the queue, the zero value for one that the record does not hold.
func (s *Store) Queued(ctx context.Context, sweep string) (q sweeps.Queued, err error) {
	err = s.view(ctx, "look for sweep "+sweep+" in the queue", func(tx *gorm.DB) error {
		var spec sql.NullString
		err := one(tx, `SELECT s.queued, s.round, (SELECT count(*) FROM workers w JOIN sessions n ON n.worker_id = w.id AND n.outcome = 'running' JOIN trials t ON t.id = n.trial_id
				WHERE t.sweep_id = s.id AND w.beat_at > `+s.db.clock()+` - ?),
			(SELECT coalesce(max(told), 0) FROM trials t WHERE t.sweep_id = s.id) FROM sweeps s WHERE s.name = ?`,
			LostAfter.Microseconds(), sweep).Scan(&spec, &q.Round, &q.Running, &q.Told)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		q.Spec, q.In = spec.String, spec.Valid
		return err
	})
	return q, err
}

// putWork makes tasks of those trials that wait. The next attempt at a trial is identified by how many there were, so that
// who decides the same twice makes one task.
func (s *Store) putWork(tx *gorm.DB, sweep int64, name, spec string, trials []sweeps.Trial, urgent string) error {
	var tasks []sweeps.Task
	for part := range slices.Chunk(trials, rowsPerStatement) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Key
		}
		var rows []struct {
			Trial             string
			Attempts, Segment int
			Round             int64
		}
		err := tx.Raw(`SELECT g.trial, t.attempts, (SELECT round FROM sweeps WHERE id = t.sweep_id) AS round, (SELECT count(*) FROM sessions n WHERE n.trial_id = t.id AND n.outcome = 'interrupted') AS segment
			FROM trials t JOIN trainings g ON g.id = t.training_id
			WHERE t.sweep_id = ? AND t.state IN ('waiting', 'failed') AND g.key IN ?`, sweep, keys).Scan(&rows).Error
		if err != nil {
			return err
		}
		next := make(map[string]sweeps.Task, len(rows))
		for _, r := range rows {
			next[r.Trial] = sweeps.Task{Sweep: name, Trial: r.Trial, Segment: r.Segment, Attempt: r.Attempts + 1, Spec: spec, Round: r.Round}
		}
		for _, t := range part { // in the order in which they are best begun
			if task, ok := next[t.ID]; ok {
				task.Urgent = t.ID == urgent
				tasks = append(tasks, task)
				delete(next, t.ID)
			}
		}
	}
	return s.put(tx, tasks)
}

// begunHere finds the session by which this worker has begun a trial without knowing: the answer to the transaction was lost.
func (s *Store) begunHere(tx *gorm.DB, t sweeps.Trial, row trialRow) (*session, error) {
	s.mu.Lock()
	known := s.live[place{t.Sweep, t.ID}] != nil
	s.mu.Unlock()
	if known {
		return nil, nil
	}
	live := &session{
		trial: row.ID, training: row.TrainingID, sweep: row.SweepID, name: t.Sweep,
		attempt: row.Attempts, before: row.Before, finals: map[string]float64{},
	}
	err := one(tx, `SELECT id FROM sessions WHERE trial_id = ? AND attempt = ? AND worker_id = ? AND outcome = 'running'`, row.ID, row.Attempts, s.WorkerID()).Scan(&live.id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return live, err
}

// Turn records the end of a claimed trial's session, if it has ended, and in the same transaction what is decided by what the
// sweep has come to: trials that end, that are planned, and that become tasks. It wraps
// sweeps.ErrSuperseded when the session was given up: the trial may be another's, and nothing is recorded.
func (s *Store) Turn(ctx context.Context, turn sweeps.Turn) error {
	t, o := turn.Trial, turn.Outcome
	doing := "finish trial " + t.ID
	at := place{t.Sweep, t.ID}
	s.mu.Lock()
	live := s.live[at]
	var finals map[string]float64
	if live != nil {
		finals = maps.Clone(live.finals)
	}
	s.mu.Unlock()
	if o != nil && live == nil {
		return fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	}
	var row trialRow
	if live != nil {
		row.ID, row.SweepID, row.TrainingID = live.trial, live.sweep, live.training
	} else if err := s.view(ctx, doing, func(tx *gorm.DB) (err error) {
		row, err = trialAt(tx, t)
		return err
	}); err != nil {
		return err
	}
	stale := row.SweepID
	if o != nil && o.State == sweeps.Waiting && !turn.Curves {
		stale = 0
	}
	var lost error
	err := s.write(doing, request{sync: true, stale: stale, bare: true, act: func(tx *gorm.DB) error {
		if o == nil {
			if err := execute(tx, `UPDATE trials SET `+toldNow+` WHERE id = ?`, row.ID); err != nil {
				return err
			}
			return s.decide(ctx, tx, row, turn)
		}
		// Asked for here, when the fate of all points before is known; not returned, lest it end the transaction.
		if lost = s.writer.lostOf(live); lost != nil {
			return nil
		}
		if err := s.finish(tx, live, *o, finals, true); err != nil {
			return err
		}
		return s.decide(ctx, tx, row, turn)
	}})
	if err == nil {
		err = fault(doing, lost)
	}
	if o != nil && (err == nil || errors.Is(err, ErrFinished)) {
		s.mu.Lock()
		if s.live[at] == live { // else the next attempt has begun here
			delete(s.live, at)
		}
		s.mu.Unlock()
		live.forget()
	}
	if errors.Is(err, ErrFinished) {
		err = fmt.Errorf("%w: %w", sweeps.ErrSuperseded, err)
	}
	return err
}

// toldNow gives a trial the next number of what its sweep was told.
const toldNow = `told = (SELECT max(x.told) + 1 FROM trials x WHERE x.sweep_id = trials.sweep_id)`

// decide tells the decider what is new and records what follows.
func (s *Store) decide(ctx context.Context, tx *gorm.DB, row trialRow, turn sweeps.Turn) (err error) {
	d := turn.Decider
	s.writer.decide(d)
	since, err := d.Since(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			d.Forget()
		}
	}()
	told, err := toldOf(tx, row.SweepID, since, turn.Metric, turn.Curves)
	if err != nil {
		return err
	}
	decided, err := d.Decide(told, turn.Trial.ID, turn.Outcome)
	if err != nil {
		return err
	}
	if err := s.grow(tx, row.SweepID, decided); err != nil {
		return err
	}
	for _, e := range decided.Ends {
		if err := s.endWaiting(tx, e); err != nil {
			return err
		}
	}
	urgent := ""
	if turn.Outcome != nil && turn.Outcome.Suspect { // it is to be known soon whether it fails elsewhere
		urgent = turn.Trial.ID
	}
	if err := s.putWork(tx, row.SweepID, turn.Trial.Sweep, turn.Spec, decided.Work, urgent); err != nil {
		return err
	}
	switch {
	case decided.Halt:
		return execute(tx, `UPDATE sweeps SET queued = NULL WHERE id = ?`, row.SweepID)
	case decided.Over:
		return execute(tx, `UPDATE sweeps SET queued = NULL, state = CASE WHEN EXISTS
			(SELECT 1 FROM trials t WHERE t.sweep_id = sweeps.id AND t.retired = 0 AND t.state = 'failed') THEN 'failed' ELSE 'complete' END WHERE id = ?`, row.SweepID)
	}
	return nil
}

// grow records what a plan has grown by, and makes sure that what others were to record is there.
func (s *Store) grow(tx *gorm.DB, sweep int64, d sweeps.Decision) error {
	if d.Plan == nil {
		return nil
	}
	trials := d.Plan.Trials()
	for part := range slices.Chunk(trials[d.Since:d.From], rowsPerStatement) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Key
		}
		var n int
		err := tx.Raw(`SELECT count(*) FROM trials t JOIN trainings g ON g.id = t.training_id WHERE t.sweep_id = ? AND g.key IN ?`, sweep, keys).Row().Scan(&n)
		if err != nil {
			return err
		}
		if n < len(part) {
			return fmt.Errorf("%w: another machine has drawn other configurations by the same results", sweeps.ErrDrifted)
		}
	}
	if d.From == len(trials) {
		return nil
	}
	return putGrown(tx, sweep, d.Plan, d.From)
}

// endWaiting ends a trial that no session has in hand. Of one that some session has, that session sees to it; and what has ended
// otherwise stands.
func (s *Store) endWaiting(tx *gorm.DB, e sweeps.End) error {
	if e.Kept {
		return nil
	}
	row, err := trialAt(tx, e.Trial)
	if err != nil {
		return err
	}
	if row.State != sweeps.Waiting {
		return nil
	}
	return s.end(tx, row, sweeps.Outcome{State: e.State, Step: e.Step})
}

// Told returns what the record was told of a sweep's trials after a number, in order; after -1 also what it has held before anything
// was told.
func (s *Store) Told(ctx context.Context, sweep string, since int64, metric string, curves bool) (out []sweeps.Told, err error) {
	err = s.view(ctx, "read what sweep "+sweep+" has come to", func(tx *gorm.DB) error {
		var id int64
		err := one(tx, `SELECT id FROM sweeps WHERE name = ?`, sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		out, err = toldOf(tx, id, since, metric, curves)
		return err
	})
	return out, err
}

func toldOf(tx *gorm.DB, sweep, since int64, metric string, curves bool) ([]sweeps.Told, error) {
	known, err := progressOf(tx, metric, curves, `s.id = ? AND t.told > ? AND t.retired = 0`, sweep, since)
	if err != nil {
		return nil, err
	}
	out := make([]sweeps.Told, len(known))
	for i, k := range known {
		out[i] = sweeps.Told{Number: k.told, Trial: k.trial, Progress: k.Progress, Kept: k.State.Finished() && !k.Undecided}
		if !k.State.Finished() {
			out[i].State, out[i].Value = "", math.NaN()
		}
	}
	slices.SortFunc(out, func(a, b sweeps.Told) int { return int(a.Number - b.Number) })
	return out, nil
}

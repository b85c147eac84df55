package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

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
		var trials []sweeps.Trial
		if err := s.awake(tx, func() (err error) { trials, err = open(told); return err }); err != nil {
			return err
		}
		return s.putWork(tx, id, q.Sweep, q.Spec, trials)
	}})
}

// Dequeue takes a sweep out of the queue: nothing of it is begun any more, and what runs is put away. With rest what runs may
// go on. One that another plan than spec has queued meanwhile stays; "" stands for whatever plan.
func (s *Store) Dequeue(_ context.Context, sweep, spec string, rest bool) error {
	return s.write("take sweep "+sweep+" out of the queue", request{sync: true, act: func(tx *gorm.DB) error {
		to := sql.NullString{Valid: rest}
		return execute(tx, `UPDATE sweeps SET queued = ? WHERE name = ? AND queued IS NOT NULL AND (CAST(? AS text) = '' OR queued IN ('', ?))`, to, sweep, spec, spec)
	}})
}

// Clear takes a sweep out of the queue unless workers have trials of it in hand: then it returns how many, and the sweep stays as it is.
func (s *Store) Clear(_ context.Context, sweep string) (inHand int, err error) {
	err = s.write("take sweep "+sweep+" out of the queue", request{sync: true, act: func(tx *gorm.DB) error {
		if err := one(tx, s.countInHand(), sweep).Scan(&inHand); err != nil || inHand > 0 {
			return err
		}
		return execute(tx, `UPDATE sweeps SET queued = NULL WHERE name = ? AND queued IS NOT NULL`, sweep)
	}})
	return inHand, err
}

// Queued returns how a sweep stands in the queue, the zero value for one that the record does not hold.
func (s *Store) Queued(ctx context.Context, sweep string) (q sweeps.Queued, err error) {
	err = s.glimpse(ctx, "look for sweep "+sweep+" in the queue", func(tx *gorm.DB) error {
		var spec sql.NullString
		err := ask(tx, `SELECT s.queued, s.round, (SELECT coalesce(max(told), 0) FROM trials t WHERE t.sweep_id = s.id),
				CASE WHEN s.queued IS NULL AND s.state = 'failed' THEN
					coalesce((SELECT t.error FROM trials t WHERE t.sweep_id = s.id AND t.state = 'failed' ORDER BY t.finished_at DESC LIMIT 1), '') ELSE '' END
			FROM sweeps s WHERE s.name = ?`, sweep).Scan(&spec, &q.Round, &q.Told, &q.Halted)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		q.Spec, q.In = spec.String, spec.Valid
		return err
	})
	return q, err
}

// InQueue returns the sweeps of which further trials are begun, with the Identity of the plan of each.
func (s *Store) InQueue(ctx context.Context) (queue map[string]string, err error) {
	err = s.view(ctx, "look into the queue", func(tx *gorm.DB) error {
		queue = map[string]string{}
		var sweep, spec string
		return each(tx, []any{&sweep, &spec}, func() error {
			queue[sweep] = spec
			return nil
		}, `SELECT name, queued FROM sweeps WHERE queued > ''`)
	})
	return queue, err
}

// countInHand counts the trials of a sweep, which is its argument, that workers have in hand who are heard of.
func (s *Store) countInHand() string {
	return `SELECT count(*) FROM workers w JOIN sessions n ON n.worker_id = w.id AND n.outcome = 'running' JOIN trials t ON t.id = n.trial_id
		JOIN sweeps s ON s.id = t.sweep_id WHERE w.beat_at > ` + s.db.clock() + ` - ` + strconv.FormatInt(LostAfter.Microseconds(), 10) + ` AND s.name = ?`
}

// InHand returns how many trials of a sweep workers have in hand that are heard of.
func (s *Store) InHand(ctx context.Context, sweep string) (n int, err error) {
	err = s.glimpse(ctx, "count what is trained of sweep "+sweep, func(tx *gorm.DB) error {
		return ask(tx, s.countInHand(), sweep).Scan(&n)
	})
	return n, err
}

// putWork makes tasks of those trials that wait. The next attempt at a trial is identified by how many there were, so that
// who decides the same twice makes one task.
func (s *Store) putWork(tx *gorm.DB, sweep int64, name, spec string, trials []sweeps.Trial, urgent ...string) error {
	var tasks []sweeps.Task
	for part := range slices.Chunk(distinct(trials), rowsPerStatement) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Key
		}
		in, args := oneOf(asValues(keys))
		next := make(map[string]sweeps.Task, len(part))
		task, attempts := sweeps.Task{Sweep: name, Spec: spec}, 0
		err := each(tx, []any{&task.Trial, &attempts, &task.Round, &task.Segment}, func() error {
			task.Attempt = attempts + 1
			next[task.Trial] = task
			return nil
		}, `SELECT g.trial, t.attempts, (SELECT round FROM sweeps WHERE id = t.sweep_id), (SELECT count(*) FROM sessions n WHERE n.trial_id = t.id AND n.outcome = 'interrupted')
			FROM trials t JOIN trainings g ON g.id = t.training_id
			WHERE t.sweep_id = ? AND t.retired = 0 AND t.state IN ('waiting', 'failed') AND g.key IN `+in, append([]any{sweep}, args...)...)
		if err != nil {
			return err
		}
		for _, t := range part { // in the order in which they are best begun
			if task, ok := next[t.ID]; ok {
				task.Urgent = slices.Contains(urgent, t.ID)
				tasks = append(tasks, task)
			}
		}
	}
	return s.put(tx, tasks)
}

// distinct leaves out trials that came before: a schedule that was just read may name one for each of its segments.
func distinct(trials []sweeps.Trial) []sweeps.Trial {
	seen := make(map[string]bool, len(trials))
	return slices.DeleteFunc(slices.Clone(trials), func(t sweeps.Trial) bool {
		again := seen[t.Key]
		seen[t.Key] = true
		return again
	})
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

// Told returns what the record was told of a sweep's trials after a number, in order; after -1 also what it has held before anything
// was told.
func (s *Store) Told(ctx context.Context, sweep string, since int64, metric string, curves bool) ([]sweeps.Told, error) {
	return s.told(ctx, sweep, func(tx *gorm.DB, id int64) ([]sweeps.Told, error) { return toldOf(tx, id, since, metric, curves) })
}

func (s *Store) told(ctx context.Context, sweep string, read func(tx *gorm.DB, id int64) ([]sweeps.Told, error)) (out []sweeps.Told, err error) {
	err = s.view(ctx, "read what sweep "+sweep+" has come to", func(tx *gorm.DB) error {
		var id int64
		err := one(tx, `SELECT id FROM sweeps WHERE name = ?`, sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		out, err = read(tx, id)
		return err
	})
	return out, err
}

func toldOf(tx *gorm.DB, sweep, since int64, metric string, curves bool) ([]sweeps.Told, error) {
	return toldWhere(tx, metric, curves, `s.id = ? AND t.told > ? AND t.retired = 0`, sweep, since)
}

// toldWhere is in order of the numbers; which is a condition as progressOf has it.
func toldWhere(tx *gorm.DB, metric string, curves bool, which string, args ...any) ([]sweeps.Told, error) {
	known, err := progressOf(tx, metric, curves, which, args...)
	if err != nil {
		return nil, err
	}
	out := make([]sweeps.Told, len(known))
	for i, k := range known {
		out[i] = sweeps.Told{Number: k.told, Trial: k.trial, Progress: k.Progress, Kept: k.State.Finished() && !k.Undecided, Seconds: k.seconds, Err: k.failure}
		if !k.State.Finished() {
			out[i].State, out[i].Value = "", math.NaN()
		}
	}
	slices.SortFunc(out, func(a, b sweeps.Told) int { return int(a.Number - b.Number) })
	return out, nil
}

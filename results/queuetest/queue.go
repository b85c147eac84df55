// Package queuetest is a queue for tests, in a table of its own in a record that is a file. It does what River does, as far as
// sweeps rely on it, and is imported by tests alone.
package queuetest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sweep/results"
	"sweep/sweeps"
)

// Queue hands out the tasks of the record in a folder. Each worker has one of its own.
type Queue struct {
	store *results.Store
	db    *sql.DB
}

// Open opens the queue of a record for one worker, whose Store it is.
func Open(t testing.TB, dir string, s *results.Store) *Queue {
	t.Helper()
	db, err := sql.Open(Driver(t), "file:"+filepath.Join(dir, results.FileName)+"?_txlock=immediate&_busy_timeout=10000")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS test_tasks (id INTEGER PRIMARY KEY AUTOINCREMENT, args TEXT NOT NULL, due INTEGER NOT NULL DEFAULT 0, urgent INTEGER NOT NULL, worker INTEGER)`); err != nil {
		t.Fatal(err)
	}
	q := &Queue{store: s, db: db}
	s.UseQueue(q)
	return q
}

// Driver names the one for SQLite that the record uses.
func Driver(t testing.TB) string {
	t.Helper()
	for _, d := range sql.Drivers() {
		if d == "sqlite3" || d == "sqlite" {
			return d
		}
	}
	t.Fatal("no driver for SQLite")
	return ""
}

// Put implements results.Queue.
func (q *Queue) Put(ctx context.Context, tx *sql.Tx, tasks []sweeps.Task) error {
	for _, t := range tasks {
		args, err := json.Marshal(t)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO test_tasks (args, urgent) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM test_tasks WHERE args = ?1)`, string(args), t.Urgent)
		if err != nil {
			return err
		}
	}
	return nil
}

// Taken implements results.Queue.
func (q *Queue) Taken(ctx context.Context, tx *sql.Tx, worker int64) (tasks []sweeps.Task, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT args FROM test_tasks WHERE worker = ? ORDER BY id`, worker)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var args []byte
		var t sweeps.Task
		if err := errors.Join(rows.Scan(&args)); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(args, &t); err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, rows.Err()
}

// Take hands out the task that was ready first; ok is false if none is.
func (q *Queue) Take(ctx context.Context) (id int64, t sweeps.Task, ok bool, err error) {
	var args []byte
	err = q.db.QueryRowContext(ctx, `UPDATE test_tasks SET worker = ? WHERE id = (SELECT id FROM test_tasks WHERE worker IS NULL AND due <= ? ORDER BY urgent DESC, id LIMIT 1)
		RETURNING id, args`, q.store.WorkerID(), time.Now().UnixMilli()).Scan(&id, &args)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, t, false, nil
	}
	if err != nil {
		return 0, t, false, err
	}
	return id, t, true, json.Unmarshal(args, &t)
}

// Give takes a task back: it is done, or to be handed out again after a time.
func (q *Queue) Give(ctx context.Context, id int64, again time.Duration) error {
	statement, args := `DELETE FROM test_tasks WHERE id = ?`, []any{id}
	if again > 0 {
		statement, args = `UPDATE test_tasks SET worker = NULL, due = ? WHERE id = ?`, []any{time.Now().Add(again).UnixMilli(), id}
	}
	_, err := q.db.ExecContext(ctx, statement, args...)
	return err
}

// behind is how urgent a task is that was left to others.
const behind = -1

// leave hands a task out to others, as River's does.
func (q *Queue) leave(ctx context.Context, id int64, rest time.Duration) {
	var urgent int
	err := q.db.QueryRow(`SELECT urgent FROM test_tasks WHERE id = ?`, id).Scan(&urgent)
	if err == nil {
		_, err = q.db.Exec(`INSERT INTO test_tasks (args, urgent) SELECT args, ? FROM test_tasks WHERE id = ?`, behind, id)
	}
	if _, deleteErr := q.db.Exec(`DELETE FROM test_tasks WHERE id = ?`, id); err != nil || deleteErr != nil || urgent > behind {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(rest):
	}
}

// Drop implements runner.Queue.
func (q *Queue) Drop(ctx context.Context, t sweeps.Task) error {
	_, err := q.db.ExecContext(ctx, `DELETE FROM test_tasks WHERE worker IS NULL AND args ->> 'sweep' = ? AND args ->> 'round' <= ?`, t.Sweep, t.Round)
	return err
}

// Delay implements runner.Queue.
func (q *Queue) Delay(ctx context.Context, sweep string, d time.Duration) error {
	now := time.Now().UnixMilli()
	statement, args := `UPDATE test_tasks SET due = ?1 WHERE worker IS NULL AND args ->> 'sweep' = ?2 AND due <= ?3`, []any{now + d.Milliseconds(), sweep, now}
	if d == 0 {
		statement, args = `UPDATE test_tasks SET due = 0 WHERE worker IS NULL AND args ->> 'sweep' = ?`, args[1:2]
	}
	_, err := q.db.ExecContext(ctx, statement, args...)
	return err
}

// Count counts the tasks of a sweep that are handed out within a time, and those that are later.
func (q *Queue) Count(ctx context.Context, sweep string, within time.Duration) (soon, later int, err error) {
	err = q.db.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE due <= ?1), count(*) FILTER (WHERE due > ?1) FROM test_tasks WHERE worker IS NULL AND args ->> 'sweep' = ?2`,
		time.Now().Add(within).UnixMilli(), sweep).Scan(&soon, &later)
	return soon, later, err
}

// Wipe empties the queue.
func (q *Queue) Wipe(ctx context.Context) error {
	_, err := q.db.ExecContext(ctx, `DELETE FROM test_tasks`)
	return err
}

// Work implements runner.Queue.
func (q *Queue) Work(ctx context.Context, slots int, do func(context.Context, sweeps.Task) (time.Duration, error), upkeep func(context.Context) error) error {
	kept := context.WithoutCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	free := make(chan struct{}, slots)
	for last := time.Now(); ; {
		if time.Since(last) > 100*time.Millisecond {
			last = time.Now()
			if err := upkeep(kept); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case free <- struct{}{}:
		}
		id, task, ok, err := q.Take(kept)
		if err != nil {
			return err
		}
		if !ok {
			<-free
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(2 * time.Millisecond):
			}
			continue
		}
		all.Go(func() {
			defer func() { <-free }()
			again, err := do(kept, task)
			switch {
			case errors.Is(err, sweeps.ErrLeft):
				q.leave(ctx, id, again)
				return
			case err != nil:
				again = 100 * time.Millisecond
			}
			_ = q.Give(kept, id, again) // as a worker that dies here
		})
	}
}

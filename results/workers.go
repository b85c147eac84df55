package results

import (
	"context"
	"database/sql"
	"os"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// Leases of workers, by the database's clock.
const (
	// BeatEvery is how often a worker lets itself be heard of.
	BeatEvery = 15 * time.Second
	// LostAfter is after how long a worker that was not heard of has lost what it had in hand.
	LostAfter = 45 * time.Second
)

// Enroll makes this Store's process a worker, by a name for people.
func (s *Store) Enroll(_ context.Context, name string, slots int) error {
	return s.write("enroll as a worker", request{sync: true, act: func(tx *gorm.DB) error {
		var id int64
		now := s.db.clock()
		machine, began := thisProcess()
		err := one(tx, `INSERT INTO workers (name, machine, process, began, slots, since, beat_at) VALUES (?, ?, ?, ?, ?, `+now+`, `+now+`) RETURNING id`,
			name, machine, os.Getpid(), began, slots).Scan(&id)
		s.worker.Store(id)
		s.heard.Store(time.Now().UnixNano())
		return err
	}})
}

// Beat lets this worker be heard of. It wraps sweeps.ErrGone when the others have given it up.
func (s *Store) Beat(ctx context.Context) error {
	statement, args := s.beat()
	n, err := s.aside(ctx, statement, args...)
	if err == nil && n == 0 {
		err = sweeps.ErrGone
	}
	if err == nil {
		s.heard.Store(time.Now().UnixNano())
	}
	return fault("beat", err)
}

func (s *Store) beat() (statement string, args []any) {
	now := s.db.clock()
	return `UPDATE workers SET beat_at = ` + now + `, since = CASE WHEN ` + now + ` - beat_at > ? THEN ` + now + ` ELSE since END WHERE id = ?`,
		[]any{(2 * BeatEvery).Microseconds(), s.WorkerID()}
}

// beatAlong lets a worker whose beat is late be heard of by what it writes. Where hundreds wait for a few connections of a pooler, whoever has
// one is alive, and the beat may be far behind in the line. It comes last in a transaction: until that ends no other beat can be written, and
// it is to be new then. Done is to be called once it is recorded.
func (s *Store) beatAlong(tx *gorm.DB) (done func(), err error) {
	now := time.Now()
	if s.WorkerID() == 0 || now.Sub(time.Unix(0, s.heard.Load())) <= BeatEvery {
		return func() {}, nil
	}
	statement, args := s.beat()
	return func() { s.heard.Store(now.UnixNano()) }, execute(tx, statement, args...)
}

// Doubt notes whether this worker doubts itself, since attempts of it have failed at once, and returns what has become of those trials on
// others.
func (s *Store) Doubt(ctx context.Context, doubtful bool, failed []sweeps.Attempt) (others sweeps.Others, err error) {
	if _, err := s.aside(ctx, `UPDATE workers SET doubtful = ? WHERE id = ?`, Flag(doubtful), s.WorkerID()); err != nil {
		return others, fault("doubt", err)
	}
	err = s.view(ctx, "doubt", func(tx *gorm.DB) error {
		others = sweeps.Others{}
		err := one(tx, `SELECT count(*), coalesce(sum(doubtful), 0) FROM workers WHERE id <> ? AND beat_at > `+s.db.clock()+` - ?`,
			s.WorkerID(), LostAfter.Microseconds()).Scan(&others.Alive, &others.Doubtful)
		if err != nil {
			return err
		}
		for _, a := range failed {
			var lost, won int
			err := one(tx, `SELECT coalesce(max(CASE WHEN n.outcome = 'failed' THEN 1 ELSE 0 END), 0),
				coalesce(max(CASE WHEN n.outcome IN ('complete', 'stopped', 'diverged') OR n.outcome IN ('interrupted', 'running') AND n.end_step > 0 THEN 1 ELSE 0 END), 0)
				FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id JOIN sessions n ON n.trial_id = t.id
				WHERE s.name = ? AND g.key = ? AND n.attempt > ? AND n.worker_id <> ?`, a.Trial.Sweep, a.Trial.Key, a.Number, s.WorkerID()).Scan(&lost, &won)
			if err != nil {
				return err
			}
			others.Failed += lost
			others.Succeeded += won
		}
		return nil
	})
	return others, err
}

// Leave ends this process's being a worker. What it may still have in hand is trained elsewhere.
func (s *Store) Leave(_ context.Context) error {
	return s.write("leave the workers", request{sync: true, act: func(tx *gorm.DB) error {
		_, err := s.takeOut(tx, s.WorkerID())
		return err
	}})
}

// Workers lists those that were heard of lately.
func (s *Store) Workers(ctx context.Context) (out []Worker, err error) {
	err = s.view(ctx, "list workers", func(tx *gorm.DB) error {
		return tx.Raw(`SELECT w.name, w.slots, (SELECT count(*) FROM sessions n WHERE n.worker_id = w.id AND n.outcome = 'running') AS running
			FROM workers w WHERE w.beat_at > `+s.db.clock()+` - ? ORDER BY w.id`, LostAfter.Microseconds()).Scan(&out).Error
	})
	return out, err
}

// Worker is a process that trains what a queue hands out.
type Worker struct {
	Name           string `json:"name"`
	Slots, Running int
}

// mostGap is how long a process may not have heard from the database that takes others for lost.
var mostGap = 10 * time.Second

// Reap takes out workers that were not heard of for LostAfter, and queues again what they had in hand; but whoever has itself not been
// heard of for that long does not: the database may have been away, and the others with it. A process that is no worker says for how long it has
// heard from the database without a gap. Of workers on this machine it is seen at once whether they live. It returns how many trials were lost.
func (s *Store) Reap(_ context.Context, heard time.Duration) (lost int, err error) {
	if s.queue == nil { // whoever has one sees to it
		return 0, nil
	}
	asked := time.Now().Round(0) // of a clock that goes on while the machine sleeps
	err = s.write("look for lost workers", request{sync: true, act: func(tx *gorm.DB) error {
		lost = 0
		now := s.db.clock()
		var ids []int64
		err := tx.Raw(`SELECT id FROM workers WHERE beat_at < `+now+` - ? AND (CAST(? AS bigint) = 1 OR EXISTS
			(SELECT 1 FROM workers me WHERE me.id = ? AND me.since < `+now+` - ? AND me.beat_at > `+now+` - ?)) ORDER BY id`,
			LostAfter.Microseconds(), Flag(heard > LostAfter), s.WorkerID(), LostAfter.Microseconds(), (2 * BeatEvery).Microseconds()).Scan(&ids).Error
		if err != nil {
			return err
		}
		if heard > 0 && time.Now().Round(0).Sub(asked) > mostGap { // the database may have been away since
			ids = nil
		}
		dead, err := s.deadHere(tx)
		if err != nil {
			return err
		}
		for _, id := range append(ids, dead...) {
			n, err := s.takeOut(tx, id)
			if err != nil {
				return err
			}
			lost += n
		}
		return nil
	}})
	return lost, err
}

// deadHere finds workers whose processes were on this machine and are gone.
func (s *Store) deadHere(tx *gorm.DB) (ids []int64, err error) {
	machine, _ := thisProcess()
	if machine == "" {
		return nil, nil
	}
	var rows []struct{ ID, Process, Began int64 }
	if err := tx.Raw(`SELECT id, process, began FROM workers WHERE machine = ? AND id <> ? ORDER BY id`, machine, s.WorkerID()).Scan(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		if gone(r.Process, r.Began) {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

// takeOut takes a worker out: its sessions are lost, and their trials tasks again where their sweeps are in the queue.
func (s *Store) takeOut(tx *gorm.DB, worker int64) (lost int, err error) {
	var rows []struct {
		ID, SweepID int64
		Key, Trial  string
		Name        string
		Spec        sql.NullString
	}
	err = tx.Raw(`SELECT t.id, t.sweep_id, g.key, g.trial, s.name, s.queued AS spec FROM sessions n JOIN trials t ON t.id = n.trial_id
		JOIN trainings g ON g.id = t.training_id JOIN sweeps s ON s.id = t.sweep_id
		WHERE n.worker_id = ? AND n.outcome = 'running' AND t.state = 'running' ORDER BY n.id`, worker).Scan(&rows).Error
	if err != nil {
		return 0, err
	}
	if err := execute(tx, `UPDATE sessions SET outcome = 'lost' WHERE worker_id = ? AND outcome = 'running'`, worker); err != nil {
		return 0, err
	}
	for _, r := range rows {
		if err := execute(tx, `UPDATE trials SET state = 'waiting' WHERE id = ? AND state = 'running'`, r.ID); err != nil {
			return 0, err
		}
		if r.Spec.String == "" {
			continue
		}
		t := sweeps.Trial{ID: r.Trial, Key: r.Key, Sweep: r.Name}
		if err := s.putWork(tx, r.SweepID, r.Name, r.Spec.String, []sweeps.Trial{t}, t.ID); err != nil {
			return 0, err
		}
	}
	if err := s.handAgain(tx, worker); err != nil {
		return 0, err
	}
	return len(rows), execute(tx, `DELETE FROM workers WHERE id = ?`, worker)
}

// handAgain queues again what a lost worker was handed and had not begun.
func (s *Store) handAgain(tx *gorm.DB, worker int64) error {
	if s.queue == nil {
		return nil
	}
	taken, err := s.queue.Taken(context.WithoutCancel(tx.Statement.Context), plain(tx), worker)
	if err != nil {
		return err
	}
	var again []sweeps.Task
	for _, t := range taken {
		var is int
		err := tx.Raw(`SELECT count(*) FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id
			WHERE s.name = ? AND s.queued = ? AND s.round = ? AND g.trial = ? AND t.state IN ('waiting', 'failed') AND t.attempts + 1 = ?`, t.Sweep, t.Spec, t.Round, t.Trial, t.Attempt).Row().Scan(&is)
		if err != nil {
			return err
		}
		if is > 0 {
			t.Again++
			again = append(again, t)
		}
	}
	return s.put(tx, again)
}

// WorkerID is this process's number among the workers, 0 if it is none.
func (s *Store) WorkerID() int64 { return s.worker.Load() }

// aside writes one row past the writer, which may be waiting for its turn, and returns how many rows that were.
func (s *Store) aside(ctx context.Context, query string, args ...any) (n int64, err error) {
	if side := s.db.side(); side != nil {
		res, err := side.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	}
	err = s.write("write", request{act: func(tx *gorm.DB) (err error) {
		n, err = affect(tx, query, args...)
		return err
	}})
	return n, err
}

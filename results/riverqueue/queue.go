// Package riverqueue has River (https://riverqueue.com) hand out the tasks of sweeps, from the PostgreSQL in which their record is:
// a task is there if and only if what it follows from is. It implements runner.Queue and results.Queue.
//
// River hands a task out at least once. That a trial is not trained twice is up to the record, in which a task is claimed: one that
// was handed out again ends there. So tasks may be lost and doubled without harm, and River's own timeouts are short.
package riverqueue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"sweep/results"
	"sweep/sweeps"
)

const (
	tasksQueue  = "tasks"
	upkeepQueue = "upkeep"

	// upkeepEvery is how often lost workers are looked for.
	upkeepEvery = 5 * time.Second
	// lostAfter is after how long a task that was taken is handed out again. If it was claimed since, that comes to nothing.
	lostAfter = 90 * time.Second
	// urgently is the priority of what was lost or put away by a worker: River's first. What a worker leaves to others comes after all
	// else, lest those who cannot train it are handed nothing but that.
	urgently, usually, behind = 1, 2, 3
	// mostTries bounds how often a task that meets an error is handed out.
	mostTries = 1000
	// mostTaken bounds how many tasks of a lost worker are handed out again at once; the rest after lostAfter.
	mostTaken = 10_000
)

// Queue is River on the PostgreSQL of a record.
type Queue struct {
	store  *results.Store
	pool   *sql.DB
	driver *riverdatabasesql.Driver
	listen *pgxpool.Pool // nil: it polls
	insert *river.Client[*sql.Tx]
}

// Open makes River's tables, or brings them up to date, in the schema of a record, which has to be in PostgreSQL.
func Open(ctx context.Context, s *results.Store) (*Queue, error) {
	server, err := s.Server()
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &Queue{store: s, pool: server.Pool}
	if err := q.connect(ctx, server); err != nil {
		q.Close()
		return nil, fmt.Errorf("open queue: %w", err)
	}
	if q.insert, err = river.NewClient(q.driver, &river.Config{Logger: silent()}); err != nil {
		q.Close()
		return nil, fmt.Errorf("open queue: %w", err)
	}
	return q, nil
}

// connect makes River's driver, and sees to its tables.
func (q *Queue) connect(ctx context.Context, server results.Server) (err error) {
	if server.Listen == nil { // through a pooler nobody listens, and no lock is held while tables are made
		q.driver = riverdatabasesql.New(q.pool)
		return q.migrated(ctx)
	}
	if q.listen, err = pgxpool.NewWithConfig(ctx, server.Listen); err != nil {
		return err
	}
	q.driver = riverdatabasesql.NewWithPgxListener(q.pool, q.listen)
	if err := server.Alone(ctx, q.migrate); err != nil {
		return fmt.Errorf("bring its tables up to date: %w", err)
	}
	return nil
}

func (q *Queue) migrate(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: silent()})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// migrated is an error if River's tables are not up to date.
func (q *Queue) migrated(ctx context.Context) error {
	m, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: silent()})
	if err != nil {
		return err
	}
	is, err := m.Validate(ctx, nil)
	if err == nil && !is.OK {
		err = errors.New("its tables are not up to date, and cannot be brought there through a pooler: a run or a worker with the server's own address does it")
	}
	return err
}

// silent drops what River logs: what matters of it comes as errors.
func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Close closes what the queue listens on. The record's connections stay open.
func (q *Queue) Close() {
	if q.listen != nil {
		q.listen.Close()
	}
}

// task is what River keeps.
type task struct{ sweeps.Task }

// Kind implements river.JobArgs.
func (task) Kind() string { return "sweep_task" }

// upkeep is handed out now and then, by River's leader.
type upkeep struct{}

// Kind implements river.JobArgs.
func (upkeep) Kind() string { return "sweep_upkeep" }

// options make tasks unique that are not done: a task that is done may have come to nothing.
var options = river.InsertOpts{
	Queue: tasksQueue, MaxAttempts: mostTries, Priority: usually,
	UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}},
}

// Put implements results.Queue.
func (q *Queue) Put(ctx context.Context, tx *sql.Tx, tasks []sweeps.Task) error {
	params := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		o := options
		if t.Urgent {
			o.Priority = urgently
		}
		params[i] = river.InsertManyParams{Args: task{t}, InsertOpts: &o}
	}
	_, err := q.insert.InsertManyTx(ctx, tx, params)
	return err
}

// Taken implements results.Queue.
func (q *Queue) Taken(ctx context.Context, tx *sql.Tx, worker int64) ([]sweeps.Task, error) {
	which := river.NewJobListParams().Kinds(task{}.Kind()).States(rivertype.JobStateRunning).First(mostTaken).
		Where("attempted_by[array_upper(attempted_by, 1)] = @worker", river.NamedArgs{"worker": clientID(worker)})
	found, err := q.insert.JobListTx(ctx, tx, which)
	if err != nil {
		return nil, err
	}
	tasks := make([]sweeps.Task, len(found.Jobs))
	for i, job := range found.Jobs {
		if err := json.Unmarshal(job.EncodedArgs, &tasks[i]); err != nil {
			return nil, fmt.Errorf("read task: %w", err)
		}
	}
	return tasks, nil
}

// ready are the states of jobs that nobody works on and that are not done.
var ready = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// Drop implements runner.Queue.
func (q *Queue) Drop(ctx context.Context, t sweeps.Task) error {
	which := river.NewJobDeleteManyParams().Kinds(task{}.Kind()).States(ready...).First(mostTaken).
		Where("args->>'sweep' = @sweep AND (args->>'round')::bigint <= @round", river.NamedArgs{"sweep": t.Sweep, "round": t.Round})
	if _, err := q.insert.JobDeleteMany(ctx, which); err != nil {
		return fmt.Errorf("drop tasks of sweep %s: %w", t.Sweep, err)
	}
	return nil
}

// Delay implements runner.Queue. River has no call for many jobs at once.
func (q *Queue) Delay(ctx context.Context, sweep string, d time.Duration) error {
	statement := `UPDATE river_job SET state = 'scheduled', scheduled_at = now() + $3 * interval '1 second' WHERE kind = $1 AND args->>'sweep' = $2 AND state = 'available'`
	args := []any{task{}.Kind(), sweep, d.Seconds()}
	if d == 0 {
		statement, args = `UPDATE river_job SET state = 'available', scheduled_at = now() WHERE kind = $1 AND args->>'sweep' = $2 AND state = 'scheduled'`, args[:2]
	}
	if _, err := q.pool.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("delay tasks of sweep %s: %w", sweep, err)
	}
	return nil
}

// clientID is by what River knows a worker.
func clientID(worker int64) string { return fmt.Sprintf("sweep-worker-%d", worker) }

// Work implements runner.Queue.
func (q *Queue) Work(ctx context.Context, slots int, do func(context.Context, sweeps.Task) (time.Duration, error), keep func(context.Context) error) error {
	workers := river.NewWorkers()
	river.AddWorker(workers, &tasksWorker{do: do, queue: q, ending: ctx.Done()})
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, _ *river.Job[upkeep]) error { return keep(ctx) }))
	c, err := river.NewClient(q.driver, &river.Config{
		ID: clientID(q.store.WorkerID()), Logger: silent(), Workers: workers, FetchCooldown: 50 * time.Millisecond, FetchPollInterval: pollEvery(slots),
		Queues: map[string]river.QueueConfig{
			tasksQueue:  {MaxWorkers: slots},
			upkeepQueue: {MaxWorkers: 1, FetchPollInterval: upkeepEvery / 2},
		},
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(upkeepEvery), func() (river.JobArgs, *river.InsertOpts) {
			return upkeep{}, &river.InsertOpts{Queue: upkeepQueue, MaxAttempts: 1}
		}, nil)},
		PollOnly: q.listen == nil, CompletedJobRetentionPeriod: time.Hour, // they say nothing that the record does not
		JobTimeout: lostAfter / 2, RescueStuckJobsAfter: lostAfter,
	})
	if err != nil {
		return fmt.Errorf("work: %w", err)
	}
	kept := context.WithoutCancel(ctx)
	for { // the database may be away as we begin
		err := c.Start(kept)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("work: %w", err)
		}
	}
	<-ctx.Done()
	if err := c.Stop(kept); err != nil {
		return fmt.Errorf("stop working: %w", err)
	}
	return nil
}

// pollEvery is how often River looks for tasks by itself. A slot that falls free while it fetches for another one waits until then, which
// are most of many that fall free at once; and a worker of one slot, of which there may be many, never has such.
func pollEvery(slots int) time.Duration {
	return max(time.Duration(float64(time.Second)/math.Sqrt(float64(slots))), 100*time.Millisecond)
}

// tasksWorker trains tasks.
type tasksWorker struct {
	river.WorkerDefaults[task]
	do     func(context.Context, sweeps.Task) (time.Duration, error)
	queue  *Queue
	ending <-chan struct{}
}

// Work implements river.Worker. River's timeout is not the training's.
func (w *tasksWorker) Work(ctx context.Context, job *river.Job[task]) error {
	again, err := w.do(context.WithoutCancel(ctx), job.Args.Task)
	switch {
	case errors.Is(err, sweeps.ErrLeft):
		return w.leave(context.WithoutCancel(ctx), job, again)
	case err == nil && again > 0:
		return river.JobSnooze(again)
	}
	return err
}

// leave hands a task out to others: in its place comes one like it, behind all else. Snoozed, it would be handed to nobody for a while, and
// then to whoever asks first, which is this process as likely as any. So its slot rests.
func (w *tasksWorker) leave(ctx context.Context, job *river.Job[task], rest time.Duration) error {
	if err := w.replace(ctx, job); err != nil {
		return fmt.Errorf("leave a task to others: %w", err)
	}
	if job.Priority < behind {
		return nil // there may be others that can be trained here, behind many of these
	}
	select {
	case <-w.ending:
	case <-time.After(rest):
	}
	return nil
}

// replace ends a task and puts one like it behind the others.
func (w *tasksWorker) replace(ctx context.Context, job *river.Job[task]) error {
	tx, err := w.queue.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // unless it is committed
	if _, err := river.JobCompleteTx[*riverdatabasesql.Driver](ctx, tx, job); err != nil {
		return err
	}
	o := options
	o.Priority = behind
	if _, err := w.queue.insert.InsertTx(ctx, tx, job.Args, &o); err != nil {
		return err
	}
	return tx.Commit()
}

// NextRetry implements river.Worker.
func (w *tasksWorker) NextRetry(job *river.Job[task]) time.Time {
	return time.Now().Add(min(time.Duration(job.Attempt)*time.Second, time.Minute))
}

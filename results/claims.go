package results

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// claiming is a task that is to be begun, and what came of it.
type claiming struct {
	ctx   context.Context
	trial sweeps.Trial
	task  sweeps.Task

	joined
	claim sweeps.Claim
	live  *session // nil: nothing was begun
}

// ClaimTask is Claim for a task of a queue: the session is this Store's worker's. It wraps sweeps.ErrSuperseded for a task that is none any
// more.
func (s *Store) ClaimTask(ctx context.Context, t sweeps.Trial, task sweeps.Task) (sweeps.Claim, error) {
	at := place{t.Sweep, t.ID}
	s.mu.Lock()
	twice := s.claims[at]
	s.claims[at] = true
	s.mu.Unlock()
	if twice { // it is handed out twice, and this one is late
		return sweeps.Claim{}, fmt.Errorf("claim trial %s: %w", t.ID, sweeps.ErrSuperseded)
	}
	defer func() { // once the session is known here, or there is none
		s.mu.Lock()
		delete(s.claims, at)
		s.mu.Unlock()
	}()
	c := &claiming{ctx: ctx, trial: t, task: task}
	if err := s.write("claim trial "+t.ID, request{claim: c}); err != nil {
		return sweeps.Claim{}, err
	}
	if c.live != nil {
		s.hold(t, c.live)
	}
	return c.claim, nil
}

// claimTasks begins tasks, many by one statement: a worker with many slots is handed many at once.
func (s *Store) claimTasks(tx *gorm.DB, cs []*claiming) error {
	for _, c := range cs { // it may be for another time
		c.claim, c.live = sweeps.Claim{}, nil
	}
	for part := range slices.Chunk(cs, mostTogether) {
		if err := s.claimSome(tx, part); err != nil {
			return err
		}
	}
	return nil
}

// opening is a task that is begun with others.
type opening struct {
	*claiming
	row trialRow
}

func (s *Store) claimSome(tx *gorm.DB, cs []*claiming) error {
	rows, err := trialsAt(tx, cs)
	if err != nil {
		return err
	}
	var begin []opening
	var rest []*claiming // of trainings that others of these begin
	trainings := map[int64]bool{}
	for i, c := range cs {
		row, ok := rows[i]
		switch {
		case context.Cause(c.ctx) != nil:
			c.refused = context.Cause(c.ctx)
		case !ok:
			c.refused = sweeps.ErrSuperseded
		case trainings[row.TrainingID]:
			rest = append(rest, c)
		default:
			begins, err := s.claimOne(tx, c, row)
			if err != nil {
				return err
			}
			if begins {
				trainings[row.TrainingID] = true
				begin = append(begin, opening{c, row})
			}
		}
	}
	if err := s.beginAll(tx, begin); err != nil || len(rest) == 0 {
		return err
	}
	return s.claimTasks(tx, rest)
}

// claimOne sees to a task that is not simply to be begun, as most are; begins says that it is.
func (s *Store) claimOne(tx *gorm.DB, c *claiming, row trialRow) (begins bool, err error) {
	if row.State == sweeps.Running && row.Attempts == c.task.Attempt {
		if c.live, err = s.begunHere(tx, c.trial, row); c.live != nil || err != nil {
			c.claim = sweeps.Claim{Run: true, Attempt: row.Attempts, Seconds: row.Before, Told: row.Told}
			return false, err
		}
	}
	if row.Queued.String != c.task.Spec || row.Round != c.task.Round || row.Attempts+1 != c.task.Attempt || row.State == sweeps.Running {
		c.refused = sweeps.ErrSuperseded
		return false, nil
	}
	if !row.Busy.Valid && !row.Elsewhere && (!row.State.Finished() || row.State == sweeps.Failed) {
		return true, nil
	}
	c.claim, c.live, err = s.claimRow(tx, c.trial, row, s.WorkerID())
	if errors.Is(err, sweeps.ErrGone) {
		c.refused, err = err, nil
	}
	c.claim.Told = row.Told
	return false, err
}

// beginAll begins sessions of this worker.
func (s *Store) beginAll(tx *gorm.DB, begin []opening) error {
	if len(begin) == 0 {
		return nil
	}
	var enrolled bool
	if err := one(tx, `SELECT EXISTS (SELECT 1 FROM workers WHERE id = ?)`, s.WorkerID()).Scan(&enrolled); err != nil {
		return err
	}
	if !enrolled {
		for _, b := range begin {
			b.refused = sweeps.ErrGone
		}
		return nil
	}
	var inserted, again, updated []any
	by := map[int64]*session{}
	for _, b := range begin {
		row := b.row
		b.live = &session{
			trial: row.ID, training: row.TrainingID, sweep: row.SweepID, name: b.trial.Sweep,
			attempt: row.Attempts + 1, before: row.Before, finals: map[string]float64{},
		}
		b.claim = sweeps.Claim{Run: true, Attempt: b.live.attempt, Seconds: row.Before, Told: row.Told}
		by[row.ID] = b.live
		inserted = append(inserted, row.ID, b.live.attempt, s.now(), s.WorkerID())
		updated = append(updated, row.ID)
		if row.Attempts > 0 {
			again = append(again, row.ID)
		}
	}
	if len(again) > 0 {
		in, again := oneOf(again)
		if err := execute(tx, `UPDATE sessions SET outcome = 'lost' WHERE outcome = 'running' AND trial_id IN `+in, again...); err != nil {
			return err
		}
	}
	v, inserted := table("bigint, bigint, bigint, bigint", inserted)
	made, err := returned(tx, `INSERT INTO sessions (trial_id, attempt, started_at, worker_id) SELECT column1, column2, column3, column4 FROM `+v+`
		WHERE column1 IS NOT NULL RETURNING id, trial_id`, inserted...)
	if err != nil {
		return err
	}
	for m := range made {
		by[m[1]].id = m[0]
	}
	in, updated := oneOf(updated)
	err = execute(tx, `UPDATE trials SET state = 'running', attempts = attempts + 1, linked = 0, undecided = NULL, stopped_by = NULL, error = NULL, finished_at = NULL,
		started_at = coalesce(started_at, ?) WHERE id IN `+in, append([]any{s.now()}, updated...)...)
	if err != nil {
		return err
	}
	for _, b := range begin {
		if b.row.Erred {
			err := one(tx, `SELECT EXISTS (SELECT 1 FROM sessions n WHERE n.trial_id = ? AND n.outcome = 'failed' AND n.worker_id <> ?)`, b.row.ID, s.WorkerID()).Scan(&b.claim.FailedElsewhere)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// trialsAt finds the rows of the trials of tasks, by their places among these; those that are not there have none.
func trialsAt(tx *gorm.DB, cs []*claiming) (map[int]trialRow, error) {
	var args []any
	for i, c := range cs {
		args = append(args, i, c.trial.Sweep, c.trial.Key)
	}
	v, args := table("bigint, text, text", args)
	rows := map[int]trialRow{}
	var i int
	var row trialRow
	err := each(tx, append([]any{&i}, row.fields()...), func() error {
		rows[i] = row
		return nil
	}, `SELECT v.column1, `+rowColumns+` FROM `+v+`
		JOIN sweeps p ON p.name = v.column2 JOIN trainings g ON g.key = v.column3 JOIN trials t ON t.sweep_id = p.id AND t.training_id = g.id`, args...)
	return rows, err
}

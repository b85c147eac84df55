package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// longestError bounds the text that is kept of why a trial failed, in bytes.
const longestError = 16 << 10

// place is a trial's place in a sweep.
type place struct{ sweep, trial string }

// session is one attempt of this process at a trial, from Claim to Finish.
type session struct {
	id, trial, training, sweep int64  // row numbers
	name                       string // of the sweep
	attempt                    int
	before                     float64 // seconds that the training took in earlier sessions

	finals map[string]float64 // guarded by Store.mu; written when the trial ends
	key    string             // the trial's ID
	spool  string             // file of what the session before has left, "": nothing
	lost   error              // guarded by writer.mu; why points of it were dropped
}

// write runs an action on the writer and names what was being done in its error.
func (s *Store) write(doing string, r request) error {
	if s.writer == nil {
		return fmt.Errorf("%s: %w", doing, ErrClosed)
	}
	return fault(doing, s.writer.do(r))
}

// now returns the clock's time in whole microseconds.
func (s *Store) now() int64 { return s.options.Now().UnixMicro() }

// Claim asks for a trial that PutPlan recorded, atomically among all processes. A training that is finished, here or
// in another sweep, is not run again: its figures now stand in this sweep, too. One that another sweep's process is
// running is busy. Otherwise the trial is running from now on, by this Store.
func (s *Store) Claim(ctx context.Context, t sweeps.Trial) (sweeps.Claim, error) {
	var claim sweeps.Claim
	var live *session
	act := func(tx *gorm.DB) (err error) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		claim, live, err = s.claim(tx, t)
		return err
	}
	if err := s.write("claim trial "+t.ID, request{act: act}); err != nil {
		return sweeps.Claim{}, err
	}
	if live != nil {
		s.hold(t, live)
	}
	return claim, nil
}

// hold notes a session that has begun here.
func (s *Store) hold(t sweeps.Trial, live *session) {
	live.key = t.ID
	s.mu.Lock()
	s.live[place{t.Sweep, t.ID}] = live
	s.mu.Unlock()
	s.recover(live)
}

// trialRow is what a claim needs to know of a trial.
type trialRow struct {
	ID, SweepID, TrainingID int64
	State                   sweeps.State
	Attempts                int
	Busy                    sql.NullString // the other sweep that is training it
	Elsewhere               bool           // another sweep holds it finished
	Before                  float64        // seconds of the training's earlier sessions, of any sweep
	Queued                  sql.NullString // the plan by which the sweep is in the queue
	Round                   int64          // how often it was put there
	Erred                   bool           // it waits, and has failed before
	Told                    int64          // the number of what was told of it last
}

func (s *Store) claim(tx *gorm.DB, t sweeps.Trial) (sweeps.Claim, *session, error) {
	row, err := trialAt(tx, t)
	if err != nil {
		return sweeps.Claim{}, nil, err
	}
	s.writer.next.begin(t.Sweep, s.options.Now())
	return s.claimRow(tx, t, row, 0)
}

// claimRow claims a trial for a worker, or for the process that has the sweep's lock (0).
func (s *Store) claimRow(tx *gorm.DB, t sweeps.Trial, row trialRow, worker int64) (sweeps.Claim, *session, error) {
	if row.State.Finished() && row.State != sweeps.Failed {
		return sweeps.Claim{Linked: row.State}, nil, nil
	}
	if row.Busy.Valid {
		return sweeps.Claim{Busy: row.Busy.String}, nil, nil
	}
	if row.Elsewhere {
		if n, err := link(tx, "trials.id = ?", row.ID); err != nil {
			return sweeps.Claim{}, nil, err
		} else if n > 0 {
			var state sweeps.State
			err := one(tx, `SELECT state FROM trials WHERE id = ?`, row.ID).Scan(&state)
			return sweeps.Claim{Linked: state}, nil, err
		}
	}
	return s.begin(tx, t.Sweep, row, worker)
}

// begin starts a session of a trial.
func (s *Store) begin(tx *gorm.DB, sweep string, row trialRow, worker int64) (sweeps.Claim, *session, error) {
	live := &session{
		trial: row.ID, training: row.TrainingID, sweep: row.SweepID, name: sweep,
		attempt: row.Attempts + 1, before: row.Before, finals: map[string]float64{},
	}
	fail := func(err error) (sweeps.Claim, *session, error) { return sweeps.Claim{}, nil, err }
	if row.Attempts > 0 {
		err := execute(tx, `UPDATE sessions SET outcome = 'lost' WHERE trial_id = ? AND outcome = 'running'`, row.ID)
		if err != nil {
			return fail(err)
		}
	}
	insert, args := `INSERT INTO sessions (trial_id, attempt, started_at) VALUES (?, ?, ?) RETURNING id`, []any{row.ID, live.attempt, s.now()}
	if worker != 0 {
		insert = `INSERT INTO sessions (trial_id, attempt, started_at, worker_id) SELECT CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint), w.id
			FROM workers w WHERE w.id = ? RETURNING id`
		args = append(args, worker)
	}
	err := one(tx, insert, args...).Scan(&live.id)
	if worker != 0 && errors.Is(err, sql.ErrNoRows) {
		err = sweeps.ErrGone
	}
	if err != nil {
		return fail(err)
	}
	err = execute(tx, `UPDATE trials SET state = 'running', attempts = ?, linked = 0, undecided = NULL, stopped_by = NULL, error = NULL, finished_at = NULL,
		started_at = coalesce(started_at, ?) WHERE id = ?`, live.attempt, s.now(), row.ID)
	if err != nil {
		return fail(err)
	}
	if worker == 0 { // a sweep in the queue is said to be running already
		if err := execute(tx, `UPDATE sweeps SET state = 'running' WHERE id = ? AND state <> 'running'`, row.SweepID); err != nil {
			return fail(err)
		}
	}
	return sweeps.Claim{Run: true, Attempt: live.attempt, Seconds: live.before}, live, nil
}

// rowColumns are those of a trialRow, of a trial t in a sweep p.
const rowColumns = `t.id, t.sweep_id, t.training_id, t.state, t.attempts, p.queued, p.round, t.error IS NOT NULL, t.told,
	(SELECT s.name FROM trials x JOIN sweeps s ON s.id = x.sweep_id
		WHERE x.training_id = t.training_id AND x.state = 'running' AND x.id <> t.id),
	EXISTS (SELECT 1 FROM trials x WHERE x.training_id = t.training_id AND x.id <> t.id AND ` + linkable + `),
	(SELECT coalesce(sum(n.seconds), 0) FROM trials x JOIN sessions n ON n.trial_id = x.id WHERE x.training_id = t.training_id)`

// fields are where rowColumns go.
func (r *trialRow) fields() []any {
	return []any{&r.ID, &r.SweepID, &r.TrainingID, &r.State, &r.Attempts, &r.Queued, &r.Round, &r.Erred, &r.Told, &r.Busy, &r.Elsewhere, &r.Before}
}

// trialAt finds a trial's row in its sweep.
func trialAt(tx *gorm.DB, t sweeps.Trial) (trialRow, error) {
	var row trialRow
	err := one(tx, `SELECT `+rowColumns+` FROM trials t JOIN sweeps p ON p.id = t.sweep_id
		WHERE p.name = ? AND t.training_id = (SELECT id FROM trainings WHERE key = ?)`, t.Sweep, t.Key).Scan(row.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return row, fmt.Errorf("trial %s of sweep %s: %w", t.ID, t.Sweep, ErrNotFound)
	}
	return row, err
}

// linkable is the condition on a trial x whose figures another sweep may take.
const linkable = `coalesce(x.undecided, x.state) IN ('complete', 'diverged') AND x.linkable = 1`

// link gives waiting trials whose training is finished elsewhere its figures, and returns how many there were. which
// is a condition on the table trials.
func link(tx *gorm.DB, which string, args ...any) (int64, error) {
	// Of several sweeps that hold the finished training the first is taken: they hold the same.
	const source = `(SELECT min(x.id) FROM trials x WHERE x.training_id = trials.training_id AND x.id <> trials.id
		AND ` + linkable + `)`
	open := `trials.state IN ('waiting', 'failed') AND trials.undecided IS NULL AND ` + which
	// Figures of an attempt that failed here do not stay beside those of the one that did not.
	err := execute(tx, `DELETE FROM finals WHERE trial_id IN (SELECT id FROM trials WHERE `+open+` AND `+source+` IS NOT NULL)`, args...)
	if err != nil {
		return 0, err
	}
	err = execute(tx, `INSERT INTO finals (trial_id, metric, value)
		SELECT l.id, f.metric, f.value FROM (SELECT trials.id, `+source+` AS source FROM trials WHERE `+open+`) l
		JOIN finals f ON f.trial_id = l.source`, args...)
	if err != nil {
		return 0, err
	}
	return affect(tx, `UPDATE trials SET state = coalesce(o.undecided, o.state), linked = 1, steps = o.steps, examples = o.examples,
		seconds = o.seconds, started_at = o.started_at, finished_at = o.finished_at, error = o.error
		FROM trials AS o WHERE o.id = `+source+` AND `+open, args...)
}

// Record takes points of a trial that this Store has claimed. It returns at once; the points are durable when Finish
// returns. A point without a metric tells progress. A point that was recorded before is replaced. The error may be
// that of points taken earlier: those that could not be written yet, or those of this trial that were lost for good.
func (s *Store) Record(ctx context.Context, t sweeps.Trial, pts []sweeps.Point) error {
	doing := "record trial " + t.ID
	if s.writer == nil {
		return fmt.Errorf("%s: %w", doing, ErrClosed)
	}
	s.mu.Lock()
	live := s.live[place{t.Sweep, t.ID}]
	var curve []point
	if live != nil {
		for _, p := range pts {
			if p.Final && p.Metric != "" {
				live.finals[p.Metric] = p.Value
				p.Metric = "" // on the curve it tells only how far the trial is
			}
			curve = append(curve, point{live, p})
		}
	}
	s.mu.Unlock()
	if live == nil {
		return fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	}
	if len(curve) == 0 {
		return nil
	}
	return fault(doing, s.writer.add(ctx, live, curve))
}

// Finish writes down how the session of a claimed trial ended, together with all that was recorded of it, and waits
// until that is on disk. State Waiting is an interruption: the trial goes on at the next run. One that is Undecided waits, with its
// figures, until End. A trial of which points
// were lost does not end: the error says why, and it is free again after Release.
func (s *Store) Finish(_ context.Context, t sweeps.Trial, o sweeps.Outcome) error {
	doing := "finish trial " + t.ID
	if s.writer == nil {
		return fmt.Errorf("%s: %w", doing, ErrClosed)
	}
	if o.State != sweeps.Waiting && !o.State.Finished() {
		return fmt.Errorf("%s: %q is no end", doing, o.State)
	}
	at := place{t.Sweep, t.ID}
	s.mu.Lock()
	live := s.live[at]
	var finals map[string]float64
	if live != nil {
		finals = maps.Clone(live.finals)
	}
	s.mu.Unlock()
	if live == nil {
		if s.finished(t) {
			return fmt.Errorf("%s: %w", doing, ErrFinished)
		}
		return fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	}
	var lost error
	err := s.write(doing, request{sync: true, stale: live.sweep, act: func(tx *gorm.DB) error {
		// Asked for here, when the fate of all points before is known; not returned, lest it end the transaction.
		if lost = s.writer.lostOf(live); lost != nil {
			return nil
		}
		return s.finish(tx, live, o, finals, false)
	}})
	if err == nil {
		err = fault(doing, lost)
	}
	if err != nil && !errors.Is(err, ErrFinished) {
		return err
	}
	s.mu.Lock()
	delete(s.live, at)
	s.mu.Unlock()
	live.forget()
	return err
}

// finished reports whether the record holds the trial as finished.
func (s *Store) finished(t sweeps.Trial) bool {
	row, err := trialAt(s.readers, t)
	return err == nil && row.State.Finished()
}

// finish ends a session, fenced by its attempt. With tell its trial gets the next number of what was told.
func (s *Store) finish(tx *gorm.DB, live *session, o sweeps.Outcome, finals map[string]float64, tell bool) error {
	n, err := affect(tx, `UPDATE sessions SET outcome = ?, seconds = ?, ended_at = ?,
		end_step = CASE WHEN CAST(? AS bigint) > 0 THEN ? ELSE end_step END WHERE id = ? AND outcome = 'running'
		AND EXISTS (SELECT 1 FROM trials t WHERE t.id = trial_id AND t.state = 'running' AND t.attempts = ?)`,
		ended(o), max(o.Seconds, 0), s.now(), o.Step, o.Step, live.id, live.attempt)
	switch {
	case err != nil:
		return err
	case n == 0:
		return whyNot(tx, live, o)
	}
	if o.State.Finished() {
		if err := writeFinals(tx, live, o, finals); err != nil {
			return err
		}
	}
	s.writer.next.touch(live.name)
	finished, undecided := any(s.now()), any(nil)
	switch {
	case o.State == sweeps.Waiting:
		finished = nil
	case o.Undecided:
		undecided = o.State
	}
	if o.State == sweeps.Stopped && o.Step > 0 { // it may have gone beyond: that does not count
		err := one(tx, `SELECT coalesce(max(examples), ?) FROM points WHERE training_id = ? AND step <= ?`,
			o.Examples, live.training, o.Step).Scan(&o.Examples)
		if err != nil {
			return err
		}
	}
	if o.Undecided {
		o.State = sweeps.Waiting
	}
	told := ""
	if tell {
		told = ", " + toldNow
	}
	return execute(tx, `UPDATE trials SET state = ?, undecided = ?, stopped_by = ?, error = ?, linkable = ?, finished_at = ?, seconds = ?,
		steps = CASE WHEN CAST(? AS bigint) > 0 THEN ? ELSE steps END, examples = CASE WHEN CAST(? AS bigint) > 0 THEN ? ELSE examples END`+told+` WHERE id = ?`,
		o.State, undecided, stoppedBy(o), errorText(o.Err), Flag(o.Linkable), finished, live.before+max(o.Seconds, 0),
		o.Step, o.Step, o.Examples, o.Examples, live.trial)
}

// whyNot says why a session cannot end so, nil if it has.
func whyNot(tx *gorm.DB, live *session, o sweeps.Outcome) error {
	var state sweeps.State
	var attempt int
	var outcome string
	err := one(tx, `SELECT t.state, t.attempts, x.outcome FROM trials t JOIN sessions x ON x.trial_id = t.id WHERE x.id = ?`, live.id).Scan(&state, &attempt, &outcome)
	switch {
	case err != nil:
		return err
	case outcome == ended(o):
		return nil // it is written already: the answer was lost on the way
	case state.Finished():
		return refusal{ErrFinished}
	}
	return refusal{fmt.Errorf("%w: attempt %d was given up, the record says %s, attempt %d", ErrFinished, live.attempt, state, attempt)}
}

// ended is what the record says of a session that has ended so.
func ended(o sweeps.Outcome) string {
	switch {
	case o.Suspect:
		return string(sweeps.Failed)
	case o.State == sweeps.Waiting:
		return "interrupted"
	}
	return string(o.State)
}

// stoppedBy is what the record says of who has stopped a trial.
func stoppedBy(o sweeps.Outcome) any {
	switch {
	case o.ByRule:
		return "rule"
	case o.ByClock:
		return "clock"
	}
	return nil
}

// writeFinals writes the figures of a trial's end. For a metric without one the last of its curve stands in, if the
// training came to an end that means something.
func writeFinals(tx *gorm.DB, live *session, o sweeps.Outcome, finals map[string]float64) error {
	if err := execute(tx, `DELETE FROM finals WHERE trial_id = ?`, live.trial); err != nil {
		return err
	}
	for names := range slices.Chunk(slices.Sorted(maps.Keys(finals)), rowsPerStatement) {
		var args []any
		for _, n := range names {
			args = append(args, live.trial, n, finite(finals[n]))
		}
		if err := execute(tx, `INSERT INTO finals (trial_id, metric, value) VALUES `+tuples(len(names), 3), args...); err != nil {
			return err
		}
	}
	if o.State != sweeps.Complete && o.State != sweeps.Stopped {
		return nil
	}
	return execute(tx, `INSERT INTO finals (trial_id, metric, value)
		SELECT ?, m.name, p.value FROM (
			SELECT metric_id, max(step) AS step FROM points WHERE training_id = +? AND (CAST(? AS bigint) = 0 OR step <= +?) GROUP BY metric_id) l
		JOIN points p ON p.training_id = +? AND p.metric_id = l.metric_id AND p.step = l.step JOIN metrics m ON m.id = l.metric_id
		WHERE m.name NOT IN (SELECT metric FROM finals WHERE trial_id = +?)`,
		live.trial, live.training, o.Step, o.Step, live.training, live.trial)
}

// errorText makes the reason fit to be kept; no reason is NULL.
func errorText(s string) any {
	if s == "" {
		return nil
	}
	if len(s) > longestError {
		s = s[:longestError] + " ..."
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Release makes the running trials of a sweep waiting again, but those that a queue's workers have, by leases of their own.
// Whoever holds the sweep's lock calls it: their process is gone. The sweep's next Claim begins a session of this one.
func (s *Store) Release(_ context.Context, sweep string) error {
	var lost []int64
	err := s.write("release sweep "+sweep, request{act: func(tx *gorm.DB) error {
		s.writer.next.end(sweep)
		mine := `sweep_id = (SELECT id FROM sweeps WHERE name = ?) AND state = 'running'
			AND NOT EXISTS (SELECT 1 FROM sessions n JOIN workers w ON w.id = n.worker_id WHERE n.trial_id = trials.id AND n.outcome = 'running'
				AND w.beat_at > ` + s.db.clock() + ` - ` + strconv.FormatInt(LostAfter.Microseconds(), 10) + `)`
		lost = nil
		err := tx.Raw(`UPDATE sessions SET outcome = 'lost' WHERE outcome = 'running'
			AND trial_id IN (SELECT id FROM trials WHERE `+mine+`) RETURNING id`, sweep).Scan(&lost).Error
		if err != nil {
			return err
		}
		return execute(tx, `UPDATE trials SET state = 'waiting' WHERE `+mine, sweep)
	}})
	if err != nil {
		return err
	}
	s.mu.Lock()
	maps.DeleteFunc(s.live, func(_ place, n *session) bool { return slices.Contains(lost, n.id) })
	s.mu.Unlock()
	return nil
}

// EndSweep writes down how a session of a sweep ended (running, interrupted, complete or failed) and brings its
// statistics up to date. seconds is the session's wall time, which is added to that of earlier ones in place of what
// the session's transactions have added meanwhile.
func (s *Store) EndSweep(_ context.Context, sweep, state string, seconds float64) error {
	return s.write("end sweep "+sweep, request{sync: true, act: func(tx *gorm.DB) error {
		var id int64
		rest := max(seconds, 0) - s.writer.next.end(sweep)
		err := one(tx, `UPDATE sweeps SET state = ?, seconds = `+secondsPlus+` WHERE name = ? RETURNING id`,
			state, rest, sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		return s.updateStandings(tx, id)
	}})
}

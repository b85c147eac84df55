package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	for _, p := range pts {
		if !utf8.ValidString(p.Metric) || strings.ContainsRune(p.Metric, 0) { // which would take others' points along
			return fmt.Errorf("%s: %q is no name of a metric: it has a NUL, or is not UTF-8", doing, p.Metric)
		}
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
	live, finals := s.inHand(t)
	if live == nil {
		if s.finished(t) {
			return fmt.Errorf("%s: %w", doing, ErrFinished)
		}
		return fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	}
	r := &turning{turn: sweeps.Turn{Trial: t}, end: &finishing{live: live, outcome: o, finals: finals}, sweep: live.sweep}
	return s.record(doing, live.sweep, r)
}

// inHand returns this process's session of a trial, nil for none, and the figures that it has reported.
func (s *Store) inHand(t sweeps.Trial) (*session, map[string]float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live := s.live[place{t.Sweep, t.ID}]
	if live == nil {
		return nil, nil
	}
	return live, maps.Clone(live.finals)
}

// letGo forgets a session that has ended, unless the next attempt has begun here.
func (s *Store) letGo(t sweeps.Trial, live *session) {
	s.mu.Lock()
	if at := (place{t.Sweep, t.ID}); s.live[at] == live {
		delete(s.live, at)
	}
	s.mu.Unlock()
	live.forget()
}

// finished reports whether the record holds the trial as finished.
func (s *Store) finished(t sweeps.Trial) bool {
	row, err := trialAt(s.readers, t)
	return err == nil && row.State.Finished()
}

// ending is the end of a trial, with its figures.
type ending struct {
	trial, training int64 // row numbers
	outcome         sweeps.Outcome
	finals          map[string]float64
}

// finishing is a session that ends, and what came of it.
type finishing struct {
	live    *session
	outcome sweeps.Outcome
	finals  map[string]float64
	told    int64 // the trial's number of what was told of it last, 0: it stays
	refused error // nothing of it was written
	lost    error // points of the trial were: nothing of it is written
}

// finishAll ends sessions, each fenced by its attempt.
func (s *Store) finishAll(tx *gorm.DB, all []*finishing) error {
	for part := range slices.Chunk(all, mostTogether) {
		if err := s.finishSome(tx, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) finishSome(tx *gorm.DB, all []*finishing) error {
	ended, err := s.endSessions(tx, all)
	if err != nil {
		return err
	}
	var ends []ending
	for _, f := range ended {
		s.writer.next.touch(f.live.name)
		if f.outcome.State.Finished() {
			ends = append(ends, ending{f.live.trial, f.live.training, f.outcome, f.finals})
		}
	}
	if err := writeFinals(tx, ends); err != nil {
		return err
	}
	return s.endTrials(tx, ended)
}

// endSessions returns those that were the trials' own, and had not ended.
func (s *Store) endSessions(tx *gorm.DB, all []*finishing) (ended []*finishing, err error) {
	var args []any
	for _, f := range all {
		f.refused = nil // it may be for another time
		args = append(args, f.live.id, f.live.attempt, endOf(f.outcome), max(f.outcome.Seconds, 0), f.outcome.Step, f.live.trial)
	}
	v, args := table("bigint, bigint, text, double precision, bigint, bigint", args)
	// That the trial runs is no condition of the inner query: PostgreSQL would go through all that do.
	were, err := returned(tx, `UPDATE sessions SET outcome = v.column3, seconds = v.column4, ended_at = ?, end_step = CASE WHEN v.column5 > 0 THEN v.column5 ELSE end_step END
		FROM `+v+` WHERE sessions.id = v.column1 AND sessions.outcome = 'running' AND v.column2 =
			(SELECT CASE t.state WHEN 'running' THEN t.attempts END FROM trials t WHERE t.id = v.column6)
		RETURNING sessions.id, 0`, append([]any{s.now()}, args...)...)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if were[pair{f.live.id, 0}] {
			ended = append(ended, f)
		} else if f.refused, err = whyNot(tx, f.live, f.outcome); err != nil {
			return nil, err
		}
	}
	return ended, nil
}

// endTrials writes what trials have come to whose sessions have just ended.
func (s *Store) endTrials(tx *gorm.DB, all []*finishing) error {
	if len(all) == 0 {
		return nil
	}
	var args []any
	for _, f := range all {
		o := f.outcome
		finished, undecided := any(s.now()), any(nil)
		switch {
		case o.State == sweeps.Waiting:
			finished = nil
		case o.Undecided:
			undecided = o.State
		}
		state := o.State
		if o.Undecided {
			state = sweeps.Waiting
		}
		// A trial that was stopped may have gone beyond: that does not count.
		back := o.State == sweeps.Stopped && o.Step > 0
		args = append(args, f.live.trial, state, undecided, stoppedBy(o), errorText(o.Err), Flag(o.Linkable), finished, f.live.before+max(o.Seconds, 0),
			o.Step, o.Examples, Flag(back), f.told)
	}
	v, args := table("bigint, text, text, text, text, bigint, bigint, double precision, bigint, bigint, bigint, bigint", args)
	return execute(tx, `UPDATE trials SET state = v.column2, undecided = v.column3, stopped_by = v.column4, error = v.column5, linkable = v.column6, finished_at = v.column7, seconds = v.column8,
		steps = CASE WHEN v.column9 > 0 THEN v.column9 ELSE steps END,
		examples = coalesce(nullif(CASE WHEN v.column11 = 1 THEN coalesce(
			(SELECT max(p.examples) FROM points p WHERE p.training_id = trials.training_id AND p.step <= v.column9), v.column10) ELSE v.column10 END, 0), examples),
		told = CASE WHEN v.column12 > 0 THEN v.column12 ELSE told END
		FROM `+v+` WHERE trials.id = v.column1`, args...)
}

// whyNot says why a session cannot end so, nil if it has.
func whyNot(tx *gorm.DB, live *session, o sweeps.Outcome) (refused, err error) {
	var state sweeps.State
	var attempt int
	var outcome string
	err = one(tx, `SELECT t.state, t.attempts, x.outcome FROM trials t JOIN sessions x ON x.trial_id = t.id WHERE x.id = ?`, live.id).Scan(&state, &attempt, &outcome)
	switch {
	case err != nil:
		return nil, err
	case outcome == endOf(o):
		return nil, nil // it is written already: the answer was lost on the way
	case state.Finished():
		return ErrFinished, nil
	}
	return fmt.Errorf("%w: attempt %d was given up, the record says %s, attempt %d", ErrFinished, live.attempt, state, attempt), nil
}

// endOf is what the record says of a session that has ended so.
func endOf(o sweeps.Outcome) string {
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

// writeFinals writes the figures of trials' ends. For a metric without one the last of its curve stands in, if the
// training came to an end that means something.
func writeFinals(tx *gorm.DB, ends []ending) error {
	if len(ends) == 0 {
		return nil
	}
	var trials, figures, curves []any
	for _, e := range ends {
		trials = append(trials, e.trial)
		for _, n := range slices.Sorted(maps.Keys(e.finals)) {
			figures = append(figures, e.trial, n, finite(e.finals[n]))
		}
		if e.outcome.State == sweeps.Complete || e.outcome.State == sweeps.Stopped {
			curves = append(curves, e.trial, e.training, cmp.Or(e.outcome.Step, math.MaxInt64))
		}
	}
	in, trials := oneOf(trials)
	if err := execute(tx, `DELETE FROM finals WHERE trial_id IN `+in, trials...); err != nil {
		return err
	}
	const columns = 3
	for part := range slices.Chunk(figures, columns*rowsPerStatement) {
		v, part := table("bigint, text, double precision", part)
		if err := execute(tx, `INSERT INTO finals (trial_id, metric, value) SELECT column1, column2, column3 FROM `+v+` WHERE column1 IS NOT NULL`, part...); err != nil {
			return err
		}
	}
	if len(curves) == 0 {
		return nil
	}
	v, curves := table("bigint, bigint, bigint", curves)
	return execute(tx, `INSERT INTO finals (trial_id, metric, value) SELECT v.column1, m.name, p.value FROM `+v+`
		CROSS JOIN metrics m JOIN points p ON p.training_id = v.column2 AND p.metric_id = m.id AND p.step =
			(SELECT max(q.step) FROM points q WHERE q.training_id = v.column2 AND q.metric_id = m.id AND q.step <= v.column3)
		WHERE NOT EXISTS (SELECT 1 FROM finals f WHERE f.trial_id = v.column1 AND f.metric = m.name)`, curves...)
}

// errorText makes the reason fit to be kept; no reason is NULL.
func errorText(s string) any {
	if s == "" {
		return nil
	}
	if len(s) > longestError {
		s = s[:longestError] + " ..."
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD") // which PostgreSQL does not take
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
// the session's transactions have added meanwhile. One that is in the queue still runs.
func (s *Store) EndSweep(_ context.Context, sweep, state string, seconds float64) error {
	return s.write("end sweep "+sweep, request{sync: true, act: func(tx *gorm.DB) error {
		var id int64
		rest := max(seconds, 0) - s.writer.next.end(sweep)
		err := one(tx, `UPDATE sweeps SET state = CASE WHEN queued IS NULL THEN ? ELSE 'running' END, seconds = `+secondsPlus+` WHERE name = ? RETURNING id`,
			state, rest, sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		return s.updateStandings(tx, id)
	}})
}

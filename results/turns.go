package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// turning is a turn that is to be recorded, and what came of it.
type turning struct {
	joined
	ctx          context.Context
	turn         sweeps.Turn // without a Decider it is the end of a session and no more
	end          *finishing  // nil: no session has ended
	trial, sweep int64       // row numbers
}

// Turn records the end of a claimed trial's session, if it has ended, and in the same transaction what is decided by what the
// sweep has come to: trials that end, that are planned, and that become tasks. It wraps
// sweeps.ErrSuperseded when the session was given up: the trial may be another's, and nothing is recorded.
func (s *Store) Turn(ctx context.Context, turn sweeps.Turn) error {
	t, o := turn.Trial, turn.Outcome
	doing := "finish trial " + t.ID
	r := &turning{ctx: ctx, turn: turn}
	live, finals := s.inHand(t)
	switch {
	case live != nil:
		r.trial, r.sweep = live.trial, live.sweep
	case o != nil:
		return fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	default:
		err := s.view(ctx, doing, func(tx *gorm.DB) error {
			row, err := trialAt(tx, t)
			r.trial, r.sweep = row.ID, row.SweepID
			return err
		})
		if err != nil {
			return err
		}
	}
	if o != nil {
		r.end = &finishing{live: live, outcome: *o, finals: finals}
	}
	stale := r.sweep
	if o != nil && o.State == sweeps.Waiting && !turn.Curves {
		stale = 0
	}
	err := s.record(doing, stale, r)
	if errors.Is(err, ErrFinished) {
		err = fmt.Errorf("%w: %w", sweeps.ErrSuperseded, err)
	}
	return err
}

// record records a turn, and forgets the session that has ended with it.
func (s *Store) record(doing string, stale int64, r *turning) error {
	err := s.write(doing, request{sync: true, stale: stale, turn: r})
	if r.end == nil {
		return err
	}
	if err == nil {
		err = fault(doing, r.end.lost)
	}
	if err == nil || errors.Is(err, ErrFinished) {
		s.letGo(r.turn.Trial, r.end.live)
	}
	return err
}

// turnAll records turns, those of a sweep together, in the order in which they came.
func (s *Store) turnAll(tx *gorm.DB, ts []*turning) error {
	for len(ts) > 0 {
		var same, rest []*turning
		for _, t := range ts {
			if t.sweep == ts[0].sweep && t.turn.Decider == ts[0].turn.Decider {
				same = append(same, t)
			} else {
				rest = append(rest, t)
			}
		}
		if err := s.turnSweep(tx, same); err != nil {
			return err
		}
		ts = rest
	}
	return nil
}

// turnSweep records turns of a sweep, and what is decided by them all.
func (s *Store) turnSweep(tx *gorm.DB, ts []*turning) error {
	turned, err := s.endAndTell(tx, ts)
	if err != nil || len(turned) == 0 || ts[0].turn.Decider == nil {
		return err
	}
	// What follows by a plan that another has taken the place of in the queue is no concern of that.
	var queued sql.NullString
	if err := one(tx, `SELECT queued FROM sweeps WHERE id = ?`, ts[0].sweep).Scan(&queued); err != nil {
		return err
	}
	if queued.String != "" && queued.String != ts[0].turn.Spec {
		return nil
	}
	return s.decide(tx, turned)
}

// endAndTell ends sessions, gives the trials whose turn it is the next numbers of what their sweep is told, and returns those of which
// something is recorded.
func (s *Store) endAndTell(tx *gorm.DB, ts []*turning) (turned []*turning, err error) {
	var told int64
	decides := ts[0].turn.Decider != nil
	if decides {
		if err := one(tx, `SELECT coalesce(max(told), 0) FROM trials WHERE sweep_id = ?`, ts[0].sweep).Scan(&told); err != nil {
			return nil, err
		}
	}
	var ends []*finishing
	for i, t := range ts {
		if t.end == nil {
			if err := execute(tx, `UPDATE trials SET told = ? WHERE id = ?`, told+int64(i+1), t.trial); err != nil {
				return nil, err
			}
			continue
		}
		if decides {
			t.end.told = told + int64(i+1)
		}
		// Asked for here, when the fate of all points before is known; it is no refusal, lest it end the transaction.
		if t.end.lost = s.writer.lostOf(t.end.live); t.end.lost == nil {
			ends = append(ends, t.end)
		}
	}
	if err := s.finishAll(tx, ends); err != nil {
		return nil, err
	}
	for _, t := range ts {
		if t.end != nil {
			t.refused = t.end.refused
		}
		if t.refused == nil && (t.end == nil || t.end.lost == nil) {
			turned = append(turned, t)
		}
	}
	return turned, nil
}

// decide tells the decider of a sweep what is new and records what follows.
func (s *Store) decide(tx *gorm.DB, ts []*turning) (err error) {
	sweep, turn := ts[0].sweep, ts[0].turn
	d := turn.Decider
	s.writer.decide(d)
	var since int64
	if err := s.awake(tx, func() (err error) { since, err = d.Since(ts[0].ctx); return err }); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			d.Forget()
		}
	}()
	told, err := toldOf(tx, sweep, since, turn.Metric, turn.Curves)
	if err != nil {
		return err
	}
	var own []sweeps.Own
	var urgent []string // it is to be known soon whether they fail elsewhere
	for _, t := range ts {
		own = append(own, sweeps.Own{Trial: t.turn.Trial.ID, Outcome: t.turn.Outcome})
		if o := t.turn.Outcome; o != nil && o.Suspect {
			urgent = append(urgent, t.turn.Trial.ID)
		}
	}
	var decided sweeps.Decision
	if err := s.awake(tx, func() (err error) { decided, err = d.Decide(told, own); return err }); err != nil {
		return err
	}
	if err := s.grow(tx, sweep, decided); err != nil {
		return err
	}
	if err := s.endWaiting(tx, sweep, decided.Ends); err != nil {
		return err
	}
	if err := s.putWork(tx, sweep, turn.Trial.Sweep, turn.Spec, decided.Work, urgent...); err != nil {
		return err
	}
	switch {
	case decided.Halt:
		return execute(tx, `UPDATE sweeps SET queued = NULL, state = 'failed' WHERE id = ?`, sweep)
	case decided.Over:
		err := execute(tx, `UPDATE sweeps SET queued = NULL, state = CASE WHEN EXISTS
			(SELECT 1 FROM trials t WHERE t.sweep_id = sweeps.id AND t.retired = 0 AND t.state = 'failed') THEN 'failed' ELSE 'complete' END WHERE id = ?`, sweep)
		if err != nil {
			return err
		}
		return s.updateStandings(tx, sweep) // nobody may be there who does so later
	}
	return nil
}

// awake calls what may compute for long while others wait for the transaction, and lets the server know meanwhile that this process is not
// frozen: else it would end the transaction, and each that follows.
func (s *Store) awake(tx *gorm.DB, f func() error) error {
	if !s.db.shared() {
		return f()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	tick := time.NewTicker(mostIdle / 3)
	defer tick.Stop()
	var lost error
	for {
		select {
		case err := <-done:
			return cmp.Or(err, lost)
		case <-tick.C:
			lost = cmp.Or(lost, execute(tx, `SELECT 1`))
		}
	}
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
		in, args := oneOf(asValues(keys))
		err := one(tx, `SELECT count(*) FROM trials t JOIN trainings g ON g.id = t.training_id WHERE t.sweep_id = ? AND g.key IN `+in, append([]any{sweep}, args...)...).Scan(&n)
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

// endWaiting ends trials that no session has in hand. Of one that some session has, that session sees to it; and what has ended
// otherwise stands.
func (s *Store) endWaiting(tx *gorm.DB, sweep int64, ends []sweeps.End) error {
	byKey := make(map[string]sweeps.End, len(ends))
	for _, e := range ends {
		if !e.Kept {
			byKey[e.Trial.Key] = e
		}
	}
	for keys := range slices.Chunk(slices.Sorted(maps.Keys(byKey)), mostTogether) {
		in, args := oneOf(asValues(keys))
		var all []ending
		var row ending
		var key string
		err := each(tx, []any{&row.trial, &row.training, &key}, func() error {
			row.outcome = sweeps.Outcome{State: byKey[key].State, Step: byKey[key].Step}
			all = append(all, row)
			return nil
		}, `SELECT t.id, t.training_id, g.key FROM trials t JOIN trainings g ON g.id = t.training_id
			WHERE t.sweep_id = ? AND t.state = 'waiting' AND g.key IN `+in, append([]any{sweep}, args...)...)
		if err != nil {
			return err
		}
		if err := s.endAll(tx, all); err != nil {
			return err
		}
	}
	return nil
}

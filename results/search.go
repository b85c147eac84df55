package results

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// Memory returns what the plan of a spec can recall of its sweep: the configurations in their order, of a search, and how far each trial
// has come by the spec's metric, with its curve where the spec judges by that. A trial that a rule has stopped is as one that
// was interrupted, if the spec has another rule now, unless workers train the sweep by the plan of this identity. Of a sweep that the record
// does not hold there is nothing to recall.
func (s *Store) Memory(ctx context.Context, spec *sweeps.Spec, identity string) (sweeps.Memory, error) {
	m := sweeps.Memory{Trials: map[string]sweeps.Progress{}}
	err := s.view(ctx, "recall sweep "+spec.Name, func(tx *gorm.DB) (err error) {
		if err := one(tx, `SELECT EXISTS (SELECT 1 FROM sweeps WHERE name = ? AND queued = ?)`, spec.Name, identity).Scan(&m.Standing); err != nil {
			return err
		}
		if spec.Searches() { // else they are the plan's already
			if m.Drawn, err = drawn(tx, spec.Name); err != nil {
				return err
			}
		}
		known, err := progressOf(tx, spec.Metric.Name, spec.EarlyTerminate != nil, `s.name = ?`, spec.Name)
		if err != nil {
			return err
		}
		reopen, err := reopeningOf(tx, spec)
		for _, k := range known {
			if !m.Standing && !k.Undecided && reopen.of(k.State, k.stoppedBy, k.linkable, k.seconds) {
				k.State = ""
			}
			m.Trials[k.trial] = k.Progress
		}
		return err
	})
	return m, err
}

// Drawn returns the configurations of a sweep in their order; none of a sweep that the record does not hold.
func (s *Store) Drawn(ctx context.Context, sweep string) (out []sweeps.Drawn, err error) {
	err = s.view(ctx, "recall sweep "+sweep, func(tx *gorm.DB) error {
		out, err = drawn(tx, sweep)
		return err
	})
	return out, err
}

func drawn(tx *gorm.DB, sweep string) ([]sweeps.Drawn, error) {
	var out []sweeps.Drawn
	var id, before int64
	var params []byte
	var seed sql.NullInt64
	err := each(tx, []any{&id, &params, &seed}, func() error {
		if id != before || out == nil { // else another trial of the same one
			var d sweeps.Drawn
			if err := d.Params.UnmarshalJSON(params); err != nil { // json.Unmarshal reads it twice
				return fmt.Errorf("read parameters: %w", err)
			}
			out, before = append(out, d), id
		}
		if d := &out[len(out)-1]; seed.Valid {
			d.Seeds = append(d.Seeds, uint64(seed.Int64))
		}
		return nil
	}, `SELECT c.id, c.params, t.seed FROM configurations c JOIN sweeps s ON s.id = c.sweep_id LEFT JOIN trials t ON t.configuration_id = c.id
		WHERE s.name = ? AND c.retired = 0 ORDER BY c.position, t.id`, sweep)
	return out, err
}

// reopening says which trials that were stopped go on under a spec.
type reopening struct {
	rule  bool    // the spec has another rule than the record was made by
	none  bool    // it has neither rule nor limit
	limit float64 // of a training's seconds, 0: none
}

func reopeningOf(tx *gorm.DB, spec *sweeps.Spec) (reopening, error) {
	r := reopening{limit: spec.Budget.TrialTime.Seconds(), none: spec.EarlyTerminate == nil && spec.Budget.TrialTime == 0}
	var n int64
	err := tx.Raw(`SELECT count(*) FROM sweeps WHERE name = ? AND stopping <> ?`, spec.Name, spec.Stopping()).Row().Scan(&n)
	r.rule = n > 0
	return r, err
}

// of reports whether a trial goes on that was stopped after so many seconds. A training that begins anew, as those of most
// programs do, has used up that much of a limit: it goes on only if what is left takes it as far again.
func (r reopening) of(state sweeps.State, by string, linkable bool, seconds float64) bool {
	if state != sweeps.Stopped || linkable || r.limit > 0 && r.limit < 2*seconds {
		return false
	}
	switch by {
	case "rule":
		return r.rule
	case "clock":
		return true
	}
	return r.none // an older record does not know
}

// Progress returns how far one trial has come.
func (s *Store) Progress(ctx context.Context, t sweeps.Trial, metric string) (sweeps.Progress, error) {
	var known []recalled
	err := s.view(ctx, "read trial "+t.ID, func(tx *gorm.DB) (err error) {
		known, err = progressOf(tx, metric, true, `s.name = ? AND g.key = ?`, t.Sweep, t.Key)
		return err
	})
	if err == nil && len(known) == 0 {
		err = fmt.Errorf("trial %s of sweep %s: %w", t.ID, t.Sweep, ErrNotFound)
	}
	if err != nil {
		return sweeps.Progress{}, err
	}
	return known[0].Progress, nil
}

// recalled is what is known of one trial.
type recalled struct {
	trial     string
	stoppedBy string
	linkable  bool
	seconds   float64
	failure   string
	told      int64
	sweeps.Progress
}

// progressOf reads trials; which is a condition on sweeps s, trials t and trainings g.
func progressOf(tx *gorm.DB, metric string, curves bool, which string, args ...any) ([]recalled, error) {
	var out []recalled
	at := map[int64]int{} // by training
	var training int64
	var state, undecided sweeps.State
	var value *float64
	var k recalled
	err := each(tx, []any{&training, &k.trial, &state, &k.linkable, &k.seconds, &k.failure, &undecided, &k.stoppedBy, &k.told, &value}, func() error {
		k.Progress = sweeps.Progress{State: state, Value: orNaN(value)}
		if state == sweeps.Waiting && undecided != "" {
			k.State, k.Undecided = undecided, true
		}
		at[training] = len(out)
		out = append(out, k)
		return nil
	}, `SELECT t.training_id, g.trial, t.state, t.linkable, t.seconds, coalesce(t.error, ''), coalesce(t.undecided, ''), coalesce(t.stopped_by, ''), t.told, f.value
		FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id LEFT JOIN finals f ON f.trial_id = t.id AND f.metric = ?
		WHERE `+which, append([]any{metric}, args...)...)
	if err != nil || !curves || len(out) == 0 {
		return out, err
	}
	var step int64
	// A trial that ended early has its training's curve only as far as it went itself.
	err = each(tx, []any{&training, &step, &value}, func() error {
		o := &out[at[training]]
		o.Curve = append(o.Curve, sweeps.Logged{Step: step, Value: orNaN(value)})
		return nil
	}, `SELECT p.training_id, p.step, p.value FROM trials t JOIN sweeps s ON s.id = t.sweep_id
		JOIN trainings g ON g.id = t.training_id JOIN points p ON p.training_id = t.training_id
		WHERE p.metric_id = (SELECT id FROM metrics WHERE name = ?) AND (t.state <> 'stopped' OR p.step <= t.steps) AND `+which+`
		ORDER BY p.training_id, p.step`, append([]any{metric}, args...)...)
	return out, err
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// Extend records the trials of a plan from one of their places on, with their configurations: the plan has grown.
func (s *Store) Extend(_ context.Context, p *sweeps.Plan, from int) error {
	return s.write("extend sweep "+p.Spec.Name, request{act: func(tx *gorm.DB) error {
		var id int64
		if err := one(tx, `SELECT id FROM sweeps WHERE name = ?`, p.Spec.Name).Scan(&id); err != nil {
			return err
		}
		return putGrown(tx, id, p, from)
	}})
}

// putGrown records the trials of a plan from one of their places on, with their configurations.
func putGrown(tx *gorm.DB, sweep int64, p *sweeps.Plan, from int) error {
	trials := p.Trials()[from:]
	fresh := make(map[string]bool, len(trials))
	for _, t := range trials {
		fresh[t.ID] = true
	}
	first := len(p.Configurations) // configurations that are new stand at the end
	for first > 0 && fresh[p.Configurations[first-1].Trials[0].ID] {
		first--
	}
	if err := putConfigurations(tx, sweep, first, p.Configurations[first:]); err != nil {
		return err
	}
	return putTrials(tx, sweep, from, trials)
}

// End ends a trial that nobody has claimed: at o.Step, if a stopping rule has decided that it goes no further, else with what it
// came to while that was undecided.
func (s *Store) End(_ context.Context, t sweeps.Trial, o sweeps.Outcome) error {
	row, err := trialAt(s.readers, t)
	if err != nil {
		return fmt.Errorf("end trial %s: %w", t.ID, err)
	}
	if o.Step > 0 && (row.State == sweeps.Complete || row.State == sweeps.Diverged) {
		return nil // another sweep has trained it to its end meanwhile, and that stands
	}
	return s.write("end trial "+t.ID, request{sync: true, stale: row.SweepID, act: func(tx *gorm.DB) error {
		return s.endAll(tx, []ending{{trial: row.ID, training: row.TrainingID, outcome: o}})
	}})
}

// EndWaiting records ends to which trials of a sweep have come that nobody has in hand; those that do not wait stay as they are.
func (s *Store) EndWaiting(_ context.Context, sweep string, ends []sweeps.End) error {
	doing := "end trials of sweep " + sweep
	var id int64
	if err := one(s.readers, `SELECT id FROM sweeps WHERE name = ?`, sweep).Scan(&id); err != nil {
		return fault(doing, err)
	}
	return s.write(doing, request{sync: true, stale: id, act: func(tx *gorm.DB) error { return s.endWaiting(tx, id, ends) }})
}

// endAll ends trials that wait.
func (s *Store) endAll(tx *gorm.DB, all []ending) error {
	var kept []any // ends, as they were come to
	var stopped []ending
	for _, e := range all {
		if e.outcome.Step == 0 {
			kept = append(kept, e.trial)
		} else {
			stopped = append(stopped, e)
		}
	}
	if n := len(kept); n > 0 {
		in, kept := oneOf(kept)
		err := unfinished(n)(affect(tx, `UPDATE trials SET state = undecided, undecided = NULL
			WHERE state = 'waiting' AND undecided IS NOT NULL AND id IN `+in, kept...))
		if err != nil {
			return err
		}
	}
	if len(stopped) == 0 {
		return nil
	}
	if err := writeFinals(tx, stopped); err != nil {
		return err
	}
	var args []any
	for _, e := range stopped {
		args = append(args, e.trial, e.outcome.State, e.outcome.Step)
	}
	v, args := table("bigint, text, bigint", args)
	return unfinished(len(stopped))(affect(tx, `UPDATE trials SET state = v.column2, undecided = NULL, stopped_by = 'rule', linkable = 0, error = NULL, finished_at = ?,
		steps = v.column3, examples = coalesce((SELECT max(p.examples) FROM points p WHERE p.training_id = trials.training_id AND p.step <= v.column3), examples)
		FROM `+v+` WHERE trials.id = v.column1 AND trials.state = 'waiting'`, append([]any{s.now()}, args...)...))
}

// unfinished makes the error of a change that was to meet so many trials that have not ended.
func unfinished(want int) func(int64, error) error {
	return func(n int64, err error) error {
		if err == nil && n < int64(want) {
			err = ErrFinished
		}
		return err
	}
}

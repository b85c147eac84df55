package results

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// Memory returns what the plan of a spec can recall of its sweep: the configurations in their order, and how far each trial
// has come by the spec's metric, with its curve where the spec judges by that. A trial that a rule has stopped is as one that
// was interrupted, if the spec has another rule now. Of a sweep that the record does not hold there is nothing to recall.
func (s *Store) Memory(ctx context.Context, spec *sweeps.Spec) (sweeps.Memory, error) {
	m := sweeps.Memory{Trials: map[string]sweeps.Progress{}}
	err := s.view(ctx, "recall sweep "+spec.Name, func(tx *gorm.DB) (err error) {
		if m.Drawn, err = drawn(tx, spec.Name); err != nil {
			return err
		}
		known, err := progressOf(tx, spec.Metric.Name, spec.EarlyTerminate != nil, `s.name = ?`, spec.Name)
		if err != nil {
			return err
		}
		reopen, err := reopeningOf(tx, spec)
		for _, k := range known {
			if !k.Undecided && reopen.of(k.State, k.stoppedBy, k.linkable, k.seconds) {
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
	const of = ` FROM configurations c JOIN sweeps s ON s.id = c.sweep_id `
	const which = ` WHERE s.name = ? AND c.retired = 0 ORDER BY c.position`
	var rows []struct {
		ID     int64
		Params string
	}
	if err := tx.Raw(`SELECT c.id, c.params`+of+which, sweep).Scan(&rows).Error; err != nil {
		return nil, err
	}
	var seeds []struct {
		ID   int64
		Seed uint64
	}
	if err := tx.Raw(`SELECT c.id, t.seed`+of+`JOIN trials t ON t.configuration_id = c.id`+which+`, t.id`, sweep).Scan(&seeds).Error; err != nil {
		return nil, err
	}
	seedsOf := make(map[int64][]uint64, len(rows))
	for _, t := range seeds {
		seedsOf[t.ID] = append(seedsOf[t.ID], t.Seed)
	}
	out := make([]sweeps.Drawn, len(rows))
	for i, r := range rows {
		if err := json.Unmarshal([]byte(r.Params), &out[i].Params); err != nil {
			return nil, fmt.Errorf("read parameters: %w", err)
		}
		out[i].Seeds = seedsOf[r.ID]
	}
	return out, nil
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
	told      int64
	sweeps.Progress
}

// progressOf reads trials; which is a condition on sweeps s, trials t and trainings g.
func progressOf(tx *gorm.DB, metric string, curves bool, which string, args ...any) ([]recalled, error) {
	var rows []struct {
		ID, TrainingID int64
		Trial          string
		State          sweeps.State
		Steps          int64
		Linkable       bool
		Seconds        float64
		Undecided      sweeps.State
		StoppedBy      string
		Told           int64
		Value          *float64
	}
	err := tx.Raw(`SELECT t.id, t.training_id, g.trial, t.state, t.steps, t.linkable, t.seconds, coalesce(t.undecided, '') AS undecided,
		coalesce(t.stopped_by, '') AS stopped_by, t.told, f.value FROM trials t JOIN sweeps s ON s.id = t.sweep_id
		JOIN trainings g ON g.id = t.training_id LEFT JOIN finals f ON f.trial_id = t.id AND f.metric = ?
		WHERE `+which, append([]any{metric}, args...)...).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make([]recalled, len(rows))
	at := make(map[int64]int, len(rows)) // by training
	for i, r := range rows {
		out[i] = recalled{
			trial: r.Trial, stoppedBy: r.StoppedBy, linkable: r.Linkable, seconds: r.Seconds, told: r.Told,
			Progress: sweeps.Progress{State: r.State, Value: orNaN(r.Value)},
		}
		if r.State == sweeps.Waiting && r.Undecided != "" {
			out[i].State, out[i].Undecided = r.Undecided, true
		}
		at[r.TrainingID] = i
	}
	if !curves {
		return out, nil
	}
	var points []struct {
		TrainingID, Step int64
		Value            *float64
	}
	// A trial that ended early has its training's curve only as far as it went itself.
	err = tx.Raw(`SELECT p.training_id, p.step, p.value FROM trials t JOIN sweeps s ON s.id = t.sweep_id
		JOIN trainings g ON g.id = t.training_id JOIN points p ON p.training_id = t.training_id
		WHERE p.metric_id = (SELECT id FROM metrics WHERE name = ?) AND (t.state <> 'stopped' OR p.step <= t.steps) AND `+which+`
		ORDER BY p.training_id, p.step`, append([]any{metric}, args...)...).Scan(&points).Error
	if err != nil {
		return nil, err
	}
	for _, p := range points {
		i := at[p.TrainingID]
		out[i].Curve = append(out[i].Curve, sweeps.Logged{Step: p.Step, Value: orNaN(p.Value)})
	}
	return out, nil
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
	return s.write("end trial "+t.ID, request{sync: true, stale: row.SweepID, act: func(tx *gorm.DB) error { return s.end(tx, row, o) }})
}

func (s *Store) end(tx *gorm.DB, row trialRow, o sweeps.Outcome) error {
	if o.Step == 0 {
		return unfinished(affect(tx, `UPDATE trials SET state = undecided, undecided = NULL
			WHERE id = ? AND state = 'waiting' AND undecided IS NOT NULL`, row.ID))
	}
	live := &session{trial: row.ID, training: row.TrainingID}
	if err := writeFinals(tx, live, o, nil); err != nil {
		return err
	}
	return unfinished(affect(tx, `UPDATE trials SET state = ?, undecided = NULL, stopped_by = 'rule', linkable = 0, error = NULL, finished_at = ?, steps = ?,
		examples = coalesce((SELECT max(p.examples) FROM points p WHERE p.training_id = trials.training_id AND p.step <= ?), examples)
		WHERE id = ? AND state = 'waiting'`,
		o.State, s.now(), o.Step, o.Step, row.ID))
}

// unfinished is the error of a change that was to meet one trial that has not ended.
func unfinished(n int64, err error) error {
	if err == nil && n == 0 {
		err = ErrFinished
	}
	return err
}

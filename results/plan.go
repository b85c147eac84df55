package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// Diff says what a plan changes in the record. New, Linked and Kept count the plan's trials and add up to them.
type Diff struct {
	New    int // not in the sweep yet, to be trained
	Linked int // not in the sweep yet, but trained already in another
	Kept   int // in the sweep already, whatever their state
	// Undecided counts trials of the record that are not of the plan yet and may come to be, by results: they stay until then.
	Undecided int
	// Retired counts trials that leave the sweep's plan; they keep what they found.
	Retired       int
	RetiredTrials []string // their ids, in the order of the plan
	// Finished counts the retired ones that had ended. With Kept = 0 and Finished > 0 another question was put under
	// an old name.
	Finished int
	// States tells where each trial of the plan stands, by id: New, or as recorded; a linked one is Complete or
	// Diverged; one that failed is Waiting since it is tried again, as is one that was stopped by rules that are no more.
	States map[string]sweeps.State

	retired   []int64 // row numbers of the retired trials
	undecided []int64 // and of the undecided ones
	reopened  []int64 // and of those that were stopped and go on
	same      bool    // the record holds these trials already, in this order, and no others that are not retired
}

// Diff compares a plan with the record, changing nothing.
func (s *Store) Diff(ctx context.Context, p *sweeps.Plan) (Diff, error) {
	var d Diff
	err := s.view(ctx, "compare plan with record", func(tx *gorm.DB) (err error) {
		d, err = diff(tx, p)
		return err
	})
	return d, err
}

func diff(tx *gorm.DB, p *sweeps.Plan) (Diff, error) {
	trials := p.Trials()
	d := Diff{States: make(map[string]sweeps.State, len(trials))}
	if err := refuseImported(tx, p.Spec.Name); err != nil {
		return d, err
	}
	type old struct {
		ID            int64
		Key, Trial    string
		Configuration string
		Replicate     int
		Seed          int64
		State         sweeps.State
		Linkable      bool
		StoppedBy     string
		Seconds       float64
		Retired       bool
	}
	var there []old
	err := tx.Raw(`SELECT t.id, g.key, g.trial, c.configuration, t.replicate, t.seed, t.state, t.linkable, coalesce(t.stopped_by, '') AS stopped_by,
		t.seconds, t.retired FROM trials t
		JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id JOIN configurations c ON c.id = t.configuration_id
		WHERE s.name = ? ORDER BY t.position, t.id`, p.Spec.Name).Scan(&there).Error
	if err != nil {
		return d, err
	}
	reopen, err := reopeningOf(tx, p.Spec)
	if err != nil {
		return d, err
	}
	states := make(map[string]sweeps.State, len(there))
	reopened := map[string]int64{} // row numbers, by key
	for _, o := range there {
		if reopen.of(o.State, o.StoppedBy, o.Linkable, o.Seconds) {
			o.State = sweeps.Waiting
			reopened[o.Key] = o.ID
		}
		states[o.Key] = o.State
	}
	done, err := finishedTrainings(tx, trials)
	if err != nil {
		return d, err
	}
	planned := make(map[string]bool, len(trials))
	for _, t := range trials {
		if planned[t.Key] {
			continue
		}
		planned[t.Key] = true
		if id, ok := reopened[t.Key]; ok {
			d.reopened = append(d.reopened, id)
		}
		state, kept := states[t.Key]
		switch {
		case kept:
			d.Kept++
		case done[t.Key] != "":
			d.Linked++
		default:
			d.New++
			state = sweeps.New
		}
		if state == sweeps.Failed {
			state = sweeps.Waiting
		}
		if done[t.Key] != "" && (!kept || state == sweeps.Waiting) {
			state = done[t.Key]
		}
		if state == sweeps.Waiting && p.Ended(t.ID) == sweeps.Stopped {
			state = sweeps.Stopped // by the rules that the spec has now
		}
		d.States[t.ID] = state
	}
	current := make([]string, 0, len(there))
	for _, o := range there {
		if !o.Retired {
			current = append(current, o.Key)
		}
	}
	d.same = slices.EqualFunc(current, trials, func(key string, t sweeps.Trial) bool { return key == t.Key })
	for _, o := range there {
		if o.Retired || planned[o.Key] {
			continue
		}
		if p.Undecided(o.Configuration, o.Replicate, uint64(o.Seed)) { //nolint:gosec // below 2^53
			d.undecided = append(d.undecided, o.ID)
			continue
		}
		d.Retired++
		d.RetiredTrials = append(d.RetiredTrials, o.Trial)
		d.retired = append(d.retired, o.ID)
		if o.State.Finished() && o.State != sweeps.Failed {
			d.Finished++
		}
	}
	d.Undecided = len(d.undecided)
	return d, nil
}

// finishedTrainings returns which of the trials' trainings are finished in any sweep, by key.
func finishedTrainings(tx *gorm.DB, trials []sweeps.Trial) (map[string]sweeps.State, error) {
	done := map[string]sweeps.State{}
	for part := range slices.Chunk(trials, rowsPerStatement) {
		keys := make([]string, len(part))
		for i, t := range part {
			keys[i] = t.Key
		}
		var rows []struct {
			Key   string
			State sweeps.State
		}
		err := tx.Raw(`SELECT g.key, coalesce(x.undecided, x.state) AS state FROM trials x JOIN trainings g ON g.id = x.training_id
			WHERE g.key IN ? AND `+linkable, keys).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			done[r.Key] = r.State
		}
	}
	return done, nil
}

// PutPlan records a plan in one transaction: the sweep, its configurations and trials. Trials that are new wait, or
// stand complete at once where their training is finished in any sweep; failed ones wait again, and so do those that were
// stopped by rules that are no more; those that the plan no longer holds are retired, and taken back when it holds them
// again. Finished ones stay as they are.
func (s *Store) PutPlan(ctx context.Context, p *sweeps.Plan, prov Provenance) (Diff, error) {
	var d Diff
	err := s.write("record plan of sweep "+p.Spec.Name, request{sync: true, act: func(tx *gorm.DB) (err error) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if d, err = diff(tx, p); err != nil {
			return err
		}
		return s.putPlan(tx, p, prov, d)
	}})
	return d, err
}

func (s *Store) putPlan(tx *gorm.DB, p *sweeps.Plan, prov Provenance, d Diff) error {
	var id int64
	err := tx.Raw(`INSERT INTO sweeps (name, state, method, metric, goal, looks, stopping, created_at) VALUES (?, 'running', ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET state = 'running', method = excluded.method, metric = excluded.metric,
			goal = excluded.goal, looks = excluded.looks, stopping = excluded.stopping
		RETURNING id`, p.Spec.Name, p.Spec.Method, p.Spec.Metric.Name, p.Spec.Metric.Goal(), p.Spec.Replicates.Looks(),
		p.Spec.Stopping(), s.now()).Row().Scan(&id)
	if err != nil {
		return err
	}
	if err := s.putProvenance(tx, id, prov); err != nil {
		return err
	}
	if !d.same {
		if err := s.putTrialsOf(tx, id, p, d.undecided); err != nil {
			return err
		}
	}
	const again = `UPDATE trials SET state = 'waiting', error = NULL, finished_at = NULL `
	// While workers train by this very plan, they know that trials have failed, and decide by it.
	if err := execute(tx, again+`WHERE sweep_id = ? AND retired = 0 AND state = 'failed' AND NOT EXISTS (SELECT 1 FROM sweeps WHERE id = ? AND queued = ?)`,
		id, id, p.Identity()); err != nil {
		return err
	}
	if err := byID(tx, again, d.reopened); err != nil {
		return err
	}
	if !p.Spec.Decides() { // nothing stops what has come to its end
		err := execute(tx, `UPDATE trials SET state = undecided, undecided = NULL WHERE sweep_id = ? AND undecided IS NOT NULL`, id)
		if err != nil {
			return err
		}
	}
	if _, err := link(tx, "trials.sweep_id = ? AND trials.retired = 0", id); err != nil {
		return err
	}
	return s.updateStandings(tx, id)
}

// putTrialsOf records a plan's configurations and trials in place of those that the sweep had, but for the undecided ones.
func (s *Store) putTrialsOf(tx *gorm.DB, id int64, p *sweeps.Plan, undecided []int64) error {
	trials := p.Trials()
	if err := execute(tx, `UPDATE configurations SET retired = 1 WHERE sweep_id = ?`, id); err != nil {
		return err
	}
	if err := putConfigurations(tx, id, 0, usedBy(p, trials)); err != nil {
		return err
	}
	if err := execute(tx, `UPDATE trials SET retired = 1 WHERE sweep_id = ?`, id); err != nil {
		return err
	}
	if err := byID(tx, `UPDATE trials SET retired = 0 `, undecided); err != nil {
		return err
	}
	if err := putTrials(tx, id, 0, trials); err != nil {
		return err
	}
	return s.db.analyze(tx)
}

// byID makes a change to trials, given by their row numbers.
func byID(tx *gorm.DB, change string, trials []int64) error {
	for part := range slices.Chunk(trials, rowsPerStatement) {
		var args []any
		for _, id := range part {
			args = append(args, id)
		}
		if err := execute(tx, change+`WHERE id IN `+tuples(1, len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// RetireRest retires the trials that a plan does not hold, whose results have decided on all of them.
func (s *Store) RetireRest(_ context.Context, p *sweeps.Plan) error {
	return s.write("retire trials of sweep "+p.Spec.Name, request{act: func(tx *gorm.DB) error {
		d, err := diff(tx, p)
		if err != nil {
			return err
		}
		return byID(tx, `UPDATE trials SET retired = 1 `, d.retired)
	}})
}

// putProvenance keeps where the figures come from, unless that is what was kept last.
func (s *Store) putProvenance(tx *gorm.DB, sweep int64, prov Provenance) error {
	prov.At = ""
	body, err := json.Marshal(prov)
	if err != nil {
		return fmt.Errorf("write provenance: %w", err)
	}
	var last string
	err = tx.Raw(`SELECT body FROM provenance WHERE sweep_id = ? ORDER BY id DESC LIMIT 1`, sweep).Row().Scan(&last)
	if err == nil && last == string(body) {
		return nil
	} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return execute(tx, `INSERT INTO provenance (sweep_id, at, body) VALUES (?, ?, ?)`, sweep, s.now(), string(body))
}

// usedBy returns those configurations of a plan that have trials, in its order.
func usedBy(p *sweeps.Plan, trials []sweeps.Trial) []sweeps.Configuration {
	used := map[string]bool{}
	for _, t := range trials {
		used[t.Configuration] = true
	}
	var out []sweeps.Configuration
	for _, c := range p.Configurations {
		if used[c.ID] {
			out = append(out, c)
			used[c.ID] = false // once
		}
	}
	return out
}

// putConfigurations records configurations in their order, after as many others.
func putConfigurations(tx *gorm.DB, sweep int64, position int, rows []sweeps.Configuration) error {
	for part := range slices.Chunk(rows, rowsPerStatement) {
		var args []any
		for _, c := range part {
			params, err := json.Marshal(c.Params)
			if err != nil {
				return fmt.Errorf("write parameters of configuration %s: %w", c.ID, err)
			}
			position++
			args = append(args, sweep, c.ID, position, string(params), c.Parameters, c.Steps, c.Cost, c.Data.Corpus, c.Data.Split, c.Data.Vocabulary)
		}
		err := execute(tx, `INSERT INTO configurations
			(sweep_id, configuration, position, params, parameters, steps, cost, corpus, split, vocabulary) VALUES `+tuples(len(part), 10)+`
			ON CONFLICT (sweep_id, configuration) DO UPDATE SET retired = 0, position = excluded.position, params = excluded.params,
			parameters = excluded.parameters, steps = excluded.steps, cost = excluded.cost, corpus = excluded.corpus, split = excluded.split,
			vocabulary = excluded.vocabulary`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// putTrials records trials in their order, after as many others.
func putTrials(tx *gorm.DB, sweep int64, position int, trials []sweeps.Trial) error {
	for part := range slices.Chunk(trials, rowsPerStatement) {
		var trainings, rows []any
		for _, t := range part {
			position++
			trainings = append(trainings, t.Key, t.ID)
			rows = append(rows, sweep, t.Key, sweep, t.Configuration, t.Replicate, int64(t.Seed), Flag(t.Confirms), position) //nolint:gosec // below 2^53
		}
		err := execute(tx, `INSERT INTO trainings (key, trial) VALUES `+tuples(len(part), 2)+` ON CONFLICT DO NOTHING`, trainings...)
		if err != nil {
			return err
		}
		const row = `(?, (SELECT id FROM trainings WHERE key = ?),
			(SELECT id FROM configurations WHERE sweep_id = ? AND configuration = ?), ?, ?, ?, ?)`
		err = execute(tx, `INSERT INTO trials (sweep_id, training_id, configuration_id, replicate, seed, confirms, position) VALUES `+
			repeat(row, len(part))+` ON CONFLICT (sweep_id, training_id) DO UPDATE SET retired = 0,
			configuration_id = excluded.configuration_id, replicate = excluded.replicate, confirms = excluded.confirms, position = excluded.position`, rows...)
		if err != nil {
			return err
		}
	}
	return nil
}

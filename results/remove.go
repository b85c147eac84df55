package results

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// Removal says what leaves the record for good.
type Removal struct {
	Sweep  string   `json:"sweep"`
	Whole  bool     `json:"whole"` // the sweep itself, not only some of its trials
	Trials []string `json:"trials"`
	// Gone are those trainings that no sweep has then: their curves leave the record, too. The others stay with the sweeps
	// that have them, whose rows do not change.
	Gone   []string `json:"gone"`
	Points int64    `json:"points"` // of their curves
}

// Removal returns what Remove would take away: all of a sweep, or, with ids, those of its trials.
func (s *Store) Removal(ctx context.Context, sweep string, trials []string) (Removal, error) {
	var r Removal
	err := s.view(ctx, "read sweep "+sweep, func(tx *gorm.DB) (err error) {
		r, _, err = removal(tx, sweep, trials)
		return err
	})
	return r, err
}

// removing are the row numbers behind a Removal.
type removing struct {
	sweep     int64
	trials    []int64
	trainings []int64 // that are gone then
}

func removal(tx *gorm.DB, sweep string, trials []string) (Removal, removing, error) {
	r := Removal{Sweep: sweep, Whole: len(trials) == 0, Trials: []string{}, Gone: []string{}}
	var rows removing
	if _, err := sweepNamed(tx, sweep); err != nil {
		return r, rows, err
	}
	if err := tx.Raw(`SELECT id FROM sweeps WHERE name = ?`, sweep).Row().Scan(&rows.sweep); err != nil {
		return r, rows, err
	}
	var all []struct {
		ID, TrainingID int64
		Trial          string
		Elsewhere      bool
	}
	err := tx.Raw(`SELECT t.id, t.training_id, g.trial, EXISTS (SELECT 1 FROM trials o WHERE o.training_id = t.training_id AND o.id <> t.id) AS elsewhere
		FROM trials t JOIN trainings g ON g.id = t.training_id WHERE t.sweep_id = ? ORDER BY t.position, t.id`, rows.sweep).Scan(&all).Error
	if err != nil {
		return r, rows, err
	}
	for _, t := range all {
		if !r.Whole && !slices.Contains(trials, t.Trial) {
			continue
		}
		r.Trials, rows.trials = append(r.Trials, t.Trial), append(rows.trials, t.ID)
		if !t.Elsewhere {
			r.Gone, rows.trainings = append(r.Gone, t.Trial), append(rows.trainings, t.TrainingID)
		}
	}
	for _, id := range trials {
		if !slices.Contains(r.Trials, id) {
			return r, rows, fmt.Errorf("trial %s of sweep %s: %w", id, sweep, ErrNotFound)
		}
	}
	for part := range slices.Chunk(rows.trainings, rowsPerStatement) {
		var n int64
		if err := tx.Raw(`SELECT count(*) FROM points WHERE training_id IN ?`, part).Row().Scan(&n); err != nil {
			return r, rows, err
		}
		r.Points += n
	}
	return r, rows, nil
}

// Remove takes a sweep, or some of its trials, out of the record, in one transaction, and returns what that was. The caller
// holds the sweep's lock. Trainings that other sweeps have stay with them; the files of those that are gone are the
// caller's to remove, after this. A sweep that lacks trials afterwards is interrupted: the next run trains them anew.
func (s *Store) Remove(ctx context.Context, sweep string, trials []string) (Removal, error) {
	var r Removal
	err := s.write("remove from sweep "+sweep, request{sync: true, act: func(tx *gorm.DB) (err error) {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		var rows removing
		if r, rows, err = removal(tx, sweep, trials); err != nil {
			return err
		}
		return s.remove(tx, r, rows)
	}})
	return r, err
}

func (s *Store) remove(tx *gorm.DB, r Removal, rows removing) error {
	for part := range slices.Chunk(rows.trials, rowsPerStatement) {
		if err := execute(tx, `INSERT INTO removals (trial_id) VALUES `+tuples(len(part), 1), anys(part)...); err != nil {
			return err
		}
	}
	const marked = `(SELECT trial_id FROM removals)`
	for _, q := range []string{
		`DELETE FROM finals WHERE trial_id IN ` + marked, `DELETE FROM sessions WHERE trial_id IN ` + marked,
		`DELETE FROM trials WHERE id IN ` + marked, `DELETE FROM removals`,
	} {
		if err := execute(tx, q); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(rows.trainings, rowsPerStatement) {
		in := ` IN ` + tuples(1, len(part))
		for _, q := range []string{
			`DELETE FROM points WHERE training_id` + in, `DELETE FROM notes WHERE training_id` + in,
			`DELETE FROM tags WHERE training_id` + in, `DELETE FROM artifacts WHERE training_id` + in, `DELETE FROM trainings WHERE id` + in,
		} {
			if err := execute(tx, q, anys(part)...); err != nil {
				return err
			}
		}
	}
	if !r.Whole {
		if err := execute(tx, `UPDATE sweeps SET state = 'interrupted' WHERE id = ?`, rows.sweep); err != nil {
			return err
		}
		return s.updateStandings(tx, rows.sweep)
	}
	for _, q := range []string{
		`DELETE FROM standings WHERE configuration_id IN (SELECT id FROM configurations WHERE sweep_id = ?)`,
		`DELETE FROM configurations WHERE sweep_id = ?`, `DELETE FROM provenance WHERE sweep_id = ?`,
		`DELETE FROM notes WHERE sweep_id = ?`, `DELETE FROM tags WHERE sweep_id = ?`, `DELETE FROM artifacts WHERE sweep_id = ?`,
		`DELETE FROM sweeps WHERE id = ?`,
	} {
		if err := execute(tx, q, rows.sweep); err != nil {
			return err
		}
	}
	return nil
}

func anys(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

// Use says which sweeps have a training, and whether it is trained to its end in one of them.
type Use struct {
	Sweeps []string
	Ended  bool // complete or diverged
}

// Uses returns the trainings of the record by their trials' ids.
func (s *Store) Uses(ctx context.Context) (map[string]Use, error) {
	uses := map[string]Use{}
	err := s.view(ctx, "read trainings", func(tx *gorm.DB) error {
		clear(uses)
		var rows []struct {
			Trial string
			Sweep sql.NullString
			Ended bool
		}
		err := tx.Raw(`SELECT g.trial, s.name AS sweep, t.id IS NOT NULL AND t.state IN ('complete', 'diverged') AS ended FROM trainings g
			LEFT JOIN trials t ON t.training_id = g.id LEFT JOIN sweeps s ON s.id = t.sweep_id ORDER BY g.id`).Scan(&rows).Error
		for _, r := range rows {
			u := uses[r.Trial]
			if r.Sweep.Valid {
				u.Sweeps = append(u.Sweeps, r.Sweep.String)
			}
			u.Ended = u.Ended || r.Ended
			uses[r.Trial] = u
		}
		return err
	})
	return uses, err
}

// WhileUnknown calls f for those trials of which the record holds no training, while no process can add one: whoever is to
// train it has to write first. f is quick, and writes nothing to the record.
func (s *Store) WhileUnknown(_ context.Context, trials []string, f func(trial string) error) error {
	return s.write("look for trainings", request{act: func(tx *gorm.DB) error {
		for _, t := range trials {
			var known bool
			if err := tx.Raw(`SELECT EXISTS (SELECT 1 FROM trainings WHERE trial = ?)`, t).Row().Scan(&known); err != nil {
				return err
			}
			if !known {
				if err := f(t); err != nil {
					return err
				}
			}
		}
		return nil
	}})
}

// Vacuum gives the room of removed rows back to the file system.
func (s *Store) Vacuum(ctx context.Context) error { return fault("vacuum record", s.db.vacuum(ctx)) }

func (f *sqliteFile) vacuum(ctx context.Context) error {
	pool, err := sql.Open(driverName, writerName(f.path, f.options))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	return persist(ctx, f.options.Patience, func() error {
		if _, err := pool.ExecContext(ctx, `VACUUM`); err != nil {
			return err
		}
		// In the log until then, the file keeps its size.
		_, err := pool.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	})
}

package results

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// Contents is what the record holds of a sweep, or of one of its trials, at one moment: what exports are written from.
type Contents struct {
	Sweep  Sweep
	Trials []Trial                        // in the order of the plan, retired ones after them
	Points []Point                        // of these trials, in the same order, metric by metric, by step
	Finals map[string]map[string]*float64 // figures at the end by trial and metric, those without a column in v_trials too
}

// Contents reads a sweep with all its trials, or with the one that is named, in one transaction. An error wraps ErrNotFound.
func (s *Store) Contents(ctx context.Context, sweep, trial string) (Contents, error) {
	var c Contents
	err := s.view(ctx, "read sweep "+sweep, func(tx *gorm.DB) (err error) {
		c = Contents{Finals: map[string]map[string]*float64{}}
		if c.Sweep, err = sweepNamed(tx, sweep); err != nil {
			return err
		}
		one, args := "", []any{sweep}
		if trial == "" {
			c.Trials, err = trialsOf(tx, sweep)
		} else {
			one, args = " AND g.trial = ?", append(args, trial)
			c.Trials = make([]Trial, 1)
			c.Trials[0], err = trialNamed(tx, sweep+"/"+trial)
		}
		if err != nil {
			return err
		}
		if c.Points, err = pointsOf(tx, one, args); err != nil {
			return err
		}
		var finals []struct {
			Trial, Metric string
			Value         *float64
		}
		err = tx.Raw(`SELECT g.trial, f.metric, f.value FROM finals f JOIN trials t ON t.id = f.trial_id JOIN sweeps s ON s.id = t.sweep_id
			JOIN trainings g ON g.id = t.training_id WHERE s.name = ?`+one, args...).Scan(&finals).Error
		for _, f := range finals {
			if c.Finals[f.Trial] == nil {
				c.Finals[f.Trial] = map[string]*float64{}
			}
			c.Finals[f.Trial][f.Metric] = f.Value
		}
		return err
	})
	return c, err
}

// pointsOf reads curves by hand, of which there may be a million; gorm takes several times as long. Trials and metrics have
// one copy of their name each.
func pointsOf(tx *gorm.DB, one string, args []any) ([]Point, error) {
	rows, err := tx.Raw(`SELECT v.sweep, v.trial, v.metric, v.step, v.examples, v.seconds, v.value FROM v_points v JOIN sweeps s ON s.name = v.sweep
		JOIN trainings g ON g.trial = v.trial JOIN trials t ON t.sweep_id = s.id AND t.training_id = g.id
		WHERE v.sweep = ?`+one+` ORDER BY t.retired, t.position, t.id, v.metric, v.step`, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := map[string]string{}
	name := func(raw []byte) string {
		s, ok := names[string(raw)] // which does not copy it
		if !ok {
			s = string(raw)
			names[s] = s
		}
		return s
	}
	points := []Point{}
	for rows.Next() {
		var p Point
		var sweep, trial, metric sql.RawBytes
		var value sql.NullFloat64
		if err := rows.Scan(&sweep, &trial, &metric, &p.Step, &p.Examples, &p.Seconds, &value); err != nil {
			return nil, err
		}
		p.Sweep, p.Trial, p.Metric = name(sweep), name(trial), name(metric)
		if value.Valid {
			v := value.Float64
			p.Value = &v
		}
		points = append(points, p)
	}
	return points, rows.Err()
}

package results

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Driver names the SQLite driver that the program was built with, and SQLite's version.
func Driver() string {
	name := "mattn/go-sqlite3"
	if driverName == "sqlite" {
		name = "modernc.org/sqlite"
	}
	pool, err := sql.Open(driverName, ":memory:")
	if err != nil {
		return name
	}
	defer pool.Close()
	var version string
	if err := pool.QueryRow("SELECT sqlite_version()").Scan(&version); err != nil {
		return name
	}
	return name + ", SQLite " + version
}

// Sweeps returns all sweeps, the oldest first.
func (s *Store) Sweeps(ctx context.Context) ([]Sweep, error) {
	rows := []Sweep{}
	err := s.view(ctx, "read sweeps", func(tx *gorm.DB) error {
		return tx.Raw(`SELECT v.* FROM v_sweeps v JOIN sweeps s ON s.name = v.sweep ORDER BY s.id`).Scan(&rows).Error
	})
	return rows, err
}

// Sweep returns one sweep, or an error that wraps ErrNotFound.
func (s *Store) Sweep(ctx context.Context, name string) (Sweep, error) {
	var row Sweep
	err := s.view(ctx, "read sweep "+name, func(tx *gorm.DB) (err error) {
		row, err = sweepNamed(tx, name)
		return err
	})
	return row, err
}

func sweepNamed(tx *gorm.DB, name string) (Sweep, error) {
	var row Sweep
	res := tx.Raw(`SELECT * FROM v_sweeps WHERE sweep = ?`, name).Scan(&row)
	if res.Error == nil && res.RowsAffected == 0 {
		return row, fmt.Errorf("sweep %s: %w", name, ErrNotFound)
	}
	return row, res.Error
}

// ordered selects from v_trials in the order of the plan: the plan's trials first, retired ones after them.
var ordered = `SELECT ` + columns[Trial]() + ` FROM v_trials v JOIN sweeps s ON s.name = v.sweep
	JOIN trainings g ON g.trial = v.trial JOIN trials t ON t.sweep_id = s.id AND t.training_id = g.id `

// Trials returns a sweep's trials, retired ones too, in the order of the plan.
func (s *Store) Trials(ctx context.Context, sweep string) ([]Trial, error) {
	var rows []Trial
	err := s.view(ctx, "read trials of sweep "+sweep, func(tx *gorm.DB) (err error) {
		if _, err = sweepNamed(tx, sweep); err != nil {
			return err
		}
		rows, err = trialsOf(tx, sweep)
		return err
	})
	return rows, err
}

func trialsOf(tx *gorm.DB, sweep string) ([]Trial, error) {
	rows := []Trial{}
	err := tx.Raw(ordered+`WHERE v.sweep = ? ORDER BY t.retired, t.position, t.id`, sweep).Scan(&rows).Error
	return rows, err
}

// Trial finds a trial by its id, a unique prefix of it, SWEEP/ID for its place in one sweep, or SWEEP:best for the
// best configuration's replicate with the median value. Of several sweeps that hold the trial it takes the one where
// it got furthest, the oldest of equals. Errors wrap ErrNotFound or ErrAmbiguous.
func (s *Store) Trial(ctx context.Context, ref string) (Trial, error) {
	var row Trial
	err := s.view(ctx, "find trial "+ref, func(tx *gorm.DB) (err error) {
		if sweep, ok := strings.CutSuffix(ref, ":best"); ok {
			row, err = s.bestTrial(tx, sweep)
			return err
		}
		row, err = trialNamed(tx, ref)
		return err
	})
	return row, err
}

func trialNamed(tx *gorm.DB, ref string) (Trial, error) {
	sweep, id, within := strings.Cut(ref, "/")
	if !within {
		sweep, id = "", ref
	}
	missing := fmt.Errorf("trial %s: %w", ref, ErrNotFound)
	if id == "" || strings.Trim(id, "0123456789abcdef") != "" {
		return Trial{}, missing
	}
	// A full key names its trial, too. Hexadecimal digits and ~ sort as bytes.
	id = id[:min(len(id), shortID)]
	where, args := `WHERE v.trial >= ? AND v.trial < ?`, []any{id, id + "~"}
	if within {
		where, args = where+` AND v.sweep = ?`, append(args, sweep)
	}
	var rows []Trial
	err := tx.Raw(ordered+where+` ORDER BY t.state IN ('complete', 'diverged') DESC, t.steps DESC, t.retired, t.id`, args...).
		Scan(&rows).Error
	if err != nil {
		return Trial{}, err
	}
	if len(rows) == 0 {
		return Trial{}, missing
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Trial)
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 1 {
		return Trial{}, &AmbiguousError{Ref: ref, Matches: ids[:min(len(ids), 10)]}
	}
	return rows[0], nil
}

// shortID is the length of a trial's and a configuration's id.
const shortID = 12

// Points returns the curves of all trials of a sweep that are not retired: trial by trial in the order of the plan,
// metric by metric, by step.
func (s *Store) Points(ctx context.Context, sweep string) ([]Point, error) {
	points := []Point{}
	err := s.view(ctx, "read points of sweep "+sweep, func(tx *gorm.DB) error {
		if _, err := sweepNamed(tx, sweep); err != nil {
			return err
		}
		var trials []string
		err := tx.Raw(`SELECT g.trial FROM trials t JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id
			WHERE s.name = ? AND t.retired = 0 ORDER BY t.position, t.id`, sweep).Scan(&trials).Error
		if err != nil {
			return err
		}
		points = points[:0]
		for _, t := range trials { // one by one: each is in the order of an index, all together would be sorted
			if points, err = appendPoints(points, tx, sweep, t); err != nil {
				return err
			}
		}
		return nil
	})
	return points, err
}

// appendPoints reads the curves of one trial. They are scanned by hand: of a million points reflection takes seconds and
// makes as many copies of few names.
func appendPoints(points []Point, tx *gorm.DB, sweep, trial string) ([]Point, error) {
	rows, err := tx.Raw(`SELECT metric, step, examples, seconds, value FROM v_points WHERE sweep = ? AND trial = ?
		ORDER BY metric, step`, sweep, trial).Rows()
	if err != nil {
		return points, err
	}
	defer rows.Close()
	var metric sql.RawBytes
	var value sql.NullFloat64
	p := Point{Sweep: sweep, Trial: trial}
	for rows.Next() {
		if err := rows.Scan(&metric, &p.Step, &p.Examples, &p.Seconds, &value); err != nil {
			return points, err
		}
		if p.Metric != string(metric) {
			p.Metric = string(metric)
		}
		p.Value = nil
		if value.Valid {
			v := value.Float64
			p.Value = &v
		}
		points = append(points, p)
	}
	return points, rows.Err()
}

// TrialPoints returns the curves of one trial: metric by metric, by step.
func (s *Store) TrialPoints(ctx context.Context, sweep, trial string) ([]Point, error) {
	rows := []Point{}
	err := s.view(ctx, "read points of trial "+trial, func(tx *gorm.DB) error {
		t, err := trialNamed(tx, sweep+"/"+trial)
		if err != nil {
			return err
		}
		rows, err = appendPoints(rows[:0], tx, sweep, t.Trial)
		return err
	})
	return rows, err
}

// Finals returns the figures at a trial's end by metric, those without a column in v_trials too. NULL is nil.
func (s *Store) Finals(ctx context.Context, sweep, trial string) (map[string]*float64, error) {
	finals := map[string]*float64{}
	err := s.view(ctx, "read figures of trial "+trial, func(tx *gorm.DB) error {
		t, err := trialNamed(tx, sweep+"/"+trial)
		if err != nil {
			return err
		}
		clear(finals)
		var rows []struct {
			Metric string
			Value  *float64
		}
		err = tx.Raw(`SELECT f.metric, f.value FROM finals f JOIN trials t ON t.id = f.trial_id JOIN sweeps s ON s.id = t.sweep_id
			JOIN trainings g ON g.id = t.training_id WHERE s.name = ? AND g.trial = ?`, sweep, t.Trial).Scan(&rows).Error
		for _, r := range rows {
			finals[r.Metric] = r.Value
		}
		return err
	})
	return finals, err
}

// Sessions returns the attempts at a sweep's trials: trial by trial in the order of the plan, by attempt.
func (s *Store) Sessions(ctx context.Context, sweep string) ([]Session, error) {
	type row struct {
		Session
		Started int64
		Ended   *int64
	}
	var rows []row
	err := s.view(ctx, "read sessions of sweep "+sweep, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT s.name AS sweep, g.trial, x.attempt, x.start_step, x.end_step, x.seconds, x.outcome,
			x.started_at AS started, x.ended_at AS ended FROM sessions x JOIN trials t ON t.id = x.trial_id
			JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id
			WHERE s.name = ? ORDER BY t.position, t.id, x.attempt`, sweep).Scan(&rows).Error
	})
	sessions := make([]Session, len(rows))
	for i, r := range rows {
		sessions[i] = r.Session
		sessions[i].StartedAt = timeText(r.Started)
		if r.Ended != nil {
			t := timeText(*r.Ended)
			sessions[i].EndedAt = &t
		}
	}
	return sessions, err
}

// timeText writes microseconds as the views do.
func timeText(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000Z") }

// Provenance returns what is known of where a sweep's figures came from, as of its last edit.
func (s *Store) Provenance(ctx context.Context, sweep string) (Provenance, error) {
	var p Provenance
	err := s.view(ctx, "read provenance of sweep "+sweep, func(tx *gorm.DB) error {
		var at int64
		var body string
		err := tx.Raw(`SELECT p.at, p.body FROM provenance p JOIN sweeps s ON s.id = p.sweep_id
			WHERE s.name = ? ORDER BY p.id DESC LIMIT 1`, sweep).Row().Scan(&at, &body)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		} else if err != nil {
			return err
		}
		p = Provenance{}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return fmt.Errorf("read provenance: %w", err)
		}
		p.At = timeText(at)
		return nil
	})
	return p, err
}

// Data names what a configuration was trained on; figures are compared within one split and vocabulary only.
type Data struct{ Corpus, Split, Vocabulary string }

// Data returns the splits and vocabularies of a sweep's configurations, each once, in the plan's order.
func (s *Store) Data(ctx context.Context, sweep string) ([]Data, error) {
	var rows []Data
	err := s.view(ctx, "read data of sweep "+sweep, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.corpus, c.split, c.vocabulary FROM configurations c JOIN sweeps s ON s.id = c.sweep_id
			WHERE s.name = ? AND c.retired = 0 GROUP BY c.corpus, c.split, c.vocabulary ORDER BY min(c.position)`, sweep).Scan(&rows).Error
	})
	return rows, err
}

// DataOf returns what a configuration of a sweep was trained on.
func (s *Store) DataOf(ctx context.Context, sweep, configuration string) (Data, error) {
	var d Data
	err := s.view(ctx, "read data of configuration "+configuration, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT c.corpus, c.split, c.vocabulary FROM configurations c JOIN sweeps s ON s.id = c.sweep_id
			WHERE s.name = ? AND c.configuration = ?`, sweep, configuration).Scan(&d).Error
	})
	return d, err
}

// StoppedBy returns what has stopped a trial: rule, clock, or "" for nothing or nothing that is known.
func (s *Store) StoppedBy(ctx context.Context, sweep, trial string) (string, error) {
	var by string
	err := s.view(ctx, "read trial "+trial, func(tx *gorm.DB) error {
		// Records of the first schemas do not say what stopped a trial, but that a clock did, which cannot be linked.
		return tx.Raw(`SELECT coalesce(t.stopped_by, CASE WHEN t.state = 'stopped' AND t.linkable = 0 THEN 'unknown' END, '') FROM trials t
			JOIN sweeps s ON s.id = t.sweep_id JOIN trainings g ON g.id = t.training_id WHERE s.name = ? AND g.trial = ?`, sweep, trial).Scan(&by).Error
	})
	return by, err
}

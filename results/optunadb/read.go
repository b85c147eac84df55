// Package optunadb reads the studies of Optuna's storage in SQLite, the tables of schema 12 (Optuna 3 to 5), without changing
// anything in it.
package optunadb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"sweep/internal/optuna"
	"sweep/results"
)

// schemaVersion is that of the tables, which Optuna has kept since it has been migrating them by other means.
const schemaVersion = 12

// Read returns the studies of a file, with all their trials, and the version of Optuna that made the tables.
func Read(ctx context.Context, file string) (studies []optuna.Study, version string, err error) {
	pool, err := results.OpenForeign(file)
	if err != nil {
		return nil, "", err
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, nil) // one state of everything, for the study may be going on
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	d := &db{ctx: ctx, tx: tx, zone: time.UTC}
	if version, err = d.version(); err != nil {
		return nil, "", err
	}
	if major, _, _ := strings.Cut(version, "."); len(major) == 1 && major < "5" {
		d.zone = time.Local // where the trials were run, which is not told
	}
	studies, err = d.studies()
	return studies, version, err
}

type db struct {
	ctx  context.Context
	tx   *sql.Tx
	zone *time.Location // of times, which have none
}

// each runs a query and calls scan for every row.
func (d *db) each(query string, scan func(rows *sql.Rows) error) error {
	rows, err := d.tx.QueryContext(d.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// version refuses files that are no storage of Optuna, or one of other tables.
func (d *db) version() (string, error) {
	var schema int
	var library sql.NullString
	err := d.tx.QueryRowContext(d.ctx, `SELECT schema_version, library_version FROM version_info`).Scan(&schema, &library)
	switch {
	case errors.Is(err, sql.ErrNoRows), err != nil && strings.Contains(err.Error(), "no such table"):
		return "", errors.New("it is an SQLite file, but no storage of Optuna")
	case err != nil:
		return "", err
	case schema != schemaVersion:
		return "", fmt.Errorf("its tables are of Optuna's schema %d, and this program reads %d (Optuna 3 to 5); `optuna storage upgrade` brings it there", schema, schemaVersion)
	}
	return library.String, nil
}

// place is where a trial stands in the result.
type place struct{ study, number int }

func (d *db) studies() ([]optuna.Study, error) {
	var studies []optuna.Study
	at := map[int64]int{} // study_id to place
	err := d.each(`SELECT study_id, study_name FROM studies ORDER BY study_id`, func(rows *sql.Rows) error {
		var id int64
		var s optuna.Study
		if err := rows.Scan(&id, &s.Name); err != nil {
			return err
		}
		at[id] = len(studies)
		studies = append(studies, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = d.each(`SELECT study_id, direction FROM study_directions ORDER BY study_id, objective`, func(rows *sql.Rows) error {
		var id int64
		var direction string
		err := rows.Scan(&id, &direction)
		if i, ok := at[id]; ok && err == nil {
			studies[i].Maximize = append(studies[i].Maximize, direction == "MAXIMIZE")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, s := range studies {
		if len(s.Maximize) == 0 {
			return nil, fmt.Errorf("study %q has no direction", s.Name)
		}
	}
	err = d.each(`SELECT study_id, value_json FROM study_system_attributes WHERE key = 'study:metric_names'`, func(rows *sql.Rows) error {
		var id int64
		var names string
		if err := rows.Scan(&id, &names); err != nil {
			return err
		}
		if i, ok := at[id]; ok {
			return json.Unmarshal([]byte(names), &studies[i].Objectives)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return studies, d.trials(studies, at)
}

func (d *db) trials(studies []optuna.Study, at map[int64]int) error {
	places := map[int64]place{}
	find := func(id int64) *optuna.Trial {
		if p, ok := places[id]; ok {
			return &studies[p.study].Trials[p.number]
		}
		return nil
	}
	err := d.each(`SELECT trial_id, study_id, state, CAST(datetime_start AS TEXT), CAST(datetime_complete AS TEXT) FROM trials
		ORDER BY study_id, number, trial_id`, func(rows *sql.Rows) error {
		var id, study int64
		var state string
		var start, end sql.NullString
		if err := rows.Scan(&id, &study, &state, &start, &end); err != nil {
			return err
		}
		i, ok := at[study]
		if !ok {
			return nil
		}
		t := optuna.Trial{Attributes: map[string]json.RawMessage{}}
		if t.State, ok = optuna.StateNamed(state); !ok {
			return fmt.Errorf("trial_id %d: unknown state %q", id, state)
		}
		var err error
		if t.Start, err = d.instant(start); err != nil {
			return err
		}
		if t.End, err = d.instant(end); err != nil {
			return err
		}
		places[id] = place{i, len(studies[i].Trials)}
		studies[i].Trials = append(studies[i].Trials, t)
		return nil
	})
	if err != nil {
		return err
	}
	for _, read := range []func(func(int64) *optuna.Trial) error{d.params, d.values, d.curves, d.attributes} {
		if err := read(find); err != nil {
			return err
		}
	}
	return nil
}

// params reads the parameters; equal distributions are read once.
func (d *db) params(find func(int64) *optuna.Trial) error {
	known := map[string]optuna.Distribution{}
	return d.each(`SELECT trial_id, param_name, param_value, distribution_json FROM trial_params ORDER BY trial_id, param_id`, func(rows *sql.Rows) error {
		var id int64
		var p optuna.Param
		var text string
		if err := rows.Scan(&id, &p.Name, &p.Internal, &text); err != nil {
			return err
		}
		var ok bool
		if p.Distribution, ok = known[text]; !ok {
			var err error
			if p.Distribution, err = optuna.ParseDistribution(text); err != nil {
				return err
			}
			known[text] = p.Distribution
		}
		if t := find(id); t != nil {
			t.Params = append(t.Params, p)
		}
		return nil
	})
}

func (d *db) values(find func(int64) *optuna.Trial) error {
	return d.each(`SELECT trial_id, objective, value, value_type FROM trial_values ORDER BY trial_id, objective`, func(rows *sql.Rows) error {
		var id int64
		var objective int
		var v sql.NullFloat64
		var kind string
		if err := rows.Scan(&id, &objective, &v, &kind); err != nil {
			return err
		}
		t := find(id)
		if t == nil {
			return nil
		}
		if objective != len(t.Values) {
			return fmt.Errorf("trial_id %d: its value of objective %d is missing", id, len(t.Values))
		}
		t.Values = append(t.Values, stored(v, kind))
		return nil
	})
}

func (d *db) curves(find func(int64) *optuna.Trial) error {
	return d.each(`SELECT trial_id, step, intermediate_value, intermediate_value_type FROM trial_intermediate_values ORDER BY trial_id, step`, func(rows *sql.Rows) error {
		var id int64
		var step optuna.Step
		var v sql.NullFloat64
		var kind string
		if err := rows.Scan(&id, &step.Step, &v, &kind); err != nil {
			return err
		}
		if t := find(id); t != nil {
			step.Value = stored(v, kind)
			t.Curve = append(t.Curve, step)
		}
		return nil
	})
}

func (d *db) attributes(find func(int64) *optuna.Trial) error {
	return d.each(`SELECT trial_id, key, value_json FROM trial_user_attributes ORDER BY trial_id`, func(rows *sql.Rows) error {
		var id int64
		var key, value string
		if err := rows.Scan(&id, &key, &value); err != nil {
			return err
		}
		if t := find(id); t != nil {
			t.Attributes[key] = json.RawMessage(value)
		}
		return nil
	})
}

// stored is a number of which the table keeps its kind beside it.
func stored(v sql.NullFloat64, kind string) float64 {
	switch {
	case kind == "INF_POS":
		return math.Inf(1)
	case kind == "INF_NEG":
		return math.Inf(-1)
	case !v.Valid:
		return math.NaN()
	}
	return v.Float64
}

// instant reads a time. Optuna keeps universal time from version 5 on, before that the local one.
func (d *db) instant(text sql.NullString) (time.Time, error) {
	if !text.Valid {
		return time.Time{}, nil
	}
	for _, form := range []string{"2006-01-02 15:04:05.999999999", time.RFC3339Nano} {
		if t, err := time.ParseInLocation(form, text.String, d.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time", text.String)
}

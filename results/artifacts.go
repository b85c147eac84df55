package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"sweep/sweeps"
)

// generationsKept is how many generations of files the record has of each training and report.
const generationsKept = 2

// filesOf says whose files are meant: a training's or a report's.
type filesOf struct {
	column string // of artifacts
	id     int64
}

// Identity is what tells a record from others that keep files in the same place.
func (s *Store) Identity(ctx context.Context) (id string, err error) {
	err = s.view(ctx, "read identity", func(tx *gorm.DB) error { return one(tx, `SELECT id FROM identity`).Scan(&id) })
	return id, err
}

// HasFiles reports whether the record has files of any trial or report.
func (s *Store) HasFiles(ctx context.Context) (has bool, err error) {
	err = s.view(ctx, "look for files", func(tx *gorm.DB) error { return one(tx, `SELECT EXISTS (SELECT 1 FROM artifacts)`).Scan(&has) })
	return has, err
}

// KeepFiles records what there is of the files of a trial that this Store has claimed, all of which lie in the store of files
// by now: a new generation. It returns its number, and objects that the record refers to no more. If the trial is another
// process's meanwhile it records nothing, and the error wraps sweeps.ErrSuperseded. No files are no generation (0).
func (s *Store) KeepFiles(_ context.Context, t sweeps.Trial, files []sweeps.Artifact) (number int64, dropped []string, err error) {
	doing := "record files of trial " + t.ID
	s.mu.Lock()
	live := s.live[place{t.Sweep, t.ID}]
	s.mu.Unlock()
	if live == nil {
		return 0, nil, fmt.Errorf("%s: %w: not claimed by this process", doing, ErrClosed)
	}
	if len(files) == 0 {
		return 0, nil, nil
	}
	err = s.write(doing, request{sync: true, act: func(tx *gorm.DB) error {
		var held bool
		err := one(tx, `SELECT EXISTS (SELECT 1 FROM trials t JOIN sessions n ON n.trial_id = t.id AND n.attempt = t.attempts
			WHERE t.id = ? AND t.state = 'running' AND t.attempts = ? AND n.outcome = 'running')`, live.trial, live.attempt).Scan(&held)
		if err != nil {
			return err
		}
		if !held {
			return sweeps.ErrSuperseded
		}
		number, dropped, err = s.addGeneration(tx, filesOf{"training_id", live.training}, files)
		return err
	}})
	return number, dropped, err
}

// KeepReport records the files of a sweep's report, as KeepFiles does those of a trial.
func (s *Store) KeepReport(_ context.Context, sweep string, files []sweeps.Artifact) (dropped []string, err error) {
	err = s.write("record files of sweep "+sweep, request{sync: true, act: func(tx *gorm.DB) error {
		var id int64
		err := one(tx, `SELECT id FROM sweeps WHERE name = ?`, sweep).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("sweep %s: %w", sweep, ErrNotFound)
		}
		if err == nil {
			_, dropped, err = s.addGeneration(tx, filesOf{"sweep_id", id}, files)
		}
		return err
	}})
	return dropped, err
}

func (s *Store) addGeneration(tx *gorm.DB, of filesOf, files []sweeps.Artifact) (number int64, dropped []string, err error) {
	err = one(tx, `SELECT coalesce(max(generation), 0) + 1 FROM artifacts WHERE `+of.column+` = ?`, of.id).Scan(&number)
	if err != nil {
		return 0, nil, err
	}
	for part := range slices.Chunk(files, rowsPerStatement) {
		var args []any
		for _, f := range part {
			args = append(args, of.id, number, f.Name, f.Object, f.SHA256, f.Bytes, s.now())
		}
		if err := execute(tx, `INSERT INTO artifacts (`+of.column+`, generation, name, object, sha256, bytes, kept_at) VALUES `+tuples(len(part), 7), args...); err != nil {
			return 0, nil, err
		}
	}
	dropped, err = dropFiles(tx, of.column+` = ? AND generation <= ?`, of.id, number-generationsKept)
	return number, dropped, err
}

// dropFiles takes files out of the record and returns those of their objects that it refers to no more.
func dropFiles(tx *gorm.DB, which string, args ...any) (dropped []string, err error) {
	var objects []string
	if err := tx.Raw(`SELECT DISTINCT object FROM artifacts WHERE `+which, args...).Scan(&objects).Error; err != nil || len(objects) == 0 {
		return nil, err
	}
	if err := tx.Exec(`DELETE FROM artifacts WHERE `+which, args...).Error; err != nil {
		return nil, err
	}
	for part := range slices.Chunk(objects, rowsPerStatement) {
		var left []string
		if err := tx.Raw(`SELECT DISTINCT object FROM artifacts WHERE object IN ?`, part).Scan(&left).Error; err != nil {
			return nil, err
		}
		for _, o := range part {
			if !slices.Contains(left, o) {
				dropped = append(dropped, o)
			}
		}
	}
	return dropped, nil
}

// DropFiles takes the files of trials out of the record, and returns the objects that it refers to no more.
func (s *Store) DropFiles(_ context.Context, trials []string) (dropped []string, err error) {
	err = s.write("drop files of trials", request{sync: true, act: func(tx *gorm.DB) error {
		dropped = nil
		for part := range slices.Chunk(trials, rowsPerStatement) {
			gone, err := dropFiles(tx, `training_id IN (SELECT id FROM trainings WHERE trial IN ?)`, part)
			if err != nil {
				return err
			}
			dropped = append(dropped, gone...)
		}
		return nil
	}})
	return dropped, err
}

// Files returns the generations of a trial's files, the newest first.
func (s *Store) Files(ctx context.Context, trial string) ([]sweeps.Generation, error) {
	return s.files(ctx, `a.training_id = (SELECT id FROM trainings WHERE trial = ?)`, trial)
}

// ReportFiles returns the generations of the files of a sweep's report, the newest first.
func (s *Store) ReportFiles(ctx context.Context, sweep string) ([]sweeps.Generation, error) {
	return s.files(ctx, `a.sweep_id = (SELECT id FROM sweeps WHERE name = ?)`, sweep)
}

func (s *Store) files(ctx context.Context, which, name string) (out []sweeps.Generation, err error) {
	err = s.view(ctx, "read files of "+name, func(tx *gorm.DB) error {
		out = nil
		var rows []struct {
			Generation int64
			sweeps.Artifact
		}
		err := tx.Raw(`SELECT a.generation, a.name, a.object, a.sha256, a.bytes FROM artifacts a WHERE `+which+` ORDER BY a.generation DESC, a.name`, name).Scan(&rows).Error
		for _, r := range rows {
			if len(out) == 0 || out[len(out)-1].Number != r.Generation {
				out = append(out, sweeps.Generation{Number: r.Generation})
			}
			g := &out[len(out)-1]
			g.Files = append(g.Files, r.Artifact)
		}
		return err
	})
	return out, err
}

// Objects returns all objects in the store of files that the record refers to.
func (s *Store) Objects(ctx context.Context) (map[string]bool, error) {
	all := map[string]bool{}
	err := s.view(ctx, "read files", func(tx *gorm.DB) error {
		clear(all)
		var objects []string
		err := tx.Raw(`SELECT DISTINCT object FROM artifacts`).Scan(&objects).Error
		for _, o := range objects {
			all[o] = true
		}
		return err
	})
	return all, err
}

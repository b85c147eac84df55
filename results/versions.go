package results

import (
	"context"
	"slices"

	"gorm.io/gorm"
)

// Versions returns the numeric versions by which a sweep has been trained, the newest first; none for an unknown sweep.
func (s *Store) Versions(ctx context.Context, sweep, trainer string) ([]string, error) {
	var all []string
	err := s.view(ctx, "read versions of sweep "+sweep, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT json_extract(p.body, '$.trainer_version') FROM provenance p JOIN sweeps s ON s.id = p.sweep_id
			WHERE s.name = ? AND json_extract(p.body, '$.trainer') = ? ORDER BY p.id DESC`, sweep, trainer).Scan(&all).Error
	})
	var out []string
	for _, v := range all {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, err
}

// FinishedKeys returns the keys of the trainings that a sweep holds complete or diverged.
func (s *Store) FinishedKeys(ctx context.Context, sweep string) (map[string]bool, error) {
	var keys []string
	err := s.view(ctx, "read keys of sweep "+sweep, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT g.key FROM trials t JOIN trainings g ON g.id = t.training_id JOIN sweeps s ON s.id = t.sweep_id
			WHERE s.name = ? AND t.state IN ('complete', 'diverged', 'stopped')`, sweep).Scan(&keys).Error
	})
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out, err
}

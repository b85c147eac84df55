package results

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"gorm.io/gorm"
)

// Versions returns the numeric versions by which a sweep has been trained, the newest first; none for an unknown sweep.
func (s *Store) Versions(ctx context.Context, sweep, trainer string) ([]string, error) {
	var bodies []string
	err := s.view(ctx, "read versions of sweep "+sweep, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT p.body FROM provenance p JOIN sweeps s ON s.id = p.sweep_id WHERE s.name = ? ORDER BY p.id DESC`, sweep).Scan(&bodies).Error
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, b := range bodies {
		var p Provenance
		if err := json.Unmarshal([]byte(b), &p); err != nil {
			return nil, fmt.Errorf("read versions of sweep %s: %w", sweep, err)
		}
		if v := p.TrainerVersion; p.Trainer == trainer && v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out, nil
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

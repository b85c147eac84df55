package results

import (
	"context"
	"math"

	"gorm.io/gorm"
)

// PutBaselines records count models; one that is there already is replaced.
func (s *Store) PutBaselines(ctx context.Context, rows []Baseline) error {
	return s.write("record baselines", request{act: func(tx *gorm.DB) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		for _, b := range rows {
			err := execute(tx, `DELETE FROM baselines WHERE split = ? AND vocabulary = ? AND model = ? AND order_n = ?
				AND smoothing IS NOT DISTINCT FROM ?`, b.Split, b.Vocabulary, b.Model, b.OrderN, number(b.Smoothing))
			if err != nil {
				return err
			}
			err = execute(tx, `INSERT INTO baselines (corpus, split, vocabulary, model, order_n, smoothing,
				val_loss, val_perplexity, val_accuracy, val_perplexity_known,
				test_loss, test_perplexity, test_accuracy, test_perplexity_known, parameters, fitted) VALUES `+tuples(1, 16),
				b.Corpus, b.Split, b.Vocabulary, b.Model, b.OrderN, number(b.Smoothing),
				number(b.ValLoss), number(b.ValPerplexity), number(b.ValAccuracy), number(b.ValPerplexityKnown),
				number(b.TestLoss), number(b.TestPerplexity), number(b.TestAccuracy), number(b.TestPerplexityKnown), b.Parameters, b.Fitted)
			if err != nil {
				return err
			}
		}
		return nil
	}})
}

// number returns what to store for a figure that may be missing.
func number(v *float64) any {
	if v == nil {
		return nil
	}
	return finite(*v)
}

// figure is the inverse: what a computed number is in a row, nil for NaN and infinities.
func figure(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Baselines returns the count models of one split and vocabulary in the order in which they were recorded. An empty
// split or vocabulary stands for any.
func (s *Store) Baselines(ctx context.Context, split, vocabulary string) ([]Baseline, error) {
	rows := []Baseline{}
	err := s.view(ctx, "read baselines", func(tx *gorm.DB) error {
		return tx.Raw(`SELECT * FROM baselines WHERE (? = '' OR split = ?) AND (? = '' OR vocabulary = ?) ORDER BY id`,
			split, split, vocabulary, vocabulary).Scan(&rows).Error
	})
	return rows, err
}

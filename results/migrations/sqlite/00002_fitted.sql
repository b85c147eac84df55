-- +goose Up

PRAGMA user_version = 2; -- the number of this file

-- Whether a model's weights were fitted on the validation part, so that its figures there are too good to be ranked.
ALTER TABLE baselines ADD COLUMN fitted INTEGER NOT NULL DEFAULT 0 CHECK (fitted IN (0, 1));
UPDATE baselines SET fitted = 1 WHERE model = 'interpolated';

DROP VIEW v_baselines;
CREATE VIEW v_baselines AS
SELECT corpus,
       split,
       vocabulary,
       model,
       order_n,
       smoothing,
       val_loss,
       val_perplexity,
       val_accuracy,
       val_perplexity_known,
       test_loss,
       test_perplexity,
       test_accuracy,
       test_perplexity_known,
       parameters,
       fitted
FROM baselines;

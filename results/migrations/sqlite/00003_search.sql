-- +goose Up

PRAGMA user_version = 3; -- the number of this file

-- Whether a trial's seed was kept from the search, to judge what that has chosen; how often a race looks who may still be
-- the best and gets further replicates; 0: it is none.
ALTER TABLE trials ADD COLUMN confirms INTEGER NOT NULL DEFAULT 0 CHECK (confirms IN (0, 1));
ALTER TABLE sweeps ADD COLUMN looks INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0);

-- The work of one training as its trainer reckons it, in a unit of its own: what past trials tell of the time of others.
ALTER TABLE configurations ADD COLUMN cost REAL NOT NULL DEFAULT 0;

DROP VIEW v_trials;
CREATE VIEW v_trials AS
SELECT s.name AS sweep,
       g.trial AS trial,
       c.configuration AS configuration,
       t.replicate AS replicate,
       t.seed AS seed,
       t.state AS state,
       t.retired AS retired,
       c.params AS params,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = s.metric) AS value,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/loss') AS val_loss,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/perplexity') AS val_perplexity,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/accuracy') AS val_accuracy,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/top5') AS val_top5,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/unk_share') AS val_unk_share,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'val/perplexity_known') AS val_perplexity_known,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/loss') AS test_loss,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/perplexity') AS test_perplexity,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/accuracy') AS test_accuracy,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/top5') AS test_top5,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/unk_share') AS test_unk_share,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'test/perplexity_known') AS test_perplexity_known,
       (SELECT value FROM finals WHERE trial_id = t.id AND metric = 'train/loss') AS train_loss,
       c.parameters AS parameters,
       t.steps AS steps,
       t.examples AS examples,
       t.seconds AS seconds,
       t.attempts AS attempts,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.started_at / 1000000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.finished_at / 1000000.0, 'unixepoch') AS finished_at,
       t.error AS error,
       t.confirms AS confirms
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN trainings g ON g.id = t.training_id
JOIN configurations c ON c.id = t.configuration_id;

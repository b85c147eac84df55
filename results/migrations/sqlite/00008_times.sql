-- +goose Up

PRAGMA user_version = 8; -- the number of this file

-- The views cut times to whole milliseconds, as the program does elsewhere, in numbers that hold them: seconds with
-- microseconds behind the point, rounded by strftime, came to the next millisecond at some microsecond from the 492nd on.
DROP VIEW v_sweeps;
CREATE VIEW v_sweeps AS
SELECT s.name AS sweep,
       s.state AS state,
       s.method AS method,
       s.metric AS metric,
       s.goal AS goal,
       (SELECT count(*) FROM configurations c WHERE c.sweep_id = s.id AND c.retired = 0) AS configurations,
       (SELECT count(*) FROM trials t WHERE t.sweep_id = s.id AND t.retired = 0) AS trials,
       (SELECT count(*) FROM trials t WHERE t.sweep_id = s.id AND t.retired = 0 AND t.state = 'complete') AS complete,
       (SELECT count(*) FROM trials t WHERE t.sweep_id = s.id AND t.retired = 0 AND t.state = 'failed') AS failed,
       strftime('%Y-%m-%dT%H:%M:%fZ', s.created_at / 1000 / 1000.0, 'unixepoch') AS created_at,
       s.seconds AS seconds,
       (SELECT group_concat(text, char(10)) FROM (SELECT text FROM notes WHERE sweep_id = s.id ORDER BY id)) AS notes,
       (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE sweep_id = s.id ORDER BY tag)) AS tags
FROM sweeps s;

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
       strftime('%Y-%m-%dT%H:%M:%fZ', t.started_at / 1000 / 1000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.finished_at / 1000 / 1000.0, 'unixepoch') AS finished_at,
       t.error AS error,
       t.confirms AS confirms,
       (SELECT group_concat(text, char(10)) FROM (SELECT text FROM notes WHERE training_id = t.training_id ORDER BY id)) AS notes,
       (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE training_id = t.training_id ORDER BY tag)) AS tags
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN trainings g ON g.id = t.training_id
JOIN configurations c ON c.id = t.configuration_id;

DROP VIEW v_artifacts;
CREATE VIEW v_artifacts AS
SELECT g.trial, s.name AS sweep, a.generation, a.name, a.object, a.sha256, a.bytes, strftime('%Y-%m-%dT%H:%M:%fZ', a.kept_at / 1000 / 1000.0, 'unixepoch') AS kept_at
FROM artifacts a LEFT JOIN trainings g ON g.id = a.training_id LEFT JOIN sweeps s ON s.id = a.sweep_id;

-- +goose Up

PRAGMA user_version = 5; -- the number of this file

-- What people have noted of a sweep, or of a training wherever it stands. Trials that have ended are never written again, so
-- that this lies beside them.
CREATE TABLE notes (
    id          INTEGER PRIMARY KEY,
    sweep_id    INTEGER REFERENCES sweeps (id),
    training_id INTEGER REFERENCES trainings (id),
    at          INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    CHECK ((sweep_id IS NULL) <> (training_id IS NULL))
) STRICT;
CREATE INDEX notes_sweep ON notes (sweep_id) WHERE sweep_id IS NOT NULL;
CREATE INDEX notes_training ON notes (training_id) WHERE training_id IS NOT NULL;

CREATE TABLE tags (
    id          INTEGER PRIMARY KEY,
    sweep_id    INTEGER REFERENCES sweeps (id),
    training_id INTEGER REFERENCES trainings (id),
    tag         TEXT    NOT NULL,
    CHECK ((sweep_id IS NULL) <> (training_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX tags_sweep ON tags (sweep_id, tag) WHERE sweep_id IS NOT NULL;
CREATE UNIQUE INDEX tags_training ON tags (training_id, tag) WHERE training_id IS NOT NULL;

-- Trials that are about to be removed for good, within one transaction: only these may be deleted when they have ended.
CREATE TABLE removals (
    trial_id INTEGER PRIMARY KEY
) STRICT;
DROP TRIGGER trials_kept;
-- +goose StatementBegin
CREATE TRIGGER trials_kept BEFORE DELETE ON trials
WHEN OLD.state IN ('complete', 'stopped', 'diverged') AND NOT EXISTS (SELECT 1 FROM removals WHERE trial_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;
-- +goose StatementEnd
DROP TRIGGER finals_removed;
-- +goose StatementBegin
CREATE TRIGGER finals_removed BEFORE DELETE ON finals
WHEN (SELECT state FROM trials WHERE id = OLD.trial_id) IN ('complete', 'stopped', 'diverged')
    AND NOT EXISTS (SELECT 1 FROM removals WHERE trial_id = OLD.trial_id)
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;
-- +goose StatementEnd

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
       strftime('%Y-%m-%dT%H:%M:%fZ', s.created_at / 1000000.0, 'unixepoch') AS created_at,
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
       strftime('%Y-%m-%dT%H:%M:%fZ', t.started_at / 1000000.0, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.finished_at / 1000000.0, 'unixepoch') AS finished_at,
       t.error AS error,
       t.confirms AS confirms,
       (SELECT group_concat(text, char(10)) FROM (SELECT text FROM notes WHERE training_id = t.training_id ORDER BY id)) AS notes,
       (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE training_id = t.training_id ORDER BY tag)) AS tags
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN trainings g ON g.id = t.training_id
JOIN configurations c ON c.id = t.configuration_id;

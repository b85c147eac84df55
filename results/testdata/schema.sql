CREATE INDEX artifacts_object ON artifacts (object);

CREATE UNIQUE INDEX artifacts_sweep ON artifacts (sweep_id, generation, name);

CREATE UNIQUE INDEX artifacts_training ON artifacts (training_id, generation, name);

CREATE UNIQUE INDEX baselines_one ON baselines (split, vocabulary, model, order_n, ifnull(smoothing, -1));

CREATE INDEX notes_sweep ON notes (sweep_id) WHERE sweep_id IS NOT NULL;

CREATE INDEX notes_training ON notes (training_id) WHERE training_id IS NOT NULL;

CREATE INDEX provenance_sweep ON provenance (sweep_id);

CREATE UNIQUE INDEX sessions_one_running ON sessions (trial_id) WHERE outcome = 'running';

CREATE INDEX sessions_worker ON sessions (worker_id) WHERE outcome = 'running';

CREATE UNIQUE INDEX tags_sweep ON tags (sweep_id, tag) WHERE sweep_id IS NOT NULL;

CREATE UNIQUE INDEX tags_training ON tags (training_id, tag) WHERE training_id IS NOT NULL;

CREATE INDEX trainings_trial ON trainings (trial);

CREATE INDEX trials_configuration ON trials (configuration_id);

CREATE UNIQUE INDEX trials_one_running ON trials (training_id) WHERE state = 'running';

CREATE INDEX trials_told ON trials (sweep_id, told);

CREATE INDEX trials_training ON trials (training_id);

CREATE TABLE artifacts (
    id          INTEGER PRIMARY KEY,
    training_id INTEGER REFERENCES trainings (id), -- whose files they are
    sweep_id    INTEGER REFERENCES sweeps (id),    -- or whose report
    generation  INTEGER NOT NULL CHECK (generation > 0),
    name        TEXT    NOT NULL, -- where the file lies below the record's folder
    object      TEXT    NOT NULL,
    sha256      TEXT    NOT NULL,
    bytes       INTEGER NOT NULL,
    kept_at     INTEGER NOT NULL,
    CHECK ((training_id IS NULL) <> (sweep_id IS NULL))
) STRICT;

CREATE TABLE baselines (
    id                    INTEGER PRIMARY KEY,
    corpus                TEXT    NOT NULL,
    split                 TEXT    NOT NULL,
    vocabulary            TEXT    NOT NULL,
    model                 TEXT    NOT NULL,
    order_n               INTEGER NOT NULL,
    smoothing             REAL,
    val_loss              REAL,
    val_perplexity        REAL,
    val_accuracy          REAL,
    val_perplexity_known  REAL,
    test_loss             REAL,
    test_perplexity       REAL,
    test_accuracy         REAL,
    test_perplexity_known REAL,
    parameters            INTEGER NOT NULL
, fitted INTEGER NOT NULL DEFAULT 0 CHECK (fitted IN (0, 1))) STRICT;

CREATE TABLE configurations (
    id            INTEGER PRIMARY KEY,
    sweep_id      INTEGER NOT NULL REFERENCES sweeps (id),
    configuration TEXT    NOT NULL,
    position      INTEGER NOT NULL, -- in the plan
    retired       INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    params        TEXT    NOT NULL CHECK (json_valid(params)),
    parameters    INTEGER NOT NULL,
    steps         INTEGER NOT NULL, -- of one training, as planned
    corpus        TEXT    NOT NULL,
    split         TEXT    NOT NULL,
    vocabulary    TEXT    NOT NULL, cost REAL NOT NULL DEFAULT 0,
    UNIQUE (sweep_id, configuration)
) STRICT;

CREATE TABLE finals (
    trial_id INTEGER NOT NULL REFERENCES trials (id),
    metric   TEXT    NOT NULL,
    value    REAL,
    PRIMARY KEY (trial_id, metric)
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;

CREATE TABLE metrics (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE notes (
    id          INTEGER PRIMARY KEY,
    sweep_id    INTEGER REFERENCES sweeps (id),
    training_id INTEGER REFERENCES trainings (id),
    at          INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    CHECK ((sweep_id IS NULL) <> (training_id IS NULL))
) STRICT;

CREATE TABLE points (
    training_id INTEGER NOT NULL REFERENCES trainings (id),
    metric_id   INTEGER NOT NULL REFERENCES metrics (id),
    step        INTEGER NOT NULL,
    examples    INTEGER NOT NULL,
    seconds     REAL    NOT NULL,
    value       REAL,
    PRIMARY KEY (training_id, metric_id, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE provenance (
    id       INTEGER PRIMARY KEY,
    sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
    at       INTEGER NOT NULL,
    body     TEXT    NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE removals (
    trial_id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    trial_id   INTEGER NOT NULL REFERENCES trials (id),
    attempt    INTEGER NOT NULL,
    start_step INTEGER,
    end_step   INTEGER,
    seconds    REAL    NOT NULL DEFAULT 0,
    outcome    TEXT    NOT NULL DEFAULT 'running'
               CHECK (outcome IN ('running', 'complete', 'stopped', 'diverged', 'failed', 'interrupted', 'lost')),
    started_at INTEGER NOT NULL,
    ended_at   INTEGER, worker_id INTEGER,
    UNIQUE (trial_id, attempt)
) STRICT;

CREATE TABLE standings (
    configuration_id INTEGER PRIMARY KEY REFERENCES configurations (id),
    metric           TEXT    NOT NULL,
    n                INTEGER NOT NULL,
    mean             REAL,
    sd               REAL,
    low              REAL,
    high             REAL,
    rank             INTEGER,
    best             INTEGER NOT NULL CHECK (best IN (0, 1)),
    tied             INTEGER NOT NULL CHECK (tied IN (0, 1))
) STRICT;

CREATE TABLE sweeps (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    state      TEXT    NOT NULL CHECK (state IN ('running', 'interrupted', 'complete', 'failed')),
    method     TEXT    NOT NULL,
    metric     TEXT    NOT NULL,
    goal       TEXT    NOT NULL CHECK (goal IN ('minimize', 'maximize')),
    created_at INTEGER NOT NULL,
    seconds    REAL    NOT NULL DEFAULT 0
, looks INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0), stopping TEXT, queued TEXT, round INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE tags (
    id          INTEGER PRIMARY KEY,
    sweep_id    INTEGER REFERENCES sweeps (id),
    training_id INTEGER REFERENCES trainings (id),
    tag         TEXT    NOT NULL,
    CHECK ((sweep_id IS NULL) <> (training_id IS NULL))
) STRICT;

CREATE TABLE trainings (
    id    INTEGER PRIMARY KEY,
    key   TEXT    NOT NULL UNIQUE, -- SHA-256, hex
    trial TEXT    NOT NULL         -- its first 12 digits
) STRICT;

CREATE TABLE trials (
    id               INTEGER PRIMARY KEY,
    sweep_id         INTEGER NOT NULL REFERENCES sweeps (id),
    training_id      INTEGER NOT NULL REFERENCES trainings (id),
    configuration_id INTEGER NOT NULL REFERENCES configurations (id),
    replicate        INTEGER NOT NULL,
    seed             INTEGER NOT NULL,
    position         INTEGER NOT NULL, -- in the order of running
    retired          INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
    state            TEXT    NOT NULL DEFAULT 'waiting'
                     CHECK (state IN ('waiting', 'running', 'complete', 'stopped', 'diverged', 'failed')),
    linkable         INTEGER NOT NULL DEFAULT 1 CHECK (linkable IN (0, 1)), -- 0: a clock ended it
    linked           INTEGER NOT NULL DEFAULT 0 CHECK (linked IN (0, 1)),   -- 1: trained elsewhere
    attempts         INTEGER NOT NULL DEFAULT 0,
    steps            INTEGER NOT NULL DEFAULT 0,
    examples         INTEGER NOT NULL DEFAULT 0,
    seconds          REAL    NOT NULL DEFAULT 0,
    started_at       INTEGER,
    finished_at      INTEGER,
    error            TEXT, confirms INTEGER NOT NULL DEFAULT 0 CHECK (confirms IN (0, 1)), undecided TEXT CHECK (undecided IN ('complete', 'stopped', 'diverged')), stopped_by TEXT CHECK (stopped_by IN ('rule', 'clock')), told INTEGER NOT NULL DEFAULT 0,
    UNIQUE (sweep_id, training_id)
) STRICT;

CREATE TABLE workers (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL,
    machine      TEXT    NOT NULL, -- where its process is, so that others there can see whether it lives; '': that cannot be told
    process      INTEGER NOT NULL,
    began        INTEGER NOT NULL, -- which of the processes of that number, one after the other
    slots        INTEGER NOT NULL,
    since        INTEGER NOT NULL, -- it has been heard of without a gap
    beat_at      INTEGER NOT NULL, -- it was heard of last, by the database's clock
    doubtful     INTEGER NOT NULL DEFAULT 0 CHECK (doubtful IN (0, 1)) -- all that it has tried lately failed at once
) STRICT;

CREATE TRIGGER finals_added BEFORE INSERT ON finals
WHEN (SELECT state FROM trials WHERE id = NEW.trial_id) IN ('complete', 'stopped', 'diverged')
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;

CREATE TRIGGER finals_changed BEFORE UPDATE ON finals
WHEN (SELECT state FROM trials WHERE id = OLD.trial_id) IN ('complete', 'stopped', 'diverged')
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;

CREATE TRIGGER finals_removed BEFORE DELETE ON finals
WHEN (SELECT state FROM trials WHERE id = OLD.trial_id) IN ('complete', 'stopped', 'diverged')
    AND NOT EXISTS (SELECT 1 FROM removals WHERE trial_id = OLD.trial_id)
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;

CREATE TRIGGER trials_finished BEFORE UPDATE OF
    state, sweep_id, training_id, seed, linkable, linked, attempts, steps, examples, seconds, started_at, finished_at, error
    ON trials WHEN OLD.state IN ('complete', 'stopped', 'diverged')
        AND NOT (OLD.state = 'stopped' AND OLD.linkable = 0 AND NEW.state = 'waiting')
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;

CREATE TRIGGER trials_kept BEFORE DELETE ON trials
WHEN OLD.state IN ('complete', 'stopped', 'diverged') AND NOT EXISTS (SELECT 1 FROM removals WHERE trial_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;

CREATE VIEW v_artifacts AS
SELECT g.trial, s.name AS sweep, a.generation, a.name, a.object, a.sha256, a.bytes, strftime('%Y-%m-%dT%H:%M:%fZ', a.kept_at / 1000 / 1000.0, 'unixepoch') AS kept_at
FROM artifacts a LEFT JOIN trainings g ON g.id = a.training_id LEFT JOIN sweeps s ON s.id = a.sweep_id;

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

CREATE VIEW v_configurations AS
SELECT s.name AS sweep,
       c.configuration AS configuration,
       c.params AS params,
       d.n AS n,
       d.metric AS metric,
       d.mean AS mean,
       d.sd AS sd,
       d.low AS low,
       d.high AS high,
       d.rank AS rank,
       d.best AS best,
       d.tied AS tied_with_best
FROM configurations c
JOIN sweeps s ON s.id = c.sweep_id
JOIN standings d ON d.configuration_id = c.id
WHERE c.retired = 0;

CREATE VIEW v_points AS
SELECT s.name AS sweep,
       g.trial AS trial,
       m.name AS metric,
       p.step AS step,
       p.examples AS examples,
       p.seconds AS seconds,
       p.value AS value
FROM trials t
JOIN sweeps s ON s.id = t.sweep_id
JOIN trainings g ON g.id = t.training_id
JOIN points p ON p.training_id = t.training_id
JOIN metrics m ON m.id = p.metric_id
WHERE (t.state <> 'waiting' OR t.attempts > 0)
  AND (t.state NOT IN ('stopped', 'failed') OR p.step <= t.steps);

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

-- +goose Up

PRAGMA user_version = 7; -- the number of this file

-- Files of trainings and of reports that lie where several machines reach them. A row is there once its object is. Of each
-- training, and of each sweep's report, the newest two generations are kept, should an object of the newest be damaged.
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
CREATE UNIQUE INDEX artifacts_training ON artifacts (training_id, generation, name);
CREATE UNIQUE INDEX artifacts_sweep ON artifacts (sweep_id, generation, name);
CREATE INDEX artifacts_object ON artifacts (object);

-- Objects of this record begin with its identity, so that several may share a store of files.
CREATE TABLE identity (
    id TEXT NOT NULL
) STRICT;
INSERT INTO identity (id) VALUES (lower(hex(randomblob(8))));

CREATE VIEW v_artifacts AS
SELECT g.trial, s.name AS sweep, a.generation, a.name, a.object, a.sha256, a.bytes, strftime('%Y-%m-%dT%H:%M:%fZ', a.kept_at / 1000000.0, 'unixepoch') AS kept_at
FROM artifacts a LEFT JOIN trainings g ON g.id = a.training_id LEFT JOIN sweeps s ON s.id = a.sweep_id;

-- +goose Up

PRAGMA user_version = 6; -- the number of this file

-- The processes that train what a queue hands out. One that has not been heard of for long is taken out by another, and
-- what it had in hand is trained elsewhere.
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

ALTER TABLE sweeps ADD COLUMN queued TEXT; -- the plan's identity while its trials are in the queue; '' if no further ones are begun
ALTER TABLE sweeps ADD COLUMN round INTEGER NOT NULL DEFAULT 0; -- how often it was put into the queue; tasks of an earlier round are none any more
ALTER TABLE sessions ADD COLUMN worker_id INTEGER; -- whose lease it is; NULL: it hangs on the sweep's lock
ALTER TABLE trials ADD COLUMN told INTEGER NOT NULL DEFAULT 0; -- the number of what was told of it last, of its sweep
CREATE INDEX trials_told ON trials (sweep_id, told);
CREATE INDEX sessions_worker ON sessions (worker_id) WHERE outcome = 'running';

-- +goose Up

PRAGMA user_version = 4; -- the number of this file

-- What a waiting trial came to before it was decided whether it goes so far: a state, or NULL.
ALTER TABLE trials ADD COLUMN undecided TEXT CHECK (undecided IN ('complete', 'stopped', 'diverged'));

-- The rule by which the sweep last stopped trials, and what stopped a trial; NULL: nothing, itself, or it is not known.
ALTER TABLE sweeps ADD COLUMN stopping TEXT;
ALTER TABLE trials ADD COLUMN stopped_by TEXT CHECK (stopped_by IN ('rule', 'clock'));

-- What a rule has stopped may go on when the sweep has other rules.
DROP TRIGGER trials_finished;
-- +goose StatementBegin
CREATE TRIGGER trials_finished BEFORE UPDATE OF
    state, sweep_id, training_id, seed, linkable, linked, attempts, steps, examples, seconds, started_at, finished_at, error
    ON trials WHEN OLD.state IN ('complete', 'stopped', 'diverged')
        AND NOT (OLD.state = 'stopped' AND OLD.linkable = 0 AND NEW.state = 'waiting')
BEGIN
    SELECT RAISE(ABORT, 'a finished trial is never written again');
END;
-- +goose StatementEnd

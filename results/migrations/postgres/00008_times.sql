-- +goose Up

-- A time as the views write it: cut to whole milliseconds, as the program does elsewhere.
CREATE OR REPLACE FUNCTION written_time(us bigint) RETURNS text LANGUAGE sql STABLE
    AS $$SELECT to_char(to_timestamp(0) AT TIME ZONE 'UTC' + us / 1000 * interval '1 millisecond', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')$$;

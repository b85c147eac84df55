package results

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// queryCanceled is PostgreSQL's code for a statement that was broken off, by its time or by request.
const queryCanceled = "57014"

// reads are the beginnings of statements that a query may be, after spaces and remarks.
var reads = regexp.MustCompile(`(?is)^(\s|--[^\n]*\n|/\*.*?\*/|\()*(SELECT|WITH|VALUES)\b`)

func (p *postgresSchema) query(ctx context.Context, statement string) (Rows, error) {
	if !reads.MatchString(statement) {
		return Rows{}, fmt.Errorf("%w: a query is one SELECT", ErrQuery)
	}
	pool := stdlib.OpenDB(*p.config)
	defer pool.Close()
	rows, err := readOnly(ctx, pool, statement)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return rows, nil
	case ctx.Err() != nil:
		return Rows{}, fmt.Errorf("query: %w", context.Cause(ctx))
	case errors.As(err, &pg) && pg.Code == queryCanceled:
		return Rows{}, fmt.Errorf("%w: it took longer than %v", ErrQuery, queryTime)
	}
	if s := sentinel(err); s != nil && s != ErrUnwritable && s != ErrDenied {
		return Rows{}, fault("query", err)
	}
	return Rows{}, hint(fmt.Errorf("%w: %w", ErrQuery, err))
}

// readOnly runs a statement in a transaction that cannot write.
func readOnly(ctx context.Context, pool *sql.DB, statement string) (Rows, error) {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return Rows{}, err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	if _, err := tx.ExecContext(ctx, `SELECT set_config('statement_timeout', $1, true)`, strconv.FormatInt(queryTime.Milliseconds(), 10)); err != nil {
		return Rows{}, err
	}
	rows, err := tx.QueryContext(ctx, statement)
	if err != nil {
		return Rows{}, err
	}
	defer rows.Close()
	return bounded(rows)
}

// plainValue is a value as SQLite would give it: numbers, texts and nil.
func plainValue(v any, kind string) any {
	switch v := v.(type) {
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case string:
		if kind != "NUMERIC" {
			return v
		}
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	}
	return v
}

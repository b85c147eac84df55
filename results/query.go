package results

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// The bounds of a Query.
const (
	queryRows  = 10_000
	queryBytes = 8 << 20
	queryTime  = 2 * time.Second
)

// SQLite's numbers for what a statement does (https://sqlite.org/c3ref/c_alter_table.html) and for its limits.
const (
	actionRead      = 20
	actionSelect    = 21
	actionFunction  = 31
	actionRecursive = 33

	limitLength    = 0 // of a string or blob, bytes
	limitSQL       = 1 // of a statement, bytes
	limitExpr      = 3 // depth of an expression
	limitCompound  = 4 // terms of a compound SELECT
	limitAttached  = 7
	limitPattern   = 8 // of LIKE and GLOB, bytes
	limitSQLLength = 64 << 10
)

var queryLimits = map[int]int{limitLength: queryBytes, limitSQL: limitSQLLength, limitExpr: 100, limitCompound: 10, limitAttached: 0, limitPattern: 1000}

// queryGrace is how long after its time a query may take to notice: an interrupt ends it between two steps of SQLite's, and one
// call of a function is one step, however long it takes.
const queryGrace = time.Second

// Query runs one SELECT over the record, on a connection of its own that can neither write nor reach another file.
// It returns at most 10,000 rows of 8 MiB together and ends after two seconds. Errors wrap ErrQuery unless it is the
// record that failed.
func (s *Store) Query(ctx context.Context, query string) (Rows, error) {
	query, err := oneStatement(query)
	if err != nil {
		return Rows{}, err
	}
	return s.db.query(ctx, query)
}

func (f *sqliteFile) query(ctx context.Context, query string) (Rows, error) {
	limited, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	pool, err := sql.Open(driverName, readerName(f.path, f.immutable))
	if err != nil {
		return Rows{}, fault("query", err)
	}
	pool.SetMaxOpenConns(1)
	type answer struct {
		rows Rows
		err  error
	}
	answers := make(chan answer, 1) // so that the one who is waited for no more can end
	go func() {
		defer pool.Close()
		rows, err := queryOn(limited, pool, query)
		answers <- answer{rows, err}
	}()
	var rows Rows
	select {
	case got := <-answers:
		rows, err = got.rows, got.err
	case <-afterEnd(limited, queryGrace):
		err = context.DeadlineExceeded // it is in one long step, and ends with that, or with the process
	}
	switch {
	case err == nil:
		return rows, nil
	case ctx.Err() != nil:
		return Rows{}, fmt.Errorf("query: %w", context.Cause(ctx))
	case limited.Err() != nil:
		return Rows{}, fmt.Errorf("%w: it took longer than %v", ErrQuery, queryTime)
	}
	if s := sentinel(err); s != nil && s != ErrUnwritable { // "not authorized" and "read-only" are the query's fault
		return Rows{}, fault("query", err)
	}
	return Rows{}, hint(fmt.Errorf("%w: %w", ErrQuery, err))
}

// afterEnd sends some time after a context has ended.
func afterEnd(ctx context.Context, grace time.Duration) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		<-ctx.Done()
		time.Sleep(grace)
		close(done)
	}()
	return done
}

func queryOn(ctx context.Context, pool *sql.DB, query string) (Rows, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return Rows{}, err
	}
	defer conn.Close()
	// The first statement reads the schema, which the limits below would forbid.
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(new(int)); err != nil {
		return Rows{}, err
	}
	if err := restrict(conn, queryLimits, allowed); err != nil {
		return Rows{}, err
	}
	release, err := interruptAtEnd(ctx, conn)
	if err != nil {
		return Rows{}, err
	}
	defer release()
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return Rows{}, err
	}
	defer rows.Close()
	return bounded(rows)
}

// bounded reads rows up to the bounds of a Query.
func bounded(rows *sql.Rows) (Rows, error) {
	columns, err := rows.Columns()
	if err != nil {
		return Rows{}, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return Rows{}, err
	}
	out := Rows{Columns: columns}
	for size := 0; rows.Next(); {
		if len(out.Rows) == queryRows || size > queryBytes {
			out.Truncated = true
			break
		}
		row := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return Rows{}, err
		}
		for i, v := range row {
			row[i] = plainValue(v, types[i].DatabaseTypeName())
			size += sizeOf(v)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, rows.Err()
}

func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	}
	return 8
}

// allowed is what a query may do: read, and call any function but the one that loads code.
func allowed(action int, _, name string) bool {
	switch action {
	case actionRead, actionSelect, actionRecursive:
		return true
	case actionFunction:
		return !strings.EqualFold(name, "load_extension")
	}
	return false
}

// oneStatement returns the one statement that a text holds, without what follows its semicolon. It refuses text that
// holds none or several: drivers would run them all and return the last.
func oneStatement(query string) (string, error) {
	if len(query) > limitSQLLength {
		return "", fmt.Errorf("%w: it is longer than %d KiB", ErrQuery, limitSQLLength>>10)
	}
	if strings.ContainsRune(query, 0) {
		return "", fmt.Errorf("%w: it contains a NUL character", ErrQuery)
	}
	seen, end := false, -1
	for at := 0; at < len(query); {
		n, blank, err := token(query[at:])
		if err != nil {
			return "", err
		}
		switch {
		case blank:
		case query[at] == ';':
			if end < 0 && seen {
				end = at
			}
		case end >= 0:
			return "", fmt.Errorf("%w: one statement at a time", ErrQuery)
		default:
			seen = true
		}
		at += n
	}
	if !seen {
		return "", fmt.Errorf("%w: it is empty", ErrQuery)
	}
	if end < 0 {
		end = len(query)
	}
	return query[:end], nil
}

var errUnclosed = fmt.Errorf("%w: a quote or comment is not closed", ErrQuery)

// token returns the length of what s starts with: a comment or space (blank), a quoted text, or one other byte.
func token(s string) (n int, blank bool, err error) {
	quoted := func(end string) (int, bool, error) {
		i := strings.Index(s[1:], end)
		if i < 0 {
			return 0, false, errUnclosed
		}
		return i + 2, false, nil // a doubled quote is two quoted texts side by side
	}
	switch {
	case strings.HasPrefix(s, "--"):
		if i := strings.IndexByte(s, '\n'); i >= 0 {
			return i + 1, true, nil
		}
		return len(s), true, nil
	case strings.HasPrefix(s, "/*"):
		i := strings.Index(s[2:], "*/")
		if i < 0 {
			return 0, false, errUnclosed
		}
		return i + 4, true, nil
	case strings.ContainsRune("'\"`", rune(s[0])):
		return quoted(s[:1])
	case s[0] == '[':
		return quoted("]")
	case strings.ContainsRune(" \t\r\n\f\v", rune(s[0])):
		return 1, true, nil
	}
	return 1, false, nil
}

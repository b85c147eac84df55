package results

import (
	"context"
	"database/sql"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
)

// spelled hands the record's statements, which are written as SQLite has them, to PostgreSQL. They differ in little: in how
// a value's place is marked, and in how a text becomes bytes.
type spelled struct {
	*sql.DB
	reads bool // and does nothing else
}

// BeginTx implements gorm.ConnPoolBeginner.
func (s spelled) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := s.DB.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &spelledTx{tx}, nil // gorm looks whether it is nil
}

func (s spelled) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s.reads {
		return nil, ErrUnwritable
	}
	return s.DB.ExecContext(ctx, spell(query), args...)
}

func (s spelled) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.DB.QueryContext(ctx, spell(query), args...)
}

func (s spelled) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.DB.QueryRowContext(ctx, spell(query), args...)
}

// spelledTx does so within a transaction.
type spelledTx struct{ *sql.Tx }

func (s *spelledTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.Tx.ExecContext(ctx, spell(query), args...)
}

func (s *spelledTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.Tx.QueryContext(ctx, spell(query), args...)
}

func (s *spelledTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.Tx.QueryRowContext(ctx, spell(query), args...)
}

var asBytes = regexp.MustCompile(`CAST\(([\w.]+) AS BLOB\)`)

// spell turns a statement of ours into PostgreSQL's: ? into $1, $2 and so on, but within quotes, whether or not a plus stands
// before it, which is for SQLite's planner alone; and CAST(x AS BLOB) into what gives the bytes of a text. gorm has
// numbered those that it was given.
func spell(query string) string {
	if len(query) < longQuery {
		return spellOut(query)
	}
	if s, ok := spellings.Load(query); ok {
		return s.(string)
	}
	s := spellOut(query)
	spellings.Store(query, s)
	return s
}

// spellings are those of long statements, of which there are few: the same for many rows.
var spellings sync.Map

const longQuery = 1 << 10

func spellOut(query string) string {
	query = asBytes.ReplaceAllString(query, "convert_to($1, 'UTF8')")
	query = strings.ReplaceAll(query, "+$", "$")
	if !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	values := 0
	for at := 0; at < len(query); {
		n, _, err := token(query[at:])
		switch {
		case err != nil: // not of ours: the server will say what is wrong
			return query
		case strings.HasPrefix(query[at:], "+?"):
		case query[at] == '?':
			values++
			b.WriteString("$" + strconv.Itoa(values))
		default:
			b.WriteString(query[at : at+n])
		}
		at += n
	}
	return b.String()
}

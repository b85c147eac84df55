package results

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Server is the PostgreSQL of a record, for a queue in it.
type Server struct {
	Pool   *sql.DB         // of few connections
	Listen *pgxpool.Config // for connections that listen; nil: through a pooler none can
	schema *postgresSchema
}

// Server returns where a record lies that is in PostgreSQL.
func (s *Store) Server() (Server, error) {
	p, ok := s.db.(*postgresSchema)
	if !ok {
		return Server{}, errors.New("the record is a file; a queue takes one in PostgreSQL, named by --store postgres://USER@HOST/DATABASE")
	}
	if p.pooled {
		return Server{Pool: p.beside(), schema: p}, nil
	}
	// A pool's config can only come of an address. What this one says is of no use: the record's own takes its place.
	c, err := pgxpool.ParseConfig("")
	if err != nil {
		return Server{}, err
	}
	c.ConnConfig = p.config.Copy()
	c.MinConns, c.MaxConns = 0, 1
	return Server{Pool: p.beside(), Listen: c, schema: p}, nil
}

// Locks are those beside the record, which are asked over the same few connections.
func (s Server) Locks() Locks { return Locks{s.schema, s.Pool} }

// Alone runs f while no other process does.
func (s Server) Alone(ctx context.Context, f func(context.Context) error) error {
	pool := s.schema.pool(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer pool.Close()
	defer conn.Close() // and with it the lock
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(hashtext('queue ' || current_schema()), 0)`); err != nil {
		return err
	}
	return f(ctx)
}

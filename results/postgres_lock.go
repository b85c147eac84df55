package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"sweep/sweeps"
)

// askTime bounds a question to the server about locks and requests.
const askTime = 5 * time.Second

// lockRetry is how often a lock that another process has is asked for again.
const lockRetry = 100 * time.Millisecond

// Locks keeps the locks of sweeps and requests to the processes that run them beside a record in PostgreSQL. A lock hangs on
// a connection of its own and goes with it; a pooler between would give it to others, so that whoever takes one needs the server's
// own address.
type Locks struct {
	schema *postgresSchema
	pool   *sql.DB
}

// NewLocks returns the locks beside the record at an address. It connects to nothing yet.
func NewLocks(address string) (Locks, error) {
	o, err := Options{URL: address}.complete()
	if err != nil {
		return Locks{}, err
	}
	p, err := newPostgres(o, postgresMigrations)
	if err != nil {
		return Locks{}, err
	}
	p.config.DefaultQueryExecMode = pgx.QueryExecModeExec // through a pooler prepared statements are another's
	pool := stdlib.OpenDB(*p.config)
	pool.SetMaxOpenConns(1)
	return Locks{p, pool}, nil
}

// Close closes the connection over which is asked. Locks that are held stay so.
func (l Locks) Close() error { return l.pool.Close() }

// lockKey are the two numbers of a sweep's lock.
const lockKey = `hashtext('run ' || current_schema()), hashtext($1)`

// Held implements sweeps.Locks.
func (l Locks) Held(ctx context.Context, sweep string) (held bool, err error) {
	by, err := holderOf(ctx, l.pool, sweep)
	if err == nil && by == "" {
		held, err = inQueue(ctx, l.pool, sweep)
	}
	return held || by != "", fault("look for the process that runs sweep "+sweep, err)
}

// inQueue reports whether a sweep is in the queue, or in workers' hands.
func inQueue(ctx context.Context, pool *sql.DB, sweep string) (in bool, err error) {
	err = pool.QueryRowContext(ctx, `SELECT s.queued IS NOT NULL OR EXISTS (SELECT 1 FROM workers w JOIN sessions n ON n.worker_id = w.id AND n.outcome = 'running'
		JOIN trials t ON t.id = n.trial_id WHERE t.sweep_id = s.id AND w.beat_at > `+postgresClock+` - $2) FROM sweeps s WHERE s.name = $1`,
		sweep, LostAfter.Microseconds()).Scan(&in)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return in, err
}

// holderOf says who runs a sweep, "" if nobody does.
func holderOf(ctx context.Context, pool *sql.DB, sweep string) (string, error) {
	var by string
	err := pool.QueryRowContext(ctx, `SELECT coalesce(nullif(a.application_name, ''), 'another process') FROM (SELECT `+lockKey+`) k (one, two)
		JOIN pg_locks l ON l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid::bigint = k.one::bigint & 4294967295
			AND l.objid::bigint = k.two::bigint & 4294967295 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		LEFT JOIN pg_stat_activity a ON a.pid = l.pid`, sweep).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return by, err
}

// Ask implements sweeps.Locks.
func (l Locks) Ask(ctx context.Context, sweep string, r sweeps.Request) error {
	q, args := `INSERT INTO requests (sweep, asked) VALUES ($1, $2) ON CONFLICT (sweep) DO UPDATE SET asked = excluded.asked`, []any{sweep, string(r)}
	if r == "" {
		q, args = `DELETE FROM requests WHERE sweep = $1`, args[:1]
	}
	_, err := l.pool.ExecContext(ctx, q, args...)
	if err == nil && (r == sweeps.Stop || r == sweeps.StopNow) {
		_, err = l.pool.ExecContext(ctx, `UPDATE sweeps SET queued = NULL WHERE name = $1`, sweep)
	}
	return fault("ask sweep "+sweep, err)
}

// Asked implements sweeps.Locks.
func (l Locks) Asked(ctx context.Context, sweep string) (r sweeps.Request, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	err = l.pool.QueryRowContext(ctx, `SELECT asked FROM requests WHERE sweep = $1`, sweep).Scan(&r)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return r, fault("read what sweep "+sweep+" is asked", err)
}

// Lock implements sweeps.Locks.
func (l Locks) Lock(ctx context.Context, sweep string, patience time.Duration) (sweeps.Lock, error) {
	// Others see by this name who has the lock.
	config := *l.schema.config
	host, err := os.Hostname()
	if err != nil {
		host = "a machine without a name"
	}
	name := fmt.Sprintf("%sprocess %d on %s", holderPrefix, os.Getpid(), host)
	name = fmt.Sprintf("%s [%x]", name[:min(len(name), 50)], rand.Uint32()) // which tells this lock from others of the process
	config.RuntimeParams = map[string]string{}
	for k, v := range l.schema.config.RuntimeParams {
		config.RuntimeParams[k] = v
	}
	config.RuntimeParams["application_name"] = name
	h := &heldLock{sweep: sweep, name: name, pool: stdlib.OpenDB(config)}
	h.pool.SetMaxOpenConns(1)
	doing := "lock sweep " + sweep
	for end := time.Now().Add(patience); ; {
		err := h.take(ctx)
		if err == nil {
			_, err = h.conn.ExecContext(ctx, `DELETE FROM requests WHERE sweep = $1`, sweep) // to a process before this one
		}
		if err == nil {
			return h, nil
		}
		var other *sweeps.LockedError
		if !errors.As(err, &other) || !time.Now().Before(end) {
			return nil, errors.Join(fault(doing, err), h.pool.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("%s: %w", doing, context.Cause(ctx)), h.pool.Close())
		case <-time.After(lockRetry):
		}
	}
}

// heldLock is a lock that hangs on a connection.
type heldLock struct {
	sweep string
	name  string // by which others see it
	pool  *sql.DB

	mu   sync.Mutex
	conn *sql.Conn // nil: given back, or lost
}

func (h *heldLock) Sweep() string { return h.sweep }

// take asks for the lock on a new connection.
func (h *heldLock) take(ctx context.Context) error {
	conn, err := h.pool.Conn(ctx)
	if err != nil {
		return err
	}
	if pooled, err := throughPooler(ctx, conn); err != nil || pooled {
		return errors.Join(cmp.Or(err, errPooled), conn.Close())
	}
	for name, value := range keepAlive {
		if _, err := conn.ExecContext(ctx, `SELECT set_config($1, $2, false)`, name, value); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	var ours bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(`+lockKey+`)`, h.sweep).Scan(&ours); err != nil {
		return errors.Join(err, conn.Close())
	}
	if ours {
		h.conn = conn
		return nil
	}
	if err := conn.Close(); err != nil {
		return err
	}
	by, err := holderOf(ctx, h.pool, h.sweep)
	switch {
	case err != nil:
		return err
	case by == h.name:
		return errOwnGhost
	}
	if i := strings.LastIndex(by, " ["); i > 0 {
		by = strings.TrimPrefix(by[:i], holderPrefix)
	}
	return &sweeps.LockedError{Sweep: h.sweep, By: cmp.Or(by, "another process")} // which may be gone since
}

// holderPrefix stands before the name of who has a lock, among the names of all that is connected to the server.
const holderPrefix = "sweep: "

// errPooled says that a lock would be handed around.
var errPooled = errors.New("the address is that of a pooler, and a run holds a lock on its connection: give it the server's own; workers, and verbs that read, may go through the pooler")

// errOwnGhost says that the server holds the lock for a connection of ours that is lost on our side alone.
var errOwnGhost = errors.New("the server has not noticed yet that the connection is lost")

// endGhost ends the lost connection for the server, too.
func (h *heldLock) endGhost(ctx context.Context) {
	conn, err := h.pool.Conn(ctx)
	if err != nil {
		return // the next Check tries again
	}
	defer conn.Close()
	_, _ = conn.ExecContext(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()`, h.name)
}

// Check takes the lock again when the connection is gone, and says so when another has it. That the server cannot be reached is no
// error here: nobody else can reach it either.
func (h *heldLock) Check(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if h.conn != nil {
		if err := h.conn.PingContext(ctx); err == nil {
			return nil
		}
		_ = h.conn.Close()
		h.conn = nil
	}
	err := h.take(ctx)
	var other *sweeps.LockedError
	switch {
	case errors.As(err, &other):
		return err
	case errors.Is(err, errOwnGhost):
		h.endGhost(ctx)
	}
	return nil
}

// Release closes the connection, and with it the lock is given back.
func (h *heldLock) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conn != nil {
		_ = h.conn.Close()
		h.conn = nil
	}
	_ = h.pool.Close()
}

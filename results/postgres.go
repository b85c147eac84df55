package results

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	versions "github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"sweep/sweeps"
)

// versionTable holds which steps of its schema a PostgreSQL has taken, and by being there says that the schema is a record.
const versionTable = "sweep_schema_version"

// writing takes the lock of those that write to a record, to the end of their transaction.
const writing = `pg_advisory_xact_lock(hashtext('sweep'), hashtext(current_schema()))`

// tryWriting takes it if it is free.
const tryWriting = `pg_try_advisory_xact_lock(hashtext('sweep'), hashtext(current_schema()))`

// Bounds of what a connection to PostgreSQL waits for.
const (
	connectTime = 10 * time.Second // for a server, unless the URL says otherwise
	lockTime    = "2s"             // for others that write, before Options.Patience has it tried again
)

// postgresSchema is a record in a schema of PostgreSQL: that which comes first in the connection's search_path.
type postgresSchema struct {
	config  *pgx.ConnConfig
	options Options
	steps   fs.FS
	pools   []*sql.DB
	name    string // of the schema
	pooled  bool   // a pooler stands before the server, which hands each transaction to another connection

	mu     sync.Mutex
	second *sql.DB // nil until it is needed
}

func newPostgres(o Options, steps fs.FS) (*postgresSchema, error) {
	if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
		scheme, _, found := strings.Cut(o.URL, "://")
		if !found {
			scheme = "without a scheme"
		}
		return nil, fmt.Errorf("the store's address is %s: it has to be of the form postgres://USER@HOST/DATABASE", scheme)
	}
	if _, rest, _ := strings.Cut(o.URL, "://"); strings.ContainsAny(rest[:max(strings.LastIndex(rest, "@"), 0)], "@/") {
		// Where the password ends cannot be told: what would be said of the rest might show it.
		return nil, errors.New("the store's address has an @ too many: in a name, a password or a setting @ is written %40, and / %2F")
	}
	config, err := pgx.ParseConfig(o.URL)
	if err != nil { // which leaves the password out
		return nil, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "sweep"
	}
	config.DialFunc = dial
	return &postgresSchema{config: config, options: o, steps: steps}, nil
}

// Address is the address of a store without what is secret in it.
func Address(address string) string {
	p, err := newPostgres(Options{URL: address}, postgresMigrations)
	if err != nil {
		return "a store"
	}
	return p.String()
}

// mostIdle is how long a transaction that keeps others from writing may say nothing: whoever holds it then is frozen, or its machine is gone.
var mostIdle = 30 * time.Second

// keepAlive are settings by which a server finds out that whoever holds a connection, and with it locks, has vanished.
var keepAlive = map[string]string{
	"tcp_keepalives_idle": seconds(silence / 2), "tcp_keepalives_interval": seconds(silence / 6), "tcp_keepalives_count": "3",
	"tcp_user_timeout": strconv.FormatInt(silence.Milliseconds(), 10),
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// silence is how long a server may leave what was sent unanswered before the connection counts as lost.
const silence = 30 * time.Second

// dial connects so that a server which has vanished is noticed.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence / 2, Interval: silence / 6, Count: 3},
		Control:         giveUpAfter(silence),
	}
	return d.DialContext(ctx, network, address)
}

// String is the address without its password.
func (p *postgresSchema) String() string {
	scheme, rest, _ := strings.Cut(p.options.URL, "://")
	var user *url.Userinfo
	if i := strings.IndexAny(rest, "@/"); i >= 0 && rest[i] == '@' { // a password may hold what means something in other addresses
		if name, _, _ := strings.Cut(rest[:i], ":"); name != "" {
			user = url.User(p.config.User)
		}
		rest = rest[i+1:]
	}
	if u, err := url.Parse(scheme + "://" + rest); err == nil {
		u.User = user
		settings := u.Query()
		settings.Del("password")
		settings.Del("sslpassword")
		u.RawQuery = settings.Encode()
		return u.String()
	}
	// Several hosts, each with a port, are no URL: the first stands for all.
	u := url.URL{Scheme: "postgres", User: url.User(p.config.User), Host: fmt.Sprintf("%s:%d", p.config.Host, p.config.Port), Path: "/" + p.config.Database}
	return u.String()
}

// pool opens at most n connections.
func (p *postgresSchema) pool(n int) *sql.DB {
	pool := stdlib.OpenDB(*p.config)
	pool.SetMaxOpenConns(n)
	pool.SetMaxIdleConns(n)
	p.pools = append(p.pools, pool)
	return pool
}

func (p *postgresSchema) open(ctx context.Context) (readers, writer *gorm.DB, err error) {
	record, program, err := p.settledVersions(ctx)
	switch {
	case err != nil:
		return nil, nil, err
	case p.options.ReadOnly && record == 0:
		return nil, nil, ErrNoRecord
	case p.options.ReadOnly && record < program:
		return nil, nil, fmt.Errorf("%w: its schema is %d, this program's %d; `sweep db migrate` brings it up to date, as the next `sweep run` does", ErrOlder, record, program)
	case !p.options.ReadOnly && record == 0 && p.pooled:
		return nil, nil, fmt.Errorf("%w, and none can be made through a pooler: a first run with the server's own address does it", ErrNoRecord)
	case !p.options.ReadOnly && record < program && p.pooled:
		return nil, nil, fmt.Errorf("%w: its schema is %d, this program's %d, and cannot be brought up to date through a pooler: `sweep db migrate` with the server's own address does it",
			ErrOlder, record, program)
	case !p.options.ReadOnly && record > program:
		return nil, nil, fmt.Errorf("%w: schema %d, this program knows %d; use the newer program (reading still works)", ErrNewer, record, program)
	}
	if !p.options.ReadOnly {
		if record < program {
			if err := p.migrate(ctx); err != nil {
				return nil, nil, err
			}
		}
		if writer, err = wrapped(spelled{DB: p.pool(1)}); err != nil {
			return nil, nil, err
		}
	}
	readers, err = wrapped(spelled{DB: p.pool(2), reads: true})
	return readers, writer, err
}

// wrapped gives a pool to gorm, which is to do no more than fill rows.
func wrapped(pool spelled) (*gorm.DB, error) {
	return gorm.Open(postgres.New(postgres.Config{Conn: pool, WithoutReturning: true}), &gorm.Config{
		SkipDefaultTransaction: true,
		DisableAutomaticPing:   true,
		Logger:                 logger.Discard,
	})
}

func (p *postgresSchema) close() error {
	var errs []error
	for _, pool := range p.pools {
		errs = append(errs, pool.Close())
	}
	p.pools = nil
	return errors.Join(errs...)
}

// settledVersions is versions, and to read waits for a record that another process is just bringing up to date, as the first worker at a new
// store does while a run plans.
func (p *postgresSchema) settledVersions(ctx context.Context) (record, program int64, err error) {
	begun := time.Now()
	for before := int64(-1); ; before = record {
		record, program, err = p.versions(ctx)
		if err != nil || !p.options.ReadOnly || record == 0 || record >= program {
			return record, program, err
		}
		if record == before {
			if at, err := p.isMigrated(ctx); err != nil || !at || time.Since(begun) > p.options.Patience {
				return record, program, err
			}
		}
		select {
		case <-ctx.Done():
			return record, program, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// isMigrated reports whether another process is bringing the record up to date at the moment.
func (p *postgresSchema) isMigrated(ctx context.Context) (at bool, err error) {
	plain := *p.config
	plain.DefaultQueryExecMode = pgx.QueryExecModeExec
	pool := stdlib.OpenDB(plain)
	defer pool.Close()
	err = pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
		AND (classid::bigint << 32) | objid::bigint = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`, p.migrationKey()).Scan(&at)
	return at, err
}

func (p *postgresSchema) versions(ctx context.Context) (record, program int64, err error) {
	program = newest(p.steps)
	plain := *p.config
	plain.DefaultQueryExecMode = pgx.QueryExecModeExec // behind a pooler prepared statements are another's
	pool := stdlib.OpenDB(plain)
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil && strings.Contains(err.Error(), "unsupported startup parameter") {
		return 0, program, p.unnamed(err)
	}
	if err != nil {
		return 0, program, err
	}
	defer conn.Close()
	if p.pooled, err = throughPooler(ctx, conn); err != nil {
		return 0, program, err
	}
	if path := p.config.RuntimeParams["search_path"]; p.pooled && path != "" {
		return 0, program, p.unnamed(ErrNotFound)
	}
	var schema sql.NullString
	var ours bool
	var taken sql.NullString
	var encoding string
	err = conn.QueryRowContext(ctx, `SELECT getdatabaseencoding(), current_schema(), EXISTS (SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1),
		(SELECT min(tablename) FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY(string_to_array($2, ' ')))`,
		versionTable, strings.Join(append(serverTables, tables...), " ")).Scan(&encoding, &schema, &ours, &taken)
	switch {
	case err != nil:
		return 0, program, err
	case !schema.Valid:
		return 0, program, fmt.Errorf("%w: the user %s can use no schema of the search_path (%s); make one, or name it with ?search_path=NAME",
			ErrNotFound, p.config.User, cmp.Or(p.config.RuntimeParams["search_path"], "the server's own"))
	case !ours && taken.Valid:
		return 0, program, fmt.Errorf("%w: the schema %s has a table %s that is not of a record; name another schema with ?search_path=NAME",
			ErrUnwritable, schema.String, taken.String)
	case encoding != "UTF8" && !(ours && p.options.ReadOnly):
		return 0, program, fmt.Errorf("%w: the database keeps texts as %s, in which names would be lost; make one with `createdb --encoding UTF8 --template template0 NAME`",
			ErrUnwritable, encoding)
	}
	p.name = schema.String
	if p.pooled {
		p.config.DefaultQueryExecMode = pgx.QueryExecModeExec
	} else { // from here on nothing is looked for in other schemas of the path
		p.config.RuntimeParams["search_path"] = pgx.Identifier{schema.String}.Sanitize()
		maps.Copy(p.config.RuntimeParams, keepAlive) // which poolers refuse, and see to themselves
	}
	if !ours {
		return 0, program, nil
	}
	err = conn.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM `+pgx.Identifier{schema.String, versionTable}.Sanitize()+` WHERE is_applied`).Scan(&record)
	return record, program, err
}

// unnamed says how to name a schema through a pooler.
func (p *postgresSchema) unnamed(why error) error {
	return fmt.Errorf("%w: through a pooler no schema can be named in the address; leave search_path out, and have the server do it: ALTER ROLE %s SET search_path = %s",
		why, pgx.Identifier{p.config.User}.Sanitize(), cmp.Or(p.config.RuntimeParams["search_path"], "SCHEMA"))
}

// throughPooler reports whether a connection goes through a pooler, which would hand its locks, settings and prepared statements to others.
func throughPooler(ctx context.Context, conn *sql.Conn) (bool, error) {
	var server, client uint32
	if err := conn.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&server); err != nil {
		return false, err
	}
	err := conn.Raw(func(c any) error {
		client = c.(*stdlib.Conn).Conn().PgConn().PID()
		return nil
	})
	return server != client, err
}

// migrating lets one process at a time bring a schema up to date. Other schemas of the database have locks of their own.
type migrating struct{ lock.SessionLocker }

func (p *postgresSchema) migrating() (migrating, error) {
	one, err := lock.NewPostgresSessionLocker(lock.WithLockID(p.migrationKey()), lock.WithLockTimeout(1, uint64(p.options.Patience/time.Second)+1))
	return migrating{one}, err
}

// migrationKey is the number of the schema's lock, whose name is settled by versions.
func (p *postgresSchema) migrationKey() int64 {
	h := fnv.New64a()
	fmt.Fprint(h, "migrate ", p.name)
	return int64(h.Sum64())
}

// SessionLock implements lock.SessionLocker.
func (m migrating) SessionLock(ctx context.Context, conn *sql.Conn) error {
	err := m.SessionLocker.SessionLock(ctx, conn)
	if err != nil && ctx.Err() == nil && sentinel(err) == nil {
		return fmt.Errorf("%w: another process is bringing its schema up to date", ErrBusy)
	}
	return err
}

// migrate runs the steps that the schema lacks. Of many processes that begin at once one does it.
func (p *postgresSchema) migrate(ctx context.Context) error {
	pool := stdlib.OpenDB(*p.config)
	defer pool.Close()
	table, err := versions.NewStore(goose.DialectPostgres, versionTable)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	one, err := p.migrating()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	steps, err := goose.NewProvider("", pool, p.steps, goose.WithStore(table), goose.WithSessionLocker(one), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := steps.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func (p *postgresSchema) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (p *postgresSchema) side() gorm.ConnPool { return spelled{DB: p.beside()} }

// beside is the pool of what runs beside the connection that writes: a queue, and signs of life.
func (p *postgresSchema) beside() *sql.DB {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.second == nil {
		p.second = p.pool(2)
	}
	return p.second
}

func (p *postgresSchema) clock() string { return postgresClock }

const postgresClock = `CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)`

// lockTime is how long a transaction waits for its turn before it is tried again. Through a pooler it keeps one of few connections meanwhile, and
// those who only want to be heard of would wait behind a line of such.
func (p *postgresSchema) lockTime() string {
	if p.pooled {
		return "250ms"
	}
	return lockTime
}

// begin lets one transaction write at a time, as SQLite does: what one reads before it writes stays so.
func (p *postgresSchema) begin(tx *gorm.DB, yields bool) error {
	level := "on"
	if p.options.Durability == "normal" {
		level = "off"
	}
	if err := execute(tx, `SELECT set_config('lock_timeout', '`+p.lockTime()+`', true), set_config('statement_timeout', '0', true), set_config('synchronous_commit', '`+level+`', true),
		set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('idle_in_transaction_session_timeout', ?, true)`,
		strconv.FormatInt(mostIdle.Milliseconds(), 10)); err != nil {
		return err
	}
	if !yields {
		return execute(tx, `SELECT `+writing)
	}
	var free bool
	if err := one(tx, `SELECT `+tryWriting).Scan(&free); err != nil || free {
		return err
	}
	return errTaken
}

func (p *postgresSchema) shared() bool { return true }

// analyze does not wait where the server just does so by itself. A table that it has not looked at it takes for a small one, and finds a
// sweep's trial by reading all of them.
func (p *postgresSchema) analyze(tx *gorm.DB) error {
	return execute(tx, `ANALYZE (SKIP_LOCKED) trainings, configurations, trials`)
}

// sync does nothing: every commit waits for the disk. The server may go down without this process, which would then take for
// recorded what is lost.
func (p *postgresSchema) sync(*gorm.DB, bool) error { return nil }

func (p *postgresSchema) param(name string, kinds []sweeps.Kind) string {
	text := `(v.params::json ->> ` + literal(name) + `) COLLATE "C"`
	only := func(some ...sweeps.Kind) bool {
		for _, k := range kinds {
			if k != some[0] && k != some[len(some)-1] {
				return false
			}
		}
		return len(kinds) > 0
	}
	switch {
	case only(sweeps.Int):
		return `CAST(` + text + ` AS bigint)`
	case only(sweeps.Int, sweeps.Float):
		return `CAST(` + text + ` AS double precision)`
	case only(sweeps.Bool):
		return `CASE ` + text + ` WHEN 'true' THEN 1 WHEN 'false' THEN 0 END`
	}
	return text
}

// damage has nothing to look for: PostgreSQL holds references itself, and its files are its administrator's.
func (p *postgresSchema) damage(*gorm.DB) ([]string, error) { return nil, nil }

func (p *postgresSchema) vacuum(ctx context.Context) error {
	pool := stdlib.OpenDB(*p.config)
	defer pool.Close()
	_, err := pool.ExecContext(ctx, `VACUUM (ANALYZE) `+strings.Join(tables, ", "))
	return err
}

package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"sweep/internal/pgtest"
	"sweep/sweeps"
)

func TestSpell(t *testing.T) {
	for in, want := range map[string]string{
		`SELECT 1`: `SELECT 1`,
		`SELECT a FROM b WHERE c = ? AND d = +? AND e = '?'`: `SELECT a FROM b WHERE c = $1 AND d = $2 AND e = '?'`,
		`SELECT CAST(v.params AS BLOB) AS params, "?" -- ?`:  `SELECT convert_to(v.params, 'UTF8') AS params, "?" -- ?`,
		`WHERE a = +$1 AND b = $2`:                           `WHERE a = $1 AND b = $2`,
	} {
		if got := spell(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// store opens a record in a schema of the test's own.
func store(t *testing.T, o Options) *Store {
	t.Helper()
	pgtest.Need(t)
	if o.URL == "" {
		o.URL = pgtest.Schema(t, "test_"+digest(t.Name())[:16])
	}
	s, err := Open(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// role makes a role with a password that may use nothing, and returns the address for it.
func role(t *testing.T, address, name string) string {
	t.Helper()
	if err := pgtest.Exec(`DROP ROLE IF EXISTS ` + name + `; CREATE ROLE ` + name + ` LOGIN PASSWORD 'hush'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pgtest.Exec(`DROP OWNED BY ` + name + `; DROP ROLE ` + name) })
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, "hush")
	return u.String()
}

// A wrong address is an error that says what is wrong, and never the password.
func TestWrongAddresses(t *testing.T) {
	server := pgtest.Need(t)
	good := pgtest.Schema(t, "test_addresses")
	foreign := pgtest.Schema(t, "test_foreign")
	if err := pgtest.Exec(`CREATE TABLE test_foreign.trials (x int)`); err != nil {
		t.Fatal(err)
	}
	workers := pgtest.Schema(t, "test_foreign2")
	if err := pgtest.Exec(`CREATE TABLE test_foreign2.workers (x int)`); err != nil {
		t.Fatal(err)
	}
	user := role(t, good, "test_user")
	if err := pgtest.Exec(`GRANT USAGE ON SCHEMA test_addresses TO test_user`); err != nil {
		t.Fatal(err)
	}
	if err := pgtest.Exec(`DROP DATABASE IF EXISTS test_latin`); err != nil {
		t.Fatal(err)
	}
	if err := pgtest.Exec(`CREATE DATABASE test_latin ENCODING LATIN1 LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pgtest.Exec(`DROP DATABASE test_latin`) })
	other := func(change func(*url.URL)) string {
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(u.User.Username(), "hush")
		change(u)
		return u.String()
	}
	latin := other(func(u *url.URL) { u.Path = "/test_latin" })
	for _, c := range []struct {
		name, address, want string
		kind                error
	}{
		{"no address", "localhost", "of the form postgres://", nil},
		{"another database", "mysql://root:hush@localhost/x", "address is mysql: it has to be of the form postgres://", nil},
		{"no port", other(func(u *url.URL) { u.Host = "127.0.0.1:hush" }), "", nil},
		{"nobody there", other(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "127.0.0.1:1", ErrAway},
		{"no such database", other(func(u *url.URL) { u.Path = "/nosuch" }), `database "nosuch" does not exist`, ErrNotFound},
		{"no such role", other(func(u *url.URL) { u.User = url.UserPassword("nosuch", "hush") }), `"nosuch"`, ErrDenied},
		{"no such schema", pgtest.With(server, "search_path", "nosuch"), "nosuch", ErrNotFound},
		{"other tables", foreign, "test_foreign has a table trials that is not of a record", ErrUnwritable},
		{"a table of the queue's", workers, "test_foreign2 has a table workers that is not of a record", ErrUnwritable},
		{"a slash in the password", "postgres://me:a/hush@localhost/x", "/ %2F", nil},
		{"a slash before it", "postgres://me:/hush@localhost/x", "/ %2F", nil},
		{"an @ in the password", "postgres://me:a@hush@localhost/x", "@ is written %40", nil},
		{"signs in the password", "postgres://me:a@1/x#y?hush@localhost/x", "@ is written %40", nil},
		{"another encoding", latin, "keeps texts as LATIN1", ErrUnwritable},
		{"no use", role(t, good, "test_nobody"), "the user test_nobody can use no schema of the search_path (test_addresses)", ErrNotFound},
		{"no rights", user, "permission denied", ErrDenied},
	} {
		start := time.Now()
		_, err := Open(t.Context(), "", Options{URL: c.address, Patience: 100 * time.Millisecond})
		switch {
		case err == nil || !strings.Contains(err.Error(), c.want) || c.kind != nil && !errors.Is(err, c.kind):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		case strings.Contains(err.Error(), "hush") && c.name != "no port":
			t.Errorf("%s: the message has the password: %v", c.name, err)
		case time.Since(start) > 10*time.Second:
			t.Errorf("%s took %v", c.name, time.Since(start))
		}
	}
}

// holdMigration has a record's lock of migrations until release is called.
func holdMigration(t *testing.T, o Options) (release func()) {
	t.Helper()
	p, err := newPostgres(o, postgresMigrations)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.versions(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := p.pool(1).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_lock($1)`, p.migrationKey()); err != nil {
		t.Fatal(err)
	}
	return func() {
		_, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_unlock($1)`, p.migrationKey())
		if err := errors.Join(err, conn.Close(), p.close()); err != nil {
			t.Error(err)
		}
	}
}

// TestReadWhileMigrated: who reads a record that another is just bringing up to date waits for that.
func TestReadWhileMigrated(t *testing.T) {
	s := store(t, Options{})
	step := func(statement string, version int64) {
		if err := s.writer.db.Exec(statement, version).Error; err != nil {
			t.Error(err)
		}
	}
	last := newest(migrations)
	step(`DELETE FROM `+versionTable+` WHERE version_id > ?`, 5)
	o := Options{URL: s.options.URL, ReadOnly: true}
	if _, err := Open(t.Context(), "", o); !errors.Is(err, ErrOlder) {
		t.Errorf("an older record: %v", err)
	}
	release := holdMigration(t, o)
	var migrating sync.WaitGroup
	defer migrating.Wait()
	migrating.Go(func() {
		time.Sleep(2500 * time.Millisecond) // the first step takes longer than a reader waits for one that nobody does
		for v := int64(6); v <= last; v++ {
			step(`INSERT INTO `+versionTable+` (version_id, is_applied) VALUES (?, true)`, v)
		}
		release()
	})
	read, err := Open(t.Context(), "", o)
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Close(); err != nil {
		t.Error(err)
	}
}

func TestPostgresSchemaVersions(t *testing.T) {
	s := store(t, Options{})
	o := Options{URL: s.options.URL}
	if record, program, err := SchemaVersions(t.Context(), "", o); record != newest(migrations) || program != record || err != nil {
		t.Errorf("%d, %d, %v: want those of SQLite's", record, program, err)
	}
	later := func(version int) {
		if err := s.writer.db.Exec(`UPDATE `+versionTable+` SET version_id = ? WHERE version_id = (SELECT max(version_id) FROM `+versionTable+`)`, version).Error; err != nil {
			t.Fatal(err)
		}
	}
	later(99)
	if _, err := Open(t.Context(), "", o); !errors.Is(err, ErrNewer) {
		t.Errorf("to write: %v", err)
	}
	read := o
	read.ReadOnly = true
	newer, err := Open(t.Context(), "", read)
	if err != nil {
		t.Fatalf("to read: %v", err)
	}
	if err := newer.Close(); err != nil {
		t.Error(err)
	}
	later(4)
	if _, err := Open(t.Context(), "", read); !errors.Is(err, ErrOlder) || !strings.Contains(err.Error(), "sweep db migrate") {
		t.Errorf("an older one to read: %v", err)
	}
	later(int(newest(migrations)))
}

// Of many processes that begin at once one makes the schema.
func TestPostgresSchemaIsMadeOnce(t *testing.T) {
	pgtest.Need(t)
	o := Options{URL: pgtest.Schema(t, "test_once")}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(t.Context(), "", o)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Who makes one record keeps nobody from making another beside it.
func TestPostgresSchemasAreMadeBesideEachOther(t *testing.T) {
	pgtest.Need(t)
	busy := Options{URL: pgtest.Schema(t, "test_beside_one"), Patience: time.Millisecond}
	release := holdMigration(t, busy)
	if _, err := Open(t.Context(), "", busy); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "bringing its schema up to date") {
		t.Errorf("while another makes it: %v", err)
	}
	store(t, Options{URL: pgtest.Schema(t, "test_beside_two"), Patience: time.Millisecond})
	release()
	store(t, busy)
}

func TestPostgresQueryIsBounded(t *testing.T) {
	s := store(t, Options{})
	put(t, s, grid("hidden", 2, 50))
	for _, c := range []struct{ query, want string }{
		{`DELETE FROM trials`, "a query is one SELECT"},
		{`SELECT 1; DELETE FROM trials`, "one statement at a time"},
		{`SELECT $$a;b$$; DROP TABLE trials`, "one statement at a time"},
		{`WITH gone AS (DELETE FROM trials RETURNING id) SELECT * FROM gone`, "read-only transaction"},
		{`SELECT set_config('transaction_read_only', 'off', true)`, "read-write mode"},
		{`SELECT nextval(pg_get_serial_sequence('trials', 'id'))`, "read-only transaction"},
		{`SELECT pg_sleep(60)`, "longer than 2s"},
		{`COPY trials TO PROGRAM 'cat'`, "a query is one SELECT"},
		{`SELECT xyzzy FROM v_trials`, "`sweep schema` lists"},
		{`SELECT * FROM v_trails`, "v_trials"},
		{`SELECT state FROM v_trials WHERE val_los < 1`, "did you mean val_loss"},
	} {
		if _, err := s.Query(t.Context(), c.query); !errors.Is(err, ErrQuery) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.query, err, c.want)
		}
	}
	rows, err := s.Query(t.Context(), `SELECT i, i / 2.0, i % 2 = 0, 'a'::text, NULL FROM generate_series(1, 20000) i -- all`)
	if err != nil || !rows.Truncated || len(rows.Rows) != queryRows {
		t.Fatalf("%d rows, truncated %v, %v", len(rows.Rows), rows.Truncated, err)
	}
	if d := cmp.Diff([]any{int64(1), 0.5, int64(0), "a", nil}, rows.Rows[0]); d != "" {
		t.Error(d)
	}
	if got := trials(t, s, "hidden"); len(got) != 2 {
		t.Errorf("%d trials after the queries", len(got))
	}
}

// story writes a record with a bit of everything, by a clock of its own.
func story(t *testing.T, s *Store) {
	t.Helper()
	twoSweeps(t, s)
	rows, err := s.Trials(t.Context(), "hidden")
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(s.AddNote(t.Context(), Noted{Sweep: "hidden"}, "näive\nwords"), s.AddTags(t.Context(), Noted{Sweep: "hidden"}, []string{"b", "Ä", "B", "a"}),
		s.AddNote(t.Context(), Noted{Trial: rows[0].Trial}, "good"), s.AddTags(t.Context(), Noted{Trial: rows[0].Trial}, []string{"final"}),
		s.EndSweep(t.Context(), "hidden", "interrupted", 3), s.EndSweep(t.Context(), "wide", "complete", 4))
	if err != nil {
		t.Fatal(err)
	}
}

// told is everything that the record says, as JSON.
func told(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	for _, v := range Views() {
		rows, err := s.Query(t.Context(), "SELECT * FROM "+v.View+" ORDER BY 1, 2, 3, 4")
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(rows); err != nil {
			t.Fatal(err)
		}
	}
	for _, sweep := range []string{"hidden", "wide"} {
		c, err := s.Contents(t.Context(), sweep, "")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := s.Answer(t.Context(), sweep, "")
		if err != nil {
			t.Fatal(err)
		}
		sessions, err := s.Sessions(t.Context(), sweep)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []any{c, answer, sessions} {
			if err := e.Encode(part); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

// Both databases tell the same story, to the byte, and so does the copy in a file of what PostgreSQL holds.
func TestBothDatabasesTellTheSame(t *testing.T) {
	s := store(t, Options{Now: clock()})
	story(t, s)
	file, err := Open(t.Context(), t.TempDir(), Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	story(t, file)
	want := told(t, file)
	if d := cmp.Diff(want, told(t, s)); d != "" {
		t.Errorf("PostgreSQL tells otherwise than SQLite (-SQLite +PostgreSQL):\n%s", d)
	}
	dir := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(dir, FileName)); err != nil {
		t.Fatal(err)
	}
	copied, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if d := cmp.Diff(want, told(t, copied)); d != "" {
		t.Errorf("the copy tells otherwise (-SQLite +copy):\n%s", d)
	}
	if found, err := copied.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("the copy is not sound: %q, %v", found, err)
	}
	part := t.TempDir()
	if err := s.Extract(t.Context(), "wide", filepath.Join(part, FileName)); err != nil {
		t.Fatal(err)
	}
	one, err := Open(t.Context(), part, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if rows, err := one.Sweeps(t.Context()); err != nil || len(rows) != 1 || rows[0].Sweep != "wide" {
		t.Errorf("%+v, %v: want wide alone", rows, err)
	}
}

// A server that ends all connections, again and again, loses nothing and has nothing written twice.
func TestPostgresConnectionsThatEnd(t *testing.T) {
	pgtest.Need(t)
	s := store(t, Options{URL: pgtest.With(pgtest.Schema(t, "test_ends"), "application_name", "test_ends")}) // others go on
	p := grid("hidden", 100, 50, 100, 200)
	put(t, s, p)
	done := make(chan struct{})
	var ended atomic.Int32
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				if pgtest.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test_ends'`) == nil {
					ended.Add(1)
				}
			}
		}
	}()
	all := p.Trials()
	for i, trial := range all {
		if i >= 12 && ended.Load() >= 3 { // on a fast machine later
			all = all[:i]
			break
		}
		train(t, s, trial, perplexity(float64(100+i)))
	}
	close(done)
	if n := ended.Load(); n < 3 {
		t.Errorf("connections were ended %d times only", n)
	}
	for i, trial := range all {
		got := trials(t, s, "hidden")[trial.ID]
		if got.State != "complete" || *got.Value != float64(100+i) || got.Seconds != 2 {
			t.Errorf("trial %d: %+v", i, got)
		}
	}
	if pts := points(t, s, "hidden"); len(pts) != 2*len(all) {
		t.Errorf("%d points, want %d", len(pts), 2*len(all))
	}
	if found, err := s.Check(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%q, %v", found, err)
	}
}

func TestPostgresLocks(t *testing.T) {
	s := store(t, Options{})
	mine, err := NewLocks(s.options.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer mine.Close()
	held := func(want bool) {
		t.Helper()
		if got, err := mine.Held(t.Context(), "a"); got != want || err != nil {
			t.Fatalf("held %v, %v, want %v", got, err, want)
		}
	}
	held(false)
	lock, err := mine.Lock(t.Context(), "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	held(true)
	if got, err := mine.Held(t.Context(), "b"); got || err != nil {
		t.Errorf("another sweep is held: %v, %v", got, err)
	}
	var other *sweeps.LockedError
	if _, err := mine.Lock(t.Context(), "a", 200*time.Millisecond); !errors.As(err, &other) || !strings.HasPrefix(other.By, fmt.Sprintf("process %d on ", os.Getpid())) || strings.Contains(other.By, "[") {
		t.Errorf("a second lock: %v", err)
	}
	if err := lock.Check(t.Context()); err != nil {
		t.Error(err)
	}
	// The connection ends, as when the server is started anew: the lock is taken again.
	end := func() {
		t.Helper()
		if err := pgtest.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'sweep: process%'`); err != nil {
			t.Fatal(err)
		}
	}
	end()
	waitFor(t, func() bool { got, err := mine.Held(t.Context(), "a"); return err == nil && !got })
	if err := lock.Check(t.Context()); err != nil {
		t.Error(err)
	}
	held(true)
	// A connection that is lost on our side alone is no other process.
	ghost := lock.(*heldLock)
	ghost.pool.SetMaxOpenConns(3) // the lost one is among them here
	lost := ghost.conn
	ghost.conn = nil
	waitFor(t, func() bool { return lock.Check(t.Context()) == nil && ghost.conn != nil })
	_ = lost.Close() // which the server has ended by now
	held(true)
	// Unless another process was faster.
	end()
	waitFor(t, func() bool { got, err := mine.Held(t.Context(), "a"); return err == nil && !got })
	theirs, err := mine.Lock(t.Context(), "a", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Check(t.Context()); !errors.As(err, &other) {
		t.Errorf("a lock that another has: %v", err)
	}
	lock.Release()
	held(true)
	theirs.Release()
	waitFor(t, func() bool { got, err := mine.Held(t.Context(), "a"); return err == nil && !got })

	for _, r := range []sweeps.Request{sweeps.Pause, sweeps.Stop, ""} {
		if err := mine.Ask(t.Context(), "a", r); err != nil {
			t.Fatal(err)
		}
		if got, err := mine.Asked(t.Context(), "a"); got != r || err != nil {
			t.Errorf("asked %q, %v, want %q", got, err, r)
		}
	}
}

// The address that people see has no password.
func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"postgres://me:secret@db.example:5433/x?sslmode=disable":                "postgres://me@db.example:5433/x?sslmode=disable",
		"postgres://me:secret@/x?host=/run/postgresql&search_path=lab":          "postgres://me@/x?host=%2Frun%2Fpostgresql&search_path=lab",
		"postgres://me@127.0.0.1/x?password=secret&search_path=a&sslmode=allow": "postgres://me@127.0.0.1/x?search_path=a&sslmode=allow",
		"postgres://me:#secret@h/x":                                             "postgres://me@h/x",
		"postgres://me:7#secret@h/x?search_path=a":                              "postgres://me@h/x?search_path=a",
		"postgres://me:7?secret@h/x":                                            "postgres://me@h/x",
		"postgres://h/x":                                                        "postgres://h/x",
	} {
		if got := Address(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if got := Address("nothing:secret"); strings.Contains(got, "secret") {
		t.Error(fmt.Sprint("the password is in ", got))
	}
}

// A pooler hands transactions of one connection to several. The record is read and written through it; what hangs on a connection is refused.
func TestPooler(t *testing.T) {
	server := pgtest.Own(t)
	address := server.Pooler(20)
	if _, err := Open(t.Context(), "", Options{URL: address}); sentinel(err) != ErrNotFound || !strings.Contains(err.Error(), "with the server's own address") {
		t.Errorf("tables are made: %v", err)
	}
	s, err := Open(t.Context(), "", Options{URL: server.Address()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err = Open(t.Context(), "", Options{URL: address}); err != nil {
		t.Fatal(err)
	}
	p := grid("pooled", 3, 10, 20, 30)
	put(t, s, p)
	var all sync.WaitGroup
	for _, trial := range p.Trials() {
		all.Go(func() { train(t, s, trial, perplexity(1)) })
	}
	all.Wait()
	if n := len(points(t, s, "pooled")); n == 0 {
		t.Error("no points")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	locks, err := NewLocks(address)
	if err != nil {
		t.Fatal(err)
	}
	defer locks.Close()
	if _, err := locks.Lock(t.Context(), "pooled", 0); err == nil || !strings.Contains(err.Error(), "a run holds a lock on its connection") {
		t.Errorf("a lock is held: %v", err)
	}
	for range 10 {
		if held, err := locks.Held(t.Context(), "pooled"); held || err != nil {
			t.Errorf("held %v, %v", held, err)
		}
	}
}

// TestFrozenWriter has a process freeze in the middle of a transaction that writes: the others wait for it no longer than mostIdle, and it
// goes on when it wakes.
func TestFrozenWriter(t *testing.T) {
	before := mostIdle
	mostIdle = 500 * time.Millisecond
	t.Cleanup(func() { mostIdle = before })
	frozen := store(t, Options{})
	p := grid("frozen", 1, 50)
	put(t, frozen, p)
	other := store(t, Options{URL: frozen.db.(*postgresSchema).options.URL, Patience: 10 * time.Second})
	asleep, wake, woken := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	times := 0
	go func() {
		woken <- frozen.write("freeze", request{act: func(tx *gorm.DB) error {
			if times++; times == 1 {
				close(asleep)
				<-wake
			}
			return execute(tx, `UPDATE sweeps SET seconds = seconds + 1`)
		}})
	}()
	<-asleep
	if err := other.write("write", request{act: func(tx *gorm.DB) error { return execute(tx, `UPDATE sweeps SET seconds = seconds + 10`) }}); err != nil {
		t.Errorf("while another is frozen: %v", err)
	}
	close(wake)
	if err := <-woken; err != nil {
		t.Errorf("woken: %v", err)
	}
	if row, err := other.Sweep(t.Context(), "frozen"); err != nil || row.Seconds != 11 || times < 2 {
		t.Errorf("%v seconds, %v, after %d times", row.Seconds, err, times)
	}
}

// Texts are compared as SQLite does it, whatever the server's locale.
func TestPostgresComparesAsSQLite(t *testing.T) {
	s := store(t, Options{})
	p := grid("words", 1, 1, 2, 3)
	for i, word := range []string{"apple", "Banana", "cherry"} {
		c := &p.Configurations[i]
		c.Params = append(c.Params, sweeps.Setting{Name: "word", Value: sweeps.StringValue(word)})
	}
	put(t, s, p)
	sorted, _, err := s.Select(t.Context(), "words", Selection{Where: `word < 'b'`, Sort: []string{"word"}})
	if err != nil || len(sorted) != 2 || !strings.Contains(string(sorted[0].Params), "Banana") || !strings.Contains(string(sorted[1].Params), "apple") {
		t.Errorf("%+v, %v: want Banana and apple", sorted, err)
	}
}

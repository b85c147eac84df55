// Package pgtest gives tests schemas of a PostgreSQL of their own. It is imported by tests alone.
package pgtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is the address of a PostgreSQL in which tests may make schemas, roles and databases; "" if there is none.
func Server() string { return os.Getenv("SWEEP_POSTGRES") }

// Need returns the address, and skips the test without one.
func Need(t testing.TB) string {
	t.Helper()
	if Server() == "" {
		t.Skip("no PostgreSQL: SWEEP_POSTGRES names none")
	}
	return Server()
}

// schemas are those that tests of this process have made.
var schemas = struct {
	sync.Mutex
	made map[string]bool
}{made: map[string]bool{}}

// Schema makes an empty schema, unless an earlier call has, and returns the address of a record in it. It goes with the test
// that has made it. One that a process has left that was killed is made anew.
func Schema(t testing.TB, name string) string {
	t.Helper()
	schemas.Lock()
	defer schemas.Unlock()
	if schemas.made[name] {
		return With(Server(), "search_path", name)
	}
	if err := Exec(`DROP SCHEMA IF EXISTS ` + name + ` CASCADE; CREATE SCHEMA ` + name); err != nil {
		t.Fatal(err)
	}
	schemas.made[name] = true
	t.Cleanup(func() {
		schemas.Lock()
		defer schemas.Unlock()
		delete(schemas.made, name)
		if err := Exec(`DROP SCHEMA ` + name + ` CASCADE`); err != nil {
			t.Error(err)
		}
	})
	return With(Server(), "search_path", name)
}

// Exec runs statements on the server.
func Exec(statements string) error { return ExecAt(Server(), statements) }

// ExecAt runs statements on a server.
func ExecAt(address, statements string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, statements)
	return errors.Join(err, c.Close(ctx))
}

// With adds a setting to an address.
func With(address, name, value string) string {
	mark := "?"
	if strings.Contains(address, "?") {
		mark = "&"
	}
	return address + mark + name + "=" + url.QueryEscape(value)
}

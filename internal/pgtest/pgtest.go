// Package pgtest gives tests schemas of a PostgreSQL of their own. It is imported by tests alone.
package pgtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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

// Schema makes an empty schema, unless an earlier call has, and returns the address of a record in it. It goes with the test
// that has made it.
func Schema(t testing.TB, name string) string {
	t.Helper()
	var there *pgconn.PgError
	switch err := Exec(`CREATE SCHEMA ` + name); {
	case err == nil:
		t.Cleanup(func() {
			if err := Exec(`DROP SCHEMA ` + name + ` CASCADE`); err != nil {
				t.Error(err)
			}
		})
	case !errors.As(err, &there) || there.Code != "42P06": // duplicate_schema
		t.Fatal(err)
	}
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
